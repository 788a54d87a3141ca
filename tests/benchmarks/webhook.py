"""How fast webhooks are taken: `python -m tests.benchmarks.webhook`, one JSON line per workload.

The program's own listener on its own PostgreSQL, with the durability that users get, in a process of its own; the sender is this one.
Each request is signed and leaves a run row, a delivery row and an audit entry before it is answered. Beside it stands the same server
answering 204 with no work (`against`); for requests a second `ratio` is ours divided by that. `aim`: 500 accepted a second at 16.

`--steady` instead sends 200 a second for 60 s, each when it is due whether or not those before are answered, while the runs are
executed too; a time counts from when the request was due. `aim`: p99 below 100 ms, and every accepted request has its run.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from app.backend import Backend
from app.domain.deliveries import sign
from app.domain.webhooks import NewWebhook, WebhookPlan
from app.platform.settings import load_settings
from app.runtime.listen_address import ListenAddress
from app.runtime.webhook_listener import WebhookListener
from app.services.receiving import Answer
from app.worker import settle_garbage
from tests.benchmarks.report import percentile, report
from tests.e2e.durability.ground import Ground
from tests.engine.workflows import chain, step, workflow

TOP = Path(__file__).resolve().parents[2]
AIM = 500
REQUESTS = {1: 400, 16: 4_000}
WHOLE_RUNS = 60
STEADY_RATE, STEADY_S, STEADY_SENDERS, STEADY_P99_MS = 200, 60, 32, 100
NEXT = {"n": "{{ $.n + 1 }}"}
BODY = json.dumps({"n": 1, "order": {"id": 1234, "lines": [{"sku": "a", "count": 2}] * 5}}).encode()


class NoWork:
    """Stands in for the use case, and does nothing."""

    async def receive(self, webhook_id: str, headers: object, body: bytes, *, begun_at: float) -> Answer:
        return Answer(204, None)

    async def is_ready(self) -> bool:
        return True


async def serve(url: str, directory: str) -> None:
    """The server's process: prints its addresses as JSON, serves until its standard input ends."""
    settings = load_settings(data_dir=Path(directory), database_url=url, listen="127.0.0.1:0")
    backend = await Backend.open(settings, listens="always")
    assert backend.triggers is not None
    idle = WebhookListener(NoWork(), ListenAddress("127.0.0.1", 0))  # type: ignore[arg-type]
    await idle.start()
    settle_garbage()
    made: dict[str, str] = {"works": backend.triggers.state.base_url, "idle": idle.address.base_url}
    for name, respond in (("rows", None), ("whole", 30_000)):
        workflow_id = await backend.services.workflows.find(backend.actor, "Three")
        plan = WebhookPlan(
            workflow_id=workflow_id,
            name=name,
            input_mapping={"n": "$.n", "sku": "$.order.lines[0].sku"},
            respond_within_ms=respond,
            rate_limit=10_000_000,
        )
        hook = await backend.services.webhooks.create(backend.actor, plan)
        made |= {f"{name}_id": hook.id, f"{name}_secret": hook.secret}
    print(json.dumps(made), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await idle.stop()
    await backend.close()


class Sender:
    """Keeps one connection."""

    def __init__(self, base_url: str, hook: NewWebhook) -> None:
        parts = urlsplit(base_url)
        self._host, self._port, self._hook = parts.hostname or "", parts.port or 0, hook

    async def __aenter__(self) -> Sender:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, message_id: str) -> float:
        """Seconds from the first byte sent to the answer."""
        signed = sign("timestamped", self._hook.secret, BODY, timestamp=int(time.time()), message_id=message_id)
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        head = f"POST /webhooks/{self._hook.id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n{lines}\r\n"
        begin = time.perf_counter()
        self._writer.write(head.encode() + BODY)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        await self._reader.readexactly(length)
        took = time.perf_counter() - begin
        assert answer.startswith((b"HTTP/1.1 20",)), answer
        return took


async def volley(base_url: str, hook: NewWebhook, *, at_once: int, requests: int, name: str) -> tuple[float, list[float]]:
    """Requests a second, and the time of each in ms."""
    times: list[float] = []

    async def one(sender: int) -> None:
        async with Sender(base_url, hook) as connection:
            for number in range(requests // at_once):
                times.append(await connection.post(f"{name}-{sender}-{number}") * 1000)

    begin = time.perf_counter()
    await asyncio.gather(*(one(sender) for sender in range(at_once)))
    return requests / (time.perf_counter() - begin), times


def tell(workload: str, rate: float, times: list[float], idle_rate: float, idle_times: list[float], *, aim: float | None) -> None:
    """A line for requests a second, one for their time."""
    more = {"aim": aim} if aim is not None else {}
    report(
        bench="webhook",
        workload=workload,
        samples=[rate],
        unit="requests/s",
        against=round(idle_rate),
        ratio=round(rate / idle_rate, 3),
        **more,
    )
    against = percentile(idle_times, 0.5)
    report(
        bench="webhook", workload=f"{workload}, time", samples=times, unit="ms", against=round(against, 3),
        ratio=round(percentile(times, 0.5) / against, 3), p99=round(percentile(times, 0.99), 3),
    )  # fmt: skip


async def measure(made: dict[str, str], ground: Ground) -> None:
    rows = NewWebhook(made["rows_id"], made["rows_secret"])
    whole = NewWebhook(made["whole_id"], made["whole_secret"])
    # Runs of the first two workloads are not to be executed beside them: their tenant may run none just now.
    ground.ask("UPDATE tenants SET settings = settings || '{\"max_concurrent_runs\": 0}' RETURNING 1")
    await volley(made["works"], rows, at_once=4, requests=200, name="warm")
    await volley(made["idle"], rows, at_once=4, requests=200, name="warm")
    for at_once, requests in REQUESTS.items():
        idle_rate, idle_times = await volley(made["idle"], rows, at_once=at_once, requests=requests, name="idle")
        rate, times = await volley(made["works"], rows, at_once=at_once, requests=requests, name=f"c{at_once}")
        tell(f"signed, with its run row, {at_once} at once", rate, times, idle_rate, idle_times, aim=AIM if at_once == 16 else None)
    ((kept, lost),) = ground.ask("SELECT count(*), %s - count(*) FROM runs WHERE webhook_id = %s", [sum(REQUESTS.values()) + 200, rows.id])
    assert lost == 0, f"{kept} runs, {lost} lost"
    ground.ask("UPDATE runs SET status = 'cancelled' WHERE status = 'pending' RETURNING 1")
    ground.ask("UPDATE tenants SET settings = settings || '{\"max_concurrent_runs\": 100}' RETURNING 1")
    _, idle_times = await volley(made["idle"], whole, at_once=1, requests=WHOLE_RUNS, name="idle")
    await volley(made["works"], whole, at_once=1, requests=5, name="first")
    _, times = await volley(made["works"], whole, at_once=1, requests=WHOLE_RUNS, name="whole")
    against = percentile(idle_times, 0.5)
    report(
        bench="webhook", workload="to the end of 3 steps", samples=times, unit="ms", against=round(against, 3),
        ratio=round(percentile(times, 0.5) / against, 3), p99=round(percentile(times, 0.99), 3),
    )  # fmt: skip


async def steady(made: dict[str, str], ground: Ground) -> None:
    """The load of a promise: at a steady rate, with the runs executed beside it."""
    hook = NewWebhook(made["rows_id"], made["rows_secret"])
    ground.ask("UPDATE tenants SET settings = settings || '{\"max_concurrent_runs\": 100}' RETURNING 1")
    total, times = STEADY_RATE * STEADY_S, []
    numbers = iter(range(total))
    begin = time.perf_counter() + 0.5

    async def sender() -> None:
        async with Sender(made["works"], hook) as connection:
            for number in numbers:
                due = begin + number / STEADY_RATE
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                await connection.post(f"steady-{number}")
                times.append((time.perf_counter() - due) * 1000)

    await asyncio.gather(*(sender() for _ in range(STEADY_SENDERS)))
    ((lost,),) = ground.ask("SELECT %s - count(*) FROM runs WHERE webhook_id = %s", [total, hook.id])
    assert lost == 0, f"{lost} of {total:,} lost"
    p99 = percentile(times, 0.99)
    report(
        bench="webhook", workload=f"{STEADY_RATE} a second for {STEADY_S} s, 0 of {total:,} lost", samples=times, unit="ms",
        against=STEADY_P99_MS, ratio=round(p99 / STEADY_P99_MS, 3), p99=round(p99, 3),
    )  # fmt: skip


def main() -> int:
    if len(sys.argv) == 4 and sys.argv[1] == "serve":
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(serve(sys.argv[2], sys.argv[3]))
        return 0
    three = workflow(*(step(id, output=NEXT) for id in ("a", "b", "c")), edges=chain("a", "b", "c"), name="Three")
    with Ground() as ground:
        ground.publish([three])
        command = [sys.executable, "-m", "tests.benchmarks.webhook", "serve", ground.url, str(ground.directory)]
        with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None and server.stdin is not None
            made = json.loads(server.stdout.readline())
            try:
                asyncio.run((steady if "--steady" in sys.argv else measure)(made, ground))
            finally:
                server.stdin.close()
                server.wait(20)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

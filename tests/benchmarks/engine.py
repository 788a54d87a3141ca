"""How fast runs go through the whole engine into PostgreSQL: `python -m tests.benchmarks.engine`, one JSON line per workload.

The program's own backend on its own PostgreSQL, with the durability that users get. Beside each workload stands what the database
can do at best, measured between its samples: rows into `step_runs` over one connection, a hundred to a commit (`json_to_recordset`);
and for what happens one after the other, a commit of a single row. `ratio` is the share of that ceiling (aim: 0.5), or how many
commits' time a step takes (aim: at most 2).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg

from app.backend import Backend
from app.domain.access import DEFAULT_TENANT_ID
from app.platform.settings import load_settings
from app.worker import settle_garbage
from tests.benchmarks.report import percentile, report
from tests.e2e.durability.ground import Ground
from tests.e2e.durability.workflows import Doc
from tests.engine.workflows import chain, edge, group, step, workflow

TOP = Path(__file__).resolve().parents[2]
BATCH = 100
NEXT = {"n": "{{ $.n + 1 }}"}
IDLE_MB, SETTLED_S = 150, 3.0
SHARE, COMMITS = 0.5, 2.0

_INSERT = """
INSERT INTO step_runs (run_id, tenant_id, path, attempt, step_id, step_name, step_type, status, input, output, started_at, completed_at, duration_ms)
SELECT %(run)s, %(tenant)s, b.path, 1, b.step, b.name, b.type, 'completed', b.input, b.output, now(), now(), b.ms
FROM json_to_recordset(%(rows)s::json) AS b(path text, step uuid, name text, type text, input jsonb, output jsonb, ms int)"""


def line(*ids: str) -> Doc:
    return workflow(*(step(id, output=NEXT) for id in ids), edges=chain(*ids), name=f"chain of {len(ids)}")


def fan(width: int) -> Doc:
    ids = [f"s{number}" for number in range(width)]
    return workflow(
        step("begin", output={"n": 0}),
        *(step(id, output=NEXT) for id in ids),
        edges=[edge("begin", id) for id in ids],
        name=f"fan-out {width}",
    )


def each(**config: Any) -> Doc:
    return workflow(group("all", "foreach", input_path="$.list", **config), step("one", group="all", output="{{ item }}"), name="foreach")


@dataclass
class Ceiling:
    """What one connection can do, asked again and again between the samples of the engine."""

    ground: Ground
    rows_per_s: list[float] = field(default_factory=list)
    commit_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = psycopg.connect(self.ground.url, autocommit=True)
        ((self._run,),) = self.ground.ask(
            "INSERT INTO runs (tenant_id, workflow_id, workflow_version, status) VALUES (%s, %s, 1, 'completed') RETURNING id",
            [DEFAULT_TENANT_ID, next(iter(self.ground.workflows.values()))],
        )
        self._written = 0

    def measure(self) -> None:
        begin = time.perf_counter()
        for _ in range(10):
            self._write(BATCH)
        self.rows_per_s.append(10 * BATCH / (time.perf_counter() - begin))
        for _ in range(20):
            begin = time.perf_counter()
            self._write(1)
            self.commit_s.append(time.perf_counter() - begin)

    def close(self) -> None:
        self._connection.close()

    def _write(self, count: int) -> None:
        rows = [
            {
                "path": f"/s{n}",
                "step": str(UUID(int=n)),
                "name": f"s{n}",
                "type": "transform",
                "input": {"n": n},
                "output": {"n": n + 1},
                "ms": 1,
            }
            for n in range(self._written, self._written + count)
        ]
        self._written += count
        self._connection.execute(_INSERT, {"run": self._run, "tenant": DEFAULT_TENANT_ID, "rows": json.dumps(rows)}, prepare=True)


class Bench:
    """An open backend whose worker takes what is queued."""

    def __init__(self, ground: Ground, backend: Backend) -> None:
        self._ground, self._backend = ground, backend
        self.ceiling = Ceiling(ground)
        self._ended = 0
        self._moved = asyncio.Event()
        backend.worker.on_change = self._count

    def _count(self) -> None:
        self._ended += 1
        self._moved.set()

    async def seconds(self, name: str, runs: int, input: Any) -> float:
        """From the moment runs are put into the queue until all have ended."""
        self._ended = 0
        begin = time.perf_counter()
        ids = self._ground.queue(name, runs, input=input)
        while self._ended < runs:
            self._moved.clear()
            await self._moved.wait()
        took = time.perf_counter() - begin
        ((completed,),) = self._ground.ask("SELECT count(*) FROM runs WHERE id = ANY (%s::uuid[]) AND status = 'completed'", [ids])
        assert completed == runs, f"{runs - completed} runs of {name} failed"
        return took

    async def samples(self, name: str, *, n: int, runs: int = 1, input: Any) -> list[float]:
        await self.seconds(name, min(runs, 20), input)  # the first of its kind pays for plans and caches
        found = []
        for _ in range(n):
            self.ceiling.measure()
            found.append(await self.seconds(name, runs, input))
        return found

    async def throughput(self, workload: str, name: str, *, n: int, runs: int = 1, steps: int, input: Any) -> None:
        seconds = await self.samples(name, n=n, runs=runs, input=input)
        ceiling = percentile(self.ceiling.rows_per_s[-n:], 0.5)
        rates = [runs * steps / took for took in seconds]
        share = percentile(rates, 0.5) / ceiling
        report(bench="engine", workload=workload, samples=rates, unit="steps/s", against=round(ceiling), ratio=round(share, 3), aim=SHARE)

    async def latency(self, workload: str, name: str, *, n: int, steps: int, commits: int, input: Any) -> None:
        """Milliseconds a step, or a run with `steps` 1, takes; `commits` are those that must come one after the other."""
        seconds = await self.samples(name, n=n, input=input)
        commit_ms = percentile(self.ceiling.commit_s, 0.5) * 1000
        spans = [took / steps * 1000 for took in seconds]
        ratio = percentile(spans, 0.5) / (commit_ms * commits)
        against = round(commit_ms * commits, 3)
        report(bench="engine", workload=workload, samples=spans, unit="ms", against=against, ratio=round(ratio, 3), aim=COMMITS)


async def measure(ground: Ground) -> None:
    settings = load_settings(data_dir=ground.directory, database_url=ground.url, worker_concurrency=100)
    backend = await Backend.open(settings)
    settle_garbage()
    try:
        bench = Bench(ground, backend)
        ten, hundred = (line(*(f"s{number}" for number in range(count))) for count in (10, 100))
        three = line("a", "b", "c")
        side_by_side, one_by_one = each(parallel=True, max_workers=100), each() | {"name": "foreach, one by one"}
        ground.publish([ten, hundred, three, fan(100), side_by_side, one_by_one])
        start, items = {"n": 0}, {"list": [{"n": number} for number in range(1000)]}
        await bench.throughput("200 runs of 10 steps", ten["name"], n=7, runs=200, steps=10, input=start)
        await bench.throughput("fan-out 100", "fan-out 100", n=15, steps=101, input=start)
        await bench.throughput("foreach 1,000, 100 at once", side_by_side["name"], n=5, steps=1000, input=items)
        await bench.latency("foreach 1,000, one by one, a step", one_by_one["name"], n=5, steps=1000, commits=1, input=items)
        await bench.latency("chain of 100, a step", hundred["name"], n=15, steps=100, commits=1, input=start)
        await bench.latency("3 steps, a run", three["name"], n=50, steps=1, commits=6, input=start)
        bench.ceiling.close()
    finally:
        await backend.close()


async def idle_memory(ground: Ground) -> None:
    """What `orchestrion serve` keeps when it has nothing to do."""
    environment = {**os.environ, "ORCHESTRION_DATA_DIR": str(ground.directory)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "app", "serve", cwd=TOP, env=environment, stderr=subprocess.PIPE)
    assert process.stderr is not None
    async for said in process.stderr:
        if said.startswith(b"Ready"):
            break
    await asyncio.sleep(SETTLED_S)
    samples = []
    for _ in range(5):
        samples.append(psutil.Process(process.pid).memory_info().rss / 2**20)
        await asyncio.sleep(0.2)
    report(bench="engine", workload="memory of serve, idle", samples=samples, unit="MiB", against=IDLE_MB)
    process.terminate()
    await process.communicate()


async def main() -> None:
    with Ground() as ground:
        ground.publish([line("first")])
        await measure(ground)
        await idle_memory(ground)


if __name__ == "__main__":
    asyncio.run(main())

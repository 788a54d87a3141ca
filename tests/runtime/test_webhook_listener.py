"""The listener over real sockets: what it serves, what it refuses, and what cannot hold it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import time
from collections.abc import AsyncIterator

import psutil
import pytest

from app.domain.access import Actor
from app.domain.deliveries import sign
from app.domain.json_schema import SchemaChecker
from app.domain.webhooks import NewWebhook, WebhookPlan
from app.platform.vault import Vault
from app.runtime.listen_address import ListenAddress, ListenAddressInvalid, parse_address
from app.runtime.webhook_listener import AddressTaken, WebhookListener
from app.services.access import AccessUseCases
from app.services.credentials import VaultDoor
from app.services.receiving import Receiving
from app.services.webhooks import WebhookUseCases
from app.storage.database import Database
from app.storage.deliveries import PostgresDeliveries
from app.storage.unit_of_work import UnitsOfWork
from tests.storage.runs_world import DEFINITION, World

SEED = 20_261_127
BODY = b'{"n": 1}'


class House:
    """A listening listener, its webhook, and hands to write to it."""

    def __init__(self, listener: WebhookListener, hook: NewWebhook, world: World, receiving: Receiving) -> None:
        self.listener, self.hook, self.world, self.receiving = listener, hook, world, receiving

    @property
    def path(self) -> str:
        return f"/webhooks/{self.hook.id}"

    def request(self, body: bytes = BODY, *, id: str = "m", method: str = "POST", path: str | None = None, **headers: str) -> bytes:
        given = {
            "Host": self.listener.address.text,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **sign("timestamped", self.hook.secret, body, timestamp=int(time.time()), message_id=id),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value != "-")
        return f"{method} {path or self.path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body

    async def ask(self, raw: bytes, *, within_s: float = 15.0) -> tuple[int, dict[str, str], bytes]:
        """The status, headers and body of the answer; 0 when the connection was closed without one."""
        reader, writer = await asyncio.open_connection(self.listener.address.host, self.listener.address.port)
        try:
            async with asyncio.timeout(within_s):
                writer.write(raw)
                await writer.drain()
                return await answer_of(reader)
        except (ConnectionError, asyncio.IncompleteReadError):
            return 0, {}, b""
        finally:
            writer.close()


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers, body


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    database = Database(database_url)
    await database.connect()
    world, door, schemas = World(database_url), VaultDoor(lambda: Vault(bytes(32))), SchemaChecker()
    unit_of_work = UnitsOfWork(database)
    admin: Actor = await AccessUseCases(unit_of_work).local_actor()
    plan = WebhookPlan(workflow_id=world.workflow(versions=[DEFINITION]), name="Hook")
    hook = await WebhookUseCases(unit_of_work, schemas, door).create(admin, plan)
    async with PostgresDeliveries(database_url) as deliveries:
        receiving = Receiving(deliveries, schemas, door)
        listener = WebhookListener(receiving, ListenAddress("127.0.0.1", 0, "https://hooks.example.org/orch"))
        await listener.start()
        yield House(listener, hook, world, receiving)
        await listener.stop()
    await database.dispose()


async def test_a_signed_post_is_a_run_and_health_and_ready_are_told(house) -> None:
    status, headers, body = await house.ask(house.request())
    assert status == 202 and headers["content-type"] == "application/json"
    assert house.world.run(json.loads(body)["run_id"])["input"] == {"n": 1}
    for path in ("/health", "/ready"):
        assert (await house.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))[0] == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"path": "/"}, 404),
        ({"path": "/webhooks/"}, 404),
        ({"path": "/webhooks/a/b"}, 404),
        ({"path": "/webhooks/nobody"}, 401),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:8642"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "-"}, 400),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Content_Length": "2000000"}, 413),
        ({"X_Webhook_Signature": "sha256=00"}, 401),
        ({"X_Webhook_Timestamp": "nan"}, 401),
    ],
)
async def test_what_is_not_for_it_is_refused_and_makes_no_run(house, change, status) -> None:
    given = dict(change)
    assert (await house.ask(house.request(method=given.pop("method", "POST"), path=given.pop("path", None), **given)))[0] == status
    assert house.world.one("SELECT count(*) FROM runs") == 0


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "[::1]:80", "127.0.0.1", "hooks.example.org"])
async def test_hosts_that_are_its_own_are_served(house, host: str) -> None:
    assert (await house.ask(house.request(Host=host, id=host)))[0] == 202


async def test_the_path_of_the_public_url_is_taken_off(house) -> None:
    assert (await house.ask(house.request(path=f"/orch{house.path}", Host="hooks.example.org")))[0] == 202
    assert house.listener.address.base_url == "https://hooks.example.org/orch"


async def test_a_delivery_is_timed_from_the_first_byte_of_its_request_and_not_from_that_of_its_connection(house) -> None:
    reader, writer = await asyncio.open_connection(house.listener.address.host, house.listener.address.port)
    await asyncio.sleep(0.2)
    raw, begin = house.request(id="slow"), time.perf_counter()
    for part in (raw[:30], raw[30:-2], raw[-2:]):  # in the head, in the body, and its end
        writer.write(part)
        await asyncio.sleep(0.08)
    assert (await answer_of(reader))[0] == 202
    writer.close()
    (noted,) = house.world.rows("SELECT took_ms, body_bytes FROM webhook_deliveries")
    assert 150 <= noted["took_ms"] <= 1 + (time.perf_counter() - begin) * 1000
    assert noted["body_bytes"] == len(BODY)


async def test_a_header_said_twice_is_not_believed(house) -> None:
    raw = house.request()
    twice = raw.replace(b"X-Webhook-Timestamp:", b"X-Webhook-Timestamp: 1\r\nX-Webhook-Timestamp:", 1)
    assert (await house.ask(twice))[0] == 401
    assert (await house.ask(raw.replace(b"Host:", b"Host: evil.example\r\nHost:", 1)))[0] == 400


async def test_a_body_is_taken_up_to_a_mebibyte_and_in_chunks(house) -> None:
    body = b'"' + b"a" * ((1 << 20) - 2) + b'"'
    assert (await house.ask(house.request(body, id="big")))[0] == 202
    chunked = house.request(BODY, id="chunks", Content_Length="-", Transfer_Encoding="chunked").removesuffix(BODY)
    assert (await house.ask(chunked + b"4\r\n" + BODY[:4] + b"\r\n4\r\n" + BODY[4:] + b"\r\n0\r\n\r\n"))[0] == 202
    endless = chunked + b"".join(b"10000\r\n" + b"x" * 0x10000 + b"\r\n" for _ in range(20))
    assert (await house.ask(endless))[0] in (0, 413)


@pytest.mark.parametrize(
    "requests", [pytest.param(2_000, id="fast"), pytest.param(10_000, id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
async def test_malformed_requests_are_never_accepted_and_never_an_error_of_ours(house, requests: int) -> None:
    """The good request is bent in ways that break its signature, its head or its body."""
    rng = random.Random(SEED)
    process = psutil.Process(os.getpid())
    for _ in range(50):
        await house.ask(house.request(b"{}", id="warm", X_Webhook_Signature="sha256=0"))
    before, counts = process.memory_info().rss, {}
    for _ in range(requests):
        status, _, _ = await house.ask(bent(rng, house.request(id=f"bad{rng.random()}")), within_s=20)
        counts[status] = counts.get(status, 0) + 1
    grown = (process.memory_info().rss - before) / 2**20
    assert not any(200 <= status < 300 or status >= 500 for status in counts), counts
    assert house.world.one("SELECT count(*) FROM runs") == 0
    assert grown <= 20, f"{grown:.1f} MiB"
    print(f"seed {SEED}: N = {requests:,}, 0 accepted, 0 of 5xx, {grown:+.1f} MiB, {counts}")


def bent(rng: random.Random, raw: bytes) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    kind = rng.randrange(11)
    if kind == 0:  # one digit of the signature is another
        at = head.index(b"sha256=") + 7 + rng.randrange(64)
        digit = b"%x" % ((int(head[at : at + 1], 16) + rng.randrange(1, 16)) % 16)
        return head[:at] + digit + head[at + 1 :] + b"\r\n\r\n" + body
    if kind == 1:
        return head + b"\r\n\r\n" + body[:-1] + b"x"
    if kind == 2:
        return b"\r\n".join([*lines, b"X-Webhook-Signature: sha256=" + b"0" * 64]) + b"\r\n\r\n" + body
    if kind == 3:
        return b"\r\n".join([*lines, b"X: " + b"a" * rng.choice([100, 40_000, 120_000])]).replace(b"sha256=", b"sha1=") + b"\r\n\r\n" + body
    if kind == 4:
        gone = rng.choice([b"x-webhook-s", b"x-webhook-t"])
        return b"\r\n".join(line for line in lines if not line.lower().startswith(gone)) + b"\r\n\r\n" + body
    if kind == 5:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 400))) + b"\r\n\r\n"
    if kind == 6:
        return head.replace(b"Content-Length: ", b"Content-Length: -") + b"\r\n\r\n" + body
    if kind == 7:
        return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + rng.choice([b"zz\r\n", b"-1\r\n", b"5\r\n" + body])
    if kind == 8:
        return head.replace(b"POST", rng.choice([b"GET", b"P\x00ST", b"OPTIONS", b"post"])) + b"\r\n\r\n" + body
    if kind == 9:
        return head.replace(b"sha256=", b"sha256=" + bytes(rng.sample(range(33, 126), 4))) + b"\r\n\r\n" + body
    return b"\r\n".join([*lines, *[b"H%d: v" % number for number in range(150)]]).replace(b"timestamp", b"t") + b"\r\n\r\n" + body


async def test_a_good_request_beside_a_hundred_slow_ones_is_answered_at_once(house) -> None:
    slow = []
    for number in range(100):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.listener.address.port)
        writer.write(house.request()[: 40 if number % 2 else 400])
        slow.append(writer)
    alone = await timed(house, 5)
    beside = await timed(house, 5)
    for writer in slow:
        writer.close()
    assert beside - alone <= 0.2, f"{alone * 1000:.1f} ms alone, {beside * 1000:.1f} ms beside 100 slow ones"


async def timed(house: House, number: int) -> float:
    times = []
    for at in range(number):
        start = time.perf_counter()
        assert (await house.ask(house.request(id=f"t{at}{start}")))[0] == 202
        times.append(time.perf_counter() - start)
    return sorted(times)[number // 2]


async def test_a_head_that_never_ends_is_given_up(house, monkeypatch) -> None:
    monkeypatch.setattr("app.runtime.http_guard.HEAD_WITHIN_S", 0.3)
    assert (await house.ask(b"POST / HTTP/1.1\r\nHost: loc", within_s=5))[0] == 0


async def test_a_busy_port_is_a_sentence(house) -> None:
    with pytest.raises(AddressTaken, match="something else listens there"):
        await WebhookListener(house.receiving, ListenAddress("127.0.0.1", house.listener.address.port)).start()


async def test_after_stop_nobody_answers_and_what_was_under_way_was_answered(house) -> None:
    asked = [asyncio.create_task(house.ask(house.request(id=f"u{number}"))) for number in range(20)]
    await asyncio.sleep(0.05)
    await house.listener.stop()
    statuses = [status for status, _, _ in await asyncio.gather(*asked, return_exceptions=False)]
    assert set(statuses) <= {202, 0}
    assert house.world.one("SELECT count(*) FROM runs") >= statuses.count(202)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", house.listener.address.port), timeout=1)


@pytest.mark.parametrize("text", ["", "8642", "localhost", "a:b", "h:70000", ":1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ListenAddressInvalid):
        parse_address(text)


def test_addresses_are_read_and_told() -> None:
    assert parse_address("[::1]:80").text == "[::1]:80"
    assert parse_address("0.0.0.0:80").base_url == "http://127.0.0.1:80"
    assert parse_address("127.0.0.1:80", public_url="https://h.example/x/").base_url == "https://h.example/x"

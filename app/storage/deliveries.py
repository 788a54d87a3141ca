"""Deliveries of webhooks: what the listener reads of a webhook, and the one statement that makes runs of what arrived.

A side door like the queue's, for the listener alone. Writes go out by group commit, as the journal's do: one flush is in flight, what
arrives meanwhile is the next one. A delivery is answered after its commit. A webhook's `stamp` is a hash of all that decides about a
delivery; the statement takes only deliveries that were judged by the stamp it has now. One message is one run
(`UNIQUE (webhook_id, idempotency_key)`), on whatever listeners and however often it arrives.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self, cast
from uuid import uuid4

from app.domain.deliveries import SignatureForm
from app.domain.errors import DatabaseUnavailable
from app.domain.json_value import Json, dumps, loads
from app.domain.webhooks import DeliveryVerdict
from app.storage import deliveries_sql as sql
from app.storage.ids import uuid_of
from app.storage.link import Connection, Failpoint, Link, no_failpoint
from app.storage.notifications import DUE, RUN, Ring, payloads

logger = logging.getLogger(__name__)

MOST_ROWS = 200
MOST_BYTES = 8 << 20
KEPT_PAYLOAD_BYTES = 64 << 10
KEPT_DAYS = 30
SWEEP_S = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook as the listener judges by it. `previous_until_s` and `now_s` are in database time, seconds since 1970.

    `version` is the published version that runs, None where there is none; `input_schema` is that version's.
    """

    id: str
    tenant_id: str
    workflow_id: str
    signature: SignatureForm
    sealed: str
    previous_sealed: str | None
    previous_until_s: float | None
    is_open: bool
    mapping: Mapping[str, str] | None
    respond_within_ms: int | None
    rate_limit: int | None
    wanted_version: int
    version: int | None
    input_schema: Json
    stamp: str
    now_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One delivery and the verdict on it: `accepted` asks for a run, which it gets unless the message was there before.

    `begun_at` is the reading of `time.perf_counter` at its first byte.
    """

    hook: Hook
    verdict: Literal["accepted", "refused"]
    message_id: str | None
    status_code: int
    reason: str | None = None
    input: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Json = None
    body_bytes: int
    begun_at: float


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an arrival. `stale`: the webhook is another by now, nothing was written, judge again."""

    verdict: DeliveryVerdict | Literal["stale"]
    run_id: str | None = None
    run_status: str | None = None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run stands."""

    status: str
    output: Json
    error: str | None


@dataclass(frozen=True, slots=True)
class _Unit:
    """`answered_at`: a refusal is answered before it is written."""

    arrival: Arrival
    run_id: str
    waiter: asyncio.Future[Written] | None = None
    answered_at: float | None = None


class PostgresDeliveries:
    """One listener's connections, made when they are first needed: one for writes, one for reads."""

    def __init__(self, url: str, *, failpoint: Failpoint = no_failpoint) -> None:
        """Failpoints: ``deliver.before_commit``, and ``deliver.after_commit`` before anyone is answered."""
        self._writing = Link(url, name="orchestrion webhooks")
        self._reading = Link(url, name="orchestrion webhooks, reading", on_connect=self._show_address)
        self._base_url: str | None = None
        self._failpoint = failpoint
        self._units: list[_Unit] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Write what is given from now on."""
        self._task = asyncio.create_task(self._work(), name="webhook deliveries")

    async def close(self) -> None:
        """Write what was taken, unless the database is away."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=5.0)
        await asyncio.gather(self._writing.close(), self._reading.close())
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def hook(self, webhook_id: str) -> Hook | None:
        """The webhook of this id, disabled ones too; none for one that was deleted."""
        key = uuid_of(webhook_id)
        if key is None:
            return None

        async def read(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute(sql.HOOK, {"id": key})).fetchone()

        row = await self._reading.run(read)
        return None if row is None else _hook(row)

    async def announce(self, base_url: str | None) -> None:
        """Let everyone on this database see where webhooks are reached (None: nowhere): the name of a session tells, while it lives."""
        self._base_url = base_url
        await self._reading.run(self._show_address)

    async def _show_address(self, connection: Connection) -> None:
        name = sql.LISTENER + self._base_url if self._base_url is not None else "orchestrion webhooks, reading"
        await connection.execute("SELECT set_config('application_name', %(name)s, false)", {"name": name})

    async def ping(self) -> None:
        """Returns when the database answers, however long that takes."""

        async def read(connection: Connection) -> None:
            await connection.execute("SELECT 1")

        await self._reading.run(read)

    async def end(self, run_id: str) -> RunEnd:
        """How the run stands now."""

        async def read(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute(sql.END, {"id": run_id})).fetchone()

        row = await self._reading.run(read)
        assert row is not None
        return RunEnd(row[0], loads(row[1]) if row[1] is not None else None, row[2])

    async def write(self, arrival: Arrival) -> Written:
        """Returns after the commit.

        Raises:
            DatabaseUnavailable: it was not written, or nobody knows.
        """
        self._check_open()
        waiter: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._units.append(_Unit(arrival, str(uuid4()), waiter))
        self._wake.set()
        return await waiter

    def write_soon(self, arrival: Arrival) -> None:
        """For refusals, which nobody waits for."""
        if self._task is not None and not self._task.done() and not self._closing and len(self._units) < 10 * MOST_ROWS:
            self._units.append(_Unit(arrival, str(uuid4()), answered_at=time.perf_counter()))
            self._wake.set()

    def _check_open(self) -> None:
        if self._task is None or self._task.done() or self._closing:
            raise DatabaseUnavailable("The listener is closed.")

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        sweep_at = loop.time()
        try:
            while not (self._closing and not self._units):
                await self._wake.wait()
                self._wake.clear()
                while self._units:
                    await self._flush(self._next_units())
                if loop.time() >= sweep_at:
                    sweep_at = loop.time() + SWEEP_S
                    await self._sweep()
        finally:
            for unit in self._units:
                _settle(unit, DatabaseUnavailable("The listener was closed before this was written."))
            self._units.clear()

    def _next_units(self) -> list[_Unit]:
        size = number = 0
        for unit in self._units[:MOST_ROWS]:
            size += 2 * unit.arrival.body_bytes
            if number and size > MOST_BYTES:
                break
            number += 1
        taken, self._units = self._units[:number], self._units[number:]
        return taken

    async def _flush(self, units: Sequence[_Unit]) -> None:
        async def commit(connection: Connection) -> list[Written]:
            async with connection.transaction():
                written = await _written(connection, units)
                await self._failpoint("deliver.before_commit")
            await self._failpoint("deliver.after_commit")
            return await _with_earlier(connection, units, written)

        try:
            written = await self._writing.run(commit)
        except Exception as error:  # it belongs to those who wait, and the writer goes on
            if len(units) > 1:
                for unit in units:
                    await self._flush([unit])
                return
            logger.warning("a delivery was not written: %s", type(error).__name__)
            _settle(units[0], error)
            return
        for unit, outcome in zip(units, written, strict=True):
            _settle(unit, outcome)

    async def _sweep(self) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(sql.SWEEP, {"days": KEPT_DAYS})

        await self._writing.run(work)


def _settle(unit: _Unit, outcome: Written | Exception) -> None:
    if unit.waiter is None or unit.waiter.done():
        return
    if isinstance(outcome, Exception):
        unit.waiter.set_exception(outcome)
    else:
        unit.waiter.set_result(outcome)


async def _written(connection: Connection, units: Sequence[_Unit]) -> list[Written]:
    rows: list[Json] = [_row(place, unit) for place, unit in enumerate(units)]
    answer = await (await connection.execute(sql.WRITE, {"rows": dumps(rows)})).fetchone()
    assert answer is not None
    fit, made = set(answer[0]), set(answer[1])
    rings: dict[Ring, None] = {}
    written: list[Written] = []
    for place, unit in enumerate(units):
        hook = unit.arrival.hook
        if place not in fit:
            written.append(Written("stale"))
            continue
        rings[Ring("webhook", hook.tenant_id, hook.id)] = None
        if unit.run_id in made:
            rings[Ring(RUN, hook.tenant_id, unit.run_id)] = None
            rings[Ring(DUE, hook.tenant_id, "due")] = None
            written.append(Written("accepted", unit.run_id, "pending"))
        else:
            written.append(Written("duplicate" if unit.arrival.verdict == "accepted" else "refused"))
    texts: list[Json] = [*payloads(rings)]
    if texts:
        await connection.execute(sql.RING, {"rings": dumps(texts)})
    return written


async def _with_earlier(connection: Connection, units: Sequence[_Unit], written: list[Written]) -> list[Written]:
    """Duplicates name the run of the message's first arrival, which another listener may have committed just now."""
    again = [unit.arrival for unit, outcome in zip(units, written, strict=True) if outcome.verdict == "duplicate"]
    if not again:
        return written
    values = {"hooks": [arrival.hook.id for arrival in again], "keys": [arrival.message_id for arrival in again]}
    rows = await (await connection.execute(sql.EARLIER, values)).fetchall()
    known = {(hook, key): (run_id, status) for hook, key, run_id, status in rows}
    return [
        Written("duplicate", *known.get((unit.arrival.hook.id, unit.arrival.message_id or ""), (None, None)))
        if outcome.verdict == "duplicate"
        else outcome
        for unit, outcome in zip(units, written, strict=True)
    ]


def _row(place: int, unit: _Unit) -> Json:
    arrival, hook = unit.arrival, unit.arrival.hook
    return {
        "n": place,
        "run_id": unit.run_id,
        "webhook_id": hook.id,
        "tenant_id": hook.tenant_id,
        "workflow_id": hook.workflow_id,
        "version": hook.version,
        "message_id": arrival.message_id,
        "verdict": arrival.verdict,
        "reason": arrival.reason,
        "status_code": arrival.status_code,
        "input": arrival.input,
        "headers": dict(arrival.headers) or None,
        "payload": arrival.payload if arrival.body_bytes <= KEPT_PAYLOAD_BYTES else None,
        "body_bytes": arrival.body_bytes,
        "took_ms": 1000 * ((unit.answered_at or time.perf_counter()) - arrival.begun_at),
        "stamp": hook.stamp,
    }


def _hook(row: tuple[Any, ...]) -> Hook:
    mapping = loads(row[8]) if row[8] is not None else None
    return Hook(
        id=str(row[0]),
        tenant_id=str(row[1]),
        workflow_id=str(row[2]),
        signature=cast("SignatureForm", row[3]),
        sealed=row[4],
        previous_sealed=row[5],
        previous_until_s=row[6],
        is_open=row[7],
        mapping=cast("Mapping[str, str]", mapping) if isinstance(mapping, dict) else None,
        respond_within_ms=row[9],
        rate_limit=row[10],
        version=row[11],
        input_schema=loads(row[12]) if row[12] is not None else None,
        stamp=row[13],
        now_s=row[14],
        wanted_version=row[15],
    )

"""The one writer of a process's journal: adaptive group commit.

One flush is in flight; what arrives meanwhile is the next batch. No timer holds a write back: alone it is written at
once, under load a hundred runs share two commits: runs that all wait for one commit would go on together and leave the
database idle meanwhile. Only rows that nobody waits for may wait a moment for company.
A broken connection, a restarted server: the same batch is written again, and the guards of its rows make that harmless.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import psycopg

from app.domain.errors import AppError, DatabaseUnavailable
from app.engine.ports import FenceLost, RunHandle
from app.storage import journal_sql as sql
from app.storage.direct import ask, prepared
from app.storage.errors import translate
from app.storage.journal_rows import Batch, EndRow, Row, StepRow
from app.storage.link import Connection, Failpoint, Link, no_failpoint

logger = logging.getLogger(__name__)

WRITE_STEPS = prepared("write_steps", sql.WRITE_STEPS)
WRITE_GROUPS = prepared("write_groups", sql.WRITE_GROUPS)
END_RUNS = prepared("end_runs", sql.END_RUNS)
STATEMENTS = (WRITE_STEPS, WRITE_GROUPS, END_RUNS)
"""What the writer's connection has to be prepared for."""

SOON_S = 0.05
"""Rows that nobody waits for are flushed on their own after this long, so that a long step is seen running."""
MOST_ROWS = 200
CROWD = 24
"""From so many who wait on, the database works on one half of them while this process works on the other."""
MOST_BYTES = 8 * 1024 * 1024
DRAIN_S = 5.0


class JournalRefused(AppError):
    """The journal cannot keep a row of this run."""

    code: ClassVar[str] = "journal.refused"


@dataclass(frozen=True, slots=True)
class _Unit:
    """Rows that are committed together, and who waits for them (nobody, for `write_soon`)."""

    run: RunHandle
    rows: Sequence[Row]
    waiter: asyncio.Future[None] | None
    size: int

    def settle(self, error: Exception | None) -> None:
        if self.waiter is None or self.waiter.done():  # done: whoever waited was cancelled, the rows are written all the same
            return
        if error is None:
            self.waiter.set_result(None)
        else:
            self.waiter.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the database said to a batch: claims that hold, handles whose end is on record, and step rows that were refused."""

    held: frozenset[int]
    ended: frozenset[int]
    refused: Mapping[int, str]


class JournalWriter:
    """Between `start` and `close`; `flushes` and `rows` count what was committed."""

    def __init__(self, link: Link, *, failpoint: Failpoint = no_failpoint) -> None:
        """Failpoints: ``journal.before_commit`` and ``journal.after_commit`` of each flush, the latter before anyone is told."""
        self._link, self._failpoint = link, failpoint
        self._units: deque[_Unit] = deque()
        self._awaited = 0
        self._wake = asyncio.Event()
        self._kick: asyncio.TimerHandle | None = None
        self._kicked = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.flushes = 0
        self.rows = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name="journal writer")

    async def close(self) -> None:
        """Write what was accepted, unless the database is away for more than 5 s; then its writers get DatabaseUnavailable."""
        self._closing = True
        self._wake.set()
        if self._kick is not None:
            self._kick.cancel()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=DRAIN_S)
            await self._link.close()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def write(self, run: RunHandle, rows: Sequence[Row]) -> None:
        """Returns after the commit. Once accepted the rows are written even if whoever waits is cancelled.

        Raises:
            FenceLost: nothing was written.
            JournalRefused: the database does not take one of the rows; nothing of this call was written.
        """
        if not rows:
            return
        self._check_open()
        waiter = asyncio.get_running_loop().create_future()
        self._units.append(_Unit(run, rows, waiter, sum(row.size for row in rows)))
        self._awaited += 1
        self._wake.set()
        await waiter

    def write_soon(self, run: RunHandle, row: Row) -> None:
        self._check_open()
        self._units.append(_Unit(run, (row,), None, row.size))
        if self._kick is None:
            self._kick = asyncio.get_running_loop().call_later(SOON_S, self._on_kick)

    def _check_open(self) -> None:
        if self._task is None or self._task.done() or self._closing:
            raise DatabaseUnavailable("The journal is closed.")

    def _on_kick(self) -> None:
        self._kick = None
        self._kicked = True
        self._wake.set()

    async def _work(self) -> None:
        try:
            while not (self._closing and not self._units):
                await self._wake.wait()
                self._wake.clear()
                just_told = 0
                while self._units and (self._awaited or self._kicked or self._closing):
                    units = self._next_units(just_told)
                    await self._flush(units)
                    just_told = len(units)
                self._kicked = False
        finally:
            gone = DatabaseUnavailable("The journal was closed before this was written.")
            while self._units:
                self._units.popleft().settle(gone)

    def _next_units(self, just_told: int) -> list[_Unit]:
        """The oldest, up to the size of a batch and to half of those who wait now or were told just now."""
        units: list[_Unit] = []
        rows = size = 0
        crowd = len(self._units) + just_told
        most = (crowd + 1) // 2 if crowd >= CROWD and not self._closing else crowd
        while self._units and len(units) < most:
            unit = self._units[0]
            if units and (rows + len(unit.rows) > MOST_ROWS or size + unit.size > MOST_BYTES):
                break
            units.append(self._units.popleft())
            rows, size = rows + len(unit.rows), size + unit.size
            self._awaited -= unit.waiter is not None
        return units

    async def _flush(self, units: Sequence[_Unit]) -> None:
        batch = Batch()
        for unit in units:
            batch.add(unit.run, unit.rows)
        attempts = 0

        async def commit(connection: Connection) -> _Verdict:
            nonlocal attempts
            attempts += 1
            await self._failpoint("journal.before_commit")
            verdict = await _commit(connection, batch, again=attempts > 1)
            await self._failpoint("journal.after_commit")
            return verdict

        try:
            verdict = await self._link.run(commit)
        except Exception as error:  # whatever it is, it belongs to those who wait, and the writer goes on
            await self._told(units, error)
            return
        self.flushes += 1
        self.rows += len(batch.steps) + len(batch.groups) + len(batch.ends)
        fine = len(verdict.held) == len(batch.claims) and not verdict.refused and not batch.ends
        for unit in units:
            unit.settle(None if fine else _outcome(unit, batch, verdict))

    async def _told(self, units: Sequence[_Unit], error: Exception) -> None:
        """One bad row fails its own write only: the others are written without it."""
        known = translate(error)
        if len(units) > 1 and isinstance(error, psycopg.Error):
            for unit in units:
                await self._flush([unit])
            return
        for unit in units:
            if unit.waiter is None:
                logger.warning("journal: rows of run %s were not written: %s", unit.run.run_id, type(error).__name__)
            unit.settle(
                JournalRefused(f"The journal cannot keep a row of this run: {known or error}")
                if isinstance(error, psycopg.Error)
                else error
            )


def _outcome(unit: _Unit, batch: Batch, verdict: _Verdict) -> Exception | None:
    h = batch.handles[unit.run]
    if batch.claim_of(unit.run) not in verdict.held:
        return FenceLost()
    if h not in verdict.ended and any(isinstance(row, EndRow) for row in unit.rows):
        return FenceLost()
    paths = {row.write.path for row in unit.rows if isinstance(row, StepRow) and row.write.status == "completed"}
    if h in verdict.refused and verdict.refused[h] in paths:
        return JournalRefused(f"The journal already holds another end of {verdict.refused[h]}.")
    return None


async def _commit(connection: Connection, batch: Batch, *, again: bool) -> _Verdict:
    """One transaction in one round trip; a single statement in the common case of steps alone."""
    now = time.monotonic()
    runs = batch.parameters()
    rows = [(WRITE_STEPS, batch.steps_text(now))] if batch.steps else []
    if batch.groups:
        rows.append((WRITE_GROUPS, batch.groups_text(now)))
    if batch.ends:
        rows.append((END_RUNS, batch.ends_text()))
    rings = [batch.rings_text(), "[]", "[]"]
    calls = [(what, {**runs, "rows": json, "rings": rung}) for (what, json), rung in zip(rows, rings, strict=False)]
    answers = await ask(connection, calls)
    held = _numbers(answers[0][0])
    refused: dict[int, str] = {}
    if batch.steps and int(answers[0][1]) < batch.steps_of(held):
        cursor = await connection.execute(sql.REFUSED_STEPS, {"runs": runs["runs"], "rows": rows[0][1]})
        refused = dict(batch.step_at(x) for (x,) in await cursor.fetchall())
    if again and len(held) < len(batch.claims):
        cursor = await connection.execute(sql.STILL_OURS, {"claims": runs["claims"], "fences": runs["fences"]})
        held |= {c for (c,) in await cursor.fetchall()}
    return _Verdict(held, _numbers(answers[-1][1]) if batch.ends else frozenset(), refused)


def _numbers(array: str) -> frozenset[int]:
    """An array in PostgreSQL's notation."""
    return frozenset(map(int, array[1:-1].split(","))) if len(array) > 2 else frozenset()

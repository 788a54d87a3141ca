"""The journal in PostgreSQL: a run's progress in step_runs and block_group_runs, its end in runs.

Paths that hold a ``#`` are decisions of the engine kept as rows; screens leave them out (`path NOT LIKE '%#%'`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from app.domain.breakpoints import Answer
from app.domain.json_value import Json, loads
from app.engine.ports import LARGE_VALUE_BYTES, FenceLost, GroupWrite, Recorded, RunHandle, StepWrite, ValueRef, Write
from app.storage import journal_sql as sql
from app.storage.direct import prepare
from app.storage.journal_rows import row_of
from app.storage.journal_writer import STATEMENTS, JournalRefused, JournalWriter
from app.storage.link import Connection, Failpoint, Link, no_failpoint

LONGEST_WAIT_S = 100 * 365.25 * 86_400
"""Longer waits end no later than this: PostgreSQL's times are finite."""


class PostgresJournal:
    """The `Journal` of one process, on two connections: one writes, one reads. Use it as a context manager, or `open` and `close`."""

    def __init__(self, url: str, *, failpoint: Failpoint = no_failpoint) -> None:
        self._writing = Link(url, name="orchestrion journal", on_connect=lambda connection: prepare(connection, STATEMENTS))
        self.reading = Link(url, name="orchestrion journal reader")
        self.writer = JournalWriter(self._writing, failpoint=failpoint)

    async def open(self) -> None:
        """Connect and begin to write.

        Raises:
            DatabaseUnavailable: nobody answers.
        """
        await self._writing.open()
        await self.reading.open()
        self.writer.start()

    async def close(self) -> None:
        """Write what was accepted and let go of the connections."""
        await self.writer.close()
        await self._writing.close()
        await self.reading.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def load(self, run: RunHandle) -> Sequence[Recorded]:
        """All rows of the run, oldest attempt first; those still `running` are marked `lost` and returned so.

        Raises:
            FenceLost: the claim is another's, or the run has ended.
        """

        async def work(connection: Connection) -> list[tuple[Any, ...]]:
            names = {"claim": run.claim_id, "fence": run.fence, "run": run.run_id, "tenant": run.tenant_id, "large": LARGE_VALUE_BYTES}
            marked = await (await connection.execute(sql.MARK_LOST, names)).fetchone()
            if marked is None or not marked[0]:
                raise FenceLost()
            return await (await connection.execute(sql.LOAD, names)).fetchall()

        return [_recorded(row) for row in await self.reading.run(work)]

    async def write(self, run: RunHandle, writes: Sequence[Write]) -> None:
        now = time.monotonic()
        await self.writer.write(run, [row_of(write, now) for write in writes])

    def write_soon(self, run: RunHandle, write: StepWrite | GroupWrite) -> None:
        self.writer.write_soon(run, row_of(write, time.monotonic()))

    async def read_output(self, run: RunHandle, ref: ValueRef) -> Json:
        """The output that a completed row holds.

        Raises:
            JournalRefused: no completed row stands at this place.
        """
        names = {"run": ref.run_id or run.run_id, "tenant": run.tenant_id, "path": ref.path}

        async def work(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute(sql.READ_OUTPUT, names)).fetchone()

        found = await self.reading.run(work)
        if found is None:
            raise JournalRefused(f"The output of {ref.path} is not in the journal.")
        return None if found[0] is None else loads(found[0])

    async def answer(self, run: RunHandle, path: str) -> Answer | None:
        """What a person said at a place where the run pauses; None: nothing yet."""
        names = {"run": run.run_id, "tenant": run.tenant_id, "path": path}

        async def work(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute(sql.ANSWER, names)).fetchone()

        found = await self.reading.run(work)
        return None if found is None else Answer.from_json(loads(found[0]))

    async def wait(self, run: RunHandle, row: StepWrite, *, seconds: float | None, until: str | None) -> float:
        """Record a waiting row and return the seconds left, infinite without `seconds` or `until`.

        A row that waits already keeps its due time.

        `until` is ISO 8601; without an offset it is UTC.

        Raises:
            ValueError: `until` is no time.
        """
        due_s = None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_S)
        if until is not None:
            row = replace(row, notes={**(row.notes or {}), "due_at": _instant(until)})
        await self.writer.write(run, [row_of(row, time.monotonic(), due_s=due_s)])
        names = {"run": run.run_id, "tenant": run.tenant_id, "path": row.path, "attempt": row.attempt}

        async def work(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute(sql.WAIT_LEFT, names)).fetchone()

        found = await self.reading.run(work)
        return float("inf") if found is None or found[0] is None else float(found[0])


def _recorded(row: Sequence[Any]) -> Recorded:
    path, attempt, status, text, size, error, left = row
    output: Any = None
    if text is not None:
        output = loads(text)
    elif size is not None:
        output = ValueRef(path, size)
    return Recorded(path, attempt, status, output, error, left)


def _instant(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()

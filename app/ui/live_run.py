"""One run as it goes on: asks for what is new whenever a bell rings, or every half second, and tells its listeners.

The database is the truth and the bell only a hint: a lost one makes this slower by half a second, never wrong.
Canvas overlay, timeline, inspector and run bar are listeners of the same `LiveRun`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.breakpoints import Pause
from app.domain.json_value import Json
from app.domain.runs import RunChanges, RunDetail, RunRow, RunStatus
from app.ui.run_rows import RunRows

POLL_MS = 500
_RETRY_MS = 2_000
_SLICE = 1_000

Changes = Callable[[int], Awaitable[RunChanges]]
"""What is new in the run since a sequence number."""


class LiveRun(QObject):
    """One run, as far as its journal has been read."""

    changed = Signal(object)
    """The `RunChanges` just read."""
    ended = Signal()
    failed_to_read = Signal(object)

    def __init__(self, run: RunRow, changes: Changes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.rows = RunRows(run.created_at)
        self.input: Json = None
        self.output: Json = None
        self.error: Json = None
        self.pauses: tuple[Pause, ...] = ()
        self._changes = changes
        self._seq = 0
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.refresh)

    @classmethod
    async def read(cls, detail: RunDetail, changes: Changes, parent: QObject | None = None) -> LiveRun:
        """A run that was read whole; it may still be going on."""
        live = cls(detail.run, changes, parent)
        live.input = detail.input
        newest = max([detail.run.seq, *(row.seq for row in detail.steps), *(row.seq for row in detail.groups)])
        await live.take(RunChanges(newest, detail.run, detail.steps, detail.groups, detail.output, detail.error, detail.pauses))
        return live

    @property
    def is_over(self) -> bool:
        return RunStatus(self.run.status).is_terminal

    @property
    def elapsed(self) -> timedelta:
        """Since its start, to its end or to now."""
        start = self.run.started_at or self.run.created_at
        return max(timedelta(), (self.run.completed_at or datetime.now(UTC)) - start)

    @property
    def progress(self) -> tuple[int, int | None]:
        """How many places have ended, and how many the run is known to have (None: not known); without what it took over."""
        total = self.run.steps_total
        if self.run.is_partial:
            return self.rows.ended - self.rows.taken_over, None
        return self.rows.ended, None if total is None else max(total, self.rows.places)

    @property
    def open_pauses(self) -> tuple[Pause, ...]:
        """Where it pauses now."""
        return tuple(pause for pause in self.pauses if pause.is_open)

    def refresh(self) -> None:
        """Read what is new, and go on reading until the run has ended."""
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._timer.stop()
        self._task = asyncio.ensure_future(self._read())

    def stop(self) -> None:
        """Read no more."""
        self._timer.stop()
        self._again = False
        if self._task is not None:
            self._task.cancel()

    async def take(self, changes: RunChanges) -> None:
        """Take in what was read, a slice at a time: a run of 100,000 steps must not hold the window up."""
        was_over = self.is_over
        for start in range(0, len(changes.steps), _SLICE):
            for step in changes.steps[start : start + _SLICE]:
                self.rows.take_step(step)
            await asyncio.sleep(0)
        for start in range(0, len(changes.groups), _SLICE):
            for group in changes.groups[start : start + _SLICE]:
                self.rows.take_group(group)
            await asyncio.sleep(0)
        self._seq = max(self._seq, changes.seq)
        self.run = changes.run
        self.pauses = changes.pauses
        if changes.output is not None or changes.error is not None:
            self.output, self.error = changes.output, changes.error
        self.changed.emit(changes)
        if self.is_over and not was_over:
            self.ended.emit()

    async def _read(self) -> None:
        wait_ms = POLL_MS
        while True:
            self._again = False
            try:
                changes = await self._changes(self._seq)
            except Exception as error:
                self.failed_to_read.emit(error)
                wait_ms = _RETRY_MS
                break
            await self.take(changes)
            if not self._again or self.is_over:
                break
        if not self.is_over:
            self._timer.start(wait_ms)

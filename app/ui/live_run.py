"""One run as it goes on: asks for what is new whenever a bell rings, or every half second, and tells its listeners.

The database is the truth and the bell only a hint: a lost one makes this slower by half a second, never wrong.
Canvas overlay, timeline, inspector and run bar are listeners of the same `LiveRun`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.json_value import Json
from app.domain.runs import GroupRunRow, RunChanges, RunDetail, RunRow, RunStatus, StepRunRow, StepStatus

POLL_MS = 500
_RETRY_MS = 2_000

Changes = Callable[[int], Awaitable[RunChanges]]
"""What is new in the run since a sequence number."""


class LiveRun(QObject):
    """The journal of one run as far as it has been read. Rows are kept by path and attempt, in the order they came."""

    changed = Signal(object)
    """The `RunChanges` just read."""
    ended = Signal()
    failed_to_read = Signal(object)

    def __init__(self, run: RunRow, changes: Changes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.output: Json = None
        self.error: Json = None
        self._steps: dict[tuple[str, int], StepRunRow] = {}
        self._groups: dict[tuple[str, str, int], GroupRunRow] = {}
        self._at_path: dict[str, StepRunRow] = {}
        self._places: dict[str, dict[str, StepRunRow]] = {}
        self._turns: dict[str, dict[tuple[str, str, int], GroupRunRow]] = {}
        self._newest: dict[str, StepRunRow] = {}
        self._ended = 0
        self._changes = changes
        self._seq = 0
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.refresh)

    @classmethod
    def finished(cls, detail: RunDetail, changes: Changes, parent: QObject | None = None) -> LiveRun:
        """A run that was read whole; it goes on being followed if it has not ended."""
        live = cls(detail.run, changes, parent)
        newest = max([detail.run.seq, *(row.seq for row in detail.steps), *(row.seq for row in detail.groups)])
        live._take(RunChanges(newest, detail.run, detail.steps, detail.groups, detail.output, detail.error))
        return live

    @property
    def is_over(self) -> bool:
        return RunStatus(self.run.status).is_terminal

    @property
    def steps(self) -> Mapping[tuple[str, int], StepRunRow]:
        return self._steps

    @property
    def groups(self) -> Mapping[tuple[str, str, int], GroupRunRow]:
        return self._groups

    @property
    def elapsed(self) -> timedelta:
        """Since its start, to its end or to now."""
        start = self.run.started_at or self.run.created_at
        return max(timedelta(), (self.run.completed_at or datetime.now(UTC)) - start)

    def last_of(self, step_id: str) -> StepRunRow | None:
        """The newest row of a step, wherever in the run it stands."""
        return self._newest.get(step_id)

    def places_of(self, step_id: str) -> list[StepRunRow]:
        """The last attempt at each place where a step ran, in the order of the journal."""
        return sorted(self._places.get(step_id, {}).values(), key=lambda row: row.seq)

    def turns_of(self, group_id: str) -> list[GroupRunRow]:
        """The rows of a group's roles and turns."""
        return list(self._turns.get(group_id, {}).values())

    @property
    def places(self) -> Mapping[str, StepRunRow]:
        """The last attempt at each path."""
        return self._at_path

    @property
    def progress(self) -> tuple[int, int | None]:
        """How many places have ended, and how many the run is known to have (None: not known)."""
        total = self.run.steps_total
        return self._ended, None if total is None else max(total, len(self._at_path))

    def follow(self) -> None:
        """Read what is new, and go on until the run has ended."""
        self.refresh()

    def on_bell(self) -> None:
        """Something happened in this run."""
        self.refresh()

    def stop(self) -> None:
        """Read no more."""
        self._timer.stop()
        self._again = False
        if self._task is not None:
            self._task.cancel()

    def refresh(self) -> None:
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._timer.stop()
        self._task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        wait_ms = POLL_MS
        while True:
            self._again = False
            try:
                self._take(await self._changes(self._seq))
            except Exception as error:
                self.failed_to_read.emit(error)
                wait_ms = _RETRY_MS
                break
            if not self._again or self.is_over:
                break
        if not self.is_over:
            self._timer.start(wait_ms)

    def _take(self, changes: RunChanges) -> None:
        was_over = self.is_over
        self._seq = max(self._seq, changes.seq)
        self.run = changes.run
        for step in changes.steps:
            self._take_step(step)
        for group in changes.groups:
            key = (group.path, group.role, group.iteration)
            self._groups[key] = group
            self._turns.setdefault(group.group_id, {})[key] = group
        if changes.output is not None or changes.error is not None:
            self.output, self.error = changes.output, changes.error
        self.changed.emit(changes)
        if self.is_over and not was_over:
            self.ended.emit()

    def _take_step(self, step: StepRunRow) -> None:
        self._steps[step.path, step.attempt] = step
        before = self._at_path.get(step.path)
        if before is None or step.attempt >= before.attempt:
            self._at_path[step.path] = step
            self._places.setdefault(step.step_id, {})[step.path] = step
            self._ended += StepStatus(step.status).is_terminal - (before is not None and StepStatus(before.status).is_terminal)
        newest = self._newest.get(step.step_id)
        if newest is None or step.seq >= newest.seq:
            self._newest[step.step_id] = step

"""What has been read of one run's journal, kept so that its listeners find and count without walking through it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from app.domain.runs import GroupRunRow, StepRunRow, StepStatus

_TURN = re.compile(r"\[\d+\]$")


class RunRows:
    """Rows by path and attempt. Of each place the last attempt counts; counts are kept as rows come.

    `begun_at` is when the run was made: what started before was taken over from an earlier run.
    """

    def __init__(self, begun_at: datetime | None = None) -> None:
        self.begun_at = begun_at
        self.taken_over = 0
        """How many places were taken over from an earlier run."""
        self.steps: dict[tuple[str, int], StepRunRow] = {}
        self.groups: dict[tuple[str, str, int], GroupRunRow] = {}
        self.ended = 0
        """How many places have ended."""
        self._at_path: dict[str, StepRunRow] = {}
        self._attempts: dict[str, dict[tuple[str, int], StepRunRow]] = {}
        self._newest: dict[str, StepRunRow] = {}
        self._step_counts: dict[str, Counter[str]] = {}
        self._turns: dict[str, dict[tuple[str, str, int], GroupRunRow]] = {}
        self._group_counts: dict[str, Counter[tuple[str, str]]] = {}
        self._looping: set[str] = set()

    @property
    def places(self) -> int:
        """How many different paths there are."""
        return len(self._at_path)

    def newest_of(self, step_id: str) -> StepRunRow | None:
        """The last row of a step, wherever in the run it stands."""
        return self._newest.get(step_id)

    def attempts_of(self, step_id: str) -> Mapping[tuple[str, int], StepRunRow]:
        return self._attempts.get(step_id, {})

    def counts_of(self, step_id: str) -> Mapping[str, int]:
        """How many places of a step are in which state."""
        return self._step_counts.get(step_id, {})

    def turns_of(self, group_id: str) -> Mapping[tuple[str, str, int], GroupRunRow]:
        """The rows of a group's roles and turns."""
        return self._turns.get(group_id, {})

    def role_counts_of(self, group_id: str) -> Mapping[tuple[str, str], int]:
        """How many rows of a group have which (role, state)."""
        return self._group_counts.get(group_id, {})

    def is_looping(self, group_id: str) -> bool:
        """Whether its rows are turns of a loop."""
        return group_id in self._looping

    def is_taken_over(self, row: StepRunRow) -> bool:
        return self.begun_at is not None and row.started_at is not None and row.started_at < self.begun_at

    def take_step(self, row: StepRunRow) -> None:
        self.steps[row.path, row.attempt] = row
        self._attempts.setdefault(row.step_id, {})[row.path, row.attempt] = row
        before = self._at_path.get(row.path)
        if before is None or row.attempt >= before.attempt:
            self._at_path[row.path] = row
            counts = self._step_counts.setdefault(row.step_id, Counter())
            counts[row.status] += 1
            self.ended += StepStatus(row.status).is_terminal
            self.taken_over += self.is_taken_over(row)
            if before is not None:
                self.taken_over -= self.is_taken_over(before)
                counts[before.status] -= 1
                self.ended -= StepStatus(before.status).is_terminal
        newest = self._newest.get(row.step_id)
        if newest is None or row.seq >= newest.seq:
            self._newest[row.step_id] = row

    def take_group(self, row: GroupRunRow) -> None:
        key = (row.path, row.role, row.iteration)
        counts = self._group_counts.setdefault(row.group_id, Counter())
        before = self.groups.get(key)
        if before is not None:
            counts[before.role, before.status] -= 1
        counts[row.role, row.status] += 1
        self.groups[key] = row
        self._turns.setdefault(row.group_id, {})[key] = row
        if _TURN.search(row.path):
            self._looping.add(row.group_id)

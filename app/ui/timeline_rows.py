"""A run's journal as lanes and bars: one lane per step and group, in the order of the run; one bar per attempt.

Pure arithmetic on rows, no painting. The turns of a loop share their step's lane, so there are as many lanes as the
workflow has steps, however often they ran.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from app.domain.runs import GroupRunRow, StepRunRow
from app.ui.live_run import LiveRun

STATUSES = ("completed", "running", "failed", "waiting", "other")
_TURN = re.compile(r"\[(\d+)\]")
_CODE = {"completed": 0, "running": 1, "failed": 2, "waiting": 3}


@dataclass(eq=False, slots=True)
class Lane:
    """One row. `shape` is the path without turns: what the lane stands for."""

    shape: str
    element_id: str
    name: str
    type: str
    depth: int
    is_group: bool = False
    role: str = ""


@dataclass(eq=False, slots=True)
class Timeline:
    """Lanes in order, and bars sorted by lane and start. Times are seconds since the run's start; an open bar's end is NaN."""

    lanes: list[Lane] = field(default_factory=list)
    lane: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    start: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    end: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    status: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    rows: list[StepRunRow | GroupRunRow] = field(default_factory=list)
    offsets: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    """Bars of lane i are `offsets[i]:offsets[i + 1]`."""

    def ends_by(self, now_s: float) -> npt.NDArray[np.float64]:
        """Ends, where what is still open reaches to now."""
        return np.where(np.isnan(self.end), np.maximum(now_s, self.start), self.end)


@dataclass(eq=False, slots=True)
class _Branch:
    """A part of a path in a tree of paths, children in the order they first appeared."""

    shape: str
    children: dict[str, _Branch] = field(default_factory=dict)
    steps: list[StepRunRow] = field(default_factory=list)
    groups: list[GroupRunRow] = field(default_factory=list)
    role: str = ""


def timeline_of(live: LiveRun, names: dict[str, tuple[str, str]]) -> Timeline:
    """The lanes and bars of a run as far as it has been read.

    `names` gives name and type of each group by its id; a step's row carries its own.
    """
    origin = live.run.started_at or live.run.created_at
    root = _Branch("")
    for step in sorted(live.steps.values(), key=lambda row: row.seq):
        if step.started_at is not None:
            _branch(root, step.path).steps.append(step)
    for group in sorted(live.groups.values(), key=lambda row: row.seq):
        if group.started_at is not None:
            _branch(root, group.path).groups.append(group)
    timeline = Timeline()
    bars: list[tuple[int, float, float, int, StepRunRow | GroupRunRow]] = []
    _walk(root, 0, timeline.lanes, bars, names, origin)
    bars.sort(key=lambda bar: (bar[0], bar[1]))
    timeline.lane = np.array([bar[0] for bar in bars], np.int64)
    timeline.start = np.array([bar[1] for bar in bars], np.float64)
    timeline.end = np.array([bar[2] for bar in bars], np.float64)
    timeline.status = np.array([bar[3] for bar in bars], np.int64)
    timeline.rows = [bar[4] for bar in bars]
    timeline.offsets = np.searchsorted(timeline.lane, np.arange(len(timeline.lanes) + 1))
    return timeline


def turn_of(path: str) -> str:
    """Which turn a bar is: `#3` for the innermost index of its path (counted from 1), empty outside loops."""
    turns = _TURN.findall(path)
    return f"#{int(turns[-1]) + 1}" if turns else ""


def _branch(root: _Branch, path: str) -> _Branch:
    current = root
    for part in path.strip("/").split("/"):
        plain = _TURN.sub("", part)
        key, _, role = plain.partition(".")
        shape = f"{current.shape}/{key}"
        found = current.children.get(key)
        if found is None:
            found = current.children[key] = _Branch(shape)
        current = found
        current.role = current.role or role
    return current


def _walk(
    branch: _Branch,
    depth: int,
    lanes: list[Lane],
    bars: list[tuple[int, float, float, int, StepRunRow | GroupRunRow]],
    names: dict[str, tuple[str, str]],
    origin: datetime,
) -> None:
    for child in branch.children.values():
        inside = depth
        rows: list[StepRunRow | GroupRunRow] = [*child.groups, *child.steps]
        if rows:
            at = len(lanes)
            lanes.append(_lane(child, rows[0], depth, names))
            inside = depth + 1
            for row in rows:
                assert row.started_at is not None
                start = max(0.0, (row.started_at - origin).total_seconds())
                end = (row.completed_at - origin).total_seconds() if row.completed_at else float("nan")
                bars.append((at, start, end, _CODE.get(row.status, 4), row))
        _walk(child, inside, lanes, bars, names, origin)


def _lane(branch: _Branch, row: StepRunRow | GroupRunRow, depth: int, names: dict[str, tuple[str, str]]) -> Lane:
    if isinstance(row, GroupRunRow):
        name, type = names.get(row.group_id, (branch.shape.rsplit("/", 1)[-1], ""))
        return Lane(branch.shape, row.group_id, name, type, depth, is_group=True)
    return Lane(branch.shape, row.step_id, row.name, row.type, depth)

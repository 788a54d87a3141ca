"""A run's journal as lanes and bars: one lane per step and group, in the order of the run; one bar per attempt.

Pure arithmetic on rows, no painting. The turns of a loop share their step's lane, so there are as many lanes as the
workflow has steps, however often they ran; a group has one bar around all its turns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import isnan, nan

import numpy as np
import numpy.typing as npt

from app.domain.catalog import Catalog
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.workflow import Graph
from app.ui.words import duration

STATUSES = ("completed", "running", "failed", "waiting", "other")
_CODE = {status: code for code, status in enumerate(STATUSES)}
_TURN = re.compile(r"\[(\d+)\]")

Row = StepRunRow | GroupRunRow


@dataclass(frozen=True, slots=True)
class Look:
    """How a step or group is called and drawn."""

    name: str
    icon: str
    category: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row. `shape` is the path without turns: what the lane stands for."""

    shape: str
    element_id: str
    look: Look
    depth: int
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """Seconds since the run's start; an open bar's end is NaN."""

    lane: int
    start: float
    end: float
    status: int
    label: str
    row: Row


@dataclass(eq=False, slots=True)
class Timeline:
    """Lanes in order, and bars sorted by lane and start, as columns."""

    lanes: list[Lane] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    lane: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    start: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    end: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    status: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    offsets: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    """Bars of lane i are `offsets[i]:offsets[i + 1]`."""

    def ends_by(self, now_s: float) -> npt.NDArray[np.float64]:
        """Ends, where what is still open reaches to now."""
        return np.where(np.isnan(self.end), np.maximum(now_s, self.start), self.end)

    @property
    def last_end(self) -> float:
        """The latest end there is, in seconds; 0 without one."""
        return float(np.nanmax(self.end, initial=0.0))


def looks_of(graph: Graph, catalog: Catalog) -> dict[str, Look]:
    """The looks of all steps and groups; a step that calls an adapter looks like that adapter."""
    looks: dict[str, Look] = {}
    for step in graph.steps.values():
        kind = catalog.adapters.get(str(step.config.get("adapter_id"))) or catalog.steps.get(step.type)
        looks[step.id] = Look(step.name, kind.icon, kind.category) if kind is not None else Look(step.name, "box", "data")
    for group in graph.groups.values():
        type = catalog.groups.get(group.type)
        looks[group.id] = Look(group.name, type.icon, type.category) if type is not None else Look(group.name, "group", "logic")
    return looks


def timeline_of(rows: Sequence[Row], origin: datetime, looks: Mapping[str, Look]) -> Timeline:
    """The lanes and bars of a run that started at `origin`, as far as it has been read."""
    root = _Branch("")
    for row in sorted(rows, key=lambda row: row.seq):
        if row.started_at is not None:
            root.at(row.path).rows.append(row)
    timeline = Timeline()
    _walk(root, 0, timeline, looks, origin)
    timeline.bars.sort(key=lambda bar: (bar.lane, bar.start))
    timeline.lane = np.array([bar.lane for bar in timeline.bars], np.int64)
    timeline.start = np.array([bar.start for bar in timeline.bars], np.float64)
    timeline.end = np.array([bar.end for bar in timeline.bars], np.float64)
    timeline.status = np.array([bar.status for bar in timeline.bars], np.int64)
    timeline.offsets = np.searchsorted(timeline.lane, np.arange(len(timeline.lanes) + 1))
    return timeline


@dataclass(eq=False, slots=True)
class _Branch:
    """A part of a path in a tree of paths, children in the order they first appeared."""

    shape: str
    children: dict[str, _Branch] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def at(self, path: str) -> _Branch:
        """The branch of a path; its turns and roles fall together."""
        current = self
        for part in path.strip("/").split("/"):
            key = _TURN.sub("", part).partition(".")[0]
            current = current.children.setdefault(key, _Branch(f"{current.shape}/{key}"))
        return current


def _walk(branch: _Branch, depth: int, timeline: Timeline, looks: Mapping[str, Look], origin: datetime) -> None:
    for child in branch.children.values():
        inside = depth
        if child.rows:
            lane = len(timeline.lanes)
            first = child.rows[0]
            is_group = isinstance(first, GroupRunRow)
            element_id = first.group_id if isinstance(first, GroupRunRow) else first.step_id
            name = child.shape.rsplit("/", 1)[-1] if isinstance(first, GroupRunRow) else first.name
            look = looks.get(element_id) or Look(name, "box", "data")
            timeline.lanes.append(Lane(child.shape, element_id, look, depth, is_group))
            own = [_bar(lane, row, origin) for row in child.rows]
            timeline.bars += [_around(own)] if is_group else own
            inside = depth + 1
        _walk(child, inside, timeline, looks, origin)


def _bar(lane: int, row: Row, origin: datetime) -> Bar:
    assert row.started_at is not None
    start = max(0.0, (row.started_at - origin).total_seconds())
    end = max(start, (row.completed_at - origin).total_seconds()) if row.completed_at else nan
    return Bar(lane, start, end, _CODE.get(row.status, _CODE["other"]), _label(row), row)


def _label(row: Row) -> str:
    """What stands on a bar: its turn, counted from 1, and how long it took, or what it failed with."""
    turns = _TURN.findall(row.path)
    turn = f"#{int(turns[-1]) + 1}" if turns else ""
    if row.status == "failed" and isinstance(row.error, dict):
        return " ".join(part for part in (turn, str(row.error.get("type") or "failed")) if part)
    took = duration(row.completed_at - row.started_at) if row.completed_at and row.started_at else ""
    return " · ".join(part for part in (turn, took) if part)


def _around(bars: Sequence[Bar]) -> Bar:
    """One bar for all turns and roles of a group: from the first start to the last end, open while one is open."""
    first = min(bars, key=lambda bar: bar.start)
    ends = [bar.end for bar in bars]
    end = nan if any(map(isnan, ends)) else max(ends)
    if len(bars) == 1 or not any(_TURN.search(bar.row.path.rsplit("/", 1)[-1]) for bar in bars):
        label = ""
    else:
        label = f"{sum(bar.status == _CODE['completed'] for bar in bars):,} / {len(bars):,}"
    return Bar(first.lane, first.start, end, first.status, label, first.row)

"""What the last run left of one step or group: the places where it ran, the one that is looked at, and what it took and gave there.

The inspector's tabs and the Data tab below the canvas show the same one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest
from typing import Literal

from PySide6.QtCore import QObject, Signal

from app.domain.breakpoints import Pause
from app.domain.json_value import Json
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.topology import Topology, topology_of
from app.domain.why import why_not_run
from app.domain.workflow import Graph
from app.ui.live_run import LiveRun
from app.ui.run_overlay import seen_of
from app.ui.widgets.chips import status_look
from app.ui.words import duration

Part = Literal["input", "output", "error"]
_MOST_PLACES = 200
_TURN = re.compile(r"(?:try)?\[\d+\]")
_NOTE_WORDS = {"pinned": "pinned output", "disabled": "disabled, passed on", "passed": "skipped by hand"}


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the journal as the chooser lists it."""

    key: str
    words: str
    short: str
    """Without the path: its turns, if it stands in loops, and how it went."""
    row: StepRunRow | GroupRunRow


@dataclass(frozen=True, slots=True)
class Why:
    """Why there is nothing to see."""

    icon: str
    sentence: str
    second: str = ""


class LastRun(QObject):
    """Follows one element in one run. A place that was picked stays picked while it exists."""

    changed = Signal()
    picked = Signal()
    """A person looks at another place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.places: Sequence[Place] = ()
        self.live: LiveRun | None = None
        self.element_id = ""
        self.key = ""
        """How expressions call the element."""
        self._picked = ""
        self._noun = "step"
        self._graph: Graph | None = None
        self._topology: Topology | None = None

    def follow(self, live: LiveRun | None, element_id: str, *, is_group: bool, key: str = "", graph: Graph | None = None) -> None:
        """Rows of this step or group in this run."""
        if element_id != self.element_id:
            self.element_id, self._picked = element_id, ""
        self._noun, self.key = "group" if is_group else "step", key
        self.places = () if live is None else _group_places(live, element_id) if is_group else _step_places(live, element_id)
        self.live, self._graph = live, graph
        self.changed.emit()

    def pick(self, key: str) -> None:
        """Look at this place."""
        if key != self._picked:
            self._picked = key
            self.changed.emit()
            self.picked.emit()

    @property
    def place(self) -> Place | None:
        """The one that is looked at: the picked one, else the newest."""
        return next((place for place in self.places if place.key == self._picked), self.places[-1] if self.places else None)

    @property
    def row(self) -> StepRunRow | GroupRunRow | None:
        return self.place.row if self.place is not None else None

    @property
    def picked_path(self) -> str:
        """Where in the run a person picked; empty while they picked nothing."""
        place = self.place
        return place.row.path if place is not None and place.key == self._picked else ""

    @property
    def facts(self) -> str:
        """How it went there, in a few words beside the status."""
        return facts_of_row(self.row) if self.row is not None else ""

    def value(self, part: Part) -> Json:
        row = self.row
        return None if row is None else {"input": row.input, "output": row.output, "error": row.error}[part]

    def root(self, part: Part) -> str:
        """How expressions call what is shown: the step's own ones its input, those after it its output."""
        row = self.row
        if part == "input":
            return "$"
        if part == "output" and isinstance(row, GroupRunRow) and self.live is not None and self.live.rows.is_looping(row.group_id):
            return f"steps.{self.key}.output.results[{row.iteration}]"
        return f"steps.{self.key}.{part}"

    def pause(self, part: Part) -> Pause | None:
        """The open pause at this element that shows this part of it."""
        when = {"input": "before", "output": "after"}.get(part)
        pauses = self.live.open_pauses if self.live is not None else ()
        return next((pause for pause in pauses if pause.node == self.element_id and pause.when == when), None)

    def edit(self, part: Part) -> Pause | None:
        """The pause at which a person changed what is shown."""
        when = {"input": "before", "output": "after"}.get(part)
        row, pauses = self.row, self.live.pauses if self.live is not None else ()
        if row is None:
            return None
        return next(
            (p for p in pauses if p.place == row.path and p.when == when and p.answer is not None and p.answer.changed is not None), None
        )

    def why_nothing(self, part: Part) -> Why | None:
        """Why there is no value of this part; None when there is one, if only null."""
        row = self.row
        if row is None and self.live is not None:
            return Why("circle-dashed", f"This {self._noun} has not run in this run.", self._why_not_run())
        if row is None:
            what = {"input": "takes", "output": "gives", "error": "fails with"}[part]
            return Why("play", f"Press Run to see what this {self._noun} {what}.", "F5 runs the draft as it is now.")
        sentence = self._why_empty(part, row.status) if self.value(part) is None else ""
        return Why("circle-dashed", sentence) if sentence else None

    def _why_empty(self, part: Part, status: str) -> str:
        """Why there is no value; empty when null is the value."""
        if part == "error":
            return "It did not fail." if status == "completed" else "There is no error."
        if part == "output" and status != "completed":
            if status == "skipped":
                return f"It was skipped. {self._why_not_run()}".strip()
            return {"running": "It is still running.", "waiting": "It is waiting.", "pending": "It has not started."}.get(
                status, f"It gave nothing: {status_look(status).word.lower()}."
            )
        return f"It was skipped. {self._why_not_run()}".strip() if part == "input" and status == "skipped" else ""

    def _why_not_run(self) -> str:
        if self.live is None or self._graph is None or self._graph.element(self.element_id) is None:
            return ""
        if self._topology is None or self._topology.graph is not self._graph:
            self._topology = topology_of(self._graph)
        return why_not_run(self._topology, self.element_id, seen_of(self.live))


def facts_of_row(row: StepRunRow | GroupRunRow) -> str:
    """Attempt, what was done instead of running it, and how long it took."""
    parts = []
    if isinstance(row, StepRunRow) and row.attempt > 1:
        parts.append(f"attempt {row.attempt}")
    if isinstance(row, StepRunRow) and isinstance(row.notes, dict):
        parts += [word for note, word in _NOTE_WORDS.items() if row.notes.get(note) is True]
    if row.started_at is not None and row.completed_at is not None:
        parts.append(duration(row.completed_at - row.started_at))
    elif isinstance(row, StepRunRow) and row.duration_ms is not None:
        parts.append(duration(timedelta(milliseconds=row.duration_ms)))
    return _joined(*parts)


def _step_places(live: LiveRun, step_id: str) -> list[Place]:
    rows = nlargest(_MOST_PLACES, live.rows.attempts_of(step_id).values(), key=lambda row: (row.seq, row.path, row.attempt))[::-1]
    several = len({row.attempt for row in rows}) > 1

    def place(row: StepRunRow) -> Place:
        facts = (f"attempt {row.attempt}" if several else "", status_look(row.status).word)
        return Place(f"{row.path}#{row.attempt}", _joined(row.path, *facts), _joined(_turns(row.path), *facts), row)

    return [place(row) for row in rows]


def _group_places(live: LiveRun, group_id: str) -> list[Place]:
    rows = nlargest(_MOST_PLACES, live.rows.turns_of(group_id).values(), key=lambda row: (row.seq, row.path, row.iteration))[::-1]

    def place(row: GroupRunRow) -> Place:
        facts = (row.role, status_look(row.status).word)
        return Place(f"{row.path}#{row.role}#{row.iteration}", _joined(row.path, *facts), _joined(_turns(row.path), *facts), row)

    return [place(row) for row in rows]


def _turns(path: str) -> str:
    """The numbers of the turns and tries on the way."""
    return " ".join(_TURN.findall(path))


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))

"""What the last run gave a step or group: where it ran, how it went, and its input, output or error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest
from typing import Literal

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.breakpoints import Pause
from app.domain.json_value import Json, dumps
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.topology import Topology, topology_of
from app.domain.why import why_not_run
from app.domain.workflow import Graph
from app.ui.inspector.pause_page import PausePage
from app.ui.live_run import LiveRun
from app.ui.run_overlay import seen_of
from app.ui.widgets.chips import StatusChip, status_look
from app.ui.widgets.fields import Choice
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.labels import ElidedLabel, plain_tip
from app.ui.words import duration

Part = Literal["input", "output", "error"]
_MOST_PLACES = 200
_MOST_TIP = 600
_NOTE_WORDS = {"pinned": "pinned output", "disabled": "disabled, passed on", "passed": "skipped by hand"}


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the journal as the chooser lists it."""

    key: str
    words: str
    row: StepRunRow | GroupRunRow


class Results(QWidget):
    """Input, output and error are three looks at the same row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("step-results")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 8)
        layout.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._chip = StatusChip(name="step-status")
        self._facts = ElidedLabel("", "second", "text_second", name="step-facts")
        head.addWidget(self._chip)
        head.addWidget(self._facts, 1)
        layout.addLayout(head)
        self._chooser = Choice(name="place-choice")
        self._chooser.setAccessibleName("Where it ran")
        self._chooser.activated.connect(self._on_chosen)
        layout.addWidget(self._chooser)
        self.view = JsonView(name="result-view")
        layout.addWidget(self.view, 1)
        self.pause = PausePage()
        self.pause.hide()
        layout.addWidget(self.pause, 1)
        self._live: LiveRun | None = None
        self._graph: Graph | None = None
        self._topology: Topology | None = None
        self._places: Sequence[Place] = ()
        self._element, self._chosen = "", ""
        self._part: Part = "input"
        self._noun, self._key, self._has_run = "step", "", False

    @property
    def picked_path(self) -> str:
        """Where in the run a person picked; empty while they picked nothing."""
        place = next((place for place in self._places if place.key == self._chosen), None)
        return place.row.path if place is not None else ""

    @property
    def shown_row(self) -> StepRunRow | GroupRunRow | None:
        at = self._chooser.currentIndex()
        return self._places[at].row if 0 <= at < len(self._places) else None

    def show_part(self, part: Part) -> None:
        self._part = part
        self._show()

    def show_element(self, live: LiveRun | None, element_id: str, *, is_group: bool, key: str = "", graph: Graph | None = None) -> None:
        """Rows of this step or group in this run. A place that was picked stays picked while it exists."""
        if element_id != self._element:
            self._element, self._chosen = element_id, ""
        self._noun, self._key = "group" if is_group else "step", key
        self._places = () if live is None else _group_places(live, element_id) if is_group else _step_places(live, element_id)
        keys = [place.key for place in self._places]
        self._chooser.setVisible(len(keys) > 1)
        if keys != [self._chooser.itemData(at) for at in range(self._chooser.count())]:
            self._chooser.clear()
            for place in self._places:
                self._chooser.addItem(place.words, place.key)
        at = keys.index(self._chosen) if self._chosen in keys else len(keys) - 1
        self._chooser.setCurrentIndex(at)
        for position, place in enumerate(self._places):
            self._chooser.setItemText(position, place.words)
        self._has_run, self._live, self._graph = live is not None, live, graph
        self._show()

    def _on_chosen(self, at: int) -> None:
        self._chosen = str(self._chooser.itemData(at))
        self._show()

    def _show_pause(self) -> bool:
        """Where the run pauses at this element, what it pauses with stands here; whether it does."""
        live, part = self._live, {"input": "before", "output": "after"}.get(self._part)
        pauses = live.open_pauses if live is not None else ()
        found = next((pause for pause in pauses if pause.node == self._element and pause.when == part), None)
        self.pause.show_pause(live.run.id if live is not None else "", found)
        self.pause.setVisible(found is not None)
        self.view.setVisible(found is None)
        if found is None:
            return False
        self._chip.set_status("paused")
        self._chip.show()
        self._facts.setText(found.place)
        self._facts.show()
        self._chooser.hide()
        return True

    def _show(self) -> None:
        if self._show_pause():
            return
        self._chooser.setVisible(len(self._places) > 1)
        place = self._places[self._chooser.currentIndex()] if self._places and self._chooser.currentIndex() >= 0 else None
        self._chip.setVisible(place is not None)
        self._facts.setVisible(place is not None)
        if place is None:
            self._show_nothing()
            return
        row = place.row
        self._chip.set_status(row.status)
        edited = self._edit_of(row.path)
        self._facts.setText(" · ".join(filter(None, (_facts(row), "edited by hand" if edited is not None else ""))))
        self._chip.setToolTip(plain_tip(f"Before: {dumps(edited.data)[:_MOST_TIP]}") if edited is not None else "")
        value: Json = {"input": row.input, "output": row.output, "error": row.error}[self._part]
        if value is None and (sentence := self._why_empty(row.status)):
            self.view.set_nothing("circle-dashed", sentence)
        else:
            self.view.set_value(value, root=self._root())

    def _edit_of(self, path: str) -> Pause | None:
        """The pause at which a person changed what is shown."""
        when = {"input": "before", "output": "after"}.get(self._part)
        pauses = self._live.pauses if self._live is not None else ()
        return next(
            (p for p in pauses if p.place == path and p.when == when and p.answer is not None and p.answer.changed is not None), None
        )

    def _root(self) -> str:
        """How expressions call what is shown: the step's own ones its input, those after it its output."""
        return "$" if self._part == "input" else f"steps.{self._key}.{self._part}"

    def _show_nothing(self) -> None:
        if self._has_run:
            self.view.set_nothing("circle-dashed", f"This {self._noun} has not run in this run.", self._why_not_run())
        else:
            what = {"input": "takes", "output": "gives", "error": "fails with"}[self._part]
            self.view.set_nothing("play", f"Press Run to see what this {self._noun} {what}.", "F5 runs the draft as it is now.")

    def _why_empty(self, status: str) -> str:
        """Why there is no value; empty when null is the value."""
        if self._part == "error":
            return "It did not fail." if status == "completed" else "There is no error."
        if self._part == "output" and status != "completed":
            if status == "skipped":
                return f"It was skipped. {self._why_not_run()}".strip()
            return {"running": "It is still running.", "waiting": "It is waiting.", "pending": "It has not started."}.get(
                status, f"It gave nothing: {status_look(status).word.lower()}."
            )
        return f"It was skipped. {self._why_not_run()}".strip() if self._part == "input" and status == "skipped" else ""

    def _why_not_run(self) -> str:
        if self._live is None or self._graph is None or self._graph.element(self._element) is None:
            return ""
        if self._topology is None or self._topology.graph is not self._graph:
            self._topology = topology_of(self._graph)
        return why_not_run(self._topology, self._element, seen_of(self._live))


def _facts(row: StepRunRow | GroupRunRow) -> str:
    parts = []
    if isinstance(row, StepRunRow) and row.attempt > 1:
        parts.append(f"attempt {row.attempt}")
    if isinstance(row, StepRunRow) and isinstance(row.notes, dict):
        parts += [word for note, word in _NOTE_WORDS.items() if row.notes.get(note) is True]
    if row.started_at is not None and row.completed_at is not None:
        parts.append(duration(row.completed_at - row.started_at))
    elif isinstance(row, StepRunRow) and row.duration_ms is not None:
        parts.append(duration(timedelta(milliseconds=row.duration_ms)))
    return " · ".join(parts)


def _step_places(live: LiveRun, step_id: str) -> list[Place]:
    rows = nlargest(_MOST_PLACES, live.rows.attempts_of(step_id).values(), key=lambda row: (row.seq, row.path, row.attempt))[::-1]
    several = len({row.attempt for row in rows}) > 1

    def words(row: StepRunRow) -> str:
        attempt = f" · attempt {row.attempt}" if several else ""
        return f"{row.path}{attempt} · {status_look(row.status).word}"

    return [Place(f"{row.path}#{row.attempt}", words(row), row) for row in rows]


def _group_places(live: LiveRun, group_id: str) -> list[Place]:
    rows = nlargest(_MOST_PLACES, live.rows.turns_of(group_id).values(), key=lambda row: (row.seq, row.path, row.iteration))[::-1]
    return [
        Place(f"{row.path}#{row.role}#{row.iteration}", f"{row.path} · {row.role} · {status_look(row.status).word}", row) for row in rows
    ]

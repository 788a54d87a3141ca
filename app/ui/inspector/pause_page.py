"""What a place that pauses is about to take, or gave: data to look at and to change before the run goes on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.breakpoints import Pause
from app.domain.json_value import Given, Json
from app.ui.widgets.buttons import Button
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.json_edit import JsonEdit, fits
from app.ui.widgets.labels import Label
from app.ui.words import count


class PausePage(QWidget):
    """Edits are kept by place until the run goes on there, whatever else is looked at meanwhile."""

    judged = Signal()
    """The text was read: it can be gone on with, or not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pause-page")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._problem = Label("", "second", "status.warn", wrap=True, name="pause-problem")
        self._title = Label("", "ui", name="pause-title")
        self.edit = JsonEdit("Data where the run pauses", name="pause-edit")
        self._large = EmptyState(name="pause-large")
        self._large.say("braces", "There is too much data here to be changed by hand.", "The run goes on with it as it is.")
        self._verdict = Label("", "second", "text_second", wrap=True, name="pause-verdict")
        self._reset = Button("Reset", "quiet", name="pause-reset")
        self._reset.clicked.connect(self._on_reset)
        foot = QHBoxLayout()
        foot.addWidget(self._verdict, 1)
        foot.addWidget(self._reset)
        layout.addWidget(self._problem)
        layout.addWidget(self._title)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self._large, 1)
        layout.addLayout(foot)
        self._pause: Pause | None = None
        self._is_large = False
        self._run = ""
        self._texts: dict[tuple[str, str], str] = {}
        self.edit.read.connect(self._judge)

    @property
    def pause(self) -> Pause | None:
        return self._pause

    def show_pause(self, run_id: str, pause: Pause | None) -> None:
        """Show the data of this pause; the same one again changes nothing."""
        same = pause is not None and self._pause is not None and (self._run, self._pause.path) == (run_id, pause.path)
        if same or (pause is None and self._pause is None):
            return
        self._keep()
        self._run, self._pause = run_id, pause
        self._is_large = pause is not None and (pause.is_large or not fits(pause.data))
        if pause is None:
            self.edit.set_value(None)
            return
        self._title.setText(
            "Its input, which can be changed for this run" if pause.when == "before" else "Its output, which can be changed for this run"
        )
        self._problem.setText(f"The condition could not be asked, so it pauses here: {pause.problem}")
        self._problem.setVisible(bool(pause.problem))
        self.edit.setVisible(not self._is_large)
        self._large.setVisible(self._is_large)
        if self._is_large:
            self.edit.set_value(None)
            return
        kept = self._texts.get((run_id, pause.path))
        self.edit.set_value(pause.data, before=pause.data, compares=True)
        if kept is not None:
            self.edit.setPlainText(kept)
            self.edit.read_now()

    def why_not(self, pause: Pause) -> str:
        """Why the run cannot go on from this pause; empty when it can."""
        if self._pause is None or self._pause.path != pause.path or not self.edit.problem:
            return ""
        at = f" (line {self.edit.problem_line})" if self.edit.problem_line is not None else ""
        return f"The data is no valid JSON{at}."

    def changed_value(self, run_id: str, pause: Pause) -> Given | None:
        """The data as it was changed; None while it is as it came."""
        if self._is_large or (self._run, self._pause.path if self._pause else "") != (run_id, pause.path):
            return None
        self.edit.read_now()
        return None if self.edit.value == pause.data and _same_kind(self.edit.value, pause.data) else Given(self.edit.value)

    def forget(self, run_id: str, path: str) -> None:
        self._texts.pop((run_id, path), None)
        if (self._run, self._pause.path if self._pause else "") == (run_id, path):
            self._pause = None

    def _keep(self) -> None:
        if self._pause is not None and self.edit.changes:
            self._texts[self._run, self._pause.path] = self.edit.toPlainText()

    def _on_reset(self) -> None:
        if self._pause is not None:
            self._texts.pop((self._run, self._pause.path), None)
            self.edit.set_value(self._pause.data, before=self._pause.data, compares=True)

    def _judge(self) -> None:
        problem, changes = self.edit.problem, len(self.edit.changes)
        is_large = self._is_large
        words = f"Valid JSON · {count(changes, 'change')}, for this run only" if changes else "Valid JSON · unchanged"
        self._verdict.setText("" if is_large else problem or words)
        self._verdict.set_colour("status.error" if problem else "status.warn" if changes else "text_second")
        self._reset.setVisible(not is_large and (bool(problem) or changes > 0))
        self.judged.emit()


def _same_kind(a: Json, b: Json) -> bool:
    """1 is not true, though Python says so."""
    return isinstance(a, bool) == isinstance(b, bool)

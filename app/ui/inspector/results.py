"""What the last run gave a step or group: where it ran, how it went, and its input, output or error."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.json_value import dumps
from app.ui.inspector.last_run import LastRun, Part
from app.ui.inspector.pause_page import PausePage
from app.ui.inspector.place_choice import PlaceChoice
from app.ui.widgets.chips import StatusChip
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.labels import ElidedLabel, plain_tip

_MOST_TIP = 600


class Results(QWidget):
    """Input, output and error are three looks at the same row."""

    def __init__(self, last_run: LastRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("step-results")
        self._last_run = last_run
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
        self._chooser = PlaceChoice(last_run, name="place-choice")
        layout.addWidget(self._chooser)
        self.view = JsonView(name="result-view")
        layout.addWidget(self.view, 1)
        self.pause = PausePage()
        self.pause.hide()
        layout.addWidget(self.pause, 1)
        self._part: Part = "input"
        last_run.changed.connect(self._show)

    def show_part(self, part: Part) -> None:
        self._part = part
        self._show()

    def _show_pause(self) -> bool:
        """Where the run pauses at this element, what it pauses with stands here; whether it does."""
        live, found = self._last_run.live, self._last_run.pause(self._part)
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
        last_run, row = self._last_run, self._last_run.row
        self._chooser.setVisible(self._chooser.is_open)
        self._chip.setVisible(row is not None)
        self._facts.setVisible(row is not None)
        if row is not None:
            self._chip.set_status(row.status)
            edited = last_run.edit(self._part)
            self._facts.setText(" · ".join(filter(None, (last_run.facts, "edited by hand" if edited is not None else ""))))
            self._chip.setToolTip(plain_tip(f"Before: {dumps(edited.data)[:_MOST_TIP]}") if edited is not None else "")
        if (why := last_run.why_nothing(self._part)) is not None:
            self.view.set_nothing(why.icon, why.sentence, why.second)
        else:
            self.view.set_value(last_run.value(self._part), root=last_run.root(self._part))

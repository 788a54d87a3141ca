"""The foot of the inspector: what can be done with the step that is shown."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.actions import Actions
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button


class InspectorFoot(QWidget):
    """Test step and pin output; while the run pauses at the step, how it goes on."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector-foot")
        grounded(self, "panel", line="top")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 11, 16, 12)
        layout.setSpacing(8)
        self._pin = Button("Pin output", icon_name="pin", name="pin-output-button", action=actions["pin-output"])
        self._idle = _row(Button("Test step", icon_name="play", name="test-step-button", action=actions["test-step"]), self._pin)
        resume = Button("Resume", "primary", icon_name="play", key="F8", name="resume-button", action=actions["resume-run"])
        step = Button("Step", icon_name="step-forward", key="F10", name="step-button", action=actions["step-over"])
        into = Button("Into", icon_name="corner-down-right", name="into-button", action=actions["step-into"])
        skip = Button("Skip", icon_name="skip-forward", name="skip-button", action=actions["skip-step"])
        stop = Button("Stop", "danger", icon_name="square", name="stop-paused-button", action=actions["stop"])
        self._paused = QWidget()
        rows = QVBoxLayout(self._paused)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addWidget(_row(resume, step))
        rows.addWidget(_row(into, skip, stop))
        layout.addWidget(self._idle)
        layout.addWidget(self._paused)
        self.show_paused(False)
        actions["pin-output"].changed.connect(lambda: self._follow(actions["pin-output"]))

    def show_paused(self, paused: bool) -> None:
        self._idle.setVisible(not paused)
        self._paused.setVisible(paused)

    def _follow(self, action: QAction) -> None:
        """The word changes with what the action would do."""
        if self._pin.text() != action.text():
            self._pin.setText(action.text())
            self._pin.setAccessibleName(action.text())
            self._pin.updateGeometry()


def _row(*buttons: Button) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for button in buttons:
        layout.addWidget(button)
    layout.addStretch(1)
    return row

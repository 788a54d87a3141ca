"""The foot of the inspector: what can be done with the step that is shown."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.actions import Actions
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button


class InspectorFoot(QWidget):
    """Test step, pin output."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector-foot")
        grounded(self, "panel", line="top")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 11, 16, 12)
        layout.setSpacing(8)
        self._pin = Button("Pin output", icon_name="pin", name="pin-output-button", action=actions["pin-output"])
        layout.addWidget(Button("Test step", icon_name="play", name="test-step-button", action=actions["test-step"]))
        layout.addWidget(self._pin)
        layout.addStretch(1)
        actions["pin-output"].changed.connect(lambda: self._follow(actions["pin-output"]))

    def _follow(self, action: QAction) -> None:
        """The word changes with what the action would do."""
        if self._pin.text() != action.text():
            self._pin.setText(action.text())
            self._pin.setAccessibleName(action.text())
            self._pin.updateGeometry()

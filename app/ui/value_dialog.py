"""A dialog around one JSON value: what a step is tested with, what it is pinned to."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.json_gate import BODY_BYTES
from app.domain.json_value import Given, Json, size_bytes
from app.ui.prompts import Dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.json_edit import JsonEdit
from app.ui.widgets.labels import Label


class ValueDialog(Dialog):
    """Asks for a value; it cannot be accepted while the text is no JSON. Ctrl+Enter accepts."""

    def __init__(
        self, parent: QWidget, title: str, value: Json, *, yes: str, why: str = "", name: str, takes_null: bool = True, icon_name: str = ""
    ) -> None:
        super().__init__(parent, title, width=600, name=name)
        self.setMinimumHeight(440)
        if why:
            self.content.addWidget(Label(why, "ui", "text_second", wrap=True, name="value-why"))
        self._takes_null = takes_null
        self.edit = JsonEdit("Value", name="value-edit")
        self.content.addWidget(self.edit, 1)
        foot = QHBoxLayout()
        self._verdict = Label("", "second", "text_second", name="value-verdict", wrap=True)
        foot.addWidget(self._verdict, 1)
        self.content.addLayout(foot)
        self.add_button(Button("Cancel", name="dialog-cancel"), accepts=False)
        self._yes = self.add_button(Button(yes, "primary", icon_name=icon_name, name="dialog-yes", key="Ctrl ↵"), accepts=True)
        self.edit.read.connect(self._judge)
        self.edit.set_value(value)
        self.edit.setFocus()

    async def asked(self) -> Given | None:
        """The value; None when it was declined."""
        if not await self.answered():
            return None
        self.edit.read_now()
        return Given(self.edit.value)

    def accept(self) -> None:
        self.edit.read_now()
        if self._yes.isEnabled():
            super().accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()
        else:
            super().keyPressEvent(event)

    def _judge(self) -> None:
        problem = self.edit.problem
        if not problem and self.edit.value is None and not self._takes_null:
            problem = "null stands for nothing here; give another value."
        self._verdict.set_colour("status.error" if problem else "text_second")
        size = size_bytes(self.edit.value)
        self._verdict.setText(problem or f"Valid JSON · {size:,} of {BODY_BYTES:,} bytes")
        self._yes.setEnabled(not problem)

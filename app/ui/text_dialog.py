"""A dialog around one line of code."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.domain.expressions import ExpressionInvalid, compile_expression
from app.ui.prompts import Dialog
from app.ui.theme import font
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label


class TextDialog(Dialog):
    """Asks for an expression; one that cannot be read is refused with the reason. Enter accepts."""

    def __init__(self, parent: QWidget, title: str, text: str, *, hint: str, name: str) -> None:
        super().__init__(parent, title, width=520, name=name)
        self.content.addWidget(Label(hint, "ui", "text_second", wrap=True))
        self._line = QLineEdit(text)
        self._line.setObjectName("expression-line")
        self._line.setAccessibleName(title)
        self._line.setFont(font("code"))
        self._line.setPlaceholderText("always")
        self.content.addWidget(self._line)
        self._why = Label("", "second", "status.error", wrap=True, name="expression-why")
        self.content.addWidget(self._why)
        self.add_button(Button("Cancel", name="dialog-cancel"), accepts=False)
        self._yes = self.add_button(Button("Set", "primary", name="dialog-yes"), accepts=True)
        self._line.textChanged.connect(self._judge)
        self._line.returnPressed.connect(self._yes.click)
        self._line.setFocus()
        self._judge(text)

    async def asked(self) -> str | None:
        """The text; None when it was declined."""
        return self._line.text().strip() if await self.answered() else None

    def _judge(self, text: str) -> None:
        why = ""
        if text.strip():
            try:
                compile_expression(text.strip())
            except ExpressionInvalid as refusal:
                why = str(refusal)
        self._why.setText(why)
        self._yes.setEnabled(not why)

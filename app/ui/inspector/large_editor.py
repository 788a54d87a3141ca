"""A field's text in a window of its own: what there is on the left, the text with its line numbers, what it gives below.

It writes into the field as one types; Done and Esc both only close it, and undo works as everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.ui.inspector.available import AvailableData
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.fields import Field
from app.ui.inspector.preview_pane import PreviewPane
from app.ui.prompts import Dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.code_edit import Mark
from app.ui.widgets.labels import Label

if TYPE_CHECKING:
    from app.domain.previews import Preview
    from app.ui.inspector.context import FieldContext

WIDTH, HEIGHT = 1080, 680


class LargeEditor(Dialog):
    """Edits the text of one field."""

    def __init__(self, parent: QWidget, field: Field, context: FieldContext) -> None:
        super().__init__(parent, field.info.title, name="large-editor")
        small = field.editor
        assert small is not None
        self._small, self._field, self._context = small, field, context
        window = parent.window()
        self.resize(min(WIDTH, window.width() - 40), min(HEIGHT, window.height() - 40))
        self.edit = ExpressionEdit(
            least=4,
            most=0,
            bare=small.bare,
            numbers=True,
            name="large-editor-text",
            context=context,
            names=small.names,
            dollar=small.dollar,
            json=small.is_json,
        )
        self.edit.setAccessibleName(field.info.title)
        self.edit.set_text(small.toPlainText())
        self.edit.setReadOnly(small.isReadOnly() or not field.isEnabled())
        self.edit.edited.connect(self._on_edited)
        self.edit.previewed.connect(self._on_preview)
        small.edited.connect(self._on_small)
        self._pane = PreviewPane(context, name="large-editor-preview", most_lines=10)
        self._fault = Label("", "second", "status.error", wrap=True, name="large-editor-fault")
        self.data = AvailableData(context, name="large-editor-data", titled=False)
        self.data.taken.connect(self._take)
        self.content.addWidget(self._laid_out(), 1)
        hint = Label("Written as you type. Ctrl+Space lists what there is; drag data in, or press Enter on it.", "second", "text_second")
        self._buttons.insertWidget(0, hint)
        self.add_button(Button("Done", "primary", name="large-editor-done"), accepts=True)
        self.edit.setFocus()

    def _laid_out(self) -> QSplitter:
        across = QSplitter(Qt.Orientation.Horizontal)
        left = QWidget()
        left_layout = QVBoxLayout(left)
        left_layout.setContentsMargins(0, 0, 10, 0)
        left_layout.addWidget(Label("Data", "ui"))
        left_layout.addWidget(self.data, 1)
        right = QWidget()
        right_layout = QVBoxLayout(right)
        right_layout.setContentsMargins(10, 0, 0, 0)
        right_layout.setSpacing(8)
        right_layout.addWidget(self.edit, 1)
        right_layout.addWidget(self._fault)
        right_layout.addWidget(self._pane)
        across.addWidget(left)
        across.addWidget(right)
        across.setChildrenCollapsible(False)
        across.setSizes([320, WIDTH - 320])
        across.setStretchFactor(1, 1)
        self._fault.hide()
        return across

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._context.is_key_of("large-editor", event):
            self.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()  # Enter is for writing
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        super().done(result)
        self._small.setFocus()

    def _on_edited(self, text: str) -> None:
        """The field hears of it as if it had been typed there."""
        if text != self._small.toPlainText():
            self._small.replace_part(0, len(self._small.toPlainText()), text)

    def _on_small(self, text: str) -> None:
        if text != self.edit.toPlainText():
            self.edit.set_text(text)

    def _on_preview(self, found: Preview) -> None:
        self._pane.show_preview(found)
        fault = found.fault if not found.lacks_data else None
        self.edit.set_marks([Mark(fault.start, fault.end)] if fault is not None else [])
        self._fault.setText(fault.sentence if fault is not None else "")
        self._fault.setVisible(fault is not None)

    def _take(self, path: str) -> None:
        self.edit.take_path(path)
        self.edit.setFocus()

"""The Notes tab: what people want to remember of a step; it means nothing to a run."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.edits import SetConfig
from app.domain.workflow import BlockGroup, Edge, Note, Step
from app.ui.document import Document


class NotesPage(QWidget):
    """The `notes` field of a config, as one large text."""

    edited = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        self._text = QPlainTextEdit()
        self._text.setObjectName("notes-text")
        self._text.setAccessibleName("Notes")
        self._text.setPlaceholderText("Notes on this step")
        self._text.setTabChangesFocus(True)
        self._text.textChanged.connect(self._on_text)
        layout.addWidget(self._text)
        self._element: Step | BlockGroup | None = None
        self._showing = False

    def show_element(self, element: Step | BlockGroup | Edge | Note, document: Document) -> None:
        self._element = element if isinstance(element, Step | BlockGroup) else None
        if self._element is None:
            return
        self._text.setReadOnly(document.is_snapshot)
        notes = str(self._element.config.get("notes") or "")
        if notes != self._text.toPlainText():
            self._showing = True
            self._text.setPlainText(notes)
            self._showing = False

    def _on_text(self) -> None:
        if self._showing or self._element is None:
            return
        config = dict(self._element.config)
        if text := self._text.toPlainText():
            config["notes"] = text
        else:
            config.pop("notes", None)
        self.edited.emit(SetConfig(self._element.id, config), f"notes:{self._element.id}")

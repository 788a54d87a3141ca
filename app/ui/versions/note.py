"""The note of a version with how its runs went; its author, or an administrator, puts it into better words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.drafts import VersionRow, VersionStatistics
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import Label
from app.ui.words import count

MOST_SHOWN = 600


class NoteEdit(QPlainTextEdit):
    """Ctrl+Enter keeps, Esc leaves it as it was."""

    kept = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.kept.emit()
        else:
            super().keyPressEvent(event)


class VersionNote(QWidget):
    """Stands at the foot of the panel while a version is one of the sides."""

    changed = Signal(int, str)
    """The version, and its new note."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("version-note")
        grounded(self, "panel", line="top")
        self._row: VersionRow | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 12, 12)
        layout.setSpacing(5)
        head = QHBoxLayout()
        self._title = Label("", "ui", name="version-note-title")
        self._pencil = IconButton("pencil", "Change the note", name="change-note", size=26, icon_size=15)
        self._pencil.clicked.connect(self._edit)
        head.addWidget(self._title, 1)
        head.addWidget(self._pencil)
        layout.addLayout(head)
        self._words = Label("", "second", "text_second", wrap=True, name="version-note-words")
        layout.addWidget(self._words)
        self._field = NoteEdit()
        self._field.setObjectName("version-note-field")
        self._field.setAccessibleName("Note")
        self._field.setTabChangesFocus(True)
        self._field.setFixedHeight(84)
        self._field.kept.connect(self._keep)
        self._field.left.connect(self._leave)
        layout.addWidget(self._field)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        cancel = Button("Cancel", name="note-cancel")
        keep = Button("Keep", "primary", key="Ctrl ↵", name="note-keep")
        cancel.clicked.connect(self._leave)
        keep.clicked.connect(self._keep)
        for button in (cancel, keep):
            buttons.addWidget(button)
        self._buttons = QWidget()
        self._buttons.setLayout(buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._buttons)
        self._runs = Label("", "caption", "text_second", wrap=True, name="version-runs")
        layout.addWidget(self._runs)
        self._leave()

    def show_version(self, row: VersionRow | None, *, may_edit: bool) -> None:
        self.setVisible(row is not None)
        if row != self._row or self._field.isHidden():
            self._row = row
            self._runs.setText("")
            self._leave()
        self._pencil.setVisible(may_edit and self._field.isHidden())
        self._may_edit = may_edit

    def show_statistics(self, version: int, found: VersionStatistics) -> None:
        if self._row is None or self._row.version != version:
            return
        parts = [count(found.runs, "run")]
        if found.ended:
            parts.append(f"{100 * found.completed / found.ended:.1f} % completed".replace(".0 %", " %"))
        if found.p95_s is not None:
            parts.append(f"p95 {found.p95_s:.1f} s")
        self._runs.setText(" · ".join(parts) if found.runs else "Not run in production yet")

    def _edit(self) -> None:
        if self._row is not None:
            self._field.setPlainText(self._row.note or "")
            for widget in (self._field, self._buttons):
                widget.show()
            self._words.hide()
            self._pencil.hide()
            self._field.setFocus()
            self._field.selectAll()

    def _leave(self) -> None:
        for widget in (self._field, self._buttons):
            widget.hide()
        row = self._row
        if row is not None:
            self._title.setText(f"Note of v{row.version}")
            text = row.note or "No note"
            self._words.setText(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…")
        self._words.show()
        self._pencil.setVisible(getattr(self, "_may_edit", False))

    def _keep(self) -> None:
        row, text = self._row, self._field.toPlainText().strip()
        self._leave()
        if row is not None and text != (row.note or ""):
            self._words.setText(text or "No note")
            self.changed.emit(row.version, text)

"""What a field's text gives with the data at hand, under the field; or a button that gets the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from app.domain.previews import Piece, Preview
from app.ui.theme import font, theme, tint
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import ElidedLabel, Label

if TYPE_CHECKING:
    from app.ui.inspector.context import FieldContext

_MOST_LINES = 9
_CHARS_PER_TOKEN = 4


class PreviewPane(QWidget):
    """A card: the run it is of, how long it gets, and the text with what was put in set apart."""

    def __init__(self, context: FieldContext, *, name: str, most_lines: int = _MOST_LINES, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Preview")
        grounded(self, "preview")
        self._context, self._most_lines = context, most_lines
        self._shown = Preview()
        self._before: dict[int, str] = {}
        self._is_folded = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 8, 8)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(Label("Preview", "second"))
        self._run = ElidedLabel("", "caption", "text_second", name=f"{name}-run")
        head.addWidget(self._run, 1)
        self._size = Label("", "caption", "text_second", name=f"{name}-size")
        head.addWidget(self._size)
        self._fold = IconButton("chevron-down", "Fold the preview", name=f"{name}-fold", size=20, icon_size=14)
        self._fold.clicked.connect(self._toggle)
        head.addWidget(self._fold)
        layout.addLayout(head)
        self._text = QPlainTextEdit(readOnly=True)
        self._text.setObjectName(f"{name}-text")
        self._text.setAccessibleName("Preview")
        self._text.setFont(font("code"))
        self._text.setProperty("look", "bare")
        self._text.setTabChangesFocus(True)
        self._text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._text.document().setDocumentMargin(0)
        self._text.hide()
        layout.addWidget(self._text)
        self._note = Label("", "second", "text_second", wrap=True, name=f"{name}-note")
        layout.addWidget(self._note)
        self._button = Button("Run up to here", icon_name="play", name=f"{name}-run-to-here")
        self._button.clicked.connect(context.run_to_here)
        layout.addWidget(self._button)
        self._note.hide()
        self._button.hide()
        theme().changed.connect(self._write)

    @property
    def text(self) -> str:
        return self._text.toPlainText()

    def ground_at(self, at: int) -> str:
        """The colour behind a character, which tells what was put in and what of it is new."""
        cursor = QTextCursor(self._text.document())
        cursor.setPosition(at + 1)
        return cursor.charFormat().background().color().name(QColor.NameFormat.HexArgb)

    def show_preview(self, found: Preview) -> None:
        self.setVisible(bool(found.pieces or found.fault) and self._context.is_shown(self))
        words = self._context.run_words
        self._run.setText(words.text or "no run yet")
        self._run.set_colour("status.warn" if words.is_old else "text_second")
        previous = {at: piece.text for at, piece in enumerate(self._shown.pieces)}
        same_parts = len(previous) == len(found.pieces)
        self._before = previous if same_parts else {}
        self._shown = found
        self._write()
        note = ""
        if found.lacks_data:
            note = "There is no data for this yet: what it names has not run, or not since it was changed."
        elif found.fault is not None:
            note = "It ends here: see the error below." if found.pieces else ""
        self._note.setText(note)
        self._note.setVisible(bool(note) and not self._is_folded)
        self._button.setVisible(found.lacks_data and self._context.can_run_to_here and not self._is_folded)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        QTimer.singleShot(0, self, self._fit)  # not inside of the layout's own pass

    def sizeHint(self) -> QSize:
        return QSize(200, super().sizeHint().height())

    def _write(self) -> None:
        """What was put in on a ground of its own; what is new since the last look in accent."""
        tokens = theme().tokens
        self._text.clear()
        cursor = QTextCursor(self._text.document())
        plain, put, new = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        plain.setForeground(QColor(tokens.text_second))
        put.setForeground(QColor(tokens.text))
        put.setBackground(QColor(tokens.raised))
        new.setForeground(QColor(tokens.text))
        new.setBackground(tint(tokens.accent, 0.28))
        for at, piece in enumerate(self._shown.pieces):
            changed = bool(self._before) and self._before.get(at) != piece.text
            cursor.insertText(_shown(piece), (new if changed else put) if piece.source else plain)
        self._size.setText(_size_words(self._shown))
        self._text.setVisible(bool(self._shown.pieces) and not self._is_folded)
        self._fit()

    def _fit(self) -> None:
        lines = min(self._most_lines, max(1, round(self._text.document().size().height())))
        height = round(lines * QFontMetricsF(self._text.font()).lineSpacing()) + 14
        if self._text.height() != height or self._text.minimumHeight() != height:
            self._text.setFixedHeight(height)

    def _toggle(self) -> None:
        self._is_folded = not self._is_folded
        self._fold.icon_name = "chevron-right" if self._is_folded else "chevron-down"
        self.show_preview(self._shown)


def _shown(piece: Piece) -> str:
    if piece.source and not piece.text:
        return "null" if piece.kind == "null" else '""'
    return piece.text


def _size_words(found: Preview) -> str:
    """A single value by its kind, a text by about how many tokens a model would read."""
    if len(found.pieces) == 1 and found.pieces[0].source:
        return found.pieces[0].kind
    length = len(found.text)
    return f"≈ {max(1, length // _CHARS_PER_TOKEN):,} tokens" if length > 40 else ""

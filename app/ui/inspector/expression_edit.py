"""Fields for text that may hold `{{ expressions }}`: one line or many, with the expressions set apart."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from app.ui.theme import font, theme, tint

_TEMPLATE = re.compile(r"(?<!\\)\{\{.*?\}\}")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ROOT = re.compile(r"\$|\b(?:input|steps|item|index|iteration|error|run|result|secrets)\b")
_CALL = re.compile(r"\b[a-z_][A-Za-z0-9_]*(?=\()")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b|\b(?:true|false|null)\b")


class ExpressionHighlighter(QSyntaxHighlighter):
    """Roots in accent, functions in the code colour, strings in green; outside `{{ }}` nothing, unless all of it is one expression."""

    def __init__(self, document: QTextDocument, *, bare: bool) -> None:
        super().__init__(document)
        self._bare = bare
        theme().changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        spans = [(0, len(text))] if self._bare else [match.span() for match in _TEMPLATE.finditer(text)]
        for start, end in spans:
            if not self._bare:
                self.setFormat(start, end - start, self._ground())
            self._colour(text, start, end)

    def _colour(self, text: str, start: int, end: int) -> None:
        tokens = theme().tokens
        kinds = (
            (_NUMBER, tokens.status_text["running"]),
            (_CALL, tokens.category["code"]),
            (_ROOT, tokens.accent),
            (_STRING, tokens.status_text["ok"]),  # last: what stands in quotes is nothing else
        )
        for pattern, colour in kinds:
            for match in pattern.finditer(text, start, end):
                look = self._ground() if not self._bare else QTextCharFormat()
                look.setForeground(QColor(colour))
                self.setFormat(match.start(), match.end() - match.start(), look)

    @staticmethod
    def _ground() -> QTextCharFormat:
        look = QTextCharFormat()
        look.setBackground(tint(theme().tokens.accent, 0.14))
        look.setForeground(QColor(theme().tokens.accent))
        return look


class ExpressionEdit(QPlainTextEdit):
    """Text in mono that grows with its lines, from `least` to `most`; Tab leaves it, as in any form."""

    edited = Signal(str)
    """The text, whenever a person changed it."""
    left = Signal()

    def __init__(self, *, least: int = 1, most: int = 14, bare: bool = False, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFont(font("code"))
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(3)
        self._least, self._most = least, most
        self._highlighter = ExpressionHighlighter(self.document(), bare=bare)
        self._text = ""
        self.textChanged.connect(self._on_text)
        if most == 1:
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._fit()

    def set_text(self, text: str) -> None:
        """Show a text that did not come from here; the caret stays where it is while the text is the same."""
        if text != self._text:
            self._text = text
            self.setPlainText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._most == 1 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
            return
        if event.text() == "{" and self.textCursor().block().text()[: self.textCursor().positionInBlock()].endswith("{"):
            cursor = self.textCursor()
            cursor.insertText("{  }}")
            cursor.setPosition(cursor.position() - 3)
            self.setTextCursor(cursor)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def sizeHint(self) -> QSize:
        return QSize(200, self._height())

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _on_text(self) -> None:
        self._fit()
        # Qt tells of new colours as it tells of new text; only another text is an edit.
        if (text := self.toPlainText()) != self._text:
            self._text = text
            self.edited.emit(text)

    def _height(self) -> int:
        # Lines as they are shown: the document's height of a plain text edit counts lines, wrapped ones too.
        lines = min(self._most, max(self._least, round(self.document().size().height())))
        return round(lines * QFontMetricsF(self.font()).lineSpacing() + 2 * 3 + 14)

    def _fit(self) -> None:
        if self.height() != self._height() or self.minimumHeight() != self._height():
            self.setFixedHeight(self._height())

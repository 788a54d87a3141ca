"""Colours of expressions, templates and JSON in the fields of a form."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.theme import theme, tint

_TEMPLATE = re.compile(r"(?<!\\)\{\{.*?(?:\}\}(?!\})|$)", re.DOTALL)
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ROOT = re.compile(r"\$|(?<![.\w])(?:input|steps|item|index|iteration|error|run|result|secrets)\b")
_CALL = re.compile(r"\b[a-z_][A-Za-z0-9_]*(?=\()")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?\b|\b(?:true|false|null)\b")
_BRACES = re.compile(r"\{\{|\}\}")
_JSON_KEY = re.compile(r"\"(?:[^\"\\]|\\.)*\"(?=\s*:)")
_OUTSIDE, _INSIDE = 0, 1
MOST_COLOURED = 40_000
"""Longer texts stay plain: colouring 200,000 characters held the window for three seconds."""


class ExpressionHighlighter(QSyntaxHighlighter):
    """Roots in accent, functions in the code colour; a template on a ground of its own, unless all of it is one expression."""

    def __init__(self, document: QTextDocument, *, bare: bool) -> None:
        super().__init__(document)
        self._bare = bare
        theme().changed.connect(self.rehighlight)

    @property
    def bare(self) -> bool:
        return self._bare

    @bare.setter
    def bare(self, bare: bool) -> None:
        if bare != self._bare:
            self._bare = bare
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        if self._bare:
            self._colour(text, 0, len(text), on_ground=False)
            return
        start = 0
        if self.previousBlockState() == _INSIDE:  # a template that began on a line above
            end = text.find("}}")
            start = len(text) if end < 0 else end + 2
            self._template(text, 0, start)
            if end < 0:
                self.setCurrentBlockState(_INSIDE)
                return
        state = _OUTSIDE
        for match in _TEMPLATE.finditer(text, start):
            self._template(text, *match.span())
            state = _OUTSIDE if match.group().endswith("}}") and len(match.group()) > 3 else _INSIDE
        self.setCurrentBlockState(state)

    def _template(self, text: str, start: int, end: int) -> None:
        self.setFormat(start, end - start, self._ground(theme().tokens.text))
        for match in _BRACES.finditer(text, start, end):
            self.setFormat(match.start(), 2, self._ground(theme().tokens.text_second))
        self._colour(text, start, end, on_ground=True)

    def _colour(self, text: str, start: int, end: int, *, on_ground: bool) -> None:
        tokens = theme().tokens
        kinds = (
            (_NUMBER, tokens.status_text["running"]),
            (_CALL, tokens.category["code"]),
            (_ROOT, tokens.accent),
            (_STRING, tokens.status_text["ok"]),  # last: what stands in quotes is nothing else
        )
        for pattern, colour in kinds:
            for match in pattern.finditer(text, start, end):
                look = self._ground(colour) if on_ground else QTextCharFormat()
                look.setForeground(QColor(colour))
                self.setFormat(match.start(), match.end() - match.start(), look)

    @staticmethod
    def _ground(colour: str) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setBackground(tint(theme().tokens.accent, 0.14))
        look.setForeground(QColor(colour))
        return look


class JsonHighlighter(QSyntaxHighlighter):
    """Keys, texts and the rest; templates inside texts on their ground."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        theme().changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        tokens = theme().tokens
        kinds = (
            (_NUMBER, tokens.status_text["running"]),
            (_STRING, tokens.status_text["ok"]),
            (_JSON_KEY, tokens.accent),
        )
        for pattern, colour in kinds:
            for match in pattern.finditer(text):
                self._set(match.start(), match.end(), colour)
        for match in _TEMPLATE.finditer(text):
            look = QTextCharFormat()
            look.setBackground(tint(tokens.accent, 0.14))
            look.setForeground(QColor(tokens.text))
            self.setFormat(match.start(), match.end() - match.start(), look)

    def _set(self, start: int, end: int, colour: str) -> None:
        look = QTextCharFormat()
        look.setForeground(QColor(colour))
        self.setFormat(start, end - start, look)

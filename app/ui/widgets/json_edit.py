"""A JSON value to edit: lines with numbers, what is wrong with them at once, and beside each line that changed what it was."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent, QSyntaxHighlighter, QTextBlock, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.domain.json_gate import BODY_BYTES, receive
from app.domain.json_value import Json, JsonRejected
from app.ui.theme import colour_of, font, theme, tint
from app.ui.widgets.json_view import pretty

_BAR = 3
_MOST_COMPARED: Final = 400
"""Where more lines than this differ, they are held against each other one by one: finding moved ones takes longer than a key press may."""
EDITABLE_BYTES: Final = 128 * 1024
"""A longer text takes longer to be laid out than the window may stand still."""
_LONG: Final = 64 * 1024
_READ_DELAY_MS = 150
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<word>\b(?:true|false|null)\b)'
)
_COLOURS = {"text": "status.ok", "number": "status.running", "word": "accent"}
_LINE = re.compile(r"\(line (\d+),")


def fits(value: Json) -> bool:
    """Whether a value is small enough to be edited here."""
    return len(pretty(value)) <= EDITABLE_BYTES


class JsonEdit(QPlainTextEdit):
    """Holds a text that is, most of the time, one JSON value."""

    read = Signal()
    """The text was read after a change: `value`, `problem` and `changes` are those of the text now."""

    def __init__(self, title: str, *, name: str, parent: QWidget | None = None, most_bytes: int = BODY_BYTES) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setFont(font("code"))
        self.value: Json = None
        self.problem = ""
        self.problem_line: int | None = None
        self.changes: dict[int, str] = {}
        """By line, from 0: what stood there before; empty where nothing did."""
        self._most_bytes = most_bytes
        self._before: list[str] = []
        self._gutter = _Gutter(self)
        self._colours = _Colours(self)
        self._soon = QTimer(self, singleShot=True, interval=_READ_DELAY_MS)
        self._soon.timeout.connect(self.read_now)
        self.blockCountChanged.connect(lambda _count: self._make_room())
        self.updateRequest.connect(self._gutter.follow)
        self.textChanged.connect(self._on_text)
        theme().changed.connect(self._on_theme)
        self._make_room()

    def set_value(self, value: Json, *, before: Json = None, compares: bool = False) -> None:
        """Show a value to be edited; with `compares`, `before` is what its lines are held against."""
        self._before = pretty(before).split("\n") if compares else []
        self.setPlainText(pretty(value))
        self.read_now()

    def read_now(self) -> None:
        """Read the text as it is at this moment."""
        self._soon.stop()
        text = self.toPlainText()
        try:
            self.value, _ = receive(text, max_bytes=self._most_bytes)
            self.problem, self.problem_line = "", None
        except JsonRejected as refusal:
            found = _LINE.search(str(refusal))
            self.problem, self.problem_line = str(refusal), int(found[1]) if found else None
        self.changes = _changes(self._before, text.split("\n")) if self._before else {}
        self._gutter.update()
        self.viewport().update()
        self.read.emit()

    def _on_text(self) -> None:
        if self.document().characterCount() > _LONG:
            self._soon.start()
        else:
            self._soon.start(0)

    def _on_theme(self) -> None:
        self._colours.rehighlight()
        self._gutter.update()

    def _make_room(self) -> None:
        self.setViewportMargins(self._gutter.width_needed, 0, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        place = self.contentsRect()
        self._gutter.setGeometry(QRect(place.left(), place.top(), self._gutter.width_needed, place.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.changes:
            return
        painter = QPainter(self.viewport())
        try:
            painter.setFont(font("caption"))
            for line, top, height in self.lines_in_sight():
                if line in self.changes:
                    self._paint_was(painter, line, top, height)
        finally:
            painter.end()

    def _paint_was(self, painter: QPainter, line: int, top: int, height: int) -> None:
        """What stood there, at the right end of the line as far as the line leaves room."""
        was = self.changes[line]
        block = self.document().findBlockByNumber(line)
        words = f"was {_old_value(was, block.text())}" if was else "added"
        metrics = QFontMetricsF(font("caption"))
        taken = QFontMetricsF(self.font()).horizontalAdvance(block.text()) + self.contentOffset().x() + 16
        room = self.viewport().width() - taken - 10
        if room < 40:
            return
        painter.setPen(QColor(colour_of(theme().tokens, "status.warn" if was else "status.ok")))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(
            QRect(0, top, self.viewport().width() - 10, height), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown
        )

    def lines_in_sight(self) -> list[tuple[int, int, int]]:
        """(line from 0, top, height) of each line that is seen, in px of the viewport."""
        found = []
        block: QTextBlock = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= self.viewport().height():
            height = self.blockBoundingRect(block).height()
            found.append((block.blockNumber(), round(top), round(height)))
            top += height
            block = block.next()
        return found


class _Gutter(QWidget):
    """Line numbers, and a bar beside lines that changed."""

    def __init__(self, edit: JsonEdit) -> None:
        super().__init__(edit)
        self._edit = edit

    @property
    def width_needed(self) -> int:
        digits = max(2, len(str(self._edit.blockCount())))
        return round(QFontMetricsF(font("code")).horizontalAdvance("9") * digits) + 22

    def sizeHint(self) -> QSize:
        return QSize(self.width_needed, 0)

    def follow(self, rect: QRect, dy: int) -> None:
        if dy:
            self.scroll(0, dy)
        else:
            self.update(0, rect.y(), self.width(), rect.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        edit, tokens = self._edit, theme().tokens
        painter = QPainter(self)
        try:
            painter.setFont(font("code"))
            for line, top, height in edit.lines_in_sight():
                wrong = edit.problem_line == line + 1
                if line in edit.changes:
                    painter.fillRect(0, top, _BAR, height, QColor(tokens.warn if edit.changes[line] else tokens.ok))
                if wrong:
                    painter.fillRect(0, top, self.width(), height, tint(tokens.error, 0.18))
                painter.setPen(QColor(tokens.status_text["error"] if wrong else tokens.text_third))
                place = QRect(0, top, self.width() - 10, height)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(line + 1))
        finally:
            painter.end()


class _Colours(QSyntaxHighlighter):
    """Texts, numbers and words of JSON, a line at a time: no text of JSON goes over a line's end."""

    def __init__(self, edit: JsonEdit) -> None:
        super().__init__(edit.document())

    def highlightBlock(self, text: str) -> None:
        if len(text) > _LONG or self.document().characterCount() > 2 * EDITABLE_BYTES:
            return
        for found in _TOKEN.finditer(text):
            if (name := _COLOURS.get(found.lastgroup or "")) is not None:
                form = QTextCharFormat()
                form.setForeground(QColor(colour_of(theme().tokens, name)))
                self.setFormat(found.start(), found.end() - found.start(), form)


def _old_value(was: str, now: str) -> str:
    """What a line said; where only the value of its key changed, that value alone."""
    was, now = was.strip().rstrip(","), now.strip()
    key, colon, value = was.partition(": ")
    return value if colon and key.startswith('"') and now.startswith(f"{key}: ") else was


def _changes(before: list[str], now: list[str]) -> dict[int, str]:
    """By line of `now`: the line it replaces, or empty for one that is new."""
    # A comma that a new neighbour made necessary is no change of the line.
    a, b = [line.rstrip(",") for line in before], [line.rstrip(",") for line in now]
    start, end = 0, 0
    shorter = min(len(a), len(b))
    while start < shorter and a[start] == b[start]:
        start += 1
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    a, b = a[start : len(a) - end], b[start : len(b) - end]
    if len(a) > _MOST_COMPARED or len(b) > _MOST_COMPARED:
        return {start + at: a[at] if at < len(a) else "" for at in range(len(b)) if at >= len(a) or a[at] != b[at]}
    found: dict[int, str] = {}
    for kind, from_a, to_a, from_b, to_b in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind in ("replace", "insert"):
            for at in range(from_b, to_b):
                old = from_a + at - from_b
                found[start + at] = a[old] if old < to_a else ""
    return found

"""The difference of one field: lines that went and came, what is the same left out, changed words marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from app.domain.text_differences import TextLine, text_difference
from app.ui.theme import colour_of, font, theme, tint

AROUND = 1
"""Unchanged lines that are shown around a change."""
MOST_LINES = 400
TALLEST_LINES = 22
_SIGNS = {"removed": "−", "added": "+", "same": " "}
Shown: TypeAlias = TextLine | int
"""A line, or how many unchanged ones are left out here."""


def shown_lines(lines: Sequence[TextLine]) -> Iterator[Shown]:
    """The lines that differ with one on each side; a gap of one line is not worth hiding."""
    near: set[int] = set()
    for at, line in enumerate(lines):
        if line.kind != "same":
            near.update(range(at - AROUND, at + AROUND + 1))
    hidden: list[TextLine] = []
    for at, line in enumerate(lines):
        if at not in near:
            hidden.append(line)
            continue
        yield from _gap(hidden)
        hidden = []
        yield line
    yield from _gap(hidden)


def _gap(hidden: list[TextLine]) -> Iterator[Shown]:
    if len(hidden) == 1:
        yield hidden[0]
    elif hidden:
        yield len(hidden)


class DifferenceText(QPlainTextEdit):
    """As high as what it shows, up to 22 lines; text in it can be selected and copied."""

    def __init__(self, old: str | None, new: str | None, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("look", "bare")
        self.setFont(font("code"))
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setUndoRedoEnabled(False)
        self._lines = _lines(old, new)
        self.setAccessibleDescription(f"before: {'nothing' if old is None else old[:200]}; now: {'nothing' if new is None else new[:200]}")
        theme().changed.connect(self._write)
        self._write()

    def _write(self) -> None:
        tokens = theme().tokens
        colours = {"removed": tokens.error, "added": tokens.ok}
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        shown = list(shown_lines(self._lines))
        for at, line in enumerate(shown[:MOST_LINES]):
            ground, plain = QTextBlockFormat(), QTextCharFormat()
            quiet = isinstance(line, int) or line.kind == "same"
            plain.setForeground(_colour("text_second" if quiet else "text"))
            if at:
                cursor.insertBlock(ground)
            if isinstance(line, int):
                cursor.setBlockFormat(ground)
                cursor.insertText(f"⋯ {line:,} unchanged lines", plain)
                continue
            if line.kind in colours:
                ground.setBackground(tint(colours[line.kind], 0.14))
            cursor.setBlockFormat(ground)
            sign = QTextCharFormat(plain)
            if line.kind in colours:
                sign.setForeground(_colour("status." + ("error" if line.kind == "removed" else "ok")))
            cursor.insertText(f"{_SIGNS[line.kind]} ", sign)
            for text, differs in line.spans:
                marked = QTextCharFormat(plain)
                if differs:
                    marked.setBackground(tint(colours[line.kind], 0.32))
                cursor.insertText(text, marked)
        if len(shown) > MOST_LINES:
            cursor.insertBlock(QTextBlockFormat())
            cursor.insertText(f"⋯ {len(shown) - MOST_LINES:,} more lines", QTextCharFormat())
        cursor.endEditBlock()
        self._fit()

    def _fit(self) -> None:
        lines = max(1.0, self.document().size().height())
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if lines <= TALLEST_LINES else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        if policy != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(policy)
        spacing = QFontMetricsF(self.font()).lineSpacing()
        around = self.height() - self.viewport().height()
        self.setFixedHeight(round(min(lines, TALLEST_LINES) * spacing + 2 * self.document().documentMargin()) + max(around, 10) + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls what is around it, unless there is more in here than is shown."""
        if self.verticalScrollBar().maximum() > 0 and self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _lines(old: str | None, new: str | None) -> tuple[TextLine, ...]:
    if old is None or new is None:
        kind = "added" if old is None else "removed"
        text = new if old is None else old
        return tuple(TextLine(kind, at, ((line, False),)) for at, line in enumerate((text or "").split("\n"), start=1))  # type: ignore[arg-type]
    if not any(character.isspace() for character in old + new):  # two values rather than two texts
        return TextLine("removed", 1, ((old, False),)), TextLine("added", 1, ((new, False),))
    return text_difference(old, new)


def _colour(name: str) -> QColor:
    return QColor(colour_of(theme().tokens, name))

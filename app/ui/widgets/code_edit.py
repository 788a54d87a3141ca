"""An editor for code of a few lines or many: line numbers, brackets that match and close themselves, marks at what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from app.ui.theme import colour_of, font, theme, tint

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_OPENS = {close: opening for opening, close in _PAIRS.items()}
_FAR = 20_000
_WRAPPED = 20_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A wavy line under the characters from `start` to `end`; `colour` names a token."""

    start: int
    end: int
    colour: str = "error"


class CodeEdit(QPlainTextEdit):
    """Mono text that grows with its lines, from `least` to `most` (0: it fills what there is); Tab leaves it, as in any form."""

    edited = Signal(str)
    """The text, whenever a person changed it."""
    left = Signal()

    def __init__(
        self, *, least: int = 1, most: int = 14, numbers: bool = False, pairs: bool = False, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFont(font("code"))
        self.setTabChangesFocus(True)
        self.setTabStopDistance(2 * QFontMetricsF(font("code")).horizontalAdvance(" "))
        self.document().setDocumentMargin(3)
        self._least, self._most, self._pairs = least, most, pairs
        self._marks: tuple[Mark, ...] = ()
        self._error_line = -1
        self._gutter = _Gutter(self) if numbers else None
        self._text = ""
        self.textChanged.connect(self._on_text)
        # Lines are broken anew inside of a layout's own pass: another height then waits until it is over.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._fit)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._later.start())
        self.cursorPositionChanged.connect(self._select_extra)
        theme().changed.connect(self._select_extra)
        if most:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if most == 1:
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if self._gutter is not None:
            self.blockCountChanged.connect(self._make_room)
            self.updateRequest.connect(self._on_update)
            self._make_room()
        self._fit()

    def set_text(self, text: str) -> None:
        """Show a text that did not come from here; the caret stays where it is while the text is the same."""
        if text != self._text:
            self._text = text
            self._wrap_or_not(text)
            self.setPlainText(text)

    def _wrap_or_not(self, text: str) -> None:
        """A line of 200,000 characters takes a second to be broken, anew for every width: such texts are scrolled."""
        is_long = len(text) > _WRAPPED and (len(text) > 5 * _WRAPPED or max(map(len, text.split("\n"))) > _WRAPPED)
        wraps = QPlainTextEdit.LineWrapMode.NoWrap if is_long or self._most == 1 else QPlainTextEdit.LineWrapMode.WidgetWidth
        if self.lineWrapMode() is not wraps:
            self.setLineWrapMode(wraps)
            scrolls = is_long and self._most != 1
            policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            self.setHorizontalScrollBarPolicy(policy)

    def insertFromMimeData(self, source: QMimeData) -> None:
        self._wrap_or_not(self._text + source.text())
        super().insertFromMimeData(source)

    def replace_part(self, start: int, end: int, text: str, *, back: int = 0) -> None:
        """Put a text in the place of a part, as if it had been typed; the caret stands `back` characters before its end."""
        cursor = self.textCursor()
        cursor.setPosition(min(start, len(self._text)))
        cursor.setPosition(min(end, len(self._text)), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        cursor.setPosition(cursor.position() - back)
        self.setTextCursor(cursor)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return self._marks

    def set_marks(self, marks: Sequence[Mark]) -> None:
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            self._select_extra()

    @property
    def error_line(self) -> int:
        return self._error_line

    def set_error_line(self, line: int) -> None:
        """The line, from 0, that cannot be read; -1 for none."""
        if line != self._error_line:
            self._error_line = line
            self._select_extra()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.leaves_to_window(event):
            event.ignore()
            return False
        return super().event(event)

    def leaves_to_window(self, event: QKeyEvent) -> bool:
        """Keys that mean the whole workflow: undo and redo walk through its edits, of which typing here is one."""
        return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.leaves_to_window(event):
            event.ignore()
            return
        if self._most == 1 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
            return
        if not self._paired(event):
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def sizeHint(self) -> QSize:
        return QSize(200, self._height() if self._most else 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._gutter is not None:
            inside = self.contentsRect()
            self._gutter.setGeometry(QRect(inside.left(), inside.top(), self._gutter.sizeHint().width(), inside.height()))
        self._later.start()

    def _paired(self, event: QKeyEvent) -> bool:
        """Close what is opened, step over what is closed already, indent after a bracket, take both away together."""
        if not self._pairs or self.isReadOnly():
            return False
        cursor, typed = self.textCursor(), event.text()
        at = cursor.position()
        before, after = self._text[at - 1 : at], self._text[at : at + 1]
        if cursor.hasSelection():
            return False
        line_before = cursor.block().text()[: cursor.positionInBlock()]
        in_text = line_before.replace('\\"', "").count('"') % 2 == 1
        opens = not in_text and (typed in _PAIRS or (typed == '"' and after != '"'))
        if opens:
            if after.isalnum():
                return False
            cursor.insertText(typed + _PAIRS.get(typed, '"'))
            cursor.setPosition(at + 1)
        elif typed and typed in {*_PAIRS.values(), '"'} and after == typed:
            cursor.setPosition(at + 1)
        elif event.key() == Qt.Key.Key_Backspace and before and after and _PAIRS.get(before, '"' if before == '"' else "") == after:
            cursor.deletePreviousChar()
            cursor.deleteChar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self._broken(cursor, before, after)
        else:
            return False
        self.setTextCursor(cursor)
        return True

    def _broken(self, cursor: QTextCursor, before: str, after: str) -> bool:
        line = cursor.block().text()
        indent = line[: len(line) - len(line.lstrip(" "))]
        if before in _PAIRS and _PAIRS[before] == after:
            cursor.insertText(f"\n{indent}  \n{indent}")
            cursor.setPosition(cursor.position() - len(indent) - 1)
        else:
            cursor.insertText(f"\n{indent}{'  ' if before in _PAIRS else ''}")
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        return True

    def _on_text(self) -> None:
        self._fit()
        # Qt tells of new colours as it tells of new text; only another text is an edit.
        if (text := self.toPlainText()) != self._text:
            self._text = text
            self._marks = tuple(mark for mark in self._marks if mark.end <= len(text))
            self.edited.emit(text)

    def _height(self) -> int:
        # Lines as they are shown: the document's height of a plain text edit counts lines, wrapped ones too.
        lines = min(self._most, max(self._least, round(self.document().size().height())))
        return round(lines * QFontMetricsF(self.font()).lineSpacing() + 2 * 3 + 14)

    def _fit(self) -> None:
        if self._most and (self.height() != self._height() or self.minimumHeight() != self._height()):
            self.setFixedHeight(self._height())

    # What is drawn over and beside the text

    def _select_extra(self) -> None:
        tokens = theme().tokens
        found = []
        if self._error_line >= 0 and (block := self.document().findBlockByNumber(self._error_line)).isValid():
            look = QTextCharFormat()
            look.setBackground(tint(tokens.error, 0.14))
            look.setProperty(QTextCharFormat.Property.FullWidthSelection, True)
            found.append(self._selection(block.position(), block.position(), look))
        for mark in self._marks:
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(QColor(colour_of(tokens, mark.colour)))
            found.append(self._selection(mark.start, max(mark.end, mark.start + 1), look))
        if self._pairs and self.hasFocus() and (pair := matching_brackets(self._text, self.textCursor().position())) is not None:
            for at in pair:
                look = QTextCharFormat()
                look.setBackground(tint(tokens.accent, 0.28))
                found.append(self._selection(at, at + 1, look))
        self.setExtraSelections(found)
        if self._gutter is not None:
            self._gutter.update()

    def _selection(self, start: int, end: int, look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        cursor = QTextCursor(self.document())
        last = self.document().characterCount() - 1
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        selection = QTextEdit.ExtraSelection()
        selection.cursor, selection.format = cursor, look
        return selection

    def _make_room(self) -> None:
        if self._gutter is not None:
            self.setViewportMargins(self._gutter.sizeHint().width(), 0, 0, 0)

    def _on_update(self, rect: QRect, dy: int) -> None:
        if self._gutter is None:
            return
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def lines_shown(self) -> Iterator[tuple[int, QRect]]:
        """Number from 0 and place of each line that is in sight."""
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= self.viewport().height():
            height = self.blockBoundingRect(block).height()
            yield block.blockNumber(), QRect(0, round(top), self.width(), round(height))
            top += height
            block = block.next()


class _Gutter(QWidget):
    """The numbers of the lines."""

    def __init__(self, edit: CodeEdit) -> None:
        super().__init__(edit)
        self._edit = edit

    def sizeHint(self) -> QSize:
        digits = max(2, len(str(self._edit.blockCount())))
        return QSize(14 + digits * QFontMetrics(font("code")).horizontalAdvance("0"), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        current = self._edit.textCursor().blockNumber() if self._edit.hasFocus() else -1
        painter = QPainter(self)
        try:
            painter.setFont(font("code"))
            line_height = QFontMetrics(font("code")).height()
            for number, place in self._edit.lines_shown():
                painter.setPen(QColor(tokens.text_second if number == current else tokens.text_third))
                painter.drawText(0, place.top(), self.width() - 8, line_height, Qt.AlignmentFlag.AlignRight, str(number + 1))
        finally:
            painter.end()


def matching_brackets(text: str, caret: int) -> tuple[int, int] | None:
    """Where the bracket at the caret and its partner stand; quotes are stepped over."""
    for at in (caret - 1, caret):
        char = text[at : at + 1] if at >= 0 else ""
        if char in _PAIRS:
            end = _partner(text, range(at, min(len(text), at + _FAR)), char, _PAIRS[char])
        elif char in _OPENS:
            end = _partner(text, range(at, max(-1, at - _FAR), -1), char, _OPENS[char])
        else:
            continue
        if end is not None:
            return at, end
    return None


def _partner(text: str, places: range, own: str, other: str) -> int | None:
    depth, quoted = 0, False
    for at in places:
        char = text[at]
        if char == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (char == own) - (char == other)
            if depth == 0:
                return at
    return None

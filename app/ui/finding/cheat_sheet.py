"""All keys on one page, by the place where they work; as text it can be printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.ui.actions import Actions
from app.ui.prompts import Dialog
from app.ui.shortcuts import FIXED, by_place
from app.ui.theme import font, theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.keycaps import draw_keys, keys_width
from app.ui.widgets.painting import painting

Lines = Sequence[tuple[str, str]]
"""(keys, what they do); several keys are parted by a blank."""
_LINE, _HEAD, _GAP = 26, 34, 18
_COLUMN, _KEYS = 372, 150


def sections_of(actions: Actions) -> list[tuple[str, Lines]]:
    """What has keys, under the name of its place."""
    found: list[tuple[str, Lines]] = []
    for name, specs in by_place():
        lines = [(" ".join(actions.keys_of(spec.id)), spec.title.rstrip("…")) for spec in specs if actions.keys_of(spec.id)]
        if lines:
            found.append((name, lines))
    for name, fixed_keys in FIXED.items():
        lines = [(fixed.keys, fixed.does) for fixed in fixed_keys]
        at = next((at for at, (known, _) in enumerate(found) if known == name), None)
        if at is None:
            found.append((name, lines))
        else:
            found[at] = (name, [*found[at][1], *lines])
    return found


def as_text(sections: Sequence[tuple[str, Lines]]) -> str:
    """The sheet as plain text."""
    width = max((len(keys) for _, lines in sections for keys, _ in lines), default=0)
    parts = ["\n".join([name, *(f"  {keys:<{width}}  {does}" for keys, does in lines)]) for name, lines in sections]
    return "\n\n".join(parts) + "\n"


class Sheet(QWidget):
    """The sections in two columns, each section whole."""

    def __init__(self, sections: Sequence[tuple[str, Lines]]) -> None:
        super().__init__()
        self.setObjectName("cheat-sheet-page")
        self.setAccessibleName("Keyboard shortcuts")
        self.setAccessibleDescription(as_text(sections))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._columns = _in_two(sections)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(2 * _COLUMN + _GAP, max(sum(_height(lines) for _, lines in column) for column in self._columns))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            for at, column in enumerate(self._columns):
                left, y = at * (_COLUMN + _GAP), 0
                for name, lines in column:
                    painter.setFont(font("section"))
                    painter.setPen(QColor(tokens.text_second))
                    painter.drawText(QRectF(left, y, _COLUMN, _HEAD - 6), Qt.AlignmentFlag.AlignVCenter, name.upper())
                    y += _HEAD
                    for keys, does in lines:
                        x = float(left)
                        for each in keys.split(" "):
                            draw_keys(painter, x, y + _LINE / 2, each)
                            x += keys_width(each) + 10
                        painter.setFont(font("ui"))
                        painter.setPen(QColor(tokens.text))
                        x = max(x, left + _KEYS)
                        words = QFontMetricsF(font("ui")).elidedText(does, Qt.TextElideMode.ElideRight, left + _COLUMN - x)
                        painter.drawText(QRectF(x, y, left + _COLUMN - x, _LINE), Qt.AlignmentFlag.AlignVCenter, words)
                        y += _LINE
                    y += _GAP


class CheatSheet(Dialog):
    """The sheet, with a way to copy it and to change keys."""

    def __init__(self, window: QWidget, actions: Actions, change: Callable[[], object]) -> None:
        super().__init__(window, "Keyboard shortcuts", width=2 * _COLUMN + _GAP + 66, name="cheat-sheet-dialog")
        self._sections = sections_of(actions)
        scroll = QScrollArea()
        scroll.setObjectName("cheat-sheet-scroll")
        scroll.setAccessibleName("Keyboard shortcuts")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        sheet = Sheet(self._sections)
        scroll.setWidget(sheet)
        scroll.setMinimumHeight(min(sheet.sizeHint().height(), max(240, window.window().height() - 260)))
        self.content.addWidget(scroll, 1)
        copy = Button("Copy as text", icon_name="copy", name="cheat-sheet-copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(as_text(self._sections)))
        change_keys = Button("Change keys…", icon_name="settings", name="cheat-sheet-change")
        change_keys.clicked.connect(self.reject)
        change_keys.clicked.connect(change)
        for at, button in enumerate((copy, change_keys)):
            self._buttons.insertWidget(at, button)
        self.add_button(Button("Close", "primary", name="dialog-close"), accepts=True)


def _height(lines: Lines) -> int:
    return _HEAD + len(lines) * _LINE + _GAP


def _in_two(sections: Sequence[tuple[str, Lines]]) -> list[list[tuple[str, Lines]]]:
    """Left to right, then down; cut where both columns come out most alike."""
    heights = [_height(lines) for _, lines in sections]
    cut = min(range(1, len(sections) + 1), key=lambda at: max(sum(heights[:at]), sum(heights[at:])))
    return [list(sections[:cut]), list(sections[cut:])]

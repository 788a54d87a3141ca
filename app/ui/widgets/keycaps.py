"""Keys as small caps: `Ctrl+Shift+P` becomes Ctrl, ⇧ and P."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import font, theme
from app.ui.widgets.painting import draw_box, painting

HEIGHT = 18
_GAP = 4
_SIGNS = {"Shift": "⇧", "Return": "↵", "Enter": "↵", "Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Backspace": "⌫", "Meta": "◆"}


def caps_of(keys: str) -> list[str]:
    """The caps of a key sequence in portable form, or of a plain word."""
    if not keys:
        return []
    parts = keys.replace("++", "+Plus").split("+") if keys != "+" else ["Plus"]
    return [_SIGNS.get(part.strip(), "+" if part == "Plus" else part.strip()) for part in parts if part]


def keys_width(keys: str) -> float:
    caps = caps_of(keys)
    return sum(_width(cap) for cap in caps) + _GAP * max(0, len(caps) - 1)


def draw_keys(painter: QPainter, x: float, middle: float, keys: str, *, ground: str = "") -> None:
    """Caps from `x` on, around the line `middle`."""
    tokens = theme().tokens
    painter.setFont(font("badge"))
    for cap in caps_of(keys):
        box = QRectF(x, middle - HEIGHT / 2, _width(cap), HEIGHT)
        draw_box(painter, box, 4, fill=ground or tokens.raised, border=tokens.border_strong)
        painter.setPen(QColor(tokens.text_second))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
        x += box.width() + _GAP


def _width(cap: str) -> float:
    return max(HEIGHT, QFontMetricsF(font("badge")).horizontalAdvance(cap) + 12)


class KeyHint(QWidget):
    """Caps and the word for what they do."""

    def __init__(self, keys: tuple[str, ...], word: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys, self._word = keys, word
        self.setAccessibleName(f"{' '.join(keys)} {word}".strip())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        width = sum(keys_width(keys) + _GAP for keys in self._keys)
        if self._word:
            width += QFontMetricsF(font("second")).horizontalAdvance(self._word) + 4
        return QSize(round(width) + 1, HEIGHT + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            x = 0.0
            for keys in self._keys:
                draw_keys(painter, x, self.height() / 2, keys)
                x += keys_width(keys) + _GAP
            painter.setFont(font("second"))
            painter.setPen(QColor(theme().tokens.text_second))
            painter.drawText(QRectF(x + 2, 0, self.width() - x, self.height()), Qt.AlignmentFlag.AlignVCenter, self._word)

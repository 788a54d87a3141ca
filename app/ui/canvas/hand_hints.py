"""While the hand is at work: which keys change what it does, in the lower left corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF

from app.ui.canvas.frame import Frame
from app.ui.theme import font
from app.ui.widgets.keycaps import draw_keys, keys_width

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

Hint = tuple[str, str]
"""A key and what it does while it is held."""

LEFT, BOTTOM, GAP = 16.0, 36.0, 18.0
# The toolbar stands in the middle of the foot; on a narrow canvas the hints go above it.
TOOLBAR_WIDTH, TOOLBAR_HEIGHT = 430.0, 72.0


def paint_hints(frame: Frame, view: CanvasView, hints: Sequence[Hint]) -> None:
    """In screen px over everything."""
    look, painter = view.scene.pictures.look, frame.painter
    words = font("second")
    metrics = QFontMetricsF(words)
    widths = [keys_width(key) + 6 + metrics.horizontalAdvance(text) for key, text in hints]
    wide = LEFT + sum(widths) + GAP * len(hints)
    line = view.height() - BOTTOM - (0 if wide < (view.width() - TOOLBAR_WIDTH) / 2 else TOOLBAR_HEIGHT - BOTTOM / 2)
    x = LEFT
    ground = QColor(look.canvas)
    ground.setAlphaF(0.8)
    painter.fillRect(QRectF(x - 6, line - 14, sum(widths) + GAP * (len(hints) - 1) + 12, 28), ground)
    for (key, text), width in zip(hints, widths, strict=True):
        draw_keys(painter, x, line, key)
        painter.setFont(words)
        painter.setPen(look.second)
        painter.drawText(QPointF(x + keys_width(key) + 6, line + 4.5), text)
        x += width + GAP

"""What floats over a page: a card with one soft shadow, painted by whoever owns the popup."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.ui.theme import theme
from app.ui.widgets.painting import draw_box

RADIUS = 12
# The shadow's blur and how far it falls; a popup keeps this room around its card.
_BLUR, _FALL = 20, 8
SHADOW = QMargins(_BLUR, _BLUR - _FALL, _BLUR, _BLUR + _FALL)
_STRENGTH_DARK, _STRENGTH_LIGHT = 0.50, 0.16


def draw_card(painter: QPainter, card: QRectF, *, radius: float = RADIUS) -> None:
    """A card with its shadow. The blur is rings of one faint colour: the sum of them falls off like a Gaussian's foot."""
    tokens = theme().tokens
    strength = _STRENGTH_DARK if tokens.is_dark else _STRENGTH_LIGHT
    painter.setPen(Qt.PenStyle.NoPen)
    for ring in range(_BLUR, 0, -2):
        share = 1 - ring / _BLUR
        colour = QColor(0, 0, 0) if tokens.is_dark else QColor(22, 25, 34)
        colour.setAlphaF(strength * 0.22 * share * share + 0.004)
        painter.setBrush(colour)
        around = card.translated(0, _FALL).adjusted(-ring, -ring, ring, ring)
        painter.drawRoundedRect(around, radius + ring, radius + ring)
    draw_box(painter, card, radius, fill=tokens.card, border=tokens.border_strong)

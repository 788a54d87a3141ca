"""How a sticky note looks. Its text is markdown and is shown as plain lines; the first one is its title."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui.canvas.look import Look
from app.ui.canvas.step_item import elided, paint_icon
from app.ui.theme import font

RADIUS = 10.0


def paint_note(painter: QPainter, size: tuple[float, float], text: str, look: Look) -> None:
    """In world px, with the note's corner at the origin."""
    box = QRectF(0, 0, *size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.note)
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    title, _, body = text.strip().partition("\n")
    painter.setPen(look.note_words)
    painter.setFont(font("section"))
    paint_icon(painter, "sticky-note", look.note_words, QRectF(12, 12, 14, 14))
    painter.drawText(QPointF(32, 23.5), elided(title.lstrip("# "), "second", size[0] - 44))
    if body.strip():
        painter.setFont(font("caption"))
        painter.drawText(box.adjusted(13, 33, -12, -10), int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft), body.strip())


def paint_far_note(painter: QPainter, box: QRectF, look: Look) -> None:
    """From afar only its ground."""
    painter.fillRect(box, look.note)

"""How a sticky note looks. Its text is markdown and is shown as plain lines."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui.canvas.look import Look
from app.ui.canvas.step_item import elided, paint_icon, text_width
from app.ui.theme import font

RADIUS = 10.0


def paint_note(painter: QPainter, size: tuple[float, float], text: str, look: Look) -> None:
    """In world px, with the note's corner at the origin."""
    box = QRectF(0, 0, *size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.note)
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.setPen(look.note_words)
    title, body = _parted(text.strip(), size[0] - 44)
    top = 12.0
    if title:
        paint_icon(painter, "sticky-note", look.note_words, QRectF(12, 12, 14, 14))
        painter.setFont(font("section"))
        painter.drawText(QPointF(32, 23.5), elided(title, "second", size[0] - 44))
        top = 33.0
    painter.setFont(font("caption"))
    painter.drawText(box.adjusted(13, top, -12, -10), int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft), body)


def _parted(text: str, room: float) -> tuple[str, str]:
    """Title and body: a first line is a title when it says so, or is short and more follows."""
    first, _, rest = text.partition("\n")
    if first.startswith("#") or (rest.strip() and text_width(first, "second") <= room):
        return first.lstrip("# "), rest.strip()
    return "", text

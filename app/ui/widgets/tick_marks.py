"""Marks of ticks, and a small switch, as cells paint them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui.theme import colour_of, theme
from app.ui.widgets.painting import draw_box

WIDTH, HEIGHT, PITCH = 6, 14, 9


def draw_marks(painter: QPainter, x: float, middle: float, marks: Sequence[str]) -> None:
    """Filled in the colour of a token; `missed` is hollow, `overlapped` split."""
    tokens = theme().tokens
    for at, mark in enumerate(marks):
        rect = QRectF(x + at * PITCH, middle - HEIGHT / 2, WIDTH, HEIGHT)
        if mark == "missed":
            draw_box(painter, rect, 2, border=tokens.warn, width=1.5)
        elif mark == "overlapped":
            half = QRectF(rect.x(), rect.y(), WIDTH, HEIGHT / 2 - 1)
            draw_box(painter, half, 2, border=tokens.text_third, width=1.2)
            draw_box(painter, half.translated(0, HEIGHT / 2 + 1), 2, fill=tokens.text_third)
        else:
            draw_box(painter, rect, 2, fill=colour_of(tokens, mark))


def mark_at(x: float, off_middle: float, number: int) -> int | None:
    """Which of `number` marks is at `x` px from the first one's left edge and so far above or below their middle."""
    at = int(x // PITCH)
    return at if 0 <= at < number and abs(off_middle) <= HEIGHT / 2 + 2 else None


def draw_switch(painter: QPainter, x: float, middle: float, *, on: bool) -> None:
    """A small knob on a track, as `Switch` looks."""
    tokens = theme().tokens
    track = QRectF(x, middle - 8, 28, 16)
    draw_box(painter, track, 8, fill=tokens.primary if on else tokens.raised, border=None if on else tokens.border_strong)
    painter.setPen(QPen(QColor("transparent")))
    painter.setBrush(QColor("#FFFFFF" if on else tokens.text_second))
    painter.drawEllipse(QPointF(track.x() + (20 if on else 8), middle), 6, 6)

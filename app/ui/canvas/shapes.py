"""Large rounded boxes from pieces: plain rectangles and lines for the long sides, antialiased paths for the corners alone.

A path as large as a group costs three to four times as much, most of it for pixels that need no antialiasing (2026-11).
"""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

_QUARTER = 90 * 16


def on_pixels(box: QRectF, dpr: float) -> QRectF:
    """The box with its sides on whole device px."""
    left, top = math.floor(box.left() * dpr + 0.5) / dpr, math.floor(box.top() * dpr + 0.5) / dpr
    right, bottom = math.floor(box.right() * dpr + 0.5) / dpr, math.floor(box.bottom() * dpr + 0.5) / dpr
    return QRectF(left, top, right - left, bottom - top)


def fill_rounded(painter: QPainter, box: QRectF, radius: float, colour: QColor, *, only_top: bool = False) -> None:
    """Fill a box whose sides lie on device px; `only_top` leaves the lower corners square. The radius becomes whole."""
    radius = float(min(round(radius), box.width() // 2, box.height() // 2))
    if radius < 2:
        painter.fillRect(box, colour)
        return
    lower = 0.0 if only_top else radius
    inner = box.adjusted(radius, 0, -radius, 0)
    painter.fillRect(QRectF(inner.left(), box.top(), inner.width(), radius), colour)
    painter.fillRect(QRectF(box.left(), box.top() + radius, box.width(), box.height() - radius - lower), colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    across, down = 2 * radius, 2 * radius
    painter.drawPie(QRectF(box.left(), box.top(), across, down), _QUARTER, _QUARTER)
    painter.drawPie(QRectF(box.right() - across, box.top(), across, down), 0, _QUARTER)
    if not only_top:
        painter.fillRect(QRectF(inner.left(), box.bottom() - radius, inner.width(), radius), colour)
        painter.drawPie(QRectF(box.left(), box.bottom() - down, across, down), 2 * _QUARTER, _QUARTER)
        painter.drawPie(QRectF(box.right() - across, box.bottom() - down, across, down), 3 * _QUARTER, _QUARTER)


def outline_rounded(painter: QPainter, box: QRectF, radius: float, colour: QColor, width: float) -> None:
    """Draw the border of a box, centred on its sides."""
    radius = min(radius, box.width() / 2, box.height() / 2)
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    left, top, right, bottom = box.left(), box.top(), box.right(), box.bottom()
    painter.drawLines(
        [
            QLineF(left + radius, top, right - radius, top),
            QLineF(left + radius, bottom, right - radius, bottom),
            QLineF(left, top + radius, left, bottom - radius),
            QLineF(right, top + radius, right, bottom - radius),
        ]
    )
    size = 2 * radius
    painter.drawArc(QRectF(left, top, size, size), _QUARTER, _QUARTER)
    painter.drawArc(QRectF(right - size, top, size, size), 0, _QUARTER)
    painter.drawArc(QRectF(left, bottom - size, size, size), 2 * _QUARTER, _QUARTER)
    painter.drawArc(QRectF(right - size, bottom - size, size, size), 3 * _QUARTER, _QUARTER)

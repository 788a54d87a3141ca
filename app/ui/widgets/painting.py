"""Shapes that many controls draw the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPaintDevice, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.ui.icons import pixmap


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """An antialiased painter that is ended whatever happens; one left open crashes the next paint."""
    painter = QPainter(device)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        yield painter
    finally:
        painter.end()


def set_state(widget: QWidget, name: str, value: object) -> None:
    """Give a widget a property that the style sheet looks at, and its look with it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def draw_box(
    painter: QPainter,
    rect: QRect | QRectF,
    radius: float,
    *,
    fill: QColor | str | None = None,
    border: QColor | str | None = None,
    width: float = 1.0,
    dashed: bool = False,
) -> None:
    """A rounded box whose border lies inside `rect`, so that neighbours never overlap."""
    pen = Qt.PenStyle.NoPen if border is None else QPen(QColor(border), width)
    if isinstance(pen, QPen) and dashed:
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else QColor(fill))
    inset = width / 2 if border is not None else 0.0
    painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


def draw_icon(painter: QPainter, name: str, colour: str, at: tuple[float, float], size: int) -> None:
    """An icon with its top left corner at whole device pixels, so that its lines stay sharp."""
    device = painter.device()
    density = device.devicePixelRatioF() if device is not None else 1.0
    x, y = (round(value * density) / density for value in at)
    painter.drawPixmap(QPointF(x, y), pixmap(name, colour, size, density))


def draw_spinner(painter: QPainter, rect: QRectF, colour: QColor | str, turn: float, *, width: float = 2.0) -> None:
    """Three quarters of a ring; `turn` from 0 to 1 says how far it has turned."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(QColor(colour), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    inset = width / 2
    painter.drawArc(rect.adjusted(inset, inset, -inset, -inset), round(-turn * 360 * 16) + 90 * 16, -270 * 16)

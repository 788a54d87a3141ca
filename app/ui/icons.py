"""Lucide icons as SVG, tinted with a token and cached by name, colour, size and density."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.resources import resource_path

_SIZES = (16, 20, 24)
_DENSITIES = (1.0, 2.0)


@lru_cache(maxsize=512)
def icon(name: str, color: str, disabled: str | None = None) -> QIcon:
    """An icon for buttons and actions; `disabled` is its colour where the control is off (default: `color` at 45 %)."""
    off = QColor(disabled or color)
    if disabled is None:
        off.setAlphaF(0.45)
    result = QIcon()
    for size in _SIZES:
        for density in _DENSITIES:
            result.addPixmap(pixmap(name, color, size, density), QIcon.Mode.Normal)
            result.addPixmap(pixmap(name, off.name(QColor.NameFormat.HexArgb), size, density), QIcon.Mode.Disabled)
    return result


@lru_cache(maxsize=2048)
def pixmap(name: str, color: str, size: int, dpr: float = 1.0) -> QPixmap:
    """One tinted drawing, `size` logical px square, for a screen of density `dpr`."""
    result = QPixmap(round(size * dpr), round(size * dpr))
    result.fill(Qt.GlobalColor.transparent)
    tint = QColor(color)
    painter = QPainter(result)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(tint.alphaF())
        _renderer(name, tint.name()).render(painter, QRectF(0, 0, result.width(), result.height()))
    finally:
        painter.end()
    result.setDevicePixelRatio(dpr)
    return result


def draw_vector(painter: QPainter, name: str, color: QColor, box: QRectF) -> None:
    """The drawing itself, for a device without pixels."""
    painter.save()
    painter.setOpacity(painter.opacity() * color.alphaF())
    _renderer(name, color.name()).render(painter, box)
    painter.restore()


@lru_cache(maxsize=512)
def _renderer(name: str, color: str) -> QSvgRenderer:
    drawing = _source(name).replace("currentColor", color).replace('stroke-width="2"', 'stroke-width="1.8"')
    return QSvgRenderer(QByteArray(drawing.encode()))


@cache
def _source(name: str) -> str:
    return resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")

"""How one step looks: card, icon tile, ports, words; and what lies over it: halo, border, chip, veil.

Everything is painted in world px with the node's corner at the origin.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPaintEngine, QPainter, QPen

from app.domain.catalog import Port
from app.domain.measures import ROW_HEIGHT, has_rows
from app.domain.workflow import NODE_HEIGHT
from app.ui.canvas.faces import PORT_LINE, Face, Shape, row_line
from app.ui.canvas.look import DISABLED, Look, StateLook
from app.ui.icons import draw_vector, pixmap
from app.ui.theme import font

MARGIN = 14.0
RADIUS = 12.0
TILE = QRectF(12, 13, 38, 38)
TEXT_LEFT = 60.0
PORT_RADIUS = 5.5
PORT_RING = 2.5
CHIP_HEIGHT = 22.0
CHIP_RIGHT = 8.0
CHEVRON_ROOM = 21.0
_VECTORS = (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf)


def paint_shape(painter: QPainter, shape: Shape, look: Look, *, shadowed: bool = True) -> None:
    """All of a node but its words."""
    width, height = shape.size
    box = QRectF(0, 0, width, height)
    if shape.disabled:
        painter.setOpacity(DISABLED)
    if shadowed:
        _shadow(painter, box, look)
    if shape.collapsed_group:
        for shift in (10, 5):
            _card(painter, box.translated(shift, shift), look, dashed=False)
    _card(painter, box, look, dashed=shape.disabled)
    category = look.category(shape.category)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(category.tile)
    painter.drawRoundedRect(TILE, 10, 10)
    paint_icon(painter, shape.icon, category.colour, QRectF(21, 22, 20, 20))
    if shape.collapsed_group:
        paint_icon(painter, "chevron-right", look.second, QRectF(width - 21, NODE_HEIGHT / 2 - 7, 14, 14))
    if has_rows(shape.ports):
        painter.setPen(QPen(look.border, 1))
        painter.drawLine(QPointF(1, NODE_HEIGHT), QPointF(width - 1, NODE_HEIGHT))
    for x, y in port_places(shape):
        paint_port(painter, x, y, category.colour, look.canvas)


def paint_words(painter: QPainter, face: Face, look: Look) -> None:
    """Title, second line and the names of output rows."""
    width, _ = face.shape.size
    if face.shape.disabled:
        painter.setOpacity(DISABLED)
    room = width - TEXT_LEFT - (CHEVRON_ROOM if face.shape.collapsed_group else 12)
    painter.setPen(look.text)
    title = font("node_title")
    painter.setFont(title)
    painter.drawText(QPointF(TEXT_LEFT, 29), elided(face.title, "title", room))
    painter.setPen(look.second)
    painter.setFont(font("code") if face.code else font("second"))
    painter.drawText(QPointF(TEXT_LEFT, 47), elided(face.subtitle, "code" if face.code else "second", room))
    if has_rows(face.shape.ports):
        painter.setFont(font("second"))
        for index, port in enumerate(face.shape.ports):
            row = QRectF(14, NODE_HEIGHT + ROW_HEIGHT * index, width - 30, ROW_HEIGHT)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, elided(_row_label(port), "second", room))


def port_places(shape: Shape) -> list[tuple[float, float]]:
    width, _ = shape.size
    outputs = [(width, row_line(i)) for i in range(len(shape.ports))] if has_rows(shape.ports) else [(width, PORT_LINE)]
    return [(0.0, PORT_LINE), *((float(x), y) for x, y in outputs)]


def paint_port(painter: QPainter, x: float, y: float, colour: QColor, ring: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ring)
    painter.drawEllipse(QPointF(x, y), PORT_RADIUS + PORT_RING, PORT_RADIUS + PORT_RING)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(x, y), PORT_RADIUS, PORT_RADIUS)


def paint_icon(painter: QPainter, name: str, colour: QColor, box: QRectF) -> None:
    """An icon drawn for the density at which the painter will show it; in a vector file a drawing like all else."""
    if painter.paintEngine().type() in _VECTORS:
        draw_vector(painter, name, colour, box)
        return
    density = painter.transform().m11() * painter.device().devicePixelRatio()
    picture = pixmap(name, colour.name(QColor.NameFormat.HexArgb), round(box.width()), round(density * 64) / 64 or 1 / 64)
    painter.drawPixmap(box, picture, QRectF(picture.rect()))


def paint_frame(painter: QPainter, shape: Shape, colour: QColor, halo: QColor | None, look: Look) -> None:
    """The 2 px border of a selected, running or failed node, with the 5 px halo of the first two; its ports stay on top."""
    box = QRectF(0, 0, *shape.size)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if halo is not None:
        painter.setPen(QPen(halo, 5))
        painter.drawRoundedRect(box.adjusted(-2.5, -2.5, 2.5, 2.5), RADIUS + 2.5, RADIUS + 2.5)
    painter.setPen(QPen(colour, 2))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    for x, y in port_places(shape):
        paint_port(painter, x, y, look.category(shape.category).colour, look.canvas)


def chip_width(text: str) -> float:
    """How wide a chip with these words is; without words it is a circle."""
    return CHIP_HEIGHT if not text else 8 + 12 + 5 + text_width(text, "badge") + 9


def paint_chip(painter: QPainter, text: str, state: StateLook, *, icon: bool = True) -> None:
    """The pill that hangs over a node's corner, its own corner at the origin; a running one leaves its icon to the spinner."""
    box = QRectF(0, 0, chip_width(text), CHIP_HEIGHT)
    painter.setPen(QPen(state.line, 1))
    painter.setBrush(state.fill)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 10.5, 10.5)
    if icon:
        _chip_icon(painter, state, 5.0 if not text else 8.0)
    if text:
        painter.setPen(state.words)
        painter.setFont(font("badge"))
        painter.drawText(box.adjusted(25, 0, 0, -0.5), Qt.AlignmentFlag.AlignVCenter, text)


def _chip_icon(painter: QPainter, state: StateLook, left: float) -> None:
    """Tick and cross are drawn by hand, heavier than their icons: at this size those are hair thin."""
    strokes = {"check": ((1, 6.5, 4.5, 10), (4.5, 10, 11, 2.5)), "x": ((2, 2, 10, 10), (2, 10, 10, 2))}.get(state.icon)
    if strokes is None:
        paint_icon(painter, state.icon, state.colour, QRectF(left, 5, 12, 12))
        return
    pen = QPen(state.colour, 1.8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for x1, y1, x2, y2 in strokes:
        painter.drawLine(QPointF(left + x1, 5 + y1), QPointF(left + x2, 5 + y2))


@lru_cache(maxsize=20_000)
def elided(text: str, style: str, room: float) -> str:
    """A text cut to `room` world px, measured at 100 % so that it is cut the same at every zoom."""
    metrics = QFontMetricsF(font_of(style))
    first_line = text.split("\n", 1)[0]
    return metrics.elidedText(first_line, Qt.TextElideMode.ElideRight, room)


@lru_cache(maxsize=20_000)
def text_width(text: str, style: str) -> float:
    return float(QFontMetricsF(font_of(style)).horizontalAdvance(text))


def font_of(style: str) -> QFont:
    match style:
        case "title":
            return font("node_title")
        case "code":
            return font("code")
        case "badge":
            return font("badge")
        case _:
            return font("second")


def _card(painter: QPainter, box: QRectF, look: Look, *, dashed: bool) -> None:
    pen = QPen(look.third if dashed else look.border, 1)
    if dashed:
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(look.card)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS - 0.5, RADIUS - 0.5)


def _shadow(painter: QPainter, box: QRectF, look: Look) -> None:
    """One soft shadow: layers that shrink towards the card and add up."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.shadow)
    for spread in (9.0, 7.0, 5.0, 3.0, 1.0):
        painter.drawRoundedRect(box.adjusted(-spread, 3 - spread, spread, 3 + spread), RADIUS + spread, RADIUS + spread)


def _row_label(port: Port) -> str:
    return port.label or port.name

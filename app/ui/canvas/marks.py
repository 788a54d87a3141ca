"""Small marks on nodes that belong to the person at work rather than to the run: what is pinned, and where runs are to pause."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from app.domain.workflow import Step
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.group_item import paint_group_frame
from app.ui.canvas.hits import CORNER
from app.ui.canvas.look import Look
from app.ui.canvas.pictures import draw
from app.ui.canvas.sprites import whole
from app.ui.canvas.step_item import paint_icon
from app.ui.theme import tint

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

PIN_SIZE = 22.0
PIN_RIGHT = 34.0

PointState = Literal["set", "hit", "off"]
Picture = PointState | Literal["pin"]
_GREY_GHOST = 0.45
_EDGE = 2.0
_MOST_PICTURES = 64


class Marks(QObject):
    """The breakpoints of a view's graph: by node, how the one before it and the one after it are."""

    clicked = Signal(str, str)
    """A corner was clicked: the node, and `before` or `after`."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._before: Mapping[str, PointState] = {}
        self._after: Mapping[str, PointState] = {}
        self._hit: tuple[str, ...] = ()
        self._pictures: dict[tuple[Picture, int, str, str], QPixmap] = {}

    def show(self, *, before: Mapping[str, PointState], after: Mapping[str, PointState]) -> None:
        if (before, after) != (self._before, self._after):
            self._before, self._after = dict(before), dict(after)
            self._hit = tuple(node for marks in (before, after) for node, state in marks.items() if state == "hit")
            self._view.update()

    def state(self, node: str, when: str = "before") -> PointState | None:
        return (self._before if when == "before" else self._after).get(node)

    def paint(self, frame: Frame) -> None:
        """Breakpoints at every size at which a node is more than a spot, pins where they can be read; of what is in sight only."""
        if frame.detail < Detail.MIDDLE:
            return
        geometry, graph = self._view.scene.geometry, self._view.graph
        ids, rects, pins = geometry.boxes.ids, geometry.boxes.rect, frame.detail >= Detail.NEAR
        for slot in np.flatnonzero(geometry.boxes_in(*frame.world)).tolist():
            node = ids[slot]
            if node is None:
                continue
            if (state := self._before.get(node)) is not None:
                self._draw(frame, state, point_box(QRectF(*rects[slot].tolist())))
            if (state := self._after.get(node)) is not None:
                self._draw(frame, state, point_box(QRectF(*rects[slot].tolist()), at_end=True))
            if pins and (step := graph.steps.get(node)) is not None and is_pinned(step) and geometry.nodes[slot]:
                self._draw(frame, "pin", pin_box(QRectF(*rects[slot].tolist())))
        hovered = self._view.hovered
        if hovered.part == "corner" and hovered.id is not None and hovered.id not in self._before:
            frame.painter.setOpacity(_GREY_GHOST)
            self._draw(frame, "set", point_box(QRectF(*rects[geometry.boxes.slot[hovered.id]].tolist())))
            frame.painter.setOpacity(1.0)

    def _draw(self, frame: Frame, kind: Picture, world: QRectF) -> None:
        """One mark, from a picture that is made once for each size and theme."""
        look, camera = self._view.scene.pictures.look, frame.camera
        density = camera.scale * camera.dpr
        key = kind, round(density * 256), look.tokens.warn, look.tokens.canvas
        picture = self._pictures.get(key)
        if picture is None:
            if len(self._pictures) >= _MOST_PICTURES:
                self._pictures.clear()
            picture = self._pictures[key] = _picture(kind, look, density, camera.dpr)
        corner = camera.to_screen(world.topLeft() - QPointF(_EDGE, _EDGE))
        frame.painter.drawPixmap(QPointF(whole(corner.x(), camera.dpr), whole(corner.y(), camera.dpr)), picture)

    def frames(self, frame: Frame) -> None:
        """Where the run pauses, the node's border says so even while it is selected."""
        pictures, boxes = self._view.scene.pictures, self._view.scene.geometry.boxes
        for node in self._hit:
            slot = boxes.slot.get(node)
            if slot is None or not boxes.shown[slot]:
                continue
            warn = QColor(pictures.look.tokens.warn)
            if self._view.scene.geometry.nodes[slot]:
                sprite = pictures.node_frame(slot, warn, tint(pictures.look.tokens.warn, 0.25), frame)
                if sprite is not None:
                    (x, y), *_ = frame.corners(boxes.rect[slot][None]).tolist()
                    draw(sprite, frame, x, y)
            else:
                paint_group_frame(
                    frame.painter, frame.camera.rect_to_screen(QRectF(*boxes.rect[slot].tolist())), warn, None, frame.camera.scale
                )


def _picture(kind: Picture, look: Look, density: float, dpr: float) -> QPixmap:
    """A mark of 22 px with a margin, painted in world px."""
    side = math.ceil((CORNER + 2 * _EDGE) * density)
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.scale(density, density)
        box = QRectF(_EDGE, _EDGE, CORNER, CORNER)
        if kind == "pin":
            _paint_pin(painter, box, look)
        else:
            _paint_point(painter, box, look, kind)
    finally:
        painter.end()
    picture.setDevicePixelRatio(dpr)
    return picture


def _paint_point(painter: QPainter, box: QRectF, look: Look, state: PointState) -> None:
    """An octagon: outlined where it is set, filled where the run pauses, grey where it is off."""
    tokens = look.tokens
    colour = QColor(tokens.text_third if state == "off" else tokens.warn)
    painter.setPen(QPen(colour, 1.8))
    painter.setBrush(colour if state == "hit" else QColor(tokens.canvas))
    painter.drawPolygon(_octagon(box.adjusted(1, 1, -1, -1)))
    inner = QColor(tokens.canvas) if state == "hit" else colour
    if state == "off":
        painter.setPen(QPen(inner, 1.8))
        painter.drawLine(box.center() - QPointF(4.4, 0), box.center() + QPointF(4.4, 0))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(inner)
    painter.drawEllipse(box.center(), 2.9, 2.9)


def _paint_pin(painter: QPainter, box: QRectF, look: Look) -> None:
    painter.setPen(QPen(look.accent, 1.5))
    painter.setBrush(QColor(look.tokens.card))
    painter.drawEllipse(box)
    paint_icon(painter, "pin", look.accent, box.adjusted(5, 5, -5, -5))


def pin_box(rect: QRectF) -> QRectF:
    """Where the mark of a pinned step is: it hangs over the lower edge, at the right."""
    return QRectF(rect.right() - PIN_RIGHT, rect.bottom() - PIN_SIZE / 2, PIN_SIZE, PIN_SIZE)


def point_box(rect: QRectF, *, at_end: bool = False) -> QRectF:
    """Where a breakpoint hangs: over the top left corner, and that after a step over the bottom left one."""
    return QRectF(rect.left() - CORNER / 2, (rect.bottom() if at_end else rect.top()) - CORNER / 2, CORNER, CORNER)


def is_pinned(step: Step) -> bool:
    return step.config.get("pinned_output") is not None


def _octagon(box: QRectF) -> QPolygonF:
    centre, radius = box.center(), box.width() / 2 / math.cos(math.pi / 8)
    turns = [math.pi / 8 + math.pi / 4 * at for at in range(8)]
    return QPolygonF([centre + QPointF(math.cos(turn), math.sin(turn)) * radius for turn in turns])

"""Small marks on nodes that belong to the person at work rather than to the run: what is pinned, and where runs are to pause."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.domain.workflow import Step
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.group_item import paint_group_frame
from app.ui.canvas.hits import CORNER
from app.ui.canvas.pictures import draw
from app.ui.canvas.step_item import paint_icon
from app.ui.theme import tint

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

PIN_SIZE = 22.0
PIN_RIGHT = 34.0

PointState = Literal["set", "hit", "off"]
_GREY_GHOST = 0.45


class Marks(QObject):
    """The breakpoints of a view's graph: by node, how the one before it and the one after it are."""

    clicked = Signal(str, str)
    """A corner was clicked: the node, and `before` or `after`."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._before: Mapping[str, PointState] = {}
        self._after: Mapping[str, PointState] = {}

    def show(self, *, before: Mapping[str, PointState], after: Mapping[str, PointState]) -> None:
        if (before, after) != (self._before, self._after):
            self._before, self._after = dict(before), dict(after)
            self._view.update()

    def state(self, node: str, when: str = "before") -> PointState | None:
        return (self._before if when == "before" else self._after).get(node)

    def paint(self, frame: Frame) -> None:
        """Breakpoints at every size at which a node is more than a spot, pins where they can be read."""
        if frame.detail < Detail.MIDDLE:
            return
        frame.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        boxes = self._view.scene.geometry.boxes
        for marks, at_end in ((self._before, False), (self._after, True)):
            for node, state in marks.items():
                if (slot := boxes.slot.get(node)) is not None and boxes.shown[slot]:
                    self._paint_point(frame, QRectF(*boxes.rect[slot].tolist()), state, at_end=at_end)
        hovered = self._view.hovered
        if hovered.part == "corner" and hovered.id is not None and hovered.id not in self._before:
            frame.painter.setOpacity(_GREY_GHOST)
            self._paint_point(frame, QRectF(*boxes.rect[boxes.slot[hovered.id]].tolist()), "set", at_end=False)
            frame.painter.setOpacity(1.0)
        if frame.detail >= Detail.NEAR:
            self._paint_pins(frame)

    def frames(self, frame: Frame) -> None:
        """Where the run pauses, the node's border says so even while it is selected."""
        pictures, boxes = self._view.scene.pictures, self._view.scene.geometry.boxes
        for node in [*self._before, *self._after]:
            slot = boxes.slot.get(node)
            if slot is None or not boxes.shown[slot] or "hit" not in (self._before.get(node), self._after.get(node)):
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

    def _paint_point(self, frame: Frame, rect: QRectF, state: PointState, *, at_end: bool) -> None:
        """An octagon: outlined where it is set, filled where the run pauses, grey where it is off."""
        painter, look, scale = frame.painter, self._view.scene.pictures.look, frame.camera.scale
        box = frame.camera.rect_to_screen(point_box(rect, at_end=at_end))
        tokens = look.tokens
        colour = QColor(tokens.text_third if state == "off" else tokens.warn)
        painter.setPen(QPen(colour, max(1.2, 1.8 * scale)))
        painter.setBrush(colour if state == "hit" else QColor(tokens.canvas))
        painter.drawPolygon(_octagon(box.adjusted(scale, scale, -scale, -scale)))
        inner = QColor(tokens.canvas) if state == "hit" else colour
        if state == "off":
            painter.setPen(QPen(inner, max(1.0, 1.8 * scale)))
            painter.drawLine(box.center() - QPointF(box.width() * 0.2, 0), box.center() + QPointF(box.width() * 0.2, 0))
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inner)
        radius = box.width() * 0.13
        painter.drawEllipse(box.center(), radius, radius)

    def _paint_pins(self, frame: Frame) -> None:
        """A pin on every step in sight whose output is pinned. Few are in sight where it is large enough to be read."""
        view, painter = self._view, frame.painter
        geometry, graph, look = view.scene.geometry, view.graph, view.scene.pictures.look
        for slot in np.flatnonzero(geometry.boxes_in(*frame.world) & geometry.nodes).tolist():
            step = graph.steps.get(geometry.boxes.ids[slot] or "")
            if step is None or not is_pinned(step):
                continue
            box = frame.camera.rect_to_screen(pin_box(QRectF(*geometry.boxes.rect[slot].tolist())))
            painter.setPen(QPen(look.accent, max(1.0, 1.5 * frame.camera.scale)))
            painter.setBrush(QColor(look.tokens.card))
            painter.drawEllipse(box)
            inset = box.width() * 0.23
            paint_icon(painter, "pin", look.accent, box.adjusted(inset, inset, -inset, -inset))


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

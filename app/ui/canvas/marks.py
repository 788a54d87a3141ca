"""Small marks on nodes that belong to the person at work rather than to the run: what is pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.domain.workflow import Step
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.step_item import paint_icon

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

PIN_SIZE = 22.0
PIN_RIGHT = 34.0


def pin_box(rect: QRectF) -> QRectF:
    """Where the mark of a pinned step is: it hangs over the lower edge, at the right."""
    return QRectF(rect.right() - PIN_RIGHT, rect.bottom() - PIN_SIZE / 2, PIN_SIZE, PIN_SIZE)


def paint_pins(frame: Frame, view: CanvasView) -> None:
    """A pin on every step in sight whose output is pinned. Few are in sight where it is large enough to be read."""
    if frame.detail < Detail.NEAR:
        return
    geometry, graph, look, painter = view.scene.geometry, view.graph, view.scene.pictures.look, frame.painter
    for slot in np.flatnonzero(geometry.boxes_in(*frame.world) & geometry.nodes).tolist():
        step = graph.steps.get(geometry.boxes.ids[slot] or "")
        if step is None or not is_pinned(step):
            continue
        box = frame.camera.rect_to_screen(pin_box(QRectF(*geometry.boxes.rect[slot].tolist())))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(look.accent, max(1.0, 1.5 * frame.camera.scale)))
        painter.setBrush(QColor(look.tokens.card))
        painter.drawEllipse(box)
        inset = box.width() * 0.23
        paint_icon(painter, "pin", look.accent, box.adjusted(inset, inset, -inset, -inset))


def is_pinned(step: Step) -> bool:
    return step.config.get("pinned_output") is not None

"""Dragging the end of an edge to another port. The edge itself follows the pointer; let go on nothing, it goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QApplication

from app.domain.errors import EditRefused
from app.domain.rewiring import kept_condition, reconnection
from app.ui.canvas import curves
from app.ui.canvas.frame import REACH, Detail, Frame
from app.ui.canvas.hits import Hit
from app.ui.canvas.wires import End, WireRules
from app.ui.canvas.wiring import HangingWire

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# How near to its end an edge is taken by the end, in screen px.
GRASP = 36.0


def end_under(view: CanvasView, hit: Hit, at: QPointF) -> tuple[str, int] | None:
    """The edge and which of its ends (0: where it starts) a press would take; None when it takes none.

    Near its end an edge is taken by that end; a port is, when an edge that ends there is selected.
    """
    links, camera = view.scene.geometry.links, view.camera
    if hit.kind == "edge" and hit.part != "label" and hit.id is not None:
        points = links.points[links.slot[hit.id]]
        ends = [camera.to_screen(QPointF(*points[index].tolist())) for index in (0, 3)]
        away = [float(np.hypot(end.x() - at.x(), end.y() - at.y())) for end in ends]
        nearest = int(away[1] < away[0])
        apart = float(np.hypot(ends[0].x() - ends[1].x(), ends[0].y() - ends[1].y()))
        return (hit.id, nearest) if away[nearest] <= min(GRASP, apart / 3) else None
    if hit.is_port:
        side = 1 if hit.part == "in" else 0
        for key in view.selected_ids():
            slot = links.slot.get(key)
            if slot is None or not links.shown[slot]:
                continue
            end = camera.to_screen(QPointF(*links.points[slot, 3 * side].tolist()))
            if np.hypot(end.x() - at.x(), end.y() - at.y()) <= 14:
                return key, side
    return None


class Rewiring(HangingWire):
    """A press near the end of an edge selects it; moved on, the end is loose."""

    def __init__(self, view: CanvasView, edge_id: str, side: int, at: QPointF) -> None:
        geometry = view.scene.geometry
        slot = geometry.links.slot[edge_id]
        fixed = int(geometry.links.anchors[slot, 1 - side])
        self._edge, self._side, self._slot = view.graph.edges[edge_id], side, slot
        self._loose = False
        super().__init__(view, WireRules(geometry, End(fixed, "in" if side == 0 else self._port_at(view, slot, fixed)), without=slot), at)
        self.lives = False
        view.select((edge_id,))

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if not self._loose:
            if (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
                return
            self._loose = self.lives = True
            self._invalidate()
            self._view.composer.lift(np.zeros(0, np.intp), np.array([self._slot], np.intp))
            self._view.animate()
        super().move(at, modifiers)
        self._follow()

    def end(self, at: QPointF) -> None:
        self.move(at, Qt.KeyboardModifier.NoModifier)
        if not self._loose:
            return
        target, reason = self._target, self._reason
        self.cancel()
        if target is None:
            return
        if reason is not None:
            self._view.refused.emit(reason)
            return
        self._reconnect(*target)

    def cancel(self) -> None:
        """The edge goes back to where the graph has it."""
        if self._loose:
            self._invalidate()
            geometry = self._view.scene.geometry
            nothing = np.zeros(0, np.intp)
            geometry.shift(nothing, np.zeros((0, 4)), np.array([self._slot], np.intp))
            self._view.composer.settle()
            self._invalidate()
        super().cancel()

    def paint(self, frame: Frame) -> None:
        if not self._loose:
            return
        self.paint_targets(frame)
        look = self._view.scene.pictures.look
        at = frame.camera.to_screen(QPointF(*self._tip))
        frame.painter.setPen(Qt.PenStyle.NoPen)
        frame.painter.setBrush(look.accent)
        frame.painter.drawEllipse(at, 5.5 * frame.camera.scale, 5.5 * frame.camera.scale)
        self.paint_over(frame)

    @staticmethod
    def _port_at(view: CanvasView, slot: int, fixed: int) -> str:
        row = int(view.scene.geometry.links.row[slot])
        outputs = view.scene.geometry.outputs(fixed)
        return outputs[row] if 0 <= row < len(outputs) else "out"

    def _follow(self) -> None:
        """Draw the edge from its fixed end to the pointer, or to the port that would take it."""
        links, tip = self._view.scene.geometry.links, np.array([self._tip])
        fixed = links.points[self._slot, 3 * (1 - self._side)][None].copy()
        points = curves.controls(tip, fixed) if self._side == 0 else curves.controls(fixed, tip)
        links.points[self._slot] = points[0]
        links.bounds[self._slot] = curves.bounds(points)[0]

    def _invalidate(self) -> None:
        left, top, right, bottom = self._view.scene.geometry.links.bounds[self._slot].tolist()
        around = QRectF(left, top, right - left, bottom - top).adjusted(-REACH - 90, -REACH, REACH + 90, REACH)
        self._view.composer.invalidate(around)

    def _reconnect(self, slot: int, port: str) -> None:
        """Lead the edge to another step; from a branch port it asks for that branch, else it keeps what it asks."""
        view, edge = self._view, self._edge
        connected = self._rules.edit(slot, port).edge
        source, target, condition = connected.source_step_id, edge.target_step_id, edge.condition
        if self._side == 1:
            source, target = edge.source_step_id, connected.target_step_id
        else:
            steps = view.graph.steps
            kept = kept_condition(edge.condition, steps.get(edge.source_step_id), steps.get(source))
            condition = connected.condition if connected.condition is not None else kept
        if (source, target, condition) == (edge.source_step_id, edge.target_step_id, edge.condition):
            return
        try:
            view.change(reconnection(view.graph, edge, source=source, target=target, condition=condition))
        except EditRefused as refusal:
            view.refused.emit(str(refusal))


def paint_grips(frame: Frame, view: CanvasView) -> None:
    """Rings at both ends of the one edge that is selected: they can be taken elsewhere."""
    selected = view.selected_ids()
    links = view.scene.geometry.links
    slot = links.slot.get(selected[0]) if len(selected) == 1 else None
    if slot is None or not view.editable or not links.shown[slot] or frame.detail < Detail.NEAR:
        return
    painter, scale = frame.painter, frame.camera.scale
    painter.setRenderHint(painter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(view.scene.pictures.look.accent, max(1.0, 1.5 * scale)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for index in (0, 3):
        painter.drawEllipse(frame.camera.to_screen(QPointF(*links.points[slot, index].tolist())), 8.5 * scale, 8.5 * scale)

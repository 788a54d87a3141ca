"""Dragging a wire from a port: ports that may take it are ringed, what may not fades, the nearest one snaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from app.ui.canvas import curves, edge_item
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.geometry import Kind
from app.ui.canvas.hits import Hit, port_near
from app.ui.canvas.look import Look
from app.ui.canvas.pictures import draw
from app.ui.canvas.rows import Slots
from app.ui.canvas.wires import End, WireRules
from app.ui.theme import font, tint
from app.ui.widgets.painting import draw_box

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

SNAP_PX = 24.0
FADED = 0.30
RINGS = (12.0, 17.0)
PULSE_S = 0.9


def paint_wire(frame: Frame, look: Look, start: tuple[float, float], end: tuple[float, float], *, tip: tuple[float, float]) -> None:
    """A wire in accent between two world points, with a knob at the end that is loose."""
    points = frame.curve(curves.controls(np.array([start]), np.array([end])))
    edge_item.draw_curves(frame.painter, points, look.accent, max(frame.camera.scale, 0.5), clip=frame.clip)
    frame.painter.setPen(Qt.PenStyle.NoPen)
    frame.painter.setBrush(look.accent)
    frame.painter.drawEllipse(frame.camera.to_screen(QPointF(*tip)), 5.5 * frame.camera.scale, 5.5 * frame.camera.scale)


class Wiring:
    """A wire from one port to the pointer. Let go over a port that may take it, it becomes an edge; on nothing, it asks what to add."""

    cursor = Qt.CursorShape.CrossCursor
    lives = True

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF) -> None:
        assert hit.id is not None
        self._view, self._id = view, hit.id
        geometry = view.scene.geometry
        self._rules = WireRules(geometry, End(geometry.boxes.slot[hit.id], hit.part))
        self._at = view.camera.to_world(at)
        self._pressed_at = at
        self._target: int | None = None
        view.animate()

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._at = self._view.camera.to_world(at)
        self._target = self._under(at)
        self._view.update()

    def end(self, at: QPointF) -> None:
        self.move(at, Qt.KeyboardModifier.NoModifier)
        self.cancel()
        if (at - self._pressed_at).manhattanLength() < 4:
            self._view.select((self._id,))
            return
        if self._target is None:
            hit = self._view.hit(at)
            if hit.id != self._id and (hit.kind in ("canvas", "edge", "note") or (hit.kind == "group" and hit.part == "body")):
                self._view.adding.open_for_wire(self._id, self._rules.end.port, at)
            return
        if reason := self._rules.refusal(self._target):
            self._view.refused.emit(reason)
            return
        edit = self._rules.edit(self._target)
        if self._view.change(edit):
            self._view.select((edit.edge.id,))

    def cancel(self) -> None:
        self._view.update()

    def paint(self, frame: Frame) -> None:
        self._paint_targets(frame)
        look, geometry = self._view.scene.pictures.look, self._view.scene.geometry
        start = geometry.port(self._rules.end.slot, self._rules.end.port)
        snap = self._target is not None and self._rules.refusal(self._target) is None
        end = self._port_of(self._target) if snap and self._target is not None else (self._at.x(), self._at.y())
        paint_wire(frame, look, *((start, end) if self._rules.end.forward else (end, start)), tip=end)
        tip = frame.camera.to_screen(QPointF(*end))
        reason = self._rules.refusal(self._target) if self._target is not None else None
        if reason is not None:
            self._paint_reason(frame, tip, reason)

    def _paint_reason(self, frame: Frame, tip: QPointF, reason: str) -> None:
        """Why the wire may not end here, beside the pointer and within the canvas."""
        look, painter = self._view.scene.pictures.look, frame.painter
        painter.setFont(font("second"))
        width = painter.fontMetrics().horizontalAdvance(reason) + 20
        box = QRectF(min(tip.x() + 14, self._view.width() - width - 8), tip.y() + 18, width, 28)
        draw_box(painter, box, 8, fill=look.card, border=look.error)
        painter.setPen(look.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, reason)

    def _under(self, at: QPointF) -> int | None:
        """The box whose port the wire would take: the port nearest within reach, else the node under the pointer."""
        view, geometry = self._view, self._view.scene.geometry
        world, reach = view.camera.to_world(at), SNAP_PX / view.camera.scale
        boxes = geometry.boxes
        near = np.flatnonzero(geometry.boxes_in(world.x() - reach, world.y() - reach, world.x() + reach, world.y() + reach))
        near = near[(boxes.kind[near] != Kind.NOTE) & (near != self._rules.end.slot)]
        allowed = np.array([slot for slot in near.tolist() if self._rules.refusal(slot) is None], np.intp)
        found = port_near(view.scene, allowed, world, inputs=self._rules.end.forward, reach=reach)
        if found is not None:
            return found[0]
        hit = view.hit(at)
        inside_group = hit.kind == "group" and hit.part == "body"
        if hit.id is None or hit.id == self._id or hit.kind not in ("step", "group") or inside_group:
            return None
        return boxes.slot[hit.id]

    def _port_of(self, slot: int) -> tuple[float, float]:
        geometry = self._view.scene.geometry
        return geometry.port(slot, "in" if self._rules.end.forward else geometry.outputs(slot)[0])

    def _paint_targets(self, frame: Frame) -> None:
        if frame.detail < Detail.MIDDLE:
            return
        view, boxes = self._view, self._view.scene.geometry.boxes
        seen = np.flatnonzero(view.scene.geometry.boxes_in(*frame.world) & (boxes.kind != Kind.NOTE))
        self._fade(frame, seen[(boxes.kind[seen] == Kind.STEP) | boxes.collapsed[seen]])
        turn = (view.phase % PULSE_S) / PULSE_S
        accent, scale = view.scene.pictures.look.tokens.accent, frame.camera.scale
        frame.painter.setRenderHint(frame.painter.RenderHint.Antialiasing, True)
        frame.painter.setBrush(Qt.BrushStyle.NoBrush)
        for slot in seen.tolist():
            if slot == self._rules.end.slot or self._rules.refusal(slot) is not None:
                continue
            at = frame.camera.to_screen(QPointF(*self._port_of(slot)))
            for radius, strength in zip(RINGS, (1 - turn, turn), strict=True):
                hot = slot == self._target
                frame.painter.setPen(QPen(tint(accent, 0.9 if hot else 0.2 + 0.4 * strength), max(1.0, 1.5 * scale)))
                frame.painter.drawEllipse(at, radius * scale, radius * scale)

    def _fade(self, frame: Frame, nodes: Slots) -> None:
        pictures, painter = self._view.scene.pictures, frame.painter
        corners = frame.corners(self._view.scene.geometry.boxes.rect[nodes]).tolist()
        painter.setOpacity(1 - FADED)
        for slot, (x, y) in zip(nodes.tolist(), corners, strict=True):
            if slot != self._rules.end.slot and self._rules.refusal(slot) is not None:
                draw(pictures.veil(slot, frame), frame, x, y)
        painter.setOpacity(1.0)

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
from app.ui.theme import font, theme, tint
from app.ui.widgets.painting import draw_box

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

SNAP_PX = 24.0
FADED = 0.30
RINGS = (12.0, 17.0)
PULSE_S = 0.9
Point = tuple[float, float]


def paint_wire(frame: Frame, look: Look, start: Point, end: Point, *, tip: Point) -> None:
    """A wire in accent between two world points, with a knob at the end that is loose."""
    points = frame.curve(curves.controls(np.array([start]), np.array([end])))
    edge_item.draw_curves(frame.painter, points, look.accent, max(frame.camera.scale, 0.5), clip=frame.clip)
    frame.painter.setPen(Qt.PenStyle.NoPen)
    frame.painter.setBrush(look.accent)
    frame.painter.drawEllipse(frame.camera.to_screen(QPointF(*tip)), 5.5 * frame.camera.scale, 5.5 * frame.camera.scale)


class HangingWire:
    """One end fixed at a port, the other at the pointer; `target` is the box and port that would take it."""

    cursor = Qt.CursorShape.CrossCursor
    lives = True

    def __init__(self, view: CanvasView, rules: WireRules, at: QPointF) -> None:
        self._view, self._rules = view, rules
        self._at = view.camera.to_world(at)
        self._pressed_at = at
        self._target: tuple[int, str] | None = None
        view.animate()

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._at = self._view.camera.to_world(at)
        self._target = self._under(at)
        self._view.update()

    def cancel(self) -> None:
        self._view.update()

    @property
    def _reason(self) -> str | None:
        """Why the wire may not end where it would."""
        return self._rules.refusal(self._target[0]) if self._target is not None else None

    @property
    def _tip(self) -> Point:
        """The loose end in world px: at a port that takes it, else at the pointer."""
        if self._target is not None and self._reason is None:
            return self._view.scene.geometry.port(*self._target)
        return self._at.x(), self._at.y()

    def _under(self, at: QPointF) -> tuple[int, str] | None:
        """What the wire would take: the port nearest within reach, else the first port of the node under the pointer."""
        view, geometry = self._view, self._view.scene.geometry
        world, reach = view.camera.to_world(at), SNAP_PX / view.camera.scale
        boxes, end = geometry.boxes, self._rules.end
        near = np.flatnonzero(geometry.boxes_in(world.x() - reach, world.y() - reach, world.x() + reach, world.y() + reach))
        near = near[(boxes.kind[near] != Kind.NOTE) & (near != end.slot)]
        allowed = np.array([slot for slot in near.tolist() if self._rules.refusal(slot) is None], np.intp)
        found = port_near(view.scene, allowed, world, inputs=end.forward, reach=reach)
        if found is not None:
            return found
        hit = view.hit(at)
        inside_group = hit.kind == "group" and hit.part == "body"
        if hit.id is None or hit.kind not in ("step", "group") or inside_group or boxes.slot[hit.id] == end.slot:
            return None
        slot = boxes.slot[hit.id]
        return slot, self._first_port(slot)

    def _first_port(self, slot: int) -> str:
        return "in" if self._rules.end.forward else self._view.scene.geometry.outputs(slot)[0]

    # Painting

    def paint_over(self, frame: Frame) -> None:
        """Targets below the wire, and beside its tip why it may not end there."""
        if self._reason is not None:
            self._paint_reason(frame, frame.camera.to_screen(QPointF(*self._tip)), self._reason)

    def _paint_reason(self, frame: Frame, tip: QPointF, reason: str) -> None:
        """Why the wire may not end here, beside the pointer and within the canvas."""
        look, painter = self._view.scene.pictures.look, frame.painter
        painter.setFont(font("second"))
        width = painter.fontMetrics().horizontalAdvance(reason) + 20
        box = QRectF(min(tip.x() + 14, self._view.width() - width - 8), tip.y() + 18, width, 28)
        draw_box(painter, box, 8, fill=look.card, border=look.error)
        painter.setPen(look.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, reason)

    def paint_targets(self, frame: Frame) -> None:
        if frame.detail < Detail.MIDDLE:
            return
        view, geometry = self._view, self._view.scene.geometry
        boxes = geometry.boxes
        seen = np.flatnonzero(geometry.boxes_in(*frame.world) & (boxes.kind != Kind.NOTE))
        self._fade(frame, seen[(boxes.kind[seen] == Kind.STEP) | boxes.collapsed[seen]])
        turn = 0.5 if theme().reduce_motion else (view.phase % PULSE_S) / PULSE_S
        accent, scale = view.scene.pictures.look.tokens.accent, frame.camera.scale
        frame.painter.setRenderHint(frame.painter.RenderHint.Antialiasing, True)
        frame.painter.setBrush(Qt.BrushStyle.NoBrush)
        for slot in seen.tolist():
            if slot == self._rules.end.slot or self._rules.refusal(slot) is not None:
                continue
            for port in ("in",) if self._rules.end.forward else geometry.outputs(slot):
                at = frame.camera.to_screen(QPointF(*geometry.port(slot, port)))
                for radius, strength in zip(RINGS, (1 - turn, turn), strict=True):
                    hot = (slot, port) == self._target
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


class Wiring(HangingWire):
    """A new wire. Let go over a port that may take it, it becomes an edge; on nothing, it asks what to add."""

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF) -> None:
        assert hit.id is not None
        geometry = view.scene.geometry
        super().__init__(view, WireRules(geometry, End(geometry.boxes.slot[hit.id], hit.part)), at)
        self._id = hit.id

    def end(self, at: QPointF) -> None:
        self.move(at, Qt.KeyboardModifier.NoModifier)
        self.cancel()
        if (at - self._pressed_at).manhattanLength() < 4:
            self._view.select((self._id,))
        elif self._target is None:
            hit = self._view.hit(at)
            if hit.id != self._id and (hit.kind in ("canvas", "edge", "note") or (hit.kind == "group" and hit.part == "body")):
                self._view.adding.open_for_wire(self._id, self._rules.end.port, at)
        elif self._reason is not None:
            self._view.refused.emit(self._reason)
        else:
            edit = self._rules.edit(*self._target)
            if self._view.change(edit):
                self._view.select((edit.edge.id,))

    def paint(self, frame: Frame) -> None:
        self.paint_targets(frame)
        end, tip = self._rules.end, self._tip
        start = self._view.scene.geometry.port(end.slot, end.port)
        paint_wire(frame, self._view.scene.pictures.look, *((start, tip) if end.forward else (tip, start)), tip=tip)
        self.paint_over(frame)

"""Resizing a group or note by its border or grip; a group never becomes smaller than what stands in it, and pushes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from app.domain import push
from app.domain.edits import Resize
from app.domain.ground import Ground
from app.domain.lanes import Box
from app.domain.measures import snapped
from app.domain.room import smallest_group, with_room
from app.domain.workflow import Position, Size
from app.ui.canvas.displacing import Displaced, overlapped
from app.ui.canvas.frame import Frame
from app.ui.canvas.group_item import paint_group_frame, paint_handle
from app.ui.canvas.hand_hints import paint_hints
from app.ui.canvas.hits import Hit
from app.ui.theme import font

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

SMALLEST_NOTE = (96.0, 56.0)
HINTS = (("Shift", "keep neighbours in place"), ("Esc", "undo the resize"))


class Resizing:
    """The side that was grabbed follows the pointer on the grid; the opposite one stays.

    What the group comes to cover is shown moved aside at once; with Shift neighbours stay.
    """

    lives = False

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF) -> None:
        assert hit.id is not None
        self._view, self._id, self._part = view, hit.id, hit.part
        self._start = view.camera.to_world(at)
        geometry = view.scene.geometry
        self._slot = geometry.boxes.slot[hit.id]
        self._base: Box = tuple(geometry.boxes.rect[self._slot].tolist())
        self._box = self._base
        self._keeps = False
        self._ground: Ground | None = None
        self._displaced = Displaced(view)
        self.cursor = cursor_for(hit.part)
        x, y, width, height = self._smallest()
        self._keep = (x, y, x + width, y + height)

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        keeps = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        box = self._box_for(self._view.camera.to_world(at))
        if self._ground is not None and (box, keeps) == (self._box, self._keeps):
            return
        self._box, self._keeps = box, keeps
        self._displaced.show({**self._given_way(), self._id: box})

    def end(self, at: QPointF) -> None:
        if self._ground is None:
            self._view.select((self._id,))
            return
        x, y, width, height = (round(value) for value in self._box)
        self._displaced.put_back()
        if (x, y, width, height) == tuple(round(value) for value in self._base):
            return
        resize = Resize(self._id, Position(x, y), Size(width, height))
        view = self._view
        room = with_room(view.graph, view.catalog, (resize,), (self._id,), text="Resize", folded=view.folding.folded, keep=self._keeps)
        view.change(room if len(room.edits) > 1 else resize)

    def cancel(self) -> None:
        if self._ground is not None:
            self._displaced.put_back()

    def paint(self, frame: Frame) -> None:
        """The old border, the handle, ghosts of what gave way, and the new size in words."""
        if self._ground is None:
            return
        look, painter, scale = self._view.scene.pictures.look, frame.painter, frame.camera.scale
        pen = QPen(look.accent, 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame.camera.rect_to_screen(QRectF(*self._base)), 16 * scale, 16 * scale)
        now = frame.camera.rect_to_screen(QRectF(*self._box))
        if self._id in self._view.graph.groups:
            paint_group_frame(painter, now, look.accent, look.halo, scale)
            self._displaced.paint_ghosts(frame, but=self._slot)
            self._paint_covered(frame)
        handle = paint_handle(painter, now, self._part, look)
        paint_hints(frame, self._view, HINTS if self._id in self._view.graph.groups else HINTS[1:])
        self._paint_badge(frame, handle if handle is not None else QRectF(now.bottomRight(), now.bottomRight()))

    def _paint_badge(self, frame: Frame, handle: QRectF) -> None:
        painter, look = frame.painter, self._view.scene.pictures.look
        gained = [round(now - before) for now, before in zip(self._box[2:], self._base[2:], strict=True)]
        words = [f"{round(self._box[2])} × {round(self._box[3])}", *(f"{each:+d}".replace("-", "−") for each in gained if each)]
        text = " · ".join(words)
        painter.setFont(font("badge"))
        badge = QRectF(handle.right() + 16, handle.center().y() - 11, painter.fontMetrics().horizontalAdvance(text) + 16, 22)
        inside = QRectF(self._view.rect()).adjusted(4, 4, -4, -4)
        badge.moveLeft(max(min(badge.left(), inside.right() - badge.width()), inside.left()))
        badge.moveTop(max(min(badge.top(), inside.bottom() - badge.height()), inside.top()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.accent)
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(look.canvas)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_covered(self, frame: Frame) -> None:
        """With Shift: what the group lies over now, and did not before, in warn."""
        if not self._keeps:
            return
        geometry, painter = self._view.scene.geometry, frame.painter
        boxes = geometry.boxes
        beside = np.flatnonzero(boxes.shown & (boxes.parent == boxes.parent[self._slot]))
        beside = beside[beside != self._slot]
        now = overlapped(beside, boxes.rect[beside], np.array(self._box))
        before = overlapped(beside, boxes.rect[beside], np.array(self._base))
        painter.setPen(QPen(self._view.scene.pictures.look.warn, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        covered = np.setdiff1d(now, before)
        for place in frame.on_screen(boxes.rect[covered]).tolist():
            painter.drawRoundedRect(QRectF(*place), 12 * frame.camera.scale, 12 * frame.camera.scale)

    def _given_way(self) -> dict[str, Box]:
        view = self._view
        if self._ground is None:
            self._ground = Ground(view.graph, view.catalog, view.folding.folded)
        if self._id not in view.graph.groups:
            return {}
        ground = self._ground.fresh()
        ground.put(self._id, self._box)
        if self._keeps:
            push.hold_only(ground, ground.around(self._id))
        else:
            push.grow(ground, self._id, self._base)
        return ground.changed()

    def _box_for(self, now: QPointF) -> Box:
        x, y, width, height = self._base
        left, top, right, bottom = x, y, x + width, y + height
        dx, dy = now.x() - self._start.x(), now.y() - self._start.y()
        match self._part:
            case "border-left":
                left = min(snapped(left + dx), self._keep[0])
            case "border-top":
                top = min(snapped(top + dy), self._keep[1])
            case "border-right":
                right = max(snapped(right + dx), self._keep[2])
            case "border-bottom":
                bottom = max(snapped(bottom + dy), self._keep[3])
            case _:
                right = max(snapped(right + dx), self._keep[2])
                bottom = max(snapped(bottom + dy), self._keep[3])
        return left, top, right - left, bottom - top

    def _smallest(self) -> Box:
        graph = self._view.graph
        if self._id in graph.groups:
            return smallest_group(graph, self._view.catalog, graph.groups[self._id], self._view.folding.folded)
        right, bottom = self._base[0] + self._base[2], self._base[1] + self._base[3]
        if self._part in ("border-left", "border-top"):
            return right - SMALLEST_NOTE[0], bottom - SMALLEST_NOTE[1], *SMALLEST_NOTE
        return self._base[0], self._base[1], *SMALLEST_NOTE


def cursor_for(part: str) -> Qt.CursorShape:
    match part:
        case "border-left" | "border-right":
            return Qt.CursorShape.SizeHorCursor
        case "border-top" | "border-bottom":
            return Qt.CursorShape.SizeVerCursor
        case _:
            return Qt.CursorShape.SizeFDiagCursor

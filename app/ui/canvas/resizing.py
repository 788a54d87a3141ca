"""Resizing a group or note by its border or grip; a group never becomes smaller than what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from app.domain.edits import Resize
from app.domain.measures import snapped
from app.domain.room import smallest_group, with_room
from app.domain.workflow import Position, Size
from app.ui.canvas.frame import Frame
from app.ui.canvas.hits import Hit
from app.ui.theme import font

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

SMALLEST_NOTE = (96.0, 56.0)


class Resizing:
    """The side that was grabbed follows the pointer on the grid; the opposite one stays."""

    lives = False

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF) -> None:
        assert hit.id is not None
        self._view, self._id, self._part = view, hit.id, hit.part
        self._start = view.camera.to_world(at)
        geometry = view.scene.geometry
        self._slot = geometry.boxes.slot[hit.id]
        self._base = geometry.boxes.rect[self._slot].copy()
        self._rect = self._base.copy()
        self._slots = np.array([self._slot], np.intp)
        self._edges = geometry.edges_of(self._slots)
        self._lifted = False
        self.cursor = cursor_for(hit.part)
        x, y, width, height = self._smallest()
        self._keep = (x, y, x + width, y + height)

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if not self._lifted:
            self._lift()
        now = self._view.camera.to_world(at)
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
        self._show(np.array([left, top, right - left, bottom - top]))

    def end(self, at: QPointF) -> None:
        if not self._lifted:
            self._view.select((self._id,))
            return
        x, y, width, height = (round(value) for value in self._rect.tolist())
        self.cancel()
        if (x, y, width, height) == tuple(round(value) for value in self._base.tolist()):
            return
        resize = Resize(self._id, Position(x, y), Size(width, height))
        room = with_room(self._view.graph, self._view.catalog, (resize,), (self._id,), text="Resize")
        self._view.change(room if len(room.edits) > 1 else resize)

    def cancel(self) -> None:
        if self._lifted:
            self._show(self._base)
            self._lifted = False
            self._view.composer.settle()

    def paint(self, frame: Frame) -> None:
        """The old border, and the new size in words."""
        if not self._lifted:
            return
        look, painter = self._view.scene.pictures.look, frame.painter
        pen = QPen(look.accent, 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        old = QRectF(*frame.on_screen(self._base[None])[0])
        painter.drawRoundedRect(old, 16 * frame.camera.scale, 16 * frame.camera.scale)
        now = QRectF(*frame.on_screen(self._rect[None])[0])
        text = f"{round(self._rect[2])} × {round(self._rect[3])}"
        painter.setFont(font("badge"))
        badge = QRectF(now.right() + 16, now.bottom() - 22, painter.fontMetrics().horizontalAdvance(text) + 16, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.accent)
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(look.canvas)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)

    def _lift(self) -> None:
        """Off the canvas, with what stands in it: else the new body would be painted over it."""
        geometry, graph = self._view.scene.geometry, self._view.graph
        inside = graph.descendants_of(self._id) if self._id in graph.groups else []
        slots = np.array([self._slot, *(geometry.boxes.slot[key] for key in inside)], np.intp)
        self._view.composer.lift(slots, geometry.edges_of(slots))
        self._lifted = True

    def _smallest(self) -> tuple[float, float, float, float]:
        graph = self._view.graph
        if self._id in graph.groups:
            return smallest_group(graph, self._view.catalog, graph.groups[self._id])
        right, bottom = self._base[0] + self._base[2], self._base[1] + self._base[3]
        if self._part in ("border-left", "border-top"):
            return right - SMALLEST_NOTE[0], bottom - SMALLEST_NOTE[1], *SMALLEST_NOTE
        return float(self._base[0]), float(self._base[1]), *SMALLEST_NOTE

    def _show(self, rect: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        self._rect = rect
        self._view.scene.geometry.shift(self._slots, rect[None], self._edges)
        self._view.scene.geometry.forget_lanes(self._slot)
        self._view.update()


def cursor_for(part: str) -> Qt.CursorShape:
    match part:
        case "border-left" | "border-right":
            return Qt.CursorShape.SizeHorCursor
        case "border-top" | "border-bottom":
            return Qt.CursorShape.SizeVerCursor
        case _:
            return Qt.CursorShape.SizeFDiagCursor

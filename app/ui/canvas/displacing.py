"""Boxes shown elsewhere while the hand is at work: what grows and what gives way to it, with ghosts of where they stood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.domain.lanes import Box
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.rows import Floats, Slots
from app.ui.canvas.step_item import RADIUS

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

MOST_GHOSTS = 60
ARROW = 36.0


class Displaced:
    """The graph is not changed; `put_back` shows it as it is again. What is in a box that changes must be lifted with it."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._base: dict[int, Floats] = {}
        self._lifted: frozenset[str] = frozenset()

    def show(self, boxes: Mapping[str, Box]) -> None:
        """Show these at these places and sizes, and all others where they are."""
        geometry = self._view.scene.geometry
        slot_of = geometry.boxes.slot
        self._lift(frozenset(key for key in boxes if key in slot_of))
        wanted = {slot_of[key]: np.array(box, np.float64) for key, box in boxes.items() if key in slot_of}
        for slot in wanted.keys() - self._base.keys():
            self._base[slot] = geometry.boxes.rect[slot].copy()
        slots = np.fromiter(self._base, np.intp, len(self._base))
        if not len(slots):
            return
        rects = np.array([wanted.get(slot, base) for slot, base in self._base.items()])
        edges = geometry.edges_of(slots)
        geometry.shift(slots, rects, edges)
        for edge in np.union1d(edges, self._crossing(slots)).tolist():
            self._view.scene.layers.label_places.forget(edge)
        for slot in slots.tolist():
            geometry.forget_lanes(slot)
            if (around := int(geometry.boxes.parent[slot])) >= 0:
                geometry.forget_lanes(around)
        self._view.update()

    def _crossing(self, slots: Slots) -> Slots:
        """The edges that pass borders where these boxes are: their words keep clear of those."""
        geometry = self._view.scene.geometry
        extent = geometry.extent(slots)
        return np.flatnonzero(geometry.links.crossing & geometry.edges_in(*extent)) if extent is not None else slots[:0]

    def put_back(self) -> None:
        self.show({})
        self._base.clear()
        self._lifted = frozenset()
        self._view.composer.settle()

    def _lift(self, keys: frozenset[str]) -> None:
        """Off the backing store, with what stands in them: else a new body would be painted over it."""
        if keys <= self._lifted:
            return
        graph, geometry = self._view.graph, self._view.scene.geometry
        inside = {each for key in keys - self._lifted if key in graph.groups for each in graph.descendants_of(key)}
        self._lifted |= keys | inside
        slots = np.array([geometry.boxes.slot[key] for key in self._lifted], np.intp)
        self._view.composer.lift(slots, geometry.edges_of(slots))

    def paint_ghosts(self, frame: Frame, *, but: int) -> None:
        """Dashed where what gave way stood before, with an arrow that says which way it went."""
        boxes = self._view.scene.geometry.boxes
        moved = {slot: base for slot, base in self._base.items() if slot != but and (boxes.rect[slot, :2] != base[:2]).any()}
        roots = [slot for slot in moved if int(boxes.parent[slot]) not in moved]
        if frame.detail < Detail.NEAR or not roots or len(roots) > MOST_GHOSTS:
            return
        slots = np.array(roots, np.intp)
        paint_ghosts(frame, np.array([moved[slot] for slot in roots]), self._view.scene.pictures.look.border_strong)
        paint_arrows(frame, self._view, np.array([moved[slot] for slot in roots]), boxes.rect[slots])


def paint_ghosts(frame: Frame, rects: Floats, colour: QColor) -> None:
    """Dashed outlines of nodes at these world rectangles."""
    pen = QPen(colour, 1)
    pen.setDashPattern([4, 3])
    frame.painter.setPen(pen)
    frame.painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = RADIUS * frame.camera.scale
    for place in frame.on_screen(rects.copy()).tolist():
        frame.painter.drawRoundedRect(QRectF(*place), radius, radius)


def paint_arrows(frame: Frame, view: CanvasView, before: Floats, after: Floats) -> None:
    """Under each ghost a short arrow in the direction it went."""
    look, scale, painter = view.scene.pictures.look, frame.camera.scale, frame.painter
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(look.accent, max(1.2, 1.8 * scale)))
    ways = after[:, :2] - before[:, :2]
    for (x, y, width, height), (dx, dy) in zip(before.tolist(), np.sign(ways).tolist(), strict=True):
        start = frame.camera.to_screen(QPointF(x + 8, y + height + 14) if dx else QPointF(x + width + 14, y + 8))
        if dx < 0 or dy < 0:
            start += QPointF(ARROW * scale * abs(dx), ARROW * scale * abs(dy))
        tip = start + QPointF(dx, dy) * (ARROW * scale)
        back = QPointF(dx, dy) * (6 * scale)
        aside = QPointF(dy, dx) * (5 * scale)
        painter.drawLines([QLineF(start, tip), QLineF(tip, tip - back + aside), QLineF(tip, tip - back - aside)])


def overlapped(slots: Slots, rects: Floats, box: Floats) -> Slots:
    """Which of the boxes with these rectangles lie over `box`."""
    across = (rects[:, 0] < box[0] + box[2]) & (rects[:, 0] + rects[:, 2] > box[0])
    along = (rects[:, 1] < box[1] + box[3]) & (rects[:, 1] + rects[:, 3] > box[1])
    return np.asarray(slots[across & along], np.intp)

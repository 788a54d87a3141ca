"""What would give way if a drag ended now: worked out again when the place changes, shown as ghosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPen

from app.domain import push
from app.domain.edits import Reparent
from app.domain.errors import EditRefused
from app.domain.ground import Ground
from app.domain.lanes import Box
from app.ui.canvas.displacing import MOST_GHOSTS, overlapped, paint_arrows, paint_ghosts
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.landing import Place

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# With more in hand than this the ghosts would say nothing.
MOST_DRAGGED = 40


class GivingWay:
    """For the roots of one drag. Steps push nothing; but a lane or group they come into may grow, and then pushes."""

    def __init__(self, view: CanvasView, roots: tuple[str, ...]) -> None:
        graph = view.graph
        self._view = view
        self._roots = tuple(key for key in roots if key in graph.steps or key in graph.groups)
        self._grounds: dict[Place | None, Ground | None] = {}
        self._asked: tuple[tuple[int, int], Place | None, bool] | None = None
        self._boxes: dict[str, Box] = {}
        self._covered: list[str] = []

    @property
    def has_groups(self) -> bool:
        """Whether something is in hand that pushes."""
        return any(key in self._view.graph.groups for key in self._roots)

    def follow(self, shift: tuple[int, int], place: Place | None, *, keep: bool) -> None:
        """The drag is here now; `place` when it would leave where it stood."""
        if not self._roots or len(self._roots) > MOST_DRAGGED or (shift, place, keep) == self._asked:
            return
        self._asked = shift, place, keep
        ground = self._ground(place)
        self._boxes, self._covered = {}, []
        if ground is None or shift == (0, 0):
            return
        ground = ground.fresh()
        before = {key: ground.box(key) for key in self._roots}
        for key in self._roots:
            ground.shift(key, *shift)
        moved = set(ground.changed())
        for key in self._roots:
            stood = before[key] if place is None else None
            if keep:
                push.hold_only(ground, ground.around(key))
            else:
                push.drop(ground, key, old=stood, others=frozenset(self._roots), pushes=key in self._view.graph.groups)
        self._boxes = {key: box for key, box in ground.changed().items() if key not in moved}
        if keep:
            self._covered = [key for key in self._roots if key in self._view.graph.groups]

    def _ground(self, place: Place | None) -> Ground | None:
        if place not in self._grounds:
            graph = self._view.graph
            try:
                there = graph if place is None else Reparent(self._roots, place.group_id, place.role).apply(graph)
            except EditRefused:
                self._grounds[place] = None
            else:
                self._grounds[place] = Ground(there, self._view.catalog, self._view.folding.folded)
        return self._grounds[place]

    def paint(self, frame: Frame) -> None:
        if frame.detail < Detail.NEAR:
            return
        if self._covered:
            self._paint_covered(frame)
        boxes, look = self._view.scene.geometry.boxes, self._view.scene.pictures.look
        found = {boxes.slot[key]: box for key, box in self._boxes.items() if key in boxes.slot}
        found = {slot: box for slot, box in found.items() if boxes.shown[slot] and int(boxes.parent[slot]) not in found}
        if not found or len(found) > MOST_GHOSTS:
            return
        before, after = boxes.rect[np.array(list(found), np.intp)], np.array(list(found.values()), np.float64)
        paint_ghosts(frame, after, look.accent)
        moves = (before[:, 2:] == after[:, 2:]).all(axis=1)
        paint_arrows(frame, self._view, before[moves], after[moves])

    def _paint_covered(self, frame: Frame) -> None:
        """What a group lies over when its neighbours are kept, in warn."""
        geometry, painter = self._view.scene.geometry, frame.painter
        boxes = geometry.boxes
        painter.setPen(QPen(self._view.scene.pictures.look.warn, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for key in self._covered:
            slot = boxes.slot[key]
            beside = np.flatnonzero(boxes.shown & (boxes.parent == boxes.parent[slot]))
            beside = beside[beside != slot]
            for place in frame.on_screen(boxes.rect[overlapped(beside, boxes.rect[beside], boxes.rect[slot])]).tolist():
                painter.drawRoundedRect(QRectF(*place), 12 * frame.camera.scale, 12 * frame.camera.scale)

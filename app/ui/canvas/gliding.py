"""A change of places shown as a movement: boxes glide from where they were to where the graph has them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, QTimer

from app.ui.canvas.rows import Floats, Slots
from app.ui.theme import theme

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

DURATION_MS = 200
FRAME_MS = 16


class Gliding(QObject):
    """Moves the boxes of one view. Whatever happens in between, `finish` shows them where they are; reduced motion goes there at once."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._slots: Slots = np.zeros(0, np.intp)
        self._edges: Slots = np.zeros(0, np.intp)
        self._start: Floats = np.zeros((0, 4))
        self._end: Floats = np.zeros((0, 4))

    @property
    def is_under_way(self) -> bool:
        return self._timer.isActive()

    def places(self) -> dict[str, Floats]:
        """Where everything is, to glide from after a change."""
        boxes = self._view.scene.geometry.boxes
        return {key: boxes.rect[slot].copy() for key, slot in boxes.slot.items()}

    def start(self, before: dict[str, Floats]) -> None:
        """From these places to the present ones."""
        self.finish()
        if theme().reduce_motion or not self._view.isVisible():
            return
        geometry = self._view.scene.geometry
        boxes = geometry.boxes
        keys = [key for key, rect in before.items() if key in boxes.slot and (boxes.rect[boxes.slot[key]] != rect).any()]
        if not keys:
            return
        self._slots = np.array([boxes.slot[key] for key in keys], np.intp)
        self._edges = geometry.edges_of(self._slots)
        self._start = np.array([before[key] for key in keys])
        self._end = boxes.rect[self._slots].copy()
        self._clock.start()
        self._timer.start()
        self._show(0.0)

    def finish(self) -> None:
        """Show everything where the graph has it."""
        if self._timer.isActive():
            self._timer.stop()
            self._show(1.0)

    def _advance(self) -> None:
        share = min(self._clock.elapsed() / DURATION_MS, 1.0)
        if share == 1.0:
            self._timer.stop()
        self._show(1.0 - (1.0 - share) ** 3)

    def _show(self, share: float) -> None:
        geometry = self._view.scene.geometry
        geometry.shift(self._slots, self._start + (self._end - self._start) * share, self._edges)
        for slot in self._slots.tolist():
            geometry.forget_lanes(slot)
            if (around := int(geometry.boxes.parent[slot])) >= 0:
                geometry.forget_lanes(around)
        self._view.composer.invalidate()

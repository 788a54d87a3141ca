"""What was found stands out: all else on the canvas is faded while something is looked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPen

from app.ui.canvas.frame import Detail, Frame

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

_FADED = 0.62
_MOST_OUTLINES = 400


class Spotlight(QObject):
    """Shines on some elements of one view; on none it is off."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self.ids: frozenset[str] = frozenset()

    def shine(self, ids: Iterable[str]) -> None:
        found = frozenset(ids)
        if found != self.ids:
            self.ids = found
            self._view.update()

    def paint(self, frame: Frame) -> None:
        """The veil, and over it what was found once more."""
        if not self.ids:
            return
        scene = self._view.scene
        geometry, look, painter = scene.geometry, scene.pictures.look, frame.painter
        veil = QColor(look.canvas)
        veil.setAlphaF(_FADED)
        painter.fillRect(frame.clip, veil)
        boxes, edges = np.zeros(len(geometry.boxes.ids), bool), np.zeros(len(geometry.links.ids), bool)
        boxes[[geometry.boxes.slot[id] for id in self.ids if id in geometry.boxes.slot]] = True
        edges[[geometry.links.slot[id] for id in self.ids if id in geometry.links.slot]] = True
        scene.paint(frame, boxes=boxes & geometry.boxes.shown, edges=edges & geometry.links.shown)
        seen = np.flatnonzero(boxes & geometry.boxes_in(*frame.world))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.accent, 1.5 if frame.detail >= Detail.NEAR else 1.0))
        for x, y, width, height in frame.on_screen(geometry.boxes.rect[seen[:_MOST_OUTLINES]]).tolist():
            radius = 10 * frame.camera.scale
            painter.drawRoundedRect(QRectF(x - 2, y - 2, width + 4, height + 4), radius + 2, radius + 2)

"""One painting of some part of the canvas: the painter, the camera, the part, and how much may be spent on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.ui.canvas.camera import Camera
from app.ui.canvas.rows import Floats
from app.ui.canvas.sprites import Budget

# How far items reach beyond their box, in world px: shadow, ports, chip, halo.
REACH = 24.0


class Detail(IntEnum):
    """What is shown at a scale: colours only; one picture per kind; words; words on edges too."""

    FAR = 0
    MIDDLE = 1
    NEAR = 2
    CLOSE = 3


def detail_at(scale: float) -> Detail:
    if scale < 0.22:
        return Detail.FAR
    if scale < 0.40:
        return Detail.MIDDLE
    return Detail.NEAR if scale <= 0.50 else Detail.CLOSE


@dataclass(frozen=True, slots=True)
class Frame:
    """`clip` is the part to paint, in logical px of the widget. While `zooming`, sprites of the nearest bucket are good enough."""

    painter: QPainter
    camera: Camera
    clip: QRectF
    budget: Budget
    zooming: bool = False

    @property
    def detail(self) -> Detail:
        return detail_at(self.camera.scale)

    @property
    def world(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what may show in the part."""
        seen = self.camera.rect_to_world(self.clip)
        return seen.left() - REACH, seen.top() - REACH, seen.right() + REACH, seen.bottom() + REACH

    def on_screen(self, rects: Floats) -> Floats:
        """World rectangles (n, 4) in logical px of the widget."""
        camera = self.camera
        result = rects * camera.scale
        result[:, 0] -= camera.x * camera.scale
        result[:, 1] -= camera.y * camera.scale
        return result

    def corners(self, rects: Floats) -> Floats:
        """The corners of world rectangles on screen, on whole device px so that sprites need no resampling."""
        camera = self.camera
        unit = camera.scale * camera.dpr
        places = np.floor((rects[:, :2] - np.array([camera.x, camera.y])) * unit + 0.5)
        return np.asarray(places / camera.dpr)

    def curve(self, points: Floats) -> Floats:
        """Control points (n, 4, 2) on screen."""
        camera = self.camera
        return np.asarray((points - np.array([camera.x, camera.y])) * camera.scale)

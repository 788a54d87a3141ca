"""The eye over the canvas: which world point lies at the widget's corner, and how large a world px is drawn.

Screen px are logical px of the widget. The camera stands on whole device px, so that panning can move what is painted
already: a world point keeps its fraction of a device px while only the camera's place changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF

MIN_SCALE = 0.04
MAX_SCALE = 4.0


@dataclass(frozen=True, slots=True)
class Camera:
    """World point (`x`, `y`) is at the top left corner; `dpr` device px make one logical px."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    dpr: float = 1.0

    def to_screen(self, point: QPointF) -> QPointF:
        return QPointF((point.x() - self.x) * self.scale, (point.y() - self.y) * self.scale)

    def to_world(self, point: QPointF) -> QPointF:
        return QPointF(point.x() / self.scale + self.x, point.y() / self.scale + self.y)

    def rect_to_screen(self, rect: QRectF) -> QRectF:
        corner = self.to_screen(rect.topLeft())
        return QRectF(corner.x(), corner.y(), rect.width() * self.scale, rect.height() * self.scale)

    def rect_to_world(self, rect: QRectF) -> QRectF:
        corner = self.to_world(rect.topLeft())
        return QRectF(corner.x(), corner.y(), rect.width() / self.scale, rect.height() / self.scale)

    def panned(self, dx: float, dy: float) -> tuple[Camera, int, int]:
        """The camera after the picture moved by (dx, dy) logical px, with the move in whole device px."""
        step_x, step_y = round(dx * self.dpr), round(dy * self.dpr)
        unit = self.scale * self.dpr
        return replace(self, x=self.x - step_x / unit, y=self.y - step_y / unit), step_x, step_y

    def zoomed(self, scale: float, at: QPointF) -> Camera:
        """The camera at another scale with the world point under `at` staying there."""
        scale = min(max(scale, MIN_SCALE), MAX_SCALE)
        fixed = self.to_world(at)
        return replace(self, x=fixed.x() - at.x() / scale, y=fixed.y() - at.y() / scale, scale=scale)

    def looking_at(self, world: QRectF, view: QRectF, *, smallest: float = MIN_SCALE, largest: float = 1.0) -> Camera:
        """The camera that shows `world` whole and centred within `view`, unless that needs a scale out of bounds."""
        width, height = max(world.width(), 1.0), max(world.height(), 1.0)
        scale = max(min(view.width() / width, view.height() / height, largest), smallest)
        centre = world.center()
        return replace(self, x=centre.x() - view.center().x() / scale, y=centre.y() - view.center().y() / scale, scale=scale)

    def centred(self, world: QPointF, view: QRectF) -> Camera:
        return replace(self, x=world.x() - view.center().x() / self.scale, y=world.y() - view.center().y() / self.scale)

"""Leading an edge another way: its words, or its line away from the ends, are dragged, and the curve follows.

Near its natural way the words only move along it; farther off the curve is drawn to the pointer. The route is kept with
the workflow. The edge's own way is always measured anew, so that a route stays beside it when steps move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QApplication

from app.domain.routes import Route, route_edit, route_of, routes_in
from app.ui.canvas import curves
from app.ui.canvas.frame import REACH, Frame
from app.ui.canvas.hits import Hit
from app.ui.canvas.rows import Floats

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# Within this distance of its natural way, in screen px, an edge keeps to it.
OWN_WAY = 12.0
_TS = np.arange(1, 20) * 0.05
BENT = (5, 13)
"""Of these places along it, the first and last where a curve is drawn aside: 0.3 and 0.7."""


class Leading:
    """A press on an edge selects it; moved on, it is led to the pointer."""

    cursor = Qt.CursorShape.ArrowCursor
    lives = False

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF) -> None:
        assert hit.id is not None
        links = view.scene.geometry.links
        self._view, self._id, self._slot = view, hit.id, links.slot[hit.id]
        self._pressed_at = at
        self._kept = route_of(routes_in(view.graph.details).get(hit.id))
        self._route = self._kept
        self._own: Floats = links.points[self._slot].copy()
        self._own[1:3] -= links.bend[self._slot]
        self._grasp = self._grasped(view, at, on_words=hit.part == "label")
        self._held = False
        view.select((hit.id,))

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if not self._held:
            if (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
                return
            self._held = True
            self._invalidate()
            self._view.composer.lift(np.zeros(0, np.intp), np.array([self._slot], np.intp))
        self._route = self._route_to(self._view.camera.to_world(at) - self._grasp)
        self._show(self._route)

    def end(self, at: QPointF) -> None:
        if not self._held:
            return
        route = self._route
        self.cancel()
        plain = route is None or route == Route()
        if (None if plain else route) != self._kept:
            self._view.change(route_edit(self._view.graph, self._id, route))

    def cancel(self) -> None:
        if self._held:
            self._held = False
            self._show(self._kept)
            self._view.composer.settle()
            self._invalidate()

    def paint(self, frame: Frame) -> None:
        """The edge's own way, while it is led another."""
        if not self._held or self._route is None or (self._route.x, self._route.y) == (0, 0):
            return
        pen = QPen(self._view.scene.pictures.look.border_strong, 1)
        pen.setDashPattern([4, 3])
        frame.painter.setPen(pen)
        points = frame.curve(self._own[None])
        way = curves.sampled(points, 24)[0]
        frame.painter.drawPolyline([QPointF(x, y) for x, y in way.tolist()])

    def _grasped(self, view: CanvasView, at: QPointF, *, on_words: bool) -> QPointF:
        """How far beside the middle of the words they were taken."""
        if not on_words:
            return QPointF()
        _, box = view.scene.layers.label_places.of(self._slot)
        return view.camera.to_world(at) - box.center()

    def _route_to(self, world: QPointF) -> Route:
        """The route that leads through a world point."""
        weights = np.stack([(1 - _TS) ** 3, 3 * (1 - _TS) ** 2 * _TS, 3 * (1 - _TS) * _TS**2, _TS**3], axis=1)
        way = weights @ self._own
        away = way - np.array([world.x(), world.y()])
        nearest = int(np.hypot(away[:, 0], away[:, 1]).argmin())
        if np.hypot(*away[nearest]) * self._view.camera.scale <= OWN_WAY:
            return Route.at(float(_TS[nearest]), 0, 0)
        # Drawn aside near an end, a curve would sling: it is bent around its middle.
        nearest = min(max(nearest, BENT[0]), BENT[1])
        x, y = (-away[nearest]).tolist()
        return Route.at(float(_TS[nearest]), x, y)

    def _show(self, route: Route | None) -> None:
        """Draw the edge along a route; the graph is not changed."""
        geometry = self._view.scene.geometry
        self._invalidate()
        geometry.lead(self._slot, route)
        nothing = np.zeros(0, np.intp)
        geometry.shift(nothing, np.zeros((0, 4)), np.array([self._slot], np.intp))
        self._view.scene.layers.label_places.forget(self._slot)
        self._view.update()

    def _invalidate(self) -> None:
        left, top, right, bottom = self._view.scene.geometry.links.bounds[self._slot].tolist()
        around = QRectF(left, top, right - left, bottom - top).adjusted(-REACH - 90, -REACH, REACH + 90, REACH)
        self._view.composer.invalidate(around)

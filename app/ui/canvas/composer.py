"""From the layers to the widget: backing store at the bottom, what moves over it, what a run and the hand add on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent

from app.ui.canvas import decorations, rewiring
from app.ui.canvas.backing import BackingStore
from app.ui.canvas.difference_layer import DifferenceLayer
from app.ui.canvas.empty_hint import paint_empty_hint
from app.ui.canvas.frame import REACH, Frame
from app.ui.canvas.marks import Marks
from app.ui.canvas.overlay_layer import OverlayLayer
from app.ui.canvas.rows import Mask, Slots
from app.ui.canvas.sprites import Budget
from app.ui.canvas.word_chips import paint_word_chips

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# What one frame may spend on new sprites, in ms.
ZOOM_BUDGET = 3.0
REST_BUDGET = 4.0


class Composer:
    """Paints one view. Boxes and edges that are *lifted* are left out of the store and painted anew in every frame."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._store = BackingStore()
        self._lifted: tuple[Mask, Mask] | None = None
        self.marks = Marks(view)
        self.overlay_layer = OverlayLayer(view.scene, view.overlay)
        self.difference: DifferenceLayer | None = None
        """Set while two versions are compared: it paints the scene, and what differs over it."""
        self._without_nodes = False
        # Whether something shown was painted with sprites that are not the right ones.
        self.rough = False

    def follow_scene(self) -> None:
        """The view shows another scene."""
        phase = self.overlay_layer.phase
        self.overlay_layer = OverlayLayer(self._view.scene, self._view.overlay)
        self.overlay_layer.phase = phase
        self._lifted = None
        self.invalidate()

    def lift(self, slots: Slots, edges: Slots) -> None:
        """Take these boxes and edges off the store, to be moved."""
        geometry = self._view.scene.geometry
        boxes, links = np.zeros(len(geometry.boxes.ids), bool), np.zeros(len(geometry.links.ids), bool)
        boxes[slots], links[edges] = True, True
        self._lifted = boxes, links
        self._invalidate_lifted(slots, edges)

    def settle(self) -> None:
        """Put what was lifted back into the store."""
        if self._lifted is not None:
            boxes, links = self._lifted
            self._lifted = None
            self._invalidate_lifted(np.flatnonzero(boxes), np.flatnonzero(links))

    def _invalidate_lifted(self, slots: Slots, edges: Slots) -> None:
        geometry = self._view.scene.geometry
        extent = geometry.extent(slots)
        if extent is None:
            return
        left, top, right, bottom = extent
        if len(edges):
            bounds = geometry.links.bounds[edges]
            low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
            left, top = min(left, low[0]), min(top, low[1])
            right, bottom = max(right, high[0]), max(bottom, high[1])
        self.invalidate(QRectF(left, top, right - left, bottom - top).adjusted(-REACH, -REACH, REACH, REACH))

    def invalidate(self, world: QRectF | None = None) -> None:
        """Paint this part of the world anew before it is shown next; None: everything."""
        if world is None:
            self._store.invalidate()
            self._view.update()
        elif world.isValid():
            screen = self._view.camera.rect_to_screen(world).adjusted(-2, -2, 2, 2)
            self._store.invalidate(screen)
            self._view.update(screen.toAlignedRect())

    def scroll(self, step_x: int, step_y: int) -> None:
        """The camera panned by whole device px."""
        self._store.scroll(step_x, step_y)
        self._view.update()

    def follow_change(self, world: QRectF | None) -> None:
        """The scene took a change that shows in a part of the world; labels elsewhere may have made room for it."""
        self.invalidate(world)
        frame = self._frame(QPainter(), QRectF(self._view.rect()), Budget(0), zooming=False)
        for part in self._view.scene.moved_labels(frame):
            self.invalidate(part.adjusted(-2, -2, 2, 2))

    def prepare(self, budget: Budget) -> bool:
        """Paint missing sprites of nodes in sight, without showing anything; true when there are none left."""
        frame = self._frame(QPainter(), QRectF(self._view.rect()), budget, zooming=False)
        return self._view.scene.prepare(frame)

    def paint(self, event: QPaintEvent) -> None:
        """Bring the store up to date and show the event's region with everything on top."""
        view = self._view
        self._store.resize(view.size(), view.devicePixelRatioF())
        budget = Budget(ZOOM_BUDGET if view.zooming else REST_BUDGET)
        whole = self._frame(QPainter(), QRectF(view.rect()), budget, zooming=view.zooming)
        if self.overlay_layer.takes_over(whole) != self._without_nodes:
            self._without_nodes = not self._without_nodes
            self._store.invalidate()
        anew = self._store.is_stale_throughout
        self._store.refresh(lambda painter, part: self._static(painter, part, budget))
        painter = QPainter(view)
        try:
            painter.drawPixmap(0, 0, self._store.pixmap)
            frame = self._frame(painter, QRectF(event.region().boundingRect()), budget, zooming=view.zooming)
            if self._lifted is not None:
                self._paint_scene(frame, boxes=self._lifted[0], edges=self._lifted[1])
            self._on_top(frame)
        finally:
            painter.end()
        self.rough = budget.missed > 0 or (self.rough and not anew)

    def _static(self, painter: QPainter, part: QRectF, budget: Budget) -> None:
        frame = self._frame(painter, part, budget, zooming=self._view.zooming)
        self._view.scene.layers.ground(frame)
        if self._lifted is None:
            self._paint_scene(frame)
        else:
            self._paint_scene(frame, boxes=~self._lifted[0], edges=~self._lifted[1])

    def _paint_scene(self, frame: Frame, *, boxes: Mask | None = None, edges: Mask | None = None) -> None:
        """The scene without what the overlay paints in its own way."""
        if self.difference is not None:
            self.difference.paint_scene(frame)
            return
        if not self.overlay_layer.takes_over(frame):
            self._view.scene.paint(frame, boxes=boxes, edges=edges)
            return
        idle = self._view.overlay.edge_states == 0
        self._view.scene.paint(frame, boxes=boxes, edges=idle if edges is None else idle & edges, nodes=False)

    def _on_top(self, frame: Frame) -> None:
        view = self._view
        paint_empty_hint(frame, view)
        view.spotlight.paint(frame)
        self.overlay_layer.paint(frame)
        if self.difference is not None:
            self.difference.paint(frame)
        decorations.paint_selection(frame, view.scene, view.selected_ids())
        rewiring.paint_grips(frame, view)
        self.marks.frames(frame)
        self.overlay_layer.chips(frame)
        self.marks.paint(frame)
        if self.difference is not None:
            self.difference.chips(frame)
        paint_word_chips(frame, view.scene, self.overlay_layer, view.word_chips)
        decorations.paint_problems(frame, view.scene, self.overlay_layer, view.problems)
        if view.gesture is None:
            decorations.paint_hover(frame, view.scene, view.hovered, editable=view.editable)
        else:
            view.gesture.paint(frame)
        view.dropping.paint(frame)
        view.adding.paint(frame)

    def _frame(self, painter: QPainter, clip: QRectF, budget: Budget, *, zooming: bool) -> Frame:
        return Frame(painter, self._view.camera, clip, budget, zooming)

    def moving_parts(self) -> list[QRectF]:
        """Where the screen changes by itself as time goes on."""
        frame = self._frame(QPainter(), QRectF(self._view.rect()), Budget(0), zooming=False)
        return self.overlay_layer.moving(frame)

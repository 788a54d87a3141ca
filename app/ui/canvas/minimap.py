"""The whole graph in a corner, with the part that is seen; press or drag to go there."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.ui.canvas.batches import draw_rects
from app.ui.canvas.camera import Camera
from app.ui.canvas.eye import ZOOM_STEP
from app.ui.canvas.faces import CATEGORIES
from app.ui.canvas.geometry import Kind
from app.ui.canvas.overlay import CODE, STATES
from app.ui.canvas.view import CanvasView
from app.ui.theme import theme, tint
from app.ui.widgets.painting import draw_box, painting

SIZE = QSize(208, 136)
EDGE = 14
PADDING = 8
REDRAW_MS = 80
# Groups in these states show it by their border; all others keep their category's.
_TOLD = [CODE[state] for state in ("running", "failed", "retrying", "waiting")]


class Minimap(QWidget):
    """Lies over the lower right corner of its view and is painted with each of its frames.

    The picture of the graph is kept until the graph or a state changes.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.setObjectName("canvas-minimap")
        self.setAccessibleName("Overview of the workflow")
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setMouseTracking(True)
        self.setToolTip("Press or drag to go there, turn the wheel to zoom")
        self._view = view
        self._picture: QPixmap | None = None
        self._held = QPointF()
        self._lift = 0
        self.eye = Camera()
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self._draw_anew)
        view.graph_changed.connect(self._start_redraw)
        theme().changed.connect(self._draw_anew)
        view.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def lift(self, by: int) -> None:
        """Stand so many px higher: something else lies along the foot of the view."""
        self._lift = by
        self._place()

    def _place(self) -> None:
        self.move(self._view.width() - SIZE.width() - EDGE, self._view.height() - SIZE.height() - EDGE - self._lift)

    def _start_redraw(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw_anew(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Over each frame of the view, so it is one blit and one plain rectangle."""
        accent = theme().tokens.accent
        if self._picture is None:
            self._picture = self._painted()
        painter = QPainter(self)
        try:
            painter.drawPixmap(0, 0, self._picture)
            box = self.seen.intersected(QRectF(self.rect()).adjusted(PADDING, PADDING, -PADDING, -PADDING))
            if not box.isEmpty():
                painter.setPen(QPen(QColor(accent), 1.5))
                painter.setBrush(tint(accent, 0.08))
                painter.drawRect(box.toRect())
        finally:
            painter.end()

    def _painted(self) -> QPixmap:
        """All boxes: by category, or with a run by state."""
        density = self.devicePixelRatioF()
        picture = QPixmap(round(SIZE.width() * density), round(SIZE.height() * density))
        picture.setDevicePixelRatio(density)
        picture.fill(Qt.GlobalColor.transparent)
        tokens = theme().tokens
        with painting(picture) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.panel, border=tokens.border)
        geometry = self._view.scene.geometry
        extent = geometry.extent()
        if extent is None:
            return picture
        left, top, right, bottom = extent
        inner = QRectF(self.rect()).adjusted(PADDING + 4, PADDING + 4, -PADDING - 4, -PADDING - 4)
        self.eye = Camera().looking_at(QRectF(left, top, right - left, bottom - top), inner, smallest=0.0, largest=0.16)
        painter = QPainter(picture)
        try:
            painter.setClipRect(QRectF(self.rect()).adjusted(PADDING, PADDING, -PADDING, -PADDING))
            self._paint_boxes(painter)
        finally:
            painter.end()
        return picture

    def _paint_boxes(self, painter: QPainter) -> None:
        geometry, look, eye = self._view.scene.geometry, self._view.scene.pictures.look, self.eye
        boxes = geometry.boxes
        places = (boxes.rect - np.array([eye.x, eye.y, 0, 0])) * eye.scale
        places[:, 2:] = np.maximum(places[:, 2:], 1.5)
        painter.setPen(Qt.PenStyle.NoPen)
        for slot in np.flatnonzero(boxes.shown & (boxes.kind == Kind.NOTE)).tolist():
            painter.setBrush(self._view.scene.pictures.note_ground(slot))
            painter.drawRect(QRectF(*places[slot]))
        for code in range(len(CATEGORIES)):
            category = look.categories[code]
            painter.setPen(category.border)
            painter.setBrush(category.fill)
            draw_rects(painter, places[boxes.shown & geometry.opened & (boxes.category == code)])
        painter.setPen(Qt.PenStyle.NoPen)
        nodes = boxes.shown & ((boxes.kind == Kind.STEP) | boxes.collapsed)
        overlay = self._view.overlay
        if overlay.active:
            states = overlay.box_states
            painter.setBrush(look.border_strong)
            draw_rects(painter, places[nodes & (states == 0)])
            for code in np.unique(states[nodes & (states > 0)]).tolist():
                painter.setBrush(look.states[STATES[code]].colour)
                draw_rects(painter, places[nodes & (states == code)])
            groups = boxes.shown & geometry.opened
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for code in np.unique(states[groups & np.isin(states, _TOLD)]).tolist():
                painter.setPen(look.states[STATES[code]].colour)
                draw_rects(painter, places[groups & (states == code)])
            return
        for code in range(len(CATEGORIES)):
            painter.setBrush(look.categories[code].far)
            draw_rects(painter, places[nodes & (boxes.category == code)])

    @property
    def seen(self) -> QRectF:
        """The part that the view shows, on this widget."""
        return self.eye.rect_to_screen(self._view.camera.rect_to_world(QRectF(self._view.rect())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """In the frame: take hold of it where it is. Elsewhere: bring it there."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        frame = self.seen
        self._held = event.position() - frame.center() if frame.contains(event.position()) else QPointF()
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())
        else:
            inside = self.seen.contains(event.position())
            self.setCursor(Qt.CursorShape.OpenHandCursor if inside else Qt.CursorShape.ArrowCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom into the place under the pointer."""
        view = self._view
        place = self.eye.to_world(event.position())
        view.look_from(view.camera.centred(place, QRectF(view.rect())))
        view.set_zoom(view.zoom * ZOOM_STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def _go(self, at: QPointF) -> None:
        """Look at the place under the pointer, or keep what was taken hold of under it."""
        view = self._view
        view.look_from(view.camera.centred(self.eye.to_world(at - self._held), QRectF(view.rect())))

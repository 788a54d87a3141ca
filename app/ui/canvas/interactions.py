"""One object per mouse gesture: made when the button goes down, moved, then ended or cancelled.

A gesture shows what it would do; only its end pushes an edit, and a cancelled one leaves no trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QApplication

from app.ui.canvas.batches import draw_rects
from app.ui.canvas.corner import CornerClick
from app.ui.canvas.dragging import Drag
from app.ui.canvas.frame import Frame
from app.ui.canvas.hits import Hit
from app.ui.canvas.leading import Leading
from app.ui.canvas.resizing import Resizing
from app.ui.canvas.rewiring import Rewiring, end_under
from app.ui.canvas.wiring import Wiring
from app.ui.theme import tint

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class Gesture(Protocol):
    """What the mouse is doing. Points are in logical px of the widget; one that `lives` is repainted while the hand rests."""

    cursor: Qt.CursorShape
    lives: bool

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None: ...

    def end(self, at: QPointF) -> None: ...

    def cancel(self) -> None: ...

    def paint(self, frame: Frame) -> None: ...


def gesture_for(view: CanvasView, hit: Hit, at: QPointF, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> Gesture | None:
    """The gesture that a press begins; None when the press is not the canvas's."""
    if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and view.panning):
        return Pan(view, at)
    if button != Qt.MouseButton.LeftButton:
        return None
    if hit.part == "chevron" and hit.id is not None:
        return Toggle(view, hit.id)
    if hit.part == "corner" and not modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
        return CornerClick(view, hit, at, modifiers)
    plain = modifiers == Qt.KeyboardModifier.NoModifier
    if view.editable and plain and (taken := end_under(view, hit, at)) is not None:
        return Rewiring(view, *taken, at)
    if view.editable and plain and hit.kind == "edge":
        return Leading(view, hit, at)
    if view.editable and hit.is_port:
        return Wiring(view, hit, at)
    if view.editable and hit.is_border:
        return Resizing(view, hit, at)
    if hit.kind == "canvas" or (hit.kind == "group" and hit.part == "body"):
        return RubberBand(view, hit, at, modifiers)
    return Drag(view, hit, at, modifiers)


class Pan:
    """The canvas follows the hand."""

    cursor = Qt.CursorShape.ClosedHandCursor
    lives = False

    def __init__(self, view: CanvasView, at: QPointF) -> None:
        self._view, self._last = view, at
        self._start = view.camera

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        moved = at - self._last
        self._last = at
        self._view.pan_by(moved.x(), moved.y())

    def end(self, at: QPointF) -> None:
        self.move(at, Qt.KeyboardModifier.NoModifier)

    def cancel(self) -> None:
        self._view.look_from(self._start)

    def paint(self, frame: Frame) -> None:
        """The canvas itself moves."""


class Toggle:
    """A click on a chevron folds a group or opens it."""

    cursor = Qt.CursorShape.PointingHandCursor
    lives = False

    def __init__(self, view: CanvasView, group_id: str) -> None:
        self._view, self._group_id = view, group_id

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """A click does not follow the pointer."""

    def end(self, at: QPointF) -> None:
        if self._view.hit(at).id == self._group_id:
            self._view.folding.toggle(self._group_id)

    def cancel(self) -> None:
        """Nothing was done yet."""

    def paint(self, frame: Frame) -> None:
        """Nothing to show before the click is done."""


class RubberBand:
    """A rectangle that selects what it touches; a click without moving selects what is under it, or nothing.

    Shift adds to what was selected, Ctrl takes out what was and adds what was not.
    """

    cursor = Qt.CursorShape.ArrowCursor
    lives = False

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._view, self._hit = view, hit
        self._adds = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        self._toggles = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._before = view.selected_ids()
        self._start = view.camera.to_world(at)
        self._pressed_at = at
        self._band: QRectF | None = None
        self._touched = np.zeros(0, np.intp)

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._band is None and (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
            return
        now = self._view.camera.to_world(at)
        old = self._band if self._band is not None else QRectF(now, now)
        self._band = QRectF(self._start, now).normalized()
        self._touched = self._in_band(self._band)
        self._view.update_world(old.united(self._band))

    def _in_band(self, band: QRectF) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """What the band touches; a group only when it lies wholly within, else its inside could not be picked."""
        geometry = self._view.scene.geometry
        touched = geometry.boxes_in(band.left(), band.top(), band.right(), band.bottom())
        rect = geometry.boxes.rect
        inside = (rect[:, 0] >= band.left()) & (rect[:, 1] >= band.top())
        inside &= (rect[:, 0] + rect[:, 2] <= band.right()) & (rect[:, 1] + rect[:, 3] <= band.bottom())
        opened = geometry.opened
        return np.flatnonzero(touched & (~opened | inside))

    def end(self, at: QPointF) -> None:
        self.move(at, Qt.KeyboardModifier.NoModifier)
        if self._band is None:
            self._choose((self._hit.id,) if self._hit.id is not None else ())
            return
        ids = self._view.scene.geometry.boxes.ids
        touched = tuple(key for key in (ids[slot] for slot in self._touched.tolist()) if key is not None)
        self._choose(touched)

    def _choose(self, ids: tuple[str, ...]) -> None:
        """Select these; with Shift beside what was selected, with Ctrl each goes over to the other side."""
        if self._toggles:
            kept = [key for key in self._before if key not in set(ids)]
            self._view.select((*kept, *(key for key in ids if key not in set(self._before))))
        else:
            self._view.select((*self._before, *ids) if self._adds else ids)

    def cancel(self) -> None:
        self._view.select(self._before)

    def paint(self, frame: Frame) -> None:
        if self._band is None:
            return
        tokens = self._view.scene.pictures.look.tokens
        painter = frame.painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        rect = self._view.scene.geometry.boxes.rect[self._touched]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._view.scene.pictures.look.accent, 1))
        left, top, right, bottom = frame.world
        seen = (rect[:, 0] < right) & (rect[:, 0] + rect[:, 2] > left) & (rect[:, 1] < bottom) & (rect[:, 1] + rect[:, 3] > top)
        draw_rects(painter, np.rint(frame.on_screen(rect[seen])))
        painter.setBrush(tint(tokens.accent, 0.10))
        painter.drawRect(frame.camera.rect_to_screen(self._band).toRect())

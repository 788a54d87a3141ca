"""A press on the top left corner of a step: a click there sets or takes away a breakpoint, a drag moves the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.ui.canvas.dragging import Drag
from app.ui.canvas.frame import Frame
from app.ui.canvas.hits import Hit

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class CornerClick:
    """Alt as the button goes down means after the step instead of before it."""

    cursor = Qt.CursorShape.PointingHandCursor
    lives = False

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._view, self._hit, self._at, self._modifiers = view, hit, at, modifiers
        self._drag: Drag | None = None

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._drag is None and (at - self._at).manhattanLength() >= QApplication.startDragDistance():
            self._drag = Drag(self._view, Hit(self._hit.kind, self._hit.id, "body"), self._at, self._modifiers)
        if self._drag is not None:
            self._drag.move(at, modifiers)

    def end(self, at: QPointF) -> None:
        self.move(at, Qt.KeyboardModifier.NoModifier)
        if self._drag is not None:
            self._drag.end(at)
        elif self._hit.id is not None:
            after = bool(self._modifiers & Qt.KeyboardModifier.AltModifier)
            self._view.composer.marks.clicked.emit(self._hit.id, "after" if after else "before")

    def cancel(self) -> None:
        if self._drag is not None:
            self._drag.cancel()

    def paint(self, frame: Frame) -> None:
        if self._drag is not None:
            self._drag.paint(frame)

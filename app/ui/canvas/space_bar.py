"""When the canvas follows the hand: with the hand tool, or while Space is held. Space tapped asks what to add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent

from app.ui.canvas import keyboard

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# A Space held for longer pans and does not ask what to add.
TAP_MS = 350


class SpaceBar:
    """Space and the hand tool of one canvas."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._held = self._tapped = self._tool = False
        self._too_long = QTimer(view, singleShot=True, interval=TAP_MS)
        self._too_long.timeout.connect(self.used)

    def press(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._held = self._tapped = True
            self._too_long.start()
            self._settle()

    def release(self, event: QKeyEvent) -> None:
        tapped, self._tapped, self._held = self._tapped, False, False
        self._settle()
        if tapped and self._view.gesture is None:
            keyboard.add_by_typing(self._view, behind=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def used(self) -> None:
        """What is held is no tap any more: a button went down, or it was held too long."""
        self._tapped = False

    def set_tool(self, on: bool) -> None:
        self._tool = on
        self._settle()

    def _settle(self) -> None:
        self._view.set_panning(self._held or self._tool)

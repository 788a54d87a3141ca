"""What a hand does with a mouse where Qt's tests stop half-way."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def double_click(widget: QWidget, at: QPoint | QPointF | None = None) -> None:
    """Press, release, press again and let go: Qt's own leaves the button pressed, for all tests that follow in its process."""
    where = at.toPoint() if isinstance(at, QPointF) else at if at is not None else widget.rect().center()
    QTest.mouseDClick(widget, LEFT, NO_KEY, where)
    QTest.mouseRelease(widget, LEFT, NO_KEY, where)

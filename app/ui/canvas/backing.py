"""What is painted already: a pixmap of the static canvas that is moved when the camera pans and mended where it is stale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap, QRegion

Render = Callable[[QPainter, QRectF], None]

# More stale pieces than this are painted as one box around them.
PIECES = 8


class BackingStore:
    """The widget's size in device px; everything else here is in logical px."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._size = QSize()
        self._stale = QRegion()

    @property
    def pixmap(self) -> QPixmap:
        return self._pixmap

    def resize(self, size: QSize, dpr: float) -> None:
        if size == self._size and self._pixmap.devicePixelRatio() == dpr:
            return
        self._size = QSize(size)
        self._pixmap = QPixmap(round(size.width() * dpr), round(size.height() * dpr))
        self._pixmap.setDevicePixelRatio(dpr)
        self.invalidate()

    def invalidate(self, part: QRectF | None = None) -> None:
        """This part must be painted again before it is shown; None: all of it."""
        whole = QRect(0, 0, self._size.width(), self._size.height())
        self._stale |= QRegion(whole if part is None else part.toAlignedRect() & whole)

    def scroll(self, step_x: int, step_y: int) -> None:
        """Move the picture by whole device px; what comes into view is stale."""
        dpr = self._pixmap.devicePixelRatio()
        whole = QRect(0, 0, self._size.width(), self._size.height())
        device = QRect(0, 0, self._pixmap.width(), self._pixmap.height())
        if abs(step_x) >= device.width() or abs(step_y) >= device.height():
            self.invalidate()
            return
        self._pixmap.scroll(step_x, step_y, device)
        moved = QRegion(_shifted(whole, step_x / dpr, step_y / dpr))
        kept = QRegion()
        for part in _parts(self._stale):
            kept |= QRegion(QRectF(part).translated(step_x / dpr, step_y / dpr).toAlignedRect())
        self._stale = (kept | (QRegion(whole) - moved)) & QRegion(whole)

    def refresh(self, render: Render) -> None:
        """Paint what is stale with `render(painter, part)`."""
        if self._stale.isEmpty():
            return
        parts = _parts(self._stale) if self._stale.rectCount() <= PIECES else [self._stale.boundingRect()]
        self._stale = QRegion()
        painter = QPainter(self._pixmap)
        try:
            for part in parts:
                painter.setClipRect(part)
                render(painter, QRectF(part))
        finally:
            painter.end()


def _parts(region: QRegion) -> list[QRect]:
    return list(cast(Iterable[QRect], region))


def _shifted(whole: QRect, dx: float, dy: float) -> QRect:
    """The whole px of the moved picture that are surely painted."""
    moved = QRectF(whole).translated(dx, dy)
    left, top = -int(-moved.left() // 1), -int(-moved.top() // 1)
    return QRect(left, top, int(moved.right() // 1) - left, int(moved.bottom() // 1) - top)

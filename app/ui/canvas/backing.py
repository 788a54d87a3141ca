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
    """Stale parts are counted in device px: at densities such as 1.25 a logical px is no whole number of them."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._dpr = 1.0
        self._stale = QRegion()

    @property
    def pixmap(self) -> QPixmap:
        return self._pixmap

    def resize(self, size: QSize, dpr: float) -> None:
        """Take a widget's size in logical px; another size or density makes everything stale."""
        device = QSize(round(size.width() * dpr), round(size.height() * dpr))
        if device == self._pixmap.size() and self._dpr == dpr:
            return
        self._dpr = dpr
        self._pixmap = QPixmap(device)
        self._pixmap.setDevicePixelRatio(dpr)
        self._stale = QRegion(self._whole)

    @property
    def _whole(self) -> QRect:
        return QRect(0, 0, self._pixmap.width(), self._pixmap.height())

    def invalidate(self, part: QRectF | None = None) -> None:
        """This part, in logical px, must be painted again before it is shown; None: all of it."""
        if part is None:
            self._stale = QRegion(self._whole)
        else:
            dpr = self._dpr
            device = QRectF(part.x() * dpr, part.y() * dpr, part.width() * dpr, part.height() * dpr)
            self._stale |= QRegion(device.toAlignedRect() & self._whole)

    @property
    def is_stale_throughout(self) -> bool:
        """Whether nothing of what was painted will be shown again."""
        return bool(self._stale == QRegion(self._whole))

    def scroll(self, step_x: int, step_y: int) -> None:
        """Move the picture by device px; what comes into view is stale."""
        whole = self._whole
        if abs(step_x) >= whole.width() or abs(step_y) >= whole.height():
            self.invalidate()
            return
        self._pixmap.scroll(step_x, step_y, whole)
        uncovered = QRegion(whole) - QRegion(whole.translated(step_x, step_y))
        self._stale = (self._stale.translated(step_x, step_y) | uncovered) & QRegion(whole)

    def refresh(self, render: Render) -> None:
        """Paint what is stale with `render(painter, part)`, the part in logical px."""
        if self._stale.isEmpty():
            return
        few = self._stale.rectCount() <= PIECES
        parts = list(cast(Iterable[QRect], self._stale)) if few else [self._stale.boundingRect()]
        self._stale = QRegion()
        painter = QPainter(self._pixmap)
        try:
            for part in parts:
                dpr = self._dpr
                logical = QRectF(part.x() / dpr, part.y() / dpr, part.width() / dpr, part.height() / dpr)
                painter.setClipRect(logical)
                render(painter, logical)
        finally:
            painter.end()

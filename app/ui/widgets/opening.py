"""How a card appears: within 120 ms, from nothing and 4 px above its place. It is there at once; only its picture comes softly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QObject, QPoint, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsDropShadowEffect, QGraphicsEffect, QWidget

from app.ui.theme import theme

OPEN_MS, OPEN_FROM_PX = 120, 4


def open_softly(card: QWidget) -> None:
    """Let a card that was just shown appear; with reduced motion it simply is there.

    Place, focus and what is typed meanwhile are those of a card that is open.
    """
    if not theme().reduce_motion:
        opening = _Opening(card)
        card.setGraphicsEffect(opening)
        opening.start()


class SoftShadow(QGraphicsDropShadowEffect):
    """A shadow under a card that paints none itself. A widget has one effect only, so the card appears with its shadow."""

    def __init__(self, card: QWidget) -> None:
        super().__init__(card)
        self.setBlurRadius(28)
        self.setOffset(0, 10)
        self._part = 1.0
        self._time = _time(self, self._go_on)

    def open_softly(self) -> None:
        if not theme().reduce_motion:
            self._time.stop()
            self._go_on(0.0)
            self._time.start()

    def draw(self, painter: QPainter) -> None:
        painter.setOpacity(self._part)
        super().draw(painter)
        painter.setOpacity(1.0)

    def _go_on(self, part: float) -> None:
        self._part = part
        self.update()


class _Opening(QGraphicsEffect):
    """Takes itself off the card when it is over."""

    def __init__(self, card: QWidget) -> None:
        super().__init__(card)
        self._card, self._part = card, 0.0
        self._time = _time(self, self._go_on)
        self._time.finished.connect(self._end, Qt.ConnectionType.QueuedConnection)  # it ends the animation itself

    def start(self) -> None:
        self._time.start()

    def boundingRectFor(self, rect: QRectF | QRect) -> QRectF:
        return QRectF(rect).adjusted(0, -OPEN_FROM_PX, 0, 0)

    def draw(self, painter: QPainter) -> None:
        offset = QPoint()
        pixmap = self.sourcePixmap(Qt.CoordinateSystem.LogicalCoordinates, offset, QGraphicsEffect.PixmapPadMode.NoPad)
        painter.setOpacity(self._part)
        painter.drawPixmap(offset.x(), offset.y() - round(OPEN_FROM_PX * (1 - self._part)), pixmap)
        painter.setOpacity(1.0)

    def _go_on(self, part: float) -> None:
        self._part = part
        self.update()

    def _end(self) -> None:
        if self._card.graphicsEffect() is self:
            self._card.setGraphicsEffect(None)  # type: ignore[arg-type]  # which takes it off


def _time(parent: QObject, follow: Callable[[float], None]) -> QVariantAnimation:
    """From 0 to 1, fast at first."""
    time = QVariantAnimation(parent)
    time.setStartValue(0.0)
    time.setEndValue(1.0)
    time.setDuration(OPEN_MS)
    time.setEasingCurve(QEasingCurve.Type.OutCubic)
    time.valueChanged.connect(follow)
    return time

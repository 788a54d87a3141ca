"""On or off, two ways of writing, a number on a line: small controls that Qt draws otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QSlider, QWidget

from app.ui.theme import font, theme, tint
from app.ui.widgets.painting import draw_box, painting


class Switch(QCheckBox):
    """A knob that slides, with its words beside it."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.is_faint = False
        """It shows a default that nobody has set."""
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(44 + QFontMetrics(self.font()).horizontalAdvance(self.text()) + 4, 26)

    def minimumSizeHint(self) -> QSize:
        return QSize(44, 26)

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.5)
            track = QRectF(1, self.height() / 2 - 9, 32, 18)
            half = self.checkState() is Qt.CheckState.PartiallyChecked
            on = self.isChecked() and not half
            hot = self.underMouse() or self.hasFocus()
            draw_box(painter, track, 9, fill=tokens.primary if on else tokens.raised, border=None if on else tokens.border_strong)
            if hot:
                draw_box(painter, track.adjusted(-1, -1, 1, 1), 10, border=tokens.accent if self.hasFocus() else tokens.border_strong)
            x = 8 if half else 16 if on else 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor("#FFFFFF" if on else tokens.text_second))
            painter.drawEllipse(QRectF(track.x() + x, track.y() + 2, 14, 14))
            painter.setPen(QColor(tokens.text))
            painter.setFont(self.font())
            words = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 44)
            painter.drawText(QRectF(44, 0, self.width() - 44, self.height()), Qt.AlignmentFlag.AlignVCenter, words)


class Segments(QWidget):
    """Two or three words of which one holds; left, right, a click and Space move it."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], *, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._choices = tuple(choices)
        self._label = label
        self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tell()
        theme().changed.connect(self.update)

    @property
    def current(self) -> str:
        return self._choices[self._at][0]

    def set_current(self, key: str) -> None:
        self._at = next(at for at, (choice, _) in enumerate(self._choices) if choice == key)
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + 2, 20)

    def part(self, key: str) -> QRectF:
        """Where a word stands, for clicks."""
        x = 1.0
        for width, (choice, _) in zip(self._widths(), self._choices, strict=True):
            if choice == key:
                return QRectF(x, 1, width, 18)
            x += width
        return QRectF()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for key, _ in self._choices:
            if self.part(key).contains(event.position()):
                self._choose(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Space: 1, Qt.Key.Key_Return: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self._choose(self._choices[(self._at + step) % len(self._choices)][0])

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            ring = tokens.accent if self.hasFocus() else tokens.border
            draw_box(painter, self.rect(), 6, border=ring)
            painter.setFont(font("badge"))
            for key, words in self._choices:
                rect, on = self.part(key), key == self.current
                if on:
                    draw_box(painter, rect.adjusted(1, 1, -1, -1), 4, fill=tokens.raised)
                painter.setPen(QColor(tokens.text if on else tokens.text_second))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)

    def _choose(self, key: str) -> None:
        if key != self.current:
            self.set_current(key)
            self.chosen.emit(key)

    def _tell(self) -> None:
        self.setAccessibleName(f"{self._label}: {self._choices[self._at][1]}")

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(font("badge"))
        return [metrics.horizontalAdvance(words) + 14 for _, words in self._choices]


class Slider(QSlider):
    """A thin line with a round knob; the wheel scrolls the form around it."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName(name)
        self.is_faint = False
        """It stands where a default would put it; nobody has set it."""
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(120, 24)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._take(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._take(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self.update()

    def _take(self, event: QMouseEvent) -> None:
        share = (event.position().x() - 8) / max(1, self.width() - 16)
        value = round(self.minimum() + min(1.0, max(0.0, share)) * (self.maximum() - self.minimum()))
        self.setSliderPosition(value)
        self.sliderMoved.emit(value)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        span = max(1, self.maximum() - self.minimum())
        x = 8 + (self.sliderPosition() - self.minimum()) / span * (self.width() - 16)
        middle = self.height() / 2
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.5)
            draw_box(painter, QRectF(2, middle - 2, self.width() - 4, 4), 2, fill=tokens.border_strong)
            if not self.is_faint:
                draw_box(painter, QRectF(2, middle - 2, x - 2, 4), 2, fill=tokens.accent)
            if self.hasFocus():
                draw_box(painter, QRectF(x - 10, middle - 10, 20, 20), 10, fill=tint(tokens.accent, 0.3))
            knob = QRectF(x - 7, middle - 7, 14, 14)
            draw_box(painter, knob, 7, fill=tokens.text_third if self.is_faint else "#FFFFFF", border=tokens.border_strong)

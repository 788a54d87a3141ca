"""Where a piece of a payload may be let go: the path of one row of a mapping, or the space below the rows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from app.ui.theme import font, theme, tint
from app.ui.widgets.painting import draw_box, painting, set_state

_LEAST_SPACE = 40
_MOST_FRAME = 56


class PathEdit(QLineEdit):
    """A JSONPath. A path that is let go on it takes the place of what it has."""

    hovered = Signal(bool)
    taken = Signal()

    def set_drop_hint(self, on: bool) -> None:
        set_state(self, "dropping", on)

    def take_path(self, path: str) -> None:
        """One undo of the field brings back what stood there."""
        self.selectAll()
        self.insert(path)
        self.taken.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.hovered.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(False)


class FreeSpace(QWidget):
    """Empty, until something is dragged that would be a row of its own here."""

    path_dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapping-space")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._is_hinting = False

    def set_drop_hint(self, on: bool) -> None:
        self._is_hinting = on
        self.update()

    def take_path(self, path: str) -> None:
        self.path_dropped.emit(path)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, _LEAST_SPACE)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._is_hinting:
            return
        tokens = theme().tokens
        frame = self.rect()
        frame.setHeight(min(frame.height(), _MOST_FRAME))
        with painting(self) as painter:
            draw_box(painter, frame, 8, fill=tint(tokens.accent, 0.06), border=tokens.accent, width=2, dashed=True)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "A field of its own")

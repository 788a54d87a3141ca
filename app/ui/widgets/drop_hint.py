"""Files over the window: a quiet line that says they may be dropped, and the frame that names what would come."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import font, theme, tint
from app.ui.widgets.painting import draw_box, draw_icon, painting


class DropHint(QWidget):
    """A dashed line of text under a list."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drop-hint")
        self.setAccessibleName(text)
        self._text = text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, border=tokens.border_strong, dashed=True)
            painter.setFont(font("ui"))
            width = QFontMetrics(font("ui")).horizontalAdvance(self._text)
            left = max(12.0, (self.width() - width - 24) / 2)
            draw_icon(painter, "file-down", tokens.text_second, (left, self.height() / 2 - 8), 16)
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(self.rect().adjusted(int(left) + 24, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, self._text)


class DropFrame(QWidget):
    """Covers the content while a file is over the window."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("drop-frame")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._over = over
        self._text = ""
        over.installEventFilter(self)
        self.hide()

    def show_offer(self, text: str) -> None:
        self._text = text
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._over.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.fillRect(self.rect(), tint(tokens.window, 0.72))
            draw_box(painter, self.rect().adjusted(8, 8, -8, -8), 12, border=tokens.accent, width=2, dashed=True)
            painter.setFont(font("inspector_title"))
            painter.setPen(QColor(tokens.text))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)

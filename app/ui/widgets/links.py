"""Words that do something when they are clicked, in the accent colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import TextStyle, font, theme
from app.ui.widgets.buttons import ActionButton
from app.ui.widgets.painting import draw_box, painting


class Link(ActionButton):
    """A short phrase; underlined under the pointer, ringed with the focus."""

    def __init__(self, text: str, *, name: str = "", style: TextStyle = "second", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setFont(font(style))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 4, 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            face = QFont(self.font())
            face.setUnderline(self.underMouse())
            painter.setFont(face)
            painter.setPen(QColor(tokens.accent if self.isEnabled() else tokens.text_third))
            words = QFontMetrics(face).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 2)
            painter.drawText(QRectF(2, 0, self.width() - 2, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            if self.hasFocus():
                draw_box(painter, self.rect(), 4, border=tokens.accent)

"""A heading that opens and closes what stands under it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import font, theme
from app.ui.widgets.buttons import ActionButton
from app.ui.widgets.painting import draw_icon, painting


class FoldHead(ActionButton):
    """The heading, in capitals, with its chevron."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setObjectName(f"fold-{title.lower().replace(' ', '-')}")
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.setFont(font("section"))
            painter.setPen(QColor(tokens.text if self.underMouse() else tokens.text_second))
            painter.drawText(QRectF(0, 0, self.width() - 20, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text().upper())
            chevron = "chevron-down" if self.isChecked() else "chevron-right"
            draw_icon(painter, chevron, tokens.text_second, (self.width() - 16, (self.height() - 14) / 2), 14)
            self.draw_focus(painter, 4)


class Fold(QWidget):
    """A section of a form or list."""

    def __init__(self, title: str, *, folded: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.head = FoldHead(title)
        layout.addWidget(self.head)
        self._body = QWidget()
        self.content = QVBoxLayout(self._body)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(14)
        layout.addWidget(self._body)
        self.head.toggled.connect(self._body.setVisible)
        self.head.setChecked(not folded)
        self._body.setVisible(not folded)

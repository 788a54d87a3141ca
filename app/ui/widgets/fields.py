"""Fields with what Qt's own ones lack: a search field with its icon and key, a combo box and a check box in our look."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from app.ui.theme import font, theme
from app.ui.widgets.painting import draw_box, draw_icon, painting


class SearchField(QLineEdit):
    """A line to search with; Esc clears it, and when it is empty gives the focus back."""

    def __init__(self, placeholder: str, *, key: str = "", name: str = "search", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(placeholder.rstrip("…"))
        self.setPlaceholderText(placeholder)
        self.setTextMargins(22, 0, 0, 0)
        self._key = key
        theme().changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.clearFocus()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tokens = theme().tokens
        with painting(self) as painter:
            draw_icon(painter, "search", tokens.text_third, (11, (self.height() - 15) / 2), 15)
            if self._key and not self.text() and not self.hasFocus():
                width = QFontMetrics(font("badge")).horizontalAdvance(self._key) + 10
                chip = QRectF(self.width() - width - 8, self.height() / 2 - 9, width, 18)
                draw_box(painter, chip, 4, fill=tokens.raised, border=tokens.border)
                painter.setPen(tokens.text_second)
                painter.setFont(font("badge"))
                painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, self._key)


class Choice(QComboBox):
    """A combo box with a drawn arrow; the wheel scrolls the form around it unless it has the focus."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme().changed.connect(self.update)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with painting(self) as painter:
            draw_icon(painter, "chevron-down", theme().tokens.text_second, (self.width() - 24, (self.height() - 14) / 2), 14)


class NumberField(QSpinBox):
    """Whole numbers; the wheel scrolls the form around it unless it has the focus."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class CheckBox(QCheckBox):
    """A box of 16 with a check mark, and its words."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(26 + QFontMetrics(self.font()).horizontalAdvance(self.text()) + 4, 24)

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.5)
            box = QRectF(1, self.height() / 2 - 8, 16, 16)
            if self.isChecked():
                draw_box(painter, box, 4, fill=tokens.primary)
                draw_icon(painter, "check", "#FFFFFF", (box.x() + 2, box.y() + 2), 12)
            else:
                draw_box(painter, box, 4, fill=tokens.field, border=tokens.text_third if self.underMouse() else tokens.border_strong)
            if self.hasFocus():
                draw_box(painter, box.adjusted(-1, -1, 1, 1), 5, border=tokens.accent, width=1.5)
            painter.setPen(tokens.text)
            painter.setFont(self.font())
            painter.drawText(QRectF(26, 0, self.width() - 26, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())

"""A list of short texts as chips: typed with Enter, picked from what is known, taken out by their x."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import font, theme
from app.ui.widgets.buttons import ActionButton
from app.ui.widgets.painting import draw_box, draw_icon, painting

_HEIGHT, _GAP = 24, 4


class TokenChip(ActionButton):
    """One text; a click, Delete or Backspace takes it out."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setObjectName(f"token-{text}")
        self.setAccessibleName(f"{text}, remove")
        self.setToolTip("Remove")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(font("code")).horizontalAdvance(self.text()) + 34, _HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 11, fill=tokens.raised, border=tokens.accent if self.hasFocus() else tokens.border)
            painter.setFont(font("code"))
            painter.setPen(QColor(tokens.text))
            words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 32)
            painter.drawText(QRectF(10, 0, self.width() - 30, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            colour = tokens.text if self.underMouse() else tokens.text_second
            draw_icon(painter, "x", colour, (self.width() - 20, (self.height() - 12) / 2), 12)


class TokenBox(QWidget):
    """Chips above a line to type the next one in."""

    changed = Signal(list)

    def __init__(self, *, name: str, placeholder: str, known: Sequence[str] = (), edit: QLineEdit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        self._strip = _Strip(self)
        layout.addWidget(self._strip)
        self.edit = edit
        self.edit.setPlaceholderText(placeholder)
        if known:
            completer = QCompleter(list(known), self)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.activated.connect(self._add)
            self.edit.setCompleter(completer)
        self.edit.returnPressed.connect(lambda: self._add(self.edit.text()))
        layout.addWidget(self.edit)
        self.setFocusProxy(self.edit)
        self._texts: list[str] = []
        self._strip.hide()

    @property
    def texts(self) -> list[str]:
        return list(self._texts)

    def set_texts(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._show()

    def _add(self, text: str) -> None:
        # The completer puts its text into the line after it has told of it.
        self.edit.clear()
        if text.strip() and text not in self._texts:
            self._texts.append(text)
            self._show()
            self.changed.emit(self.texts)
        if self.edit.completer() is not None:
            QTimer.singleShot(0, self.edit, self.edit.clear)

    def _remove(self, text: str) -> None:
        self._texts.remove(text)
        self._show()
        self.edit.setFocus()
        self.changed.emit(self.texts)

    def _show(self) -> None:
        self._strip.set_chips([self._chip(text) for text in self._texts])

    def _chip(self, text: str) -> TokenChip:
        chip = TokenChip(text, self._strip)
        chip.clicked.connect(lambda: self._remove(text))
        return chip


class _Strip(QWidget):
    """Chips in rows, as many as fit."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._chips: list[TokenChip] = []

    def set_chips(self, chips: list[TokenChip]) -> None:
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = chips
        for chip in chips:
            chip.show()
        self.setVisible(bool(chips))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._arrange)  # another height is not for inside of the layout's own pass

    def _arrange(self) -> None:
        x = y = 0
        for chip in self._chips:
            width = min(chip.sizeHint().width(), max(60, self.width()))
            if x and x + width > self.width():
                x, y = 0, y + _HEIGHT + _GAP
            chip.setGeometry(x, y, width, _HEIGHT)
            x += width + _GAP
        height = y + _HEIGHT if self._chips else 0
        if self.height() != height or self.minimumHeight() != height:
            self.setFixedHeight(height)

"""The bar over the canvas that says what became of edits, and asks what shall: recovered ones, or ones that conflict."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.theme import theme, tint
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, Look
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.painting import draw_box, draw_icon, painting

Choice = tuple[str, str, Look]
"""A button: its id, word and look."""
HEIGHT = 52
_MARGIN = 8


class DraftBanner(QWidget):
    """52 high on the canvas's ground: icon, a sentence with a second one below it, and buttons by id."""

    pressed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("draft-banner")
        self.setFixedHeight(HEIGHT + 2 * _MARGIN)
        grounded(self, "canvas")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARGIN + 44, _MARGIN, _MARGIN + 10, _MARGIN)
        layout.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch(1)
        self._title = ElidedLabel("", "node_title", name="draft-banner-title")
        self._detail = ElidedLabel("", "second", "text_second", name="draft-banner-detail")
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch(1)
        layout.addLayout(words, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        layout.addLayout(self._buttons)
        self._icon = "life-buoy"
        self._shown: tuple[object, ...] = ()
        theme().changed.connect(self.update)
        self.hide()

    @property
    def text(self) -> str:
        return f"{self._title.text()} {self._detail.text()}"

    def show_words(self, icon: str, title: str, detail: str, buttons: tuple[Choice, ...]) -> None:
        """`buttons` stand from left to right."""
        self.show()
        if (icon, title, detail, buttons) == self._shown:
            return
        self._shown = (icon, title, detail, buttons)
        self._icon = icon
        self._title.setText(title)
        self._detail.setText(detail)
        self.setAccessibleName(f"{title}. {detail}")
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for id, word, look in buttons:
            button = Button(word, look, name=f"draft-{id}")
            button.clicked.connect(lambda _checked=False, id=id: self.pressed.emit(id))
            self._buttons.addWidget(button)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tokens = theme().tokens
        with painting(self) as painter:
            box = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
            draw_box(painter, box, 12, fill=tokens.card, border=tint(tokens.warn, 0.6))
            draw_icon(painter, self._icon, tokens.warn, (box.left() + 14, box.center().y() - 9), 18)

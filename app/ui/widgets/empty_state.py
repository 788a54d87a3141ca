"""What stands in a place with nothing in it: why, what to do, and a button that does it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label

_LOW, _EDGE = 180, 24


class EmptyState(QWidget):
    """An icon, a sentence, a second one in quieter text, perhaps a button."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "empty-state") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_EDGE, _EDGE, _EDGE, _EDGE)
        layout.setSpacing(8)
        layout.addStretch(2)
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._sentence = Label("", "ui", wrap=True, name="empty-sentence")
        self._second = Label("", "second", "text_second", wrap=True)
        self._button: Button | None = None
        for label in (self._sentence, self._second):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._picture)
        layout.addSpacing(4)
        layout.addWidget(self._sentence)
        layout.addWidget(self._second)
        layout.addSpacing(6)
        self._foot = QVBoxLayout()
        layout.addLayout(self._foot)
        layout.addStretch(3)
        self._icon = "inbox"
        theme().changed.connect(self._tint)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is low the picture gives way: the sentence and the button are what counts."""
        super().resizeEvent(event)
        is_low = event.size().height() < _LOW
        if is_low == self._picture.isHidden():
            return
        self._picture.setHidden(is_low)
        layout = self.layout()
        assert layout is not None
        edge = 4 if is_low else _EDGE
        layout.setContentsMargins(edge, edge, edge, edge)

    def say(self, icon_name: str, sentence: str, second: str, *, button: str = "", do: Callable[[], object] | None = None) -> None:
        self._icon = icon_name
        self._sentence.setText(sentence)
        self._second.setText(second)
        self._second.setVisible(bool(second))
        if self._button is not None:
            self._foot.removeWidget(self._button)
            self._button.hide()
            self._button.deleteLater()
            self._button = None
        if do is not None:
            act = do
            self._button = Button(button, name="empty-button")
            self._button.clicked.connect(lambda _checked=False: act())
            self._foot.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(pixmap(self._icon, theme().tokens.text_third, 32, self.devicePixelRatioF()))

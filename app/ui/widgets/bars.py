"""The bar on top of a page, and the strip of words that name where one is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import ElidedLabel, Label

TOP_BAR_HEIGHT = 52


def grounded(widget: QWidget, ground: str, *, line: str = "") -> QWidget:
    """Let the style sheet paint a widget's ground (window, panel, canvas, card) and one line at its edge."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    widget.setProperty("ground", ground)
    if line:
        widget.setProperty("line", line)
    return widget


class TopBar(QWidget):
    """52 high: what the page is about on the left, what one can do on the right."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "top-bar") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFixedHeight(TOP_BAR_HEIGHT)
        grounded(self, "panel", line="bottom")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(8)
        self.left = QHBoxLayout()
        self.right = QHBoxLayout()
        for side in (self.left, self.right):
            side.setSpacing(8)
        layout.addLayout(self.left, 1)
        layout.addLayout(self.right)


class Breadcrumb(QWidget):
    """`Workflows › Ticket triage`: the first part leads back, the last is where one is."""

    back = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("breadcrumb")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._first = Button("Workflows", "quiet", name="breadcrumb-back")
        self._first.clicked.connect(self.back)
        self._arrow = Label("")
        self._arrow.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._last = ElidedLabel("", "node_title", name="breadcrumb-name")
        layout.addWidget(self._first)
        layout.addWidget(self._arrow)
        layout.addSpacing(6)
        layout.addWidget(self._last)
        theme().changed.connect(self._tint)
        self._tint()

    def show_place(self, last: str) -> None:
        self._last.setText(last)
        self._last.updateGeometry()

    def _tint(self) -> None:
        self._arrow.setPixmap(pixmap("chevron-right", theme().tokens.text_third, 14, self.devicePixelRatioF()))

"""The bar on top of a page, and the strip of words that name where one is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import ElidedLabel, Label, plain_tip

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
    """`Workflows › Ticket triage › Escalate`: the first part leads to the list, the middle to where one came from."""

    back = Signal()
    caller_asked = Signal()

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
        self._caller = Button("", "quiet", name="breadcrumb-caller")
        self._caller.clicked.connect(self.caller_asked)
        self._before_caller = Label("")
        self._before_caller.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        layout.addWidget(self._first)
        layout.addWidget(self._before_caller)
        layout.addWidget(self._caller)
        layout.addWidget(self._arrow)
        layout.addSpacing(6)
        layout.addWidget(self._last)
        theme().changed.connect(self._tint)
        self._caller_name = "?"
        self.show_caller("")
        self._tint()

    def show_caller(self, name: str) -> None:
        """The workflow from which this one was entered; an empty name takes it away."""
        if name == self._caller_name:
            return
        self._caller_name = name
        shown = QFontMetrics(self._caller.font()).elidedText(name, Qt.TextElideMode.ElideMiddle, 180)
        self._caller.setText(shown)
        self._caller.setAccessibleName(f"Back to {name}")
        self._caller.setToolTip(plain_tip(f"Back to {name} (Alt+Left)"))
        self._caller.updateGeometry()
        for widget in (self._caller, self._before_caller):
            widget.setVisible(bool(name))

    def show_place(self, last: str) -> None:
        self._last.setText(last)
        self._last.updateGeometry()

    def _tint(self) -> None:
        for arrow in (self._arrow, self._before_caller):
            arrow.setPixmap(pixmap("chevron-right", theme().tokens.text_third, 14, self.devicePixelRatioF()))

"""The bar on top of the canvas while problems are shown one by one: which of how many, the next, back to publish."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.problems import Problem
from app.ui.publishing.checklist import Mark
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import ElidedLabel, Label

HEIGHT = 40


class PublishBar(QWidget):
    """Says what the checklist said of the place that is shown."""

    stepped = Signal(int)
    """1 for the next problem, -1 for the one before."""
    back = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("publish-bar")
        self.setFixedHeight(HEIGHT)
        grounded(self, "panel", line="bottom")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 6, 0)
        layout.setSpacing(8)
        self._mark = Mark("circle-x", "error", "Error", 16)
        self._where = Label("", "ui", "text_second", name="publish-bar-where")
        self._words = ElidedLabel("", "ui", name="publish-bar-words")
        previous = IconButton("chevron-up", "Previous problem", name="publish-bar-previous", size=28, icon_size=16)
        following = IconButton("chevron-down", "Next problem", name="publish-bar-next", size=28, icon_size=16)
        previous.clicked.connect(lambda: self.stepped.emit(-1))
        following.clicked.connect(lambda: self.stepped.emit(1))
        back = Button("Back to publish", icon_name="rocket", name="publish-bar-back")
        back.clicked.connect(self.back)
        close = IconButton("x", "Publish later", name="publish-bar-close", size=28, icon_size=16)
        close.clicked.connect(self.closed)
        layout.addWidget(self._mark)
        layout.addWidget(self._where)
        layout.addWidget(self._words, 1)
        self._steps = (previous, following)
        for widget in (previous, following, back, close):
            layout.addWidget(widget)

    def show_problem(self, problem: Problem, *, at: int, total: int) -> None:
        error = problem.severity == "error"
        self._mark.show_icon("circle-x" if error else "triangle-alert", "error" if error else "warn", problem.severity.capitalize())
        self._say(f"{at + 1} of {total}", problem.message, several=total > 1)

    def show_fixed(self, *, left: int) -> None:
        """What was shown is not wrong any more."""
        self._mark.show_icon("circle-check", "ok", "Fixed")
        self._say("Fixed", "Nothing is left to fix." if not left else f"{left} left", several=left > 0)

    def _say(self, where: str, words: str, *, several: bool) -> None:
        self._where.setText(where)
        self._words.setText(words)
        self._words.updateGeometry()
        self.setAccessibleName(f"{where}. {words}")
        for button in self._steps:
            button.setEnabled(several)

"""A row of words of which one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from app.ui.widgets.buttons import Button


class Pills(QWidget):
    """Left and right move along it; the chosen one is raised."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._group = QButtonGroup(self)
        self._ids: dict[Button, str] = {}
        self._words = dict(choices)
        for key, words in choices:
            button = Button(words, "quiet", name=f"{name}-{key}")
            button.setCheckable(True)
            self._group.addButton(button)
            self._ids[button] = key
            layout.addWidget(button)
            button.clicked.connect(lambda _on=False, picked=key: self.chosen.emit(picked))
        next(iter(self._ids)).setChecked(True)

    @property
    def current(self) -> str:
        button = self._group.checkedButton()
        assert isinstance(button, Button)
        return self._ids[button]

    def choose(self, key: str) -> None:
        """Show this one as chosen; nobody is told."""
        next(button for button, own in self._ids.items() if own == key).setChecked(True)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """How many there are of each, beside its word."""
        for button, key in self._ids.items():
            button.setText(f"{self._words[key]} {counts[key]:,}")
            button.setAccessibleName(button.text())
            button.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        buttons = list(self._ids)
        at = next((i for i, button in enumerate(buttons) if button.hasFocus()), None)
        if step is None or at is None:
            super().keyPressEvent(event)
            return
        target = buttons[(at + step) % len(buttons)]
        target.setFocus()
        target.click()

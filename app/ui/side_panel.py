"""The panel beside a list: its views with their counts, and on its foot how the engine is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import colour_of, font, theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import ActionButton, Button
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon, painting

WIDTH = 216
EngineState = Literal["starting", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at the list."""

    id: str
    title: str
    icon: str


class ViewButton(ActionButton):
    """A view by name, with how many rows it has."""

    def __init__(self, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.setObjectName(f"view-{view.id}")
        self.setAccessibleName(view.title)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._count: int | None = None

    def set_count(self, count: int | None) -> None:
        self._count = count
        self.setAccessibleDescription("" if count is None else str(count))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 24, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            on, hot = self.isChecked(), self.underMouse()
            if on or hot:
                draw_box(painter, self.rect(), 8, fill=tokens.raised, border=None)
            draw_icon(painter, self.view.icon, tokens.accent if on else tokens.text_second, (8, 7), 16)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text if on or hot else tokens.text_second))
            painter.drawText(QRectF(32, 0, self.width() - 70, self.height()), Qt.AlignmentFlag.AlignVCenter, self.view.title)
            if self._count is not None:
                painter.setFont(font("second"))
                painter.setPen(QColor(tokens.text_second))
                area = QRectF(0, 0, self.width() - 10, self.height())
                painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{self._count:,}")
            self.draw_focus(painter, 8)


class EngineCard(QWidget):
    """One line of state, one of detail; when the engine failed, a button that tries again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("engine-card")
        grounded(self, "card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(15, 0, 0, 0)
        self._state = Label("", "ui", name="engine-state")
        head.addWidget(self._state)
        layout.addLayout(head)
        self._detail = Label("", "second", "text_second", wrap=True, name="engine-detail")
        layout.addWidget(self._detail)
        self._retry = Button("Try again", name="engine-retry")
        layout.addWidget(self._retry)
        self._do: Callable[[], object] | None = None
        self._retry.clicked.connect(lambda: self._do() if self._do else None)
        self._tone = "warn"
        self.show_state("starting", "")

    def show_state(self, state: EngineState, detail: str, *, retry: Callable[[], object] | None = None) -> None:
        words = {"starting": ("Engine starting", "warn"), "ready": ("Engine ready", "ok"), "failed": ("Engine not running", "error")}
        word, self._tone = words[state]
        self._state.setText(word)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._do = retry
        self._retry.setVisible(retry is not None)
        self.setAccessibleName(f"{word}. {detail}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with painting(self) as painter:
            middle = self._state.geometry().center().y()
            draw_box(painter, QRectF(12, middle - 3, 7, 7), 3.5, fill=colour_of(theme().tokens, self._tone))


class SidePanel(QWidget):
    """216 wide: title, views, engine card."""

    view_chosen = Signal(str)

    def __init__(self, title: str, views: Sequence[View], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side-panel")
        self.setFixedWidth(WIDTH)
        grounded(self, "panel", line="right")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 12)
        layout.setSpacing(2)
        heading = Label(title, "inspector_title")
        heading.setFixedHeight(52)
        layout.addWidget(heading)
        self._group = QButtonGroup(self)
        self.buttons = {view.id: ViewButton(view) for view in views}
        for view, button in zip(views, self.buttons.values(), strict=True):
            self._group.addButton(button)
            layout.addWidget(button)
            button.clicked.connect(lambda _checked=False, chosen=view.id: self.view_chosen.emit(chosen))
        layout.addStretch(1)
        self.engine = EngineCard()
        layout.addWidget(self.engine)
        self.choose(views[0].id)

    @property
    def chosen(self) -> str:
        button = self._group.checkedButton()
        assert isinstance(button, ViewButton)
        return button.view.id

    def choose(self, id: str) -> None:
        self.buttons[id].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        buttons = list(self.buttons.values())
        if step is None or not any(button.hasFocus() for button in buttons):
            super().keyPressEvent(event)
            return
        at = next(i for i, button in enumerate(buttons) if button.hasFocus())
        target = buttons[(at + step) % len(buttons)]
        target.setFocus()
        target.click()

"""The activity rail: where one can go, and on its foot how the window looks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QPaintEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.ui.actions import Actions
from app.ui.menus import main_menu
from app.ui.theme import font, theme, tint
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import ActionButton, IconButton
from app.ui.widgets.painting import draw_box, draw_icon, painting

WIDTH, WIDTH_BARE = 72, 52


class RailButton(ActionButton):
    """One place to go: icon and caption, raised while one is there."""

    def __init__(self, icon_name: str, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._caption = action.text()
        self._with_caption = True
        self.setObjectName(f"rail-{action.objectName().removeprefix('go-')}")
        self.setAccessibleName(action.text())
        self.set_action(action)

    def show_caption(self, shown: bool) -> None:
        self._with_caption = shown
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(60, 52) if self._with_caption else QSize(36, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        on = self.isChecked()
        hot = self.underMouse() and self.isEnabled()
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.4)
            if on:
                draw_box(painter, self.rect(), 8, fill=tokens.raised if self._with_caption else tint(tokens.accent, 0.16))
            elif hot:
                draw_box(painter, self.rect(), 8, fill=tint(tokens.text_third, 0.1))
            colour = tokens.accent if on else tokens.text if hot else tokens.text_second
            top = 8 if self._with_caption else (self.height() - 20) / 2
            draw_icon(painter, self._icon_name, colour, ((self.width() - 20) / 2, top), 20)
            if self._with_caption:
                painter.setFont(font("caption"))
                painter.setPen(QColor(tokens.text if on or hot else tokens.text_second))
                painter.drawText(QRectF(0, 31, self.width(), 16), Qt.AlignmentFlag.AlignCenter, self._caption)
            self.draw_focus(painter, 8)


class LogoButton(IconButton):
    """Our mark; it opens the menu that has every action."""

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 8, fill=tint(tokens.accent, 0.24 if self.underMouse() else 0.16))
            draw_icon(painter, self.icon_name, tokens.accent, (7, 7), self.width() - 14)
            self.draw_focus(painter, 8)


class Rail(QWidget):
    """72 wide with captions, 52 without."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName("Activities")
        grounded(self, "panel", line="right")
        self._actions = actions
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 12)
        layout.setSpacing(4)
        self.logo = LogoButton("workflow", "Menu", name="main-menu-button", size=32)
        self.logo.clicked.connect(self._open_menu)
        layout.addWidget(self.logo, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(12)
        self._buttons = [
            RailButton("workflow", actions["go-workflows"]),
            RailButton("pencil-ruler", actions["go-editor"]),
            RailButton("activity", actions["go-runs"]),
            RailButton("zap", actions["go-triggers"]),
        ]
        for button in self._buttons:
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self._help = IconButton("circle-question-mark", "Help", name="help-button", size=36, icon_size=20)
        self._help.clicked.connect(actions["help"].trigger)
        layout.addWidget(self._help, 0, Qt.AlignmentFlag.AlignHCenter)
        self._theme = IconButton("sun-moon", "Theme", name="theme-button", size=36, icon_size=20)
        self._theme.clicked.connect(self._open_themes)
        layout.addWidget(self._theme, 0, Qt.AlignmentFlag.AlignHCenter)
        self.show_captions(True)

    def show_captions(self, shown: bool) -> None:
        self.setFixedWidth(WIDTH if shown else WIDTH_BARE)
        for button in self._buttons:
            button.show_caption(shown)

    def _open_menu(self) -> None:
        menu = main_menu(self, self._actions)
        self._popup(menu, self.logo)

    def _open_themes(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("theme-menu")
        menu.addActions([self._actions["theme-system"], self._actions["theme-dark"], self._actions["theme-light"]])
        menu.addSeparator()
        menu.addActions([self._actions["reduce-motion"]])
        self._popup(menu, self._theme)

    def _popup(self, menu: QMenu, beside: QWidget) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        corner = beside.mapToGlobal(beside.rect().topRight())
        if beside is self._theme:
            corner.setY(corner.y() - menu.sizeHint().height() + beside.height())
        corner.setX(corner.x() + 8)
        menu.popup(corner)

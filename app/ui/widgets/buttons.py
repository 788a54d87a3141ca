"""Buttons: with text in four looks, and square ones with an icon; all reachable by keyboard with a ring that shows it."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui.theme import colour_of, font, mixed, theme, tint
from app.ui.widgets.painting import draw_box, draw_icon, painting

Look = Literal["primary", "normal", "quiet", "danger"]


class ActionButton(QAbstractButton):
    """A button that may stand for a QAction: it follows the action's state and triggers it."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._action: QAction | None = None
        theme().changed.connect(self.update)

    def set_action(self, action: QAction) -> None:
        self._action = action
        self.setCheckable(action.isCheckable())
        action.changed.connect(self._follow)
        self.clicked.connect(action.trigger)
        self._follow()

    def _follow(self) -> None:
        action = self._action
        assert action is not None
        self.setEnabled(action.isEnabled())
        self.setChecked(action.isChecked())
        key = action.shortcut().toString()
        tip = f"{action.toolTip()} ({key})" if key else action.toolTip()
        why = action.statusTip()  # see Actions.enable
        self.setToolTip(f"{tip}: {why}" if why and not action.isEnabled() else tip)
        if not self.accessibleName():
            self.setAccessibleName(action.text())
        self.update()

    def nextCheckState(self) -> None:
        if self._action is None:  # an action changes its own state; the button only shows it
            super().nextCheckState()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def draw_focus(self, painter: QPainter, radius: float) -> None:
        if self.hasFocus():
            draw_box(painter, self.rect(), radius, border=theme().tokens.accent, width=2)


class Button(ActionButton):
    """A button with a word, perhaps an icon before it and its key after it."""

    HEIGHT = 32

    def __init__(
        self,
        text: str,
        look: Look = "normal",
        *,
        icon_name: str = "",
        key: str = "",
        name: str = "",
        action: QAction | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setText(text)
        self.look: Look = look
        self.icon_name, self.key, self._shows_key = icon_name, key, bool(key)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setFont(font("ui"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if action is not None:
            self.set_action(action)

    def _follow(self) -> None:
        super()._follow()
        if self._shows_key and self._action is not None:
            self.key = self._action.shortcut().toString().replace("+", " ")
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = 14 + QFontMetrics(self.font()).horizontalAdvance(self.text()) + 14
        width += 24 if self.icon_name else 0
        width += self._key_width() + 8 if self.key else 0
        return QSize(width, self.HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _key_width(self) -> int:
        return QFontMetrics(font("badge")).horizontalAdvance(self.key) + 10

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, border, text = self._colours()
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.5)
            draw_box(painter, self.rect(), 8, fill=fill, border=border)
            x = 14.0
            if self.icon_name:
                draw_icon(painter, self.icon_name, text.name(), (x - 2, (self.height() - 16) / 2), 16)
                x += 22
            painter.setPen(text)
            painter.setFont(self.font())
            width = QFontMetrics(self.font()).horizontalAdvance(self.text())
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
            if self.key:
                chip = QRectF(x + width + 10, self.height() / 2 - 9, self._key_width(), 18)
                ground = tint("#FFFFFF", 0.18) if self.look == "primary" else tint(theme().tokens.text_third, 0.16)
                draw_box(painter, chip, 4, fill=ground)
                painter.setFont(font("badge"))
                painter.setPen(text)
                painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, self.key)
            self.draw_focus(painter, 8)

    def _colours(self) -> tuple[QColor | None, QColor | None, QColor]:
        """Fill, border and text for the state it is in."""
        tokens = theme().tokens
        hot = self.isEnabled() and (self.underMouse() or self.isDown())
        match self.look:
            case "primary":
                fill = mixed("#FFFFFF", tokens.primary, 0.1) if hot else QColor(tokens.primary)
                return fill, None, QColor("#FFFFFF")
            case "normal" if self.isChecked():
                return tint(tokens.accent, 0.16), QColor(tokens.accent), QColor(tokens.text)
            case "normal":
                return (
                    QColor(tokens.raised if hot else tokens.card),
                    QColor(tokens.border_strong if hot else tokens.border),
                    QColor(tokens.text),
                )
            case "quiet":
                return QColor(tokens.raised) if hot or self.isChecked() else None, None, QColor(tokens.text if hot else tokens.text_second)
            case "danger":
                return tint(tokens.error, 0.16 if hot else 0.08), tint(tokens.error, 0.6), QColor(tokens.status_text["error"])


class IconButton(ActionButton):
    """A square with an icon; its word is the accessible name and the tooltip."""

    def __init__(
        self,
        icon_name: str,
        label: str,
        *,
        name: str = "",
        size: int = 32,
        icon_size: int = 18,
        colour: str = "",
        action: QAction | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.icon_name = icon_name
        self._icon_size = icon_size
        self._colour = colour
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setFixedSize(size, size)
        if action is not None:
            self.set_action(action)

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        hot = self.isEnabled() and (self.underMouse() or self.isDown())
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.4)
            if self.isChecked():
                draw_box(painter, self.rect(), 8, fill=tint(tokens.accent, 0.16))
            elif hot:
                draw_box(painter, self.rect(), 8, fill=tokens.raised)
            colour = self._icon_colour(hot=hot)
            corner = (self.width() - self._icon_size) / 2
            draw_icon(painter, self.icon_name, colour, (corner, corner), self._icon_size)
            self.draw_focus(painter, 8)

    def _icon_colour(self, *, hot: bool) -> str:
        tokens = theme().tokens
        if self._colour:
            return colour_of(tokens, self._colour)
        if self.isChecked():
            return tokens.accent
        return tokens.text if hot else tokens.text_second


class WordToggle(ActionButton):
    """A small switch that shows one or two letters; its label says what they mean."""

    def __init__(self, text: str, label: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setCheckable(True)
        self.setFixedSize(28, 28)

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            if self.isChecked():
                draw_box(painter, self.rect(), 8, fill=tint(tokens.accent, 0.16))
            elif self.underMouse():
                draw_box(painter, self.rect(), 8, fill=tokens.raised)
            painter.setFont(font("badge"))
            painter.setPen(QColor(tokens.accent if self.isChecked() else tokens.text_second))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.text())
            self.draw_focus(painter, 8)

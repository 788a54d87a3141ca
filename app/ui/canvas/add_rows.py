"""The parts of the popup that adds: rows of 32, chips that flow, the line about the wire and the one about what is hidden."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLayout, QLayoutItem, QSizePolicy, QWidget

from app.ui.canvas.entries import Entry
from app.ui.canvas.faces import CATEGORIES
from app.ui.canvas.look import TILE_DARK, TILE_LIGHT
from app.ui.canvas.suggestions import Context, Suggestion, shape_of
from app.ui.theme import font, mixed, theme
from app.ui.widgets.labels import ElidedLabel, plain_tip
from app.ui.widgets.painting import draw_box, draw_icon, painting

ROW_HEIGHT = 32
TILE = 24
CHIP_HEIGHT = 26
GAP = 8


def category_colour(entry: Entry) -> str:
    tokens = theme().tokens
    return tokens.category.get(entry.category, tokens.text_third) if entry.category in CATEGORIES else tokens.text_third


def draw_tile(painter: QPainter, entry: Entry, box: QRectF, *, ground: str) -> None:
    """An entry's icon on its category's tint."""
    tokens, colour = theme().tokens, category_colour(entry)
    draw_box(painter, box, 7, fill=mixed(colour, ground, TILE_DARK if tokens.is_dark else TILE_LIGHT))
    draw_icon(painter, entry.icon, colour, (box.x() + (box.width() - 15) / 2, box.y() + (box.height() - 15) / 2), 15)


class SuggestionRow(QAbstractButton):
    """One thing to add. The highlight follows arrows, and the pointer once it moves."""

    entered = Signal(int)
    picked = Signal(object, bool)

    def __init__(self, at: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._at, self._highlighted = at, False
        self.suggestion: Suggestion | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setFixedHeight(ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_suggestion(self, suggestion: Suggestion) -> None:
        self.suggestion = suggestion
        entry = suggestion.entry
        self.setObjectName(f"add-{entry.config.get('adapter_id') if entry.type == 'tool' else entry.type}")
        self.setAccessibleName(entry.title)
        self.setAccessibleDescription(suggestion.reason)
        self.update()

    def set_highlighted(self, on: bool) -> None:
        if on != self._highlighted:
            self._highlighted = on
            self.update()

    @property
    def is_highlighted(self) -> bool:
        return self._highlighted

    def sizeHint(self) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._highlighted:
            self.entered.emit(self._at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.picked.emit(self.suggestion, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.suggestion is None:
            return
        tokens, entry = theme().tokens, self.suggestion.entry
        with painting(self) as painter:
            ground = tokens.raised if self._highlighted else tokens.card
            if self._highlighted:
                draw_box(painter, self.rect().adjusted(0, 1, 0, -1), 8, fill=ground)
            draw_tile(painter, entry, QRectF(6, (ROW_HEIGHT - TILE) / 2, TILE, TILE), ground=ground)
            title, base = font("ui"), 21.0
            painter.setFont(title)
            painter.setPen(tokens.text)
            width = QFontMetrics(title).horizontalAdvance(entry.title)
            painter.drawText(QPointF(40, base), entry.title)
            left, right = 40 + width + 10, self.width() - (36 if self._highlighted else 8)
            words = font("code" if self.suggestion.code else "second")
            painter.setFont(words)
            painter.setPen(tokens.text_second)
            shown = QFontMetrics(words).elidedText(self.suggestion.reason, Qt.TextElideMode.ElideRight, max(0, right - left))
            painter.drawText(QPointF(left, base), shown)
            if self._highlighted:
                chip = QRectF(self.width() - 30, 6, 22, 20)
                draw_box(painter, chip, 5, fill=tokens.card, border=tokens.border_strong)
                draw_icon(painter, "corner-down-left", tokens.text_second, (chip.x() + 4.5, chip.y() + 3.5), 13)


class GroupChip(QAbstractButton):
    """One kind of group, 26 high."""

    picked = Signal(object, bool)
    pressed_key = Signal(QKeyEvent)
    focused = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.suggestion: Suggestion | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_suggestion(self, suggestion: Suggestion) -> None:
        self.suggestion = suggestion
        entry = suggestion.entry
        self.setObjectName(f"add-{entry.type}")
        self.setText(entry.title)
        self.setAccessibleName(f"{entry.title} around the new step")
        self.setToolTip(plain_tip(f"{entry.title}: {entry.description}, opened around the new step"))
        self.setFixedSize(9 + 15 + 7 + QFontMetrics(font("second")).horizontalAdvance(entry.title) + 12, CHIP_HEIGHT)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.picked.emit(self.suggestion, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            self.pressed_key.emit(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.picked.emit(self.suggestion, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.suggestion is None:
            return
        tokens, entry = theme().tokens, self.suggestion.entry
        hot = self.hasFocus() or self.underMouse()
        with painting(self) as painter:
            border = tokens.accent if self.hasFocus() else tokens.border_strong if hot else tokens.border
            draw_box(painter, self.rect(), 8, fill=tokens.raised if hot else tokens.card, border=border)
            draw_icon(painter, entry.icon, category_colour(entry), (9, (CHIP_HEIGHT - 15) / 2), 15)
            painter.setFont(font("second"))
            painter.setPen(tokens.text)
            painter.drawText(QRectF(31, 0, self.width() - 31, CHIP_HEIGHT), Qt.AlignmentFlag.AlignVCenter, entry.title)


class Flow(QLayout):
    """Widgets side by side, in a new row when there is no room left."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(6, 2, 6, 4)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def clear(self) -> None:
        self._items.clear()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        return QSize(200, CHIP_HEIGHT + 6)

    def minimumSize(self) -> QSize:
        return QSize(80, CHIP_HEIGHT + 6)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def _place(self, rect: QRect, *, move: bool) -> int:
        margins = self.contentsMargins()
        left, right = rect.left() + margins.left(), rect.right() - margins.right()
        x, y = left, rect.top() + margins.top()
        for item in self._items:
            widget = item.widget()
            size = item.sizeHint() if widget is None else widget.size()
            if x > left and x + size.width() > right + 1:
                x, y = left, y + CHIP_HEIGHT + GAP
            if move:
                item.setGeometry(QRect(x, y, size.width(), size.height()))
            x += size.width() + GAP
        return y + CHIP_HEIGHT + margins.bottom() - rect.top()


class ContextLine(QWidget):
    """What the wire hangs on and what it carries: “after Route by intent · otherwise   {route, confidence}”."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("add-context")
        self._context = context
        self.setFixedHeight(29)
        side = "after" if context.forward else "before"
        port = f" · {context.port}" if context.port not in ("", "in", "out") else ""
        self._data = shape_of(context.sample.value) if context.sample is not None else ""
        self.setAccessibleName(f"{side} {context.title}{port} {self._data}")

    def sizeHint(self) -> QSize:
        return QSize(200, 29)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, context = theme().tokens, self._context
        with painting(self) as painter:
            painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), tokens.border)
            code, second = QFontMetrics(font("code")), QFontMetrics(font("second"))
            port = context.port if context.port not in ("", "in", "out") else ""
            words = second.horizontalAdvance(f"before {context.title} · {port}") + 40
            data_width = min(code.horizontalAdvance(self._data), max(self.width() - words, self.width() // 3))
            x, base, right = 14.0, 19.0, self.width() - 14.0 - data_width - 12
            tail = second.horizontalAdvance(f" · {port}") if port else 0
            side = "after" if context.forward else "before"
            room = int(right - x - second.horizontalAdvance(f"{side} ") - tail)
            title = second.elidedText(context.title, Qt.TextElideMode.ElideRight, max(room, 40))
            painter.setFont(font("second"))
            for part, colour in ((f"{side} ", tokens.text_second), (title, tokens.text), (" · " if port else "", tokens.text_second)):
                painter.setPen(colour)
                painter.drawText(QPointF(x, base), part)
                x += second.horizontalAdvance(part)
            painter.setPen(tokens.accent)
            painter.drawText(QPointF(x, base), port)
            painter.setFont(font("code"))
            painter.setPen(tokens.text_second)
            shown = code.elidedText(self._data, Qt.TextElideMode.ElideRight, data_width + 1)
            painter.drawText(QPointF(self.width() - 14 - data_width, base), shown)


class HiddenLine(QWidget):
    """The foot: what is left out and why, with a word that shows it after all."""

    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("add-hidden")
        self.setFixedHeight(31)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(38, 0, 14, 0)
        self._text = ElidedLabel("", "second", "text_second", name="add-hidden-text")
        self._show = LinkButton("Show", self)
        self._show.clicked.connect(self.shown)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._show)
        self.is_needed = False

    def say(self, titles: Sequence[str], why: str) -> None:
        self.is_needed = bool(titles)
        self.setVisible(self.is_needed)
        names = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1] if titles else "")))
        self._text.setText(f"{names} {'is' if len(titles) == 1 else 'are'} hidden: {why}")

    def sizeHint(self) -> QSize:
        return QSize(200, 31)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.fillRect(QRectF(0, 0, self.width(), 1), tokens.border)
            draw_icon(painter, "eye-off", tokens.text_second, (14, 8), 15)


class LinkButton(QAbstractButton):
    """A word in accent that does something."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("add-show-hidden")
        self.setText(text)
        self.setAccessibleName(f"{text} what is hidden")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(font("second")).horizontalAdvance(self.text()) + 4, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.setFont(font("second"))
            painter.setPen(tokens.accent)
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.text())
            if self.hasFocus():
                draw_box(painter, self.rect(), 4, border=tokens.accent)

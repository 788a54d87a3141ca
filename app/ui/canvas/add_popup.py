"""The popup that adds by typing: a search line, what fits the wire it hangs on, steps as rows and groups as chips.

The line keeps the focus while arrows move through the rows; Tab goes on to the chips. It shows and tells what was
chosen; what is added, and where, is `adding`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QMargins, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.ui.canvas.add_rows import ROW_HEIGHT, ContextLine, Flow, GroupChip, HiddenLine, SuggestionRow
from app.ui.canvas.entries import Entry
from app.ui.canvas.suggestions import Context, Suggestion, Suggestions, suggest
from app.ui.theme import font, theme
from app.ui.widgets.floating import SHADOW, draw_card
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_icon, painting

WIDTH = 356
MOST_ROWS = 12
HEAD = 44


class SearchLine(QLineEdit):
    """The line that is typed into; arrows, Enter, Tab and Esc are the popup's."""

    pressed = Signal(QKeyEvent)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("add-search")
        self.setProperty("look", "bare")
        self.setPlaceholderText("Add a step or group…")
        self.setAccessibleName("Add a step or group")
        self.setFrame(False)
        self.setFont(font("ui"))
        self.setStyleSheet("QLineEdit { background: transparent; border: 0; padding: 0; }")

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Tab)
            if event.key() in (*keys, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
                if event.type() == QEvent.Type.KeyPress:
                    self.pressed.emit(event)
                event.accept()
                return True
        return super().event(event)


class AddPopup(QWidget):
    """Made for one place; `chosen` tells what, and whether the chain goes on."""

    chosen = Signal(object, bool)
    highlighted = Signal()
    dismissed = Signal()
    fitted = Signal()
    """Its height is another."""

    def __init__(self, entries: Sequence[Entry], context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("add-popup")
        self.setAccessibleName("Add a step or group")
        self.setFixedWidth(WIDTH + SHADOW.left() + SHADOW.right())
        self._entries, self._context = entries, context
        self._all_shown = False
        self._offered = Suggestions()
        self._rows: list[SuggestionRow] = []
        self._chips: list[GroupChip] = []
        self._at = 0
        self._inner: Suggestion | None = None
        self._room = 600
        self.search = SearchLine(self)
        # A press anywhere on the card leaves the focus in the line.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(self.search)
        self._lay_out()
        self.search.textChanged.connect(lambda _text: self._show_anew())
        self.search.pressed.connect(self._on_key)
        self._hidden.shown.connect(self._show_hidden)
        theme().changed.connect(self.update)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)
        self._show_anew()

    @property
    def current(self) -> Suggestion | None:
        """The highlighted row, or the chip that has the focus."""
        for chip in self._chips:
            if chip.hasFocus() and chip.isVisible():
                return chip.suggestion
        rows = self._offered.rows
        return rows[self._at] if rows else None

    @property
    def inner(self) -> Suggestion | None:
        """The step that a chosen group is put around: the one highlighted last, else what fits best."""
        return self._inner

    def fit_into(self, room: int) -> None:
        """Be at most this high; the rows scroll."""
        self._room = room
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            card = QRectF(self.rect().marginsRemoved(SHADOW))
            draw_card(painter, card)
            draw_icon(painter, "search", tokens.text_second, (card.left() + 15, card.top() + (HEAD - 16) / 2), 16)
            painter.fillRect(QRectF(card.left() + 1, card.top() + HEAD, card.width() - 2, 1), tokens.border)

    # What is shown

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SHADOW + QMargins(1, 1, 1, 1))
        outer.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(40, 0, 14, 0)
        self.search.setFixedHeight(HEAD)
        head.addWidget(self.search)
        outer.addLayout(head)
        self._context_line = ContextLine(self._context)
        self._context_line.setVisible(bool(self._context.title))
        outer.addWidget(self._context_line)
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(8, 6, 8, 8)
        self._column.setSpacing(0)
        self._heads = {
            name: Label(name, "section", "text_second") for name in ("FITS THIS DATA", "STEPS", "GROUPS, OPENED AROUND THE NEW STEP")
        }
        for label in self._heads.values():
            label.setContentsMargins(6, 8, 6, 4)
        self._nothing = Label("Nothing has this name. Esc gives up.", "second", "text_second", name="add-nothing")
        self._nothing.setContentsMargins(6, 10, 6, 10)
        self._flow = Flow()
        self._flow_holder = QWidget()
        self._flow_holder.setLayout(self._flow)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("add-scroll")
        self._scroll.setWidget(self._list)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer.addWidget(self._scroll)
        self._hidden = HiddenLine()
        outer.addWidget(self._hidden)

    def _show_anew(self) -> None:
        """Rank for what is typed; the first row is highlighted."""
        offered = self._offered = suggest(self._entries, self.search.text(), self._context, all_shown=self._all_shown)
        while self._column.takeAt(0) is not None:
            pass
        for widget in (*self._heads.values(), self._nothing, self._flow_holder, *self._rows, *self._chips):
            widget.hide()
        parts: list[tuple[str, Iterable[Suggestion]]] = (
            [("", offered.found)] if offered.found else [("FITS THIS DATA", offered.fits), ("STEPS", offered.steps)]
        )
        at = 0
        for title, part in parts:
            suggestions = tuple(part)
            if suggestions and title:
                self._put(self._heads[title])
            for each in suggestions:
                self._put(self._row(at, each))
                at += 1
        if self.search.text().strip() and not offered.found:
            self._put(self._nothing)
        elif not offered.found and offered.groups:
            self._put(self._heads["GROUPS, OPENED AROUND THE NEW STEP"])
            self._flow.clear()
            for index, each in enumerate(offered.groups):
                chip = self._chip(index, each)
                self._flow.addWidget(chip)
                chip.show()
            self._put(self._flow_holder)
        self._hidden.say(offered.hidden, offered.why)
        self._highlight(0)
        self._fit()

    def _put(self, widget: QWidget) -> None:
        self._column.addWidget(widget)
        widget.show()

    def _row(self, at: int, suggestion: Suggestion) -> SuggestionRow:
        while at >= len(self._rows):
            row = SuggestionRow(len(self._rows), self._list)
            row.entered.connect(self._highlight)
            row.picked.connect(self._on_picked)
            self._rows.append(row)
        self._rows[at].show_suggestion(suggestion)
        return self._rows[at]

    def _chip(self, at: int, suggestion: Suggestion) -> GroupChip:
        while at >= len(self._chips):
            chip = GroupChip(self._flow_holder)
            chip.picked.connect(self._on_picked)
            chip.pressed_key.connect(self._on_chip_key)
            chip.focused.connect(self.highlighted)
            self._chips.append(chip)
        self._chips[at].show_suggestion(suggestion)
        return self._chips[at]

    def _fit(self) -> None:
        """As high as its content, at most twelve rows, and no higher than there is room."""
        self._column.activate()
        inside = WIDTH - 2
        content = self._column.heightForWidth(inside) if self._column.hasHeightForWidth() else self._column.sizeHint().height()
        others = HEAD + 2 + SHADOW.top() + SHADOW.bottom()
        others += self._context_line.sizeHint().height() if self._context.title else 0
        others += self._hidden.sizeHint().height() if self._hidden.is_needed else 0
        most = min(MOST_ROWS * ROW_HEIGHT + 3 * 26, max(3 * ROW_HEIGHT, self._room - others))
        self._scroll.setFixedHeight(min(content, most))
        height = min(content, most) + others
        if height != self.height():
            self.setFixedHeight(height)
            self.fitted.emit()

    def _show_hidden(self) -> None:
        self._all_shown = True
        self._show_anew()
        self.search.setFocus()

    # Choosing

    def _highlight(self, at: int) -> None:
        rows = self._offered.rows
        self._at = max(0, min(at, len(rows) - 1))
        for index, row in enumerate(self._rows):
            row.set_highlighted(index == self._at and index < len(rows))
        current = rows[self._at] if rows else None
        if current is not None and current.entry.kind == "step":
            self._inner = current
        elif not self.search.text().strip() and not rows:
            self._inner = None
        if rows:
            self._scroll.ensureWidgetVisible(self._rows[self._at], 0, 28 if self._at == 0 else 4)
            self.search.setAccessibleDescription(f"{rows[self._at].entry.title}, {self._at + 1} of {len(rows)}")
        self.highlighted.emit()

    def _on_key(self, event: QKeyEvent) -> None:
        page = MOST_ROWS - 1
        match event.key():
            case Qt.Key.Key_Down:
                self._highlight(self._at + 1)
            case Qt.Key.Key_Up:
                self._highlight(self._at - 1)
            case Qt.Key.Key_PageDown:
                self._highlight(self._at + page)
            case Qt.Key.Key_PageUp:
                self._highlight(self._at - page)
            case Qt.Key.Key_Tab:
                self._focus_chip(0)
            case Qt.Key.Key_Escape:
                self.dismissed.emit()
            case _ if self._offered.rows:
                self._on_picked(self._offered.rows[self._at], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def _on_chip_key(self, event: QKeyEvent) -> None:
        """Keys on a chip: arrows go to its neighbours, Esc gives up, letters go on searching."""
        at = next((index for index, chip in enumerate(self._chips) if chip.hasFocus()), 0)
        match event.key():
            case Qt.Key.Key_Escape:
                self.dismissed.emit()
            case Qt.Key.Key_Right | Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self._focus_chip(at + 1)
            case Qt.Key.Key_Left | Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self._focus_chip(at - 1)
            case _ if event.text().isprintable() and event.text():
                self.search.setFocus()
                self.search.insert(event.text())

    def _focus_chip(self, at: int) -> None:
        shown = [chip for chip in self._chips if chip.isVisible()]
        if not 0 <= at < len(shown):
            self.search.setFocus()
        else:
            shown[at].setFocus(Qt.FocusReason.TabFocusReason)
            self._scroll.ensureWidgetVisible(shown[at])
        self.highlighted.emit()

    def _on_picked(self, suggestion: Suggestion, chain: bool) -> None:
        self.chosen.emit(suggestion, chain)

    def _on_focus(self, _old: QObject | None, new: QWidget | None) -> None:
        """The focus went elsewhere in the window: give up. When the whole window lost it, stay."""
        if new is not None and self.isVisible() and new is not self and not self.isAncestorOf(new):
            self.dismissed.emit()

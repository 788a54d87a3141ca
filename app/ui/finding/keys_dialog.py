"""The keys of every action, to be looked up and given anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QKeyCombination, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QStyleOptionViewItem, QWidget

from app.ui.actions import SPECS, Actions, ActionSpec
from app.ui.preferences import Preferences
from app.ui.prompts import Dialog
from app.ui.shortcuts import PLACES, CustomKeys, clashes, keep_keys
from app.ui.table_cells import Cell, CellDelegate
from app.ui.tables import ROW_ROLE, Column, Table
from app.ui.theme import font, theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import SearchField
from app.ui.widgets.keycaps import draw_keys, keys_width
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, painting

_MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_unknown)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An action and its keys as they are now."""

    spec: ActionSpec
    keys: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        return self.keys != _own(self.spec)


class KeyField(QWidget):
    """Takes the next keys that are pressed. Esc gives up, Backspace takes the keys away."""

    pressed = Signal(str)
    """The keys in portable form; empty for none."""
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("key-field")
        self.setAccessibleName("New keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(34)
        self._says = ""
        theme().changed.connect(self.update)

    def say(self, words: str) -> None:
        self._says = words
        self.setAccessibleDescription(words)
        self.update()

    def event(self, event: QEvent) -> bool:
        # What is pressed here is meant for here, whatever action has it now.
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            self._take(event)
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in _MODIFIERS:
            return
        if held == Qt.KeyboardModifier.NoModifier and key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab):
            self.left.emit()
        elif held == Qt.KeyboardModifier.NoModifier and key is Qt.Key.Key_Backspace:
            self.pressed.emit("")
        else:
            if key is Qt.Key.Key_Backtab:
                key = Qt.Key.Key_Tab
            if 0 < key <= 0xFFFF and event.text() == chr(key) and not chr(key).isalpha():
                held &= ~Qt.KeyboardModifier.ShiftModifier  # Shift made the sign, it is not a key beside it
            self.pressed.emit(QKeySequence(QKeyCombination(held, key)).toString(QKeySequence.SequenceFormat.PortableText))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 8, fill=tokens.field, border=tokens.accent if self.hasFocus() else tokens.border, width=1)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text if self.hasFocus() else tokens.text_second))
            painter.drawText(QRectF(12, 0, self.width() - 24, self.height()), Qt.AlignmentFlag.AlignVCenter, self._says)


class KeysDelegate(CellDelegate):
    """The second column: keys as caps."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        if index.column() != 1:
            super().paint(painter, option, index)
            return
        row = index.data(ROW_ROLE)
        super().paint(painter, option, index)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(option.rect)
            x = rect.x() + 12
            for keys in row.keys:
                draw_keys(painter, x, rect.center().y(), keys, ground=theme().tokens.card)
                x += keys_width(keys) + 14
        finally:
            painter.restore()


class KeysDialog(Dialog):
    """All actions with their keys. A change works at once and is kept."""

    def __init__(self, window: QWidget, actions: Actions, preferences: Preferences) -> None:
        super().__init__(window, "Keyboard shortcuts", width=680, name="keys-dialog")
        self._actions, self._preferences = actions, preferences
        self._wanted = ""
        self.search = SearchField("Search actions or keys…", name="keys-search")
        self.table: Table[KeyRow] = Table(_columns(), lambda row: row.spec.id, name="keys-table", row_height=40)
        self.table.setAccessibleName("Actions and their keys")
        self.table.setMinimumHeight(340)
        self.table.cells = KeysDelegate(self.table)
        self.table.setItemDelegate(self.table.cells)
        self.field = KeyField()
        self._clash = Label("", "ui", "status.warn", wrap=True, name="keys-clash")
        self._take_over = Button("Take them over", name="keys-take-over")
        self._reset = Button("Reset", icon_name="rotate-ccw", name="keys-reset")
        self._reset_all = Button("Reset all", name="keys-reset-all")
        self._lay_out()
        self.search.textChanged.connect(self.refresh)
        self.table.selected.connect(lambda _row: self._follow())
        self.table.opened.connect(lambda _row: self.field.setFocus())
        self.field.pressed.connect(self._on_keys)
        self.field.left.connect(self.table.setFocus)
        self._take_over.clicked.connect(lambda: self._give(self._wanted))
        self._reset.clicked.connect(self._reset_one)
        self._reset_all.clicked.connect(lambda: self._apply({}))
        self.refresh()
        self.table.select(0)
        self.search.setFocus()

    def refresh(self) -> None:
        words = self.search.text().lower().split()
        rows = [KeyRow(spec, self._actions.keys_of(spec.id)) for place in PLACES for spec in SPECS if spec.place == place]
        shown = [row for row in rows if all(word in _said(row) for word in words)]
        self.table.show_rows(shown, when_empty=("search", "No action fits this search.", "Names, places and keys are looked at."))
        if shown and self.table.current_row() is None:
            self.table.select(0)
        self._reset_all.setEnabled(any(row.is_changed for row in rows))
        self._follow()

    def _follow(self) -> None:
        row = self.table.current_row()
        self._wanted = ""
        self._clash.hide()
        self._take_over.hide()
        self.field.setEnabled(row is not None)
        self._reset.setEnabled(row is not None and row.is_changed)
        if row is not None:
            self.field.say(f"Press new keys for “{row.spec.title}” · Backspace: none · Esc: leave")

    def _on_keys(self, keys: str) -> None:
        row = self.table.current_row()
        if row is None:
            return
        taken = clashes(self._actions, row.spec.id, keys) if keys else []
        if not taken:
            self._give(keys)
            return
        self._wanted = keys
        names = " and ".join(f"“{spec.title}”" for spec in taken)
        self._clash.setText(f"{keys} is already {names} ({PLACES[taken[0].place].lower()}).")
        self._clash.show()
        self._take_over.show()
        self._take_over.setFocus()

    def _give(self, keys: str) -> None:
        """The keys are this action's alone from now on."""
        row = self.table.current_row()
        if row is None:
            return
        custom = self._custom()
        for spec in clashes(self._actions, row.spec.id, keys) if keys else ():
            custom[spec.id] = tuple(each for each in self._actions.keys_of(spec.id) if QKeySequence(each) != QKeySequence(keys))
        custom[row.spec.id] = (keys,) if keys else ()
        self._apply(custom)
        self.table.setFocus()

    def _reset_one(self) -> None:
        row = self.table.current_row()
        if row is None:
            return
        custom = self._custom()
        custom[row.spec.id] = _own(row.spec)
        # Its own keys may have been given to others meanwhile: those lose them.
        for keys in row.spec.keys:
            for spec in clashes(self._actions, row.spec.id, keys):
                custom[spec.id] = tuple(each for each in self._actions.keys_of(spec.id) if QKeySequence(each) != QKeySequence(keys))
        self._apply(custom)

    def _custom(self) -> dict[str, tuple[str, ...]]:
        return {spec.id: self._actions.keys_of(spec.id) for spec in SPECS if self._actions.keys_of(spec.id) != _own(spec)}

    def _apply(self, custom: CustomKeys) -> None:
        self._actions.set_keys(custom)
        keep_keys(self._preferences, custom)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter belongs to the list and to buttons that have the focus, not to the dialog.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        self.content.addWidget(self.search)
        self.content.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(self._reset)
        self.content.addLayout(row)
        clash = QHBoxLayout()
        clash.addWidget(self._clash, 1)
        clash.addWidget(self._take_over)
        self.content.addLayout(clash)
        self._buttons.insertWidget(0, self._reset_all)
        self.add_button(Button("Done", "primary", name="dialog-done"), accepts=True)


def _own(spec: ActionSpec) -> tuple[str, ...]:
    return tuple(QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText) for keys in spec.keys)


def _said(row: KeyRow) -> str:
    return f"{row.spec.title} {row.spec.hint} {PLACES[row.spec.place]} {' '.join(row.keys)} {' '.join(row.keys).replace('+', ' ')}".lower()


def _columns() -> tuple[Column[KeyRow], ...]:
    keys: Callable[[KeyRow], Cell] = lambda row: Cell(" ", hint=" or ".join(row.keys))  # noqa: E731
    return (
        Column("Action", lambda row: Cell(row.spec.title, icon=row.spec.icon or "corner-down-right"), sort_by=lambda row: row.spec.title),
        Column("Keys", keys, 220, sort_by=lambda row: row.keys or None),
        Column("Where", _where_cell, 170),
    )


def _where_cell(row: KeyRow) -> Cell:
    return Cell(PLACES[row.spec.place], colour="text_second", badge="changed" if row.is_changed else "")

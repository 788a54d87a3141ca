"""A JSON value to look at: as a tree, as a table or raw, with a button that copies all of it."""

from __future__ import annotations

import json

import orjson
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from app.domain.json_value import Json, size_bytes
from app.ui.theme import font
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.json_table import JsonTable
from app.ui.widgets.json_tree import JsonTree
from app.ui.widgets.labels import Label
from app.ui.words import size

_RAW_LIMIT = 256 * 1024


class JsonView(QWidget):
    """Shows one value, or why there is none; without a bar where somebody else says how."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "json-view", has_bar: bool = True) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        around = QWidget(self)
        around.setHidden(not has_bar)
        bar = QHBoxLayout(around)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(2)
        self._size = Label("", "second", "text_second")
        self._as_tree = IconButton("list-tree", "As a tree", name=f"{name}-tree", size=26, icon_size=16)
        self._as_table = IconButton("table", "As a table", name=f"{name}-table", size=26, icon_size=16)
        self._as_raw = IconButton("braces", "Raw", name=f"{name}-raw", size=26, icon_size=16)
        self._copy = IconButton("copy", "Copy", name=f"{name}-copy", size=26, icon_size=16)
        bar.addWidget(self._size, 1)
        for button in (self._as_tree, self._as_table, self._as_raw, self._copy):
            bar.addWidget(button)
        layout.addWidget(around)
        self._tree = JsonTree(name=f"{name}-tree-view")
        self._table = JsonTable(name=f"{name}-table-view")
        self._is_tabled = False
        self._raw = QPlainTextEdit(readOnly=True)
        self._raw.setObjectName(f"{name}-raw-view")
        self._raw.setFont(font("code"))
        self._raw.setProperty("look", "bare")
        self._nothing = EmptyState()
        self._pages = QStackedWidget()
        for page in (self._tree, self._table, self._raw, self._nothing):
            self._pages.addWidget(page)
        layout.addWidget(self._pages, 1)
        self._value: Json = None
        self._root = "$"
        self._has_value = False
        self._form: QWidget = self._tree
        self._as_tree.setCheckable(True)
        self._as_table.setCheckable(True)
        self._as_raw.setCheckable(True)
        self._as_tree.clicked.connect(lambda: self._choose(self._tree))
        self._as_table.clicked.connect(lambda: self._choose(self._table))
        self._as_raw.clicked.connect(lambda: self._choose(self._raw))
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(pretty(self._value)))
        self._choose(self._tree)

    @property
    def text(self) -> str:
        """The raw form, as it is shown."""
        self._write_raw()
        return self._raw.toPlainText()

    def set_value(self, value: Json, *, root: str = "$") -> None:
        """`root` is how an expression reaches the value; paths that are copied begin so."""
        if self._has_value and self._value is value and self._root == root:
            return
        self._has_value, self._value, self._root, self._is_tabled = True, value, root, False
        self._size.setText(size(size_bytes(value)))
        self._raw.clear()
        self._tree.set_value(value, root=root)
        self._choose(self._form)

    def choose_form(self, form: str) -> None:
        """`tree`, `table` or `raw`."""
        self._choose({"tree": self._tree, "table": self._table}.get(form, self._raw))

    def set_nothing(self, icon_name: str, sentence: str, second: str = "") -> None:
        self._has_value, self._value = False, None
        self._size.setText("")
        self._raw.clear()
        self._nothing.say(icon_name, sentence, second)
        self._choose(self._form)

    def _write_raw(self) -> None:
        """Only once somebody looks at it: large values are many lines."""
        if self._has_value and self._raw.document().isEmpty():
            text = pretty(self._value)
            cut = len(text) > _RAW_LIMIT
            self._raw.setPlainText(text[:_RAW_LIMIT] + ("\n… cut here; Copy takes all of it" if cut else ""))

    def _choose(self, form: QWidget) -> None:
        self._form = form
        if form is self._raw:
            self._write_raw()
        if form is self._table and self._has_value and not self._is_tabled:
            self._table.set_value(self._value)
            self._is_tabled = True
        self._as_tree.setChecked(form is self._tree)
        self._as_table.setChecked(form is self._table)
        self._as_raw.setChecked(form is self._raw)
        for button in (self._as_tree, self._as_table, self._as_raw, self._copy):
            button.setVisible(self._has_value)
        self._pages.setCurrentWidget(form if self._has_value else self._nothing)


def pretty(value: Json) -> str:
    """JSON text with a line for each value."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(value, ensure_ascii=False, indent=2)

"""A field for a JSON Schema: rows for people, code for what rows cannot show; both are the same schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.domain.schema_rows import KINDS, Kind, SchemaRow, names_fault, rows_of, schema_of_rows, size_of, with_kind
from app.ui.inspector.field_info import FieldInfo, Unset
from app.ui.inspector.fields import Field
from app.ui.inspector.json_field import JsonEdit, pretty
from app.ui.inspector.text_fields import LineEdit
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fields import CheckBox, Choice
from app.ui.widgets.labels import Label
from app.ui.widgets.links import Link
from app.ui.widgets.switch import Segments

_INDENT, _MOST_ROWS = 12, 50
_EMPTY = SchemaRow(kind="object")


class SchemaField(Field):
    """Rows or code. A schema that rows would lose something of is shown as code, and says so."""

    wants_switch = False

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info)
        self._schemas = SchemaChecker()
        self._mode = Segments((("rows", "Fields"), ("code", "JSON")), name=f"mode-{info.name}", label=f"{info.title} as")
        self._mode.chosen.connect(self._on_chosen)
        self.head.addWidget(self._mode)
        self._rows = SchemaRows(info.name, info.title)
        self._rows.changed.connect(self._on_rows)
        self._code = JsonEdit(info, lines=4)
        self._code.edited.connect(self._on_code)
        self._note = Label("This schema says more than fields can show here.", "caption", "text_second", wrap=True)
        pages = QWidget()
        layout = QVBoxLayout(pages)
        layout.setContentsMargins(0, 0, 0, 0)
        for page in (self._rows, self._note, self._code):
            layout.addWidget(page)
        pages.setFocusProxy(self._rows.add_link)
        self._wanted = "rows"
        self._note.hide()
        self._code.hide()
        self._place(pages)

    def _show(self, value: Json) -> None:
        rows = self._rows_of(value)
        self._note.setVisible(rows is None)
        if rows is not None:
            self._rows.show_row(rows)
        if value != self._read_code():
            self._code.set_text("" if value is None else pretty(value))
        self._refuse("")
        self._turn_to("code" if rows is None else self._wanted)

    @staticmethod
    def _rows_of(value: Json) -> SchemaRow | None:
        """The rows that can show it: an object on top, and not so many that making them would be felt."""
        rows = rows_of(value) if value is not None else _EMPTY
        return rows if rows is not None and rows.kind == "object" and size_of(rows) <= _MOST_ROWS else None

    def _show_unset(self, default: Json | Unset) -> None:
        self._show(None)

    def _read_code(self) -> Json:
        return self._code.read("any")[0]

    def _on_chosen(self, mode: str) -> None:
        value = None if isinstance(self._value, Unset) else self._value
        if mode == "rows" and self._rows_of(value) is None:
            self._mode.set_current("code")
            return
        self._wanted = mode
        self._show(value)
        (self._code if mode == "code" else self._rows.add_link).setFocus()

    def _turn_to(self, mode: str) -> None:
        self._mode.set_current(mode)
        self._rows.setVisible(mode == "rows")
        self._code.setVisible(mode == "code")

    def _on_rows(self) -> None:
        row = self._rows.row
        if fault := names_fault(row):
            self._refuse(fault)  # kept in the rows until it is a schema
            return
        self._refuse("")
        is_empty = not row.fields and not row.more
        self._send(None if is_empty else schema_of_rows(row))

    def _on_code(self, _text: str) -> None:
        value, fault = self._code.read("any")
        if not fault and value is not None and not isinstance(value, dict | bool):
            fault = "A JSON Schema is an object, such as {…}."
        if not fault and value is not None:
            fault = self._schemas.schema_problem(value) or ""
        self._refuse(fault)
        if not fault:
            self._send(value)
            self._note.setVisible(self._rows_of(value) is None)


class SchemaRows(QWidget):
    """The fields of one object, with those inside of them indented."""

    changed = Signal()

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self._name, self._title = name, title
        self._row = _EMPTY
        self._lines: list[SchemaLine] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._box = QVBoxLayout()
        self._box.setSpacing(6)
        layout.addLayout(self._box)
        self.add_link = Link("Add a field", name=f"add-{name}")
        self.add_link.clicked.connect(self._add)
        layout.addWidget(self.add_link)

    @property
    def row(self) -> SchemaRow:
        return replace(self._row, fields=tuple(line.row for line in self._lines))

    def show_row(self, row: SchemaRow) -> None:
        if row == self.row:
            return
        self._row = row
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines = []
        for child in row.fields:
            self._append(child)

    def _append(self, row: SchemaRow) -> SchemaLine:
        line = SchemaLine(f"{self._name}-{len(self._lines)}", self._title, row, remove=self._remove)
        line.changed.connect(self.changed)
        self._lines.append(line)
        self._box.addWidget(line)
        return line

    def _add(self) -> None:
        self._append(SchemaRow()).name_edit.setFocus()
        self.changed.emit()

    def _remove(self, line: SchemaLine) -> None:
        self._lines.remove(line)
        line.hide()
        line.deleteLater()
        self.add_link.setFocus()
        self.changed.emit()


class _Nesting(QWidget):
    """A row with what is inside of it: the fields of an object, the items of a list."""

    changed = Signal()

    def __init__(self, name: str, title: str, row: SchemaRow) -> None:
        super().__init__()
        self._name, self._title, self._row = name, title, row
        self._inside: SchemaRows | ItemLine | None = None
        self._below = QVBoxLayout()

    @property
    def row(self) -> SchemaRow:
        if isinstance(self._inside, SchemaRows):
            return replace(self._row, fields=self._inside.row.fields)
        return replace(self._row, item=self._inside.row) if isinstance(self._inside, ItemLine) else self._row

    def _choice(self, name: str) -> Choice:
        kinds = Choice(name=name)
        kinds.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        kinds.setMinimumContentsLength(5)
        for kind in KINDS:
            kinds.addItem(kind.capitalize(), kind)
        kinds.setCurrentIndex(KINDS.index(self._row.kind))
        kinds.activated.connect(lambda at: self._turn_into(KINDS[at]))
        return kinds

    def _turn_into(self, kind: Kind) -> None:
        self._row = with_kind(self.row, kind)
        self._show_inside()
        self.changed.emit()

    def _show_inside(self) -> None:
        if self._inside is not None:
            self._inside.hide()
            self._inside.deleteLater()
            self._inside = None
        if self._row.kind == "object":
            self._inside = SchemaRows(self._name, self._title)
            self._inside.show_row(self._row)
        elif self._row.kind == "list":
            self._inside = ItemLine(f"{self._name}-item", self._title, self._row.item or SchemaRow(kind="any"))
        if self._inside is not None:
            self._inside.changed.connect(self.changed)
            self._below.addWidget(self._inside)


class SchemaLine(_Nesting):
    """One field: name, type, whether it must be there, description; what is inside of it below."""

    def __init__(self, name: str, title: str, row: SchemaRow, *, remove: Callable[[SchemaLine], object]) -> None:
        super().__init__(name, title, row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(4)
        self.name_edit = LineEdit(name=f"schema-name-{name}")
        self.name_edit.setAccessibleName(f"{title}, name of the field")
        self.name_edit.setPlaceholderText("name")
        self.name_edit.setText(row.name)
        self.name_edit.textEdited.connect(lambda text: self._set(name=text.strip()))
        kind = self._choice(f"schema-kind-{name}")
        kind.setAccessibleName(f"Type of {row.name}")
        needed = CheckBox("", name=f"schema-required-{name}")
        needed.setAccessibleName(f"{row.name} is required")
        needed.setToolTip("Required")
        needed.setFixedWidth(22)
        needed.setChecked(row.required)
        needed.clicked.connect(lambda on: self._set(required=bool(on)))
        gone = IconButton("x", f"Remove {row.name or 'the field'}", name=f"schema-remove-{name}", size=22, icon_size=13)
        gone.clicked.connect(lambda: remove(self))
        first.addWidget(self.name_edit, 3)
        first.addWidget(kind, 2)
        first.addWidget(needed)
        first.addWidget(gone)
        layout.addLayout(first)
        about = LineEdit(name=f"schema-about-{name}")
        about.setAccessibleName(f"Description of {row.name}")
        about.setPlaceholderText("what it is")
        about.setText(row.description)
        about.setProperty("look", "bare")
        about.textEdited.connect(lambda text: self._set(description=text))
        layout.addWidget(about)
        self._below.setContentsMargins(_INDENT, 0, 0, 0)
        layout.addLayout(self._below)
        self._show_inside()

    def _set(self, **changes: Any) -> None:
        self._row = replace(self.row, **changes)
        self.changed.emit()


class ItemLine(_Nesting):
    """What a list holds: a type, and for objects their fields."""

    def __init__(self, name: str, title: str, row: SchemaRow) -> None:
        super().__init__(name, title, row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(Label("of", "second", "text_second"))
        kind = self._choice(f"schema-kind-{name}")
        kind.setAccessibleName("Type of the items")
        head.addWidget(kind, 1)
        layout.addLayout(head)
        layout.addLayout(self._below)
        self._show_inside()

"""A field for a JSON Schema: rows for people, code for what rows cannot show; both are the same schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.domain.schema_rows import KINDS, Kind, SchemaRow, names_fault, rows_of, schema_of_rows, with_kind
from app.ui.inspector.field_info import FieldInfo, Unset
from app.ui.inspector.fields import Field
from app.ui.inspector.json_field import JsonEdit, pretty
from app.ui.inspector.text_fields import LineEdit
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fields import CheckBox, Choice
from app.ui.widgets.labels import Label
from app.ui.widgets.links import Link
from app.ui.widgets.switch import Segments

_INDENT = 12
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
        self._note = Label("This schema says more than fields can show.", "caption", "text_second", wrap=True)
        code_page = QWidget()
        code_layout = QVBoxLayout(code_page)
        code_layout.setContentsMargins(0, 0, 0, 0)
        code_layout.addWidget(self._note)
        code_layout.addWidget(self._code)
        self._pages = _Pages()
        self._pages.addWidget(self._rows)
        self._pages.addWidget(code_page)
        self._pages.setFocusProxy(self._rows.add_link)
        self._wanted = "rows"
        self._note.hide()
        self._place(self._pages)

    def _show(self, value: Json) -> None:
        rows = rows_of(value) if value is not None else _EMPTY
        if rows is not None and rows.kind != "object":
            rows = None  # the top of an answer that rows can show is an object
        self._note.setVisible(rows is None)
        if rows is not None:
            self._rows.show_row(rows)
        if value != self._read_code():
            self._code.set_text("" if value is None else pretty(value))
        self._refuse("")
        self._turn_to("code" if rows is None else self._wanted)

    def _show_unset(self, default: Json | Unset) -> None:
        self._show(None)

    def _read_code(self) -> Json:
        return self._code.read("any")[0]

    def _on_chosen(self, mode: str) -> None:
        value = None if isinstance(self._value, Unset) else self._value
        if mode == "rows" and value is not None and ((found := rows_of(value)) is None or found.kind != "object"):
            self._mode.set_current("code")
            return
        self._wanted = mode
        self._show(value)
        (self._code if mode == "code" else self._rows.add_link).setFocus()

    def _turn_to(self, mode: str) -> None:
        self._mode.set_current(mode)
        self._pages.setCurrentIndex(0 if mode == "rows" else 1)

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
            rows = rows_of(value)
            self._note.setVisible(value is not None and (rows is None or rows.kind != "object"))


class _Pages(QStackedWidget):
    """As high as the page that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(lambda _at: self._follow())

    def _follow(self) -> None:
        for at in range(self.count()):
            if (page := self.widget(at)) is not None:
                vertical = QSizePolicy.Policy.Preferred if at == self.currentIndex() else QSizePolicy.Policy.Ignored
                page.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
        self.updateGeometry()


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


class SchemaLine(QWidget):
    """One field: name, type, whether it must be there, description; what is inside of it below."""

    changed = Signal()

    def __init__(self, name: str, title: str, row: SchemaRow, *, remove: Callable[[SchemaLine], object]) -> None:
        super().__init__()
        self._name, self._title, self._row = name, title, row
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(4)
        self.name_edit = LineEdit(name=f"schema-name-{name}")
        self.name_edit.setAccessibleName(f"{title}, name of the field")
        self.name_edit.setPlaceholderText("name")
        self.name_edit.setText(row.name)
        self.name_edit.textEdited.connect(lambda text: self._become(replace(self._row, name=text.strip())))
        self._kind = Choice(name=f"schema-kind-{name}")
        self._kind.setAccessibleName(f"Type of {row.name}")
        for kind in KINDS:
            self._kind.addItem(kind.capitalize(), kind)
        self._kind.setCurrentIndex(KINDS.index(row.kind))
        self._kind.activated.connect(lambda at: self._become(with_kind(self._row, KINDS[at]), anew=True))
        self._needed = CheckBox("", name=f"schema-required-{name}")
        self._needed.setAccessibleName(f"{row.name} is required")
        self._needed.setToolTip("Required")
        self._needed.setFixedWidth(22)
        self._needed.setChecked(row.required)
        self._needed.clicked.connect(lambda on: self._become(replace(self._row, required=bool(on))))
        gone = IconButton("x", f"Remove {row.name or 'the field'}", name=f"schema-remove-{name}", size=22, icon_size=13)
        gone.clicked.connect(lambda: remove(self))
        first.addWidget(self.name_edit, 3)
        first.addWidget(self._kind, 2)
        first.addWidget(self._needed)
        first.addWidget(gone)
        layout.addLayout(first)
        self._about = LineEdit(name=f"schema-about-{name}")
        self._about.setAccessibleName(f"Description of {row.name}")
        self._about.setPlaceholderText("what it is")
        self._about.setText(row.description)
        self._about.setProperty("look", "bare")
        self._about.textEdited.connect(lambda text: self._become(replace(self._row, description=text)))
        layout.addWidget(self._about)
        self._below = QVBoxLayout()
        self._below.setContentsMargins(_INDENT, 0, 0, 0)
        layout.addLayout(self._below)
        self._inside: SchemaRows | ItemLine | None = None
        self._show_inside()

    @property
    def row(self) -> SchemaRow:
        if isinstance(self._inside, SchemaRows):
            return replace(self._row, fields=self._inside.row.fields)
        if isinstance(self._inside, ItemLine):
            return replace(self._row, item=self._inside.row)
        return self._row

    def _become(self, row: SchemaRow, *, anew: bool = False) -> None:
        inside = self.row
        self._row = row if anew else replace(row, fields=inside.fields, item=inside.item)
        if anew:
            self._show_inside()
        self.changed.emit()

    def _show_inside(self) -> None:
        if self._inside is not None:
            self._inside.hide()
            self._inside.deleteLater()
            self._inside = None
        if self._row.kind == "object":
            rows = SchemaRows(self._name, self._title)
            rows.show_row(self._row)
            rows.changed.connect(self.changed)
            self._inside = rows
        elif self._row.kind == "list":
            item = ItemLine(self._name, self._title, self._row.item or SchemaRow(kind="any"))
            item.changed.connect(self.changed)
            self._inside = item
        if self._inside is not None:
            self._below.addWidget(self._inside)


class ItemLine(QWidget):
    """What a list holds: a type, and for objects their fields."""

    changed = Signal()

    def __init__(self, name: str, title: str, row: SchemaRow) -> None:
        super().__init__()
        self._name, self._title, self._row = name, title, row
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(Label("of", "second", "text_second"))
        self._kind = Choice(name=f"schema-item-{name}")
        self._kind.setAccessibleName("Type of the items")
        kinds: tuple[Kind, ...] = KINDS
        for kind in kinds:
            self._kind.addItem(kind.capitalize(), kind)
        self._kind.setCurrentIndex(kinds.index(row.kind))
        self._kind.activated.connect(lambda at: self._become(with_kind(self.row, kinds[at])))
        head.addWidget(self._kind, 1)
        layout.addLayout(head)
        self._below = QVBoxLayout()
        layout.addLayout(self._below)
        self._inside: SchemaRows | ItemLine | None = None
        self._show_inside()

    @property
    def row(self) -> SchemaRow:
        if isinstance(self._inside, SchemaRows):
            return replace(self._row, fields=self._inside.row.fields)
        if isinstance(self._inside, ItemLine):
            return replace(self._row, item=self._inside.row)
        return self._row

    def _become(self, row: SchemaRow) -> None:
        self._row = row
        self._show_inside()
        self.changed.emit()

    def _show_inside(self) -> None:
        if self._inside is not None:
            self._inside.hide()
            self._inside.deleteLater()
            self._inside = None
        if self._row.kind == "object":
            rows = SchemaRows(f"{self._name}-item", self._title)
            rows.show_row(self._row)
            rows.changed.connect(self.changed)
            self._inside = rows
        elif self._row.kind == "list":
            item = ItemLine(f"{self._name}-item", self._title, self._row.item or SchemaRow(kind="any"))
            item.changed.connect(self.changed)
            self._inside = item
        if self._inside is not None:
            self._below.addWidget(self._inside)

"""Fields that hold several things: texts as chips, keys with values, records in rows, the cases of a switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.json_value import Json, JsonRejected, dumps, loads
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.field_info import FieldInfo, Unset
from app.ui.inspector.fields import Field
from app.ui.inspector.text_fields import LineEdit
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fields import Choice
from app.ui.widgets.links import Link
from app.ui.widgets.tokens import TokenBox


class TokensField(Field):
    """A list of texts as chips."""

    wants_switch = False

    def __init__(self, info: FieldInfo, *, known: Sequence[str] = ()) -> None:
        super().__init__(info)
        self._box = TokenBox(name=info.name, placeholder="Type and press Enter", known=known, edit=LineEdit(name=f"input-{info.name}"))
        self._box.changed.connect(lambda texts: self._send(texts or None))
        self._place(self._box)

    def _show(self, value: Json) -> None:
        items = value if isinstance(value, list) else [] if value is None else [value]
        texts = [item if isinstance(item, str) else dumps(item) for item in items]
        if texts != self._box.texts:
            self._box.set_texts(texts)

    def _show_unset(self, default: Json | Unset) -> None:
        """What holds without any is told in the line; it is not one of the chips."""
        self._box.set_texts([])
        known = ", ".join(str(item) for item in default) if isinstance(default, list) else ""
        self._box.edit.setPlaceholderText(known or "Type and press Enter")


class Rows(QWidget):
    """Rows of editors with an x each, and a link that adds one."""

    changed = Signal()

    def __init__(self, *, name: str, add: str, make: Callable[[int, Any], QWidget]) -> None:
        super().__init__()
        self._name, self._make = name, make
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(5)
        layout.addLayout(self._rows)
        self.add_link = Link(add, name=f"add-{name}")
        self.add_link.clicked.connect(self._add)
        layout.addWidget(self.add_link)
        self.editors: list[Any] = []
        self._boxes: list[QWidget] = []
        self.setFocusProxy(self.add_link)

    def set_rows(self, values: Sequence[Any]) -> None:
        """Show these; rows that are there already are kept as far as there are as many."""
        while len(self.editors) > len(values):
            self._drop(len(self.editors) - 1)
        for at, value in enumerate(values):
            if at < len(self.editors):
                self.editors[at].show_value(value)
            else:
                self._append(value)

    def _append(self, value: Any) -> None:
        at = len(self.editors)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        editor = self._make(at, value)
        remove = IconButton("x", "Remove", name=f"remove-{self._name}-{at}", size=24, icon_size=14)
        remove.clicked.connect(lambda: self._remove(box))
        row.addWidget(editor, 1)
        row.addWidget(remove)
        self.editors.append(editor)
        self._boxes.append(box)
        self._rows.addWidget(box)

    def _add(self) -> None:
        self._append(None)
        self.editors[-1].focus_first()
        self.changed.emit()

    def _remove(self, box: QWidget) -> None:
        self._drop(self._boxes.index(box))
        self.add_link.setFocus()
        self.changed.emit()

    def _drop(self, at: int) -> None:
        box = self._boxes.pop(at)
        self.editors.pop(at)
        box.hide()
        box.deleteLater()
        for number, left in enumerate(self._boxes):  # names follow the place
            for button in left.findChildren(IconButton):
                if button.objectName().startswith(f"remove-{self._name}-"):
                    button.setObjectName(f"remove-{self._name}-{number}")


class PairRow(QWidget):
    """A key, and a value that may hold templates."""

    changed = Signal()

    def __init__(self, info: FieldInfo, at: int, pair: tuple[str, Json] | None) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.key = LineEdit(name=f"input-{info.name}-key-{at}")
        self.key.setAccessibleName(f"{info.title}, name {at + 1}")
        self.key.setPlaceholderText("Name")
        self.value = ExpressionEdit(least=1, most=4, name=f"input-{info.name}-value-{at}", context=info.context, names=info.names)
        self.value.setAccessibleName(f"{info.title}, value {at + 1}")
        self.value.setPlaceholderText("Value")
        row.addWidget(self.key, 2)
        row.addWidget(self.value, 3)
        self._kept: Json = ""
        self.key.textEdited.connect(self.changed)
        self.value.edited.connect(lambda _text: self.changed.emit())
        self.show_value(pair)

    def show_value(self, pair: tuple[str, Json] | None) -> None:
        if pair is None or pair == self.pair:
            return
        self.key.setText(pair[0])
        self._kept = pair[1]
        self.value.set_text(_written(pair[1]))

    @property
    def pair(self) -> tuple[str, Json]:
        text = self.value.toPlainText()
        return self.key.text(), self._kept if text == _written(self._kept) else text

    def focus_first(self) -> None:
        self.key.setFocus()


class MappingField(Field):
    """Names with values, such as headers. Values that are no text keep their kind until they are edited."""

    wants_switch = False

    def __init__(self, info: FieldInfo, *, add: str) -> None:
        super().__init__(info)
        self._rows = Rows(name=info.name, add=add, make=self._row)
        self._rows.changed.connect(self._tell)
        self._place(self._rows)

    def _row(self, at: int, pair: tuple[str, Json] | None) -> PairRow:
        row = PairRow(self.info, at, pair)
        row.changed.connect(self._tell)
        self._watch(row.value)
        return row

    def _show(self, value: Json) -> None:
        self._rows.set_rows(list(value.items()) if isinstance(value, dict) else [])

    def _tell(self) -> None:
        pairs = [row.pair for row in self._rows.editors]
        names = [name for name, _ in pairs if name]
        twice = next((name for name in names if names.count(name) > 1), "")
        self._refuse(f"“{twice}” is there twice; the last one counts." if twice else "")
        self._send({name: value for name, value in pairs if name} or None)


class RecordRow(QWidget):
    """The fields of one record: what is one of a few as a choice, the rest as text."""

    changed = Signal()

    def __init__(self, info: FieldInfo, schema: Mapping[str, Any], at: int, value: Mapping[str, Json] | None) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._editors: dict[str, Choice | ExpressionEdit] = {}
        self._value: dict[str, Json] = {}
        for name, field in schema.get("properties", {}).items():
            editor: Choice | ExpressionEdit
            if "enum" in field:
                editor = Choice(name=f"input-{info.name}-{at}-{name}")
                for option in field["enum"]:
                    editor.addItem(str(option).capitalize(), option)
                editor.activated.connect(lambda _at: self.changed.emit())
            else:
                editor = ExpressionEdit(least=2, most=10, name=f"input-{info.name}-{at}-{name}", context=info.context, names=info.names)
                editor.setPlaceholderText(str(field.get("title") or name.capitalize()))
                editor.edited.connect(lambda _text: self.changed.emit())
            editor.setAccessibleName(f"{info.title} {at + 1}, {name}")
            self._editors[name] = editor
            layout.addWidget(editor)
        self.show_value(value)

    @property
    def texts(self) -> list[ExpressionEdit]:
        return [editor for editor in self._editors.values() if isinstance(editor, ExpressionEdit)]

    def show_value(self, value: Mapping[str, Json] | None) -> None:
        self._value = dict(value or {})
        for name, editor in self._editors.items():
            shown = self._value.get(name)
            if isinstance(editor, Choice):
                editor.setCurrentIndex(max(0, editor.findData(shown)))
            else:
                editor.set_text(_written(shown) if shown is not None else "")

    @property
    def record(self) -> dict[str, Json]:
        found = dict(self._value)
        for name, editor in self._editors.items():
            found[name] = editor.currentData() if isinstance(editor, Choice) else editor.toPlainText()
        return found

    def focus_first(self) -> None:
        next(iter(self._editors.values())).setFocus()


class RecordsField(Field):
    """A list of objects of one shape, such as messages."""

    wants_switch = False

    def __init__(self, info: FieldInfo, schema: Mapping[str, Any], *, add: str) -> None:
        super().__init__(info)
        self._schema = schema
        self._rows = Rows(name=info.name, add=add, make=self._row)
        self._rows.changed.connect(self._tell)
        self._place(self._rows)

    def _row(self, at: int, value: Mapping[str, Json] | None) -> RecordRow:
        row = RecordRow(self.info, self._schema, at, value)
        row.changed.connect(self._tell)
        for edit in row.texts:
            self._watch(edit)
        return row

    def _show(self, value: Json) -> None:
        self._rows.set_rows([item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else [])

    def _tell(self) -> None:
        self._send([row.record for row in self._rows.editors] or None)


class CaseRow(QWidget):
    """One case: a value to compare with, or a condition."""

    changed = Signal()
    moved = Signal(int)

    def __init__(self, info: FieldInfo, at: int, value: Json) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.edit = ExpressionEdit(least=1, most=4, bare=True, name=f"input-{info.name}-{at}", context=info.context, names=info.names)
        self.edit.setAccessibleName(f"Case {at}")
        row.addWidget(self.edit, 1)
        for icon, words, step in (("chevron-up", "Move up", -1), ("chevron-down", "Move down", 1)):
            button = IconButton(icon, words, name=f"move-{info.name}-{at}-{'up' if step < 0 else 'down'}", size=22, icon_size=13)
            button.clicked.connect(lambda _on=False, step=step: self.moved.emit(step))
            row.addWidget(button)
        self._value: Json = ""
        self._shown = ""
        self.edit.edited.connect(lambda _text: self.changed.emit())
        self.show_value(value)

    def show_value(self, value: Json) -> None:
        if value is None or value == self.value:
            return
        self._value, self._shown = value, _written(value)
        self.edit.set_text(self._shown)

    @property
    def value(self) -> Json:
        """As it was while it is not edited; else a number or yes/no where it is one, otherwise the text."""
        text = self.edit.toPlainText()
        if text == self._shown:
            return self._value
        try:
            found = loads(text)
        except JsonRejected:
            return text
        return found if isinstance(found, bool | int | float) else text

    def focus_first(self) -> None:
        self.edit.setFocus()


class CasesField(Field):
    """The cases of a switch in their order: each is a role of the group."""

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info)
        self._rows = Rows(name=info.name, add="Add a case", make=self._row)
        self._rows.changed.connect(self._tell)
        self._place(self._rows)

    def _row(self, at: int, value: Json) -> CaseRow:
        row = CaseRow(self.info, at, value)
        row.changed.connect(self._tell)
        row.moved.connect(lambda step: self._move(row, step))
        self._watch(row.edit)
        return row

    def _show(self, value: Json) -> None:
        self._rows.set_rows(value if isinstance(value, list) else [])

    def _tell(self) -> None:
        self._send([row.value for row in self._rows.editors] or None)

    def _move(self, row: CaseRow, step: int) -> None:
        values = [other.value for other in self._rows.editors]
        at = self._rows.editors.index(row)
        to = at + step
        if 0 <= to < len(values):
            values[at], values[to] = values[to], values[at]
            self._rows.set_rows(values)
            self._rows.editors[to].focus_first()
            self._tell()


def _written(value: Json) -> str:
    return value if isinstance(value, str) else dumps(value)

"""One field of a form: shows a JSON value, and says when a person gave it another. Any field takes a template instead.

A field knows nothing of models: it holds a value of its kind, or text with `{{ }}` that will be one when a run resolves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.json_value import Json, JsonRejected, dumps, loads
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.widgets.fields import CheckBox, Choice
from app.ui.widgets.labels import Label

_KINDS: dict[str, tuple[type, ...]] = {"any": (object,), "object": (dict,), "array": (list,)}


class Field(QWidget):
    """Caption, control, and a line for what is wrong with it."""

    changed = Signal(object)
    """The new value; None where the field was emptied."""

    def __init__(self, title: str, hint: str, *, name: str, captioned: bool = True) -> None:
        super().__init__()
        self.setObjectName(f"field-{name}")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(5)
        if captioned:
            self._layout.addWidget(Label(title, "ui", name=f"caption-{name}"))
        self.hint = hint
        self.title = title
        self._fault = Label("", "second", "status.error", wrap=True, name=f"fault-{name}")
        self._told, self._own = "", ""

    def set_value(self, value: Json) -> None:
        raise NotImplementedError

    def show_default(self, default: Json) -> None:
        """What holds while the field is empty, in the quiet text of a placeholder."""
        if isinstance(self._control, QLineEdit | QPlainTextEdit) and default not in (None, "", [], {}):
            self._control.setPlaceholderText(_as_text(default))

    def set_unset(self, default: Json) -> None:
        """Show that the config does not name this field."""
        self.set_value(None)

    def set_fault(self, sentence: str) -> None:
        """What the workflow's check says of this field."""
        self._told = sentence
        self._show_fault()

    @property
    def fault(self) -> str:
        return self._own or self._told

    def _place(self, control: QWidget) -> None:
        control.setAccessibleName(self.title)
        control.setAccessibleDescription(self.hint)
        control.setToolTip(self.hint)
        self._control = control
        self._layout.addWidget(control)
        if self.hint:
            self._layout.addWidget(Label(self.hint, "second", "text_second", wrap=True))
        self._layout.addWidget(self._fault)
        self._fault.hide()

    def _refuse(self, sentence: str) -> None:
        """What is typed is no value of this field's kind; an empty sentence: it is."""
        self._own = sentence
        self._show_fault()

    def _show_fault(self) -> None:
        self._fault.setText(self.fault)
        self._fault.setVisible(bool(self.fault))
        if self._control.property("faulty") != bool(self.fault):
            self._control.setProperty("faulty", bool(self.fault))
            self._control.style().unpolish(self._control)
            self._control.style().polish(self._control)


class TextField(Field):
    """Text of one or many lines; with `bare` the whole text is one expression."""

    def __init__(self, title: str, hint: str, *, name: str, many: bool, bare: bool = False) -> None:
        super().__init__(title, hint, name=name)
        self._edit = ExpressionEdit(least=4 if many else 1, most=18 if many else 4, bare=bare, name=f"input-{name}")
        self._edit.edited.connect(lambda text: self.changed.emit(text if text else None))
        self._place(self._edit)

    def set_value(self, value: Json) -> None:
        self._edit.set_text("" if value is None else value if isinstance(value, str) else dumps(value))


class LineField(Field):
    """A short text, such as a name or an id."""

    def __init__(self, title: str, hint: str, *, name: str) -> None:
        super().__init__(title, hint, name=name)
        self._edit = QLineEdit()
        self._edit.setObjectName(f"input-{name}")
        self._edit.textEdited.connect(lambda text: self.changed.emit(text if text else None))
        self._place(self._edit)

    def set_value(self, value: Json) -> None:
        text = "" if value is None else value if isinstance(value, str) else dumps(value)
        if text != self._edit.text():
            self._edit.setText(text)


class NumberField(Field):
    """A number, or a template that gives one."""

    def __init__(self, title: str, hint: str, *, name: str, whole: bool) -> None:
        super().__init__(title, hint, name=name)
        self._whole = whole
        self._edit = QLineEdit()
        self._edit.setObjectName(f"input-{name}")
        self._edit.textEdited.connect(self._read)
        self._place(self._edit)

    def set_value(self, value: Json) -> None:
        text = "" if value is None else value if isinstance(value, str) else dumps(value)
        if text != self._edit.text() and not (self._own and self._edit.hasFocus()):
            self._edit.setText(text)
            self._refuse("")

    def _read(self, text: str) -> None:
        text = text.strip()
        if not text or "{{" in text:
            self._refuse("")
            self.changed.emit(text or None)
            return
        try:
            number = int(text) if self._whole else float(text)
        except ValueError:
            self._refuse("This is no whole number." if self._whole else "This is no number.")
            return
        self._refuse("")
        self.changed.emit(int(number) if float(number).is_integer() else number)


class BooleanField(Field):
    """On or off."""

    def __init__(self, title: str, hint: str, *, name: str) -> None:
        super().__init__(title, hint, name=name, captioned=False)
        self._box = CheckBox(title, name=f"input-{name}")
        self._box.clicked.connect(lambda on: self.changed.emit(bool(on)))
        self._place(self._box)

    def set_value(self, value: Json) -> None:
        self._box.setChecked(value is True)

    def set_unset(self, default: Json) -> None:
        self.set_value(default)


class ChoiceField(Field):
    """One of a few; a value that is none of them (a template, an adapter that is gone) is shown as it is."""

    def __init__(self, title: str, hint: str, *, name: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title, hint, name=name)
        self._box = Choice(name=f"input-{name}")
        self._choices = list(choices)
        for value, words in choices:
            self._box.addItem(words, value)
        self._box.activated.connect(lambda at: self.changed.emit(self._box.itemData(at)))
        self._place(self._box)

    def set_value(self, value: Json) -> None:
        text = value if isinstance(value, str) else "" if value is None else dumps(value)
        at = self._box.findData(text)
        if at < 0:
            self._box.insertItem(0, text or "Choose…", text)
            at = 0
        if at != self._box.currentIndex():
            self._box.setCurrentIndex(at)

    def set_unset(self, default: Json) -> None:
        self.set_value(default)


class ListField(Field):
    """A list of texts, one a line."""

    def __init__(self, title: str, hint: str, *, name: str) -> None:
        super().__init__(title, f"{hint} One a line.".strip(), name=name)
        self._edit = ExpressionEdit(least=1, most=8, name=f"input-{name}")
        self._edit.edited.connect(lambda text: self.changed.emit([line for line in text.splitlines() if line.strip()] or None))
        self._place(self._edit)

    def set_value(self, value: Json) -> None:
        lines = [item if isinstance(item, str) else dumps(item) for item in value] if isinstance(value, list) else [str(value or "")]
        if [line for line in self._edit.toPlainText().splitlines() if line.strip()] != [line for line in lines if line]:
            self._edit.set_text("\n".join(lines))


class JsonField(Field):
    """Any JSON. Text that is no JSON is kept as it is typed and told; a template alone counts as text."""

    def __init__(self, title: str, hint: str, *, name: str, kind: Literal["any", "object", "array"] = "any", lines: int = 1) -> None:
        super().__init__(title, hint, name=name)
        self._kind = kind
        self._edit = ExpressionEdit(least=lines, most=18, name=f"input-{name}")
        self._edit.edited.connect(self._read)
        self._value: Json = None
        self._place(self._edit)

    def set_value(self, value: Json) -> None:
        if value == self._value and self._edit.toPlainText():
            return
        self._value = value
        self._refuse("")
        self._edit.set_text("" if value is None else _written(value))

    def _read(self, text: str) -> None:
        text = text.strip()
        try:
            value = None if not text else text if text.startswith("{{") and text.endswith("}}") else loads(text)
        except JsonRejected as error:
            self._refuse(str(error))
            return
        if (
            value is not None
            and not isinstance(value, str)
            and not isinstance(value, {"object": dict, "array": list}.get(self._kind, object))
        ):
            self._refuse("This must be an object, such as {…}." if self._kind == "object" else "This must be a list, such as […].")
            return
        self._refuse("")
        self._value = value
        self.changed.emit(value)


def _as_text(value: Json) -> str:
    """A value as one would type it."""
    if isinstance(value, list):
        return "\n".join(_as_text(item) for item in value)
    return value if isinstance(value, str) else dumps(value)


def _written(value: Json) -> str:
    import json

    if isinstance(value, str) and "{{" in value:
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)

"""A field for any JSON: what is no JSON yet is kept as it is typed, and its line is marked."""

from __future__ import annotations

import json
import re
from typing import Literal

import orjson
from PySide6.QtCore import Qt

from app.domain.json_value import Json, JsonRejected, loads
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.field_info import FieldInfo, Unset, as_words
from app.ui.inspector.fields import Field
from app.ui.widgets.buttons import IconButton

Kind = Literal["any", "object", "array"]
_LINE = re.compile(r"line (\d+)")


class JsonEdit(ExpressionEdit):
    """JSON in lines with numbers; texts in it may hold templates."""

    def __init__(self, info: FieldInfo, *, lines: int, most: int = 18) -> None:
        super().__init__(
            least=lines, most=most, numbers=lines > 1, json=True, name=f"input-{info.name}", context=info.context, names=info.names
        )
        self.setAccessibleName(info.title)

    def read(self, kind: Kind) -> tuple[Json, str]:
        """The value, or why there is none; the line at fault is marked."""
        text = self.toPlainText().strip()
        self.set_error_line(-1)
        if not text:
            return None, ""
        if text.startswith("{{") and text.endswith("}}"):
            return text, ""  # one template, which will be the value
        try:
            value = loads(text)
        except JsonRejected as error:
            sentence = str(error)
            if (match := _LINE.search(sentence)) is not None:
                skipped = len(self.toPlainText()) - len(self.toPlainText().lstrip())
                self.set_error_line(int(match[1]) - 1 + self.toPlainText()[:skipped].count("\n"))
            return None, sentence
        if not isinstance(value, {"object": dict, "array": list}.get(kind, object)):
            return None, "This must be an object, such as {…}." if kind == "object" else "This must be a list, such as […]."
        return value, ""


class JsonField(Field):
    """Any JSON, or an object or a list."""

    wants_switch = False

    def __init__(self, info: FieldInfo, *, kind: Kind = "any", lines: int = 1) -> None:
        super().__init__(info)
        self._kind: Kind = kind
        self._edit = JsonEdit(info, lines=lines)
        self._edit.edited.connect(self._read)
        if info.context is not None and info.context.can_open_large and lines > 1:
            large = IconButton("maximize-2", "Edit in a large editor (Ctrl+E)", name=f"large-{info.name}", size=20, icon_size=13)
            large.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            large.clicked.connect(lambda: info.context.open_large(self) if info.context is not None else None)
            self.head.addWidget(large)
        self._format = IconButton("wand-sparkles", "Format", name=f"format-{info.name}", size=20, icon_size=13)
        self._format.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._format.clicked.connect(self._tidy)
        self.head.addWidget(self._format)
        self._place(self._edit)

    def _show(self, value: Json) -> None:
        self._refuse("")
        self._edit.set_error_line(-1)
        self._edit.set_text("" if value is None else pretty(value))

    def _show_unset(self, default: Json | Unset) -> None:
        self._edit.setPlaceholderText(as_words(default) if default else "")
        self._edit.set_text("")
        self._edit.set_error_line(-1)
        self._refuse("")

    def _read(self, _text: str) -> None:
        value, fault = self._edit.read(self._kind)
        self._refuse(fault)
        if not fault:
            self._send(value)

    def _tidy(self) -> None:
        """Two blanks a level, one line each; only what can be read is touched, and what it means stays the same."""
        value, fault = self._edit.read(self._kind)
        if not fault and value is not None:
            self._edit.replace_part(0, len(self._edit.toPlainText()), pretty(value))


def pretty(value: Json) -> str:
    if isinstance(value, str) and value.startswith("{{") and value.endswith("}}"):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(value, ensure_ascii=False, indent=2)

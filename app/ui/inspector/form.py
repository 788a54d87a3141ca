"""A form made from a config model: its JSON Schema says which fields there are and of what kind.

The form holds no state of its own: it shows a config, and each edit says which field of it is to become what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.json_value import Json
from app.ui.inspector.fields import BooleanField, ChoiceField, Field, JsonField, LineField, ListField, NumberField, TextField
from app.ui.widgets.fold import Fold

# Text that is usually long gets room for it; the schema cannot say so.
_LONG = frozenset({"prompt", "system", "instructions", "body", "response", "content", "message"})

Path = tuple[str, ...]
_MISSING = object()
"""A field that the config does not name; null is a value."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: where in the config it stands, its schema, and how its text is read."""

    path: Path
    schema: Mapping[str, Any]
    required: bool = False
    bare: bool = False
    """The whole text is one expression or path."""
    choices: tuple[tuple[str, str], ...] | None = None

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def title(self) -> str:
        return str(self.schema.get("title") or self.path[-1].replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading; without a title they stand on top and cannot be folded."""

    title: str
    specs: tuple[FieldSpec, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A field of a config was given another value; None with `remove` takes it out."""

    path: Path
    value: Json = None
    remove: bool = field(default=False)

    def applied(self, config: Mapping[str, Json]) -> dict[str, Json]:
        """The config with this edit; nothing of the old one is changed in place."""
        return _with(config, self.path, self.value, remove=self.remove)


class ConfigForm(QWidget):
    """The fields of one config in sections."""

    edited = Signal(object)
    """An `Edited`."""

    def __init__(self, sections: Sequence[Section], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        self.fields: dict[Path, Field] = {}
        self._specs: dict[Path, FieldSpec] = {}
        for section in sections:
            inside = layout
            if section.title:
                fold = Fold(section.title, folded=section.folded)
                layout.addWidget(fold)
                inside = fold.content
            for spec in section.specs:
                made = make_field(spec)
                made.show_default(spec.schema.get("default"))
                made.changed.connect(lambda value, spec=spec: self.edited.emit(_edit_of(spec, value)))
                self.fields[spec.path], self._specs[spec.path] = made, spec
                inside.addWidget(made)

    def show_config(self, config: Mapping[str, Json]) -> None:
        for path, made in self.fields.items():
            if (value := _at(config, path)) is not _MISSING:
                made.set_value(value)
            else:
                made.set_unset(self._specs[path].schema.get("default"))

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Sentences by the name of the field they are about (`retry.backoff`)."""
        for path, made in self.fields.items():
            made.set_fault(faults.get(".".join(path), ""))


def specs_of(
    schema: Mapping[str, Any], *, leave_out: frozenset[str] = frozenset(), bare: frozenset[str] = frozenset(), below: Path = ()
) -> list[FieldSpec]:
    """The fields of a model's JSON Schema in order; a nested model's fields are listed in its place."""
    definitions = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    specs: list[FieldSpec] = []
    for name, raw in schema.get("properties", {}).items():
        if name in leave_out:
            continue
        resolved = _resolved(raw, definitions)
        if resolved.get("type") == "object" and "properties" in resolved:
            inner = {**resolved, "$defs": definitions}
            specs += specs_of(inner, below=(*below, name))
        else:
            specs.append(FieldSpec((*below, name), resolved, name in required, name in bare))
    return specs


def make_field(spec: FieldSpec) -> Field:
    """The control that fits a field's schema."""
    title, hint, name, schema = spec.title, str(spec.schema.get("description", "")), spec.name, spec.schema
    if spec.choices is not None:
        return ChoiceField(title, hint, name=name, choices=spec.choices)
    if "enum" in schema:
        return ChoiceField(title, hint, name=name, choices=[(str(value), _words(str(value))) for value in schema["enum"]])
    match schema.get("type"):
        case "boolean":
            return BooleanField(title, hint, name=name)
        case "integer" | "number" as kind:
            return NumberField(title, hint, name=name, whole=kind == "integer")
        case "array" if schema.get("items", {}).get("type") == "string":
            return ListField(title, hint, name=name)
        case "array":
            return JsonField(title, hint, name=name, kind="array")
        case "object":
            return JsonField(title, hint, name=name, kind="object")
        case "string" if spec.bare or spec.path[-1] in _LONG:
            return TextField(title, hint, name=name, many=not spec.bare, bare=spec.bare)
        case "string":
            return LineField(title, hint, name=name)
        case _:
            return JsonField(title, hint, name=name)


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without references, and without the null that an optional field also takes."""
    result = dict(schema)
    if "$ref" in result:
        target = definitions[str(result.pop("$ref")).rsplit("/", 1)[-1]]
        result = {**target, **result}
    options = [option for option in result.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        del result["anyOf"]
        result = {**_resolved(options[0], definitions), **result}
    return result


def _words(value: str) -> str:
    return value if value.isupper() else value.replace("_", " ").capitalize()


def _edit_of(spec: FieldSpec, value: Json) -> Edited:
    """An emptied optional field leaves the config; a required one stays, as empty text or null, which the check may then name."""
    if value is None:
        empty: Json = "" if spec.schema.get("type") == "string" else None
        return Edited(spec.path, empty) if spec.required else Edited(spec.path, remove=True)
    if value == spec.schema.get("default") and type(value) is type(spec.schema.get("default")):
        return Edited(spec.path, remove=True)
    return Edited(spec.path, value)


def _at(config: Mapping[str, Json], path: Path) -> Any:
    value: Any = config
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _with(config: Mapping[str, Json], path: Path, value: Json, *, remove: bool) -> dict[str, Json]:
    name, rest = path[0], path[1:]
    changed = dict(config)
    if rest:
        inner = changed.get(name)
        below = _with(inner if isinstance(inner, dict) else {}, rest, value, remove=remove)
        if below:
            changed[name] = below
        else:
            changed.pop(name, None)
    elif remove:
        changed.pop(name, None)
    else:
        changed[name] = value
    return changed

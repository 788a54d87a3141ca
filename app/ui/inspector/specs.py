"""The fields of a config model as plain values: where each stands, what it holds, and which control fits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain.json_value import Json
from app.domain.known_data import Known

Path = tuple[str, ...]
Config = Mapping[str, Json]
Control = Literal[
    "", "line", "model", "workflow", "version", "duration", "cases", "schema", "tokens", "mapping", "records", "slider", "code"
]
MISSING: Any = object()
"""What `value_at` gives for a field that the config does not name; null is a value."""

# Text that is usually long gets room for it; the schema cannot say so.
LONG = frozenset({"prompt", "system", "instructions", "body", "response", "content", "message"})


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `bare`: the whole text is one expression or path. `shown` says for which configs the field makes sense.

    `read` and `write` are for fields that stand for more than one place of the config.
    """

    path: Path
    schema: Mapping[str, Any]
    required: bool = False
    bare: bool = False
    choices: tuple[tuple[str, str], ...] | None = None
    control: Control = ""
    templates: bool = True
    known: tuple[str, ...] = ()
    names: Mapping[str, Known] = field(default_factory=dict)
    dollar: Known | None = None
    shown: Callable[[Config], bool] | None = None
    read: Callable[[Config], Json] | None = None
    write: Callable[[Config, Json], dict[str, Json]] | None = None

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def title(self) -> str:
        return str(self.schema.get("title") or self.path[-1].replace("_", " ").capitalize())

    @property
    def hint(self) -> str:
        return str(self.schema.get("description", ""))


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading; without a title they stand on top and cannot be folded. Those of one tuple in `rows` stand side by side."""

    title: str
    specs: tuple[FieldSpec, ...]
    folded: bool = False
    rows: tuple[tuple[str, ...], ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    """How much of the width of its row a field takes; 1 where nothing is said."""
    note: Callable[[Config], str] | None = None
    """A sentence under its first line of fields that says what the config amounts to."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A field of a config was given another value; None with `remove` takes it out."""

    path: Path
    value: Json = None
    remove: bool = False
    write: Callable[[Config, Json], dict[str, Json]] | None = None

    def applied(self, config: Config) -> dict[str, Json]:
        """The config with this edit; nothing of the old one is changed in place."""
        if self.write is not None:
            return self.write(config, self.value)
        return _with(config, self.path, self.value, remove=self.remove)


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
            if isinstance(items := resolved.get("items"), dict):
                resolved["items"] = _resolved(items, definitions)
            specs.append(FieldSpec((*below, name), resolved, name in required, name in bare, templates=name not in bare))
    return specs


def edit_of(spec: FieldSpec, value: Json) -> Edited:
    """An emptied optional field leaves the config; a required one stays, as empty text or null, which the check may then name."""
    if spec.write is not None:
        return Edited(spec.path, value, write=spec.write)
    if value is None:
        empty: Json = "" if spec.schema.get("type") == "string" else None
        return Edited(spec.path, empty) if spec.required else Edited(spec.path, remove=True)
    default = spec.schema.get("default", MISSING)
    if value == default and type(value) is type(default):
        return Edited(spec.path, remove=True)
    return Edited(spec.path, value)


def value_at(config: Config, path: Path) -> Any:
    value: Any = config
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


def any_set(specs: Sequence[FieldSpec], config: Config) -> bool:
    return any(value_at(config, spec.path) is not MISSING for spec in specs)


def words_of(value: str) -> str:
    return value if value.isupper() else value.replace("_", " ").capitalize()


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


def _with(config: Config, path: Path, value: Json, *, remove: bool) -> dict[str, Json]:
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

"""What is known of a value before a run: the value of an earlier run, or the JSON Schema it will fit, as one thing to look into."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.expressions.work import as_text
from app.domain.json_value import Json, dumps

MOST_CHILDREN: Final = 200
_SAMPLE_CHARS: Final = 120
_WORDS: Final = {"string": "text", "integer": "number", "number": "number", "boolean": "yes/no", "object": "object", "array": "list"}


@dataclass(frozen=True, slots=True)
class Known:
    """A value if there is one, else what its schema says; with neither nothing is known. `values` are for the eye, never for a run."""

    value: Json = None
    has_value: bool = False
    schema: Json = None

    @classmethod
    def of(cls, value: Json, schema: Json = None) -> Known:
        return cls(value, True, schema)

    @property
    def kind(self) -> str:
        """In a word: text, number, yes/no, null, object, list; empty when it is not known."""
        return kind_word(self.value) if self.has_value else _schema_kind(self.schema)

    @property
    def sample(self) -> str:
        """The value in one line, cut; for a schema an example or its description."""
        if self.has_value:
            return short_text(self.value)
        schema = self.schema if isinstance(self.schema, dict) else {}
        for name in ("examples", "enum"):
            if isinstance(found := schema.get(name), list) and found:
                return short_text(found[0])
        return short_text(schema.get("default") or schema.get("description") or "")

    def children(self) -> Iterator[tuple[str | int, Known]]:
        """What is inside: the fields of an object, the first item of a list."""
        if self.has_value and isinstance(self.value, dict):
            for key, value in itertools.islice(self.value.items(), MOST_CHILDREN):
                yield key, Known.of(value)
        elif self.has_value and isinstance(self.value, list):
            if self.value:
                yield 0, Known.of(self.value[0])
        elif not self.has_value and isinstance(schema := _first_branch(self.schema), dict):
            properties, items = schema.get("properties"), schema.get("items")
            if isinstance(properties, dict):
                for key, below in itertools.islice(properties.items(), MOST_CHILDREN):
                    yield key, Known(schema=below)
            elif isinstance(items, dict):
                yield 0, Known(schema=items)

    def child(self, key: str | int) -> Known | None:
        """What one field or item holds; None when it is not there."""
        if self.has_value:
            if isinstance(self.value, dict) and isinstance(key, str):
                return Known.of(self.value[key]) if key in self.value else None
            if isinstance(self.value, list) and isinstance(key, int):
                return Known.of(self.value[key]) if 0 <= key < len(self.value) else None
            return None
        for name, below in self.children():
            if name == key or (isinstance(key, int) and isinstance(name, int)):
                return below
        return None


NOTHING: Final = Known()


def kind_word(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "yes/no"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return f"list · {len(value):,}"
        case _:
            return "object"


def short_text(value: Json) -> str:
    """A value in one line of at most some hundred characters. What is large is cut before it is written."""
    text = as_text(_cut(value, 3)) if not isinstance(value, str) else value[: _SAMPLE_CHARS + 1]
    line = " ".join(text.split())
    return line if len(line) <= _SAMPLE_CHARS else f"{line[:_SAMPLE_CHARS]}…"


def field_path(base: str, key: str | int) -> str:
    """How an expression goes one step deeper."""
    if isinstance(key, int):
        return f"{base}[{key}]"
    return f"{base}.{key}" if key.isidentifier() and key.isascii() else f"{base}[{dumps(key)}]"


def object_of(fields: Mapping[str, Known]) -> Known:
    """One object put together; with values only where all of them have one."""
    if fields and all(known.has_value for known in fields.values()):
        return Known.of({key: known.value for key, known in fields.items()})
    return Known(schema={"type": "object", "properties": {key: schema_of(known) for key, known in fields.items()}})


def schema_of(known: Known) -> Json:
    """What a schema would say of it, as far down as it is small."""
    if not known.has_value:
        return known.schema if known.schema is not None else {}
    return sketch(known.value)


def sketch(value: Json, depth: int = 4) -> dict[str, Json]:
    """A JSON Schema that the value fits: types, fields, items; nothing is required."""
    match value:
        case dict() if depth:
            fields: dict[str, Json] = {key: sketch(item, depth - 1) for key, item in itertools.islice(value.items(), MOST_CHILDREN)}
            return {"type": "object", "properties": fields}
        case list() if depth and value:
            return {"type": "array", "items": sketch(value[0], depth - 1)}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case None:
            return {}
        case _:
            return {"type": "object" if isinstance(value, dict) else "array"}


def _first_branch(schema: Json) -> Json:
    """The schema itself, or the first of its alternatives that is not null."""
    if isinstance(schema, dict) and "properties" not in schema and isinstance(options := schema.get("anyOf") or schema.get("oneOf"), list):
        return next((option for option in options if isinstance(option, dict) and option.get("type") != "null"), schema)
    return schema


def _schema_kind(schema: Json) -> str:
    found = _first_branch(schema)
    if not isinstance(found, dict):
        return ""
    kind = found.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), None)
    if kind is None:
        kind = "object" if "properties" in found else "array" if "items" in found else "string" if "enum" in found else ""
    return _WORDS.get(str(kind), "")


def _cut(value: Json, depth: int) -> Json:
    """At most a few of everything: enough for a line."""
    if isinstance(value, str):
        return value[:_SAMPLE_CHARS]
    if isinstance(value, dict):
        return {key[:60]: _cut(item, depth - 1) for key, item in itertools.islice(value.items(), 12)} if depth else {}
    if isinstance(value, list):
        return [_cut(item, depth - 1) for item in value[:12]] if depth else []
    return value

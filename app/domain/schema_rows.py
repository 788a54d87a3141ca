"""A JSON Schema as rows for people: name, type, required, description, nested. What rows cannot say stays in the schema.

Rows and schema go both ways: a schema that was not changed comes back as it was, keywords that rows do not know included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from app.domain.json_value import Json

Kind = Literal["text", "number", "whole number", "yes/no", "object", "list", "any"]
KINDS: Final[tuple[Kind, ...]] = ("text", "number", "whole number", "yes/no", "object", "list", "any")
_TYPES: Final[Mapping[str, Kind]] = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "yes/no",
    "object": "object",
    "array": "list",
}
_NAMES: Final[Mapping[str, str]] = {kind: name for name, kind in _TYPES.items()}
_OWN: Final = frozenset({"type", "description", "properties", "required", "items"})
_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """One field. `item` is what a list holds; `more` are keywords that have no column, such as `enum`; `nullable` adds null to the type."""

    name: str = ""
    kind: Kind = "text"
    required: bool = False
    description: str = ""
    fields: tuple[SchemaRow, ...] = ()
    item: SchemaRow | None = None
    nullable: bool = False
    more: Mapping[str, Json] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    """The keywords in the order in which they stood."""


def rows_of(schema: Json) -> SchemaRow | None:
    """The schema as one row with what is inside; None when rows cannot show it (alternatives, references, true and false)."""
    return _row("", schema, required=False, depth=_DEPTH)


def schema_of_rows(row: SchemaRow) -> dict[str, Json]:
    """The schema that a row stands for."""
    own: dict[str, Json] = {}
    if row.kind != "any":
        name = _NAMES[row.kind]
        own["type"] = [name, "null"] if row.nullable else name
    if row.description:
        own["description"] = row.description
    if row.kind == "object" and (row.fields or "properties" in row.order):
        own["properties"] = {child.name: schema_of_rows(child) for child in row.fields}
    required: list[Json] = [child.name for child in row.fields if child.required] if row.kind == "object" else []
    if required or (row.kind == "object" and "required" in row.order):
        own["required"] = required
    if row.kind == "list" and row.item is not None:
        own["items"] = schema_of_rows(row.item)
    own.update(row.more)
    return {name: own[name] for name in [*(name for name in row.order if name in own), *(name for name in own if name not in row.order)]}


def names_fault(row: SchemaRow) -> str:
    """Why the rows are no schema yet: a name that is missing or there twice; empty when they are one."""
    names = [child.name for child in row.fields]
    if any(not name for name in names):
        return "Every field needs a name."
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        return f"“{twice}” is there twice."
    below = [*row.fields, *((row.item,) if row.item is not None else ())]
    return next((fault for child in below if (fault := names_fault(child))), "")


def size_of(row: SchemaRow) -> int:
    """How many rows there are in all."""
    return 1 + sum(size_of(child) for child in row.fields) + (size_of(row.item) if row.item is not None else 0)


def with_kind(row: SchemaRow, kind: Kind) -> SchemaRow:
    """Another type; what was inside stays where the new one can hold it, keywords that only fitted the old one go."""
    keep = {name: value for name, value in row.more.items() if name in {"title", "default", "examples"}}
    changed = replace(row, kind=kind, more=row.more if kind == row.kind else keep)
    if kind == "list" and changed.item is None:
        return replace(changed, item=replace(row, name="", required=False, kind="object") if row.fields else SchemaRow(), fields=())
    if kind == "object" and row.kind == "list" and row.item is not None:
        return replace(changed, fields=row.item.fields, item=None)
    return changed


def _row(name: str, schema: Json, *, required: bool, depth: int) -> SchemaRow | None:
    if not isinstance(schema, dict) or depth == 0:
        return None
    kinds = schema.get("type")
    nullable = isinstance(kinds, list) and len(kinds) == 2 and kinds[-1] == "null"
    kind_name = kinds[0] if nullable and isinstance(kinds, list) else kinds
    if kind_name is None and not ({"properties", "items", "required"} & set(schema)):
        kind: Kind = "any"
    elif isinstance(kind_name, str) and kind_name in _TYPES:
        kind = _TYPES[kind_name]
    else:
        return None
    description = schema.get("description", "")
    fields = _fields(schema, depth) if kind == "object" else ()
    item_schema = schema.get("items")
    item = _row("", item_schema, required=False, depth=depth - 1) if kind == "list" and item_schema is not None else None
    foreign = _OWN & set(schema) - {"type", "description"} if kind not in {"object", "list"} else frozenset()
    if fields is None or not isinstance(description, str) or (item is None and item_schema is not None) or foreign:
        return None
    if (kind == "object" and item_schema is not None) or (kind == "list" and {"properties", "required"} & set(schema)):
        return None
    more = {key: value for key, value in schema.items() if key not in _OWN}
    return SchemaRow(name, kind, required, description, fields, item, nullable, more, tuple(schema))


def _fields(schema: Mapping[str, Json], depth: int) -> tuple[SchemaRow, ...] | None:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list) or not all(name in properties for name in required):
        return None
    if [name for name in properties if name in required] != required:
        return None  # the order of its own says something that rows would lose
    rows = [_row(name, below, required=name in required, depth=depth - 1) for name, below in properties.items()]
    found = tuple(row for row in rows if row is not None)
    return found if len(found) == len(rows) else None

"""A JSON Schema as rows and back: nothing is lost on the way, and what rows cannot show is left to the code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.schema_rows import SchemaRow, names_fault, rows_of, schema_of_rows, with_kind

leaves = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "number", "integer", "boolean"])},
    optional={"description": st.text(min_size=1, max_size=5), "enum": st.just(["a"]), "minimum": st.integers(0, 5)},
)


def objects(inner: st.SearchStrategy) -> st.SearchStrategy:
    def made(fields: dict, wanted: list[bool], extra: dict) -> dict:
        required = [name for name, is_wanted in zip(fields, wanted, strict=False) if is_wanted]
        return {"type": "object", "properties": fields, **({"required": required} if required else {}), **extra}

    fields = st.dictionaries(st.text(st.characters(categories=["Ll"]), min_size=1, max_size=4), inner, max_size=3)
    return st.builds(made, fields, st.lists(st.booleans(), max_size=3), st.sampled_from([{}, {"additionalProperties": False}]))


schemas = st.recursive(
    leaves | st.just({}), lambda inner: objects(inner) | st.builds(lambda x: {"type": "array", "items": x}, inner), max_leaves=8
)


@given(schemas)
def test_a_schema_comes_back_as_it_was_to_the_order_of_its_keys(schema: dict) -> None:
    rows = rows_of(schema)
    assert rows is not None
    assert json.dumps(schema_of_rows(rows)) == json.dumps(schema)


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"$ref": "#/x", "properties": {}},
        {"anyOf": [{"type": "string"}], "type": ["string", "integer", "null"]},
        {"type": "object", "required": ["gone"]},
        {"type": "string", "items": {}},
        {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": True}}}},
    ],
)
def test_what_rows_would_lose_is_left_to_the_code(schema: object) -> None:
    rows = rows_of(schema)
    assert rows is None or schema_of_rows(rows) == schema


def test_alternatives_and_references_stay_as_keywords_of_their_row() -> None:
    schema = {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    assert schema_of_rows(rows_of(schema)) == schema


def test_a_type_that_also_takes_null_is_kept() -> None:
    assert schema_of_rows(rows_of({"type": ["string", "null"]})) == {"type": ["string", "null"]}


def test_names_are_needed_once_each() -> None:
    assert names_fault(SchemaRow(kind="object", fields=(SchemaRow("a"), SchemaRow("a")))) == "“a” is there twice."
    assert names_fault(SchemaRow(kind="object", fields=(SchemaRow(""),))) == "Every field needs a name."
    assert names_fault(SchemaRow(kind="object", fields=(SchemaRow("a"),))) == ""


def test_an_object_that_becomes_a_list_is_a_list_of_such_objects() -> None:
    row = SchemaRow("rows", "object", fields=(SchemaRow("a"),))
    found = with_kind(row, "list")
    assert schema_of_rows(found) == {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}
    assert with_kind(found, "object").fields == row.fields

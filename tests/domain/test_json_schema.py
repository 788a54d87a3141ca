"""JSON Schema: what is one, what fits it, and that nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json

PERSON: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "tags/all": {"type": "array", "items": {"type": "string"}}},
    "additionalProperties": False,
}


@pytest.fixture
def checker() -> SchemaChecker:
    return SchemaChecker()


def test_what_fits_gives_no_sentence(checker: SchemaChecker) -> None:
    assert checker.schema_problem(PERSON) is None
    assert checker.check(PERSON, {"name": "Ada", "tags/all": ["x"]}) == []


def test_what_does_not_fit_says_where(checker: SchemaChecker) -> None:
    assert checker.check(PERSON, {"tags/all": ["x", 1], "more": 1}) == [
        '/tags~1all/1: 1 is not of type "string"',
        "/: Additional properties are not allowed ('more' was unexpected)",
        '/: "name" is a required property',
    ]


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        (5, "This is not a JSON Schema: it has to be an object, or true or false."),
        (None, "This is not a JSON Schema: it has to be an object, or true or false."),
        ({"type": "nope"}, 'This is not a JSON Schema, at /type: "nope" is not valid'),
        ({"pattern": "("}, 'This is not a JSON Schema, at /pattern: "(" is not a "regex".'),
        ({"$ref": "#/$defs/x"}, "This is not a JSON Schema: Pointer '/$defs/x' does not exist."),
    ],
)
def test_what_is_no_schema_says_why(checker: SchemaChecker, schema: Json, sentence: str) -> None:
    assert sentence in str(checker.schema_problem(schema))
    assert checker.check(schema, 1) == [checker.schema_problem(schema)]


def test_true_and_false_are_schemas(checker: SchemaChecker) -> None:
    assert checker.check(True, 1) == []
    assert checker.check(False, 1) != []


def test_references_inside_the_schema_work(checker: SchemaChecker) -> None:
    tree: Json = {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/node"}}}}}
    assert checker.check(tree, {"child": {"child": {}}}) == []
    assert checker.check(tree, {"child": {"child": 1}}) == ['/child/child: 1 is not of type "object"']


def test_nothing_is_fetched_or_read(checker: SchemaChecker, tmp_path: Path, httpserver: Any) -> None:
    httpserver.expect_request("/string.json").respond_with_json({"type": "string"})
    (tmp_path / "string.json").write_text('{"type": "string"}')
    for uri in (httpserver.url_for("/string.json"), (tmp_path / "string.json").as_uri(), "other.json", "urn:x:y"):
        for schema in ({"$ref": uri}, {"properties": {"a": {"$ref": uri}}}, {"$schema": uri, "$ref": uri}):
            assert "nothing is fetched" in str(checker.schema_problem(schema))
        assert checker.schema_problem({"$id": uri, "$ref": "more.json"}) is not None
    assert httpserver.log == []


def test_the_meta_schema_is_known_without_fetching(checker: SchemaChecker) -> None:
    assert checker.check({"$ref": "https://json-schema.org/draft/2020-12/schema"}, {"type": "nope"}) != []


def test_there_are_at_most_twenty_sentences(checker: SchemaChecker) -> None:
    sentences = checker.check({"items": {"type": "string"}}, [1] * 100)
    assert len(sentences) == 21
    assert sentences[-1] == "There are more."


def test_a_sentence_is_short_however_long_the_value(checker: SchemaChecker) -> None:
    (sentence,) = checker.check({"type": "integer"}, "x" * 100_000)
    assert len(sentence) < 400


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"allOf": [{"$ref": "#"}]}, 1),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, 1),
        ({"pattern": r"^(a*)*\1b$"}, "a" * 50),
        ({"pattern": "(x+x+)+y"}, "x" * 10_000),
        ({"pattern": r"(\pL{1,300}){1,10}"}, "x"),
        ({"const": "\ud800"}, "\ud800"),
        ({"type": "string"}, "\ud800"),
        ({"multipleOf": 1e-300}, 1e300),
        ({"type": "integer"}, 10**64),
    ],
)
def test_hostile_schemas_come_to_an_end(checker: SchemaChecker, schema: Json, value: Json) -> None:
    assert all(isinstance(sentence, str) for sentence in checker.check(schema, value))


def test_a_schema_without_end_is_no_crash(checker: SchemaChecker) -> None:
    schema: Json = {"type": "string"}
    for _ in range(5_000):
        schema = {"properties": {"a": schema}}
    assert "nested too deeply" in str(checker.schema_problem(schema))


def test_compiled_schemas_are_remembered_but_not_without_limit(checker: SchemaChecker) -> None:
    for number in range(600):
        assert checker.check({"const": number}, number) == []
    assert len(checker._compiled) <= 256

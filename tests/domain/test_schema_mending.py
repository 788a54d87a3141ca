"""A field that a prompt's answer does not promise can be put into its schema."""

from __future__ import annotations

from app.domain.data_scope import DataScope, Source
from app.domain.known_data import Known
from app.domain.schema_mending import missing_field
from app.domain.workflow import Graph, Step

SCHEMA = {
    "type": "object",
    "properties": {"intent": {"type": "string"}, "who": {"type": "object", "properties": {}}},
    "required": ["intent"],
}
GRAPH = Graph({"c": Step("c", "Classify", "llm", {"output_schema": SCHEMA}), "t": Step("t", "Tool", "tool", {})})
SCOPE = DataScope(
    steps={"classify": Source("steps.classify.output", "Classify", "", Known(), "", "c"), "tool": Source("x", "Tool", "", Known(), "", "t")}
)


def asked(text: str) -> object:
    return missing_field(text, len(text), SCOPE, GRAPH)


def test_a_field_is_added_as_a_text_that_must_be_there() -> None:
    found = asked("steps.classify.output.json.max_words")
    schema = found.config["output_schema"]
    assert schema["properties"]["max_words"] == {"type": "string"}
    assert schema["required"] == ["intent", "max_words"]
    assert SCHEMA["required"] == ["intent"]


def test_a_field_inside_an_object_is_added_there() -> None:
    schema = asked("steps.classify.output.json.who.name").config["output_schema"]
    assert schema["properties"]["who"]["properties"] == {"name": {"type": "string"}}
    assert schema["properties"]["who"]["required"] == ["name"]


def test_what_is_there_or_no_answer_of_a_prompt_is_left_alone() -> None:
    assert asked("steps.classify.output.json.intent") is None
    assert asked("steps.classify.output.text") is None
    assert asked("steps.tool.output.json.a") is None
    assert asked("steps.nobody.output.json.a") is None
    assert asked("steps.classify.output.json.nothing.deep") is None


def test_a_step_without_a_schema_gets_one() -> None:
    graph = Graph({"c": Step("c", "Classify", "llm", {})})
    found = missing_field("steps.classify.output.json.a", 28, SCOPE, graph)
    assert found.config["output_schema"] == {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

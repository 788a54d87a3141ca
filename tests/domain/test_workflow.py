from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.json_value import Json
from app.domain.workflow import Definition, Details, Graph, Step


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "object", "examples": [{"name": "Ada"}, {}]}, {"name": "Ada"}),
        ({"type": "object", "examples": []}, None),
        ({"type": "object", "examples": "Ada"}, None),
        ({"type": "object"}, None),
        (True, None),
        (None, None),
    ],
)
def test_the_example_input_is_the_first_that_the_schema_gives(schema: Json, example: Json) -> None:
    assert Definition("W", input_schema=schema).example_input == example


def test_a_definition_and_its_graph_say_the_same_details() -> None:
    definition = Definition("Mine", Graph({"a": Step("a", "A", "transform")}), "What it does", settings={"run_timeout_ms": 1})
    assert definition.graph.details == Details("Mine", "What it does", settings={"run_timeout_ms": 1})
    assert Definition.of(definition.graph) == definition
    assert Definition.of(definition.graph).graph is definition.graph
    assert replace(definition, name="Other").graph.details.name == "Other"
    assert definition.with_graph(Graph()).graph.details == definition.graph.details

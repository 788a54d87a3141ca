"""What an expression may name at a place, and what is known of it before and after a run."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.data_scope import DataScope, Outcome, RunFacts, bearings_of, place_of, with_names
from app.domain.edits import MoveElements, RemoveElements, Rename, SetConfig
from app.domain.json_value import Json
from app.domain.known_data import Known, field_path, kind_word, short_text, sketch
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Position, Step
from tests.catalog import CATALOG

SCHEMA: Json = {"type": "object", "properties": {"intent": {"type": "string"}, "tone": {"type": "string", "examples": ["calm"]}}}


def definition() -> Definition:
    steps = [
        Step("a", "Fetch", "tool", {"adapter_id": "http", "url": "https://x"}),
        Step("b", "Classify", "llm", {"provider": "mock", "model": "m", "prompt": "p", "output_schema": SCHEMA}),
        Step("c", "Asked", "condition", {"expression": "$.text"}),
        Step("d", "Draft", "llm", {"provider": "mock", "model": "m", "prompt": "p"}),
        Step("e", "Inside", "transform", {"output": {"n": 1}}, block_group_id="g", group_role="body"),
        Step("f", "Caught", "transform", {"output": 1}, block_group_id="t", group_role="catch"),
        Step("z", "Later", "transform", {"output": 1}),
    ]
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("c", "e"), ("a", "f"), ("d", "z")]
    groups = [BlockGroup("g", "Each", "foreach", {}), BlockGroup("t", "Guard", "try_catch", {})]
    graph = Graph(
        {step.id: step for step in steps}, {f"{s}{t}": Edge(f"{s}{t}", s, t) for s, t in edges}, {group.id: group for group in groups}
    )
    return Definition("W", graph, input_schema={"type": "object", "properties": {"url": {"type": "string"}}})


def scope(id: str, outputs: Mapping[str, Json] | None = None, **more: object) -> DataScope:
    given = outputs or {}
    facts = RunFacts(outcome=lambda step: Outcome("completed", given[step]) if step in given else None, **more)
    return place_of(definition(), CATALOG, id, facts=facts)


def test_steps_come_nearest_first_and_only_those_that_come_before() -> None:
    assert list(scope("d").steps) == ["asked", "classify", "fetch"]
    assert list(scope("a").steps) == []


def test_a_step_inside_a_group_sees_what_comes_before_the_group() -> None:
    assert list(scope("e").steps) == ["asked", "classify", "fetch"]
    assert {"item", "index"} <= {source.path for source in scope("e").sources}
    assert scope("e").root("$").child("item") is not None


def test_a_catch_knows_the_error() -> None:
    found = scope("f")
    assert found.root("error").child("message").kind == "text"
    assert scope("d").root("error") is None


def test_before_a_run_the_schemas_say_what_there_is() -> None:
    found = scope("c")
    known = found.steps["classify"].known
    assert known.child("json").child("tone").sample == "calm"
    assert found.steps["classify"].origin == "schema"
    assert found.root("$").child("json").child("intent").kind == "text"
    assert scope("a").root("input").child("url").kind == "text"
    assert not found.has_data


def test_a_condition_gives_its_input_on() -> None:
    assert scope("d").steps["asked"].known.child("json").child("intent").kind == "text"


def test_after_a_run_its_values_count() -> None:
    found = scope("c", {"b": {"text": "hi", "json": {"intent": "bug"}}})
    assert found.steps["classify"].known.child("json").child("intent").value == "bug"
    assert found.root("$").value == {"text": "hi", "json": {"intent": "bug"}}
    assert found.values["steps"]["classify"]["status"] == "completed"
    assert found.has_data


def test_a_pin_stands_in_for_the_run() -> None:
    plain = definition()
    steps = {**plain.graph.steps, "b": Step("b", "Classify", "llm", {"provider": "mock", "pinned_output": {"text": "pinned"}})}
    pinned = Definition("W", Graph(steps, plain.graph.edges, plain.graph.groups))
    found = place_of(pinned, CATALOG, "c", facts=RunFacts(outcome=lambda id: Outcome("completed", {"text": "run"})))
    assert found.root("$").value == {"text": "pinned"}
    assert found.steps["classify"].origin == "pinned"


def test_several_edges_give_an_object_by_key() -> None:
    plain = definition()
    edges = {**plain.graph.edges, "ad": Edge("ad", "a", "d")}
    both = Definition("W", Graph(plain.graph.steps, edges, plain.graph.groups))
    dollar = place_of(both, CATALOG, "d").root("$")
    assert [key for key, _ in dollar.children()] == ["asked", "fetch"] or {key for key, _ in dollar.children()} == {"asked", "fetch"}


def test_an_edge_sees_its_source_and_the_answer_of_a_condition() -> None:
    found = scope("cd")
    assert next(iter(found.steps)) == "asked"
    assert found.root("result").kind == "yes/no"
    assert scope("ab").root("result") is None


def test_a_field_may_have_names_of_its_own() -> None:
    found = with_names(scope("d"), {"error": Known.of({"type": "HttpError"})})
    assert found.root("error").child("type").value == "HttpError"
    assert found.values["error"] == {"type": "HttpError"}


def test_bearings_hold_while_only_configs_and_places_change() -> None:
    graph = definition().graph
    first = bearings_of(graph)
    moved = MoveElements((("a", Position(5, 5)),)).apply(SetConfig("b", {"prompt": "other"}).apply(graph))
    assert bearings_of(moved, first) is first
    assert bearings_of(Rename("a", "Other").apply(graph), first) is not first
    assert bearings_of(RemoveElements(("ab",)).apply(graph), first) is not first


def test_secrets_are_named_where_they_work() -> None:
    assert scope("d").secrets_allowed
    assert not scope("c").secrets_allowed


def test_a_value_is_told_in_a_word_and_a_line() -> None:
    assert [kind_word(value) for value in (None, True, 1.5, "a", [1, 2], {})] == ["null", "yes/no", "number", "text", "list · 2", "object"]
    assert short_text({"a": [1, 2]}) == '{"a":[1,2]}'
    assert len(short_text("x" * 10_000_000)) == 121
    assert field_path("$", "a b") == '$["a b"]'
    assert field_path("$.a", 0) == "$.a[0]"


def test_a_sketch_is_a_schema_that_the_value_fits() -> None:
    found = sketch({"a": [{"b": 1}], "c": None, "d": 1.5})
    assert found["properties"]["a"]["items"]["properties"]["b"] == {"type": "integer"}
    assert found["properties"]["c"] == {}

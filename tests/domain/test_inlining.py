"""A sub-workflow expanded in place gives what the call gave; after an extraction it gives the workflow back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.domain.edits import label_of
from app.domain.extraction import ExtractionRefused, extract
from app.domain.inlining import Inlining, InliningRefused, inline
from app.domain.json_value import Json
from app.domain.validation import validate
from app.domain.workflow import Definition, Graph, Step
from tests.catalog import CATALOG
from tests.domain.both_forms import c, chain, e, ends_of, g, graph_of, graphs, ids, join, selections, t
from tests.domain.test_edits import exact


def call(id: str = "call", input: Json = "{{ $ }}", group: str | None = None, role: str = "body", **config: Json) -> Step:
    return Step(
        id, id, "subflow", {"workflow_id": "child", "input": input, **config}, block_group_id=group, group_role=role if group else None
    )


def expanded(graph: Graph, child: Graph, step_id: str = "call", **details: Json) -> Inlining:
    definition = replace(Definition.of(replace(child, details=replace(child.details, name="Child"))), **details)  # type: ignore[arg-type]
    return inline(graph, CATALOG, step_id, definition, new_id=ids())


def same(graph: Graph, child: Graph) -> Inlining:
    found = expanded(graph, child)
    after = found.edit.apply(graph)
    assert "call" not in after.steps
    assert exact(found.edit.invert(graph).apply(after)) == exact(graph)
    assert ends_of(after) == ends_of(graph, {"child": Definition.of(child)})
    assert [p.message for p in validate(Definition.of(after), CATALOG) if p.severity == "error"] == []
    return found


def refusal(graph: Graph, child: Graph) -> str:
    with pytest.raises(InliningRefused) as refused:
        expanded(graph, child)
    return str(refused.value)


def wires(graph: Graph) -> set[tuple[str, str]]:
    return {(graph.steps[edge.source_step_id].name, graph.steps[edge.target_step_id].name) for edge in graph.edges.values()}


def test_the_last_step_takes_the_name_of_the_call() -> None:
    graph = graph_of(t("a", {"n": 1}), call(), t("end", "{{ [$, steps.call.output] }}"), *chain("a", "call", "end"))
    child = graph_of(t("x", "{{ $.n + 1 }}"), t("y", "{{ steps.x.output * 2 }}"), *chain("x", "y"))
    found = same(graph, child)
    after = found.edit.apply(graph)
    assert [step.name for step in after.steps.values()] == ["a", "x", "call", "end"]
    assert label_of(found.edit) == "Expand “call”"


def test_an_input_that_is_made_becomes_a_step() -> None:
    graph = graph_of(t("a"), call(input={"n": "{{ $.n + 1 }}", "fixed": 3}), t("end"), *chain("a", "call", "end"))
    child = graph_of(t("x", "{{ input.n + input.fixed }}"), t("y", {"again": "{{ input.n }}", "of": "{{ $ }}"}), *chain("x", "y"))
    after = same(graph, child).edit.apply(graph)
    assert "call input" in [step.name for step in after.steps.values()]


def test_names_that_are_taken_get_a_number() -> None:
    graph = graph_of(t("a"), t("x"), call(), t("end", "{{ [$, steps.x.output] }}"), *chain("a", "x", "call", "end"))
    child = graph_of(t("x", {"x": "{{ $ }}"}), t("y", "{{ [steps.x.output, $] }}"), *chain("x", "y"))
    after = same(graph, child).edit.apply(graph)
    assert [step.name for step in after.steps.values()] == ["a", "x", "x 2", "call", "end"]


def test_several_last_steps_and_groups_and_branches() -> None:
    graph = graph_of(t("a"), call(), t("end", "{{ [$, steps.call.output] }}"), *chain("a", "call", "end"))
    child = graph_of(
        c("big", "input.n > 2"), t("yes", "y"), t("no", {"n": "{{ $ }}"}), g("each", "foreach", input_path="$.list"), t("in", "{{ item }}", "each"),
        e("big", "yes", "result"), e("big", "no", "!result"), e("big", "in"),
    )  # fmt: skip
    same(graph, child)


def test_a_call_inside_a_loop_is_expanded_there() -> None:
    graph = graph_of(
        g("each", "foreach", input_path="$.list"), call(group="each", input={"i": "{{ item }}"}), t("after", "{{ $ }}", "each"),
        e("call", "after"),
    )  # fmt: skip
    same(graph, graph_of(t("x", {"got": "{{ input.i }}"})))


def test_what_cannot_be_exact_is_refused_with_its_reason() -> None:
    child = graph_of(t("x"))
    for config, said in (
        ({"wait": False}, "does not wait"),
        ({"retry": {"max_attempts": 2}}, "tried again"),
        ({"on_error": {"action": "continue", "output": 1}}, "goes on after an error"),
        ({"timeout_ms": 5}, "time limit"),
        ({"pinned_output": 1}, "pinned"),
    ):
        assert said in refusal(graph_of(call(**config)), child)  # type: ignore[arg-type]
    assert "Only a sub-workflow" in refusal(graph_of(t("call")), child)
    assert "no steps" in refusal(graph_of(call()), Graph())
    assert "asks for its run" in refusal(graph_of(call()), graph_of(t("x", "{{ run.id }}")))
    assert "without any of its last steps" in refusal(graph_of(call()), graph_of(t("x"), t("y"), e("x", "y", "input.n > 2")))
    assert "joins nothing" in refusal(graph_of(call()), graph_of(join("j")))
    clash = graph_of(t("a"), call(), *chain("a", "call"))
    meets = graph_of(t("s"), t("a"), t("b"), t("y"), *chain("s", "a", "y"), *chain("s", "b", "y"))
    assert "Both workflows have a step called a" in refusal(clash, meets)


def test_a_schema_that_is_not_checked_any_more_is_told() -> None:
    found = expanded(graph_of(call()), graph_of(t("x")), input_schema={"type": "object"})
    assert found.remarks == ("The input schema of Child is not checked any more.",)


def test_an_extraction_that_is_expanded_again_is_the_workflow_as_it_was() -> None:
    graph = graph_of(
        t("a"), t("b", {"of": "{{ $ }}", "a": "{{ steps.a.output }}", "in": "{{ input.n }}"}), t("c", "{{ [$, steps.a.output] }}"), t("end"),
        *chain("a", "b", "c", "end"),
    )  # fmt: skip
    out = extract(graph, CATALOG, ("b", "c"), name="Taken out", workflow_id="child", new_id=ids())
    after = out.edit.apply(graph)
    back = inline(after, CATALOG, out.step.id, out.definition, new_id=lambda kind, made=ids(): f"new-{made(kind)}").edit.apply(after)
    assert {step.name: step.config for step in back.steps.values()} == {step.name: step.config for step in graph.steps.values()}
    assert ends_of(back) == ends_of(graph)
    assert wires(back) == wires(graph)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(selections())
def test_extracted_and_expanded_again_gives_the_same_output(drawn: tuple[Graph, list[str]]) -> None:
    graph, chosen = drawn
    try:
        out = extract(graph, CATALOG, chosen, name="Taken out", workflow_id="child", new_id=ids())
        after = out.edit.apply(graph)
        back = inline(after, CATALOG, out.step.id, out.definition, new_id=lambda kind, made=ids(): f"new-{made(kind)}")
    except (ExtractionRefused, InliningRefused):
        assume(False)
    assert ends_of(back.edit.apply(after)) == ends_of(graph)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(graphs(), st.sampled_from(["{{ $ }}", {"n": "{{ $.n }}", "list": "{{ $.list }}"}, "{{ input }}"]))
def test_any_workflow_expanded_in_place_of_its_call_gives_the_same_output(child: Graph, given_input: Json) -> None:
    graph = graph_of(
        t("before", "{{ input }}"),
        call(input=given_input),
        t("after", "{{ [$, steps.call.output] }}"),
        t("s0", 1),
        *chain("before", "call", "after"),
    )
    try:
        found = expanded(graph, child)
    except InliningRefused:
        assume(False)
    assert ends_of(found.edit.apply(graph)) == ends_of(graph, {"child": Definition.of(child)})

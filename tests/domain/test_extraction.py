"""A selection becomes a sub-workflow, and both forms give the same output; what cannot be exact is refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from app.domain.edits import label_of
from app.domain.extraction import Extraction, ExtractionRefused, extract, why_not_extract
from app.domain.validation import validate
from app.domain.workflow import Definition, Graph
from tests.catalog import CATALOG
from tests.domain.both_forms import c, chain, e, ends_of, g, graph_of, ids, join, selections, t
from tests.domain.test_edits import exact
from tests.ui.samples import ticket_triage


def extracted(graph: Graph, *chosen: str) -> Extraction:
    return extract(graph, CATALOG, chosen, name="Taken out", workflow_id="child", new_id=ids())


def same(graph: Graph, *chosen: str) -> Extraction:
    """Extract, and run both forms."""
    found = extracted(graph, *chosen)
    after = found.edit.apply(graph)
    assert exact(found.edit.invert(graph).apply(after)) == exact(graph)
    assert ends_of(after, {"child": found.definition}) == ends_of(graph)
    for part in (Definition.of(after), found.definition):
        assert [p.message for p in validate(part, CATALOG) if p.severity == "error"] == []
    return found


def refusal(graph: Graph, *chosen: str) -> str:
    with pytest.raises(ExtractionRefused) as refused:
        extracted(graph, *chosen)
    return str(refused.value)


def test_the_middle_of_a_chain_takes_what_arrives_and_keeps_its_name() -> None:
    graph = graph_of(
        t("a", {"n": 1}), t("b", "{{ $.n + 1 }}"), t("c", "{{ $ * 2 }}"), t("d", "{{ steps.c.output + $ }}"), *chain("a", "b", "c", "d")
    )
    found = same(graph, "b", "c")
    assert found.inputs == () and found.step.config == {"workflow_id": "child", "input": "{{ $ }}"}
    assert (found.step.name, [s.name for s in found.definition.graph.steps.values()]) == ("c", ["b", "c"])
    assert label_of(found.edit) == "Extract to “Taken out”"


def test_values_of_the_outside_become_fields_of_the_input() -> None:
    graph = graph_of(
        t("Fetch it", {"body": "x"}),
        t("mid"),
        t("use", {"a": "{{ steps.fetch_it.output.body }}", "b": "{{ steps['Fetch it'].status }}", "c": "{{ input.n }}", "d": "{{ $ }}"}),
        t("end"),
        *chain("Fetch it", "mid", "use", "end"),
    )
    found = same(graph, "use")
    assert found.step.config["input"] == {
        "data": "{{ $ }}",
        "fetch_it": "{{ steps.fetch_it.output }}",
        "fetch_it_status": "{{ steps.fetch_it.status }}",
        "input": "{{ input }}",
    }
    use = found.definition.graph.steps["use"]
    assert use.config["output"] == {
        "a": "{{ input.fetch_it.body }}",
        "b": "{{ input.fetch_it_status }}",
        "c": "{{ input.input.n }}",
        "d": "{{ $ }}",
    }
    schema = found.definition.input_schema
    assert isinstance(schema, dict) and schema["required"] == list(found.inputs)


def test_a_branch_that_meets_again_comes_out_as_one_step() -> None:
    graph = graph_of(
        t("a"), c("big", "input.n > 2"), t("yes", "y"), t("no", "n"), t("meet"), t("end", "{{ [$, steps.meet.output] }}"),
        *chain("a", "big"), e("big", "yes", "result"), e("big", "no", "!result"), *chain("yes", "meet", "end"), e("no", "meet"),
    )  # fmt: skip
    found = same(graph, "big", "yes", "no", "meet")
    assert found.step.name == "meet" and found.outputs == ()


def test_branches_to_the_end_are_the_end_of_the_new_workflow() -> None:
    graph = graph_of(
        t("a"),
        c("big", "input.n > 2"),
        t("yes", "y"),
        t("no", "n"),
        *chain("a", "big"),
        e("big", "yes", "result"),
        e("big", "no", "!result"),
    )
    found = same(graph, "big", "yes", "no")
    assert found.step.name == "Taken out"


def test_several_outputs_are_unpacked_under_their_old_names() -> None:
    graph = graph_of(
        t("a"), t("left", {"l": "{{ $ }}"}), t("right", {"r": 1}), t("seen", {"s": 2}), t("end", "{{ [$, steps.seen.output] }}"), t("other"),
        *chain("a", "left", "end"), *chain("a", "seen", "right", "end"), e("right", "other"),
    )  # fmt: skip
    found = same(graph, "left", "seen", "right")
    assert set(found.outputs) == {"left", "right", "seen"}


def test_a_group_and_a_step_inside_a_loop_are_extracted() -> None:
    graph = graph_of(
        t("a", {"list": [1, 2]}), g("each", "foreach", input_path="$.list"), t("x", {"i": "{{ item }}", "at": "{{ index }}"}, "each"),
        t("y", {"x": "{{ $ }}", "i": "{{ item + 1 }}", "a": "{{ steps.a.output }}"}, "each"), t("end"), *chain("a", "x", "y", "end"),
    )  # fmt: skip
    assert same(graph, "each").inputs == ("data", "a")
    found = same(graph, "y")
    assert found.inputs == ("data", "a", "item") and found.step.block_group_id == "each"
    assert set(same(graph, "x", "y").inputs) == {"data", "item", "index", "a"}


def test_the_whole_workflow_can_become_a_sub_workflow() -> None:
    graph = ticket_triage().graph
    top = [id for id in (*graph.steps, *graph.groups) if graph.parent_of(id)[0] is None]
    found = extracted(graph, *top)
    assert found.inputs == () and len(found.edit.apply(graph).steps) == 1


def test_notes_go_along() -> None:
    graph = ticket_triage().graph
    note = next(iter(graph.notes))
    found = extracted(graph, "classify", note)
    assert note in found.definition.graph.notes and note not in found.edit.apply(graph).notes


def test_what_cannot_be_exact_is_refused_with_its_reason() -> None:
    loop = (g("each", "foreach", input_path="$.list"), t("in", group="each"))
    assert "across groups" in refusal(graph_of(t("a"), *loop), "a", "in")
    assert "Select the steps" in refusal(graph_of(t("a")), "nobody")
    two = graph_of(t("a"), t("b"), t("x"), t("y"), t("end"), *chain("a", "x", "end"), *chain("b", "y", "end"))
    assert "one way in" in refusal(two, "x", "y")
    assert "begins by itself" in refusal(two, "b", "x")
    branch = graph_of(c("big", "input.n > 2"), t("yes"), t("end"), e("big", "yes", "result"), e("big", "end", "!result"), e("yes", "end"))
    assert "A branch of big leaves" in refusal(branch, "big")
    maybe = graph_of(t("a"), t("b"), t("end"), e("a", "b", "input.n > 2"), *chain("b", "end"), e("a", "end"))
    assert "does not run on every path" in refusal(maybe, "a", "b")
    joined = graph_of(t("a"), t("b"), join("meet"), t("end"), *chain("a", "meet", "end"), e("b", "meet"))
    assert "joins steps outside" in refusal(joined, "meet")
    parts = graph_of(g("side", "parallel"), t("x", group="side"), t("y", group="side"))
    assert "one part at a time" in refusal(parts, "x", "y")
    broken_text = graph_of(t("a"), t("b", "{{ $. }}"), *chain("a", "b"))
    assert "cannot be read" in refusal(broken_text, "b")
    assert why_not_extract(two, ("x",)) == "" and why_not_extract(two, ()) != ""


def test_a_try_that_takes_errors_by_type_is_told() -> None:
    graph = graph_of(g("guard", "try_catch", error_types=["HttpError"]), t("x", group="guard", role="try"))
    assert "SubflowError" in extracted(graph, "x").remarks[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(selections())
def test_both_forms_give_the_same_output(drawn: tuple[Graph, list[str]]) -> None:
    graph, chosen = drawn
    try:
        found = extracted(graph, *chosen)
    except ExtractionRefused as refused:
        assert str(refused).endswith((".", "!")) or ":" in str(refused)
        return
    after = found.edit.apply(graph)
    assert ends_of(after, {"child": found.definition}) == ends_of(graph)
    assert exact(found.edit.invert(graph).apply(after)) == exact(graph)

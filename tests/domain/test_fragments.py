"""Parts of a workflow as text: out, in, and hostile."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.edits import Batch
from app.domain.errors import EditRefused
from app.domain.fragments import Fragment, cut_out, fragment_to_json, graft, parents_in, read_fragment
from app.domain.json_value import dumps
from app.domain.validation import validate
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Note, Position, Size, Step, graph_to_json
from tests.catalog import CATALOG


def ids() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"new{next(numbers)}"


def sample() -> Graph:
    """fetch → ask → tell, where `tell` names both; `each` around `inner`; a note."""
    steps = [
        Step("fetch", "Fetch page", "tool", {"adapter_id": "http", "url": "{{ input.url }}", "pinned_output": "{{ steps.fetch_page }}"}),
        Step("ask", "Large?", "condition", {"expression": "size(steps.fetch_page.output.body) > 3"}, Position(240, 0)),
        Step("tell", "Tell", "transform", {"output": "{{ steps.fetch_page.output }}: {{ steps['Large?'].output }}"}, Position(480, 0)),
        Step("inner", "Inner", "transform", {"output": "{{ item }}"}, Position(40, 260), "each", "body"),
    ]
    edges = [Edge("e1", "fetch", "ask"), Edge("e2", "ask", "tell", "result && steps.fetch_page.output.ok"), Edge("e3", "tell", "inner")]
    groups = [BlockGroup("each", "Each", "foreach", {"input_path": "$"}, None, None, Position(0, 200), Size(300, 180))]
    return Graph({s.id: s for s in steps}, {e.id: e for e in edges}, {g.id: g for g in groups}, {"n": Note("n", "hello")})


def text_of(fragment: Fragment) -> str:
    return json.dumps(fragment_to_json(fragment, "Copy"))


def pasted(graph: Graph, fragment: Fragment, **options: Any) -> Graph:
    told = {"move": (24, 24), "parents": (None, None), "new_id": ids(), **options}
    edit = Batch(graft(graph, CATALOG, fragment, **told).edits)
    after = edit.apply(graph)
    assert dumps(graph_to_json(edit.invert(graph).apply(after))) == dumps(graph_to_json(graph))
    return after


def named(graph: Graph, name: str) -> Step:
    (found,) = [step for step in graph.steps.values() if step.name == name]
    return found


def test_a_copy_is_a_definition_that_stands_for_itself() -> None:
    fragment = cut_out(sample(), CATALOG, ["fetch", "ask", "each"])
    again = read_fragment(text_of(fragment))
    assert graph_to_json(again.graph) == graph_to_json(fragment.graph)
    assert again.outside == ()
    assert set(again.graph.steps) == {"fetch", "ask", "inner"}
    assert [edge.id for edge in fragment.outside] == ["e2", "e3"]
    assert again.graph.steps["inner"].block_group_id == "each"


def test_what_is_copied_out_of_a_group_stands_in_none() -> None:
    fragment = cut_out(sample(), CATALOG, ["inner"])
    assert fragment.graph.parent_of("inner") == (None, None)


def test_ids_are_new_and_keys_unique_and_references_inside_follow() -> None:
    graph = sample()
    after = pasted(graph, cut_out(graph, CATALOG, ["fetch", "ask", "tell", "each", "n"]))
    assert len(after.steps) == 8 and len(after.edges) == 6 and len(after.groups) == 2 and len(after.notes) == 2
    tell = named(after, "Tell 2")
    assert tell.config["output"] == "{{ steps.fetch_page_2.output }}: {{ steps.large_2.output }}"
    assert named(after, "Large? 2").config["expression"] == "size(steps.fetch_page_2.output.body) > 3"
    (edge,) = [edge for edge in after.edges.values() if edge.target_step_id == tell.id]
    assert edge.condition == "result && steps.fetch_page_2.output.ok"
    assert named(after, "Fetch page 2").config["pinned_output"] == "{{ steps.fetch_page }}"
    assert tell.position == Position(504, 24)
    assert not [p for p in validate(Definition("w", after), CATALOG) if p.severity == "error" and p.code != "not_upstream"]


def test_references_to_what_was_not_copied_stay() -> None:
    graph = sample()
    after = pasted(graph, cut_out(graph, CATALOG, ["ask", "tell"]))
    assert named(after, "Tell 2").config["output"] == "{{ steps.fetch_page.output }}: {{ steps.large_2.output }}"


def test_a_copy_of_a_copy_counts_on() -> None:
    graph = sample()
    once = pasted(graph, cut_out(graph, CATALOG, ["fetch"]))
    twice = pasted(once, cut_out(once, CATALOG, [named(once, "Fetch page 2").id]), new_id=lambda: "again")
    assert [step.name for step in twice.steps.values()][-1] == "Fetch page 3"


def test_names_without_a_key_of_their_own_are_followed_too() -> None:
    steps = [
        Step("a", "Шаг", "transform", {"output": 1}),
        Step("b", "Второй", "transform", {"output": 2}),
        Step("c", "Третий", "transform", {"output": "{{ steps.step_2.output }}"}),
    ]
    graph = Graph({s.id: s for s in steps})
    part = cut_out(graph, CATALOG, ["b", "c"])
    assert part.graph.steps["c"].config["output"] == "{{ steps.step_1.output }}"
    after = pasted(graph, part)
    assert [step.config["output"] for step in after.steps.values()][-1] == "{{ steps.step_4.output }}"


def test_outside_wires_are_kept_on_demand_as_far_as_they_may() -> None:
    graph = sample()
    part = cut_out(graph, CATALOG, ["ask", "tell"])
    assert len(pasted(graph, part).edges) == 4
    after = pasted(graph, part, with_outside=True)
    new = [after.edges[id] for id in list(after.edges)[3:]]
    ends = {(after.steps[e.source_step_id].name, after.steps[e.target_step_id].name, e.condition) for e in new}
    assert ends == {
        ("Large? 2", "Tell 2", "result && steps.fetch_page.output.ok"),
        ("Fetch page", "Large? 2", None),
        ("Tell 2", "Inner", None),
    }


def test_outside_wires_to_steps_that_are_not_there_are_left_out() -> None:
    part = cut_out(sample(), CATALOG, ["ask"])
    assert pasted(Graph(), part, with_outside=True).edges == {}


def test_roots_go_where_they_are_told_and_the_rest_comes_along() -> None:
    graph = sample()
    graft_of = graft(graph, CATALOG, cut_out(graph, CATALOG, ["each", "tell"]), move=(0, 0), parents=("each", "body"), new_id=ids())
    after = Batch(graft_of.edits).apply(graph)
    assert [after.parent_of(id) for id in graft_of.roots] == [("each", "body")] * 2
    inner = named(after, "Inner 2")
    assert after.groups[inner.block_group_id or ""].name == "Each 2"
    assert parents_in(graph, ["inner", "tell", "n"]) == {"inner": ("each", "body"), "tell": (None, None)}


def test_secrets_travel_by_name_only() -> None:
    step = Step("s", "Call", "llm", {"provider": "openai", "api_key": "{{ secrets.OPENAI }}", "prompt": "x"})
    assert "{{ secrets.OPENAI }}" in text_of(cut_out(Graph({"s": step}), CATALOG, ["s"]))


def document(**parts: Any) -> str:
    return json.dumps({"format": "orchestrion/1", "name": "x", **parts})


def a_step(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": id, "type": "transform", "config": {"output": 1}, **more}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[1, 2]",
        '"steps"',
        "{",
        '{"nodes": [], "connections": {}}',
        "{}" + " " * 5_000_000,
        document(),
        document(steps=[a_step("a", evil=1)]),
        document(steps=[{"id": "a"}]),
        document(steps=[a_step("a"), a_step("b")], edges=[{"id": "e", "source_step_id": "a", "target_step_id": "a"}]),
        document(
            steps=[a_step("a"), a_step("b")],
            edges=[{"id": f"e{i}", "source_step_id": "a", "target_step_id": "b"} for i in range(2)],
        ),
        document(
            steps=[a_step("a"), a_step("b")],
            edges=[{"id": "e", "source_step_id": "a", "target_step_id": "b"}, {"id": "f", "source_step_id": "b", "target_step_id": "a"}],
        ),
        document(block_groups=[{"id": "g", "name": "G", "type": "parallel", "parent_group_id": "g"}]),
        document(block_groups=[{"id": str(i), "name": str(i), "type": "parallel", "parent_group_id": str(i - 1)} for i in range(40)]),
        document(
            steps=[a_step("a", block_group_id="g", group_role="try"), a_step("b", block_group_id="g", group_role="catch")],
            edges=[{"id": "e", "source_step_id": "a", "target_step_id": "b"}],
            block_groups=[{"id": "g", "name": "G", "type": "try_catch"}],
        ),
        '{"steps": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_hostile_and_foreign_text_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(EditRefused) as refusal:
        read_fragment(text)
    said = str(refusal.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 300


def test_text_of_other_programs_needs_no_more_than_steps() -> None:
    fragment = read_fragment('  {"steps": [{"id": "1", "name": "Wait", "type": "wait", "config": {"duration_ms": 5}}]}')
    assert fragment.graph.steps["1"].type == "wait"


def test_wires_of_a_text_that_lead_outside_it_wait_for_their_steps() -> None:
    text = document(steps=[a_step("a")], edges=[{"id": "e", "source_step_id": "a", "target_step_id": "gone"}])
    assert [edge.target_step_id for edge in read_fragment(text).outside] == ["gone"]


def test_no_more_steps_come_in_than_a_workflow_may_have() -> None:
    graph = Graph({str(i): Step(str(i), f"S{i}", "transform") for i in range(10_000)})
    with pytest.raises(EditRefused, match="10,000"):
        pasted(graph, cut_out(sample(), CATALOG, ["tell"]))

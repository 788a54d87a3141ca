"""Wires as a whole: a step put into one, a step taken out with its neighbours joined, an end moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.edits import GraphEdit
from app.domain.errors import CycleError, EditRefused
from app.domain.json_value import Json, dumps
from app.domain.rewiring import healing_removal, kept_condition, left_apart, reconnection, splice, why_not_splice
from app.domain.topology import CrossesRoles
from app.domain.workflow import BlockGroup, Edge, Graph, Step, graph_to_json


def a_step(id: str, type: str = "transform", *, group: str | None = None, role: str | None = None, **config: Json) -> Step:
    return Step(id, id.capitalize(), type, config, block_group_id=group, group_role=role)


def row(middle: Step, *, before: str | None = None, after: str | None = None) -> Graph:
    """first → middle → last."""
    steps = [a_step("first"), middle, a_step("last")]
    edges = [Edge("e1", "first", middle.id, before), Edge("e2", middle.id, "last", after)]
    return Graph({step.id: step for step in steps}, {edge.id: edge for edge in edges})


def ends(graph: Graph) -> set[tuple[str, str, str | None]]:
    return {(edge.source_step_id, edge.target_step_id, edge.condition) for edge in graph.edges.values()}


def applied(graph: Graph, edit: GraphEdit) -> Graph:
    """After the edit, which is proved to be exactly undone."""
    after = edit.apply(graph)
    assert dumps(graph_to_json(edit.invert(graph).apply(after))) == dumps(graph_to_json(graph))
    return after


def test_a_removed_step_leaves_its_neighbours_joined() -> None:
    graph = row(a_step("middle"))
    after = applied(graph, healing_removal(graph, ["middle"]))
    assert ends(after) == {("first", "last", None)}
    assert list(after.edges) == ["e1"]


def test_a_chain_that_is_removed_as_one_leaves_one_edge() -> None:
    steps = {id: a_step(id) for id in "abcd"}
    edges = {f"{x}{y}": Edge(f"{x}{y}", x, y) for x, y in ("ab", "bc", "cd")}
    graph = Graph(steps, edges)
    assert ends(applied(graph, healing_removal(graph, ["c", "b"]))) == {("a", "d", None)}


def test_two_ways_in_are_not_joined() -> None:
    graph = row(a_step("middle"))
    graph = replace(graph, steps={**graph.steps, "other": a_step("other")}, edges={**graph.edges, "e3": Edge("e3", "other", "middle")})
    assert ends(applied(graph, healing_removal(graph, ["middle"]))) == set()


def test_neighbours_that_are_joined_already_stay_so_once() -> None:
    graph = row(a_step("middle"))
    graph = replace(graph, edges={**graph.edges, "e3": Edge("e3", "first", "last")})
    assert ends(applied(graph, healing_removal(graph, ["middle"]))) == {("first", "last", None)}


def test_an_edge_that_is_removed_with_the_step_is_not_led_on() -> None:
    graph = row(a_step("middle"))
    assert ends(applied(graph, healing_removal(graph, ["middle", "e1"]))) == set()


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("$.n > 1", None, "$.n > 1"),
        (None, "input.vip", "input.vip"),
        ("$.n > 1", "input.vip", "($.n > 1) && (input.vip)"),
        ("  ", "", None),
    ],
)
def test_the_joined_edge_asks_what_both_asked(before: str | None, after: str | None, joined: str | None) -> None:
    graph = row(a_step("middle"), before=before, after=after)
    assert ends(applied(graph, healing_removal(graph, ["middle"]))) == {("first", "last", joined)}


@pytest.mark.parametrize("asked", ["$.ok", "steps.middle.output.ok", "$.ok &&"])
def test_what_was_asked_of_the_removed_step_leaves_nothing_to_join(asked: str) -> None:
    graph = row(a_step("middle"), after=asked)
    assert ends(applied(graph, healing_removal(graph, ["middle"]))) == set()


def test_where_a_gap_is_left_is_told_by_name() -> None:
    graph = row(a_step("middle"), after="$.ok")
    assert left_apart(graph, ["middle"]) == ["Middle"]
    assert left_apart(graph, ["middle", "last"]) == []
    assert left_apart(row(a_step("middle")), ["middle"]) == []


def test_the_question_of_a_removed_condition_stays_on_the_wire() -> None:
    graph = row(a_step("middle", "condition", expression="$.n > 3"), before="input.vip", after="!result")
    assert ends(applied(graph, healing_removal(graph, ["middle"]))) == {("first", "last", "(input.vip) && (!($.n > 3))")}


def test_a_disabled_step_passed_its_input_on_so_the_question_can_be_asked_before_it() -> None:
    graph = row(a_step("middle", disabled=True), after="$.ok")
    assert ends(applied(graph, healing_removal(graph, ["middle"]))) == {("first", "last", "$.ok")}


def test_neighbours_in_two_roles_are_not_joined() -> None:
    steps = [a_step("a", group="g", role="try"), a_step("m"), a_step("b", group="g", role="catch")]
    graph = Graph(
        {step.id: step for step in steps},
        {"e1": Edge("e1", "a", "m"), "e2": Edge("e2", "m", "b")},
        {"g": BlockGroup("g", "Guard", "try_catch")},
    )
    assert ends(applied(graph, healing_removal(graph, ["m"]))) == set()


def test_a_large_selection_is_removed_in_little_time() -> None:
    size = 10_000
    steps = {f"s{at}": a_step(f"s{at}") for at in range(size)}
    edges = {f"e{at}": Edge(f"e{at}", f"s{at}", f"s{at + 1}") for at in range(size - 1)}
    graph = Graph(steps, edges)
    after = healing_removal(graph, [f"s{at}" for at in range(1, size - 1)]).apply(graph)
    assert ends(after) == {("s0", f"s{size - 1}", None)}


def test_a_spliced_step_takes_the_condition_before_it() -> None:
    graph = row(a_step("middle"), before="$.n > 1")
    graph = replace(graph, steps={**graph.steps, "new": a_step("new")})
    after = applied(graph, splice(graph.edges["e1"], "new", onward_id="e9", answer="result"))
    assert ends(after) == {("first", "new", "$.n > 1"), ("new", "middle", "result"), ("middle", "last", None)}


def test_a_step_of_another_role_does_not_go_into_an_edge() -> None:
    steps = [a_step("a", group="g", role="try"), a_step("b", group="g", role="try"), a_step("c", group="g", role="catch")]
    graph = Graph({step.id: step for step in steps}, {"e": Edge("e", "a", "b")}, {"g": BlockGroup("g", "Guard", "try_catch")})
    assert isinstance(why_not_splice(graph, graph.edges["e"], "c"), CrossesRoles)
    graph = replace(graph, steps={**graph.steps, "d": a_step("d", group="g", role="try")})
    assert why_not_splice(graph, graph.edges["e"], "d") is None


def test_a_group_goes_into_an_edge_from_the_step_that_begins_it_to_the_one_that_ends_it() -> None:
    inside = [a_step("in", group="new", role="body"), a_step("out", group="new", role="body")]
    graph = row(a_step("middle"), before="$.n > 1")
    steps = {**graph.steps, **{step.id: step for step in inside}}
    graph = replace(
        graph, steps=steps, groups={"new": BlockGroup("new", "New", "while")}, edges={**graph.edges, "e3": Edge("e3", "in", "out")}
    )
    edge = graph.edges["e1"]
    assert why_not_splice(graph, edge, "in", leaving="out", group_id="new") is None
    after = applied(graph, splice(edge, "in", leaving="out", onward_id="e9"))
    assert ends(after) == {("first", "in", "$.n > 1"), ("in", "out", None), ("out", "middle", None), ("middle", "last", None)}


def test_a_group_of_another_role_does_not_go_into_an_edge_nor_where_it_would_close_a_circle() -> None:
    guard = BlockGroup("g", "Guard", "try_catch")
    new = BlockGroup("new", "New", "while", parent_group_id="g", group_role="catch")
    steps = [a_step(id, group="g", role="try") for id in "ab"] + [a_step("c", group="new", role="body"), a_step("d"), a_step("x")]
    edges = {"e1": Edge("e1", "a", "b"), "e2": Edge("e2", "b", "d"), "e3": Edge("e3", "d", "x")}
    graph = Graph({step.id: step for step in steps}, edges, {"g": guard, "new": new})
    assert isinstance(why_not_splice(graph, edges["e1"], "c", group_id="new"), CrossesRoles)
    graph = replace(graph, groups={"g": guard, "new": replace(new, group_role="try")})
    assert why_not_splice(graph, edges["e1"], "c", group_id="new") is None
    assert isinstance(why_not_splice(graph, edges["e3"], "c", group_id="new"), CycleError)


def test_an_end_of_an_edge_moves_to_another_step() -> None:
    graph = row(a_step("middle"), before="$.n > 1")
    edit = reconnection(graph, graph.edges["e1"], source="first", target="last", condition="$.n > 1")
    assert ends(applied(graph, edit)) == {("first", "last", "$.n > 1"), ("middle", "last", None)}


def test_an_end_does_not_move_where_a_circle_or_a_second_edge_would_be() -> None:
    graph = row(a_step("middle"))
    with pytest.raises(CycleError):
        reconnection(graph, graph.edges["e2"], source="middle", target="first", condition=None)
    with pytest.raises(EditRefused, match="already"):
        reconnection(graph, graph.edges["e2"], source="first", target="middle", condition=None)


def test_an_answer_goes_with_its_condition_step_and_other_questions_stay() -> None:
    ask, plain = a_step("ask", "condition", expression="true"), a_step("plain")
    assert kept_condition("!result", ask, plain) is None
    assert kept_condition("!result", ask, ask) == "!result"
    assert kept_condition("$.n > 1", ask, plain) == "$.n > 1"
    assert kept_condition("$.n > 1", plain, plain) == "$.n > 1"
    assert kept_condition(None, ask, plain) is None

"""The edit between two graphs leads exactly from the one to the other, and its inverse back."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edit_between import edit_between, same_graph
from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.domain.workflow import BlockGroup, Details, Edge, Graph, Note, Step
from tests.domain.test_edits import EDITS, exact, small


def edited(edits: list[GraphEdit]) -> Graph:
    graph = small()
    for edit in edits:
        try:
            graph = edit.apply(graph)
        except EditRefused:
            continue
    return graph


def shuffled(graph: Graph, seed: int) -> Graph:
    """The same elements in another order."""
    chance = random.Random(seed)

    def mixed(part: dict) -> dict:
        items = list(part.items())
        chance.shuffle(items)
        return dict(items)

    return replace(graph, steps=mixed(graph.steps), edges=mixed(graph.edges), groups=mixed(graph.groups), notes=mixed(graph.notes))


@settings(max_examples=300, deadline=None)
@given(st.lists(EDITS, max_size=6), st.lists(EDITS, max_size=6), st.integers(0, 20))
def test_any_graph_is_reached_from_any_other_and_back(one: list[GraphEdit], other: list[GraphEdit], seed: int) -> None:
    before, after = edited(one), edited(other)
    if seed:
        after = shuffled(after, seed)
    edit = edit_between(before, after)
    assert exact(edit.apply(before)) == exact(after)
    assert exact(edit.invert(before).apply(after)) == exact(before)


def test_between_equal_graphs_there_is_nothing_to_do() -> None:
    assert edit_between(small(), small()).edits == ()
    assert same_graph(small(), small())


def test_true_and_one_are_two_settings_and_so_is_another_order_of_keys() -> None:
    for one, other in (({"a": True}, {"a": 1}), ({"a": 1, "b": 2}, {"b": 2, "a": 1})):
        before, after = Graph({"s": Step("s", "S", "t", one)}), Graph({"s": Step("s", "S", "t", other)})
        assert not same_graph(before, after)
        assert exact(edit_between(before, after).apply(before)) == exact(after)


def test_an_edge_that_leads_to_a_step_that_comes_or_goes_is_kept_both_ways() -> None:
    steps = {id: Step(id, id, "t") for id in "abc"}
    without = Graph({id: step for id, step in steps.items() if id != "b"}, {"e": Edge("e", "a", "c")})
    with_b = Graph(steps, {"e": Edge("e", "a", "b"), "f": Edge("f", "b", "c")})
    for before, after in ((without, with_b), (with_b, without)):
        edit = edit_between(before, after)
        assert exact(edit.apply(before)) == exact(after)
        assert exact(edit.invert(before).apply(after)) == exact(before)


def test_what_has_another_kind_under_the_same_id_and_other_details_come_through() -> None:
    before = Graph({"x": Step("x", "X", "t"), "y": Step("y", "Y", "t")}, {"e": Edge("e", "x", "y")}, {}, {"n": Note("n")})
    after = Graph({"n": Step("n", "N", "t"), "y": Step("y", "Y", "t")}, {}, {"x": BlockGroup("x", "X", "while")}, {}, Details("Other"))
    assert exact(edit_between(before, after).apply(before)) == exact(after)

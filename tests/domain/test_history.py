"""Undo stays exact after someone else changed the graph, or is refused; it never breaks anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edits import AddElements, GraphEdit, MoveElements, RemoveElements, Rename, Reparent, SetConfig
from app.domain.errors import EditRefused
from app.domain.history import HistoryOutdated, exactly
from app.domain.integrity import broken
from app.domain.workflow import BlockGroup, Edge, Graph, Position, Step
from tests.domain.test_edits import EDITS, exact, small


def test_what_others_did_elsewhere_is_kept_by_an_undo() -> None:
    mine = Rename("s0", "Mine")
    graph = SetConfig("s1", {"theirs": 1}).apply(mine.apply(small()))
    after = exactly(graph, mine.invert(small()), mine)
    assert (after.steps["s0"].name, after.steps["s1"].config) == ("Step 0", {"theirs": 1})


def test_an_undo_that_would_overwrite_what_someone_else_did_is_refused() -> None:
    mine = SetConfig("s0", {"mine": 1})
    graph = SetConfig("s0", {"theirs": 1}).apply(mine.apply(small()))
    with pytest.raises(HistoryOutdated, match="Someone else changed"):
        exactly(graph, mine.invert(small()), mine)


def test_an_undo_about_something_that_is_gone_is_refused() -> None:
    mine = MoveElements((("s0", Position(5, 5)),))
    graph = RemoveElements(("s0",)).apply(mine.apply(small()))
    with pytest.raises(HistoryOutdated):
        exactly(graph, mine.invert(small()), mine)


def test_an_undo_that_would_bring_a_step_back_into_a_group_that_is_gone_is_refused() -> None:
    start = Reparent(("s4",), "h", "body").apply(small())
    mine = RemoveElements(("s4",))
    graph = RemoveElements(("g", "h")).apply(mine.apply(start))
    with pytest.raises(HistoryOutdated):
        exactly(graph, mine.invert(start), mine)


def test_an_undo_that_would_close_a_circle_with_their_edge_is_refused() -> None:
    mine = RemoveElements(("e0",))
    graph = AddElements((Edge("theirs", "s1", "s0"),)).apply(mine.apply(small()))
    with pytest.raises(HistoryOutdated):
        exactly(graph, mine.invert(small()), mine)


@settings(max_examples=300, deadline=None)
@given(EDITS, st.lists(EDITS, max_size=4))
def test_undo_after_others_changes_is_exact_and_whole_or_refused(mine: GraphEdit, theirs: list[GraphEdit]) -> None:
    start = small()
    try:
        graph, back = mine.apply(start), mine.invert(start)
    except (EditRefused, KeyError):
        return
    for edit in theirs:
        try:
            changed = edit.apply(graph)
        except EditRefused:
            continue
        if not broken(changed):
            graph = changed
    try:
        after = exactly(graph, back, mine)
    except HistoryOutdated:
        return
    assert exact(mine.apply(after)) == exact(graph)
    assert not broken(after) or broken(graph)


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        (
            lambda g: replace(g, steps={**g.steps, "s9": Step("s9", "Lost", "t", block_group_id="no")}),
            "Lost stands in a group that is not there.",
        ),
        (lambda g: replace(g, steps={**g.steps, "s9": Step("s9", "Lost", "t", group_role="x")}), "role “x” but stands in no group"),
        (lambda g: replace(g, groups={**g.groups, "g": BlockGroup("g", "Loop", "while", {}, "h", "body")}), "stands inside itself"),
        (lambda g: replace(g, edges={**g.edges, "x": Edge("x", "s0", "no")}), "A connection of Step 0 leads nowhere."),
        (lambda g: replace(g, edges={**g.edges, "x": Edge("x", "s0", "s0")}), "connected to itself"),
        (lambda g: replace(g, edges={**g.edges, "x": Edge("x", "s0", "s1")}), "connected twice"),
        (lambda g: replace(g, edges={**g.edges, "x": Edge("x", "s2", "s0")}), "lead back to themselves: Step 0 → Step 1 → Step 2 → Step 0"),
    ],
)
def test_each_thing_that_must_hold_of_a_graph_is_named_when_it_does_not(bend, sentence: str) -> None:
    assert broken(small()) == []
    assert sentence in broken(bend(small()))[0]


def test_an_edge_between_two_roles_is_named() -> None:
    graph = Graph(
        {"a": Step("a", "A", "t", {}, Position(), "g", "try"), "b": Step("b", "B", "t", {}, Position(), "g", "catch")},
        {"e": Edge("e", "a", "b")},
        {"g": BlockGroup("g", "Guard", "try_catch")},
    )
    assert broken(graph)[0].startswith("A → B: ")

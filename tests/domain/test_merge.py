"""Two people's changes together: nothing of either is lost without a word, and nothing broken comes out in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.differences import differences
from app.domain.edits import AddElements, Connect, GraphEdit, MoveElements, RemoveElements, Rename, Reparent, SetConfig, SetDetails, removal
from app.domain.errors import EditRefused
from app.domain.integrity import broken
from app.domain.merge import NOTHING, Given, Merge, merge
from app.domain.workflow import BlockGroup, Definition, Details, Edge, Graph, Position, Step
from tests.domain.test_edits import EDITS, exact, small


def changed(graph: Graph, *edits: GraphEdit) -> Graph:
    for edit in edits:
        graph = edit.apply(graph)
    return graph


def edited(edits: list[GraphEdit]) -> Graph:
    """What a window could have come to: edits that fit, and leave nothing broken."""
    graph = small()
    for edit in edits:
        try:
            after = edit.apply(graph)
        except EditRefused:
            continue
        if not broken(after):
            graph = after
    return graph


def same(one: Graph, other: Graph) -> bool:
    return not differences(Definition.of(one), Definition.of(other))


SIDES = st.lists(EDITS, max_size=6).map(edited)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SIDES)
def test_with_a_side_that_did_nothing_the_other_comes_out_as_it_is(side: Graph) -> None:
    assert merge(small(), side, small()) == Merge(merge(small(), side, small()).graph, (), ())
    assert exact(merge(small(), side, small()).graph) == exact(side)
    assert exact(merge(small(), small(), side).graph) == exact(side)
    assert exact(merge(small(), side, side).graph) == exact(side)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SIDES, SIDES)
def test_nothing_broken_comes_out_in_silence(mine: Graph, theirs: Graph) -> None:
    for choice in ("mine", "theirs"):
        first = merge(small(), mine, theirs)
        chosen = merge(small(), mine, theirs, {clash.key: choice for clash in first.clashes})
        assert chosen.clashes == first.clashes
        assert chosen.faults or not broken(chosen.graph)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SIDES, SIDES)
def test_what_does_not_clash_is_the_same_whoever_saves_first(mine: Graph, theirs: Graph) -> None:
    one, other = merge(small(), mine, theirs), merge(small(), theirs, mine)
    assert {clash.key for clash in one.clashes} == {clash.key for clash in other.clashes}
    turned = {clash.key: "theirs" for clash in other.clashes}
    placed = {item.id for item in differences(Definition.of(one.graph), Definition.of(merge(small(), theirs, mine, turned).graph))}
    moved_by_both = {key for key in small().steps | small().groups | small().notes if both_moved(key, mine, theirs)}
    new_edges = {id for id in one.graph.edges | other.graph.edges if id not in small().edges}
    added_by_both = {id for id in mine.steps.keys() & theirs.steps.keys() if id not in small().steps}
    assert placed <= moved_by_both | new_edges | added_by_both


def both_moved(key: str, mine: Graph, theirs: Graph) -> bool:
    base = small().element(key)
    return all((now := side.element(key)) is None or placed(now) != placed(base) for side in (mine, theirs))


def placed(element: Any) -> Any:
    return element.position, getattr(element, "size", None)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SIDES, SIDES)
def test_each_field_that_only_one_side_set_is_there(mine: Graph, theirs: Graph) -> None:
    merged = merge(small(), mine, theirs).graph
    base = Definition.of(small())
    by_theirs = {item.id for item in differences(base, Definition.of(theirs))}
    for item in differences(base, Definition.of(mine)).items:
        if item.id in by_theirs or item.verdict != "changed" or item.element is None:
            continue
        now = merged.element(item.id)
        if item.is_reparented or item.kind == "edge":  # its group may be gone, or an end of it
            continue
        assert now == mine.element(item.id)


def test_changes_of_different_steps_come_together() -> None:
    mine = changed(small(), SetConfig("s0", {"output": "mine"}), AddElements((Step("a", "New here", "transform"),)))
    theirs = changed(small(), Rename("s1", "Theirs"), RemoveElements(("n",)), Connect(Edge("x", "s3", "s4")))
    merged = merge(small(), mine, theirs)
    assert (merged.clashes, merged.faults) == ((), ())
    graph = merged.graph
    assert graph.steps["s0"].config == {"output": "mine"}
    assert graph.steps["s1"].name == "Theirs"
    assert "a" in graph.steps and "n" not in graph.notes and "x" in graph.edges


def test_changes_of_different_fields_of_one_step_come_together() -> None:
    start = SetConfig("s0", {"temperature": 0.7, "retry": {"attempts": 1, "wait": 5}, "list": [1, 2]}).apply(small())
    mine = changed(start, SetConfig("s0", {"temperature": 0.3, "retry": {"attempts": 1, "wait": 5}, "list": [9, 2]}))
    theirs = changed(
        start, SetConfig("s0", {"temperature": 0.7, "retry": {"attempts": 3, "wait": 5}, "model": "new", "list": [1, 8]}), Rename("s0", "X")
    )
    merged = merge(start, mine, theirs)
    assert merged.clashes == ()
    assert merged.graph.steps["s0"].name == "X"
    assert merged.graph.steps["s0"].config == {"temperature": 0.3, "retry": {"attempts": 3, "wait": 5}, "model": "new", "list": [9, 8]}


def test_a_field_that_both_set_is_asked_and_mine_stands_until_then() -> None:
    start = SetConfig("s0", {"temperature": 0.7}).apply(small())
    mine, theirs = changed(start, SetConfig("s0", {"temperature": 0.3})), changed(start, SetConfig("s0", {"temperature": 0.5}))
    merged = merge(start, mine, theirs)
    (clash,) = merged.clashes
    assert (clash.id, clash.place, clash.base, clash.mine, clash.theirs) == ("s0", "/config/temperature", 0.7, 0.3, 0.5)
    assert merged.graph.steps["s0"].config == {"temperature": 0.3}
    for choice, value in (("theirs", 0.5), (Given(0.4), 0.4), ("mine", 0.3)):
        assert merge(start, mine, theirs, {clash.key: choice}).graph.steps["s0"].config == {"temperature": value}


def test_both_setting_the_same_is_no_question() -> None:
    both = changed(small(), Rename("s0", "Same"))
    assert merge(small(), both, changed(small(), Rename("s0", "Same"))).clashes == ()


def test_a_field_that_one_removed_and_the_other_set_is_asked() -> None:
    start = SetConfig("s0", {"timeout": 5}).apply(small())
    merged = merge(start, changed(start, SetConfig("s0", {})), changed(start, SetConfig("s0", {"timeout": 9})))
    (clash,) = merged.clashes
    assert (clash.mine, clash.theirs) == (NOTHING, 9)
    assert merged.graph.steps["s0"].config == {}


def test_a_step_that_one_removed_and_the_other_changed_is_asked() -> None:
    mine, theirs = changed(small(), RemoveElements(("s1",))), changed(small(), SetConfig("s1", {"output": "theirs"}))
    merged = merge(small(), mine, theirs)
    (clash,) = merged.clashes
    assert clash.is_removal and (clash.mine, clash.theirs) == (NOTHING, True)
    assert "s1" not in merged.graph.steps
    kept = merge(small(), mine, theirs, {clash.key: "theirs"})
    assert kept.graph.steps["s1"].config == {"output": "theirs"}
    assert not kept.faults


def test_a_step_that_one_removed_and_the_other_only_moved_is_gone() -> None:
    merged = merge(small(), changed(small(), RemoveElements(("s1",))), changed(small(), MoveElements((("s1", Position(9, 9)),))))
    assert merged.clashes == () and "s1" not in merged.graph.steps


def test_a_step_that_one_removed_and_the_other_connected_is_asked() -> None:
    mine, theirs = changed(small(), Connect(Edge("x", "s3", "s4"))), changed(small(), RemoveElements(("s4",)))
    merged = merge(small(), mine, theirs)
    (clash,) = merged.clashes
    assert (clash.id, clash.is_removal) == ("s4", True)
    assert "x" in merged.graph.edges
    gone = merge(small(), mine, theirs, {clash.key: "theirs"})
    assert "x" not in gone.graph.edges and not gone.faults


def test_a_group_that_one_removed_and_the_other_put_a_step_into_is_asked_and_the_step_moves_out() -> None:
    mine, theirs = changed(small(), Reparent(("s4",), "h", "body")), changed(small(), removal(small(), ["h"]))
    merged = merge(small(), mine, theirs)
    (clash,) = merged.clashes
    assert clash.id == "h"
    assert merged.graph.steps["s4"].block_group_id == "h"
    gone = merge(small(), mine, theirs, {clash.key: "theirs"})
    assert gone.graph.steps["s4"].block_group_id == "g" and not gone.faults


def test_the_same_connection_drawn_by_both_is_one() -> None:
    mine, theirs = changed(small(), Connect(Edge("m", "s3", "s4"))), changed(small(), Connect(Edge("t", "s3", "s4")))
    merged = merge(small(), mine, theirs)
    assert merged.clashes == () and not merged.faults
    assert "t" in merged.graph.edges and "m" not in merged.graph.edges


def test_two_connections_that_close_a_circle_together_are_a_fault() -> None:
    mine, theirs = changed(small(), Connect(Edge("m", "s3", "s4"))), changed(small(), AddElements((Edge("t", "s4", "s0"),)))
    faults = merge(small(), mine, theirs).faults
    assert len(faults) == 1 and faults[0].startswith("These lead back to themselves")


def test_the_details_merge_field_by_field() -> None:
    start = SetDetails(Details("W", "About", {"type": "object", "properties": {"a": {"type": "string"}}})).apply(small())
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}
    mine = changed(start, SetDetails(replace(start.details, input_schema=schema)))
    theirs = changed(start, SetDetails(replace(start.details, name="Theirs", settings={"run_timeout_ms": 5})))
    merged = merge(start, mine, theirs)
    assert merged.clashes == ()
    assert merged.graph.details == Details("Theirs", "About", schema, None, {"run_timeout_ms": 5})


def test_ten_thousand_steps_merge_in_a_moment() -> None:
    import time

    steps = {
        f"n{i}": Step(f"n{i}", f"Step {i}", "transform", {"output": i, "retry": {"attempts": 2}}, Position(i, 0)) for i in range(10_000)
    }
    base = Graph(steps, {}, {"g": BlockGroup("g", "G", "while")})
    copy = Graph({id: replace(step, config=dict(step.config)) for id, step in steps.items()}, {}, dict(base.groups))
    theirs = changed(copy, Rename("n5", "Theirs"))
    mine = changed(base, Rename("n6", "Mine"))
    begin = time.thread_time()
    merged = merge(base, mine, theirs)
    assert (merged.graph.steps["n5"].name, merged.graph.steps["n6"].name) == ("Theirs", "Mine")
    assert time.thread_time() - begin < 1.0


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_whoever_moves_a_step_alone_moves_it(side: str) -> None:
    moved = changed(small(), MoveElements((("s0", Position(77, 7)),)))
    other = changed(small(), Rename("s0", "N"))
    pair = (moved, other) if side == "mine" else (other, moved)
    merged = merge(small(), *pair)
    assert merged.graph.steps["s0"] == replace(small().steps["s0"], name="N", position=Position(77, 7))

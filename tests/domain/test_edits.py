"""Undo is exact: every edit's inverse gives the graph back, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.edits import (
    AddElements,
    Batch,
    Connect,
    GraphEdit,
    MoveElements,
    RemoveElements,
    Rename,
    Reparent,
    Resize,
    SetCondition,
    SetConfig,
    SetDetails,
    SetNoteText,
    removal,
)
from app.domain.errors import CycleError, EditRefused
from app.domain.json_value import canonical, dumps
from app.domain.topology import CrossesRoles
from app.domain.workflow import BlockGroup, Definition, Details, Edge, Graph, Note, Position, Size, Step, definition_to_json, graph_to_json


def exact(graph: Graph) -> str:
    """Document order counts: the dicts are written as they stand."""
    return dumps(definition_to_json(Definition.of(graph)))


def small() -> Graph:
    steps = [Step(f"s{i}", f"Step {i}", "transform", {"output": i}, Position(i * 10, 0)) for i in range(5)]
    groups = [BlockGroup("g", "Group", "parallel"), BlockGroup("h", "Inner", "foreach", {}, "g", "body")]
    edges = [Edge(f"e{i}", f"s{i}", f"s{i + 1}") for i in range(3)]
    return Graph({s.id: s for s in steps}, {e.id: e for e in edges}, {g.id: g for g in groups}, {"n": Note("n", "hi")})


IDS = st.sampled_from(["s0", "s1", "s2", "s3", "s4", "g", "h", "n", "e0", "e1", "e2", "x1", "x2"])
XY = st.builds(Position, st.integers(-500, 500), st.integers(-500, 500))
EDITS: st.SearchStrategy[GraphEdit] = st.recursive(
    st.one_of(
        st.builds(lambda i, p: AddElements((Step(i, i, "transform", {"output": 1}, p),)), IDS, XY),
        st.builds(lambda i: AddElements((BlockGroup(i, i, "while"),)), IDS),
        st.builds(lambda ids: RemoveElements(tuple(ids)), st.lists(IDS, max_size=3, unique=True)),
        st.builds(lambda ps: MoveElements(tuple(ps)), st.lists(st.tuples(IDS, XY), max_size=3, unique_by=lambda p: p[0])),
        st.builds(lambda i, a, b: Connect(Edge(f"c{i}", a, b)), IDS, IDS, IDS),
        st.builds(SetCondition, IDS, st.sampled_from([None, "true", "$.x"])),
        st.builds(Rename, IDS, st.text(min_size=1, max_size=5)),
        st.builds(SetConfig, IDS, st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
        st.builds(SetNoteText, IDS, st.text(max_size=5)),
        st.builds(
            lambda name, schema: SetDetails(Details(name, input_schema=schema)), st.text(max_size=3), st.sampled_from([None, True, 1])
        ),
        st.builds(Resize, IDS, XY, st.builds(Size, st.integers(1, 900), st.integers(1, 900))),
        st.builds(
            lambda ids, g: Reparent(tuple(ids), g, "body" if g else None),
            st.lists(IDS, max_size=2, unique=True),
            st.sampled_from([None, "g", "h"]),
        ),
    ),
    lambda edits: st.builds(lambda found: Batch(tuple(found)), st.lists(edits, max_size=3)),
    max_leaves=4,
)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.lists(EDITS, max_size=12))
def test_undo_all_is_the_start_and_redo_all_is_the_end(edits: list[GraphEdit]) -> None:
    graph = start = small()
    done: list[tuple[GraphEdit, GraphEdit]] = []
    for edit in edits:
        try:
            after = edit.apply(graph)
            inverse = edit.invert(graph)
        except (EditRefused, KeyError):
            continue
        done.append((edit, inverse))
        graph = after
    end = graph
    for _, inverse in reversed(done):
        graph = inverse.apply(graph)
    assert exact(graph) == exact(start)
    for edit, _ in done:
        graph = edit.apply(graph)
    assert exact(graph) == exact(end)


def test_what_was_removed_comes_back_to_its_place_with_its_edges() -> None:
    graph = small()
    edit = RemoveElements(("s1",))
    after = edit.apply(graph)
    assert list(after.edges) == ["e2"]
    assert exact(edit.invert(graph).apply(after)) == exact(graph)


def test_removing_a_group_takes_everything_inside_along() -> None:
    graph = Reparent(("s0",), "h", "body").apply(small())
    assert set(removal(graph, ["g"]).ids) == {"g", "h", "s0"}


def test_a_circle_is_refused_and_named() -> None:
    with pytest.raises(CycleError):
        Connect(Edge("c", "s3", "s0")).apply(small())


def test_an_edge_between_two_roles_of_a_group_is_refused() -> None:
    graph = small()
    graph = replace(graph, groups={**graph.groups, "t": BlockGroup("t", "T", "try_catch")})
    graph = Reparent(("s0",), "t", "try").apply(graph)
    graph = Reparent(("s4",), "t", "catch").apply(graph)
    with pytest.raises(CrossesRoles):
        Connect(Edge("c", "s0", "s4")).apply(graph)


def test_a_group_cannot_be_put_inside_itself() -> None:
    with pytest.raises(EditRefused):
        Reparent(("g",), "h", "body").apply(small())


def test_only_an_edit_of_the_details_changes_them() -> None:
    graph = SetDetails(Details("Mine", "What it does", {"type": "object"})).apply(small())
    for edit in (RemoveElements(("s1", "n")), MoveElements((("s0", Position(9, 9)),)), Rename("s0", "A"), Reparent(("s0",), "h", "body")):
        assert edit.apply(graph).details is graph.details


@pytest.mark.parametrize(
    "wrong", [{"name": "  "}, {"name": "n" * 256}, {"settings": {"colour": "red"}}, {"settings": {"run_timeout_ms": 0}}]
)
def test_details_that_could_not_be_kept_are_refused_with_a_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(EditRefused, match="name|colour|run_timeout_ms"):
        SetDetails(replace(Details(), **wrong)).apply(small())


def test_a_graph_is_never_changed_in_place() -> None:
    graph = small()
    before = canonical(graph_to_json(graph))
    MoveElements((("s0", Position(9, 9)),)).apply(graph)
    SetConfig("s1", {"output": 2}).apply(graph)
    assert canonical(graph_to_json(graph)) == before

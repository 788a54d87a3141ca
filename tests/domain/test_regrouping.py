"""Groups made of a selection, taken apart and given another type; whatever happens no step, edge or undo is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.domain.group_changes import counterparts
from app.domain.json_value import dumps
from app.domain.measures import roles_of
from app.domain.regrouping import NO_GROUP, NOTHING_TO_GROUP, SEVERAL_SCOPES, group_edit, retyping, ungroup_edit
from app.domain.topology import TOP, find_cycle, topology_of
from app.domain.workflow import BlockGroup, Edge, Graph, Position, Size, Step, graph_to_json
from tests.catalog import CATALOG

TYPES = tuple(CATALOG.groups)


def step(id: str, x: int = 0, y: int = 0, group: str | None = None, role: str | None = None) -> Step:
    return Step(id, id, "transform", {"output": 1}, Position(x, y), group, role)


def graph_of(*elements: Step | BlockGroup, edges: tuple[tuple[str, str], ...] = ()) -> Graph:
    return Graph(
        {e.id: e for e in elements if isinstance(e, Step)},
        {f"{a}-{b}": Edge(f"{a}-{b}", a, b) for a, b in edges},
        {e.id: e for e in elements if isinstance(e, BlockGroup)},
    )


CHAIN = graph_of(step("a", 0, 0), step("b", 240, 0), step("c", 480, 0), step("d", 720, 0), edges=(("a", "b"), ("b", "c"), ("c", "d")))


def done(graph: Graph, edit: GraphEdit) -> Graph:
    """The graph after the edit, whose undo is exact."""
    after = edit.apply(graph)
    assert dumps(graph_to_json(edit.invert(graph).apply(after))) == dumps(graph_to_json(graph))
    return after


@pytest.mark.parametrize("type", TYPES)
def test_a_selection_becomes_a_group_of_any_type_and_keeps_its_edges(type: str) -> None:
    after = done(CHAIN, group_edit(CHAIN, CATALOG, ("b", "c"), type, new_id="new"))
    made = after.groups["new"]
    first = roles_of(type, made.config, CATALOG)[0]
    assert [after.parent_of(id) for id in "abcd"] == [(None, None), ("new", first), ("new", first), (None, None)]
    assert after.edges == CHAIN.edges
    assert made.name == CATALOG.groups[type].title
    b, c = after.steps["b"].position, after.steps["c"].position
    assert (b, c) == (Position(240, 0), Position(480, 0))
    assert made.position.x <= b.x - 24 and made.position.y <= b.y - 52
    assert made.position.x + made.size.width >= c.x + 192 + 24


def test_what_the_new_border_would_cover_makes_room() -> None:
    after = done(CHAIN, group_edit(CHAIN, CATALOG, ("b",), "foreach", new_id="new"))
    made = after.groups["new"]
    assert after.steps["c"].position.x >= made.position.x + made.size.width
    assert after.steps["a"].position.x + 192 <= made.position.x


def test_a_second_group_gets_a_name_of_its_own() -> None:
    once = group_edit(CHAIN, CATALOG, ("a",), "foreach", new_id="one").apply(CHAIN)
    assert done(once, group_edit(once, CATALOG, ("d",), "foreach", new_id="two")).groups["two"].name == "For each 2"


def test_groups_of_a_selection_come_along_with_what_is_in_them() -> None:
    graph = graph_of(
        BlockGroup("g", "G", "while", {}, None, None, Position(300, 0), Size(300, 200)), step("in", 340, 80, "g", "body"), step("a")
    )
    after = done(graph, group_edit(graph, CATALOG, ("a", "g", "in"), "parallel", new_id="new"))
    assert [after.parent_of(id) for id in ("a", "g", "in")] == [("new", "body"), ("new", "body"), ("g", "body")]


def test_a_group_within_a_lane_stands_in_that_lane() -> None:
    graph = graph_of(BlockGroup("t", "T", "try_catch", {}, None, None, Position(0, 0), Size(400, 400)), step("a", 40, 240, "t", "catch"))
    after = done(graph, group_edit(graph, CATALOG, ("a",), "while", new_id="new"))
    assert after.parent_of("new") == ("t", "catch")


@pytest.mark.parametrize(("ids", "sentence"), [((), NOTHING_TO_GROUP), (("a-b",), NOTHING_TO_GROUP)])
def test_nothing_to_group_is_said(ids, sentence) -> None:
    with pytest.raises(EditRefused, match=sentence):
        group_edit(CHAIN, CATALOG, ids, "foreach", new_id="new")


def test_a_selection_out_of_several_scopes_is_refused() -> None:
    graph = graph_of(BlockGroup("g", "G", "while"), step("in", 40, 80, "g", "body"), step("a", 600, 0))
    with pytest.raises(EditRefused, match=SEVERAL_SCOPES):
        group_edit(graph, CATALOG, ("a", "in"), "foreach", new_id="new")


def test_a_way_out_of_the_group_and_back_is_refused_and_named() -> None:
    with pytest.raises(EditRefused, match="Select “b” too"):
        group_edit(CHAIN, CATALOG, ("a", "c"), "foreach", new_id="new")


def test_ungrouping_gives_the_steps_to_the_lane_around() -> None:
    graph = graph_of(
        BlockGroup("t", "T", "try_catch"),
        BlockGroup("g", "G", "if_else", {"condition": "true"}, "t", "catch"),
        step("a", 0, 0, "g", "then"),
        step("b", 240, 0, "g", "else"),
        edges=(),
    )
    after = done(graph, ungroup_edit(graph, ("g",)))
    assert list(after.groups) == ["t"]
    assert after.parent_of("a") == after.parent_of("b") == ("t", "catch")


def test_grouping_and_ungrouping_leaves_the_steps_where_they_were() -> None:
    grouped = group_edit(CHAIN, CATALOG, ("a", "b", "c", "d"), "try_catch", new_id="new").apply(CHAIN)
    assert done(grouped, ungroup_edit(grouped, ("new",))) == CHAIN


def test_without_a_group_there_is_nothing_to_take_apart() -> None:
    with pytest.raises(EditRefused, match=NO_GROUP):
        ungroup_edit(CHAIN, ("a",))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("try", "catch", "finally"), ("then", "else"), {"try": "then", "catch": "else", "finally": "else"}),
        (("body",), ("try", "catch", "finally"), {"body": "try"}),
        (("case_0", "case_1", "default"), ("body",), {"case_0": "body", "case_1": "body", "default": "body"}),
        (("then", "else"), ("case_0", "default"), {"then": "case_0", "else": "default"}),
    ],
)
def test_roles_become_their_counterparts(old, new, expected) -> None:
    assert counterparts(old, new) == expected


def guarded() -> Graph:
    config = {"error_types": ["Timeout"], "timeout_ms": 5000, "retry_count": 0}
    group = BlockGroup("g", "Guard", "try_catch", config, None, None, Position(0, 0), Size(600, 400))
    return graph_of(group, step("t", 24, 86, "g", "try"), step("c", 24, 210, "g", "catch"), step("f", 24, 330, "g", "finally"))


def test_what_is_lost_by_another_type_is_said() -> None:
    found = retyping(guarded(), CATALOG, "g", "if_else")
    after = done(guarded(), found.edit)
    assert after.groups["g"].config == {"condition": "true", "timeout_ms": 5000}
    assert [after.parent_of(id) for id in "tcf"] == [("g", "then"), ("g", "else"), ("g", "else")]
    assert found.losses == (
        "“Catch” is dropped: If / else has no such setting.",
        "1 step or group of “finally” will stand in “else” together with “catch”.",
    )


def test_nothing_is_said_when_nothing_is_lost() -> None:
    graph = graph_of(BlockGroup("g", "Loop", "parallel", {"max_concurrent": 3}), step("a", 40, 80, "g", "body"))
    found = retyping(graph, CATALOG, "g", "foreach")
    assert found.losses == ()
    assert done(graph, found.edit).groups["g"].config == {"input_path": "$", "max_workers": 3}


def test_an_if_becomes_a_switch_that_means_the_same_and_back() -> None:
    graph = graph_of(
        BlockGroup("g", "Route", "if_else", {"condition": "$.n > 3"}), step("a", 40, 90, "g", "then"), step("b", 40, 240, "g", "else")
    )
    there = retyping(graph, CATALOG, "g", "switch_case")
    switched = done(graph, there.edit)
    assert switched.groups["g"].config == {"cases": ["$.n > 3"], "expression": None}
    assert (switched.parent_of("a"), switched.parent_of("b")) == (("g", "case_0"), ("g", "default"))
    back = retyping(switched, CATALOG, "g", "if_else")
    assert (there.losses, back.losses) == ((), ())
    assert done(switched, back.edit).groups["g"].config == {"condition": "$.n > 3"}


def test_a_group_that_was_never_named_is_called_by_its_new_type_and_expressions_follow() -> None:
    graph = graph_of(BlockGroup("g", "For each 2", "foreach", {}), step("a", 40, 80, "g", "body"))
    asks = Step("b", "b", "transform", {"output": "{{ steps.for_each_2.output }}"}, Position(600, 0))
    graph = Graph({**graph.steps, "b": asks}, {}, graph.groups)
    after = done(graph, retyping(graph, CATALOG, "g", "while").edit)
    assert after.groups["g"].name == "While"
    assert after.steps["b"].config == {"output": "{{ steps.while.output }}"} or "while" in str(after.steps["b"].config)


def test_a_group_grows_for_lanes_it_did_not_have_and_pushes() -> None:
    graph = graph_of(
        BlockGroup("g", "G", "foreach", {}, None, None, Position(0, 0), Size(400, 160)), step("a", 40, 80, "g", "body"), step("b", 40, 200)
    )
    after = done(graph, retyping(graph, CATALOG, "g", "try_catch").edit)
    group = after.groups["g"]
    assert group.size.height >= 80 + 64 + 16 + 200
    assert after.steps["b"].position.y >= group.position.y + group.size.height


@st.composite
def drafts(draw) -> Graph:
    """Up to three nested or neighbouring groups with steps in valid roles, and edges onward in document order within one scope."""
    groups: list[BlockGroup] = []
    for index in range(draw(st.integers(1, 3))):
        type = draw(st.sampled_from(TYPES))
        parent = draw(st.sampled_from([None, *groups])) if groups else None
        role = draw(st.sampled_from(roles_of(parent.type, parent.config, CATALOG))) if parent else None
        at = Position(draw(st.integers(0, 900)), draw(st.integers(0, 900)))
        config = dict(CATALOG.groups[type].default_config)
        groups.append(BlockGroup(f"g{index}", f"G{index}", type, config, parent.id if parent else None, role, at, Size(400, 300)))
    steps = []
    for index in range(draw(st.integers(0, 7))):
        around = draw(st.sampled_from([None, *groups]))
        role = draw(st.sampled_from(roles_of(around.type, around.config, CATALOG))) if around else None
        steps.append(step(f"s{index}", draw(st.integers(0, 900)), draw(st.integers(0, 900)), around.id if around else None, role))
    pairs = [
        (a.id, b.id)
        for i, a in enumerate(steps)
        for b in steps[i + 1 :]
        if (a.block_group_id, a.group_role) == (b.block_group_id, b.group_role)
    ]
    return graph_of(*groups, *steps, edges=tuple(draw(st.lists(st.sampled_from(pairs), max_size=6, unique=True)) if pairs else ()))


def assert_sound(graph: Graph) -> None:
    """No dangling edge, every role known to its group, no group in itself, no circle in any scope."""
    for edge in graph.edges.values():
        assert edge.source_step_id in graph.steps and edge.target_step_id in graph.steps
    for id in (*graph.steps, *graph.groups):
        parent, role = graph.parent_of(id)
        if parent is None:
            assert role is None
        else:
            group = graph.groups[parent]
            assert role in roles_of(group.type, group.config, CATALOG)
    topology = topology_of(graph)
    for scope in (TOP, *topology.nodes):
        assert find_cycle(topology.nodes.get(scope, ()), topology.links.get(scope, ())) is None
    assert len(topology.links) == 0 or sum(map(len, topology.links.values())) == len(graph.edges)


@settings(max_examples=200, deadline=None)
@given(drafts(), st.data())
def test_whatever_is_regrouped_the_graph_stays_sound_and_undo_is_exact(graph, data) -> None:
    for turn in range(data.draw(st.integers(1, 4))):
        nodes = [*graph.steps, *graph.groups]
        ids = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4, unique=True)) if nodes else []
        type = data.draw(st.sampled_from(TYPES))
        act = data.draw(st.sampled_from(["group", "ungroup", "retype"]))
        try:
            if act == "group":
                edit = group_edit(graph, CATALOG, ids, type, new_id=f"new{turn}")
            elif act == "ungroup":
                edit = ungroup_edit(graph, ids)
            else:
                group_id = next((id for id in ids if id in graph.groups and graph.groups[id].type != type), None)
                if group_id is None:
                    continue
                edit = retyping(graph, CATALOG, group_id, type).edit
        except EditRefused:
            continue
        before = graph
        graph = done(graph, edit)
        assert_sound(graph)
        assert graph.edges == before.edges
        assert graph.steps.keys() == before.steps.keys()


def test_a_step_in_a_role_that_its_group_does_not_have_changes_along() -> None:
    steps = {
        "a": Step("a", "A", "transform", {"output": 1}, Position(40, 80), "g", "body"),
        "b": Step("b", "B", "transform", {"output": 1}, Position(40, 180), "g", "try"),
    }
    graph = Graph(steps, {}, {"g": BlockGroup("g", "G", "parallel", {}, None, None, Position(), Size(400, 300))})
    for type in CATALOG.groups:
        after = retyping(graph, CATALOG, "g", type).edit.apply(graph)
        roles = CATALOG.groups[type].roles(after.groups["g"].config)
        assert {step.group_role for step in after.steps.values()} <= set(roles) or type == "parallel"

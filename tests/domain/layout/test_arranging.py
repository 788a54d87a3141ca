"""The layout of whole workflows: nothing overlaps, groups hold their children, ways lead to the right, notes go along."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.connecting import why_not_connect
from app.domain.lanes import lanes_of
from app.domain.layout.arranging import arranged
from app.domain.measures import box_of, roles_of
from app.domain.topology import topology_of
from app.domain.workflow import BlockGroup, Edge, Graph, Note, Position, Size, Step
from tests.benchmarks.canvas_graph import large_graph
from tests.catalog import CATALOG
from tests.ui.samples import ticket_triage

TYPES = tuple(CATALOG.groups)


def step(id: str, x: int = 0, y: int = 0, group: str | None = None, role: str | None = None, type: str = "transform") -> Step:
    config = {"expression": "$.n > 3"} if type == "condition" else {"output": 1}
    return Step(id, id, type, config, Position(x, y), group, role)


def graph_of(*elements: Step | BlockGroup | Note, edges: tuple[tuple[str, ...], ...] = ()) -> Graph:
    return Graph(
        {e.id: e for e in elements if isinstance(e, Step)},
        {f"{a}-{b}": Edge(f"{a}-{b}", a, b, *condition) for a, b, *condition in edges},
        {e.id: e for e in elements if isinstance(e, BlockGroup)},
        {e.id: e for e in elements if isinstance(e, Note)},
    )


def tidied(graph: Graph, *ids: str, folded: frozenset[str] = frozenset()) -> Graph:
    edit = arranged(graph, CATALOG, ids, folded=folded)
    if edit is None:
        return graph
    after = edit.apply(graph)
    assert edit.invert(graph).apply(after) == graph
    return after


def x(graph: Graph, id: str) -> int:
    return graph.element(id).position.x


def y(graph: Graph, id: str) -> int:
    return graph.element(id).position.y


def assert_tidy(graph: Graph, folded: frozenset[str] = frozenset()) -> None:
    """No two neighbours overlap, every lane holds its own, every link leads to the right."""
    box = {id: box_of(graph, CATALOG, id, folded) for id in (*graph.steps, *graph.groups)}
    topology = topology_of(graph)
    hidden = {inner for group in folded for inner in graph.descendants_of(group)}
    for scope, nodes in topology.nodes.items():
        if scope[0] in hidden | folded:
            continue
        for a, b in combinations(nodes, 2):
            apart = box[a][0] + box[a][2] <= box[b][0] or box[b][0] + box[b][2] <= box[a][0]
            assert apart or box[a][1] + box[a][3] <= box[b][1] or box[b][1] + box[b][3] <= box[a][1], (a, b)
        for link in topology.links.get(scope, ()):
            assert box[link.source][0] + box[link.source][2] < box[link.target][0], link
    for group in graph.groups.values():
        if group.id in hidden | folded:
            continue
        left, top, width, height = box[group.id]
        roles = roles_of(group.type, group.config, CATALOG)
        extents: dict[str, tuple[float, float]] = {}
        for child in graph.children_of(group.id):
            a, b, w, h = box[child]
            assert left + 24 <= a and a + w <= left + width - 24 and top + 52 <= b and b + h <= top + height
            role = graph.parent_of(child)[1]
            low, high = extents.get(role, (b, b + h))
            extents[role] = min(low, b), max(high, b + h)
        for lane in lanes_of(roles, top=top, bottom=top + height, children=extents):
            assert lane.height >= 99
            if lane.role in extents:
                assert lane.top <= extents[lane.role][0] and extents[lane.role][1] <= lane.bottom


def test_a_chain_stands_in_a_row() -> None:
    graph = graph_of(step("c", 900, 900), step("a", 70, 300), step("b", -20, 40), edges=(("a", "b"), ("b", "c")))
    after = tidied(graph)
    assert x(after, "a") < x(after, "b") < x(after, "c")
    assert y(after, "a") == y(after, "b") == y(after, "c")
    assert (x(after, "a") % 8, y(after, "a") % 8) == (0, 0)


def test_branches_keep_the_order_in_which_they_were_read() -> None:
    graph = graph_of(step("a"), *(step(f"b{i}", 300, 500 - 100 * i) for i in range(4)), edges=tuple(("a", f"b{i}") for i in range(4)))
    after = tidied(graph)
    assert sorted(range(4), key=lambda i: y(after, f"b{i}")) == [3, 2, 1, 0]


def test_what_leaves_the_true_port_stands_above_what_leaves_the_false_one() -> None:
    graph = graph_of(
        step("ask", 0, 0, type="condition"),
        step("no", 300, 0),
        step("yes", 300, 300),
        edges=(("ask", "yes", "result"), ("ask", "no", "!result")),
    )
    after = tidied(graph)
    assert y(after, "yes") < y(after, "no")


def test_crossings_that_need_not_be_are_undone() -> None:
    graph = graph_of(
        *(step(f"a{i}", 0, 100 * i) for i in range(4)),
        *(step(f"b{i}", 300, 100 * (3 - i)) for i in range(4)),
        edges=tuple((f"a{i}", f"b{i}") for i in range(4)),
    )
    join = graph_of(
        *graph.steps.values(), step("z", 600, 0), edges=(*((f"a{i}", f"b{i}") for i in range(4)), *((f"b{i}", "z") for i in range(4)))
    )
    after = tidied(join)
    above = sorted(range(4), key=lambda i: y(after, f"a{i}"))
    assert above == sorted(range(4), key=lambda i: y(after, f"b{i}"))


def test_a_long_way_does_not_lead_through_a_node() -> None:
    graph = graph_of(*(step(id) for id in "abcd"), edges=(("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")))
    after = tidied(graph)
    assert y(after, "b") == y(after, "c")
    assert y(after, "a") != y(after, "b") or y(after, "d") != y(after, "c")


def test_a_way_that_begins_beside_a_wide_group_passes_it_level() -> None:
    graph = graph_of(
        BlockGroup("g", "G", "foreach", {}, None, None, Position(300, 0), Size(700, 200)),
        step("in", 320, 60, "g", "body"),
        step("in2", 600, 60, "g", "body"),
        step("a"),
        step("b", 300, 300),
        step("c", 600, 300),
        step("z", 1200, 0),
        edges=(("a", "in"), ("in", "in2"), ("a", "b"), ("b", "c"), ("c", "z"), ("in2", "z")),
    )
    after = tidied(graph)
    assert y(after, "b") == y(after, "c") > after.groups["g"].position.y + after.groups["g"].size.height


def test_what_is_not_connected_does_not_look_as_if_it_were() -> None:
    graph = graph_of(
        step("a", 0, 0), step("b", 300, 0), step("c", 0, 90), step("d", 300, 90), step("e", 600, 0), edges=(("a", "b"), ("c", "d"))
    )
    after = tidied(graph)
    assert y(after, "a") == y(after, "b") < y(after, "c") == y(after, "d") < y(after, "e")
    assert x(after, "a") == x(after, "c") == x(after, "e")


def test_steps_that_stand_alone_share_rows() -> None:
    after = tidied(graph_of(*(step(f"s{i}", 0, i) for i in range(20))))
    assert 2 <= len({each.position.y for each in after.steps.values()}) <= 8


def test_lanes_lie_below_one_another_and_empty_ones_keep_their_height() -> None:
    graph = graph_of(
        BlockGroup("g", "G", "try_catch", {}, None, None, Position(0, 0), Size(100, 100)),
        step("t", 900, 0, "g", "try"),
        step("f", 0, 0, "g", "finally"),
        step("out", 0, 0),
        edges=(("t", "out"),),
    )
    after = tidied(graph)
    assert_tidy(after)
    assert y(after, "f") - y(after, "t") >= 64 + 16 + 100 + 40


def test_one_group_is_laid_out_where_it_stands_and_pushes() -> None:
    graph = graph_of(
        BlockGroup("g", "G", "foreach", {}, None, None, Position(40, 40), Size(260, 160)),
        step("a", 60, 100, "g", "body"),
        step("b", 60, 100, "g", "body"),
        step("beside", 320, 90),
        step("far", 0, 700),
        edges=(("a", "b"),),
    )
    after = tidied(graph, "g")
    assert after.groups["g"].position == Position(40, 40)
    assert x(after, "beside") >= 40 + after.groups["g"].size.width
    assert after.steps["far"] == graph.steps["far"]
    assert_tidy(after)


def test_a_selection_is_laid_out_among_itself() -> None:
    graph = graph_of(step("a", 500, 0), step("b", 0, 0), step("c", 90, 0), step("other", 40, 10), edges=(("a", "b"), ("b", "c")))
    after = tidied(graph, "a", "b", "c")
    assert [x(after, id) for id in "abc"] == [0, 264, 528]
    overlap = [id for id in "abc" if abs(x(after, id) - x(after, "other")) < 192 and abs(y(after, id) - y(after, "other")) < 64]
    assert overlap in ([], ["b"], ["c"])  # these lay over one another before


def test_a_folded_group_is_as_small_as_it_shows_and_keeps_its_inside() -> None:
    graph = graph_of(
        BlockGroup("g", "G", "foreach", {}, None, None, Position(0, 0), Size(900, 900)),
        step("in", 300, 300, "g", "body"),
        step("out", 5, 5),
        edges=(("in", "out"),),
    )
    after = tidied(graph, folded=frozenset({"g"}))
    assert x(after, "out") < 400
    assert after.groups["g"].size == Size(900, 900)
    moved = after.groups["g"].position
    assert after.steps["in"].position == Position(moved.x + 300, moved.y + 300)


def test_a_note_goes_along_with_what_it_sits_beside() -> None:
    graph = graph_of(step("a", 0, 0), step("b", 0, 600), Note("n", "", Position(20, 680), Size(160, 60)), edges=(("a", "b"),))
    after = tidied(graph)
    b, note = after.steps["b"].position, after.notes["n"].position
    assert (note.x - b.x, note.y - b.y) == (20, 80)


def test_a_note_is_not_left_under_a_node() -> None:
    graph = graph_of(
        *(step(id, 0, 70 * at) for at, id in enumerate("abcd")), Note("n", "", Position(200, 0), Size(200, 100)), edges=(("a", "b"),)
    )
    after = tidied(graph)
    note = box_of(after, CATALOG, "n")
    for id in after.steps:
        a = box_of(after, CATALOG, id)
        assert a[0] >= note[0] + note[2] or note[0] >= a[0] + a[2] or a[1] >= note[1] + note[3] or note[1] >= a[1] + a[3]


def test_what_is_tidy_stays_as_it_is() -> None:
    once = tidied(ticket_triage().graph)
    assert_tidy(once)
    assert arranged(once, CATALOG) is None


def test_a_circle_in_a_broken_draft_does_no_harm() -> None:
    graph = graph_of(step("a"), step("b"), step("c"), edges=(("a", "b"), ("b", "c"), ("c", "a")))
    after = tidied(graph)
    assert len({(s.position.x, s.position.y) for s in after.steps.values()}) == 3


def test_nothing_is_no_edit() -> None:
    assert arranged(Graph(), CATALOG) is None


@st.composite
def drafts(draw) -> Graph:
    """Groups in groups, steps in their roles, and edges onward in document order wherever they are allowed."""
    groups: list[BlockGroup] = []
    for index in range(draw(st.integers(0, 4))):
        type = draw(st.sampled_from(TYPES))
        parent = draw(st.sampled_from([None, *groups]))
        role = draw(st.sampled_from(roles_of(parent.type, parent.config, CATALOG))) if parent else None
        at = Position(draw(st.integers(-500, 900)), draw(st.integers(-500, 900)))
        config = dict(CATALOG.groups[type].default_config)
        groups.append(BlockGroup(f"g{index}", f"G{index}", type, config, parent.id if parent else None, role, at, Size(400, 300)))
    steps = []
    for index in range(draw(st.integers(0, 10))):
        around = draw(st.sampled_from([None, *groups]))
        role = draw(st.sampled_from(roles_of(around.type, around.config, CATALOG))) if around else None
        at = draw(st.integers(-500, 900)), draw(st.integers(-500, 900))
        type = draw(st.sampled_from(["transform", "condition"]))
        steps.append(step(f"s{index}", *at, around.id if around else None, role, type))
    pairs = [
        (a.id, b.id)
        for i, a in enumerate(steps)
        for b in steps[i + 1 :]
        if a.block_group_id is None or (a.block_group_id, a.group_role) == (b.block_group_id, b.group_role)
    ]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=12, unique=True)) if pairs else []
    return acyclic(graph_of(*groups, *steps, edges=tuple(edges)))


def acyclic(graph: Graph) -> Graph:
    """The graph without edges that would close a circle between groups."""
    kept = replace(graph, edges={})
    for edge in graph.edges.values():
        if why_not_connect(kept, edge.source_step_id, edge.target_step_id) is None:
            kept = replace(kept, edges={**kept.edges, edge.id: edge})
    return kept


@settings(max_examples=250, deadline=None)
@given(drafts())
def test_whatever_is_tidied_nothing_overlaps_and_all_leads_to_the_right(graph) -> None:
    after = tidied(graph)
    assert_tidy(after)
    assert (after.edges, after.steps.keys()) == (graph.edges, graph.steps.keys())


@settings(max_examples=100, deadline=None)
@given(drafts(), st.data())
def test_with_folded_groups_too(graph, data) -> None:
    folded = frozenset(data.draw(st.lists(st.sampled_from(list(graph.groups)), max_size=2))) if graph.groups else frozenset()
    assert_tidy(tidied(graph, folded=folded), folded)


@pytest.mark.parametrize(("cells", "limit_s"), [(5, 0.06), (20, 0.6)])
def test_a_layout_is_quick(cells: int, limit_s: float) -> None:
    graph = large_graph(cells)
    times = []
    for _ in range(4):
        start = process_time()
        after = arranged(graph, CATALOG).apply(graph)
        times.append(process_time() - start)
    assert_tidy(after) if cells == 5 else None
    assert min(times) < limit_s


def test_the_work_is_counted_and_can_be_given_up() -> None:
    graph = large_graph(2)
    counted: list[int] = []
    arranged(graph, CATALOG, tick=counted.append)
    assert sum(counted) == len(graph.steps) + len(graph.groups)

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        arranged(graph, CATALOG, tick=stop)

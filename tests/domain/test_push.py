"""What a grown or dropped group comes to cover gives way, in one direction, and nothing comes to overlap that did not before."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edits import MoveElements, Reparent, Resize
from app.domain.ground import Ground
from app.domain.lanes import Box
from app.domain.measures import box_of
from app.domain.push import GAP, Bands
from app.domain.room import settled, smallest_group, with_room
from app.domain.workflow import BlockGroup, Graph, Note, Position, Size, Step
from tests.catalog import CATALOG


def step(id: str, x: int, y: int, group: str | None = None, role: str | None = None) -> Step:
    return Step(id, id, "transform", {"output": 1}, Position(x, y), group, role)


def group(id: str, x: int, y: int, width: int, height: int, *, type: str = "foreach", parent: str | None = None, role: str | None = None):
    return BlockGroup(id, id, type, {}, parent, role, Position(x, y), Size(width, height))


def graph_of(*elements: Step | BlockGroup | Note) -> Graph:
    return Graph(
        {e.id: e for e in elements if isinstance(e, Step)},
        {},
        {e.id: e for e in elements if isinstance(e, BlockGroup)},
        {e.id: e for e in elements if isinstance(e, Note)},
    )


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def overlaps(graph: Graph) -> set[tuple[str, str]]:
    """Pairs of neighbours in one group, or at the top level, that overlap."""
    around: dict[str | None, list[str]] = {}
    for id in (*graph.steps, *graph.groups):
        around.setdefault(graph.parent_of(id)[0], []).append(id)
    around.setdefault(None, []).extend(graph.notes)
    found = set()
    for ids in around.values():
        boxes = {id: box_of(graph, CATALOG, id) for id in ids}
        found |= {(a, b) for a, b in combinations(sorted(ids), 2) if overlap(boxes[a], boxes[b])}
    return found


def places(graph: Graph, *ids: str) -> list[tuple[int, int]]:
    found = [graph.element(id).position for id in ids]
    return [(place.x, place.y) for place in found]


def resized(graph: Graph, id: str, size: Size, **how) -> Graph:
    edit = with_room(graph, CATALOG, (Resize(id, graph.groups[id].position, size),), (id,), text="Resize", **how)
    return edit.apply(graph)


ROW = graph_of(group("g", 0, 0, 300, 200), step("a", 340, 60), step("b", 600, 80), step("far", 600, 400), step("below", 40, 240))


def test_what_stands_in_the_new_area_and_behind_it_moves_by_the_same_amount() -> None:
    after = resized(ROW, "g", Size(400, 200))
    assert places(after, "a", "b") == [(400 + GAP, 60), (600 + 400 + GAP - 340, 80)]
    assert places(after, "far", "below") == [(600, 400), (40, 240)]


def test_what_is_neither_covered_nor_near_stays() -> None:
    after = resized(ROW, "g", Size(308, 200))
    assert places(after, "a", "b") == [(340, 60), (600, 80)]


def test_a_neighbour_that_stood_nearer_than_the_gap_keeps_its_distance() -> None:
    graph = graph_of(group("g", 0, 0, 300, 200), step("a", 310, 60))
    assert places(resized(graph, "g", Size(340, 200)), "a") == [(350, 60)]


def test_neighbours_that_are_kept_stay_where_they_are() -> None:
    after = resized(ROW, "g", Size(400, 200), keep=True)
    assert places(after, "a", "b") == places(ROW, "a", "b")


def test_a_corner_pushes_to_the_right_and_down() -> None:
    after = resized(ROW, "g", Size(400, 260))
    assert places(after, "a")[0][0] == 400 + GAP
    assert places(after, "below") == [(40, 260 + GAP)]


def test_a_growing_child_lets_its_parent_grow_which_pushes_too() -> None:
    graph = graph_of(group("out", 0, 0, 400, 320), group("in", 24, 56, 300, 200, parent="out", role="body"), step("s", 440, 100))
    after = resized(graph, "in", Size(500, 200))
    assert after.groups["out"].size.width == 24 + 500 + 24
    assert places(after, "s") == [(24 + 500 + 24 + GAP, 100)]


def test_a_pushed_group_takes_along_what_stands_in_it() -> None:
    graph = graph_of(group("g", 0, 0, 300, 200), group("h", 340, 0, 300, 200), step("s", 380, 80, "h", "body"))
    after = resized(graph, "g", Size(380, 200))
    assert places(after, "h", "s") == [(380 + GAP, 0), (380 + GAP + 40, 80)]


def test_a_lane_that_grows_moves_the_lanes_below_it() -> None:
    graph = graph_of(
        group("t", 0, 0, 500, 500, type="try_catch"),
        group("in", 24, 86, 300, 100, parent="t", role="try"),
        step("c", 24, 260, "t", "catch"),
        step("f", 24, 400, "t", "finally"),
    )
    after = resized(graph, "in", Size(300, 200))
    assert places(after, "c", "f") == [(24, 286 + 56), (24, 400 + 286 + 56 - 260)]
    assert after.groups["t"].size.height >= 400 + 82 + 64 + 16


def test_a_dropped_group_moves_what_it_covers_the_shortest_way() -> None:
    graph = graph_of(group("g", 1000, 1000, 300, 200), step("a", 380, 260), step("b", 800, 60))
    edit = with_room(graph, CATALOG, (MoveElements((("g", Position(340, 100)),)),), ("g",), text="Move")
    assert places(edit.apply(graph), "a", "b") == [(380, 100 + 200 + GAP), (800, 60)]


def test_a_step_put_too_high_in_a_lane_stands_below_its_label() -> None:
    graph = graph_of(
        group("t", 0, 0, 500, 500, type="try_catch"), step("a", 24, 86, "t", "try"), step("c", 24, 260, "t", "catch"), step("new", 800, 0)
    )
    moved = (MoveElements((("new", Position(260, 170)),)), Reparent(("new",), "t", "catch"))
    after = with_room(graph, CATALOG, moved, ("new",), text="Move").apply(graph)
    assert places(after, "a", "c", "new") == [(24, 86), (24, 260), (260, 86 + 64 + 56)]


def test_a_group_grows_down_when_a_step_stands_too_low_in_its_lane() -> None:
    graph = graph_of(group("t", 0, 0, 500, 400, type="if_else"), step("a", 24, 86, "t", "then"), step("b", 24, 260, "t", "else"))
    after = with_room(graph, CATALOG, (MoveElements((("a", Position(24, 180)),)),), ("a",), text="Move").apply(graph)
    assert places(after, "a", "b") == [(24, 180), (24, 180 + 64 + 56)]


def test_a_step_put_across_a_border_stands_clear_of_it() -> None:
    graph = graph_of(group("g", 0, 0, 300, 200), step("s", 800, 0))
    after = with_room(graph, CATALOG, (MoveElements((("s", Position(280, 60)),)),), ("s",), text="Move").apply(graph)
    assert places(after, "s") == [(300 + GAP, 60)]
    kept = with_room(graph, CATALOG, (MoveElements((("s", Position(280, 60)),)),), ("s",), text="Move", keep=True).apply(graph)
    assert places(kept, "s") == [(280, 60)]


def test_a_step_that_lay_over_a_border_already_is_left_there() -> None:
    graph = graph_of(group("g", 0, 0, 300, 200), step("s", 250, 60))
    after = with_room(graph, CATALOG, (MoveElements((("s", Position(260, 70)),)),), ("s",), text="Move").apply(graph)
    assert places(after, "s") == [(260, 70)]


def test_a_note_on_a_group_is_not_pushed_off_it() -> None:
    graph = graph_of(group("g", 0, 0, 300, 200), Note("n", "", Position(250, 20), Size(100, 60)))
    assert places(resized(graph, "g", Size(400, 200)), "n") == [(250, 20)]


def test_a_folded_group_pushes_by_what_it_shows() -> None:
    graph = graph_of(group("g", 0, 0, 300, 400), group("h", 340, 0, 900, 200), step("s", 600, 300))
    after = resized(graph, "g", Size(320, 400), folded=frozenset({"h"}))
    assert places(after, "h", "s") == [(320 + GAP, 0), (600, 300)]
    assert after.groups["h"].size == Size(900, 200)


def test_a_group_needs_its_lanes_when_it_is_empty() -> None:
    graph = graph_of(group("t", 0, 0, 900, 900, type="try_catch"))
    assert smallest_group(graph, CATALOG, graph.groups["t"])[3] == 46 + 3 * 100


SPOT = st.tuples(st.integers(-600, 900), st.integers(-500, 800))
SHAPE = st.tuples(st.integers(200, 600), st.integers(150, 500))


@st.composite
def grounds(draw) -> Graph:
    """Groups and steps anywhere, some within a nest of two groups, some notes."""
    top = [group(f"g{i}", *draw(SPOT), *draw(SHAPE)) for i in range(draw(st.integers(1, 4)))]
    nest = group("nest", *draw(SPOT), 900, 700, type="try_catch")
    x, y = nest.position.x, nest.position.y
    inner = group("inner", x + 24, y + 60, *draw(SHAPE), parent="nest", role="try")
    steps = [step(f"s{i}", *draw(SPOT)) for i in range(draw(st.integers(0, 8)))]
    roles = ("try", "catch", "finally")
    held = [
        step(f"h{i}", x + draw(st.integers(24, 700)), y + 100 + 190 * roles.index(role) + draw(st.integers(0, 90)), "nest", role)
        for i, role in enumerate(draw(st.lists(st.sampled_from(roles), max_size=5)))
    ]
    notes = [Note(f"n{i}", "", Position(*draw(SPOT))) for i in range(draw(st.integers(0, 2)))]
    return graph_of(*top, nest, inner, *steps, *held, *notes)


@settings(max_examples=300, deadline=None)
@given(
    grounds(),
    st.sampled_from(["g0", "inner", "nest"]),
    st.integers(-200, 0),
    st.integers(-200, 0),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_after_a_resize_nothing_overlaps_that_did_not_before(graph, id, left, top, right, bottom) -> None:
    old = graph.groups[id]
    resize = Resize(
        id,
        Position(old.position.x + left, old.position.y + top),
        Size(old.size.width - left + right, old.size.height - top + bottom),
    )
    edit = with_room(graph, CATALOG, (resize,), (id,), text="Resize")
    after = edit.apply(graph)
    assert overlaps(after) <= overlaps(graph)
    assert edit.invert(graph).apply(after) == graph


@settings(max_examples=200, deadline=None)
@given(grounds(), SPOT)
def test_after_a_drop_the_group_covers_nothing_new(graph, spot) -> None:
    edit = with_room(graph, CATALOG, (MoveElements((("g0", Position(*spot)),)),), ("g0",), text="Move")
    assert overlaps(edit.apply(graph)) <= overlaps(graph)


@settings(max_examples=100, deadline=None)
@given(grounds(), st.integers(0, 500))
def test_what_is_pushed_by_one_side_moves_by_one_amount(graph, more) -> None:
    old = graph.groups["g0"]
    edit = with_room(graph, CATALOG, (Resize("g0", old.position, replace(old.size, width=old.size.width + more)),), ("g0",), text="")
    after = edit.apply(graph)
    ways = {
        (now.position.x - was.position.x, now.position.y - was.position.y)
        for part in ("steps", "groups", "notes")
        for was, now in zip(getattr(graph, part).values(), getattr(after, part).values(), strict=True)
    }
    assert len(ways - {(0, 0)}) <= 1
    assert all(dx >= 0 and dy == 0 for dx, dy in ways)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 40)), max_size=20), st.integers(0, 100), st.integers(1, 40))
def test_bands_say_what_a_list_of_stretches_would(stretches, low, length) -> None:
    bands = Bands()
    for start, size in stretches:
        bands.add(start, start + size)
    assert bands.touch(low, low + length) == any(start < low + length and start + size > low for start, size in stretches)


def test_a_loop_of_groups_in_a_broken_draft_ends() -> None:
    graph = graph_of(group("a", 0, 0, 200, 200, parent="b", role="body"), group("b", 0, 0, 100, 100, parent="a", role="body"))
    settled(graph, Resize("a", Position(0, 0), Size(900, 900)).apply(graph), CATALOG, ("a",))
    Ground(graph, CATALOG).shift("a", 1, 1)


def test_a_push_among_a_thousand_neighbours_takes_a_moment() -> None:
    steps = [step(f"s{i}", 340 + i % 40 * 240, i // 40 * 100) for i in range(1000)]
    graph = graph_of(group("g", 0, 0, 300, 2500), *steps)
    wide = Resize("g", Position(0, 0), Size(600, 2500)).apply(graph)
    times = []
    for _ in range(5):
        start = process_time()
        found = settled(graph, wide, CATALOG, ("g",)).changed()
        times.append(process_time() - start)
    assert len(found) == 1000
    assert min(times) < 0.02, pytest.approx(min(times))

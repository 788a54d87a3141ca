"""Where things land: names, groups, lanes and the room that is made. Pure edits on graphs."""

from __future__ import annotations

import pytest

from app.domain.measures import snapped
from app.domain.naming import free_name
from app.domain.workflow import BlockGroup, Graph, Position, Size
from app.ui.canvas.entries import entries_of
from app.ui.canvas.geometry import Geometry
from app.ui.canvas.landing import TOP_LEVEL, Place, add_edit, move_edit, new_node, place_at
from tests.catalog import CATALOG
from tests.ui.canvas.conftest import sample, step


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (3.9, 0), (4.1, 8), (-5, -8), (803, 800)])
def test_the_grid_is_8(value: float, expected: int) -> None:
    assert snapped(value) == expected


def test_a_free_name_is_free_by_its_key() -> None:
    graph = sample()
    assert free_name(graph, "Fourth") == "Fourth"
    assert free_name(graph, "FIRST!") == "FIRST! 2"
    assert free_name(graph, "Loop") == "Loop 2"


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [(50, 50, TOP_LEVEL), (200, 500, Place("loop", "body")), (700, 450, Place("guard", "try")), (700, 740, Place("guard", "finally"))],
)
def test_a_point_belongs_to_the_innermost_group_and_its_lane(x: float, y: float, place: Place) -> None:
    geometry = Geometry(CATALOG)
    geometry.load(sample())
    assert place_at(geometry, x, y) == place


def test_what_moves_is_looked_through() -> None:
    geometry = Geometry(CATALOG)
    geometry.load(sample())
    assert place_at(geometry, 200, 500, moving=frozenset({geometry.boxes.slot["loop"]})) == TOP_LEVEL


def test_groups_grow_from_the_inside_out() -> None:
    groups = {
        "outer": BlockGroup("outer", "Outer", "parallel", {}, None, None, Position(0, 0), Size(400, 300)),
        "inner": BlockGroup("inner", "Inner", "parallel", {}, "outer", "body", Position(40, 60), Size(300, 200)),
    }
    graph = Graph({"s": step("s", 60, 120, group="inner", role="body")}, {}, groups)
    after = move_edit(graph, CATALOG, {"s": Position(400, 400)}, ("s",), None).apply(graph)
    assert after.groups["inner"].size == Size(400 + 192 + 24 - 40, 400 + 64 + 24 - 60)
    outer, inner = after.groups["outer"], after.groups["inner"]
    assert outer.size.width == inner.position.x + inner.size.width + 24
    assert outer.size.height == inner.position.y + inner.size.height + 24


def test_the_inverse_of_a_move_with_room_and_role_restores_the_graph() -> None:
    graph = sample()
    edit = move_edit(graph, CATALOG, {"third": Position(850, 700)}, ("third",), Place("guard", "finally"))
    after = edit.apply(graph)
    assert after.steps["third"].group_role == "finally"
    assert edit.invert(graph).apply(after) == graph


@pytest.mark.parametrize(
    "entry", [entry for entry in entries_of(CATALOG) if entry.kind != "note"], ids=lambda entry: f"{entry.type}-{entry.title}"
)
def test_every_entry_can_be_added_into_a_group_which_makes_room(entry) -> None:
    graph = sample()
    node = new_node(graph, CATALOG, entry, at=(300, 500), place=Place("loop", "body"))
    after = add_edit(graph, CATALOG, node).apply(graph)
    assert after.parent_of(node.id) == ("loop", "body")
    group = after.groups["loop"]
    assert group.position.x + group.size.width >= node.position.x + 192
    assert len({element.name for element in (*after.steps.values(), *after.groups.values())}) == len(after.steps) + len(after.groups)

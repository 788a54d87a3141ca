"""Where what is dropped comes to stand: in which group and role, and how the groups around make room. Pure edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from app.domain.catalog import Catalog
from app.domain.edits import AddElements, GraphEdit, MoveElements, Reparent
from app.domain.lanes import HEADER, LANE_HEIGHT, lane_at
from app.domain.measures import GRID, node_height, ports_of, roles_of, snapped
from app.domain.naming import free_name
from app.domain.room import with_room
from app.domain.workflow import NODE_WIDTH, BlockGroup, Graph, Position, Size, Step
from app.ui.canvas.entries import Entry
from app.ui.canvas.geometry import Geometry, Kind

NEW_GROUP_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Place:
    """A role of a group, or the top level."""

    group_id: str | None = None
    role: str | None = None


TOP_LEVEL = Place()


def place_at(geometry: Geometry, x: float, y: float, *, moving: frozenset[int] = frozenset()) -> Place:
    """The innermost opened group under a world point and the role of the lane there; what moves is looked through."""
    boxes = geometry.boxes
    under = np.flatnonzero(geometry.boxes_in(x, y, x, y) & (boxes.kind == Kind.GROUP) & ~boxes.collapsed)
    found = [slot for slot in under.tolist() if slot not in moving]
    if not found:
        return TOP_LEVEL
    slot = max(found, key=lambda each: (boxes.depth[each], each))
    lane = lane_at(geometry.lanes_without(slot, moving), y - float(boxes.rect[slot, 1]))
    return Place(boxes.ids[slot], lane.role if lane is not None else None)


def move_edit(
    graph: Graph,
    catalog: Catalog,
    positions: Mapping[str, Position],
    roots: Sequence[str],
    place: Place | None,
    *,
    folded: frozenset[str] = frozenset(),
    keep: bool = False,
    text: str = "Move",
) -> GraphEdit:
    """Moving elements (roots with all that stands in them); with a `place`, the roots that stand elsewhere go there.

    Groups make room, and what a moved group comes to cover is pushed aside unless neighbours `keep` their places.

    Raises:
        EditRefused: a group would stand inside itself.
    """
    edits: list[GraphEdit] = [MoveElements(tuple(positions.items()))]
    nodes = [key for key in roots if key in graph.steps or key in graph.groups]
    if place is not None:
        strangers = tuple(key for key in nodes if graph.parent_of(key) != (place.group_id, place.role))
        if strangers:
            edits.append(Reparent(strangers, place.group_id, place.role))
    moved = with_room(graph, catalog, edits, nodes, text=text, folded=folded, keep=keep)
    return moved.edits[0] if len(moved.edits) == 1 and text == moved.edits[0].label else moved


def add_edit(
    graph: Graph, catalog: Catalog, *nodes: Step | BlockGroup, wires: Sequence[GraphEdit] = (), folded: frozenset[str] = frozenset()
) -> GraphEdit:
    """Adding steps and groups, outer ones first, with their wires; groups around make room, and a group pushes what it would cover."""
    edits: list[GraphEdit] = [AddElements(nodes), *wires]
    return with_room(graph, catalog, edits, [node.id for node in nodes], text=f"Add {nodes[0].name}", folded=folded)


def new_node(graph: Graph, catalog: Catalog, entry: Entry, *, at: tuple[float, float], place: Place) -> Step | BlockGroup:
    """A step centred on a point, or a group with a lane per role and the middle of its header there; its name is free. Never for a note."""
    key, name = str(uuid4()), free_name(graph, entry.title)
    if entry.kind == "step":
        height = node_height(ports_of(Step("", name, entry.type, entry.config), catalog))
        corner = Position(snapped(at[0] - NODE_WIDTH / 2), snapped(at[1] - height / 2))
        return Step(key, name, entry.type, dict(entry.config), corner, place.group_id, place.role)
    lanes = len(roles_of(entry.type, entry.config, catalog))
    size = Size(NEW_GROUP_WIDTH, snapped(HEADER + LANE_HEIGHT * lanes + GRID / 2))
    corner = Position(snapped(at[0] - NEW_GROUP_WIDTH / 2), snapped(at[1] - HEADER / 2))
    return BlockGroup(key, name, entry.type, dict(entry.config), place.group_id, place.role, corner, size)

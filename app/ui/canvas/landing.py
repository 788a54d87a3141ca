"""Where what is dropped comes to stand: in which group and role, and how the groups around make room. Pure edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from app.domain.catalog import Catalog
from app.domain.edits import AddElements, Batch, GraphEdit, MoveElements, Reparent, Resize
from app.domain.keys import key_of
from app.domain.lanes import HEADER, LANE_HEIGHT, Box, lane_at, smallest_box
from app.domain.workflow import NODE_WIDTH, BlockGroup, Graph, Position, Size, Step
from app.ui.canvas.entries import Entry
from app.ui.canvas.faces import node_height, ports_of, roles_of
from app.ui.canvas.geometry import Geometry, Kind

GRID = 8
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


def snapped(value: float) -> int:
    return round(value / GRID) * GRID


def move_edit(graph: Graph, catalog: Catalog, positions: Mapping[str, Position], roots: Sequence[str], place: Place | None) -> GraphEdit:
    """Moving elements (roots with all that stands in them); with a `place`, the roots that stand elsewhere go there.

    Raises:
        EditRefused: a group would stand inside itself.
    """
    edits: list[GraphEdit] = [MoveElements(tuple(positions.items()))]
    nodes = [key for key in roots if key in graph.steps or key in graph.groups]
    if place is not None:
        strangers = tuple(key for key in nodes if graph.parent_of(key) != (place.group_id, place.role))
        if strangers:
            edits.append(Reparent(strangers, place.group_id, place.role))
    return _with_room(graph, catalog, edits, nodes, text="Move")


def add_edit(graph: Graph, catalog: Catalog, element: Step | BlockGroup) -> GraphEdit:
    """Adding one step or group, with room for it in the groups around."""
    return _with_room(graph, catalog, [AddElements((element,))], [element.id], text=f"Add {element.name}")


def new_node(graph: Graph, catalog: Catalog, entry: Entry, *, at: tuple[float, float], place: Place) -> Step | BlockGroup:
    """A step centred on a point, or a group with a lane per role and the middle of its header there; its name is free."""
    key, name = str(uuid4()), free_name(graph, entry.title)
    if entry.kind == "step":
        height = node_height(ports_of(Step("", name, entry.type, entry.config), catalog))
        corner = Position(snapped(at[0] - NODE_WIDTH / 2), snapped(at[1] - height / 2))
        return Step(key, name, entry.type, dict(entry.config), corner, place.group_id, place.role)
    lanes = len(roles_of(entry.type, entry.config, catalog))
    size = Size(NEW_GROUP_WIDTH, snapped(HEADER + LANE_HEIGHT * lanes + GRID / 2))
    corner = Position(snapped(at[0] - NEW_GROUP_WIDTH / 2), snapped(at[1] - HEADER / 2))
    return BlockGroup(key, name, entry.type, dict(entry.config), place.group_id, place.role, corner, size)


def free_name(graph: Graph, title: str) -> str:
    """The title, or the title with the first number that no step or group has taken. Keys decide, not spelling."""
    taken = {key_of(element.name) for part in (graph.steps, graph.groups) for element in part.values()}
    if key_of(title) not in taken:
        return title
    number = 2
    while key_of(f"{title} {number}") in taken:
        number += 1
    return f"{title} {number}"


def smallest_group(graph: Graph, catalog: Catalog, group: BlockGroup) -> Box:
    """The box a group needs at least for what stands in it; it never is larger than what it has."""
    children = _children(graph, catalog, group.id)
    boxes = [box for found in children.values() for box in found]
    roles = roles_of(group.type, group.config, catalog)
    if not boxes:
        return (group.position.x, group.position.y, NODE_WIDTH, HEADER + LANE_HEIGHT * len(roles))
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return smallest_box(roles, (left, top, 1, 1), children)


def room_edits(graph: Graph, catalog: Catalog, group_id: str | None) -> list[GraphEdit]:
    """How a group, and then each group around it, grows to hold what stands in it."""
    edits: list[GraphEdit] = []
    seen: set[str] = set()
    while group_id is not None and group_id in graph.groups and group_id not in seen:
        seen.add(group_id)
        group = graph.groups[group_id]
        now = (group.position.x, group.position.y, group.size.width, group.size.height)
        x, y, width, height = smallest_box(roles_of(group.type, group.config, catalog), now, _children(graph, catalog, group_id))
        if (x, y, width, height) != now:
            grown = Resize(group_id, Position(round(x), round(y)), Size(round(width), round(height)))
            edits.append(grown)
            graph = grown.apply(graph)
        group_id = group.parent_group_id
    return edits


def _with_room(graph: Graph, catalog: Catalog, edits: list[GraphEdit], nodes: Iterable[str], *, text: str) -> GraphEdit:
    after = graph
    for edit in edits:
        after = edit.apply(after)
    for group_id in dict.fromkeys(after.parent_of(node)[0] for node in nodes):
        for edit in room_edits(after, catalog, group_id):
            edits.append(edit)
            after = edit.apply(after)
    return edits[0] if len(edits) == 1 and text == "Move" else Batch(tuple(edits), text)


def _children(graph: Graph, catalog: Catalog, group_id: str) -> dict[str, list[Box]]:
    """The boxes of what stands right in a group, by role."""
    found: dict[str, list[Box]] = {}
    for key in graph.children_of(group_id):
        role = graph.parent_of(key)[1] or ""
        if (step := graph.steps.get(key)) is not None:
            box: Box = (step.position.x, step.position.y, NODE_WIDTH, node_height(ports_of(step, catalog)))
        else:
            group = graph.groups[key]
            box = (group.position.x, group.position.y, group.size.width, group.size.height)
        found.setdefault(role, []).append(box)
    return found

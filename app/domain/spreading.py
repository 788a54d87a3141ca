"""Room for a step or group that was put into a wire: it stands clear of what is before it, and what follows moves on to the right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from app.domain.catalog import Catalog
from app.domain.edits import GraphEdit, MoveElements
from app.domain.lanes import Box
from app.domain.measures import GRID, box_of
from app.domain.room import with_room
from app.domain.topology import CrossesRoles, Scope, ancestry, side_by_side
from app.domain.workflow import BlockGroup, Graph, Position, Step

# What stands closer than this is moved, and then stands so far away.
LEAST, GAP = 24, 64


def with_space(graph: Graph, catalog: Catalog, edit: GraphEdit, node: str, *, text: str, folded: frozenset[str] = frozenset()) -> GraphEdit:
    """An edit that puts a step or group between two others, with room for it if it would cover them."""
    after = edit.apply(graph)
    positions = _spread(after, catalog, node, folded)
    if not positions:
        return with_room(graph, catalog, [edit], [node], text=text, folded=folded) if node in after.groups else edit
    roots = [id for id in positions if after.parent_of(id)[0] not in positions]
    return with_room(graph, catalog, [edit, MoveElements(tuple(positions.items()))], roots, text=text, folded=folded)


def _spread(graph: Graph, catalog: Catalog, node: str, folded: frozenset[str]) -> dict[str, Position]:
    """Where the node and all that follows it come to stand; nothing when there is room, or the wire leads backwards."""
    inside = {node, *(graph.descendants_of(node) if node in graph.groups else ())}
    entering = [edge for edge in graph.edges.values() if edge.target_step_id in inside and edge.source_step_id not in inside]
    leaving = [edge for edge in graph.edges.values() if edge.source_step_id in inside and edge.target_step_id not in inside]
    if len(entering) != 1 or len(leaving) != 1:
        return {}
    try:
        before, mine, scope = side_by_side(graph, entering[0].source_step_id, entering[0].target_step_id)
        also_mine, after, also_scope = side_by_side(graph, leaving[0].source_step_id, leaving[0].target_step_id)
    except CrossesRoles:
        return {}
    if (mine, scope) != (node, also_scope) or also_mine != node:
        return {}

    def box(id: str) -> Box:
        return box_of(graph, catalog, id, folded)

    left, mid, right = box(before), box(node), box(after)
    if right[0] < left[0] + left[2]:
        return {}
    end = left[0] + left[2]
    x = mid[0] if mid[0] >= end + LEAST or not _beside(mid, left) else end + GAP
    short = x + mid[2] + LEAST > right[0] and _beside(mid, right)
    shift = ceil((x + mid[2] + GAP - right[0]) / GRID) * GRID if short else 0
    positions: dict[str, Position] = {}
    if x != mid[0]:
        positions.update(_moved(graph, node, ceil(x / GRID) * GRID - round(mid[0])))
    if shift > 0:
        for id in _following(graph, after, scope):
            if box(id)[0] >= right[0]:
                positions.update(_moved(graph, id, shift))
    return positions


def _beside(one: Box, other: Box) -> bool:
    """Whether two boxes share a height, so that the gap between them counts."""
    return one[1] < other[1] + other[3] + LEAST and other[1] < one[1] + one[3] + LEAST


def _following(graph: Graph, start: str, scope: Scope) -> list[str]:
    """A node of a scope and all of that scope that it leads to."""
    onward: dict[str, list[str]] = {}
    for edge in graph.edges.values():
        onward.setdefault(edge.source_step_id, []).append(edge.target_step_id)
    inside: dict[str, list[str]] = {}
    standing: dict[str, str] = {}
    for step in graph.steps:
        node = next((node for node, around in ancestry(graph, step) if around == scope), None)
        if node is not None:
            standing[step] = node
            inside.setdefault(node, []).append(step)
    found, todo = {start: None}, [start]
    while todo:
        for step in inside.get(todo.pop(), ()):
            for target in onward.get(step, ()):
                following = standing.get(target)
                if following is not None and following not in found:
                    found[following] = None
                    todo.append(following)
    return list(found)


def _moved(graph: Graph, id: str, shift: int) -> Mapping[str, Position]:
    """A node with all that stands in it, this far to the right."""
    found: dict[str, Position] = {}
    for each in (id, *(graph.descendants_of(id) if id in graph.groups else ())):
        element = graph.element(each)
        assert isinstance(element, Step | BlockGroup)
        found[each] = replace(element.position, x=element.position.x + shift)
    return found

"""Room for a sub-workflow that is expanded: its place grows as a group would, and what that covers gives way."""

from __future__ import annotations

from dataclasses import replace

from app.domain import push
from app.domain.catalog import Catalog
from app.domain.edit_between import edit_between
from app.domain.edits import Batch, label_of
from app.domain.ground import Ground
from app.domain.inlining import Inlining
from app.domain.measures import box_of
from app.domain.topology import ancestry
from app.domain.workflow import BlockGroup, Graph, Position, Size, Step

MARGIN = 24


def with_room(graph: Graph, catalog: Catalog, call_id: str, inlining: Inlining) -> Batch:
    """The edit of an inlining together with all that moves aside for it."""
    after = inlining.edit.apply(graph)
    inside = set(inlining.ids)
    tops = [id for id in inlining.ids if ancestry(after, id)[0][1][0] not in inside]
    boxes = [box_of(after, catalog, id, frozenset()) for id in tops]
    left, top = min(box[0] for box in boxes) - MARGIN, min(box[1] for box in boxes) - MARGIN
    right, bottom = max(box[0] + box[2] for box in boxes) + MARGIN, max(box[1] + box[3] for box in boxes) + MARGIN
    call = graph.steps[call_id]
    x, y, width, height = box_of(graph, catalog, call_id, frozenset())
    whole = BlockGroup(
        call_id,
        call.name,
        "parallel",
        {},
        call.block_group_id,
        call.group_role,
        Position(round(left), round(top)),
        Size(round(right - left), round(bottom - top)),
    )
    grown = Graph(
        {id: step for id, step in graph.steps.items() if id != call_id},
        {id: edge for id, edge in graph.edges.items() if call_id not in (edge.source_step_id, edge.target_step_id)},
        {**graph.groups, call_id: whole},
        graph.notes,
    )
    ground = Ground(grown, catalog, frozenset())
    push.grow(ground, call_id, (x, y, width, height))
    placed = grown
    for edit in ground.edits():
        placed = edit.apply(placed)
    dx = placed.groups[call_id].position.x - whole.position.x
    dy = placed.groups[call_id].position.y - whole.position.y
    return edit_between(graph, _as_placed(after, placed, inside, Position(dx, dy)), label_of(inlining.edit))


def _as_placed(after: Graph, placed: Graph, inside: set[str], shift: Position) -> Graph:
    """`after` with everybody else where they are in `placed`, and what was expanded moved along with its place."""

    def moved(node: Step | BlockGroup) -> Position:
        return Position(node.position.x + shift.x, node.position.y + shift.y)

    steps = {id: replace(step, position=moved(step) if id in inside else placed.steps[id].position) for id, step in after.steps.items()}
    groups = {
        id: replace(group, position=moved(group))
        if id in inside
        else replace(group, position=placed.groups[id].position, size=placed.groups[id].size)
        for id, group in after.groups.items()
    }
    notes = {id: placed.notes.get(id, note) for id, note in after.notes.items()}
    return replace(after, steps=steps, groups=groups, notes=notes)

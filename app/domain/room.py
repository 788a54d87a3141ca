"""Room for what changed: groups grow around what stands in them, and what they or a dropped group cover is pushed aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain import push
from app.domain.catalog import Catalog
from app.domain.edits import Batch, GraphEdit
from app.domain.ground import Ground
from app.domain.lanes import HEADER, LANE_HEIGHT, Box, smallest_box
from app.domain.measures import box_of
from app.domain.workflow import NODE_WIDTH, BlockGroup, Graph


def with_room(
    graph: Graph,
    catalog: Catalog,
    edits: Sequence[GraphEdit],
    nodes: Iterable[str],
    *,
    text: str,
    folded: frozenset[str] = frozenset(),
    keep: bool = False,
) -> Batch:
    """These edits, which put `nodes` somewhere or made them larger, and all that follows from it, as one.

    With `keep` the neighbours stay where they are, covered or not; groups still grow around what stands in them.
    """
    after = graph
    for edit in edits:
        after = edit.apply(after)
    return Batch((*edits, *room_edits(graph, after, catalog, nodes, folded=folded, keep=keep)), text)


def room_edits(
    before: Graph, after: Graph, catalog: Catalog, nodes: Iterable[str], *, folded: frozenset[str] = frozenset(), keep: bool = False
) -> list[GraphEdit]:
    """What must follow after `nodes` came to stand or to be as they are in `after`."""
    ground = settled(before, after, catalog, nodes, folded=folded, keep=keep)
    return ground.edits()


def settled(
    before: Graph, after: Graph, catalog: Catalog, nodes: Iterable[str], *, folded: frozenset[str] = frozenset(), keep: bool = False
) -> Ground:
    """Where everything stands once there is room. Nodes in groups that are among `nodes` themselves come along with those."""
    ground = Ground(after, catalog, folded)
    put = [node for node in dict.fromkeys(nodes) if node in after.steps or node in after.groups]
    together = frozenset(put)
    for node in put:
        if keep:
            push.hold_only(ground, ground.around(node))
            continue
        same_group = _is_in(before, node) and before.parent_of(node)[0] == after.parent_of(node)[0]
        stood = box_of(before, catalog, node, folded) if same_group else None
        if stood is not None and stood != ground.box(node) and _holds(ground.box(node), stood):
            push.grow(ground, node, stood)
        else:
            same_lane = same_group and before.parent_of(node) == after.parent_of(node)
            moved = _is_in(before, node)  # what is added lands where its ghost was
            push.drop(ground, node, old=stood, others=together, pushes=node in after.groups, same_lane=same_lane, clears=moved)
    return ground


def opening_edit(graph: Graph, catalog: Catalog, group_id: str, folded: frozenset[str]) -> Batch | None:
    """What must move when a folded group shows its inside again, in which things may have come or grown; None: nothing."""
    ground = Ground(graph, catalog, folded - {group_id})
    box = ground.box(group_id)
    closed = Ground(graph, catalog, folded | {group_id}).box(group_id)
    needed = smallest_box(ground.roles(group_id), box, ground.by_role(group_id))
    if needed != box:
        ground.put(group_id, needed)
    push.grow(ground, group_id, closed)
    edits = ground.edits()
    return Batch(tuple(edits), f"Open {graph.groups[group_id].name}") if edits else None


def smallest_group(graph: Graph, catalog: Catalog, group: BlockGroup, folded: frozenset[str] = frozenset()) -> Box:
    """The box a group needs at least for what stands in it; it never is larger than what it has."""
    ground = Ground(graph, catalog, folded)
    children = ground.by_role(group.id)
    boxes = [box for found in children.values() for box in found]
    roles = ground.roles(group.id)
    if not boxes:
        return (group.position.x, group.position.y, NODE_WIDTH, HEADER + LANE_HEIGHT * len(roles))
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return smallest_box(roles, (left, top, 1, 1), children)


def _is_in(graph: Graph, node: str) -> bool:
    return node in graph.steps or node in graph.groups


def _holds(outer: Box, inner: Box) -> bool:
    starts = outer[0] <= inner[0] and outer[1] <= inner[1]
    return starts and outer[0] + outer[2] >= inner[0] + inner[2] and outer[1] + outer[3] >= inner[1] + inner[3]

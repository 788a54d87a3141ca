"""Making groups from a selection, taking them apart, and turning one type into another. Pure edits.

Connections join steps and stay whatever is grouped. Nothing that stands in a group is ever lost: what has no counterpart
in the new type is named, so that a person can be asked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.catalog import Catalog
from app.domain.edits import AddElements, Batch, GraphEdit, RemoveElements, Reparent, ReplaceElements
from app.domain.errors import EditRefused
from app.domain.ground import Ground
from app.domain.group_changes import changed_config, counterparts
from app.domain.json_value import Json
from app.domain.lanes import PADDING, Box, padding_top, smallest_box
from app.domain.measures import GRID, roles_of
from app.domain.naming import free_name
from app.domain.renaming import renaming
from app.domain.room import with_room
from app.domain.topology import find_cycle, topology_of
from app.domain.workflow import BlockGroup, Graph, Position, Size, Step

NOTHING_TO_GROUP = "Select the steps and groups that belong together first."
SEVERAL_SCOPES = "These stand in different groups or lanes. Select only what stands side by side in one."
NO_GROUP = "Select a group to take apart first."


def roots_of(graph: Graph, ids: Sequence[str]) -> tuple[str, ...]:
    """The steps and groups of a selection without those that stand in a selected group."""
    nodes = [id for id in dict.fromkeys(ids) if id in graph.steps or id in graph.groups]
    inside = {each for id in nodes if id in graph.groups for each in graph.descendants_of(id)}
    return tuple(id for id in nodes if id not in inside)


def group_edit(
    graph: Graph, catalog: Catalog, ids: Sequence[str], type: str, *, new_id: str, folded: frozenset[str] = frozenset()
) -> GraphEdit:
    """A new group around a selection, whose steps and groups come into its first role.

    Raises:
        EditRefused: nothing to group, several scopes, or a way that would lead out of the group and back into it.
    """
    roots = roots_of(graph, ids)
    if not roots:
        raise EditRefused(NOTHING_TO_GROUP)
    scopes = {graph.parent_of(id) for id in roots}
    if len(scopes) > 1:
        raise EditRefused(SEVERAL_SCOPES)
    ((parent, role),) = scopes
    kind = catalog.groups[type]
    config: dict[str, Json] = dict(kind.default_config)
    roles = roles_of(type, config, catalog)
    inner = _around([Ground(graph, catalog, folded).box(id) for id in roots])
    x, y, width, height = _group_box(roles, inner)
    name = free_name(graph, kind.title)
    group = BlockGroup(new_id, name, type, config, parent, role, Position(round(x), round(y)), Size(round(width), round(height)))
    edits: tuple[GraphEdit, ...] = (AddElements((group,)), Reparent(roots, new_id, roles[0]))
    grouped = edits[1].apply(edits[0].apply(graph))
    _refuse_detours(grouped, (parent, role) if parent is not None else (None, None))
    # As if a group without borders had stood around the selection before: what it gains pushes, nothing else does.
    bare = replace(group, position=Position(round(inner[0]), round(inner[1])), size=Size(round(inner[2]), round(inner[3])))
    before = Reparent(roots, new_id, roles[0]).apply(AddElements((bare,)).apply(graph))
    room = with_room(before, catalog, (ReplaceElements((group,)),), (new_id,), text="", folded=folded)
    return Batch((*edits, *room.edits[1:]), "Group")


def ungroup_edit(graph: Graph, ids: Sequence[str]) -> GraphEdit:
    """Take the selected groups away; what stands in them comes to the group and role around.

    Raises:
        EditRefused: no group is selected.
    """
    groups = [id for id in roots_of(graph, ids) if id in graph.groups]
    if not groups:
        raise EditRefused(NO_GROUP)
    edits: list[GraphEdit] = []
    for id in groups:
        if children := tuple(graph.children_of(id)):
            edits.append(Reparent(children, *graph.parent_of(id)))
    return Batch((*edits, RemoveElements(tuple(groups))), "Ungroup")


@dataclass(frozen=True, slots=True)
class Retyping:
    """A change of a group's type: the edit, and in sentences what it loses; without any nobody needs to be asked."""

    edit: GraphEdit
    losses: tuple[str, ...]


def retyping(graph: Graph, catalog: Catalog, group_id: str, type: str, *, folded: frozenset[str] = frozenset()) -> Retyping:
    """Another type for a group: its roles become their counterparts, and its config keeps what the new type knows."""
    group = graph.groups[group_id]
    config, lost_fields = changed_config(catalog, group, type)
    old_roles, new_roles = roles_of(group.type, group.config, catalog), roles_of(type, config, catalog)
    become = counterparts(old_roles, new_roles)
    title = catalog.groups[type].title
    losses = [f"“{name}” is dropped: {title} has no such setting." for name in lost_fields]
    moves: list[GraphEdit] = []
    for role in dict.fromkeys((*old_roles, *(graph.parent_of(id)[1] or "" for id in graph.children_of(group_id)))):
        inside = tuple(graph.children_of(group_id, role))
        new = become.get(role, new_roles[0])
        if inside and new != role:
            moves.append(Reparent(inside, group_id, new))
        joined = [each for each in old_roles if each != role and become[each] == new and graph.children_of(group_id, each)]
        is_later = role not in old_roles or (bool(joined) and old_roles.index(role) > old_roles.index(joined[0]))
        if inside and joined and is_later:
            losses.append(f"{_count(len(inside))} of “{role}” will stand in “{new}” together with “{joined[0]}”.")
    changed = replace(group, type=type, config=config)
    if _is_unnamed(group, catalog):  # what it was called by itself would be wrong now; expressions follow the new name
        moves.append(renaming(graph, catalog, group_id, free_name(graph, title)))
    room = with_room(graph, catalog, (ReplaceElements((changed,)), *moves), (group_id,), text="Change type", folded=folded)
    return Retyping(_with_lanes(graph, catalog, room, group_id, folded), tuple(losses))


def _is_unnamed(group: BlockGroup, catalog: Catalog) -> bool:
    """Whether it still has the name that it was made with: its type's title, perhaps with a number."""
    kind = catalog.groups.get(group.type)
    return (kind is not None and group.name.removeprefix(kind.title).strip().isdecimal()) or (kind is not None and group.name == kind.title)


def _with_lanes(graph: Graph, catalog: Catalog, edit: Batch, group_id: str, folded: frozenset[str]) -> GraphEdit:
    """Then the group grows to hold its new lanes, and pushes."""
    after = edit.apply(graph)
    group = after.groups[group_id]
    ground = Ground(after, catalog, folded)
    now: Box = (group.position.x, group.position.y, group.size.width, group.size.height)
    x, y, width, height = smallest_box(ground.roles(group_id), now, ground.by_role(group_id))
    if (x, y, width, height) == now or group_id in folded:
        return edit
    grown = replace(group, position=Position(round(x), round(y)), size=Size(round(width), round(height)))
    more = with_room(after, catalog, (ReplaceElements((grown,)),), (group_id,), text="", folded=folded)
    return Batch((*edit.edits, *more.edits), edit.text)


def _refuse_detours(grouped: Graph, scope: tuple[str | None, str | None]) -> None:
    topology = topology_of(grouped)
    circle = find_cycle(topology.nodes.get(scope, ()), topology.links.get(scope, ()))
    if circle is None:
        return
    names = [element.name for id in circle[:3] if isinstance(element := grouped.element(id), Step | BlockGroup) and id in grouped.steps]
    between = f"“{names[0]}”" if names else "what stands between"
    raise EditRefused(f"A way would lead out of the group and back into it. Select {between} too.")


def _group_box(roles: Sequence[str], inner: Box) -> Box:
    """A group's box around its content, on the grid, with its lanes' labels above and empty lanes below."""
    left = (inner[0] - PADDING) // GRID * GRID
    upper = (inner[1] - padding_top(roles)) // GRID * GRID
    x, y, width, height = smallest_box(roles, (left, upper, 1, 1), {roles[0]: [inner]})
    return x, y, -(-width // GRID) * GRID, -(-height // GRID) * GRID


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def _count(number: int) -> str:
    return f"{number} step or group" if number == 1 else f"{number} steps and groups"

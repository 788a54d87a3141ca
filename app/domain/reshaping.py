"""Settings that change how much room something needs: a switch with another number of cases, a router with another route.

Lanes go with their cases: what stood in the lane of a case stands in it wherever the case is now in the list. What stood in
the lane of a case that is gone keeps a role that no lane has, which validation names: nobody can know where it belongs.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.catalog import Catalog
from app.domain.edits import Batch, GraphEdit, Reparent, Resize, SetConfig
from app.domain.ground import Ground
from app.domain.json_value import Json
from app.domain.lanes import smallest_box
from app.domain.measures import box_of, roles_of
from app.domain.room import room_edits
from app.domain.workflow import Graph, Position, Size


def with_new_room(graph: Graph, catalog: Catalog, edit: GraphEdit, folded: frozenset[str] = frozenset()) -> GraphEdit:
    """The edit itself, or with it all that follows when it changes the lanes of a group or the height of a step."""
    if not isinstance(edit, SetConfig):
        return edit
    if edit.id in graph.steps:
        after = edit.apply(graph)
        if box_of(graph, catalog, edit.id) == box_of(after, catalog, edit.id):
            return edit
        room = room_edits(graph, after, catalog, (edit.id,), folded=folded)
        return Batch((edit, *room), edit.label) if room else edit
    group = graph.groups.get(edit.id)
    if group is None:
        return edit
    old, new = roles_of(group.type, group.config, catalog), roles_of(group.type, edit.config, catalog)
    if old == new:
        return edit
    edits: list[GraphEdit] = [edit]
    for role, becomes in _lanes_of_cases(old, new, group.config.get("cases"), edit.config.get("cases")).items():
        if role != becomes and (inside := tuple(graph.children_of(edit.id, role))):
            edits.append(Reparent(inside, edit.id, becomes))
    after = Batch(tuple(edits)).apply(graph)
    ground = Ground(after, catalog, folded)
    box = ground.box(edit.id)
    if edit.id not in folded and (needed := smallest_box(ground.roles(edit.id), box, ground.by_role(edit.id))) != box:
        x, y, width, height = (round(value) for value in needed)
        edits.append(Resize(edit.id, Position(x, y), Size(width, height)))
        edits += room_edits(after, edits[-1].apply(after), catalog, (edit.id,), folded=folded)
    return Batch(tuple(edits), edit.label)


def _lanes_of_cases(old: Sequence[str], new: Sequence[str], before: Json, after: Json) -> dict[str, str]:
    """For each old lane of a switch the one that its case has now; for other groups, none."""
    if not isinstance(before, list) or not isinstance(after, list):
        return {}
    free = list(range(len(after)))
    found: dict[str, str] = {}
    gone: list[str] = []
    for role, case in zip(old, before, strict=False):
        same = next((index for index in free if after[index] == case), None)
        if same is None:
            gone.append(role)
        else:
            free.remove(same)
            found[role] = new[same]
    # A case that reads otherwise now was edited where it stands; what is left over keeps a name that no lane has.
    names = [*(new[index] for index in free), *(role for role in old if role not in new)]
    return {**found, **dict(zip(gone, names, strict=False))}

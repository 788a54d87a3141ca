"""Who stands where: the boxes of a graph while it is worked out what has to give way, and the edits that follow from it.

The graph itself is never changed; a `Ground` is made for one question and thrown away. Boxes are x, y, width, height in
canvas px, folded groups as small as they are shown.
"""

from __future__ import annotations

from copy import copy

from app.domain.catalog import Catalog
from app.domain.edits import GraphEdit, MoveElements, Resize
from app.domain.lanes import Box
from app.domain.measures import box_of, roles_of
from app.domain.workflow import Graph, Position, Size


class Ground:
    """The boxes of one graph, changed as things make room; those that were not asked for are not worked out."""

    def __init__(self, graph: Graph, catalog: Catalog, folded: frozenset[str] = frozenset()) -> None:
        self.graph, self.catalog, self.folded = graph, catalog, folded
        self._boxes: dict[str, Box] = {}
        self._first: dict[str, Box] = {}
        self._children: dict[str | None, list[str]] = {}
        for step in graph.steps.values():
            self._children.setdefault(step.block_group_id, []).append(step.id)
        for group in graph.groups.values():
            self._children.setdefault(group.parent_group_id, []).append(group.id)
        self._children.setdefault(None, []).extend(graph.notes)

    def fresh(self) -> Ground:
        """The same ground before anything was put elsewhere; cheap, for a hand that asks at every move."""
        other = copy(self)
        other._boxes = {**self._boxes, **self._first}
        other._first = {}
        return other

    def box(self, id: str) -> Box:
        """Where an element stands now."""
        found = self._boxes.get(id)
        if found is None:
            found = self._boxes[id] = box_of(self.graph, self.catalog, id, self.folded)
        return found

    def put(self, id: str, box: Box) -> None:
        """This element stands there now; what is in it stays where it was."""
        self._first.setdefault(id, self.box(id))
        self._boxes[id] = box

    def shift(self, id: str, dx: float, dy: float) -> None:
        """Move an element with all that stands in it."""
        todo, seen = [id], {id}
        while todo:
            each = todo.pop()
            x, y, width, height = self.box(each)
            self.put(each, (x + dx, y + dy, width, height))
            inside = [child for child in self._children.get(each, ()) if child not in seen] if each in self.graph.groups else []
            seen.update(inside)
            todo.extend(inside)

    def around(self, id: str) -> str | None:
        """The group that an element stands in; a group that is not there holds nothing."""
        if id in self.graph.notes:
            return None
        parent = self.graph.parent_of(id)[0]
        return parent if parent in self.graph.groups else None

    def inside(self, group_id: str | None) -> list[str]:
        """What stands right in a group; at the top level the notes too."""
        return self._children.get(group_id, [])

    def roles(self, group_id: str) -> tuple[str, ...]:
        group = self.graph.groups[group_id]
        return roles_of(group.type, group.config, self.catalog)

    def by_role(self, group_id: str) -> dict[str, list[Box]]:
        """The boxes of what stands right in a group, by role."""
        found: dict[str, list[Box]] = {}
        for child in self.inside(group_id):
            found.setdefault(self.graph.parent_of(child)[1] or "", []).append(self.box(child))
        return found

    def changed(self) -> dict[str, Box]:
        """The boxes that are others than they were."""
        return {id: self._boxes[id] for id, before in self._first.items() if self._boxes[id] != before}

    def edits(self) -> list[GraphEdit]:
        """What makes the graph as it is here. A folded group keeps the size that it has when it is open."""
        moved: list[tuple[str, Position]] = []
        resized: list[GraphEdit] = []
        for id, (x, y, width, height) in self.changed().items():
            place = Position(round(x), round(y))
            if id in self.folded or (width, height) == self._first[id][2:]:
                moved.append((id, place))
            else:
                resized.append(Resize(id, place, Size(round(width), round(height))))
        return ([MoveElements(tuple(moved))] if moved else []) + resized

"""Who stands where: the boxes of a graph while it is worked out what has to give way, and the edits that follow from it.

The graph itself is never changed; a `Ground` is made for one question and thrown away. Boxes are x, y, width, height in
canvas px, folded groups as small as they are shown.
"""

from __future__ import annotations

from bisect import bisect_left
from copy import copy
from dataclasses import dataclass

from app.domain.catalog import Catalog
from app.domain.edits import GraphEdit, MoveElements, Resize
from app.domain.lanes import Box
from app.domain.measures import box_of, roles_of
from app.domain.workflow import Graph, Position, Size


@dataclass(frozen=True, slots=True)
class Side:
    """A direction, in which a box has a near and a far end and, across it, a low and a high one."""

    name: str
    dx: int
    dy: int

    def ends(self, box: Box) -> tuple[float, float]:
        """How far ahead a box begins and ends."""
        start, length = (box[0], box[2]) if self.dx else (box[1], box[3])
        return (start, start + length) if self.dx + self.dy > 0 else (-start - length, -start)

    def across(self, box: Box) -> tuple[float, float]:
        start, length = (box[1], box[3]) if self.dx else (box[0], box[2])
        return start, start + length

    def grown(self, old: Box, new: Box) -> Box:
        """`old` with only this side where `new` has it."""
        left, top, right, bottom = old[0], old[1], old[0] + old[2], old[1] + old[3]
        match self.name:
            case "right":
                right = new[0] + new[2]
            case "down":
                bottom = new[1] + new[3]
            case "left":
                left = new[0]
            case _:
                top = new[1]
        return left, top, right - left, bottom - top


RIGHT, DOWN, LEFT, UP = Side("right", 1, 0), Side("down", 0, 1), Side("left", -1, 0), Side("up", 0, -1)
SIDES = (RIGHT, DOWN, LEFT, UP)


Stretch = tuple[float, float, float, str]
"""Where something begins, seen to one side, between which ends across it lies, and its id."""


class Ground:
    """The boxes of one graph, changed as things make room; those that were not asked for are not worked out."""

    def __init__(self, graph: Graph, catalog: Catalog, folded: frozenset[str] = frozenset()) -> None:
        self.graph, self.catalog, self.folded = graph, catalog, folded
        self._at_first: dict[str, Box] = {}
        self._now: dict[str, Box] = {}
        self._children: dict[str | None, list[str]] = {}
        for step in graph.steps.values():
            self._children.setdefault(step.block_group_id, []).append(step.id)
        for group in graph.groups.values():
            self._children.setdefault(group.parent_group_id, []).append(group.id)
        self._children.setdefault(None, []).extend(graph.notes)
        # For each group and side the near ends of what stands in it, in order, as they were at first.
        self._sorted: dict[tuple[str | None, str], tuple[list[float], list[Stretch]]] = {}
        self._widest: dict[str | None, float] = {}

    def fresh(self) -> Ground:
        """The same ground before anything was put elsewhere; what was worked out is shared, for a hand that asks at every move."""
        other = copy(self)
        other._now = {}
        return other

    def box(self, id: str) -> Box:
        """Where an element stands now."""
        return self._now.get(id) or self.first(id)

    def first(self, id: str) -> Box:
        """Where it stood before anything was put elsewhere."""
        found = self._at_first.get(id)
        if found is None:
            found = self._at_first[id] = box_of(self.graph, self.catalog, id, self.folded)
        return found

    def put(self, id: str, box: Box) -> None:
        """This element stands there now; what is in it stays where it was."""
        self._now[id] = box

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

    def beginning(self, group_id: str | None, side: Side, low: float, high: float) -> list[Stretch]:
        """What stands right in a group and begins, seen to one side, from `low` on and before `high`; in order."""
        keys, found = self._order(group_id, side)
        found = [each for each in found[bisect_left(keys, low) : bisect_left(keys, high)] if each[3] not in self._now]
        for id, box in self._now.items():
            near = side.ends(box)[0]
            if low <= near < high and self.around(id) == group_id:
                found.append((near, *side.across(box), id))
        found.sort()
        return found

    def overlapping(self, group_id: str | None, box: Box) -> list[str]:
        """What stands right in a group and lies over a box."""
        keys, found = self._order(group_id, RIGHT)
        start, end = bisect_left(keys, box[0] - self._widest[group_id]), bisect_left(keys, box[0] + box[2])
        near = [id for *_, id in found[start:end] if id not in self._now] + [id for id in self._now if self.around(id) == group_id]
        return [id for id in near if overlap(self.box(id), box)]

    def _order(self, group_id: str | None, side: Side) -> tuple[list[float], list[Stretch]]:
        found = self._sorted.get((group_id, side.name))
        if found is None:
            boxes = [(id, self.first(id)) for id in self.inside(group_id)]
            stretches = sorted((side.ends(box)[0], *side.across(box), id) for id, box in boxes)
            found = self._sorted[group_id, side.name] = [each[0] for each in stretches], stretches
            self._widest[group_id] = max((box[2] for _, box in boxes), default=0.0)
        return found

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
        return {id: box for id, box in self._now.items() if box != self.first(id)}

    def edits(self) -> list[GraphEdit]:
        """What makes the graph as it is here. A folded group keeps the size that it has when it is open."""
        moved: list[tuple[str, Position]] = []
        resized: list[GraphEdit] = []
        for id, (x, y, width, height) in self.changed().items():
            place = Position(round(x), round(y))
            if id in self.folded or (width, height) == self.first(id)[2:]:
                moved.append((id, place))
            else:
                resized.append(Resize(id, place, Size(round(width), round(height))))
        return ([MoveElements(tuple(moved))] if moved else []) + resized


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]

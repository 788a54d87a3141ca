"""Between which boxes an edge is drawn, and which connections a wire may still make.

Edges join steps. One that leads into or out of a group counts for the group (semantics §3): it is drawn at the port on
the group's header when its inner step is the one that stands for the group, and else crosses the border on its way.
For what enters, the first step in which the first filled role begins stands for the group; for what leaves, the first in
which that role ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from app.domain.workflow import BlockGroup, Graph
from app.ui.canvas.rows import Mask

if TYPE_CHECKING:
    from app.ui.canvas.geometry import Boxes, Links

DEEPEST = 64
RolesOf = Callable[[BlockGroup], Sequence[str]]


class Attachment:
    """What follows from who stands in whom: children, sides, representatives, anchors."""

    def __init__(self, boxes: Boxes, links: Links) -> None:
        self._boxes, self._links = boxes, links
        self.children: dict[int, list[int]] = {}
        self.entry: dict[int, int] = {}
        self.exit: dict[int, int] = {}
        self.drawn: Mask = np.zeros(0, bool)

    def settle_parents(self, graph: Graph) -> None:
        """Who stands in whom, in document order. A group that is not there holds nothing."""
        slot, parent = self._boxes.slot, self._boxes.parent
        parent[:] = -1
        self.children = {}
        inside = chain(
            ((step.id, step.block_group_id) for step in graph.steps.values()),
            ((group.id, group.parent_group_id) for group in graph.groups.values()),
        )
        for child, around in inside:
            if around is not None and around in slot:
                parent[slot[child]] = slot[around]
                self.children.setdefault(slot[around], []).append(slot[child])

    def settle(self, graph: Graph, roles_of: RolesOf) -> None:
        """Work out the rest for the graph whose rows the boxes and links hold now, once the parents are settled."""
        boxes, links = self._boxes, self._links
        self._settle_sides()
        present = links.alive & (links.ends >= 0).all(axis=1)
        entered = np.zeros(len(boxes.ids), bool)
        left = np.zeros(len(boxes.ids), bool)
        entered[links.sides[present, 1]] = True
        left[links.sides[present, 0]] = True
        by_role = {boxes.slot[key]: self._by_role(graph, group, roles_of) for key, group in graph.groups.items()}
        self.entry = {slot: self._representative(slot, by_role, entered) for slot in by_role}
        self.exit = {slot: self._representative(slot, by_role, left) for slot in by_role}
        self._settle_anchors(present)

    def chain(self, slot: int) -> list[int]:
        """A box and the groups around it, from the inside out."""
        found = [slot]
        parent = self._boxes.parent
        while (around := int(parent[found[-1]])) >= 0 and len(found) < DEEPEST:
            found.append(around)
        return found

    def side_by_side(self, source: int, target: int) -> tuple[int, int]:
        """The two nodes an edge between these steps counts for: those next to each other in the innermost group around both."""
        parent = self._boxes.parent
        standing = {int(parent[node]): node for node in self.chain(source)}
        for node in self.chain(target):
            around = int(parent[node])
            if around in standing:
                return standing[around], node
        return source, target

    def crossed(self, edge: int) -> list[tuple[int, bool]]:
        """The groups whose border an edge passes elsewhere than at a header port; true: on its way out."""
        found: list[tuple[int, bool]] = []
        for index in (0, 1):
            end, side, anchor = (int(column[edge, index]) for column in (self._links.ends, self._links.sides, self._links.anchors))
            if anchor == end != side:
                around = self.chain(end)[1:]
                if side in around:
                    found.extend((group, index == 0) for group in around[: around.index(side) + 1])
        return found

    def leading_to(self, slots: Sequence[int], *, backward: bool = True, without: int | None = None) -> set[int]:
        """Every node from which a walk along the edges, one left out, reaches one of these (or, forward, that is reached from them)."""
        links = self._links
        there = links.alive & (links.ends >= 0).all(axis=1)
        if without is not None:
            there[without] = False
        sides = links.sides[there]
        onward: dict[int, list[int]] = {}
        for near, far in sides.tolist():
            start, end = (far, near) if backward else (near, far)
            onward.setdefault(start, []).append(end)
        found: set[int] = set()
        todo = list(slots)
        while todo:
            for node in onward.get(todo.pop(), ()):
                if node not in found:
                    found.add(node)
                    todo.append(node)
        return found

    def _settle_sides(self) -> None:
        links, parent = self._links, self._boxes.parent
        links.sides[:] = links.ends
        there = links.alive & (links.ends >= 0).all(axis=1)
        apart = there & (parent[links.ends[:, 0]] != parent[links.ends[:, 1]])
        for edge in np.flatnonzero(apart).tolist():
            links.sides[edge] = self.side_by_side(int(links.ends[edge, 0]), int(links.ends[edge, 1]))

    def _by_role(self, graph: Graph, group: BlockGroup, roles_of: RolesOf) -> list[list[int]]:
        """A group's children, one list per filled role, in role order; unknown roles come last."""
        rank = {role: index for index, role in enumerate(roles_of(group))}
        found: dict[int, list[int]] = {}
        for child in self.children.get(self._boxes.slot[group.id], ()):
            key = self._boxes.ids[child]
            assert key is not None
            found.setdefault(rank.get(graph.parent_of(key)[1] or "", len(rank)), []).append(child)
        return [found[index] for index in sorted(found)]

    def _representative(self, group: int, by_role: dict[int, list[list[int]]], linked: Mask, depth: int = 0) -> int:
        """The step that stands for a group: of its first role that holds steps, the first without a link on this side. -1: no step."""
        for nodes in by_role.get(group, ()):
            for node in sorted(nodes, key=lambda child: bool(linked[child])):
                inner = node if node not in by_role else self._representative(node, by_role, linked, depth + 1) if depth < DEEPEST else -1
                if inner >= 0:
                    return inner
        return -1

    def _settle_anchors(self, present: Mask) -> None:
        boxes, links = self._boxes, self._links
        links.anchors[:] = links.ends
        for index, standing in ((0, self.exit), (1, self.entry)):
            stands_for = np.full(len(boxes.ids), -1, np.int32)
            for group, step in standing.items():
                stands_for[group] = step
            side = links.sides[:, index]
            at_header = present & (side != links.ends[:, index]) & (stands_for[side] == links.ends[:, index])
            links.anchors[at_header, index] = side[at_header]
        self._hide_in_collapsed(present)

    def _hide_in_collapsed(self, present: Mask) -> None:
        """Draw what ends inside a collapsed group at that group, and not at all what stays within one."""
        boxes, links = self._boxes, self._links
        self.drawn = present.copy()
        if not (boxes.collapsed & boxes.alive).any():
            return
        outermost = np.arange(len(boxes.ids))
        for slot in np.flatnonzero(boxes.alive).tolist():
            folded = [node for node in self.chain(slot) if boxes.collapsed[node]]
            if folded:
                outermost[slot] = folded[-1]
        links.anchors[present] = outermost[links.anchors[present]]
        self.drawn &= outermost[links.ends[:, 0]] != outermost[links.ends[:, 1]]
        self.drawn |= present & (links.ends[:, 0] == links.ends[:, 1]) & (outermost[links.ends[:, 0]] == links.ends[:, 0])

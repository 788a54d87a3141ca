"""Which edges may still be drawn, and why not the others: for one pair of steps, or for all ends of a hanging wire at once.

Both search only what leads up to the wire instead of building the whole topology, so that a wire answers at once in a
workflow of 10,000 steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.errors import CycleError, EditRefused
from app.domain.topology import TOP, CrossesRoles, Scope, ancestry, scope_of, side_by_side, stands_in
from app.domain.workflow import Graph

GONE = "One end of the connection is not there any more."
ITSELF = "A step cannot lead to itself; use a while group to repeat it."
CONNECTED = "These two steps are already connected."


def why_not_connect(graph: Graph, source: str, target: str) -> EditRefused | None:
    """Why an edge between two steps is refused, as the error to raise; None when it may be drawn."""
    if source not in graph.steps or target not in graph.steps:
        return EditRefused(GONE)
    if source == target:
        return EditRefused(ITSELF)
    onward = _neighbours(graph, forward=True)
    if target in onward.get(source, ()):
        return EditRefused(CONNECTED)
    try:
        near, far, scope = side_by_side(graph, source, target)
    except CrossesRoles as refusal:
        return refusal
    if near != far and stands_in(graph, far, scope) and _leads(graph, onward, scope, far, near):
        return CycleError()
    return None


def refused_targets(graph: Graph, source: str) -> dict[str, EditRefused]:
    """Every step to which no edge from `source` may be drawn, with the reason; what is not in it may be connected.

    Says the same as `why_not_connect` for each step, in one walk over the graph. The errors are shared: show
    ``str(error)``, raise none of them.
    """
    return _refused(graph, source, forward=True)


def refused_sources(graph: Graph, target: str) -> dict[str, EditRefused]:
    """Every step from which no edge to `target` may be drawn, with the reason: `refused_targets` for a wire that hangs from an input."""
    return _refused(graph, target, forward=False)


def _neighbours(graph: Graph, *, forward: bool) -> dict[str, list[str]]:
    """The steps right after each step, or right before it."""
    found: dict[str, list[str]] = {}
    for edge in graph.edges.values():
        here, there = edge.source_step_id, edge.target_step_id
        if not forward:
            here, there = there, here
        if here in found:
            found[here].append(there)
        else:
            found[here] = [there]
    return found


# One pair


class _Holders(dict[str | None, str | None]):
    """By group: the node of one scope that holds what stands in it, found when it is first asked for; None for what stands elsewhere."""

    def __init__(self, graph: Graph, scope: Scope) -> None:
        super().__init__({None: None})
        self._graph, self._scope = graph, scope

    def __missing__(self, group_id: str) -> str | None:
        around = ancestry(self._graph, group_id)
        found = self[group_id] = next((node for node, scope in around if scope == self._scope), None)
        return found


def _leads(graph: Graph, onward: Mapping[str, list[str]], scope: Scope, start: str, goal: str) -> bool:
    """Whether a walk along the edges that count in `scope` leads from one of its nodes to another."""
    steps, holders = graph.steps, _Holders(graph, scope)
    group_id, role = scope
    inside: dict[str, list[str]] = {}
    seen = {start}
    todo = [start]
    while todo:
        node = todo.pop()
        if node in graph.groups and not inside:
            inside = _inside(graph, holders)
        for step_id in inside.get(node, (node,)):
            for target in onward.get(step_id, ()):
                if (step := steps.get(target)) is None:
                    continue
                if step.block_group_id != group_id:
                    following = holders[step.block_group_id]
                else:
                    following = target if step.group_role == role or group_id is None else None
                if following == goal:
                    return True
                if following is not None and following not in seen:
                    seen.add(following)
                    todo.append(following)
    return False


def _inside(graph: Graph, holders: _Holders) -> dict[str, list[str]]:
    """The steps in each group of the scope, however deep."""
    found: dict[str, list[str]] = {}
    for step in graph.steps.values():
        if (node := holders[step.block_group_id]) is not None:
            found.setdefault(node, []).append(step.id)
    return found


# All pairs of one step


@dataclass(frozen=True, slots=True)
class _Place:
    """Where steps stand as seen from the step of the wire.

    `level` is even in a scope around it (0: its own) and odd in another role of a group around it; `node` is the
    group of that scope that holds them, None where each step stands for itself.
    """

    level: int
    node: str | None = None

    @property
    def crosses(self) -> bool:
        return self.level % 2 == 1


@dataclass(slots=True)
class _Surroundings:
    """The scopes around one step, and the place of every other scope among them."""

    graph: Graph
    scopes: list[Scope]
    places: dict[Scope, _Place | None] = field(default_factory=dict)

    def place(self, scope: Scope) -> _Place | None:
        """None for what is in none of the scopes: a group that does not exist is around it."""
        if scope not in self.places:
            self.places[scope] = self._find(scope)
        return self.places[scope]

    def _find(self, scope: Scope) -> _Place | None:
        if scope in self.scopes:
            return _Place(2 * self.scopes.index(scope))
        groups = [group for group, _ in self.scopes]
        if scope != TOP and scope[0] in groups:
            return _Place(2 * groups.index(scope[0]) + 1)
        for node, around in ancestry(self.graph, scope[0]) if scope[0] is not None else ():
            if around in self.scopes:
                return _Place(2 * self.scopes.index(around), node)
            if around != TOP and around[0] in groups:
                return _Place(2 * groups.index(around[0]) + 1)
        return None


def _refused(graph: Graph, id: str, *, forward: bool) -> dict[str, EditRefused]:
    if id not in graph.steps:
        return dict.fromkeys(graph.steps, EditRefused(GONE))
    around = _Surroundings(graph, [scope for _, scope in ancestry(graph, id)])
    places: dict[str, _Place] = {}
    inside: dict[str, list[str]] = {}
    for step in graph.steps.values():
        place = around.place(scope_of(step.block_group_id, step.group_role))
        if place is not None:
            places[step.id] = place
            if place.node is not None:
                inside.setdefault(place.node, []).append(step.id)
    behind = _behind(id, _neighbours(graph, forward=not forward), places, inside)
    circle, crosses, joined = CycleError(), CrossesRoles(), EditRefused(CONNECTED)
    refused: dict[str, EditRefused] = {}
    for step_id, place in places.items():
        if place.crosses:
            refused[step_id] = crosses
        elif (place.node or step_id) in behind:
            refused[step_id] = circle
    for edge in graph.edges.values():
        here, there = (edge.source_step_id, edge.target_step_id) if forward else (edge.target_step_id, edge.source_step_id)
        if here == id and there in graph.steps:
            refused[there] = joined
    refused[id] = EditRefused(ITSELF)
    return refused


def _behind(id: str, back: Mapping[str, list[str]], places: Mapping[str, _Place], inside: Mapping[str, list[str]]) -> set[str]:
    """The nodes of all scopes around a step from which a walk leads to it, or to the group of that scope that holds it.

    An edge from an outer place to an inner one counts in the outer scope, for the group that holds the step: its
    outer end is behind the wire. The others are found from there, each within its scope.
    """
    todo = [id]
    if any(place.level for place in places.values()):
        for inner, before in back.items():
            if (place := places.get(inner)) is not None:
                todo += [
                    outer.node or step_id
                    for step_id in before
                    if (outer := places.get(step_id)) is not None and outer.level > place.level and not outer.crosses
                ]
    seen = set(todo)
    while todo:
        node = todo.pop()
        for step_id in inside.get(node, (node,)):
            level = places[step_id].level
            for other in back.get(step_id, ()):
                place = places.get(other)
                if place is not None and place.level == level and (found := place.node or other) not in seen:
                    seen.add(found)
                    todo.append(found)
    return seen - {id}

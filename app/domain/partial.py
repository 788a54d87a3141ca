"""Which rows of an earlier run a partial run takes over: what stands before the step that is run again, or beside it.

Rows are matched by the ids of the nodes that their paths lead through, so a step that was renamed since then is found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.domain.json_value import Json
from app.domain.places import SEGMENT, Stand, way_to
from app.domain.resumption import kept_places
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.topology import TOP, Scope, topology_of
from app.domain.workflow import Graph, graph_keys

_ROLE_ORDER = ("try", "catch", "finally")


@dataclass(frozen=True, slots=True)
class Taken:
    """One row to copy: where it stands in the old run, and where in the new one."""

    path: str
    attempt: int
    to: str


def taken_over(
    kind: Literal["from", "only"],
    place: str,
    *,
    now: Graph,
    then: Graph,
    steps: Sequence[StepRunRow],
    groups: Sequence[GroupRunRow],
    error: Json,
) -> list[Taken]:
    """The rows of a run of `then` with which a run of `now` begins.

    from: all but those of the step at `place` and of what comes after it. only: those that it needs. Pinned and disabled steps
    are not taken over: what stands in for them now counts.
    """
    completed = frozenset(row.path for row in steps if row.status == "completed")
    part = _Part(kind, now, then, way_to(now, place), completed)
    last = {row.path: row for row in sorted(steps, key=lambda row: row.attempt)}
    kept = kept_places(then, steps, groups, error)
    # Losers of a race are left out there, as they would be run again; here they stay lost while the race itself is kept.
    lost = [(row.path, row.attempt) for row in steps if row.status == "cancelled" and last[row.path] is row and (row.path, 1) not in kept]
    found = []
    for path, attempt in dict.fromkeys([*kept, *lost]):
        is_loser = (path, attempt) in lost
        if (to := part.takes(path, loser=is_loser)) is not None:
            found.append(Taken(path, attempt, to))
    return found


def needed_for(graph: Graph, place: str) -> frozenset[str]:
    """The ids of all that is interpreted to get to a place: the nodes before it with what is in them, groups around it, edges between."""
    topology = topology_of(graph)
    nodes: dict[str, None] = {}
    scope: Scope = TOP
    for stand in way_to(graph, place):
        backward: dict[str, list[str]] = {}
        for link in topology.links.get(scope, ()):
            backward.setdefault(link.target, []).append(link.source)
        nodes |= {**reached(backward, stand.node), stand.node: None}
        scope = (stand.node, stand.role)
    around = [stand.node for stand in way_to(graph, place)[:-1]]
    for node in [node for node in nodes if node in graph.groups and node not in around]:
        nodes |= dict.fromkeys(graph.descendants_of(node))
    edges = [edge.id for edge in graph.edges.values() if edge.source_step_id in nodes and edge.target_step_id in nodes]
    return frozenset([*nodes, *edges])


@dataclass(frozen=True, slots=True)
class _Segment:
    node: str
    role: str | None
    number: int | None


@dataclass
class _Part:
    """The place of a partial run, asked about the paths of an earlier run."""

    kind: Literal["from", "only"]
    now: Graph
    then: Graph
    way: tuple[Stand, ...]
    completed: frozenset[str]
    _ids: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _before: list[frozenset[str]] = field(default_factory=list)
    _after: list[frozenset[str]] = field(default_factory=list)
    _onward: dict[Scope, dict[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids = {key: id for id, key in graph_keys(self.then).items()}
        self._keys = graph_keys(self.now)
        for scope, links in topology_of(self.now).links.items():
            for link in links:
                self._onward.setdefault(scope, {}).setdefault(link.source, []).append(link.target)
        scope = TOP
        for stand in self.way:
            onward = self._onward.get(scope, {})
            backward: dict[str, list[str]] = {}
            for source, targets in onward.items():
                for target in targets:
                    backward.setdefault(target, []).append(source)
            self._after.append(frozenset(reached(onward, stand.node)))
            self._before.append(frozenset(reached(backward, stand.node)))
            scope = (stand.node, stand.role)

    def takes(self, path: str, *, loser: bool) -> str | None:
        """Where a row goes in the new run; None when it is not taken over."""
        base, mark, decision = path.partition("#")
        segments = self._parsed(base)
        if segments is None or self._stands_in(segments[-1].node):
            return None
        if not self._is_kept(base, segments, loser=loser):
            return None
        return self._built(segments) + mark + decision

    def _parsed(self, path: str) -> list[_Segment] | None:
        """The nodes that a path leads through, as far as they still stand where they stood."""
        found: list[_Segment] = []
        scope: Scope = TOP
        for text in path.removeprefix("/").split("/"):
            match = SEGMENT.fullmatch(text)
            node = self._ids.get(match["key"]) if match else None
            if match is None or node is None or node not in self._keys:
                return None
            group, role = self.now.parent_of(node)
            if ((group, role) if group is not None else TOP) != scope:
                return None
            found.append(_Segment(node, match["role"], int(match["number"]) if match["number"] else None))
            scope = (node, match["role"] or "body")
        return found

    def _built(self, segments: Sequence[_Segment]) -> str:
        path = ""
        for segment in segments:
            path += f"/{self._keys[segment.node]}" + (f".{segment.role}" if segment.role else "")
            path += f"[{segment.number}]" if segment.number is not None else ""
        return path

    def _stands_in(self, node: str) -> bool:
        """Whether something else stands in for this step now."""
        step = self.now.steps.get(node)
        return step is not None and (step.config.get("disabled") is True or step.config.get("pinned_output") is not None)

    def _is_kept(self, path: str, segments: Sequence[_Segment], *, loser: bool) -> bool:
        for depth, (segment, stand) in enumerate(zip(segments, self.way, strict=False)):
            if segment.node in self._after[depth]:
                return False
            if segment.node != stand.node:
                if loser and not self._race_is_kept(path, segment.node, depth):
                    return False
                return self.kind == "from" or segment.node in self._before[depth]
            if stand.role is None or (depth == len(segments) - 1 and segment.role is None):
                return False  # the place itself and what is in it, or a decision of a group around it
            if (verdict := self._turn_is_kept(segment, stand)) is not None:
                return verdict and not loser
        return False

    def _turn_is_kept(self, segment: _Segment, stand: Stand) -> bool | None:
        """Of a group around the place: whether another role or turn of it stays; None for the one that the way leads through."""
        kind = self.now.groups[stand.node].type
        if kind == "foreach":
            return None if stand.turn is None or segment.number == stand.turn else self.kind == "from"
        if kind == "while":
            turn, number = stand.turn or 0, segment.number or 0
            return None if number == turn else number < turn
        if kind == "try_catch":
            mine, other = stand.role or "try", segment.role or "try"
            if mine == other:
                return False if segment.number else None
            return _ROLE_ORDER.index(other) < _ROLE_ORDER.index(mine) if {mine, other} <= set(_ROLE_ORDER) else False
        return None if (segment.role or "body") == (stand.role or "body") else False

    def _race_is_kept(self, path: str, node: str, depth: int) -> bool:
        """Whether a race that this node lost is decided by what is taken over: a join after it that does not come after the place."""
        scope: Scope = TOP if depth == 0 else (self.way[depth - 1].node, self.way[depth - 1].role)
        around = "".join(f"/{text}" for text in path.removeprefix("/").split("/")[:depth])
        then = {id: key for key, id in self._ids.items()}
        return any(
            f"{around}/{then.get(other)}" in self.completed and other not in self._after[depth] and other != self.way[depth].node
            for other in reached(self._onward.get(scope, {}), node)
            if other in self.now.steps and self.now.steps[other].type == "join"
        )


def reached(onward: Mapping[str, Iterable[str]], start: str) -> dict[str, None]:
    """All nodes to which a walk along the links leads, in the order of the walk; the start is not one of them."""
    found: dict[str, None] = {}
    todo = [start]
    while todo:
        for following in onward.get(todo.pop(), ()):
            if following not in found:
                found[following] = None
                todo.append(following)
    return found

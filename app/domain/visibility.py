"""Which names an expression may use at each step, group and edge: what comes before it, and what the groups around it give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.topology import CrossesRoles, Link, Scope, Topology, ancestry, side_by_side
from app.domain.workflow import Edge, Graph, graph_keys


@dataclass(frozen=True, slots=True)
class Seen:
    """What one place may name. `before` has a bit for each step and group that comes before it, by `bit_of` its key."""

    roots: frozenset[str]
    before: int
    bit_of: Mapping[str, int]

    def knows(self, key: str) -> bool:
        return key in self.bit_of

    def sees(self, key: str) -> bool:
        return key in self.bit_of and bool(self.before >> self.bit_of[key] & 1)


class Visibility:
    """Which names each node may use. Bit masks: 10,000 steps in a row have 50 million pairs of before and after."""

    def __init__(self, graph: Graph, topology: Topology) -> None:
        self._graph, self._topology = graph, topology
        self._keys = keys = graph_keys(graph)
        self._id_of = {key: id for id, key in keys.items()}
        self._incoming: dict[Scope, dict[str, list[Link]]] = {}
        self._bits = {id: index for index, id in enumerate(keys)}
        self._bit_of = {key: self._bits[id] for id, key in keys.items()}
        self._of: dict[str, Seen] = {}
        self._before: dict[Scope, dict[str, int]] = {}

    def of(self, id: str) -> Seen:
        if id not in self._of:
            mask = 0
            for node, scope in ancestry(self._graph, id):
                mask |= self._upstream(scope).get(node, 0)
            self._of[id] = Seen(frozenset(self._roots(id)), mask, self._bit_of)
        return self._of[id]

    def of_edge(self, edge: Edge) -> Seen:
        """An edge sees what its source sees as the scope of both counts it, and the source itself."""
        try:
            source, _, _ = side_by_side(self._graph, edge.source_step_id, edge.target_step_id)
        except CrossesRoles:
            source = edge.source_step_id
        seen = self.of(source)
        return Seen(seen.roots, seen.before | 1 << self._bits[source], self._bit_of)

    def upstream(self, id: str) -> list[str]:
        """Ids of the steps and groups that come before a node, the nearest first; of equal distance in document order."""
        found: dict[str, None] = {}
        for node, scope in ancestry(self._graph, id):
            incoming = self._incoming.get(scope)
            if incoming is None:
                incoming = self._incoming[scope] = self._topology.incoming(scope)
            ring = [node]
            while ring:
                before = dict.fromkeys(link.source for at in ring for link in incoming.get(at, ()))
                ring = [source for source in before if source not in found and source != node]
                found.update(dict.fromkeys(ring))
        return list(found)

    def key_of(self, id: str) -> str:
        return self._keys[id]

    def id_of(self, key: str) -> str | None:
        return self._id_of.get(key)

    def _upstream(self, scope: Scope) -> dict[str, int]:
        """What comes before each node of a scope, in one pass along the links."""
        known = self._before.get(scope)
        if known is None:
            known = self._before[scope] = _closure(self._topology, scope, self._bits)
        return known

    def _roots(self, id: str) -> Iterator[str]:
        for _, (group_id, role) in ancestry(self._graph, id):
            group = self._graph.groups.get(group_id) if group_id is not None else None
            if group is None:
                continue
            if group.type == "foreach":
                yield from ("item", "index")
            elif group.type == "while":
                yield "iteration"
            elif group.type == "try_catch" and role == "catch":
                yield "error"


def _closure(topology: Topology, scope: Scope, bits: Mapping[str, int]) -> dict[str, int]:
    incoming = topology.incoming(scope)
    onward: dict[str, list[str]] = {}
    left = {node: len(links) for node, links in incoming.items()}
    for link in topology.links.get(scope, ()):
        onward.setdefault(link.source, []).append(link.target)
    before: dict[str, int] = {}
    ready = [node for node, count in left.items() if count == 0]
    while ready:
        node = ready.pop()
        mask = 0
        for link in incoming[node]:
            mask |= before[link.source] | 1 << bits[link.source]
        before[node] = mask
        for target in onward.get(node, ()):
            left[target] -= 1
            if left[target] == 0:
                ready.append(target)
    return before

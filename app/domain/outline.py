"""A workflow as a tree: groups, their roles and steps, in the order in which they run."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.domain.catalog import Catalog
from app.domain.topology import TOP, Scope, Topology, scope_of, topology_of
from app.domain.workflow import Graph


@dataclass(frozen=True, slots=True)
class Branch:
    """A step, a group, or a role of a group (`id` is the group's, `role` says which)."""

    kind: Literal["step", "group", "role"]
    id: str
    name: str
    role: str = ""
    inside: tuple[Branch, ...] = ()


def outline_of(graph: Graph, catalog: Catalog) -> tuple[Branch, ...]:
    """What comes first stands first; what may run at the same time stands as on the canvas, from top to bottom.

    A group with one role holds its children right away. What stands in a circle, or in a group that is not there, comes last.
    """
    topology = topology_of(graph)
    ordered = {scope: _in_order(topology, scope) for scope in topology.nodes}
    shown: set[str] = set()
    branches = _branches(graph, catalog, ordered, TOP, shown)
    lost = [id for id in (*graph.steps, *graph.groups) if id not in shown and graph.parent_of(id)[0] not in graph.groups]
    return (*branches, *(_branch(graph, catalog, ordered, id, shown) for id in lost))


def _branches(graph: Graph, catalog: Catalog, ordered: Mapping[Scope, list[str]], scope: Scope, shown: set[str]) -> tuple[Branch, ...]:
    return tuple(_branch(graph, catalog, ordered, id, shown) for id in ordered.get(scope, ()) if id not in shown)


def _branch(graph: Graph, catalog: Catalog, ordered: Mapping[Scope, list[str]], id: str, shown: set[str]) -> Branch:
    shown.add(id)
    step = graph.steps.get(id)
    if step is not None:
        return Branch("step", id, step.name)
    group = graph.groups[id]
    kind = catalog.groups.get(group.type)
    roles = list(kind.roles(group.config)) if kind is not None else []
    # A role that the type does not have (any more) still shows what stands in it.
    roles += [role for found, role in (pair for pair in ordered if pair != TOP) if found == id and role not in roles and role is not None]
    if len(roles) <= 1:
        inside = tuple(branch for role in roles for branch in _branches(graph, catalog, ordered, scope_of(id, role), shown))
    else:
        inside = tuple(Branch("role", id, role, role, _branches(graph, catalog, ordered, scope_of(id, role), shown)) for role in roles)
    return Branch("group", id, group.name, inside=inside)


def _in_order(topology: Topology, scope: Scope) -> list[str]:
    """The nodes of a scope, each after all that lead to it."""
    graph = topology.graph
    place: dict[str, tuple[int, int]] = {}
    for id in topology.nodes[scope]:
        at = (graph.steps.get(id) or graph.groups[id]).position
        place[id] = (at.y, at.x)
    nodes = sorted(topology.nodes[scope], key=place.__getitem__)
    waiting = dict.fromkeys(nodes, 0)
    onward: dict[str, list[str]] = {}
    for link in topology.links.get(scope, ()):
        waiting[link.target] += 1
        onward.setdefault(link.source, []).append(link.target)
    ready = deque(id for id in nodes if not waiting[id])
    found: dict[str, None] = {}
    while ready:
        id = ready.popleft()
        found[id] = None
        freed = []
        for target in onward.get(id, ()):
            waiting[target] -= 1
            if not waiting[target]:
                freed.append(target)
        # Depth first: one way is told to its end before the next one.
        ready.extendleft(sorted(freed, key=place.__getitem__, reverse=True))
    return [*found, *(id for id in nodes if id not in found)]

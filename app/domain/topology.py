"""How the nodes of a graph stand to each other: scopes, edges between neighbours, order, upstream.

A *scope* is one graph of its own: the top level ``(None, None)``, or one role of one group. An edge whose ends lie
in different scopes counts for the two nodes that stand side by side in the innermost scope around both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.errors import EditRefused
from app.domain.workflow import Edge, Graph

Scope = tuple[str | None, str | None]
TOP: Scope = (None, None)


class CrossesRoles(EditRefused):
    """An edge cannot lead from one role of a group into another: only one of them may run, or one follows the other."""

    code = "edit.crosses_roles"


def ancestry(graph: Graph, id: str) -> list[tuple[str, Scope]]:
    """From the node itself outward: each (node, scope it stands in), ending in the top level; a loop of groups ends it early."""
    chain: list[tuple[str, Scope]] = []
    current: str | None = id
    seen: set[str] = set()
    while current is not None and current not in seen and (current in graph.steps or current in graph.groups):
        seen.add(current)
        group_id, role = graph.parent_of(current)
        chain.append((current, (group_id, role) if group_id is not None else TOP))
        current = group_id
    return chain


def side_by_side(graph: Graph, source: str, target: str) -> tuple[str, str, Scope]:
    """The two nodes for which an edge from `source` to `target` counts, and the scope both stand in.

    Raises:
        CrossesRoles: the innermost group around both holds them in two different roles.
    """
    outward = {scope: node for node, scope in reversed(ancestry(graph, source))}
    groups_of_source = {scope[0]: scope for scope in outward}
    for node, scope in ancestry(graph, target):
        if scope in outward:
            return outward[scope], node, scope
        if scope[0] is not None and scope[0] in groups_of_source:
            raise CrossesRoles
    return source, target, TOP


@dataclass(frozen=True, slots=True)
class Link:
    """An edge as one scope sees it: between two of its own nodes."""

    edge: Edge
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Topology:
    """Every scope with its nodes (document order: steps, then groups) and links, computed once per graph."""

    graph: Graph
    nodes: Mapping[Scope, tuple[str, ...]]
    links: Mapping[Scope, tuple[Link, ...]]

    def incoming(self, scope: Scope) -> dict[str, list[Link]]:
        found: dict[str, list[Link]] = {node: [] for node in self.nodes.get(scope, ())}
        for link in self.links.get(scope, ()):
            found[link.target].append(link)
        return found

    def ends(self, scope: Scope) -> list[str]:
        """The nodes of a scope from which nothing leads on inside it."""
        sources = {link.source for link in self.links.get(scope, ())}
        return [node for node in self.nodes.get(scope, ()) if node not in sources]


def topology_of(graph: Graph) -> Topology:
    """The scopes of a graph. Edges that dangle, cross roles or stay within one node are left out; validation names them."""
    nodes: dict[Scope, list[str]] = {TOP: []}
    for step in graph.steps.values():
        nodes.setdefault(scope_of(step.block_group_id, step.group_role), []).append(step.id)
    for group in graph.groups.values():
        nodes.setdefault(scope_of(group.parent_group_id, group.group_role), []).append(group.id)
    links: dict[Scope, list[Link]] = {}
    for edge in graph.edges.values():
        if edge.source_step_id not in graph.steps or edge.target_step_id not in graph.steps:
            continue
        try:
            source, target, scope = side_by_side(graph, edge.source_step_id, edge.target_step_id)
        except CrossesRoles:
            continue
        if source != target and stands_in(graph, source, scope) and stands_in(graph, target, scope):
            links.setdefault(scope, []).append(Link(edge, source, target))
    return Topology(graph, {scope: tuple(ids) for scope, ids in nodes.items()}, {scope: tuple(ls) for scope, ls in links.items()})


def stands_in(graph: Graph, id: str, scope: Scope) -> bool:
    """False for what stands in a group that does not exist, or in a loop of groups."""
    return scope_of(*graph.parent_of(id)) == scope


def scope_of(group_id: str | None, role: str | None) -> Scope:
    """The scope of what stands in this role of this group."""
    return TOP if group_id is None else (group_id, role)


def find_cycle(nodes: Iterable[str], links: Iterable[Link]) -> list[str] | None:
    """The nodes of one circle in order, or None. Iterative: 10,000 nodes in a row are no recursion."""
    onward: dict[str, list[str]] = {}
    for link in links:
        onward.setdefault(link.source, []).append(link.target)
    state: dict[str, int] = {}
    for start in nodes:
        if state.get(start):
            continue
        trail = [start]
        stack = [iter(onward.get(start, ()))]
        state[start] = 1
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
                state[trail.pop()] = 2
            elif state.get(following) == 1:
                return trail[trail.index(following) :]
            elif not state.get(following):
                state[following] = 1
                trail.append(following)
                stack.append(iter(onward.get(following, ())))
    return None

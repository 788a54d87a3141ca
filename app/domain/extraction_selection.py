"""A selection of nodes as one part of its scope: what leads in, what leads out, and whether it has one way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from app.domain.catalog import Catalog
from app.domain.errors import EditRefused
from app.domain.integrity import broken
from app.domain.topology import Link, Scope, ancestry, topology_of
from app.domain.workflow import BlockGroup, Edge, Graph, Step, graph_keys

Node = Step | BlockGroup


class ExtractionRefused(EditRefused):
    """This selection cannot become a workflow of its own without changing what it does."""

    code: ClassVar[str] = "extraction.refused"


@dataclass(frozen=True, slots=True)
class Selection:
    """`roots` stand side by side in `scope`, in document order; `root_of` gives for each node inside the root it belongs to.

    Links are those of the scope. `starts` are the roots that run as soon as the selection does: entered from outside, or the first.
    """

    graph: Graph
    catalog: Catalog
    roots: tuple[str, ...]
    scope: Scope
    root_of: Mapping[str, str]
    keys: Mapping[str, str]
    entering: tuple[Link, ...]
    leaving: tuple[Link, ...]
    within: tuple[Link, ...]
    ends: tuple[str, ...]
    """The roots that are last in the scope; `holds_all_ends` says that no other node is."""
    holds_all_ends: bool
    starts: tuple[str, ...]
    notes: tuple[str, ...]

    def node(self, id: str) -> Node:
        return self.graph.steps[id] if id in self.graph.steps else self.graph.groups[id]

    @property
    def around(self) -> BlockGroup | None:
        """The group whose scope it is."""
        return self.graph.groups.get(self.scope[0] or "")

    @property
    def mixed(self) -> tuple[str, ...]:
        """Starts that also wait for other roots."""
        return tuple(id for id in self.starts if self.entering and any(link.target == id for link in self.within))

    @property
    def edges(self) -> list[Edge]:
        """The edges inside."""
        return [e for e in self.graph.edges.values() if e.source_step_id in self.root_of and e.target_step_id in self.root_of]

    def entry_step(self, id: str) -> str:
        """The step by which an edge enters a root: of a group, one that stands in it.

        Raises:
            ExtractionRefused: the group is empty.
        """
        if id in self.graph.steps:
            return id
        found = next((link.edge.target_step_id for link in self.entering if link.target == id), None)
        found = found or next((inner for inner in self.graph.descendants_of(id) if inner in self.graph.steps), None)
        if found is None:
            raise ExtractionRefused(f"{self.node(id).name} is empty; put a step into it, or leave it out.")
        return found

    def exit_step(self, id: str) -> str:
        """The step from which an edge leaves a root."""
        if id in self.graph.steps:
            return id
        found = next((link.edge.source_step_id for link in (*self.leaving, *self.within) if link.source == id), None)
        return found or self.entry_step(id)


def select(graph: Graph, catalog: Catalog, ids: Sequence[str]) -> Selection:
    """The selection, if it could be one step in its scope.

    Raises:
        ExtractionRefused: it reaches across scopes, or has several ways in.
    """
    if faults := broken(graph):
        raise ExtractionRefused(f"The workflow has a fault that must be mended first: {faults[0]}")
    roots, scope = roots_of(graph, ids)
    topology = topology_of(graph)
    links, chosen = topology.links.get(scope, ()), frozenset(roots)
    root_of = {inner: root for root in roots for inner in (root, *(graph.descendants_of(root) if root in graph.groups else ()))}
    ends = topology.ends(scope)
    found = Selection(
        graph,
        catalog,
        tuple(roots),
        scope,
        root_of,
        graph_keys(graph),
        tuple(link for link in links if link.target in chosen and link.source not in chosen),
        tuple(link for link in links if link.source in chosen and link.target not in chosen),
        tuple(link for link in links if link.source in chosen and link.target in chosen),
        tuple(node for node in ends if node in chosen),
        set(ends) <= chosen,
        (),
        tuple(id for id in ids if id in graph.notes),
    )
    around = found.around
    if around is not None and around.type == "parallel" and parts_with(roots, links) > 1:
        raise ExtractionRefused(f"{around.name} runs its unconnected parts side by side; extract one part at a time.")
    return _with_starts(found)


def roots_of(graph: Graph, ids: Sequence[str]) -> tuple[list[str], Scope]:
    """The selected nodes that stand in no other selected one, in document order, and the scope they share.

    Raises:
        ExtractionRefused: there are none, or they stand in several scopes.
    """
    chosen = {id for id in ids if id in graph.steps or id in graph.groups}
    roots = [id for id in (*graph.steps, *graph.groups) if id in chosen and not any(node in chosen for node, _ in ancestry(graph, id)[1:])]
    if not roots:
        raise ExtractionRefused("Select the steps that shall become a workflow of their own.")
    scopes = {ancestry(graph, id)[0][1] for id in roots}
    if len(scopes) > 1:
        raise ExtractionRefused("The selection reaches across groups or lanes; select steps that stand side by side, or the whole group.")
    return roots, scopes.pop()


def parts_with(nodes: Iterable[str], links: Iterable[Link]) -> int:
    """How many connected parts of a scope hold one of these nodes."""
    part_of: dict[str, set[str]] = {}
    for link in links:
        one, other = part_of.setdefault(link.source, {link.source}), part_of.setdefault(link.target, {link.target})
        if one is not other:
            one |= other
            for node in other:
                part_of[node] = one
    # Each part is named by the first of its nodes.
    return len({min(part_of[node]) if node in part_of else node for node in nodes})


def _with_starts(found: Selection) -> Selection:
    entered = list(dict.fromkeys(link.target for link in found.entering))
    targets = {link.target for link in (*found.entering, *found.within)}
    alone = [id for id in found.roots if id not in targets]
    if alone and entered:
        raise ExtractionRefused(
            f"{found.node(alone[0]).name} begins by itself and {found.node(entered[0]).name} waits for what comes before it;"
            " extract them one after the other."
        )
    ways = {id: frozenset(_way(link) for link in found.entering if link.target == id) for id in entered}
    other = next((id for id in entered if ways[id] != ways[entered[0]]), None)
    if other is not None:
        raise ExtractionRefused(
            f"{found.node(entered[0]).name} and {found.node(other).name} are entered from different steps or under different"
            " conditions; a sub-workflow has one way in."
        )
    for id in entered:
        node = found.node(id)
        if isinstance(node, Step) and node.type == "join":
            raise ExtractionRefused(f"{node.name} joins steps outside the selection; select them too, or leave it out.")
    whole = replace(found, starts=tuple(entered or alone))
    if whole.mixed and len({link.source for link in whole.entering}) > 1:
        name = whole.node(whole.mixed[0]).name
        raise ExtractionRefused(f"{name} has inputs from inside and from several steps outside; they could not be told apart.")
    return whole


def _way(link: Link) -> tuple[str, str]:
    return link.source, (link.edge.condition or "").strip()

"""Two documents of one workflow that share no id: which element of the one is which of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from app.domain.definition_file import with_ids
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Step


def in_ids_of(target: Definition, other: Definition) -> Definition:
    """`other` with the ids that `target` gives the same elements.

    Where they share an id of a step or group, ids decide; only an edge that was drawn again between the same steps is
    still the same. Else the same are two steps or groups of one type and name, and notes of one text.
    """
    mine, theirs = target.graph, other.graph
    nodes, others = {*mine.steps, *mine.groups}, {*theirs.steps, *theirs.groups}
    if not nodes or not others or not nodes.isdisjoint(others):
        return other.with_graph(_with_redrawn_edges(mine, theirs))
    named = _matched(_named(theirs), _named(mine))
    edges = _matched(_ends(theirs, named), _ends(mine, {}))
    notes = _matched(((n.id, n.text) for n in theirs.notes.values()), ((n.id, n.text) for n in mine.notes.values()))
    found = {**named, **edges, **notes}
    taken = {*mine.steps, *mine.groups, *mine.edges, *mine.notes}
    if not found or not _is_whole(theirs):
        return other
    return with_ids(other, lambda _kind, id: found.get(id) or (id if id not in taken else f"{id}-before"))


def _with_redrawn_edges(mine: Graph, theirs: Graph) -> Graph:
    if mine.edges is theirs.edges:
        return theirs
    drawn = {(e.source_step_id, e.target_step_id): e.id for e in mine.edges.values() if e.id not in theirs.edges}
    if not drawn:
        return theirs
    edges: dict[str, Edge] = {}
    for edge in theirs.edges.values():
        ends = (edge.source_step_id, edge.target_step_id)
        again = drawn.get(ends) if edge.id not in mine.edges else None
        edges[again or edge.id] = replace(edge, id=again) if again else edge
    return replace(theirs, edges=edges)


def _is_whole(graph: Graph) -> bool:
    """Whether every reference leads somewhere, as another set of ids asks for."""
    ends = all(e.source_step_id in graph.steps and e.target_step_id in graph.steps for e in graph.edges.values())
    parents = [s.block_group_id for s in graph.steps.values()] + [g.parent_group_id for g in graph.groups.values()]
    return ends and all(parent is None or parent in graph.groups for parent in parents)


def _named(graph: Graph) -> Iterable[tuple[str, Hashable]]:
    nodes: list[Step | BlockGroup] = [*graph.steps.values(), *graph.groups.values()]
    return [(node.id, (type(node), node.type, node.name)) for node in nodes]


def _ends(graph: Graph, ids: Mapping[str, str]) -> Iterable[tuple[str, Hashable]]:
    return [
        (e.id, (ids.get(e.source_step_id, e.source_step_id), ids.get(e.target_step_id, e.target_step_id))) for e in graph.edges.values()
    ]


def _matched(one: Iterable[tuple[str, Hashable]], other: Iterable[tuple[str, Hashable]]) -> dict[str, str]:
    """Ids of the one by what they have in common with exactly one of the other."""
    mine, theirs = list(one), list(other)
    once = Counter(key for _, key in mine)
    twice = Counter(key for _, key in theirs)
    by_key = {key: id for id, key in theirs if twice[key] == 1}
    return {id: by_key[key] for id, key in mine if once[key] == 1 and key in by_key}

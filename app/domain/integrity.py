"""What must hold of every graph, whoever changed it: references lead somewhere, nothing stands in itself, nothing goes in circles.

These are the faults that a canvas could not draw. All others may stand in a draft and are `validation`'s to name.
"""

from __future__ import annotations

from app.domain.topology import CrossesRoles, find_cycle, side_by_side, topology_of
from app.domain.workflow import BlockGroup, Graph, Step


def broken(graph: Graph) -> list[str]:
    """A sentence for each fault, the plainest first; empty for a graph that is whole."""
    faults = loose(graph)
    if not faults:  # the rest can only be asked of a graph whose references lead somewhere
        faults = [*_crossing(graph), *_circles(graph)]
    return faults


def loose(graph: Graph) -> list[str]:
    """Of these faults those that no act of a person can bring about: a reference that leads nowhere, or to itself, or twice."""
    return [*_misplaced(graph), *_loose_edges(graph)]


def _misplaced(graph: Graph) -> list[str]:
    faults = []
    nodes: list[Step | BlockGroup] = [*graph.steps.values(), *graph.groups.values()]
    for node in nodes:
        group_id, role = graph.parent_of(node.id)
        if group_id is not None and group_id not in graph.groups:
            faults.append(f"{node.name} stands in a group that is not there.")
        elif group_id is None and role is not None:
            faults.append(f"{node.name} has the role “{role}” but stands in no group.")
    for group in graph.groups.values():
        seen = {group.id}
        parent = group.parent_group_id
        while parent is not None and parent in graph.groups and parent not in seen:
            seen.add(parent)
            parent = graph.groups[parent].parent_group_id
        if parent in seen:
            faults.append(f"{group.name} stands inside itself.")
    return faults


def _loose_edges(graph: Graph) -> list[str]:
    faults = []
    pairs: set[tuple[str, str]] = set()
    for edge in graph.edges.values():
        source, target = graph.steps.get(edge.source_step_id), graph.steps.get(edge.target_step_id)
        if source is None or target is None:
            known = source or target
            faults.append(f"A connection of {known.name} leads nowhere." if known is not None else "A connection leads nowhere.")
        elif source is target:
            faults.append(f"{source.name} is connected to itself.")
        elif (source.id, target.id) in pairs:
            faults.append(f"{source.name} and {target.name} are connected twice.")
        pairs.add((edge.source_step_id, edge.target_step_id))
    return faults


def _crossing(graph: Graph) -> list[str]:
    faults = []
    for edge in graph.edges.values():
        source, target = graph.steps[edge.source_step_id], graph.steps[edge.target_step_id]
        if source.block_group_id is None and target.block_group_id is None:
            continue
        try:
            side_by_side(graph, source.id, target.id)
        except CrossesRoles as error:
            faults.append(f"{source.name} → {target.name}: {error}")
    return faults


def _circles(graph: Graph) -> list[str]:
    faults = []
    topology = topology_of(graph)
    for scope, links in topology.links.items():
        if cycle := find_cycle(topology.nodes.get(scope, ()), links):
            names = [node.name for id in cycle if isinstance(node := graph.element(id), Step | BlockGroup)]
            shown = names if len(names) <= 6 else [*names[:5], "…"]
            faults.append(f"These lead back to themselves: {' → '.join([*shown, names[0]])}.")
    return faults

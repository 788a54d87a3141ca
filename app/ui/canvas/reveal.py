"""Bringing an element of the graph before the eye, wherever it hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.workflow import Graph
    from app.ui.canvas.view import CanvasView


def reveal(view: CanvasView, id: str) -> None:
    """Select an element and look at it; folded groups around it open."""
    folded = groups_around(view.graph, id) & view.scene.geometry.collapsed_ids
    for group_id in sorted(folded, key=lambda each: len(groups_around(view.graph, each))):  # outer before inner
        view.folding.toggle(group_id)
    view.select((id,))
    view.ensure_visible(id)


def groups_around(graph: Graph, id: str) -> frozenset[str]:
    """The groups that a step or group stands in, however deep; for an edge those of its ends."""
    edge = graph.edges.get(id)
    todo = [edge.source_step_id, edge.target_step_id] if edge is not None else [id]
    found: set[str] = set()
    while todo:
        inner = todo.pop()
        above = graph.parent_of(inner)[0] if inner in graph.steps or inner in graph.groups else None
        if above is not None and above not in found:
            found.add(above)
            todo.append(above)
    return frozenset(found)

"""How a workflow is looked at when it is opened for the first time."""

from __future__ import annotations

from app.domain.workflow import BlockGroup, Step
from app.ui.canvas.view import CanvasView

LEAST_READABLE_ZOOM, START_MARGIN, TOP_MARGIN = 0.6, 48, 72


def look_first(view: CanvasView) -> None:
    """At a size at which it can be read: all of it if that fits, else from its start."""
    view.zoom_to_fit()
    graph = view.graph
    if view.zoom >= LEAST_READABLE_ZOOM or not graph.steps:
        return
    view.set_zoom(LEAST_READABLE_ZOOM)
    entered = {edge.target_step_id for edge in graph.edges.values()}
    start = min(graph.steps.values(), key=lambda step: (step.id in entered, step.position.x))
    place = view.node_rect(start.id)
    view.pan_by(START_MARGIN - place.left(), view.height() / 2 - place.center().y())
    nodes: list[Step | BlockGroup] = [*graph.steps.values(), *graph.groups.values()]
    highest = min(nodes, key=lambda node: node.position.y)
    above = view.node_rect(highest.id).top() - TOP_MARGIN
    if above > 0:  # nothing stands above: what lies below may have that room
        view.pan_by(0, -above)

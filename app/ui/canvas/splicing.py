"""A step over a wire: which wire it would be put into, how that shows, and the edit that does it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPen

from app.domain.edits import AddElements, GraphEdit
from app.domain.measures import has_rows, ports_of
from app.domain.rewiring import splice, why_not_splice
from app.domain.spreading import with_space
from app.domain.workflow import Edge, Graph, Step
from app.ui.canvas import curves, edge_item
from app.ui.canvas.batches import draw_lines
from app.ui.canvas.frame import Frame
from app.ui.canvas.landing import Place

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# How near to a wire a step is held to go into it, in screen px.
REACH_PX = 16.0


class Splicing:
    """The wire that what is held would go into. Asked anew with every move; the rules are asked only when wire or place change."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._asked: tuple[str, Place] | None = None
        self.edge_id: str | None = None

    def hold(self, step: Step, at: tuple[QPointF, ...], place: Place) -> None:
        """A step without wires is held, over the first of these world points that has a wire; where it would stand is given too."""
        found = next((edge for point in at if (edge := self._nearest(point)) is not None), None)
        if found is None:
            self.forget()
        elif self._asked != (found, place):
            self._asked = found, place
            standing = replace(step, block_group_id=place.group_id, group_role=place.role)
            self.edge_id = found if why_not_splice(_with(self._view.graph, standing), self._edge(found), step.id) is None else None

    def forget(self) -> None:
        self._asked = self.edge_id = None

    def edit(self, step: Step) -> GraphEdit | None:
        """Put the step into the wire it is held over, if there is one."""
        if self.edge_id is None or self.edge_id not in self._view.graph.edges:
            return None
        ports = ports_of(step, self._view.catalog)
        answer = ports[0].condition if has_rows(ports) else None
        return splice(self._edge(self.edge_id), step.id, onward_id=str(uuid4()), answer=answer)

    def with_space(self, edit: GraphEdit, step_id: str) -> GraphEdit:
        """The whole edit, in which what follows makes room for the step."""
        view = self._view
        return with_space(view.graph, view.catalog, edit, step_id, text="Put into a connection", folded=view.folding.folded)

    def paint(self, frame: Frame) -> None:
        """The wire in accent, dashed."""
        links = self._view.scene.geometry.links
        slot = links.slot.get(self.edge_id or "")
        if slot is None:
            return
        look, scale = self._view.scene.pictures.look, frame.camera.scale
        points = frame.curve(links.points[[slot]])
        painter = frame.painter
        painter.setRenderHint(painter.RenderHint.Antialiasing, True)
        edge_item.draw_curves(painter, points, look.halo, max(scale, 0.5), clip=frame.clip, width=edge_item.GLOW)
        painter.setPen(QPen(look.accent, max(1.5, 2.6 * scale)))
        draw_lines(painter, edge_item.dashes(points, 0.0, max(scale, 0.5)))

    def _edge(self, edge_id: str) -> Edge:
        return self._view.graph.edges[edge_id]

    def _nearest(self, at: QPointF) -> str | None:
        geometry = self._view.scene.geometry
        reach = REACH_PX / self._view.camera.scale
        near = np.flatnonzero(geometry.edges_in(at.x() - reach, at.y() - reach, at.x() + reach, at.y() + reach))
        if not len(near):
            return None
        away = curves.distances(geometry.links.points[near], at.x(), at.y())
        closest = int(away.argmin())
        return geometry.links.ids[near[closest]] if away[closest] <= reach else None


def _with(graph: Graph, step: Step) -> Graph:
    """The graph with the step where it would stand."""
    if step.id in graph.steps:
        return replace(graph, steps={**graph.steps, step.id: step})
    return AddElements((step,)).apply(graph)

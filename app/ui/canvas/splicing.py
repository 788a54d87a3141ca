"""A step or group over a wire: which wire it would be put into, how that shows, and the edit that does it."""

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
from app.domain.workflow import BlockGroup, Edge, Graph, Step
from app.ui.canvas import curves, edge_item
from app.ui.canvas.batches import draw_lines
from app.ui.canvas.frame import Frame
from app.ui.canvas.landing import Place
from app.ui.canvas.rows import Slots
from app.ui.canvas.wires import EMPTY_GROUP

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

# How near to a wire something is held to go into it, in screen px.
REACH_PX = 16.0
_NONE: Slots = np.zeros(0, np.intp)


class Splicing:
    """The wire that what is held would go into. Asked anew with every move; the rules are asked only when wire or place change."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._asked: tuple[str, Place] | None = None
        self.edge_id: str | None = None
        self.refusal = ""
        """Why what is held cannot go into the wire under it."""

    def hold(self, node: Step | BlockGroup, at: tuple[QPointF, ...], place: Place, *, own: Slots = _NONE) -> None:
        """What has no wires is held, over the first of these world points that has a wire; where it would stand is given too.

        `own` are the edges inside a group, which come along with it.
        """
        found = next((edge for point in at if (edge := self._nearest(point, own)) is not None), None)
        if found is None:
            self.forget()
        elif self._asked != (found, place):
            self._asked = found, place
            self.refusal = self._why_not(node, place, found)
            self.edge_id = None if self.refusal else found

    def forget(self) -> None:
        self._asked = self.edge_id = None
        self.refusal = ""

    def edit(self, node: Step | BlockGroup) -> GraphEdit | None:
        """Put what is held into the wire it is held over, if there is one."""
        if self.edge_id is None or self.edge_id not in self._view.graph.edges or (ends := self._ends(node)) is None:
            return None
        ports = ports_of(node, self._view.catalog) if isinstance(node, Step) else ()
        answer = ports[0].condition if ports and has_rows(ports) else None
        return splice(self._edge(self.edge_id), ends[0], leaving=ends[1], onward_id=str(uuid4()), answer=answer)

    def with_space(self, edit: GraphEdit, id: str) -> GraphEdit:
        """The whole edit, in which what follows makes room for the step or group."""
        view = self._view
        return with_space(view.graph, view.catalog, edit, id, text="Put into a connection", folded=view.folding.folded)

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

    def _why_not(self, node: Step | BlockGroup, place: Place, edge_id: str) -> str:
        ends = self._ends(node)
        if ends is None:
            return EMPTY_GROUP
        graph, edge = self._view.graph, self._edge(edge_id)
        if isinstance(node, Step):
            there = _with(graph, replace(node, block_group_id=place.group_id, group_role=place.role))
            refusal = why_not_splice(there, edge, node.id)
        else:
            moved = replace(node, parent_group_id=place.group_id, group_role=place.role)
            there = replace(graph, groups={**graph.groups, node.id: moved})
            refusal = why_not_splice(there, edge, ends[0], leaving=ends[1], group_id=node.id)
        return str(refusal) if refusal is not None else ""

    def _ends(self, node: Step | BlockGroup) -> tuple[str, str] | None:
        """The steps that begin and end it, to which its wires lead; None for a group that holds no step."""
        if isinstance(node, Step):
            return node.id, node.id
        geometry = self._view.scene.geometry
        slot = geometry.boxes.slot.get(node.id, -1)
        found = [
            geometry.boxes.ids[end]
            for standing in (geometry.attachment.entry, geometry.attachment.exit)
            if (end := standing.get(slot, -1)) >= 0
        ]
        return (found[0], found[1]) if len(found) == 2 and found[0] is not None and found[1] is not None else None

    def _edge(self, edge_id: str) -> Edge:
        return self._view.graph.edges[edge_id]

    def _nearest(self, at: QPointF, own: Slots) -> str | None:
        geometry = self._view.scene.geometry
        reach = REACH_PX / self._view.camera.scale
        near = np.setdiff1d(np.flatnonzero(geometry.edges_in(at.x() - reach, at.y() - reach, at.x() + reach, at.y() + reach)), own)
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

"""What the canvas shows of a graph: geometry, pictures and the order in which they are painted.

Order by depth: bodies of groups, notes, edges, headers, nodes, labels. The scene only listens to the model.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF

from app.domain.catalog import Catalog
from app.domain.workflow import Graph
from app.ui.canvas.frame import REACH, Detail, Frame
from app.ui.canvas.geometry import Geometry, Kind
from app.ui.canvas.graph_model import GraphChange
from app.ui.canvas.layers import Layers
from app.ui.canvas.look import Look
from app.ui.canvas.pictures import Pictures
from app.ui.canvas.rows import Mask

# How far a label may reach beyond its curve.
LABEL_REACH = 95.0


class Scene:
    """One graph as it is painted."""

    def __init__(self, catalog: Catalog, look: Look) -> None:
        self.geometry = Geometry(catalog)
        self.pictures = Pictures(self.geometry, look)
        self.layers = Layers(self.geometry, self.pictures)

    def load(self, graph: Graph) -> None:
        self.geometry.load(graph)
        self.pictures.forget_all()

    def update(self, change: GraphChange) -> QRectF | None:
        """Follow a change; the world rectangle in which something looks different now, None for everything."""
        before = self._extent_of(change)
        whole = change.edit is None
        self.geometry.update(change)
        if whole:
            self.pictures.forget_all()
            return None
        slots = self.geometry.boxes.slot
        self.pictures.forget([slots[key] for key in (change.steps.present | change.groups.present | change.notes.present) if key in slots])
        return before.united(self._extent_of(change))

    def moved_labels(self, frame: Frame) -> list[QRectF]:
        """Parts of the world where a label in sight stands elsewhere since the last change, though its edge did not change."""
        if frame.detail < Detail.CLOSE:
            return []
        seen = self.geometry.edges_in(*frame.world) & self.geometry.links.labelled
        return self.layers.label_places.moved(np.flatnonzero(seen).tolist())

    def _extent_of(self, change: GraphChange) -> QRectF:
        """Around the changed elements, their edges and the groups around them, as far as they are there now."""
        boxes, links = self.geometry.boxes, self.geometry.links
        keys = change.steps.all | change.groups.all | change.notes.all
        slots = np.array([boxes.slot[key] for key in keys if key in boxes.slot], np.intp)
        around = {group for slot in slots.tolist() for group in self.geometry.attachment.chain(slot)[1:]}
        held = np.array(sorted({*slots.tolist(), *around}), np.intp)
        edges = np.array([links.slot[key] for key in (change.edges.all | change.rerouted) if key in links.slot], np.intp)
        edges = np.union1d(edges, self.geometry.edges_of(held)) if len(held) else edges
        found = QRectF()
        if len(held):
            extent = self.geometry.extent(held)
            assert extent is not None
            found = _rect(*extent)
        if len(edges):
            bounds = links.bounds[edges]
            curves = _rect(*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
            found = found.united(curves.adjusted(-LABEL_REACH, -LABEL_REACH, LABEL_REACH, LABEL_REACH))
        return found.adjusted(-REACH, -REACH, REACH, REACH) if not found.isNull() else found

    def collapse(self, ids: frozenset[str]) -> None:
        """Fold these groups, and only these."""
        self.geometry.collapse(ids)
        self.pictures.forget_all()

    def prepare(self, frame: Frame) -> bool:
        """Paint sprites of nodes in sight as long as the frame's budget lasts; true when all are there."""
        if frame.detail < Detail.NEAR:
            return True
        geometry = self.geometry
        nodes = np.flatnonzero(geometry.boxes_in(*frame.world) & geometry.nodes).tolist()
        self.pictures.cache.make_room(2 * len(nodes))
        for slot in nodes:
            self.pictures.node(slot, frame)
        return frame.budget.missed == 0

    def paint(self, frame: Frame, *, boxes: Mask | None = None, edges: Mask | None = None, nodes: bool = True) -> None:
        """Paint a frame's part of the graph; with masks, only these boxes and edges. Without `nodes` it ends below them."""
        geometry = self.geometry
        seen = geometry.boxes_in(*frame.world)
        seen_edges = geometry.edges_in(*frame.world)
        if boxes is not None:
            seen &= boxes
        if edges is not None:
            seen_edges &= edges
        groups = np.flatnonzero(seen & geometry.opened)
        links = np.flatnonzero(seen_edges)
        layers = self.layers
        layers.bodies(frame, groups)
        layers.notes(frame, np.flatnonzero(seen & (geometry.boxes.kind == Kind.NOTE)))
        layers.edges(frame, links)
        layers.headers(frame, groups)
        if nodes:
            layers.nodes(frame, np.flatnonzero(seen & geometry.nodes))
            layers.labels(frame, links)


def _rect(left: float, top: float, right: float, bottom: float) -> QRectF:
    return QRectF(left, top, right - left, bottom - top)

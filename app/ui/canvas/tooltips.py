"""What the canvas says when the pointer rests: what is cut or drawn as a sign is told in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from app.domain.lanes import lane_at
from app.ui.canvas.hits import Hit

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

LANE_LABEL_HEIGHT = 26.0
CONTROLS = {"chevron": "Fold or open (Ctrl+E)", "grip": "Drag to resize"}
ALWAYS = "Always taken. Double click to give it a condition, drag an end to lead it elsewhere."
PORT = "Drag to connect. Let go on nothing, it asks what to add."
RESIZE = "Drag to resize. Shift keeps neighbours where they are, Esc gives it up."


def tooltip_at(view: CanvasView, at: QPoint) -> str:
    """The words for a point of the widget; empty for none."""
    hit = view.hit(at)
    if (edge := view.graph.edges.get(hit.id or "")) is not None:
        return edge.condition or (ALWAYS if view.editable else "")
    if hit.is_port and view.editable:
        return PORT
    if hit.kind != "group" or hit.id is None:
        return ""
    if hit.part in CONTROLS:
        return CONTROLS[hit.part]
    if hit.is_border:
        return RESIZE
    if hit.part == "header" or hit.id in view.folding.folded:
        return view.graph.groups[hit.id].name
    return _lane_words(view, hit, at) if hit.part == "body" else ""


def _lane_words(view: CanvasView, hit: Hit, at: QPoint) -> str:
    """Over a lane's label: its role and, uncut, what lets it run."""
    geometry = view.scene.geometry
    slot = geometry.boxes.slot[hit.id or ""]
    lanes = geometry.lanes(slot)
    down = view.camera.to_world(at.toPointF()).y() - float(geometry.boxes.rect[slot, 1])
    lane = lane_at(lanes, down)
    if lane is None or len(lanes) == 1 or not lane.top <= down <= lane.top + LANE_LABEL_HEIGHT:
        return ""
    face = view.scene.pictures.group_face(slot)
    detail = face.details[face.roles.index(lane.role)]
    return f"{lane.role} · {detail}" if detail else lane.role

"""What the pointer means where it rests: its shape, what lights up under it, and what a double click does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from app.ui.canvas.condition_field import edit_condition
from app.ui.canvas.hits import Hit
from app.ui.canvas.resizing import cursor_for

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


def double_clicked(view: CanvasView, hit: Hit, at: QPointF) -> bool:
    """On nothing it adds, a group it folds or opens, of an edge it edits the condition; on all else it opens the inspector."""
    if hit.kind == "group" and hit.id is not None and (hit.part == "header" or hit.id in view.folding.folded):
        view.folding.toggle(hit.id)
        return True
    if hit.kind == "canvas" or (hit.kind == "group" and hit.part == "body"):
        view.adding.open_at(at)
        return True
    if hit.kind == "edge" and hit.id is not None and edit_condition(view, hit.id) is not None:
        return True
    if hit.id is None or hit.part == "chevron":
        return False
    view.activated.emit(hit.id)
    return True


def cursor_of(view: CanvasView) -> Qt.CursorShape:
    if view.gesture is not None:
        return view.gesture.cursor
    if view.panning:
        return Qt.CursorShape.OpenHandCursor
    if view.editable and view.hovered.is_port:
        return Qt.CursorShape.CrossCursor
    if view.editable and view.hovered.kind == "edge":
        return Qt.CursorShape.PointingHandCursor
    return cursor_for(view.hovered.part) if view.editable and view.hovered.is_border else Qt.CursorShape.ArrowCursor


def lit_part(view: CanvasView, hit: Hit) -> QRectF | None:
    """The part of the world that looks different while the pointer is over something."""
    geometry = view.scene.geometry
    if (edge := geometry.links.slot.get(hit.id or "")) is not None:
        left, top, right, bottom = geometry.links.bounds[edge].tolist()
        return QRectF(left, top, right - left, bottom - top).adjusted(-90, -20, 90, 20)
    if (slot := geometry.boxes.slot.get(hit.id or "")) is not None:
        return QRectF(*geometry.boxes.rect[slot].tolist()).adjusted(-12, -12, 12, 12)
    return None

"""Align and distribute on a canvas: which elements it is about, and the one edit that moves them with all that stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.domain.alignment import Corner, Side, Way, aligned, distributed
from app.domain.errors import EditRefused
from app.domain.lanes import Box
from app.domain.measures import box_of
from app.domain.regrouping import roots_of
from app.domain.workflow import BlockGroup, Note, Position, Step
from app.ui.canvas.landing import move_edit

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


def movable(view: CanvasView) -> tuple[str, ...]:
    """What of the selection is moved by itself: no edges, and nothing that stands in a selected group."""
    graph, ids = view.graph, view.selected_ids()
    return (*roots_of(graph, ids), *(id for id in ids if id in graph.notes))


def align(view: CanvasView, side: Side) -> None:
    boxes = _boxes(view)
    if len(boxes) >= 2:
        _move(view, aligned(boxes, side), f"Align {side}")


def distribute(view: CanvasView, way: Way) -> None:
    boxes = _boxes(view)
    if len(boxes) >= 3:
        _move(view, distributed(boxes, way), f"Distribute {way}")


def _boxes(view: CanvasView) -> dict[str, Box]:
    return {id: box_of(view.graph, view.catalog, id, view.folding.folded) for id in movable(view)} if view.editable else {}


def _move(view: CanvasView, corners: Mapping[str, Corner], text: str) -> None:
    graph = view.graph
    positions: dict[str, Position] = {}
    for id, (x, y) in corners.items():
        element = graph.element(id)
        assert isinstance(element, Step | BlockGroup | Note)
        dx, dy = round(x) - element.position.x, round(y) - element.position.y
        if dx or dy:
            for key in (id, *(graph.descendants_of(id) if id in graph.groups else ())):
                moved = graph.element(key)
                assert isinstance(moved, Step | BlockGroup | Note)
                positions[key] = Position(moved.position.x + dx, moved.position.y + dy)
    if not positions:
        return
    try:
        roots = [id for id in corners if id in positions]
        view.change(move_edit(graph, view.catalog, positions, roots, None, folded=view.folding.folded, text=text))
    except EditRefused as refusal:
        view.refused.emit(str(refusal))

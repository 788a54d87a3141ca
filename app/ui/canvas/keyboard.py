"""The canvas without a mouse: which element an arrow or Tab leads to, and what each key does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.domain.edits import MoveElements
from app.domain.measures import GRID
from app.domain.workflow import BlockGroup, Note, Position, Step
from app.ui.canvas.along_wires import beside, end_of, wire_at
from app.ui.canvas.condition_field import edit_condition
from app.ui.canvas.geometry import Geometry, Kind

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
# A step straight ahead is nearer than one that is as far but aside.
ASIDE = 2.0
# What lies more aside than ahead is taken only when nothing else is there.
OUT_OF_SIGHT = 1e9


def nearest(geometry: Geometry, key: str, direction: tuple[int, int]) -> str | None:
    """The step or group whose middle lies nearest in a direction; None when there is none that way."""
    start = geometry.boxes.slot.get(key)
    if start is None:
        return None
    slots = reachable(geometry)
    slots = slots[slots != start]
    rect = geometry.boxes.rect
    middle = rect[slots, :2] + rect[slots, 2:] / 2 - (rect[start, :2] + rect[start, 2:] / 2)
    ahead = middle[:, 0] * direction[0] + middle[:, 1] * direction[1]
    aside = np.abs(middle[:, 0] * direction[1]) + np.abs(middle[:, 1] * direction[0])
    way = np.where(ahead > 1, ahead + ASIDE * aside + np.where(aside > ahead, OUT_OF_SIGHT, 0.0), np.inf)
    if not len(way) or not np.isfinite(way.min()):
        return None
    return geometry.boxes.ids[int(slots[way.argmin()])]


def in_reading_order(geometry: Geometry) -> list[str]:
    """Steps and folded groups from left to right, then top to bottom: the order of Tab."""
    slots = reachable(geometry)
    rect = geometry.boxes.rect
    ordered = slots[np.lexsort((rect[slots, 1], np.round(rect[slots, 0] / 96)))]
    return [key for key in (geometry.boxes.ids[slot] for slot in ordered.tolist()) if key is not None]


def reachable(geometry: Geometry) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    boxes = geometry.boxes
    return np.flatnonzero(boxes.shown & ((boxes.kind == Kind.STEP) | boxes.collapsed))


def press(view: CanvasView, event: QKeyEvent) -> bool:
    """Do what a key means on the canvas; false when it means nothing here."""
    if event.matches(QKeySequence.StandardKey.SelectAll):
        view.select_all()
    elif event.matches(QKeySequence.StandardKey.Undo):
        view.undo()
    elif event.matches(QKeySequence.StandardKey.Redo):
        view.redo()
    elif event.key() in ARROWS:
        return _arrow(view, event)
    elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        view.delete_selected(heal=not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return _enter(view)
    elif event.key() == Qt.Key.Key_Escape:
        return view.cancel()
    elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return _zoom_key(view, Qt.Key(event.key()))
    else:
        return False
    return True


def add_by_typing(view: CanvasView, *, behind: bool) -> None:
    """Ask what to add: at the pointer, or behind the one step or group that is selected."""
    selected = [key for key in view.selected_ids() if key in view.graph.steps or key in view.graph.groups]
    if behind and len(selected) == 1 and view.scene.geometry.boxes.shown[view.scene.geometry.boxes.slot[selected[0]]]:
        view.adding.open_after(selected[0])
    else:
        view.adding.open_at_cursor()


def step_through(view: CanvasView, *, forward: bool) -> bool:
    """Tab: select the next (or previous) step; false at the end, where the focus goes on."""
    order = in_reading_order(view.scene.geometry)
    selected = view.selected_ids()
    index = order.index(selected[-1]) if selected and selected[-1] in order else (-1 if forward else len(order))
    index += 1 if forward else -1
    if not 0 <= index < len(order):
        return False
    view.select((order[index],))
    view.ensure_visible(order[index])
    return True


def _zoom_key(view: CanvasView, key: Qt.Key) -> bool:
    match key:
        case Qt.Key.Key_0:
            view.zoom_to_fit()
        case Qt.Key.Key_1:
            view.set_zoom(1.0)
        case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
            view.zoom_in()
        case Qt.Key.Key_Minus:
            view.zoom_out()
        case _:
            return False
    return True


def _enter(view: CanvasView) -> bool:
    selected = view.selected_ids()
    if not selected:
        return False
    if selected[-1] in view.graph.edges and edit_condition(view, selected[-1]) is not None:
        return True
    view.activated.emit(selected[-1])
    return True


def _arrow(view: CanvasView, event: QKeyEvent) -> bool:
    """Plain: go to the nearest step that way. Shift: take it along. Ctrl: move the selection by one grid step.

    Ctrl and Shift, left or right: go to a wire of the step. From a wire plain arrows lead to its ends and to the next wire.
    """
    direction = ARROWS[Qt.Key(event.key())]
    selected = view.selected_ids()
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return _nudge(view, direction)
        return _go(view, wire_at(view, selected[-1], forward=direction[0] > 0) if selected and direction[0] else None)
    if selected and selected[-1] in view.graph.edges:
        down, right = direction[1] > 0, direction[0] > 0
        return _go(view, end_of(view, selected[-1], forward=right) if direction[0] else beside(view, selected[-1], down=down))
    geometry = view.scene.geometry
    start = next((key for key in reversed(selected) if key in geometry.boxes.slot), None)
    following = nearest(geometry, start, direction) if start is not None else _nearest_to_middle(view)
    if following is None:
        return True
    view.select((*selected, following) if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else (following,))
    view.ensure_visible(following)
    return True


def _go(view: CanvasView, id: str | None) -> bool:
    if id is not None:
        view.select((id,))
        view.ensure_visible(id)
    return True


def _nearest_to_middle(view: CanvasView) -> str | None:
    slots = reachable(view.scene.geometry)
    if not len(slots):
        return None
    middle = view.camera.to_world(QRectF(view.rect()).center())
    rect = view.scene.geometry.boxes.rect[slots]
    away = np.hypot(rect[:, 0] + rect[:, 2] / 2 - middle.x(), rect[:, 1] + rect[:, 3] / 2 - middle.y())
    return view.scene.geometry.boxes.ids[int(slots[away.argmin()])]


def _nudge(view: CanvasView, direction: tuple[int, int]) -> bool:
    if not view.editable:
        return True
    graph = view.graph
    moved = dict.fromkeys(key for key in view.selected_ids() if key not in graph.edges)
    for key in list(moved):
        if key in graph.groups:
            moved.update(dict.fromkeys(graph.descendants_of(key)))
    positions: list[tuple[str, Position]] = []
    for key in moved:
        element = graph.element(key)
        if isinstance(element, Step | BlockGroup | Note):
            at = element.position
            positions.append((key, Position(at.x + direction[0] * GRID, at.y + direction[1] * GRID)))
    if positions:
        view.change(MoveElements(tuple(positions)), merge_key=f"nudge {sorted(moved)}")
    return True

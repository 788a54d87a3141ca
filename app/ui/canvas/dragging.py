"""Dragging steps, groups and notes: they are lifted off the backing store and follow the pointer on the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtWidgets import QApplication

from app.domain.edits import Batch
from app.domain.errors import EditRefused
from app.domain.fragments import cut_out
from app.domain.lanes import HEADER
from app.domain.workflow import BlockGroup, Position, Step
from app.ui.canvas.clipboard import Wanted
from app.ui.canvas.decorations import paint_target
from app.ui.canvas.displacing import paint_ghosts
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.geometry import Kind
from app.ui.canvas.ghost import paint_ghost
from app.ui.canvas.giving_way import GivingWay
from app.ui.canvas.guides import Guides
from app.ui.canvas.hand_hints import paint_hints
from app.ui.canvas.hits import Hit
from app.ui.canvas.landing import Place, move_edit, place_at
from app.ui.canvas.rows import Slots
from app.ui.canvas.splicing import Splicing

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

HINTS = (("Shift", "keep neighbours in place"), ("Alt", "no guides"), ("Ctrl", "drop a copy"), ("Esc", "put it back"))


class Drag:
    """A press on an element selects it; moved on, it drags the selection, a group with all that stands in it.

    Guides show what it lines up with; Alt switches them and the grid off. Dropped over another group or lane than the
    grabbed element stood in, what was dragged goes there; a step or group without wires over a wire goes into it. With Ctrl held
    what was dragged stays, and a copy of it is put where it is let go.
    """

    cursor = Qt.CursorShape.ArrowCursor
    lives = False

    def __init__(self, view: CanvasView, hit: Hit, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        assert hit.id is not None
        self._view, self._grabbed = view, hit.id
        self._pressed_at, self._start = at, view.camera.to_world(at)
        selected = view.selected_ids()
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._narrow_on_click = hit.id in selected and not shift and not ctrl
        self._drop_on_click = hit.id in selected and (shift or ctrl)
        # Pressed with Ctrl it may become a click, which adds it to the selection, or a drag, which copies it alone.
        self._add_on_click = hit.id not in selected and ctrl
        if hit.id not in selected and not ctrl:
            view.select((*selected, hit.id) if shift else (hit.id,))
        self._lifted = self._keeps = self._copies = False
        self._place: Place | None = None
        self._home = self._place_of(hit.id)
        self._shift = (0, 0)
        self._roots: tuple[str, ...] = ()
        self._lone: Step | BlockGroup | None = None
        self._splicing = Splicing(view)
        self._slots: Slots = np.zeros(0, np.intp)
        self._edges: Slots = np.zeros(0, np.intp)

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        barely = (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance()
        if not self._lifted and (barely or not self._lift()):
            return
        now = self._view.camera.to_world(at)
        x, y = self._base[self._grabbed_row].tolist()
        dx, dy = now.x() - self._start.x(), now.y() - self._start.y()
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self._guides.hide()
        else:
            left, top, width, height = self._extent
            box = left + dx, top + dy, width, height
            more = self._guides.show(box, grabbed=(x + dx, y + dy), scale=self._view.camera.scale)
            dx, dy = dx + more[0], dy + more[1]
        self._copies = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        moving = frozenset[int]() if self._copies else self._moving
        self._place = place_at(self._view.scene.geometry, now.x(), now.y(), moving=moving)
        self._keeps = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if self._copies:
            self._show((0, 0))
            self._shift = (round(dx), round(dy))
            self._giving_way.follow((0, 0), None, keep=True)
            self._splicing.forget()
            return
        self._show((dx, dy))
        if self._lone is not None and self._place is not None:
            down = HEADER / 2 if isinstance(self._lone, BlockGroup) else self._extent[3] / 2
            middle = QPointF(x + dx + self._extent[2] / 2, y + dy + down)
            self._splicing.hold(self._lone, (now, middle), self._place, own=self._edges)
            if self._splicing.edge_id is not None:
                self._guides.hide()
        # A group that goes into a wire covers nothing where it is let go: it and what follows move along the wire.
        in_wire = isinstance(self._lone, BlockGroup) and self._splicing.edge_id is not None
        self._giving_way.follow((0, 0) if in_wire else self._shift, self._moved_to, keep=self._keeps)

    def end(self, at: QPointF) -> None:
        if not self._lifted:
            self._click()
            return
        shift = self._shift
        self._put_back()
        if shift != (0, 0) and self._copies:
            view = self._view
            view.clipboard.put(cut_out(view.graph, view.catalog, self._roots), Wanted(shift, self._moved_to))
        elif shift != (0, 0):
            graph = self._view.graph
            ids = self._view.scene.geometry.boxes.ids
            positions = {
                key: Position(round(x + shift[0]), round(y + shift[1]))
                for key, (x, y) in zip((ids[slot] for slot in self._slots.tolist()), self._base.tolist(), strict=True)
                if key is not None
            }
            folded = self._view.folding.folded
            into_wire = self._splicing.edit(self._lone) if self._lone is not None else None
            keep = self._keeps or (into_wire is not None and isinstance(self._lone, BlockGroup))
            try:
                edit = move_edit(graph, self._view.catalog, positions, self._roots, self._moved_to, folded=folded, keep=keep)
                if into_wire is not None and self._lone is not None:
                    edit = self._splicing.with_space(Batch((edit, into_wire), "Put into a connection"), self._lone.id)
            except EditRefused as refusal:
                self._view.refused.emit(str(refusal))
            else:
                self._view.change(edit)
                if self._splicing.refusal:
                    self._view.refused.emit(self._splicing.refusal)

    def cancel(self) -> None:
        if self._lifted:
            self._put_back()

    def paint(self, frame: Frame) -> None:
        """The group it would land in, and ghosts where the drag began."""
        if not self._lifted:
            return
        if self._place is not None and self._place != self._home:
            paint_target(frame, self._view.scene, self._place)
        self._giving_way.paint(frame)
        paint_hints(frame, self._view, HINTS if self._giving_way.has_groups else HINTS[1:])
        self._splicing.paint(frame)
        self._guides.paint(frame, self._view.scene.pictures.look)
        if frame.detail >= Detail.NEAR and len(self._slots) <= 60:
            rect = self._view.scene.geometry.boxes.rect[self._slots].copy()
            look = self._view.scene.pictures.look
            rect[:, :2] = self._base
            if self._copies:
                for x, y, width, height in (rect + np.array([*self._shift, 0, 0])).tolist():
                    paint_ghost(frame, look, None, QPointF(x, y), QSizeF(width, height))
            else:
                paint_ghosts(frame, rect, look.border_strong)

    def _click(self) -> None:
        if self._narrow_on_click:
            self._view.select((self._grabbed,))
        elif self._add_on_click:
            self._view.select((*self._view.selected_ids(), self._grabbed))
        elif self._drop_on_click:
            self._view.select(tuple(key for key in self._view.selected_ids() if key != self._grabbed))

    def _lift(self) -> bool:
        """Take the selection off the canvas; false when nothing of it can be moved."""
        view, geometry = self._view, self._view.scene.geometry
        if not view.editable or self._grabbed not in geometry.boxes.slot:
            return False
        if self._add_on_click:
            view.select((self._grabbed,))
        graph = view.graph
        movable = [key for key in view.selected_ids() if key in geometry.boxes.slot]
        inside = {key for group in movable if group in graph.groups for key in graph.descendants_of(group)}
        self._roots = tuple(key for key in movable if key not in inside)
        everything = dict.fromkeys([*self._roots, *inside])
        self._slots = np.array([geometry.boxes.slot[key] for key in everything], np.intp)
        grabbed = geometry.boxes.slot[self._grabbed]
        self._grabbed_row = int(np.flatnonzero(self._slots == grabbed)[0])
        self._base = geometry.boxes.rect[self._slots, :2].copy()
        self._moving = frozenset(self._slots.tolist())
        self._edges = geometry.edges_of(self._slots)
        roots = np.array([geometry.boxes.slot[key] for key in self._roots], np.intp)
        left, top, right, bottom = geometry.extent(roots) or (0.0, 0.0, 0.0, 0.0)
        self._extent = left, top, right - left, bottom - top
        self._guides = Guides.over(geometry, self._slots, view.camera.rect_to_world(QRectF(view.rect())))
        within = np.isin(geometry.links.ends, self._slots) & geometry.links.alive[:, None]
        if len(self._roots) == 1 and (within.all(axis=1) == within.any(axis=1)).all():  # no edge leads out
            self._lone = graph.steps.get(self._roots[0]) or graph.groups.get(self._roots[0])
        view.composer.lift(self._slots, self._edges)
        self._giving_way = GivingWay(view, self._roots)
        self._lifted = True
        return True

    @property
    def _moved_to(self) -> Place | None:
        """Where it goes if that is elsewhere than it stood."""
        return self._place if self._place != self._home and self._home is not None else None

    def _show(self, shift: tuple[float, float]) -> None:
        self._shift = (round(shift[0]), round(shift[1]))
        geometry = self._view.scene.geometry
        rects = geometry.boxes.rect[self._slots].copy()
        rects[:, :2] = self._base + np.array(self._shift)
        geometry.shift(self._slots, rects, self._edges)
        self._view.update()

    def _put_back(self) -> None:
        self._show((0, 0))
        self._lifted = False
        self._view.composer.settle()

    def _place_of(self, key: str) -> Place | None:
        """Where an element stands; a note stands nowhere and is never put into a group."""
        geometry = self._view.scene.geometry
        slot = geometry.boxes.slot.get(key)
        if slot is None or geometry.boxes.kind[slot] == Kind.NOTE:
            return None
        group_id, role = self._view.graph.parent_of(key)
        return Place(group_id, role if group_id is not None else None)

"""A palette entry over the canvas: where it would land shows as a ghost, and the drop adds it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QDropEvent

from app.domain.lanes import HEADER
from app.domain.workflow import BlockGroup, Step
from app.ui.canvas.decorations import paint_target
from app.ui.canvas.entries import Entry, entry_from_mime
from app.ui.canvas.frame import Frame
from app.ui.canvas.ghost import ghost_size, paint_ghost
from app.ui.canvas.landing import add_edit, new_node, place_at
from app.ui.canvas.note_field import add_note, new_note
from app.ui.canvas.note_item import LEFT as NOTE_LEFT
from app.ui.canvas.note_item import TOP as NOTE_TOP
from app.ui.canvas.splicing import Splicing

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class Dropping:
    """What hangs over the canvas, if anything."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._entry: Entry | None = None
        self._at = QPointF()
        self._splicing = Splicing(view)

    @property
    def is_over(self) -> bool:
        return self._entry is not None

    def over(self, event: QDropEvent) -> bool:
        """Follow a drag; false when it is none of ours."""
        entry = entry_from_mime(event.mimeData(), self._view.catalog) if self._view.editable else None
        self._entry, self._at = entry, event.position()
        self._splicing.forget()
        if entry is not None and entry.kind != "note":
            world = self._view.camera.to_world(self._at)
            place = place_at(self._view.scene.geometry, world.x(), world.y())
            node = Step("", "", entry.type, entry.config) if entry.kind == "step" else BlockGroup("", "", entry.type, entry.config)
            self._splicing.hold(node, (world,), place)
        self._view.update()
        return entry is not None

    def gone(self) -> None:
        self._entry = None
        self._splicing.forget()
        self._view.update()

    def drop(self, event: QDropEvent) -> bool:
        if not self.over(event) or self._entry is None:
            return False
        self.add(self._entry, event.position())
        self.gone()
        return True

    def add(self, entry: Entry, at: QPointF) -> None:
        """Add an entry at a point of the widget, into the group and lane under it and the wire it is held over, and select it."""
        view = self._view
        world = view.camera.to_world(at)
        if entry.kind == "note":
            size = ghost_size(entry, view.catalog)
            add_note(view, new_note((world.x() - size.width() / 2 + NOTE_LEFT, world.y() - size.height() / 2 + NOTE_TOP)))
            return
        place = place_at(view.scene.geometry, world.x(), world.y())
        node = new_node(view.graph, view.catalog, entry, at=(world.x(), world.y()), place=place)
        into_wire = self._splicing.edit(node) if isinstance(node, Step) else None
        wires = (into_wire,) if into_wire is not None else ()
        edit = add_edit(view.graph, view.catalog, node, wires=wires, folded=view.folding.folded)
        if view.change(self._splicing.with_space(edit, node.id) if wires else edit):
            view.select((node.id,))
            if self._splicing.refusal:
                view.refused.emit(self._splicing.refusal)

    def paint(self, frame: Frame) -> None:
        if self._entry is None:
            return
        view, entry = self._view, self._entry
        world = frame.camera.to_world(self._at)
        if entry.kind != "note":
            paint_target(frame, view.scene, place_at(view.scene.geometry, world.x(), world.y()))
        self._splicing.paint(frame)
        size = ghost_size(entry, view.catalog)
        above = HEADER / 2 if entry.kind == "group" else size.height() / 2
        paint_ghost(frame, view.scene.pictures.look, entry, world - QPointF(size.width() / 2, above), size)

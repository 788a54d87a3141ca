"""Which groups of a view are folded into one node. It belongs to who looks, not to the graph; opening makes room in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.edits import Batch, GraphEdit
from app.domain.room import opening_edit

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class Folding(QObject):
    """Folds and opens the groups of one view. `changed` tells that others are folded now."""

    changed = Signal()

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        # Groups by the words of the edit that made room for them.
        self._opened: dict[str, tuple[str, Batch]] = {}

    @property
    def folded(self) -> frozenset[str]:
        return self._view.scene.geometry.collapsed_ids

    def show(self, ids: Iterable[str]) -> None:
        """Fold these groups, as far as they are there, and no others; nothing is moved."""
        wanted = frozenset(key for key in ids if key in self._view.graph.groups)
        if wanted != self.folded:
            self._view.scene.collapse(wanted)
            self._view.composer.invalidate()
            self._view.graph_changed.emit()
            self.changed.emit()

    def toggle(self, group_id: str) -> None:
        """Fold a group, or open it where it is; what it then covers is moved aside."""
        opens = group_id in self.folded
        room = opening_edit(self._view.graph, self._view.catalog, group_id, self.folded) if opens and self._view.editable else None
        self.show(self.folded ^ {group_id})
        if room is not None:
            self._opened[room.text] = group_id, room
            self._view.change(room)

    def follow(self, edit: GraphEdit) -> None:
        """An edit was done, or undone: with the room that was made for a group its inside comes and goes."""
        if isinstance(edit, Batch) and edit.text in self._opened:
            group_id, room = self._opened[edit.text]
            self.show(self.folded - {group_id} if edit == room else self.folded | {group_id})

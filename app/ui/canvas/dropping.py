"""A palette entry over the canvas: where it would land shows as a ghost, and the drop adds it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QDropEvent, QPen

from app.domain.lanes import HEADER, LANE_HEIGHT
from app.domain.measures import roles_of
from app.domain.workflow import NODE_HEIGHT, NODE_WIDTH
from app.ui.canvas.decorations import paint_target
from app.ui.canvas.entries import Entry, entry_from_mime
from app.ui.canvas.frame import Frame
from app.ui.canvas.landing import NEW_GROUP_WIDTH, add_edit, new_node, place_at
from app.ui.canvas.step_item import paint_icon
from app.ui.theme import font, tint

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class Dropping:
    """What hangs over the canvas, if anything."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._entry: Entry | None = None
        self._at = QPointF()

    def over(self, event: QDropEvent) -> bool:
        """Follow a drag; false when it is none of ours."""
        entry = entry_from_mime(event.mimeData(), self._view.catalog) if self._view.editable else None
        self._entry, self._at = entry, event.position()
        self._view.update()
        return entry is not None

    def gone(self) -> None:
        self._entry = None
        self._view.update()

    def drop(self, event: QDropEvent) -> bool:
        if not self.over(event) or self._entry is None:
            return False
        entry = self._entry
        self.gone()
        self.add(entry, event.position())
        return True

    def add(self, entry: Entry, at: QPointF) -> None:
        """Add an entry at a point of the widget, into the group and lane under it, and select it."""
        view = self._view
        world = view.camera.to_world(at)
        place = place_at(view.scene.geometry, world.x(), world.y())
        node = new_node(view.graph, view.catalog, entry, at=(world.x(), world.y()), place=place)
        if view.change(add_edit(view.graph, view.catalog, node)):
            view.select((node.id,))

    def paint(self, frame: Frame) -> None:
        if self._entry is None:
            return
        view, entry, painter = self._view, self._entry, frame.painter
        world = frame.camera.to_world(self._at)
        paint_target(frame, view.scene, place_at(view.scene.geometry, world.x(), world.y()))
        width, height = float(NODE_WIDTH), float(NODE_HEIGHT)
        if entry.kind == "group":
            width, height = NEW_GROUP_WIDTH, HEADER + LANE_HEIGHT * len(roles_of(entry.type, entry.config, view.catalog))
        look = view.scene.pictures.look
        painter.save()
        painter.setRenderHint(painter.RenderHint.Antialiasing, True)
        painter.translate(self._at)
        painter.scale(frame.camera.scale, frame.camera.scale)
        painter.translate(-width / 2, -height / 2 if entry.kind == "step" else -HEADER / 2)
        pen = QPen(look.accent, 1.5)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(tint(look.tokens.accent, 0.08))
        painter.drawRoundedRect(QRectF(0, 0, width, height), 12, 12)
        paint_icon(painter, entry.icon, look.category(entry.category).colour, QRectF(21, 22 if entry.kind == "step" else 13, 20, 20))
        painter.setPen(look.text)
        painter.setFont(font("node_title"))
        words = QRectF(60, 0, width - 70, NODE_HEIGHT if entry.kind == "step" else HEADER)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, entry.title)
        painter.restore()

"""Where something would land: its outline in accent, with the name and icon of what would stand there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPen

from app.domain.catalog import Catalog
from app.domain.lanes import HEADER, LANE_HEIGHT
from app.domain.measures import roles_of
from app.domain.workflow import NODE_HEIGHT, NODE_WIDTH
from app.ui.canvas.entries import Entry
from app.ui.canvas.frame import Frame
from app.ui.canvas.landing import NEW_GROUP_WIDTH
from app.ui.canvas.look import Look
from app.ui.canvas.note_field import NEW_SIZE
from app.ui.canvas.step_item import elided, paint_icon
from app.ui.theme import font, tint


def ghost_size(entry: Entry, catalog: Catalog) -> QSizeF:
    """The size of what an entry makes, in world px."""
    if entry.kind == "step":
        return QSizeF(NODE_WIDTH, NODE_HEIGHT)
    if entry.kind == "note":
        return QSizeF(NEW_SIZE.width, NEW_SIZE.height)
    return QSizeF(NEW_GROUP_WIDTH, HEADER + LANE_HEIGHT * len(roles_of(entry.type, entry.config, catalog)))


def paint_ghost(frame: Frame, look: Look, entry: Entry | None, corner: QPointF, size: QSizeF, *, second: str = "") -> None:
    """Accent dashed, filled with 8 %; `second` is a line under the name."""
    painter = frame.painter
    painter.save()
    painter.setRenderHint(painter.RenderHint.Antialiasing, True)
    painter.translate(frame.camera.to_screen(corner))
    painter.scale(frame.camera.scale, frame.camera.scale)
    pen = QPen(look.accent, 1.5)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(tint(look.tokens.accent, 0.08))
    painter.drawRoundedRect(QRectF(QPointF(0, 0), size), 12, 12)
    if entry is not None:
        as_node = size.height() <= NODE_HEIGHT
        paint_icon(painter, entry.icon, look.category(entry.category).colour, QRectF(21, 22 if as_node else 13, 20, 20))
        painter.setPen(look.text)
        painter.setFont(font("node_title"))
        room = size.width() - 70
        title = elided(entry.title, "title", room)
        if second:
            painter.drawText(QPointF(60, 29), title)
            painter.setPen(look.second)
            painter.setFont(font("second"))
            painter.drawText(QPointF(60, 47), elided(second, "second", room))
        else:
            words = QRectF(60, 0, room, NODE_HEIGHT if as_node else HEADER)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, title)
    painter.restore()

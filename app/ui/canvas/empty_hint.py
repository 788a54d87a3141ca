"""What an empty canvas says: how a workflow is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt

from app.ui.canvas.frame import Frame
from app.ui.icons import pixmap
from app.ui.theme import font

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

FIRST = "Press Space, or double click, to add the first step."
SECOND = "Or drag one here from the palette, or paste a workflow."
ICON = 36


def paint_empty_hint(frame: Frame, view: CanvasView) -> None:
    """In the middle of a canvas without anything, as long as nothing hangs over it."""
    graph = view.graph
    if graph.steps or graph.groups or graph.notes or not view.editable or view.adding.popup is not None or view.dropping.is_over:
        return
    look, painter = view.scene.pictures.look, frame.painter
    middle = QRectF(view.rect()).center()
    picture = pixmap("workflow", look.tokens.text_third, ICON, frame.camera.dpr)
    painter.drawPixmap(round(middle.x() - ICON / 2), round(middle.y() - 64), picture)
    for words, style, colour, top in ((FIRST, font("ui"), look.text, -12), (SECOND, font("second"), look.second, 12)):
        painter.setFont(style)
        painter.setPen(colour)
        painter.drawText(QRectF(0, middle.y() + top, view.width(), 22), Qt.AlignmentFlag.AlignCenter, words)

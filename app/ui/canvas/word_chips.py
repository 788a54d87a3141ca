"""Words that hang on elements for a while, such as “recovered”: a chip on each, an outline from afar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from app.ui.canvas import step_item
from app.ui.canvas.batches import draw_rects
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.overlay_layer import OverlayLayer
from app.ui.canvas.pictures import draw
from app.ui.canvas.scene import Scene
from app.ui.canvas.sprites import whole


@dataclass(frozen=True, slots=True)
class WordChip:
    """A word with its icon, in the colour of warnings."""

    word: str
    icon: str


def paint_word_chips(frame: Frame, scene: Scene, overlay: OverlayLayer, marks: Mapping[str, WordChip]) -> None:
    """A chip over the corner of each marked node in sight, left of a run's own; a header's stands on its band."""
    if not marks:
        return
    geometry, look = scene.geometry, scene.pictures.look
    seen = geometry.boxes_in(*frame.world)
    slots = [slot for key in marks if (slot := geometry.boxes.slot.get(key)) is not None and seen[slot]]
    if frame.detail < Detail.NEAR:
        frame.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        frame.painter.setBrush(Qt.BrushStyle.NoBrush)
        frame.painter.setPen(QPen(look.warn, 1))
        draw_rects(frame.painter, np.rint(frame.on_screen(geometry.boxes.rect[np.array(slots, np.intp)])))
        return
    for slot in slots:
        mark = marks[geometry.boxes.ids[slot] or ""]
        sprite = scene.pictures.word_chip(mark.word, mark.icon, frame)
        if sprite is None:
            continue
        taken = overlay.chip_box(slot)
        x, y, width, _ = geometry.boxes.rect[slot]
        right = taken.left() - 4 if taken is not None else x + width - step_item.CHIP_RIGHT
        corner = frame.camera.to_screen(QPointF(right - step_item.chip_width(mark.word), y - step_item.CHIP_HEIGHT / 2))
        draw(sprite, frame, whole(corner.x(), frame.camera.dpr), whole(corner.y(), frame.camera.dpr))

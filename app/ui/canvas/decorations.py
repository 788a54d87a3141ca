"""What is painted over everything: selection, hover, problems and the place something would be dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.domain.problems import Severity
from app.ui.canvas import edge_item, group_item, step_item
from app.ui.canvas.batches import draw_rects
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.hits import Hit
from app.ui.canvas.landing import Place
from app.ui.canvas.overlay_layer import OverlayLayer
from app.ui.canvas.pictures import draw
from app.ui.canvas.rows import Slots
from app.ui.canvas.scene import Scene
from app.ui.canvas.sprites import whole
from app.ui.theme import tint


def paint_selection(frame: Frame, scene: Scene, ids: Iterable[str]) -> None:
    """2 px accent with a soft halo; from afar an outline."""
    geometry, look = scene.geometry, scene.pictures.look
    slots = np.array([geometry.boxes.slot[key] for key in ids if key in geometry.boxes.slot], np.intp)
    edges = np.array([geometry.links.slot[key] for key in ids if key in geometry.links.slot], np.intp)
    if len(edges):
        _paint_edges(frame, scene, edges[geometry.links.shown[edges]], selected=True)
    slots = slots[geometry.boxes_in(*frame.world)[slots]]
    if not len(slots):
        return
    painter = frame.painter
    if frame.detail < Detail.NEAR:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.accent, 1 if frame.detail is Detail.FAR else 2))
        places = np.rint(frame.on_screen(geometry.boxes.rect[slots]))
        places += np.array([-1.0, -1.0, 2.0, 2.0])
        draw_rects(painter, places)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    rects = geometry.boxes.rect[slots]
    corners, places = frame.corners(rects).tolist(), frame.on_screen(rects).tolist()
    is_node = geometry.nodes[slots].tolist()
    for slot, (x, y), place, node in zip(slots.tolist(), corners, places, is_node, strict=True):
        if node:
            sprite = scene.pictures.node_frame(slot, look.accent, look.halo, frame)
            if sprite is not None:
                draw(sprite, frame, x, y)
        else:
            group_item.paint_group_frame(painter, QRectF(*place), look.accent, look.halo, frame.camera.scale)
    scene.layers.header_ports(frame, slots[geometry.opened[slots]])


def paint_hover(frame: Frame, scene: Scene, hit: Hit, *, editable: bool) -> None:
    """The border of what the pointer is over, and its port a little larger."""
    if hit.id is None or frame.detail is Detail.FAR:
        return
    geometry, look, painter, scale = scene.geometry, scene.pictures.look, frame.painter, frame.camera.scale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if hit.kind == "edge":
        slot = geometry.links.slot.get(hit.id)
        if slot is not None:
            _paint_edges(frame, scene, np.array([slot], np.intp), selected=False)
        return
    slot = geometry.boxes.slot.get(hit.id)
    if slot is None:
        return
    rect = geometry.boxes.rect[slot]
    if hit.kind != "group" or hit.part != "body":
        radius = (group_item.RADIUS if hit.kind == "group" else step_item.RADIUS) * scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.third, max(1.0, 1.5 * scale)))
        box = QRectF(*frame.on_screen(rect[None])[0])
        painter.drawRoundedRect(box, radius, radius)
        if hit.kind in ("group", "note") and editable:
            group_item.paint_handle(painter, box, hit.part, look)
    if hit.is_port:
        at = frame.camera.to_screen(QPointF(*geometry.port(slot, hit.part)))
        painter.setPen(QPen(look.canvas, step_item.PORT_RING * scale))
        painter.setBrush(look.categories[geometry.boxes.category[slot]].colour)
        painter.drawEllipse(at, step_item.PORT_RADIUS * 1.3 * scale, step_item.PORT_RADIUS * 1.3 * scale)


def paint_problems(frame: Frame, scene: Scene, overlay: OverlayLayer, problems: Mapping[str, Severity]) -> None:
    """A chip on each invalid step and group, left of the run's own chip; an invalid edge in its colour."""
    if not problems:
        return
    geometry, look = scene.geometry, scene.pictures.look
    for severity, colour, state in (("warning", look.warn, "warning"), ("error", look.error, "failed")):
        marked = [key for key, found in problems.items() if found == severity]
        slots = [geometry.boxes.slot[key] for key in marked if key in geometry.boxes.slot]
        edges = np.array([geometry.links.slot[key] for key in marked if key in geometry.links.slot], np.intp)
        points = frame.curve(geometry.links.points[edges[geometry.links.shown[edges]]])
        edge_item.draw_curves(frame.painter, points, colour, frame.camera.scale, clip=frame.clip)
        seen = geometry.boxes_in(*frame.world)
        visible = np.array([slot for slot in slots if seen[slot]], np.intp)
        if frame.detail < Detail.NEAR:
            frame.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            frame.painter.setBrush(Qt.BrushStyle.NoBrush)
            frame.painter.setPen(QPen(colour, 1))
            draw_rects(frame.painter, np.rint(frame.on_screen(geometry.boxes.rect[visible])))
            continue
        for slot in visible.tolist():
            sprite = scene.pictures.problem_chip(state, frame)
            taken = overlay.chip_box(slot)
            x, y, width, _ = geometry.boxes.rect[slot]
            right = taken.left() - 4 if taken is not None else x + width - step_item.CHIP_RIGHT
            corner = frame.camera.to_screen(QPointF(right - step_item.CHIP_HEIGHT, y - step_item.CHIP_HEIGHT / 2))
            if sprite is not None:
                draw(sprite, frame, whole(corner.x(), frame.camera.dpr), whole(corner.y(), frame.camera.dpr))


def paint_target(frame: Frame, scene: Scene, place: Place) -> None:
    """The group something would be dropped into, and its lane."""
    slot = scene.geometry.boxes.slot.get(place.group_id or "")
    if slot is None:
        return
    look, painter, scale = scene.pictures.look, frame.painter, frame.camera.scale
    rect = scene.geometry.boxes.rect[slot]
    box = QRectF(*frame.on_screen(rect[None])[0])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    lanes = scene.geometry.lanes(slot)
    for lane in lanes:
        if lane.role == place.role and len(lanes) > 1:
            strip = QRectF(box.left(), box.top() + lane.top * scale, box.width(), lane.height * scale)
            painter.fillRect(strip.adjusted(1, 1, -1, -1), tint(look.tokens.accent, 0.08))
    group_item.paint_group_frame(painter, box, look.accent, None, scale)


def _paint_edges(frame: Frame, scene: Scene, slots: Slots, *, selected: bool) -> None:
    look = scene.pictures.look
    points = frame.curve(scene.geometry.links.points[slots])
    colour = look.accent if selected else look.second
    if selected and frame.detail >= Detail.NEAR:
        edge_item.draw_curves(frame.painter, points, look.halo, frame.camera.scale, clip=frame.clip, width=edge_item.GLOW)
    edge_item.draw_curves(frame.painter, points, colour, frame.camera.scale, clip=frame.clip)
    scene.layers.labels(frame, slots, look.accent)

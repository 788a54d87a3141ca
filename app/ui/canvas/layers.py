"""What is painted at which level of detail: ground, groups, edges, nodes and labels of one frame, in this order.

Each function takes the slots to paint, chosen by whoever knows what is visible, static or moving.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.domain.lanes import HEADER, Lane
from app.ui.canvas import edge_item, group_item
from app.ui.canvas.batches import draw_rects
from app.ui.canvas.faces import CATEGORIES
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.geometry import Geometry
from app.ui.canvas.group_item import LaneLabel
from app.ui.canvas.labels import Crossings, LabelPlaces
from app.ui.canvas.pictures import Pictures, draw
from app.ui.canvas.rows import Floats, Slots
from app.ui.canvas.shapes import on_pixels
from app.ui.canvas.sprites import bucket, whole

DOT_SPACING = 24
DOT_GAP_PX = 14.0


def lane_passes(lane: Lane) -> bool:
    """Whether an empty lane gives its input on, and is high enough to say so."""
    return lane.height >= 64 and lane.role not in ("catch", "finally")


class Layers:
    """Painters over one geometry; they keep nothing but where labels stand."""

    def __init__(self, geometry: Geometry, pictures: Pictures) -> None:
        self._geometry, self._pictures = geometry, pictures
        self.label_places = LabelPlaces(geometry)
        self.crossings = Crossings(geometry)

    def ground(self, frame: Frame) -> None:
        """The canvas with its dots; they thin out so that they never stand closer than 14 px."""
        painter, camera = frame.painter, frame.camera
        painter.fillRect(frame.clip, self._pictures.look.canvas)
        spacing = DOT_SPACING
        while spacing * camera.scale < DOT_GAP_PX:
            spacing *= 2
        world = camera.rect_to_world(frame.clip)
        columns = np.arange(np.floor(world.left() / spacing), np.ceil(world.right() / spacing) + 1) * spacing
        rows = np.arange(np.floor(world.top() / spacing), np.ceil(world.bottom() / spacing) + 1) * spacing
        dots = np.empty((len(columns) * len(rows), 4))
        dots[:, 0] = np.tile(columns, len(rows))
        dots[:, 1] = np.repeat(rows, len(columns))
        dots[:, :2] = frame.corners(dots)
        dots[:, 2:] = 1.5 if camera.scale < 0.75 else 2.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._pictures.look.dot)
        draw_rects(painter, dots)

    # Groups

    def bodies(self, frame: Frame, slots: Slots) -> None:
        """Fill and border of opened groups, outer before inner."""
        boxes, look = self._geometry.boxes, self._pictures.look
        ordered = slots[np.argsort(boxes.depth[slots], kind="stable")]
        places = frame.on_screen(boxes.rect[ordered])
        scale = frame.camera.scale
        painter = frame.painter
        if frame.detail is Detail.FAR:
            self._far_bodies(frame, ordered, places)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for slot, place in zip(ordered.tolist(), places.tolist(), strict=True):
            box = on_pixels(QRectF(*place), frame.camera.dpr)
            category = look.categories[boxes.category[slot]]
            group_item.paint_body(painter, box, category, scale)
            lanes = self._geometry.lanes(slot)
            if len(lanes) > 1 and not self._geometry.is_header_only(slot):
                heights = [whole(place[1] + lane.top * scale, frame.camera.dpr) for lane in lanes[1:]]
                group_item.paint_dividers(painter, box, heights, category)

    def _far_bodies(self, frame: Frame, slots: Slots, places: Floats) -> None:
        boxes, painter = self._geometry.boxes, frame.painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for depth in np.unique(boxes.depth[slots]):
            for code in np.unique(boxes.category[slots]):
                chosen = (boxes.depth[slots] == depth) & (boxes.category[slots] == code)
                category = self._pictures.look.categories[code]
                painter.setPen(QPen(category.border, 0))
                painter.setBrush(category.header)
                draw_rects(painter, places[chosen])

    def headers(self, frame: Frame, slots: Slots) -> None:
        """Bands with their words, ports, lane labels and grips of opened groups."""
        if frame.detail is Detail.FAR:
            return
        boxes, look, painter = self._geometry.boxes, self._pictures.look, frame.painter
        ordered = slots[np.argsort(boxes.depth[slots], kind="stable")]
        places, corners = frame.on_screen(boxes.rect[ordered]), frame.corners(boxes.rect[ordered])
        scale = frame.camera.scale
        for slot, place, corner in zip(ordered.tolist(), places.tolist(), corners.tolist(), strict=True):
            box, category = on_pixels(QRectF(*place), frame.camera.dpr), look.categories[boxes.category[slot]]
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            group_item.paint_header_ground(painter, box, category, scale)
            words = self._pictures.header(slot, float(boxes.rect[slot, 2]), frame)
            if words is not None:
                draw(words, frame, corner[0], corner[1])
            if frame.detail >= Detail.NEAR:
                self._lane_labels(frame, slot, corner)
                group_item.paint_grip(painter, box, category, scale)
        self.header_ports(frame, ordered)

    def header_ports(self, frame: Frame, slots: Slots) -> None:
        """The ports on the header lines of opened groups."""
        if frame.detail is Detail.FAR:
            return
        boxes, dpr = self._geometry.boxes, frame.camera.dpr
        for slot, (x, y, width, _) in zip(slots.tolist(), frame.on_screen(boxes.rect[slots]).tolist(), strict=True):
            sprite = self._pictures.port(CATEGORIES[boxes.category[slot]], frame)
            if sprite is not None:
                line = whole(y + HEADER / 2 * frame.camera.scale, dpr)
                draw(sprite, frame, whole(x, dpr), line)
                draw(sprite, frame, whole(x + width, dpr), line)

    def _lane_labels(self, frame: Frame, slot: int, corner: list[float]) -> None:
        boxes, camera = self._geometry.boxes, frame.camera
        face = self._pictures.group_face(slot)
        if self._geometry.is_header_only(slot):
            inside = LaneLabel(
                "", "", face.category, float(boxes.rect[slot, 2]), float(boxes.rect[slot, 3]) - HEADER, hint="zoom in to see its steps"
            )
            if (sprite := self._pictures.lane_label(inside, frame)) is not None:
                draw(sprite, frame, corner[0], whole(corner[1] + HEADER * camera.scale, camera.dpr))
            return
        lanes = self._geometry.lanes(slot)
        filled = self._geometry.filled_roles(slot)
        width = float(boxes.rect[slot, 2])
        for lane, detail in zip(lanes, face.details, strict=True):
            empty = lane.role not in filled and lane.height >= 40
            if lane.height < group_item.SMALLEST_LABELLED or (len(lanes) == 1 and not empty):
                continue
            role = lane.role if len(lanes) > 1 else ""
            passes = empty and lane_passes(lane)
            label = LaneLabel(role, detail, face.category, width, lane.height if empty else None, passes)
            sprite = self._pictures.lane_label(label, frame)
            if sprite is not None:
                draw(sprite, frame, corner[0], whole(corner[1] + lane.top * camera.scale, camera.dpr))

    # Notes and nodes

    def notes(self, frame: Frame, slots: Slots) -> None:
        rects = self._geometry.boxes.rect[slots]
        for slot, rect, corner in zip(slots.tolist(), rects, frame.corners(rects).tolist(), strict=True):
            sprite = None if frame.detail is Detail.FAR else self._pictures.note(slot, (float(rect[2]), float(rect[3])), frame)
            if sprite is None:
                frame.painter.fillRect(QRectF(*frame.on_screen(rect[None])[0]), self._pictures.note_ground(slot))
            else:
                draw(sprite, frame, corner[0], corner[1])

    def nodes(self, frame: Frame, slots: Slots) -> None:
        """Steps, and groups shown as one node."""
        boxes = self._geometry.boxes
        if frame.detail is Detail.FAR:
            self._far_nodes(frame, slots)
            return
        corners = frame.corners(boxes.rect[slots]).tolist()
        # Antialiased and smooth together take a path three times slower.
        frame.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        frame.painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not frame.zooming)
        if frame.detail is Detail.MIDDLE:
            scale = bucket(frame.camera.scale) if frame.zooming else frame.camera.scale
            for slot, (x, y) in zip(slots.tolist(), corners, strict=True):
                draw(self._pictures.shape(slot, scale, frame.camera.dpr), frame, x, y)
            return
        for slot, (x, y) in zip(slots.tolist(), corners, strict=True):
            draw(self._pictures.node(slot, frame), frame, x, y)

    def _far_nodes(self, frame: Frame, slots: Slots) -> None:
        boxes, painter = self._geometry.boxes, frame.painter
        places = frame.on_screen(boxes.rect[slots])
        np.maximum(places[:, 2:], 2.0, out=places[:, 2:])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        codes = boxes.category[slots]
        for code in range(len(CATEGORIES)):
            chosen = codes == code
            if chosen.any():
                painter.setBrush(self._pictures.look.categories[code].far)
                draw_rects(painter, places[chosen])

    # Edges

    def edges(self, frame: Frame, slots: Slots) -> None:
        look = self._pictures.look
        edge_item.draw_curves(
            frame.painter, frame.curve(self._geometry.links.points[slots]), look.edge, frame.camera.scale, clip=frame.clip
        )

    def labels(self, frame: Frame, slots: Slots, lit: QColor | None = None) -> None:
        """Conditions as pills, and small ports where an edge crosses a border, in its source's colour or `lit`."""
        if frame.detail < Detail.NEAR:
            return
        geometry, painter, look = self._geometry, frame.painter, self._pictures.look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for slot in slots[geometry.links.crossing[slots]].tolist():
            colour = lit or look.categories[geometry.boxes.category[geometry.links.ends[slot, 0]]].colour
            for x, y in self.crossings.of(slot):
                edge_item.paint_crossing(painter, frame.camera.to_screen(QPointF(x, y)), colour, look, frame.camera.scale)
        if frame.detail is Detail.CLOSE:
            for slot in slots[geometry.links.labelled[slots]].tolist():
                text, box = self.label_places.of(slot)
                sprite = self._pictures.label(text, frame)
                if sprite is not None:
                    corner, dpr = frame.camera.to_screen(box.topLeft()), frame.camera.dpr
                    draw(sprite, frame, whole(corner.x(), dpr), whole(corner.y(), dpr))

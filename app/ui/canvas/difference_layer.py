"""Two versions in one picture: what came, went, changed and moved stands out, and the rest is faded.

The scene shows both versions at once. Which element differs how is an array over its slots, so that 10,000 of them are
painted in batches like everything else; frames, chips, ghosts and arrows lie on top of the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.domain.differences import VERDICTS, Differences, Verdict
from app.domain.workflow import BlockGroup, Note, Step
from app.ui.canvas import edge_item, group_item, step_item
from app.ui.canvas.batches import draw_rects
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.geometry import Kind
from app.ui.canvas.look import Look
from app.ui.canvas.pictures import draw
from app.ui.canvas.rows import Floats, Mask, Slots, Small
from app.ui.canvas.scene import Scene
from app.ui.canvas.sprites import whole
from app.ui.theme import tint

UNCHANGED = 0.45
REMOVED = 0.62
"""How much is left of what did not change, and of what is gone."""
MOST_ARROWS = 200
_CODE: Mapping[str, int] = {verdict: code for code, verdict in enumerate(VERDICTS, start=1)}


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Where elements stood that stand elsewhere now: slots and old rectangles in world px."""

    slots: Slots
    rects: Floats


class DifferenceLayer:
    """Paints one comparison over one scene. `chips_of` are the words on the elements; verdicts not in `shown` count as unchanged."""

    def __init__(self, scene: Scene, difference: Differences, chips_of: Mapping[str, str]) -> None:
        self._scene = scene
        self._chips = chips_of
        boxes, links = scene.geometry.boxes, scene.geometry.links
        self._boxes = np.zeros(len(boxes.ids), np.uint8)
        self._edges = np.zeros(len(links.ids), np.uint8)
        moved: list[tuple[int, tuple[float, float, float, float]]] = []
        for item in (*difference.items, *(each for each in difference.following if each.kind == "edge")):
            if (slot := boxes.slot.get(item.id)) is not None:
                self._boxes[slot] = _CODE[item.verdict]
                if item.moved and (old := _old_rect(scene, slot, item.old)) is not None:
                    moved.append((slot, old))
            elif (edge := links.slot.get(item.id)) is not None:
                self._edges[edge] = _CODE[item.verdict]
        self._ghosts = Ghosts(
            np.array([slot for slot, _ in moved], np.intp), np.array([rect for _, rect in moved], np.float64).reshape(-1, 4)
        )
        self._shown = np.ones(len(VERDICTS) + 1, bool)
        self._shown[0] = False

    def show(self, verdicts: Collection[Verdict]) -> None:
        """Mark only these."""
        for verdict, code in _CODE.items():
            self._shown[code] = verdict in verdicts

    def marked_extent(self) -> QRectF:
        """Around all that is marked, in world px; empty when nothing is."""
        geometry = self._scene.geometry
        slots = np.flatnonzero(self._shown[self._boxes] & geometry.boxes.shown)
        extent = geometry.extent(slots) if len(slots) else None
        return QRectF() if extent is None else QRectF(QPointF(extent[0], extent[1]), QPointF(extent[2], extent[3]))

    # Into the store

    def paint_scene(self, frame: Frame) -> None:
        """Everything, faded, and over it what differs: bodies, edges, headers, nodes, labels in the usual order."""
        scene, painter = self._scene, frame.painter
        scene.paint(frame)
        veil = QColor(scene.pictures.look.canvas)
        veil.setAlphaF(1 - UNCHANGED)
        painter.fillRect(frame.clip, veil)
        geometry, layers = scene.geometry, scene.layers
        seen = geometry.boxes_in(*frame.world) & self._shown[self._boxes]
        gone = seen & (self._boxes == _CODE["removed"])
        there = seen & ~gone
        painter.setOpacity(REMOVED)
        self._boxes_of(frame, gone)
        painter.setOpacity(1.0)
        groups = np.flatnonzero(there & geometry.opened)
        layers.bodies(frame, groups)
        layers.notes(frame, np.flatnonzero(there & (geometry.boxes.kind == Kind.NOTE)))
        links = np.flatnonzero(geometry.edges_in(*frame.world) & self._shown[self._edges])
        self._paint_edges(frame, links)
        layers.headers(frame, groups)
        layers.nodes(frame, np.flatnonzero(there & geometry.nodes))
        layers.labels(frame, links)

    def _boxes_of(self, frame: Frame, chosen: Mask) -> None:
        geometry, layers = self._scene.geometry, self._scene.layers
        groups = np.flatnonzero(chosen & geometry.opened)
        layers.bodies(frame, groups)
        layers.notes(frame, np.flatnonzero(chosen & (geometry.boxes.kind == Kind.NOTE)))
        layers.headers(frame, groups)
        layers.nodes(frame, np.flatnonzero(chosen & geometry.nodes))

    def _paint_edges(self, frame: Frame, slots: Slots) -> None:
        scale, painter = frame.camera.scale, frame.painter
        points = frame.curve(self._scene.geometry.links.points[slots])
        codes = self._edges[slots]
        for verdict, colour in _colours(self._scene.pictures.look).items():
            own = points[codes == _CODE[verdict]]
            if not len(own):
                continue
            if verdict == "removed" and frame.detail >= Detail.NEAR and len(own) <= MOST_ARROWS and not frame.zooming:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
                pen = QPen(colour, max(1.2, edge_item.WIDTH * scale))
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                painter.setPen(pen)
                _draw_dashes(painter, own, scale)
            else:
                edge_item.draw_curves(painter, own, colour, scale, clip=frame.clip)

    # On top

    def paint(self, frame: Frame) -> None:
        """Ghosts with their arrows, then frames."""
        geometry, look = self._scene.geometry, self._scene.pictures.look
        seen = geometry.boxes_in(*frame.world) & self._shown[self._boxes]
        if frame.detail is Detail.FAR:
            self._far(frame, np.flatnonzero(seen))
            return
        self._paint_ghosts(frame)
        colours = _colours(look)
        for verdict, colour in colours.items():
            self._frames(frame, np.flatnonzero(seen & (self._boxes == _CODE[verdict])), verdict, colour)

    def chips(self, frame: Frame) -> None:
        """The words, on top of what is selected."""
        if frame.detail < Detail.NEAR:
            return
        geometry = self._scene.geometry
        for slot in np.flatnonzero(geometry.boxes_in(*frame.world) & self._shown[self._boxes]).tolist():
            x, y, width, _ = geometry.boxes.rect[slot].tolist()
            self._chip(frame, geometry.boxes.ids[slot], self._boxes[slot], QPointF(x + width - step_item.CHIP_RIGHT, y), right=True)
        for slot in np.flatnonzero(geometry.edges_in(*frame.world) & self._shown[self._edges]).tolist():
            start, one, other, end = geometry.links.points[slot]
            x, y = ((start + 3 * one + 3 * other + end) / 8).tolist()
            self._chip(frame, geometry.links.ids[slot], self._edges[slot], QPointF(x, y), right=False)

    def _chip(self, frame: Frame, key: str | None, code: int, at: QPointF, *, right: bool) -> None:
        text = self._chips.get(key or "")
        if not text:
            return
        sprite = self._scene.pictures.chip(VERDICTS[code - 1], text, frame)
        if sprite is None:
            return
        size = step_item.chip_width(text)
        corner = frame.camera.to_screen(QPointF(at.x() - (size if right else size / 2), at.y() - step_item.CHIP_HEIGHT / 2))
        draw(sprite, frame, whole(corner.x(), frame.camera.dpr), whole(corner.y(), frame.camera.dpr))

    def _far(self, frame: Frame, slots: Slots) -> None:
        """From afar each is a box in its colour."""
        geometry, painter = self._scene.geometry, frame.painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        codes: Small = self._boxes[slots]
        is_node = geometry.nodes[slots]
        places = frame.on_screen(geometry.boxes.rect[slots])
        np.maximum(places[:, 2:], 2.0, out=places[:, 2:])
        for verdict, colour in _colours(self._scene.pictures.look).items():
            own = codes == _CODE[verdict]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            draw_rects(painter, places[own & is_node])
            painter.setPen(QPen(colour, 0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            draw_rects(painter, places[own & ~is_node])

    def _frames(self, frame: Frame, slots: Slots, verdict: Verdict, colour: QColor) -> None:
        geometry, painter, scale = self._scene.geometry, frame.painter, frame.camera.scale
        rects = geometry.boxes.rect[slots]
        corners, places = frame.corners(rects).tolist(), frame.on_screen(rects).tolist()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        opened = geometry.opened[slots].tolist()
        for slot, (x, y), place, is_group in zip(slots.tolist(), corners, places, opened, strict=True):
            is_node = bool(geometry.nodes[slot])
            radius = (group_item.RADIUS if is_group else step_item.RADIUS if is_node else 4.0) * scale
            box = QRectF(*place)
            painter.setBrush(tint(colour.name(), 0.08) if verdict == "added" else Qt.BrushStyle.NoBrush)
            pen = QPen(colour, max(1.0, (1.0 if verdict == "moved" else 2.0) * scale))
            if verdict == "removed":
                pen.setDashPattern([4, 3])
            if is_node and verdict in ("added", "changed"):
                if verdict == "added":
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.drawRoundedRect(box, radius, radius)
                sprite = self._scene.pictures.node_frame(slot, colour, None, frame)
                if sprite is not None:
                    draw(sprite, frame, x, y)
                continue
            painter.setPen(pen)
            painter.drawRoundedRect(box, radius, radius)
            if verdict == "removed" and is_node and frame.detail >= Detail.NEAR:
                self._strike(frame, slot, box)

    def _strike(self, frame: Frame, slot: int, box: QRectF) -> None:
        """A line through the name of what is gone."""
        scale = frame.camera.scale
        title = self._scene.pictures.face(slot).title
        width = float(self._scene.geometry.boxes.rect[slot, 2])
        room = width - step_item.TEXT_LEFT - 12
        length = step_item.text_width(step_item.elided(title, "title", room), "title")
        y = box.top() + 24.5 * scale
        left = box.left() + step_item.TEXT_LEFT * scale
        frame.painter.setPen(QPen(self._scene.pictures.look.second, max(1.0, 1.2 * scale)))
        frame.painter.drawLine(QLineF(left, y, left + length * scale, y))

    def _paint_ghosts(self, frame: Frame) -> None:
        ghosts, geometry, painter = self._ghosts, self._scene.geometry, frame.painter
        if not len(ghosts.slots):
            return
        left, top, right, bottom = frame.world
        old, new = ghosts.rects, geometry.boxes.rect[ghosts.slots]
        low, high = np.minimum(old[:, :2], new[:, :2]), np.maximum(old[:, :2] + old[:, 2:], new[:, :2] + new[:, 2:])
        seen = (low[:, 0] < right) & (high[:, 0] > left) & (low[:, 1] < bottom) & (high[:, 1] > top)
        seen &= self._shown[_CODE["moved"]] & geometry.boxes.shown[ghosts.slots]
        chosen = np.flatnonzero(seen)
        colour = self._scene.pictures.look.third
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(colour, max(1.0, frame.camera.scale))
        dashed = QPen(pen)
        dashed.setDashPattern([4, 3])
        scale = frame.camera.scale
        with_arrows = len(chosen) <= MOST_ARROWS
        kinds = geometry.boxes.kind[ghosts.slots]
        for at, place, now in zip(
            chosen.tolist(), frame.on_screen(old[chosen]).tolist(), frame.on_screen(new[chosen]).tolist(), strict=True
        ):
            radius = (group_item.RADIUS if kinds[at] == Kind.GROUP else step_item.RADIUS) * scale
            painter.setPen(dashed)
            painter.drawRoundedRect(QRectF(*place), radius, radius)
            if with_arrows:
                painter.setPen(pen)
                _draw_arrow(painter, QRectF(*place), QRectF(*now), colour, scale)


def _colours(look: Look) -> dict[Verdict, QColor]:
    """What stands for which verdict; what only moved first, as the others matter more."""
    return {"moved": look.third, "changed": look.warn, "removed": look.error, "added": QColor(look.tokens.ok)}


def _old_rect(scene: Scene, slot: int, old: object) -> tuple[float, float, float, float] | None:
    """Where it stood, as large as it shows: a step's height depends on its ports, a folded group is a node."""
    if isinstance(old, Step):
        _, _, width, height = scene.geometry.boxes.rect[slot].tolist()
        return float(old.position.x), float(old.position.y), width, height
    if isinstance(old, BlockGroup | Note):
        return float(old.position.x), float(old.position.y), float(old.size.width), float(old.size.height)
    return None


def _draw_dashes(painter: QPainter, points: Floats, scale: float) -> None:
    from app.ui.canvas.batches import draw_lines

    draw_lines(painter, edge_item.dashes(points, 0.0, scale))


def _draw_arrow(painter: QPainter, old: QRectF, new: QRectF, colour: QColor, scale: float) -> None:
    """From the border of the old place to that of the new one; none where they touch."""
    line = QLineF(old.center(), new.center())
    start, end = _crossing(line, old), _crossing(QLineF(line.p2(), line.p1()), new)
    if start is None or end is None or old.intersects(new):
        return
    way = QLineF(start, end)
    head = 7.0 * max(scale, 0.6)
    if way.length() < head * 1.5:
        return
    painter.drawLine(way)
    unit = way.unitVector()
    dx, dy = unit.dx(), unit.dy()
    base = QPointF(end.x() - dx * head, end.y() - dy * head)
    painter.save()
    painter.setBrush(colour)
    painter.drawPolygon(
        QPolygonF(
            [end, QPointF(base.x() - dy * head / 2, base.y() + dx * head / 2), QPointF(base.x() + dy * head / 2, base.y() - dx * head / 2)]
        )
    )
    painter.restore()


def _crossing(line: QLineF, box: QRectF) -> QPointF | None:
    """Where a line from the middle of a box leaves it."""
    sides = (
        QLineF(box.topLeft(), box.topRight()),
        QLineF(box.topRight(), box.bottomRight()),
        QLineF(box.bottomRight(), box.bottomLeft()),
        QLineF(box.bottomLeft(), box.topLeft()),
    )
    for side in sides:
        kind, point = line.intersects(side)
        if kind is QLineF.IntersectionType.BoundedIntersection:
            return point
    return None

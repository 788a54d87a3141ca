"""Painting a run's state on top of the canvas: edges, frames, chips, veils and progress; never into the backing store."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.domain.lanes import HEADER
from app.ui.canvas import edge_item, group_item, step_item
from app.ui.canvas.batches import draw_lines, draw_rects
from app.ui.canvas.frame import Detail, Frame
from app.ui.canvas.geometry import Kind
from app.ui.canvas.look import NOT_TAKEN, Look
from app.ui.canvas.overlay import CODE, EDGE_CODE, STATES, RunOverlay
from app.ui.canvas.pictures import draw
from app.ui.canvas.rows import Floats, Slots, Small
from app.ui.canvas.scene import Scene
from app.ui.canvas.sprites import whole
from app.ui.theme import font
from app.ui.widgets.painting import draw_spinner

PROGRESS_HEIGHT = 3.0
# More running edges than this are drawn whole: their dashes could not be told apart.
MOST_DASHED = 120
# Nor is it worth while to colour more hair lines than this from afar: the nodes tell it.
MOST_TAKEN_FAR = 3000
_FRAMED = {CODE["running"], CODE["retrying"], CODE["failed"], CODE["paused"]}
_CHIPLESS = {CODE["pending"], 0}
_SPINNING = {CODE["running"]}


class OverlayLayer:
    """Paints one overlay over one scene. `phase` is how far dashes and spinners have come, in seconds."""

    def __init__(self, scene: Scene, overlay: RunOverlay) -> None:
        self._scene, self._overlay = scene, overlay
        self.phase = 0.0

    def takes_over(self, frame: Frame) -> bool:
        """Whether nodes, and edges that have a state, are painted here instead of into the store.

        A run's edges lie under nodes; from afar that cannot be told apart and all is painted over what is there.
        """
        return self._overlay.active and frame.detail > Detail.FAR

    def paint(self, frame: Frame) -> None:
        """Edges, frames and veils."""
        if not self._overlay.active:
            return
        geometry, layers = self._scene.geometry, self._scene.layers
        states, edge_states = self._overlay.box_states, self._overlay.edge_states
        edges = geometry.edges_in(*frame.world)
        seen = geometry.boxes_in(*frame.world)
        nodes, groups = np.flatnonzero(seen & geometry.nodes), np.flatnonzero(seen & geometry.opened)
        stated, stated_groups = nodes[states[nodes] > 0], groups[states[groups] > 0]
        self._edges(frame, np.flatnonzero(edges & (edge_states > 0)), edge_states)
        if frame.detail is Detail.FAR:
            self._far(frame, stated, stated_groups, states)
            return
        self._groups(frame, stated_groups, states)
        layers.header_ports(frame, groups)
        layers.nodes(frame, nodes)
        layers.labels(frame, np.flatnonzero(edges))
        self._nodes(frame, stated, states)

    def chips(self, frame: Frame) -> None:
        """The chips of nodes, on top of what is selected."""
        if not self._overlay.active or frame.detail < Detail.NEAR:
            return
        states, geometry = self._overlay.box_states, self._scene.geometry
        for slot in np.flatnonzero(geometry.boxes_in(*frame.world) & (states > 0) & geometry.nodes).tolist():
            self._chip(frame, slot, int(states[slot]))

    def moving(self, frame: Frame) -> list[QRectF]:
        """The parts of the screen that change with `phase`: running edges and spinners in sight."""
        if not self._overlay.active or frame.detail < Detail.NEAR:
            return []
        geometry, camera = self._scene.geometry, frame.camera
        edges = geometry.edges_in(*frame.world) & (self._overlay.edge_states == EDGE_CODE["running"])
        steps = geometry.boxes_in(*frame.world) & np.isin(self._overlay.box_states, list(_SPINNING)) & (geometry.boxes.kind == Kind.STEP)
        parts: list[QRectF] = []
        for left, top, right, bottom in geometry.links.bounds[edges].tolist():
            parts.append(camera.rect_to_screen(QRectF(left, top, right - left, bottom - top)).adjusted(-6, -6, 6, 6))
        for slot in np.flatnonzero(steps).tolist():
            box = self.chip_box(slot)
            if box is not None:
                parts.append(camera.rect_to_screen(QRectF(box.left(), box.top(), 26, 22)).adjusted(-1, -1, 1, 1))
        return parts

    def chip_box(self, slot: int) -> QRectF | None:
        """The world box of a node's chip; None when its state shows none."""
        key = self._scene.geometry.boxes.ids[slot]
        state = self._overlay.state(key) if key is not None else None
        if state is None or CODE.get(state.status, 0) in _CHIPLESS:
            return None
        x, y, width, _ = self._scene.geometry.boxes.rect[slot]
        size = step_item.chip_width(state.text)
        return QRectF(x + width - step_item.CHIP_RIGHT - size, y - step_item.CHIP_HEIGHT / 2, size, step_item.CHIP_HEIGHT)

    def _edges(self, frame: Frame, slots: Slots, states: Small) -> None:
        look, scale, painter = self._scene.pictures.look, frame.camera.scale, frame.painter
        points = frame.curve(self._scene.geometry.links.points[slots])
        codes = states[slots]
        for state, colour in {"taken": look.taken, "failed": look.error}.items():
            if state == "taken" and frame.detail is Detail.FAR and len(slots) > MOST_TAKEN_FAR:
                continue
            edge_item.draw_curves(painter, points[codes == EDGE_CODE[state]], colour, scale, clip=frame.clip)
        self._not_taken(frame, points[codes == EDGE_CODE["not_taken"]])
        running = points[codes == EDGE_CODE["running"]]
        if not len(running):
            return
        colour = look.states["running"].colour
        if frame.detail < Detail.NEAR or frame.zooming or len(running) > MOST_DASHED:
            edge_item.draw_curves(painter, running, colour, scale, clip=frame.clip)
            return
        edge_item.draw_curves(painter, running, look.running_glow, scale, clip=frame.clip, width=edge_item.GLOW)
        pen = QPen(colour, max(1.2, edge_item.WIDTH * scale))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        draw_lines(painter, edge_item.dashes(running, self.phase * edge_item.DASH_SPEED, scale))

    def _not_taken(self, frame: Frame, points: Floats) -> None:
        """Faded and, near by, dashed."""
        look, scale = self._scene.pictures.look, frame.camera.scale
        if frame.detail < Detail.NEAR or frame.zooming or len(points) > MOST_DASHED:
            edge_item.draw_curves(frame.painter, points, look.not_taken, scale, clip=frame.clip)
            return
        frame.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        frame.painter.setPen(QPen(look.not_taken, max(1.0, edge_item.WIDTH * scale)))
        draw_lines(frame.painter, edge_item.dashes(points, 0.0, scale))

    def _far(self, frame: Frame, nodes: Slots, groups: Slots, states: Small) -> None:
        rect, painter, look = self._scene.geometry.boxes.rect, frame.painter, self._scene.pictures.look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        places = frame.on_screen(rect[nodes])
        np.maximum(places[:, 2:], 2.0, out=places[:, 2:])
        for code, colour in self._colours(look, states[nodes]):
            painter.setBrush(colour)
            draw_rects(painter, places[states[nodes] == code])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for code, colour in self._colours(look, states[groups]):
            painter.setPen(QPen(colour, 0))
            draw_rects(painter, frame.on_screen(rect[groups[states[groups] == code]]))

    def _colours(self, look: Look, codes: Small) -> list[tuple[int, QColor]]:
        found: list[tuple[int, QColor]] = []
        for code in np.unique(codes).tolist():
            if code == CODE["skipped"]:
                found.append((code, look.not_taken))
            elif code:
                found.append((code, look.states[STATES[code]].colour))
        return found

    def _groups(self, frame: Frame, slots: Slots, states: Small) -> None:
        boxes, look, painter = self._scene.geometry.boxes, self._scene.pictures.look, frame.painter
        scale = frame.camera.scale
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for slot, place in zip(slots.tolist(), frame.on_screen(boxes.rect[slots]).tolist(), strict=True):
            box, code = QRectF(*place), int(states[slot])
            state = self._overlay.state(boxes.ids[slot] or "")
            if state is None:
                continue
            shown = look.states[STATES[code]]
            if code == CODE["skipped"]:
                veil = QColor(look.canvas)
                veil.setAlphaF(1 - NOT_TAKEN)
                painter.fillRect(box, veil)
            elif code == CODE["failed"]:
                group_item.paint_group_frame(painter, box, shown.colour, None, scale)
            elif code in _FRAMED:
                group_item.paint_group_halo(painter, box, look.running_glow, scale)
            if state.progress is not None and code != CODE["skipped"]:
                line = QRectF(box.left(), box.top() + HEADER * scale - PROGRESS_HEIGHT * scale / 2, box.width(), PROGRESS_HEIGHT * scale)
                painter.fillRect(line, look.running_glow)
                line.setWidth(box.width() * min(max(state.progress, 0.0), 1.0))
                painter.fillRect(line, shown.colour)
            if state.text and frame.detail >= Detail.NEAR:
                self._header_words(frame, slot, box, state.text, shown.words)

    def _header_words(self, frame: Frame, slot: int, box: QRectF, text: str, colour: QColor) -> None:
        """The words right in a header; they are the first to go when there is no room."""
        room = float(self._scene.geometry.boxes.rect[slot, 2])
        width = step_item.text_width(text, "badge")
        taken = group_item.header_width(self._scene.pictures.group_face(slot), room)
        if taken + 12 + width + group_item.HEADER_RIGHT > room:
            return
        painter, scale = frame.painter, frame.camera.scale
        painter.save()
        painter.translate(box.right(), box.top())
        painter.scale(scale, scale)
        painter.setPen(colour)
        painter.setFont(font("badge"))
        words = QRectF(-room, 0, room - group_item.HEADER_RIGHT, HEADER)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _nodes(self, frame: Frame, slots: Slots, states: Small) -> None:
        """Frames and veils. Where chips are too small to be shown, every state has a frame."""
        look, painter, pictures = self._scene.pictures.look, frame.painter, self._scene.pictures
        corners = frame.corners(self._scene.geometry.boxes.rect[slots]).tolist()
        for slot, (x, y) in zip(slots.tolist(), corners, strict=True):
            code = int(states[slot])
            if code == CODE["skipped"]:
                painter.setOpacity(1 - NOT_TAKEN)
                draw(pictures.veil(slot, frame), frame, x, y)
                painter.setOpacity(1.0)
            elif code in _FRAMED or (frame.detail is Detail.MIDDLE and code not in _CHIPLESS):
                halo = look.running_glow if code in _SPINNING else None
                sprite = pictures.node_frame(slot, look.states[STATES[code]].colour, halo, frame)
                if sprite is not None:
                    draw(sprite, frame, x, y)

    def _chip(self, frame: Frame, slot: int, code: int) -> None:
        box = self.chip_box(slot)
        key = self._scene.geometry.boxes.ids[slot]
        state = self._overlay.state(key) if key is not None else None
        if box is None or state is None:
            return
        sprite = self._scene.pictures.chip(STATES[code], state.text, frame, spinner=code in _SPINNING)
        if sprite is None:
            return
        camera = frame.camera
        corner = camera.to_screen(box.topLeft())
        draw(sprite, frame, whole(corner.x(), camera.dpr), whole(corner.y(), camera.dpr))
        if code in _SPINNING:
            left = 5.0 if not state.text else 8.0
            ring = camera.rect_to_screen(QRectF(box.left() + left, box.top() + 5, 12, 12))
            frame.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            colour = self._scene.pictures.look.states[STATES[code]].colour
            draw_spinner(frame.painter, ring, colour, self.phase % 1.0, width=max(1.0, 1.8 * camera.scale))

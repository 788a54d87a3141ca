"""What lies under a point: ports first, then what is painted on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from app.domain.lanes import HEADER
from app.ui.canvas import curves
from app.ui.canvas.camera import Camera
from app.ui.canvas.frame import Detail, detail_at
from app.ui.canvas.geometry import Kind
from app.ui.canvas.rows import Floats, Slots
from app.ui.canvas.scene import LABEL_REACH, Scene

HitKind = Literal["step", "group", "edge", "note", "canvas"]

PORT_REACH = 14.0
PORT_REACH_INSIDE = 9.0
EDGE_REACH = 7.0
BORDER = 6.0
GRIP = 16.0
CORNER = 22.0
"""The square around a step's top left corner; a breakpoint is there, or can be."""


_NO_PORTS = ("body", "corner", "header", "chevron", "grip", "")


@dataclass(frozen=True, slots=True)
class Hit:
    """`part` is a port's name, or `body`, `corner`, `header`, `chevron`, `grip`, `border-left` … `border-bottom`, `label`, or empty."""

    kind: HitKind = "canvas"
    id: str | None = None
    part: str = ""

    @property
    def is_port(self) -> bool:
        return self.kind in ("step", "group") and self.part not in _NO_PORTS and not self.is_border

    @property
    def is_border(self) -> bool:
        return self.part.startswith("border-") or self.part == "grip"


NOTHING = Hit()


def hit_at(scene: Scene, camera: Camera, at: QPointF) -> Hit:
    """The topmost thing at a point of the widget."""
    world = camera.to_world(at)
    boxes = scene.geometry.boxes
    reach = PORT_REACH
    near = np.flatnonzero(scene.geometry.boxes_in(world.x() - reach, world.y() - reach, world.x() + reach, world.y() + reach))
    nodes = near[(boxes.kind[near] == Kind.STEP) | boxes.collapsed[near]][::-1]
    groups = near[(boxes.kind[near] == Kind.GROUP) & ~boxes.collapsed[near]]
    groups = groups[np.argsort(-boxes.depth[groups].astype(int), kind="stable")]
    notes = near[boxes.kind[near] == Kind.NOTE][::-1]
    if detail_at(camera.scale) >= Detail.MIDDLE and (port := _port(scene, [*nodes.tolist(), *groups.tolist()], world)) is not None:
        return port
    if detail_at(camera.scale) is Detail.CLOSE and (label := _label(scene, world)) is not None:
        return label
    for slot in nodes.tolist():
        if detail_at(camera.scale) >= Detail.NEAR and _on_corner(boxes.rect[slot], world):
            return _hit(scene, slot, "corner")
        if _inside(boxes.rect[slot], world):
            part = "chevron" if boxes.collapsed[slot] and world.x() > boxes.rect[slot, 0] + boxes.rect[slot, 2] - 34 else "body"
            return _hit(scene, slot, part)
    for slot in groups.tolist():
        if (frame_part := _group_frame(boxes.rect[slot], world, camera.scale)) is not None:
            return _hit(scene, slot, frame_part)
    if (edge := _edge(scene, camera, world)) is not None:
        return edge
    for slot in notes.tolist():
        if (note_part := _note_part(boxes.rect[slot], world, camera.scale)) is not None:
            return _hit(scene, slot, note_part)
    for slot in groups.tolist():
        if _inside(boxes.rect[slot], world):
            return _hit(scene, slot, "body")
    return NOTHING


def port_near(scene: Scene, slots: Slots, world: QPointF, *, inputs: bool, reach: float) -> tuple[int, str] | None:
    """The nearest input (or output) port of these boxes within `reach` world px."""
    found: tuple[int, str] | None = None
    nearest = reach
    for slot in slots.tolist():
        for name in ("in",) if inputs else scene.geometry.outputs(slot):
            x, y = scene.geometry.port(slot, name)
            away = float(np.hypot(x - world.x(), y - world.y()))
            if away <= nearest:
                found, nearest = (slot, name), away
    return found


def _hit(scene: Scene, slot: int, part: str) -> Hit:
    kinds: dict[int, HitKind] = {Kind.STEP: "step", Kind.GROUP: "group", Kind.NOTE: "note"}
    return Hit(kinds[int(scene.geometry.boxes.kind[slot])], scene.geometry.boxes.ids[slot], part)


def _port(scene: Scene, slots: list[int], world: QPointF) -> Hit | None:
    """A port reaches further outside its box than inside, where the box itself wants to be hit."""
    best: tuple[float, Hit] | None = None
    for slot in slots:
        for name in ("in", *scene.geometry.outputs(slot)):
            x, y = scene.geometry.port(slot, name)
            away = float(np.hypot(x - world.x(), y - world.y()))
            inward = world.x() > x if name == "in" else world.x() < x
            if away <= (PORT_REACH_INSIDE if inward else PORT_REACH) and (best is None or away < best[0]):
                best = away, _hit(scene, slot, name)
    return best[1] if best is not None else None


def _label(scene: Scene, world: QPointF) -> Hit | None:
    near = scene.geometry.edges_in(world.x() - LABEL_REACH, world.y() - LABEL_REACH, world.x() + LABEL_REACH, world.y() + LABEL_REACH)
    slots = np.flatnonzero(near & scene.geometry.links.labelled)
    for slot in slots[::-1].tolist():
        if scene.layers.label_places.of(slot)[1].contains(world):
            return Hit("edge", scene.geometry.links.ids[slot], "label")
    return None


def _edge(scene: Scene, camera: Camera, world: QPointF) -> Hit | None:
    reach = EDGE_REACH / camera.scale
    geometry = scene.geometry
    near = np.flatnonzero(geometry.edges_in(world.x() - reach, world.y() - reach, world.x() + reach, world.y() + reach))
    if not len(near):
        return None
    away = curves.distances(geometry.links.points[near], world.x(), world.y())
    closest = int(away.argmin())
    return Hit("edge", geometry.links.ids[near[closest]]) if away[closest] <= reach else None


def _group_frame(rect: Floats, world: QPointF, scale: float) -> str | None:
    """Which part of a group's frame a point lies on; its body does not count."""
    x, y, width, height = (float(value) for value in rect)
    border = BORDER / max(scale, 0.5)
    if not QRectF(x - border, y - border, width + 2 * border, height + 2 * border).contains(world):
        return None
    if _on_grip(rect, world):
        return "grip"
    if (side := _side(rect, world, border)) is not None:
        return side
    if 0 <= world.y() - y <= HEADER and _inside(rect, world):
        return "chevron" if world.x() - x < 34 else "header"
    return None


def _note_part(rect: Floats, world: QPointF, scale: float) -> str | None:
    """Which part of a note a point lies on: its borders reach a little outside."""
    if _on_grip(rect, world):
        return "grip"
    border = BORDER / max(scale, 0.5)
    x, y, width, height = (float(value) for value in rect)
    if not QRectF(x - border, y - border, width + 2 * border, height + 2 * border).contains(world):
        return None
    return _side(rect, world, border) or ("body" if _inside(rect, world) else None)


def _side(rect: Floats, world: QPointF, border: float) -> str | None:
    """The border that a point lies on, `border` thick in all."""
    x, y, width, height = (float(value) for value in rect)
    away = {
        "border-left": world.x() - x,
        "border-right": x + width - world.x(),
        "border-top": world.y() - y,
        "border-bottom": y + height - world.y(),
    }
    side = min(away, key=lambda name: abs(away[name]))
    return side if abs(away[side]) <= border / 2 else None


def _on_grip(rect: Floats, world: QPointF) -> bool:
    right, bottom = float(rect[0] + rect[2]), float(rect[1] + rect[3])
    return right - GRIP <= world.x() <= right and bottom - GRIP <= world.y() <= bottom


def _on_corner(rect: Floats, world: QPointF) -> bool:
    return bool(abs(world.x() - rect[0]) <= CORNER / 2 and abs(world.y() - rect[1]) <= CORNER / 2)


def _inside(rect: Floats, world: QPointF) -> bool:
    return bool(rect[0] <= world.x() <= rect[0] + rect[2] and rect[1] <= world.y() <= rect[1] + rect[3])

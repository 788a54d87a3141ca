"""What an edge carries on its way: its words, over no node and across no border, and a small port at each border it passes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from PySide6.QtCore import QRectF

from app.domain.lanes import HEADER
from app.ui.canvas import curves, edge_item
from app.ui.canvas.geometry import Geometry, Kind
from app.ui.canvas.rows import Floats, Mask

# The middle first, then a third, then outward from the middle in steps of 0.05.
TRIED = (0.5, 0.33, *(0.5 + sign * 0.05 * step for step in range(1, 8) for sign in (-1, 1)))
GAP = 3.0


@cache
def _tried(carries: float) -> tuple[tuple[float, ...], Floats]:
    """Where along a curve words are tried, and the weights of its control points there; those led by hand begin at their place."""
    places = TRIED if carries == 0 else tuple(sorted((0.05 * step for step in range(1, 20)), key=lambda t: (round(abs(t - carries), 3), t)))
    return places, np.array([[(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3] for t in places])


# Where a curve is too short for its words they stand above or below its middle: past a port, past a node's border.
BESIDE = (-28.0, 28.0, -50.0, 50.0, -66.0, 66.0)
Placed = tuple[str, float, float, float]
"""Words, width in world px, how far along the curve, and how far below it."""


class LabelPlaces:
    """The text and world box of each edge's label. Where on the curve it stands is worked out once per geometry.

    While elements are dragged a label keeps its place on its curve and finds a better one when they are put down.
    """

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._known: dict[int, Placed] = {}
        self._before: dict[int, Placed] = {}
        self._version = -1

    def of(self, slot: int) -> tuple[str, QRectF]:
        """For an edge that is `labelled`."""
        if self._version != self._geometry.version:
            self._before, self._known = self._known, {}
            self._version = self._geometry.version
        known = self._known.get(slot)
        if known is None:
            text = self._text(slot)
            width = edge_item.label_width(text)
            known = self._known[slot] = text, width, *self._place(slot, width)
        return known[0], self._box(slot, known)

    def forget(self, slot: int) -> None:
        """This edge is led another way."""
        self._known.pop(slot, None)

    def moved(self, slots: Iterable[int]) -> list[QRectF]:
        """Where labels of these edges were before the geometry changed, and where they are now, if that is elsewhere."""
        found: list[QRectF] = []
        for slot in slots:
            _, box = self.of(slot)
            before = self._before.get(slot)
            if before is not None and before != self._known[slot]:
                found += [self._box(slot, before), box]
        return found

    def _box(self, slot: int, placed: Placed) -> QRectF:
        _, width, t, below = placed
        x, y = curves.point_at(self._geometry.links.points[slot], t)
        return QRectF(x - width / 2, y + below - edge_item.LABEL_HEIGHT / 2, width, edge_item.LABEL_HEIGHT)

    def _text(self, slot: int) -> str:
        key = self._geometry.links.ids[slot]
        assert key is not None
        return " ".join((self._geometry.graph.edges[key].condition or "").split())

    def _place(self, slot: int, width: float) -> tuple[float, float]:
        """The first of the places on the curve that is free, else the first beside it: how far along, and how far below."""
        points = self._geometry.links.points[slot]
        tried, weights = _tried(float(self._geometry.links.carries[slot]))
        free = np.flatnonzero(~self._hits(_boxes_around(weights @ points, width)))
        if len(free):
            return tried[int(free[0])], 0.0
        middle = np.array(curves.point_at(points, tried[0]))
        beside = middle + np.array([(0.0, below) for below in BESIDE])
        free = np.flatnonzero(~self._hits(_boxes_around(beside, width)))
        return tried[0], BESIDE[int(free[0])] if len(free) else 0.0

    def _hits(self, tried: Floats) -> Mask:
        """Which of the boxes lie over a node or across the border or header of a group."""
        boxes = self._geometry.boxes
        near = self._geometry.boxes_in(
            tried[:, 0].min(), tried[:, 1].min(), (tried[:, 0] + tried[:, 2]).max(), (tried[:, 1] + tried[:, 3]).max()
        )
        opened = near & (boxes.kind == Kind.GROUP) & ~boxes.collapsed
        solid = boxes.rect[near & (boxes.kind != Kind.NOTE) & ~opened]
        bands = boxes.rect[opened].copy()
        bands[:, 3] = HEADER
        bodies = boxes.rect[opened]
        hit = np.zeros(len(tried), bool)
        for obstacles in (solid, bands):
            hit |= _overlap(tried, obstacles).any(axis=1)
        inside = (tried[:, None, 0] >= bodies[None, :, 0]) & (tried[:, None, 1] >= bodies[None, :, 1])
        inside &= tried[:, None, 0] + tried[:, None, 2] <= bodies[None, :, 0] + bodies[None, :, 2]
        inside &= tried[:, None, 1] + tried[:, None, 3] <= bodies[None, :, 1] + bodies[None, :, 3]
        hit |= (_overlap(tried, bodies) & ~inside).any(axis=1)
        return hit


class Crossings:
    """Where edges pass the borders of groups, worked out when first asked; an edge that is dragged is worked out anew."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._known: dict[int, tuple[bytes, list[tuple[float, float]]]] = {}
        self._version = -1

    def of(self, slot: int) -> list[tuple[float, float]]:
        if self._version != self._geometry.version:
            self._known.clear()
            self._version = self._geometry.version
        groups = [group for group, _ in self._geometry.attachment.crossed(slot)]
        stamp = self._geometry.links.points[slot].tobytes() + self._geometry.boxes.rect[groups].tobytes()
        known = self._known.get(slot)
        if known is None or known[0] != stamp:
            known = self._known[slot] = stamp, self._found(slot)
        return known[1]

    def _found(self, slot: int) -> list[tuple[float, float]]:
        points, rect = self._geometry.links.points[slot], self._geometry.boxes.rect
        passed = (curves.border_crossing(points, rect[group], first=leaving) for group, leaving in self._geometry.attachment.crossed(slot))
        return [place for place in passed if place is not None]


def _boxes_around(centres: Floats, width: float) -> Floats:
    """The boxes of words with these middles, with the gap that they keep."""
    height = edge_item.LABEL_HEIGHT
    boxes = np.empty((len(centres), 4))
    boxes[:, 0], boxes[:, 1] = centres[:, 0] - width / 2 - GAP, centres[:, 1] - height / 2 - GAP
    boxes[:, 2], boxes[:, 3] = width + 2 * GAP, height + 2 * GAP
    return boxes


def _overlap(a: Floats, b: Floats) -> Mask:
    """Whether each of `a` overlaps each of `b`, as (len(a), len(b))."""
    across = (a[:, None, 0] < b[None, :, 0] + b[None, :, 2]) & (a[:, None, 0] + a[:, None, 2] > b[None, :, 0])
    return np.asarray(across & (a[:, None, 1] < b[None, :, 1] + b[None, :, 3]) & (a[:, None, 1] + a[:, None, 3] > b[None, :, 1]))

"""Lining boxes up with each other, and spreading them so that the gaps are equal. Pure arithmetic on boxes by id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from app.domain.lanes import Box

Side = Literal["left", "right", "top", "bottom", "centre", "middle"]
Way = Literal["across", "down"]
Corner = tuple[float, float]

_AXIS: Mapping[Side, int] = {"left": 0, "right": 0, "centre": 0, "top": 1, "bottom": 1, "middle": 1}


def aligned(boxes: Mapping[str, Box], side: Side) -> dict[str, Corner]:
    """The corners with which all boxes reach the same outermost border, or share the middle of what is around them all.

    `centre` lines up across, `middle` down.
    """
    axis = _AXIS[side]
    low = min(box[axis] for box in boxes.values())
    high = max(box[axis] + box[2 + axis] for box in boxes.values())
    share = {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}.get(side, 0.5)
    return {id: _moved(box, axis, low + (high - low - box[2 + axis]) * share) for id, box in boxes.items()}


def distributed(boxes: Mapping[str, Box], way: Way) -> dict[str, Corner]:
    """The corners with which the gaps between the boxes are equal; the first and the last stay. Fewer than three stay as they are."""
    axis = 0 if way == "across" else 1
    ordered = sorted(boxes.items(), key=lambda pair: (pair[1][axis] + pair[1][2 + axis] / 2, pair[0]))
    corners = {id: (box[0], box[1]) for id, box in boxes.items()}
    if len(ordered) < 3:
        return corners
    first, last = ordered[0][1], ordered[-1][1]
    room = last[axis] - (first[axis] + first[2 + axis]) - sum(box[2 + axis] for _, box in ordered[1:-1])
    gap = room / (len(ordered) - 1)
    at = first[axis] + first[2 + axis] + gap
    for id, box in ordered[1:-1]:
        corners[id] = _moved(box, axis, at)
        at += box[2 + axis] + gap
    return corners


def _moved(box: Box, axis: int, to: float) -> Corner:
    return (to, box[1]) if axis == 0 else (box[0], to)

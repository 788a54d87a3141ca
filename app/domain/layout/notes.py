"""Where notes go when what they sit beside is moved: along with it, and out of the way of what comes to stand there."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from app.domain.ground import Ground
from app.domain.lanes import Box

# A note further away than this from everything belongs to nothing.
NEAR = 240
GAP = 16
MOST_TRIES = 40


def follow_neighbours(ground: Ground, before: Mapping[str, Box]) -> None:
    """Move each note as its nearest neighbour was moved from where it stood `before`."""
    graph = ground.graph
    for note in graph.notes:
        box = before[note]
        lay_on = {group for group in graph.groups if _gap(before[group], box) == 0}
        others = [id for id in (*graph.steps, *graph.groups) if id not in lay_on]
        nearest = min(others, key=lambda id: _gap(before[id], box), default=None)
        if nearest is None or _gap(before[nearest], box) > NEAR:
            nearest = next(iter(lay_on), None)
        if nearest is None:
            continue
        old, new = before[nearest], ground.box(nearest)
        moved = box[0] + new[0] - old[0], box[1] + new[1] - old[1], box[2], box[3]
        solid = [ground.box(id) for id in others if _gap(before[id], box) > 0]
        ground.put(note, _clear_of(moved, solid))


def _clear_of(box: Box, solid: list[Box]) -> Box:
    """The box, or the nearest place right above or below where it covers nothing."""
    near = [each for each in solid if each[0] < box[0] + box[2] and box[0] < each[0] + each[2]]
    ways = [_slid(box, near, up=up) for up in (True, False)]
    return min(ways, key=lambda each: abs(each[1] - box[1]))


def _slid(box: Box, near: list[Box], *, up: bool) -> Box:
    x, y, width, height = box
    for _ in range(MOST_TRIES):
        hit = [each for each in near if each[1] < y + height and y < each[1] + each[3]]
        if not hit:
            break
        y = min(each[1] for each in hit) - GAP - height if up else max(each[1] + each[3] for each in hit) + GAP
    return x, y, width, height


def _gap(a: Box, b: Box) -> float:
    """How far two boxes are apart; 0 when they touch or overlap."""
    dx = max(a[0] - b[0] - b[2], b[0] - a[0] - a[2], 0)
    dy = max(a[1] - b[1] - b[3], b[1] - a[1] - a[3], 0)
    return hypot(dx, dy)

"""The curves of edges as arrays: cubic Béziers, flattened for batched drawing and measured for hits."""

from __future__ import annotations

from functools import cache

import numpy as np

from app.ui.canvas.rows import Floats

MIN_HANDLE = 44.0
MAX_HANDLE = 180.0


def controls(start: Floats, end: Floats) -> Floats:
    """Control points (n, 4, 2) of curves that leave `start` (n, 2) to the right and reach `end` from the left."""
    handle = np.clip(np.abs(end[:, 0] - start[:, 0]) / 2, MIN_HANDLE, MAX_HANDLE)
    points = np.empty((len(start), 4, 2))
    points[:, 0] = points[:, 1] = start
    points[:, 2] = points[:, 3] = end
    points[:, 1, 0] += handle
    points[:, 2, 0] -= handle
    return points


def bend(t: float, x: float, y: float) -> tuple[float, float]:
    """By how much both inner control points move so that the curve passes (x, y) beside where it did at `t`."""
    share = 3 * t * (1 - t)
    return x / share, y / share


def bounds(points: Floats) -> Floats:
    """Left, top, right, bottom (n, 4) of boxes that hold the curves."""
    first, second, third, last = points[:, 0], points[:, 1], points[:, 2], points[:, 3]
    low = np.minimum(np.minimum(first, second), np.minimum(third, last))
    high = np.maximum(np.maximum(first, second), np.maximum(third, last))
    return np.concatenate([low, high], axis=1)


@cache
def basis(segments: int) -> Floats:
    """Bernstein weights (4, segments + 1)."""
    t = np.linspace(0.0, 1.0, segments + 1)
    return np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3])


def sampled(points: Floats, segments: int) -> Floats:
    """Points on the curves (n, segments + 1, 2)."""
    return np.ascontiguousarray(np.einsum("kt,nkd->ntd", basis(segments), points))


def lines(samples: Floats) -> Floats:
    """The pieces between the points of each curve, as (m, 4) for `drawLines`."""
    return np.concatenate([samples[:, :-1], samples[:, 1:]], axis=2).reshape(-1, 4)


def point_at(points: Floats, t: float) -> tuple[float, float]:
    """The point of one curve (4, 2) at `t`."""
    weights = np.array([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3])
    x, y = weights @ points
    return float(x), float(y)


def distances(points: Floats, x: float, y: float) -> Floats:
    """How far each curve passes from a point, in the curves' own unit."""
    samples = sampled(points, 24)
    a, b = samples[:, :-1], samples[:, 1:]
    along = b - a
    length = np.maximum((along**2).sum(axis=2), 1e-12)
    target = np.array([x, y])
    t = np.clip(((target - a) * along).sum(axis=2) / length, 0.0, 1.0)
    nearest = a + along * t[:, :, None]
    return np.asarray(np.sqrt(((nearest - target) ** 2).sum(axis=2)).min(axis=1))


def border_crossing(points: Floats, box: Floats, *, first: bool) -> tuple[float, float] | None:
    """Where one curve (4, 2) passes the border of a box (x, y, width, height) first, or last; None when it does not."""
    samples = points.T @ basis(48)
    left, top, right, bottom = float(box[0]), float(box[1]), float(box[0] + box[2]), float(box[1] + box[3])
    inside = (samples[0] > left) & (samples[0] < right) & (samples[1] > top) & (samples[1] < bottom)
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    if not len(changes):
        return None
    at = int(changes[0] if first else changes[-1])
    outer, inner = (at, at + 1) if inside[at + 1] else (at + 1, at)
    (x, y), (to_x, to_y) = samples[:, outer].tolist(), samples[:, inner].tolist()
    # The piece between two samples is straight to the eye: go along it to the side that is reached last.
    way = max(_share(x, to_x, left, right), _share(y, to_y, top, bottom))
    return x + way * (to_x - x), y + way * (to_y - y)


def _share(start: float, end: float, low: float, high: float) -> float:
    """How much of the way from `start` to an `end` between `low` and `high` lies outside them."""
    if start < low:
        return (low - start) / (end - start)
    return (start - high) / (start - end) if start > high else 0.0

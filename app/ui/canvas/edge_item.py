"""How edges look: batches of flat pieces, labels as pills, small ports where a border is crossed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui.canvas import curves
from app.ui.canvas.batches import draw_lines
from app.ui.canvas.look import Look
from app.ui.canvas.rows import Floats
from app.ui.canvas.step_item import elided, text_width
from app.ui.theme import font

WIDTH = 2.2
GLOW = 7.0
DASH_ON, DASH_OFF = 9.0, 6.5
DASH_SPEED = 24.0
LABEL_HEIGHT = 22.0
LABEL_ROOM = 160.0
CROSSING_RADIUS = 5.0
# Below this scale a curve is one straight line, below the next its pieces are fewer and hair thin.
STRAIGHT_BELOW = 0.22
THIN_BELOW = 0.5


def draw_curves(painter: QPainter, points: Floats, colour: QColor, scale: float, *, clip: QRectF, width: float = WIDTH) -> None:
    """Curves given by control points in screen px. Pieces are batched: the stroker for paths is 12 to 25 times slower."""
    if not len(points):
        return
    pen = QPen(colour)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if scale < STRAIGHT_BELOW:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen.setWidth(0)
        painter.setPen(pen)
        draw_lines(painter, np.concatenate([points[:, 0], points[:, 3]], axis=1))
        return
    thin = scale < THIN_BELOW and width <= WIDTH
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen.setWidthF(1.0 if thin else max(1.0, width * scale))
    painter.setPen(pen)
    draw_lines(painter, _pieces(points, clip))


def _pieces(points: Floats, clip: QRectF) -> Floats:
    """Short curves in few pieces, long ones in many; only those in sight."""
    length = np.abs(points[:, 3] - points[:, 0]).sum(axis=1)
    found: list[Floats] = []
    for segments, shortest, longest in ((6, 0.0, 60.0), (12, 60.0, 240.0), (20, 240.0, np.inf)):
        chosen = points[(length >= shortest) & (length < longest)]
        if len(chosen):
            found.append(curves.lines(curves.sampled(chosen, segments)))
    pieces = np.concatenate(found)
    low, high = np.minimum(pieces[:, :2], pieces[:, 2:]), np.maximum(pieces[:, :2], pieces[:, 2:])
    margin = 8.0
    seen = (high[:, 0] > clip.left() - margin) & (low[:, 0] < clip.right() + margin)
    seen &= (high[:, 1] > clip.top() - margin) & (low[:, 1] < clip.bottom() + margin)
    return np.asarray(pieces[seen])


def dashes(points: Floats, phase: float, scale: float) -> Floats:
    """The dashes of curves in screen px as (n, 4), moved on by `phase` world px along the way.

    All curves are laid end to end, so that one interpolation serves them all.
    """
    if not len(points):
        return np.zeros((0, 4))
    samples = curves.sampled(points, 24)
    steps = np.hypot(samples[:, 1:, 0] - samples[:, :-1, 0], samples[:, 1:, 1] - samples[:, :-1, 1])
    way = np.concatenate([np.zeros((len(points), 1)), np.cumsum(steps, axis=1)], axis=1)
    length = way[:, -1]
    offset = np.concatenate([[0.0], np.cumsum(length + 1.0)[:-1]])
    period, on = (DASH_ON + DASH_OFF) * scale, DASH_ON * scale
    first = (phase * scale) % period - period
    counts = np.ceil((length - first) / period).astype(np.intp)
    owner = np.repeat(np.arange(len(points)), counts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = first + number * period
    ends = np.minimum(starts + on, length[owner])
    starts = np.maximum(starts, 0.0)
    kept = ends > starts
    at = np.stack([starts[kept], ends[kept]]) + offset[owner[kept]]
    along = (way + offset[:, None]).ravel()
    x, y = np.interp(at, along, samples[:, :, 0].ravel()), np.interp(at, along, samples[:, :, 1].ravel())
    return np.stack([x[0], y[0], x[1], y[1]], axis=1)


def label_width(text: str) -> float:
    return text_width(elided(text, "code", LABEL_ROOM), "code") + 20


def paint_label(painter: QPainter, text: str, look: Look, *, selected: bool = False) -> None:
    """The pill with an edge's condition, in world px with its corner at the origin."""
    shown = elided(text, "code", LABEL_ROOM)
    box = QRectF(0, 0, label_width(text), LABEL_HEIGHT)
    painter.setPen(QPen(look.accent if selected else look.border_strong, 1))
    painter.setBrush(look.card)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 10.5, 10.5)
    painter.setPen(look.second if look.tokens.is_dark else look.text)
    painter.setFont(font("code"))
    painter.drawText(box.adjusted(0, 0, 0, -1), Qt.AlignmentFlag.AlignCenter, shown)


def paint_crossing(painter: QPainter, at: QPointF, colour: QColor, look: Look, scale: float) -> None:
    """The small port where an edge passes a group's border, at screen size."""
    painter.setPen(QPen(colour, max(1.0, 1.8 * scale)))
    painter.setBrush(look.canvas)
    painter.drawEllipse(at, CROSSING_RADIUS * scale, CROSSING_RADIUS * scale)

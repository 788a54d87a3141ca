"""Guides while dragging: where the dragged box lines up with what is in sight, or keeps the gap that others keep.

Everything is a few numpy columns over the boxes in sight, taken once when the drag begins. An axis on which nothing lines
up within reach falls back to the grid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from app.domain.measures import GRID
from app.ui.canvas.frame import Frame
from app.ui.canvas.geometry import Geometry
from app.ui.canvas.look import Look
from app.ui.canvas.rows import Floats, Slots
from app.ui.theme import font, tint
from app.ui.widgets.painting import draw_box

REACH_PX = 6.0
# Two places closer than this are the same.
SAME = 0.5
OVERHANG_PX = 18.0


@dataclass(frozen=True, slots=True)
class Line:
    """A guide at `at` across an axis (0: vertical lines, x), from `start` to `end` along the other; `solid` when it snapped."""

    axis: int
    at: float
    start: float
    end: float
    solid: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap along an axis from `start` to `end`, drawn at `beside` on the other."""

    axis: int
    start: float
    end: float
    beside: float


@dataclass(frozen=True, slots=True)
class Snap:
    """How far the dragged box is moved to line up, and what shows that it does."""

    dx: float = 0.0
    dy: float = 0.0
    lines: tuple[Line, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass
class Guides:
    """What can be lined up with, as (n, 4) of x, y, width, height."""

    rects: Floats
    snap: Snap = field(default_factory=Snap)

    @classmethod
    def over(cls, geometry: Geometry, moving: Slots, seen: QRectF) -> Guides:
        """The boxes in sight that do not move; not the groups around what moves, whose place follows from it."""
        chosen = geometry.boxes_in(seen.left(), seen.top(), seen.right(), seen.bottom())
        chosen[moving] = False
        for slot in moving.tolist()[:200]:
            chosen[geometry.attachment.chain(slot)[1:]] = False
        return cls(geometry.boxes.rect[chosen].copy())

    def show(self, box: tuple[float, float, float, float], *, grabbed: tuple[float, float], scale: float) -> tuple[float, float]:
        """Line a box up; how far it moves for that. What does not line up brings the `grabbed` corner onto the grid."""
        reach = REACH_PX / scale
        shifts = [0.0, 0.0]
        marks: list[list[Gap]] = [[], []]
        for axis in (0, 1):
            aligned = self._aligned(box, axis)
            spaced, gaps = self._spaced(box, axis)
            if aligned is not None and abs(aligned) <= reach and (spaced is None or abs(aligned) <= abs(spaced) + SAME):
                shifts[axis] = aligned
                if spaced is not None and abs(spaced - aligned) < SAME:
                    marks[axis] = gaps
            elif spaced is not None and abs(spaced) <= reach:
                shifts[axis], marks[axis] = spaced, gaps
            else:
                shifts[axis] = round(grabbed[axis] / GRID) * GRID - grabbed[axis]
        moved = box[0] + shifts[0], box[1] + shifts[1], box[2], box[3]
        lines = [line for axis in (0, 1) for line in self._lines(moved, axis)]
        self.snap = Snap(shifts[0], shifts[1], tuple(lines), tuple(_moved_gaps(marks, moved)))
        return shifts[0], shifts[1]

    def hide(self) -> None:
        self.snap = Snap()

    def _aligned(self, box: tuple[float, float, float, float], axis: int) -> float | None:
        """The smallest shift along an axis that lines the box up: borders with borders, middle with middle."""
        if not len(self.rects):
            return None
        low, size = self.rects[:, axis], self.rects[:, 2 + axis]
        mine = box[axis], box[axis] + box[2 + axis] / 2, box[axis] + box[2 + axis]
        shifts = np.concatenate([low - mine[0], low + size / 2 - mine[1], low + size - mine[2], low + size - mine[0], low - mine[2]])
        return float(shifts[np.abs(shifts).argmin()])

    def _spaced(self, box: tuple[float, float, float, float], axis: int) -> tuple[float | None, list[Gap]]:
        """The smallest shift that makes a gap equal to one beside it, and both gaps as they would then be."""
        other = 1 - axis
        rects = self.rects
        beside = (rects[:, other] < box[other] + box[2 + other]) & (rects[:, other] + rects[:, 2 + other] > box[other])
        row = rects[beside]
        start, end, size = box[axis], box[axis] + box[2 + axis], box[2 + axis]
        before = row[row[:, axis] + row[:, 2 + axis] <= start + size / 2]
        after = row[row[:, axis] >= end - size / 2]
        middle = box[other] + box[2 + other] / 2
        found: list[tuple[float, list[Gap]]] = []
        near = before[(before[:, axis] + before[:, 2 + axis]).argmax()] if len(before) else None
        far = after[after[:, axis].argmin()] if len(after) else None
        if near is not None and far is not None:
            left, right = float(near[axis] + near[2 + axis]), float(far[axis])
            gap = (right - left - size) / 2
            if gap > 0:
                found.append((left + gap - start, [Gap(axis, left, left + gap, middle), Gap(axis, right - gap, right, middle)]))
        if near is not None:
            edge = float(near[axis])
            others = before[before[:, axis] + before[:, 2 + axis] <= edge]
            if len(others):
                left = float((others[:, axis] + others[:, 2 + axis]).max())
                border, gap = edge + float(near[2 + axis]), edge - left
                found.append((border + gap - start, [Gap(axis, left, edge, middle), Gap(axis, border, border + gap, middle)]))
        if far is not None:
            edge = float(far[axis] + far[2 + axis])
            others = after[after[:, axis] >= edge]
            if len(others):
                right = float(others[:, axis].min())
                border, gap = float(far[axis]), right - edge
                found.append((border - gap - end, [Gap(axis, edge, right, middle), Gap(axis, border - gap, border, middle)]))
        found = [each for each in found if each[1][0].end - each[1][0].start > 0]
        if not found:
            return None, []
        return min(found, key=lambda each: abs(each[0]))

    def _lines(self, box: tuple[float, float, float, float], axis: int) -> Iterator[Line]:
        """Every place at which the box lines up now; the first is the one that is drawn solid."""
        if not len(self.rects):
            return
        other = 1 - axis
        low, size = self.rects[:, axis], self.rects[:, 2 + axis]
        theirs = np.stack([low, low + size / 2, low + size])
        places = box[axis], box[axis] + box[2 + axis] / 2, box[axis] + box[2 + axis]
        agree = [(np.abs(theirs[[1] if part == 1 else [0, 2]] - at) < SAME).any(axis=0) for part, at in enumerate(places)]
        solid = True
        for part, (at, agrees) in enumerate(zip(places, agree, strict=True)):
            if not agrees.any() or (part == 1 and agree[0].any() and agree[2].any()):
                continue  # between two borders that agree, the middle says nothing new
            spans = self.rects[agrees]
            start = min(float(spans[:, other].min()), box[other])
            end = max(float((spans[:, other] + spans[:, 2 + other]).max()), box[other] + box[2 + other])
            yield Line(axis, at, start, end, solid)
            solid = False

    def paint(self, frame: Frame, look: Look) -> None:
        """Lines in accent a little longer than what they join, the place of the solid one, and gaps with their size in world px."""
        if not self.snap.lines and not self.snap.gaps:
            return
        painter, camera = frame.painter, frame.camera
        painter.setRenderHint(painter.RenderHint.Antialiasing, True)
        for line in self.snap.lines:
            pen = QPen(look.accent if line.solid else tint(look.tokens.accent, 0.65), 1.5)
            if not line.solid:
                pen.setDashPattern([4, 3])
            painter.setPen(pen)
            first, last = (QPointF(line.at, line.start), QPointF(line.at, line.end))
            overhang = QPointF(0, OVERHANG_PX)
            if line.axis == 1:
                first, last, overhang = QPointF(line.start, line.at), QPointF(line.end, line.at), QPointF(OVERHANG_PX, 0)
            tail = _on_a_pixel(camera.to_screen(last), camera.dpr) + overhang
            painter.drawLine(_on_a_pixel(camera.to_screen(first), camera.dpr) - overhang, tail)
            if line.solid:
                _badge(frame, look, f"{'xy'[line.axis]} {round(line.at):,}", tail + (QPointF(0, 6) if line.axis == 0 else QPointF(24, 0)))
        for gap in self.snap.gaps:
            _paint_gap(frame, look, gap)


def _on_a_pixel(at: QPointF, dpr: float) -> QPointF:
    """The middle of the device pixel a point lies in, so that a thin line is sharp."""
    return QPointF((np.floor(at.x() * dpr) + 0.5) / dpr, (np.floor(at.y() * dpr) + 0.5) / dpr)


def _moved_gaps(marks: list[list[Gap]], moved: tuple[float, float, float, float]) -> Iterator[Gap]:
    """Gaps beside the box as it stands after both axes were settled."""
    for axis in (0, 1):
        other = 1 - axis
        for gap in marks[axis]:
            yield Gap(axis, gap.start, gap.end, moved[other] + moved[2 + other] / 2)


def _paint_gap(frame: Frame, look: Look, gap: Gap) -> None:
    """A line between two caps, and how long it is."""
    painter, camera = frame.painter, frame.camera
    across = gap.axis == 1
    start = camera.to_screen(QPointF(gap.beside, gap.start) if across else QPointF(gap.start, gap.beside))
    end = camera.to_screen(QPointF(gap.beside, gap.end) if across else QPointF(gap.end, gap.beside))
    cap = QPointF(5, 0) if across else QPointF(0, 5)
    painter.setPen(QPen(look.accent, 1.5))
    for first, last in ((start, end), (start - cap, start + cap), (end - cap, end + cap)):
        painter.drawLine(first, last)
    _badge(frame, look, f"{round(gap.end - gap.start):,}", (start + end) / 2 + (QPointF(24, 0) if across else QPointF(0, 18)))


def _badge(frame: Frame, look: Look, text: str, at: QPointF) -> None:
    """A number on accent, centred on a point of the screen."""
    painter = frame.painter
    painter.setFont(font("badge"))
    width = painter.fontMetrics().horizontalAdvance(text) + 12
    box = QRectF(at.x() - width / 2, at.y() - 8, width, 16)
    draw_box(painter, box, 5, fill=look.accent)
    painter.setPen(look.canvas if look.tokens.is_dark else Qt.GlobalColor.white)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

"""How the timeline is drawn: what is in sight, in batches, with everything under two pixels merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from app.ui.canvas.batches import draw_rects
from app.ui.theme import font, mixed, theme, tint
from app.ui.timeline_rows import STATUSES, Timeline
from app.ui.widgets.painting import draw_box, draw_icon
from app.ui.words import duration

ROW, BAR, RULER = 24, 14, 28
_MOST_ROUNDED, _MOST_LABELS = 2000, 300

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is looked at: which seconds, how far the lanes are scrolled, and the size of it all."""

    width: int
    height: int
    names_width: int
    scrolled: int
    from_s: float
    span_s: float
    now_s: float

    @property
    def plot_width(self) -> int:
        return max(1, self.width - self.names_width - 14)

    def x(self, second: float) -> float:
        return self.names_width + (second - self.from_s) / self.span_s * self.plot_width

    def y(self, lane: int) -> float:
        return RULER + lane * ROW - self.scrolled

    def lanes_in_sight(self, timeline: Timeline) -> range:
        return range(self.scrolled // ROW, min(len(timeline.lanes), (self.scrolled + self.height - RULER) // ROW + 1))


def paint_timeline(painter: QPainter, timeline: Timeline, frame: Frame, *, selected: frozenset[str], hovered: int) -> None:
    """Everything but the line of now."""
    tokens = theme().tokens
    lanes = frame.lanes_in_sight(timeline)
    painter.fillRect(QRect(0, 0, frame.width, frame.height), QColor(tokens.panel))
    for at in lanes:
        if timeline.lanes[at].element_id in selected or at == hovered:
            ground = tint(tokens.accent, 0.12) if timeline.lanes[at].element_id in selected else QColor(tokens.raised)
            painter.fillRect(QRectF(0, frame.y(at), frame.width, ROW), ground)
    _paint_ruler(painter, frame)
    if lanes:
        painter.setClipRect(QRect(frame.names_width, RULER, frame.width - frame.names_width, frame.height - RULER))
        _paint_bars(painter, timeline, frame, lanes)
        painter.setClipRect(QRect(0, RULER, frame.names_width, frame.height - RULER))
        for at in lanes:
            _paint_name(painter, timeline, frame, at)
        painter.setClipping(False)


def paint_now(painter: QPainter, frame: Frame) -> None:
    """The line of now, with its time in the ruler."""
    x = frame.x(frame.now_s)
    if not frame.names_width <= x <= frame.width:
        return
    tokens = theme().tokens
    painter.setPen(QPen(QColor(tokens.running), 1.5))
    painter.drawLine(QPointF(x, RULER), QPointF(x, frame.height))
    words = _seconds(frame.now_s)
    wide = QFontMetrics(font("badge")).horizontalAdvance(words) + 14
    chip = QRectF(min(x - wide / 2, frame.width - wide - 2), 5, wide, 18)
    draw_box(painter, chip, 5, fill=tokens.running)
    painter.setFont(font("badge"))
    painter.setPen(QColor(tokens.canvas if tokens.is_dark else "#FFFFFF"))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)


def _paint_ruler(painter: QPainter, frame: Frame) -> None:
    tokens = theme().tokens
    painter.setFont(font("caption"))
    step = _nice(frame.span_s / max(1, frame.plot_width / 90))
    tick = float(np.ceil(frame.from_s / step) * step)
    while tick <= frame.from_s + frame.span_s:
        x = round(frame.x(tick)) + 0.5
        painter.setPen(QPen(QColor(tokens.border), 1))
        painter.drawLine(QPointF(x, RULER - 4), QPointF(x, frame.height))
        painter.setPen(QColor(tokens.text_second))
        painter.drawText(QRectF(x + 5, 0, 80, RULER), Qt.AlignmentFlag.AlignVCenter, _tick_words(tick, step))
        tick += step
    painter.setPen(QPen(QColor(tokens.border), 1))
    painter.drawLine(QPointF(0, RULER - 0.5), QPointF(frame.width, RULER - 0.5))
    painter.drawLine(QPointF(frame.names_width - 0.5, 0), QPointF(frame.names_width - 0.5, frame.height))


def _paint_bars(painter: QPainter, timeline: Timeline, frame: Frame, lanes: range) -> None:
    tokens = theme().tokens
    inside = slice(int(timeline.offsets[lanes.start]), int(timeline.offsets[lanes.stop]))
    start, status = timeline.start[inside], timeline.status[inside]
    x = frame.names_width + (start - frame.from_s) * (frame.plot_width / frame.span_s)
    width = (timeline.ends_by(frame.now_s)[inside] - start) * (frame.plot_width / frame.span_s)
    lane = timeline.lane[inside]
    y = RULER + lane * ROW - frame.scrolled + (ROW - BAR) / 2
    is_group = np.array([timeline.lanes[at].is_group for at in lanes], bool)[lane - lanes.start]
    seen = (x < frame.width) & (x + width > frame.names_width)
    small = seen & (width < 2) & ~is_group
    marks = _merged(x[small], lane[small] - lanes.start, status[small], frame.width, len(lanes))
    for code, name in enumerate(STATUSES):
        colour = {"completed": tokens.ok, "running": tokens.running, "failed": tokens.error}.get(name, tokens.edge_idle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        rows, pixels = np.divmod(np.flatnonzero(marks[code]), frame.width)
        tops = RULER + (rows + lanes.start) * ROW - frame.scrolled + (ROW - BAR) / 2
        draw_rects(painter, np.stack([pixels, tops, np.full(len(rows), 2.0), np.full(len(rows), float(BAR))], 1))
        _paint_rounded(painter, x, y, width, np.flatnonzero(seen & ~small & ~is_group & (status == code)), colour)
    for at in np.flatnonzero(seen & is_group).tolist():
        category = tokens.category.get(timeline.lanes[int(lane[at])].look.category, tokens.accent)
        draw_box(painter, QRectF(x[at], y[at], max(2.0, width[at]), BAR), 4, fill=tint(category, 0.16))
    _paint_labels(painter, timeline, frame, inside.start, (x, y, width), np.flatnonzero(seen & (width > 30)))


def _merged(x: Floats, lane: npt.NDArray[np.int64], status: npt.NDArray[np.int64], width: int, lanes: int) -> Bools:
    """Bars of less than two pixels as a bitmap by status, lane and pixel: many that fall together are one mark."""
    bitmap = np.zeros(len(STATUSES) * lanes * width, bool)
    bitmap[(status * lanes + lane) * width + np.clip(x, 0, width - 1).astype(np.int64)] = True
    return bitmap.reshape(len(STATUSES), -1)


def _paint_rounded(painter: QPainter, x: Floats, y: Floats, width: Floats, chosen: npt.NDArray[np.intp], colour: str) -> None:
    panel = theme().tokens.panel
    painter.setBrush(mixed(colour, panel, 0.32))
    painter.setPen(QPen(mixed(colour, panel, 0.8), 1))
    for at in chosen[:_MOST_ROUNDED].tolist():
        painter.drawRoundedRect(QRectF(x[at] + 0.5, y[at] + 0.5, width[at] - 1, BAR - 1), 4, 4)


def _paint_labels(
    painter: QPainter,
    timeline: Timeline,
    frame: Frame,
    first: int,
    place: tuple[Floats, Floats, Floats],
    chosen: npt.NDArray[np.intp],
) -> None:
    x, y, width = place
    painter.setFont(font("caption"))
    painter.setPen(QColor(theme().tokens.text))
    metrics = QFontMetrics(font("caption"))
    for at in chosen[:_MOST_LABELS].tolist():
        left = max(float(x[at]), float(frame.names_width))
        room = float(x[at] + width[at]) - left - 10
        words = timeline.bars[first + at].label
        if words and room > metrics.horizontalAdvance(words):
            painter.drawText(QRectF(left + 6, y[at] - 1, room + 4, BAR + 1), Qt.AlignmentFlag.AlignVCenter, words)


def _paint_name(painter: QPainter, timeline: Timeline, frame: Frame, at: int) -> None:
    tokens, lane = theme().tokens, timeline.lanes[at]
    x, y = 14 + lane.depth * 14, frame.y(at)
    draw_icon(painter, lane.look.icon, tokens.category.get(lane.look.category, tokens.accent), (x, y + (ROW - 14) / 2), 14)
    on_top = lane.depth == 0 or lane.is_group
    painter.setFont(font("ui" if on_top else "second"))
    painter.setPen(QColor(tokens.text if on_top else tokens.text_second))
    room = frame.names_width - x - 30
    name = QFontMetrics(painter.font()).elidedText(lane.look.name, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRectF(x + 22, y, room, ROW), Qt.AlignmentFlag.AlignVCenter, name)


def _seconds(seconds: float) -> str:
    from datetime import timedelta

    return duration(timedelta(seconds=seconds))


def _nice(step: float) -> float:
    """The next of 1, 2, 5 × 10ⁿ, and above half a minute of what clocks show."""
    if step > 30:
        return float(next((nice for nice in (60, 120, 300, 600, 1800, 3600, 7200, 21_600) if step <= nice), 86_400))
    power = 10.0 ** np.floor(np.log10(max(step, 1e-6)))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step))


def _tick_words(second: float, step: float) -> str:
    if step >= 60:
        return f"{int(second) // 60} m" if second < 3600 else f"{int(second) // 3600} h {int(second) % 3600 // 60:02d}"
    return f"{second:.0f} s" if step >= 1 else f"{second:.1f} s" if step >= 0.1 else f"{second * 1000:.0f} ms"

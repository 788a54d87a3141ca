"""The timeline: a run's bars in immediate mode. What is under two pixels is merged, what is in sight is drawn, in batches.

Wheel pans the lanes, Ctrl+wheel zooms time at the pointer, Shift+wheel pans time, 0 shows all of it.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from app.domain.catalog import Catalog
from app.ui.canvas.batches import draw_rects
from app.ui.live_run import LiveRun
from app.ui.theme import font, mixed, theme, tint
from app.ui.timeline_rows import STATUSES, Timeline, timeline_of, turn_of
from app.ui.widgets.chips import status_look
from app.ui.widgets.painting import draw_box, draw_icon, painting
from app.ui.words import duration

ROW, BAR, RULER = 24, 14, 28
_NAMES = 228
_LEAST_S = 0.01
_LABELS = 300


class TimelineView(QWidget):
    """Shows one run, and follows it while it lives."""

    step_chosen = Signal(str)
    """The id of the step or group whose lane or bar was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._live: LiveRun | None = None
        self._names: dict[str, tuple[str, str]] = {}
        self._looks: dict[str, tuple[str, str]] = {}
        self.timeline = Timeline()
        self._selected: frozenset[str] = frozenset()
        self._hovered = -1
        self._from_s, self._span_s = 0.0, 1.0
        self._follows = True
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.valueChanged.connect(lambda _value: self.update())
        self._clock = QTimer(self, interval=100)
        self._clock.timeout.connect(self._tick)
        theme().changed.connect(self.update)

    def set_kinds(self, catalog: Catalog) -> None:
        """Icons and categories of steps and groups by their type."""
        self._looks = {kind.type: (kind.icon, kind.category) for kind in catalog.steps.values()}
        self._looks |= {group.type: (group.icon, group.category) for group in catalog.groups.values()}

    def show_run(self, live: LiveRun | None, group_names: dict[str, tuple[str, str]]) -> None:
        """Show this run as far as it has been read; called again when there is more."""
        if live is not self._live:
            self._follows = True
            self._bar.setValue(0)
        self._live, self._names = live, group_names
        self.timeline = timeline_of(live, group_names) if live is not None else Timeline()
        if live is not None and not live.is_over:
            self._clock.start()
        else:
            self._clock.stop()
        self._tick()

    def show_selection(self, ids: frozenset[str]) -> None:
        self._selected = ids
        self.update()

    @property
    def now_s(self) -> float:
        return self._live.elapsed.total_seconds() if self._live is not None else 0.0

    def show_all(self) -> None:
        """All of the run; while it lives, it goes on fitting."""
        self._follows = True
        self._tick()

    def bar_rect(self, at: int) -> QRectF:
        """Where a bar is drawn; for tests and tooltips."""
        lane = int(self.timeline.lane[at])
        end = float(self.timeline.ends_by(self.now_s)[at])
        x0, x1 = self._x(float(self.timeline.start[at])), self._x(end)
        return QRectF(x0, RULER + lane * ROW - self._bar.value() + (ROW - BAR) / 2, max(2.0, x1 - x0), BAR)

    def sizeHint(self) -> QSize:
        return QSize(600, 200)

    def _tick(self) -> None:
        if self._follows:
            self._from_s, self._span_s = 0.0, max(_LEAST_S, self.now_s * 1.06, float(np.nanmax(self.timeline.end, initial=0.0)) * 1.06)
        self._fit_bar()
        if self.isVisible():
            self.update()

    def _fit_bar(self) -> None:
        content, room = len(self.timeline.lanes) * ROW + 8, self.height() - RULER
        self._bar.setRange(0, max(0, content - room))
        self._bar.setPageStep(max(1, room))
        self._bar.setSingleStep(ROW)
        self._bar.setGeometry(self.width() - 10, RULER, 10, max(0, room))
        self._bar.setVisible(content > room)

    @property
    def _names_width(self) -> int:
        return min(_NAMES, max(90, self.width() // 4))

    def _x(self, second: float) -> float:
        return self._names_width + (second - self._from_s) / self._span_s * self._plot_width

    @property
    def _plot_width(self) -> int:
        return max(1, self.width() - self._names_width - 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(tokens.panel))
            first = self._bar.value() // ROW
            last = min(len(self.timeline.lanes), (self._bar.value() + self.height() - RULER) // ROW + 1)
            self._paint_grounds(painter, first, last)
            self._paint_ruler(painter)
            painter.setClipRect(QRect(self._names_width, RULER, self.width() - self._names_width, self.height() - RULER))
            self._paint_bars(painter, first, last)
            painter.setClipRect(QRect(0, RULER, self._names_width, self.height() - RULER))
            self._paint_names(painter, first, last)
            painter.setClipping(False)
            self._paint_now(painter)

    def _paint_grounds(self, painter: QPainter, first: int, last: int) -> None:
        tokens = theme().tokens
        for at in range(first, last):
            lane = self.timeline.lanes[at]
            ground = (
                tint(tokens.accent, 0.12) if lane.element_id in self._selected else QColor(tokens.raised) if at == self._hovered else None
            )
            if ground is not None:
                painter.fillRect(QRectF(0, RULER + at * ROW - self._bar.value(), self.width(), ROW), ground)

    def _paint_ruler(self, painter: QPainter) -> None:
        tokens = theme().tokens
        painter.fillRect(QRect(0, 0, self.width(), RULER), QColor(tokens.panel))
        painter.setFont(font("caption"))
        step = _nice(self._span_s / max(1, self._plot_width / 90))
        tick = np.ceil(self._from_s / step) * step
        while tick <= self._from_s + self._span_s:
            x = round(self._x(float(tick))) + 0.5
            painter.setPen(QPen(QColor(tokens.border), 1))
            painter.drawLine(QPointF(x, RULER - 4), QPointF(x, self.height()))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(QRectF(x + 5, 0, 80, RULER), Qt.AlignmentFlag.AlignVCenter, _tick_words(float(tick), step))
            tick += step
        painter.setPen(QPen(QColor(tokens.border), 1))
        painter.drawLine(QPointF(0, RULER - 0.5), QPointF(self.width(), RULER - 0.5))
        painter.drawLine(QPointF(self._names_width - 0.5, 0), QPointF(self._names_width - 0.5, self.height()))

    def _paint_bars(self, painter: QPainter, first: int, last: int) -> None:
        timeline, tokens = self.timeline, theme().tokens
        if first >= last:
            return
        inside = slice(int(timeline.offsets[first]), int(timeline.offsets[last]))
        ends = timeline.ends_by(self.now_s)[inside]
        scale = self._plot_width / self._span_s
        x = self._names_width + (timeline.start[inside] - self._from_s) * scale
        width = (ends - timeline.start[inside]) * scale
        lanes, status = timeline.lane[inside], timeline.status[inside]
        y = RULER + lanes * ROW - self._bar.value() + (ROW - BAR) / 2
        groups = np.array([lane.is_group for lane in timeline.lanes[first:last]], bool)[lanes - first]
        seen = (x < self.width()) & (x + width > self._names_width)
        small = seen & (width < 2)
        # Bars of less than two pixels: one line for all that fall on the same pixel of the same lane and status.
        marks = np.unique(np.stack([np.floor(x[small]), y[small], status[small]], 1), axis=0) if small.any() else np.zeros((0, 3))
        painter.setPen(Qt.PenStyle.NoPen)
        for code, name in enumerate(STATUSES):
            colour = {"completed": tokens.ok, "running": tokens.running, "failed": tokens.error}.get(name, tokens.edge_idle)
            painter.setBrush(QColor(colour))
            chosen = marks[marks[:, 2] == code]
            draw_rects(painter, np.stack([chosen[:, 0], chosen[:, 1], np.full(len(chosen), 2.0), np.full(len(chosen), float(BAR))], 1))
            large = seen & ~small & ~groups & (status == code)
            painter.setBrush(mixed(colour, tokens.panel, 0.32))
            painter.setPen(QPen(mixed(colour, tokens.panel, 0.8), 1))
            for left, top, wide in zip(x[large][:2000].tolist(), y[large].tolist(), width[large].tolist(), strict=False):
                painter.drawRoundedRect(QRectF(left + 0.5, top + 0.5, wide - 1, BAR - 1), 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
        self._paint_group_bars(painter, x, y, width, lanes, seen & ~small & groups)
        self._paint_labels(painter, inside.start, x, y, width, seen & (width > 30))

    def _paint_group_bars(
        self, painter: QPainter, x: np.ndarray, y: np.ndarray, width: np.ndarray, lanes: np.ndarray, chosen: np.ndarray
    ) -> None:
        for at in np.flatnonzero(chosen)[:500].tolist():
            lane = self.timeline.lanes[int(lanes[at])]
            draw_box(painter, QRectF(x[at], y[at], width[at], BAR), 4, fill=tint(self._category(lane.type).name(), 0.16))

    def _paint_labels(self, painter: QPainter, start: int, x: np.ndarray, y: np.ndarray, width: np.ndarray, chosen: np.ndarray) -> None:
        painter.setFont(font("caption"))
        painter.setPen(QColor(theme().tokens.text))
        metrics = QFontMetrics(font("caption"))
        for at in np.flatnonzero(chosen)[:_LABELS].tolist():
            left = max(float(x[at]), float(self._names_width))
            room = float(x[at] + width[at]) - left - 10
            words = self._words(start + at)
            if words and room > metrics.horizontalAdvance(words):
                painter.drawText(QRectF(left + 6, y[at] - 1, room + 4, BAR + 1), Qt.AlignmentFlag.AlignVCenter, words)

    def _words(self, at: int) -> str:
        row = self.timeline.rows[at]
        if row.status == "failed" and isinstance(row.error, dict):
            return str(row.error.get("type") or "failed")
        turn = turn_of(row.path)
        took = duration(row.completed_at - row.started_at) if row.completed_at and row.started_at else ""
        return " · ".join(part for part in (turn, took) if part)

    def _paint_names(self, painter: QPainter, first: int, last: int) -> None:
        tokens = theme().tokens
        for at in range(first, last):
            lane = self.timeline.lanes[at]
            y = RULER + at * ROW - self._bar.value()
            icon_name, _ = self._looks.get(lane.type, ("box", "data"))
            x = 14 + lane.depth * 14
            draw_icon(painter, icon_name, self._category(lane.type).name(), (x, y + (ROW - 14) / 2), 14)
            top = lane.depth == 0 or lane.is_group
            painter.setFont(font("ui" if top else "second"))
            painter.setPen(QColor(tokens.text if top else tokens.text_second))
            room = self._names_width - x - 30
            name = QFontMetrics(painter.font()).elidedText(lane.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(x + 22, y, room, ROW), Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_now(self, painter: QPainter) -> None:
        if self._live is None or self._live.is_over:
            return
        colour = QColor(theme().tokens.running)
        x = self._x(self.now_s)
        if not self._names_width <= x <= self.width():
            return
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(x, RULER), QPointF(x, self.height()))
        painter.setFont(font("badge"))
        words = duration(self._live.elapsed)
        wide = QFontMetrics(font("badge")).horizontalAdvance(words) + 14
        chip = QRectF(min(x - wide / 2, self.width() - wide - 2), 5, wide, 18)
        draw_box(painter, chip, 5, fill=colour)
        painter.setPen(QColor("#0B0D12" if theme().tokens.is_dark else "#FFFFFF"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)

    def _category(self, type: str) -> QColor:
        _, category = self._looks.get(type, ("box", "data"))
        return QColor(theme().tokens.category.get(category, theme().tokens.accent))

    def _lane_at(self, point: QPoint) -> int:
        at = (point.y() - RULER + self._bar.value()) // ROW
        return at if point.y() >= RULER and 0 <= at < len(self.timeline.lanes) else -1

    def _bar_at(self, point: QPoint) -> int:
        lane = self._lane_at(point)
        if lane < 0 or point.x() < self._names_width:
            return -1
        for at in range(int(self.timeline.offsets[lane + 1]) - 1, int(self.timeline.offsets[lane]) - 1, -1):
            if self.bar_rect(at).adjusted(-2, -4, 2, 4).contains(QPointF(point)):
                return at
        return -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        lane = self._lane_at(event.position().toPoint())
        if lane >= 0:
            self.step_chosen.emit(self.timeline.lanes[lane].element_id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        lane = self._lane_at(event.position().toPoint())
        if lane != self._hovered:
            self._hovered = lane
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = self._bar_at(event.pos())
            if at < 0:
                QToolTip.hideText()
            else:
                row = self.timeline.rows[at]
                took = duration(row.completed_at - row.started_at) if row.completed_at and row.started_at else "not ended"
                QToolTip.showText(event.globalPos(), f"{row.path}\n{status_look(row.status).word}, {took}", self)
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120 or event.angleDelta().x() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom(0.85**turns, event.position().x())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._pan(-turns * self._span_s * 0.1)
        else:
            self._bar.setValue(self._bar.value() - round(turns * ROW * 2))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_0:
                self.show_all()
            case Qt.Key.Key_Down | Qt.Key.Key_Up as key:
                self._choose_next(1 if key == Qt.Key.Key_Down else -1)
            case Qt.Key.Key_Left | Qt.Key.Key_Right as key:
                self._pan(self._span_s * (0.1 if key == Qt.Key.Key_Right else -0.1))
            case Qt.Key.Key_Plus | Qt.Key.Key_Minus as key:
                self._zoom(0.8 if key == Qt.Key.Key_Plus else 1.25, self._names_width + self._plot_width / 2)
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QEvent) -> None:
        self._fit_bar()

    def _choose_next(self, step: int) -> None:
        lanes = self.timeline.lanes
        if not lanes:
            return
        at = next((i for i, lane in enumerate(lanes) if lane.element_id in self._selected), -1 if step > 0 else len(lanes))
        at = max(0, min(len(lanes) - 1, at + step))
        self._bar.setValue(max(min(self._bar.value(), at * ROW), (at + 1) * ROW - (self.height() - RULER)))
        self.step_chosen.emit(lanes[at].element_id)

    def _zoom(self, factor: float, x: float) -> None:
        self._follows = False
        share = (x - self._names_width) / self._plot_width
        anchor = self._from_s + share * self._span_s
        self._span_s = max(_LEAST_S, self._span_s * factor)
        self._from_s = max(0.0, anchor - share * self._span_s)
        self.update()

    def _pan(self, seconds: float) -> None:
        self._follows = False
        self._from_s = max(0.0, self._from_s + seconds)
        self.update()


def _nice(step: float) -> float:
    """The next of 1, 2, 5 × 10ⁿ, and above a minute of what clocks show."""
    for nice in (60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400):
        if nice >= 60 and 30 < step <= nice:
            return float(nice)
    power = 10.0 ** np.floor(np.log10(max(step, 1e-6)))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step))


def _tick_words(second: float, step: float) -> str:
    if step >= 60:
        return f"{int(second) // 60} m" if second < 3600 else f"{int(second) // 3600} h {int(second) % 3600 // 60:02d}"
    return f"{second:.0f} s" if step >= 1 else f"{second:.1f} s" if step >= 0.1 else f"{second * 1000:.0f} ms"

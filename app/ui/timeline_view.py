"""The timeline of a run, in immediate mode. Wheel pans the lanes, Ctrl+wheel zooms time, Shift+wheel pans it, 0 shows all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from app.ui.live_run import LiveRun
from app.ui.theme import theme
from app.ui.timeline_painting import BAR, ROW, RULER, Frame, paint_now, paint_timeline
from app.ui.timeline_rows import Timeline
from app.ui.widgets.chips import status_look
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import painting
from app.ui.words import duration

_NAMES = 228
_LEAST_S = 0.01


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
        self.timeline = Timeline()
        self._live: LiveRun | None = None
        self._selected: frozenset[str] = frozenset()
        self._hovered = -1
        self._from_s, self._span_s = 0.0, 1.0
        self._follows = True
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.valueChanged.connect(lambda _value: self.update())
        self._clock = QTimer(self, interval=100)
        self._clock.timeout.connect(self._tick)
        theme().changed.connect(self.update)

    def show_run(self, live: LiveRun | None, timeline: Timeline) -> None:
        """Show this run, of which `timeline` was made; called again when there is more."""
        if live is not self._live:
            self._follows = True
            self._bar.setValue(0)
        self._live = live
        self.timeline = timeline
        if live is not None and not live.is_over:
            self._clock.start()
        else:
            self._clock.stop()
        self._tick()

    def show_selection(self, ids: frozenset[str]) -> None:
        self._selected = ids
        self.update()

    def show_all(self) -> None:
        """All of the run; while it lives, it goes on fitting."""
        self._follows = True
        self._tick()

    @property
    def frame(self) -> Frame:
        """What is looked at now."""
        names = min(_NAMES, max(90, self.width() // 4))
        now = self._live.elapsed.total_seconds() if self._live is not None else 0.0
        return Frame(self.width(), self.height(), names, self._bar.value(), self._from_s, self._span_s, now)

    def bar_rect(self, at: int) -> QRectF:
        """Where a bar is drawn."""
        frame = self.frame
        bar = self.timeline.bars[at]
        left, right = frame.x(bar.start), frame.x(float(self.timeline.ends_by(frame.now_s)[at]))
        return QRectF(left, frame.y(bar.lane) + (ROW - BAR) / 2, max(2.0, right - left), BAR)

    def sizeHint(self) -> QSize:
        return QSize(600, 200)

    def _tick(self) -> None:
        if self._follows:
            self._from_s, self._span_s = 0.0, max(_LEAST_S, self.frame.now_s, self.timeline.last_end) * 1.06
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

    def paintEvent(self, event: QPaintEvent) -> None:
        frame = self.frame
        with painting(self) as painter:
            paint_timeline(painter, self.timeline, frame, selected=self._selected, hovered=self._hovered)
            if self._live is not None and not self._live.is_over:
                paint_now(painter, frame)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_bar()

    def _lane_at(self, point: QPoint) -> int:
        at = (point.y() - RULER + self._bar.value()) // ROW
        return at if point.y() >= RULER and 0 <= at < len(self.timeline.lanes) else -1

    def _bar_at(self, point: QPoint) -> int:
        lane = self._lane_at(point)
        if lane < 0 or point.x() < self.frame.names_width:
            return -1
        first, end = int(self.timeline.offsets[lane]), int(self.timeline.offsets[lane + 1])
        hits = (at for at in range(end - 1, first - 1, -1) if self.bar_rect(at).adjusted(-2, -4, 2, 4).contains(QPointF(point)))
        return next(hits, -1)

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
                row = self.timeline.bars[at].row
                took = duration(row.completed_at - row.started_at) if row.completed_at and row.started_at else "not ended"
                QToolTip.showText(event.globalPos(), plain_tip(f"{row.path}\n{status_look(row.status).word}, {took}"), self)
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
                self._zoom(0.8 if key == Qt.Key.Key_Plus else 1.25, self.frame.x(self._from_s + self._span_s / 2))
            case _:
                super().keyPressEvent(event)

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
        frame = self.frame
        share = (x - frame.names_width) / frame.plot_width
        anchor = self._from_s + share * self._span_s
        self._span_s = max(_LEAST_S, self._span_s * factor)
        self._from_s = max(0.0, anchor - share * self._span_s)
        self.update()

    def _pan(self, seconds: float) -> None:
        self._follows = False
        self._from_s = max(0.0, self._from_s + seconds)
        self.update()

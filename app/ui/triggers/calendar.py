"""The coming week: when each schedule is due, by day and hour, with the hours that clocks leave out or bring twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.theme import font, theme, tint
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import draw_box, painting

DAYS = 7
HEAD, GUTTER, BLOCK = 30, 44, 14
MOST_SINGLE, MOST_IN_AN_HOUR = 6, 2
"""A schedule that is due more often than that in a day, or in an hour of it, is drawn as bands of hours."""


@dataclass(frozen=True, slots=True)
class Due:
    """One schedule's times in the week shown, in UTC."""

    schedule_id: str
    name: str
    times: Sequence[datetime]
    goes_on: bool = False
    """There are more times than are known; after the last one it is due as often until the end."""


@dataclass(frozen=True, slots=True)
class _Block:
    rect: QRectF
    schedule_id: str
    name: str
    words: str
    times: int
    first: datetime
    is_band: bool = False


class WeekCalendar(QWidget):
    """Seven days from a day on, in local time. A click opens a schedule; left and right change the week."""

    time_chosen = Signal(str, object)
    """The id of a schedule and a time at which it is due, the first one of a band."""
    week_asked = Signal(int)
    """How many weeks on (or back)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("week-calendar")
        self.setAccessibleName("Coming week")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(360, 200)
        self.setMouseTracking(True)
        self._first = datetime.now().astimezone().date()
        self._due: Sequence[Due] = ()
        self._selected = ""
        self.blocks: list[_Block] = []
        theme().changed.connect(self.update)

    @property
    def first(self) -> date:
        return self._first

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last moment shown."""
        return _midnight(self._first), _midnight(self._first + timedelta(days=DAYS))

    def show_week(self, first: date, due: Sequence[Due]) -> None:
        self._first, self._due = first, due
        total = sum(len(each.times) for each in due)
        self.setAccessibleDescription(f"{total:,} runs of {len(due)} schedules from {first:%d %B} on")
        self._lay_out()
        self.update()

    def select(self, schedule_id: str) -> None:
        self._selected = schedule_id
        self.update()

    def block_at(self, at: QPointF) -> _Block | None:
        return next((block for block in reversed(self.blocks) if block.rect.contains(at)), None)

    def resizeEvent(self, event: object) -> None:
        self._lay_out()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if (block := self.block_at(event.position())) is not None:
            self.time_chosen.emit(block.schedule_id, block.first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.week_asked.emit(step)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            block = self.block_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(f"{block.name}\n{block.words}") if block else "", self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(tokens.field))
            self._paint_grid(painter)
            for day in range(DAYS):
                self._paint_changes(painter, day)
            for block in self.blocks:
                self._paint_block(painter, block)
            self._paint_now(painter)
            if not self._due:
                painter.setPen(QColor(tokens.text_second))
                painter.setFont(font("second"))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Nothing is due in this week.")

    def _paint_grid(self, painter: QPainter) -> None:
        tokens = theme().tokens
        today = datetime.now().astimezone().date()
        painter.setFont(font("second"))
        for day in range(DAYS):
            shown = self._first + timedelta(days=day)
            x = self._x(day)
            painter.setPen(QColor(tokens.text if shown == today else tokens.text_second))
            painter.drawText(QRectF(x, 0, self._day_width, HEAD), Qt.AlignmentFlag.AlignCenter, f"{shown:%a} {shown.day}")
            painter.setPen(QPen(QColor(tokens.border), 1))
            painter.drawLine(QPointF(x, HEAD), QPointF(x, self.height()))
        painter.setFont(font("caption"))
        for hour in (0, 6, 12, 18):
            y = self._y(hour * 60)
            painter.setPen(QPen(QColor(tokens.border), 1))
            painter.drawLine(QPointF(GUTTER, y), QPointF(self.width(), y))
            painter.setPen(QColor(tokens.text_third))
            words = QRectF(0, y - 7 if hour else y, GUTTER - 6, 14)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{hour:02d}:00")

    def _paint_changes(self, painter: QPainter, day: int) -> None:
        """Hatched: minutes that do not exist. Doubled outline: minutes that come twice."""
        tokens = theme().tokens
        for start, end, is_gap in _changes(self._first + timedelta(days=day)):
            rect = QRectF(self._x(day) + 1, self._y(start), self._day_width - 2, max(4.0, self._y(end) - self._y(start)))
            if is_gap:
                painter.fillRect(rect, tint(tokens.warn, 0.12))
                painter.setPen(QPen(tint(tokens.warn, 0.6), 1.2))
                painter.save()
                painter.setClipRect(rect)
                for x in range(int(rect.left() - rect.height()), int(rect.right()), 7):
                    painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()))
                painter.restore()
            else:
                draw_box(painter, rect, 3, border=tokens.warn)
                draw_box(painter, rect.adjusted(3, 3, -3, -3), 2, border=tokens.warn)

    def _paint_block(self, painter: QPainter, block: _Block) -> None:
        tokens = theme().tokens
        on = block.schedule_id == self._selected
        past = block.rect.y() >= 0 and self._is_past(block)
        painter.setOpacity(0.5 if past else 1.0)
        draw_box(painter, block.rect, 4, fill=tint(tokens.accent, 0.28) if on else tokens.raised, border=tokens.accent if on else None)
        if block.is_band:
            painter.setPen(QPen(QColor(tokens.accent if on else tokens.text_third), 1))
            steps = max(2, int(block.rect.height() // 4))
            for step in range(steps):
                y = block.rect.top() + 2 + step * (block.rect.height() - 4) / steps
                painter.drawLine(QPointF(block.rect.left() + 2, y), QPointF(block.rect.left() + 6, y))
        painter.setPen(QColor(tokens.text if on else tokens.text_second))
        painter.setFont(font("caption"))
        room = block.rect.adjusted(10 if block.is_band else 5, 0, -2, 0)
        room.setHeight(min(room.height(), BLOCK))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), block.words.split(",")[0])
        painter.setOpacity(1.0)

    def _is_past(self, block: _Block) -> bool:
        now = datetime.now().astimezone()
        day = int((block.rect.center().x() - GUTTER) // self._day_width)
        shown = self._first + timedelta(days=day)
        return shown < now.date() or (shown == now.date() and block.rect.bottom() < self._y(now.hour * 60 + now.minute))

    def _paint_now(self, painter: QPainter) -> None:
        now = datetime.now().astimezone()
        day = (now.date() - self._first).days
        if 0 <= day < DAYS:
            y = self._y(now.hour * 60 + now.minute)
            painter.setPen(QPen(QColor(theme().tokens.running), 1.5))
            painter.drawLine(QPointF(self._x(day), y), QPointF(self._x(day) + self._day_width, y))
            painter.setBrush(QColor(theme().tokens.running))
            painter.drawEllipse(QPointF(self._x(day), y), 3, 3)

    def _lay_out(self) -> None:
        self.blocks = []
        for each in self._due:
            hours = _by_hour(each.times, self._first)
            if each.goes_on and each.times:
                hours |= _hours_after(each.times[-1], self._first)
            for (day, hour), times in hours.items():
                in_day = sum(len(found) for (other, _), found in hours.items() if other == day)
                if in_day > MOST_SINGLE or len(times) > MOST_IN_AN_HOUR:
                    self._add_band(each, day, hour, times)
                else:
                    for time in times:
                        rect = QRectF(self._x(day) + 2, self._y(time.hour * 60 + time.minute), self._day_width - 4, BLOCK)
                        self.blocks.append(_Block(rect, each.schedule_id, each.name, f"{time:%H:%M}", 1, time))
        self._share_width()

    def _add_band(self, each: Due, day: int, hour: int, times: Sequence[datetime]) -> None:
        """Hours that follow one another are one band."""
        top, bottom = self._y(hour * 60), self._y(hour * 60 + 60)
        last = self.blocks[-1] if self.blocks else None
        if last is not None and last.is_band and last.schedule_id == each.schedule_id and abs(last.rect.bottom() - top) < 0.5:
            same_day = abs(last.rect.left() - (self._x(day) + 2)) < 0.5
            if same_day:
                rect = QRectF(last.rect.topLeft(), QPointF(last.rect.right(), bottom))
                words = f"{last.words.split('–')[0]}–{hour + 1:02d}:00, {last.times + len(times)} times"
                self.blocks[-1] = _Block(rect, each.schedule_id, each.name, words, last.times + len(times), last.first, is_band=True)
                return
        rect = QRectF(self._x(day) + 2, top, self._day_width - 4, bottom - top)
        self.blocks.append(
            _Block(
                rect,
                each.schedule_id,
                each.name,
                f"{hour:02d}:00–{hour + 1:02d}:00, {len(times)} times",
                len(times),
                times[0],
                is_band=True,
            )
        )

    def _share_width(self) -> None:
        """What would lie on top of one another stands side by side, up to four."""
        placed: list[_Block] = []
        for block in sorted(self.blocks, key=lambda each: (each.rect.left(), each.rect.top(), not each.is_band)):
            lanes = {round((other.rect.left() - block.rect.left()) / 14) for other in placed if _meet(other.rect, block.rect)}
            lane = next((free for free in range(4) if free not in lanes), 3)
            rect = QRectF(block.rect)
            rect.setLeft(rect.left() + min(lane * 14, rect.width() - 20))
            placed.append(_Block(rect, block.schedule_id, block.name, block.words, block.times, block.first, is_band=block.is_band))
        self.blocks = placed

    @property
    def _day_width(self) -> float:
        return (self.width() - GUTTER) / DAYS

    def _x(self, day: int) -> float:
        return GUTTER + day * self._day_width

    def _y(self, minute: float) -> float:
        return HEAD + minute / 1440 * (self.height() - HEAD - 2)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone()


def _by_hour(times: Sequence[datetime], first: date) -> dict[tuple[int, int], list[datetime]]:
    found: dict[tuple[int, int], list[datetime]] = {}
    for time in times:
        local = time.astimezone()
        day = (local.date() - first).days
        if 0 <= day < DAYS:
            found.setdefault((day, local.hour), []).append(local)
    return found


def _hours_after(last: datetime, first: date) -> Mapping[tuple[int, int], list[datetime]]:
    """Each hour from a time to the end of the week, as full as a band needs."""
    found: dict[tuple[int, int], list[datetime]] = {}
    at = last.astimezone() + timedelta(hours=1)
    while (day := (at.date() - first).days) < DAYS:
        if day >= 0:
            found[day, at.hour] = [at] * (MOST_SINGLE + 1)
        at += timedelta(hours=1)
    return found


def _changes(day: date) -> list[tuple[int, int, bool]]:
    """Where clocks change on a day, here: from and to in minutes of the day, and whether these are left out (or come twice)."""
    found: list[tuple[int, int, bool]] = []
    start = _midnight(day).astimezone(UTC)
    before = _offset(start)
    for quarter in range(1, 24 * 4 + 8):
        at = start + timedelta(minutes=15 * quarter)
        now = _offset(at)
        if now != before:
            local = at.astimezone()
            if local.date() == day:
                shift = int((now - before).total_seconds() // 60)
                minute = local.hour * 60 + local.minute
                found.append((minute - shift, minute, True) if shift > 0 else (minute, minute - shift, False))
            before = now
    return found


def _offset(at: datetime) -> timedelta:
    return at.astimezone().utcoffset() or timedelta()


def _meet(one: QRectF, other: QRectF) -> bool:
    same_day = abs(one.right() - other.right()) < 1
    return same_day and one.top() < other.bottom() - 0.5 and other.top() < one.bottom() - 0.5

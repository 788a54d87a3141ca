"""Schedules: the list with what became of their last ticks, the coming week, the ticks of one, and its form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.domain.access import Permission
from app.domain.cron_words import in_words
from app.domain.runs import WorkflowRow
from app.domain.schedules import ScheduleRow, TickRow
from app.services.schedules import RunUnderWay
from app.ui.actions import Actions
from app.ui.prompts import confirm
from app.ui.session import Session
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.triggers.backfill import BackfillDialog
from app.ui.triggers.calendar import DAYS, Due, WeekCalendar
from app.ui.triggers.drawer import ScheduleDrawer
from app.ui.triggers.ticks import TicksPanel, tick_outcome
from app.ui.triggers.trigger_list import TriggerList
from app.ui.triggers.words import day_and_time, local_zone, mark_of, until
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import Label
from app.ui.widgets.links import Link
from app.ui.widgets.notices import notices_of
from app.ui.widgets.pills import Pills
from app.ui.words import count, duration, exact, short_id

SHOWN_TICKS = 16
_CLOCK_MS = 15_000
_VIEWS = (("all", "All"), ("active", "Active"), ("paused", "Paused"))


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    row: ScheduleRow
    ticks: Sequence[TickRow] = ()

    @property
    def words(self) -> str:
        try:
            return in_words(self.row.plan.cron_expression)
        except (ValueError, StopIteration, IndexError):  # a row of plain SQL may hold anything
            return ""


class SchedulesView(TriggerList[Line]):
    """The schedules, with the coming week and the form of one."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        table: Table[Line] = Table(_columns(), lambda line: line.row.id, name="schedules-table", row_height=48)
        super().__init__(
            table, SearchField("Name, workflow or cron…", key="/", name="schedule-search"), name="schedules-view", parent=parent
        )
        self._lines: list[Line] = []
        self._week = 0
        self._shown_week: object = None
        self.views = Pills(_VIEWS, name="schedule-views")
        self._coming = Label("", "second", "text_second", name="schedules-coming")
        self.calendar = WeekCalendar()
        self.ticks = TicksPanel()
        self.drawer = ScheduleDrawer()
        self._lay_out()
        self._clock = QTimer(self, interval=_CLOCK_MS)  # “in 4 min” goes on
        self._clock.timeout.connect(self.table.viewport().update)
        self._connect()

    def attach(self, session: Session) -> None:
        super().attach(session)
        self.ticks.set_permissions(may_run=session.actor.may(Permission.RUN_START), may_edit=session.actor.may(Permission.SCHEDULE_EDIT))

    def new(self) -> None:
        """The form of a new schedule."""
        self._tasks.start(self._edit(None))

    def resizeEvent(self, event: object) -> None:
        self._make_room()

    def showEvent(self, event: object) -> None:
        self._clock.start()

    def hideEvent(self, event: object) -> None:
        self._clock.stop()

    async def _fetch(self, session: Session) -> Callable[[], Awaitable[None]]:
        rows: Sequence[ScheduleRow] = await session.call(session.services.schedules.list)
        ticks: Mapping[str, Sequence[TickRow]] = await session.call(session.services.schedules.last_ticks, each=SHOWN_TICKS)

        async def take() -> None:
            self._lines = [Line(row, ticks.get(row.id, ())) for row in rows]
            self._show()
            await self._load_week(session)
            await self._load_ticks(session)

        return take

    async def _load_week(self, session: Session) -> None:
        """The calendar, when what it shows has changed: working out a week's times is more than a look at rows."""
        today = datetime.now().astimezone().date()
        first = today + timedelta(days=DAYS * self._week)
        plans = tuple((line.row.id, line.row.plan.cron_expression, line.row.plan.timezone) for line in self._lines if line.row.is_active)
        if (first, plans) == self._shown_week:
            return
        start = datetime(first.year, first.month, first.day).astimezone()
        found = await session.call(session.services.schedules.occurrences, start=start, end=start + timedelta(days=DAYS, hours=1))
        self._shown_week = (first, plans)
        names = {line.row.id: line.row.plan.name for line in self._lines}
        self.calendar.show_week(first, [Due(each.schedule_id, names.get(each.schedule_id, ""), each.times, each.is_cut) for each in found])
        now = datetime.now(UTC)
        coming = await session.call(session.services.schedules.occurrences, start=now, end=now + timedelta(hours=24))
        number = sum(len(each.times) for each in coming)
        more = "more than " if any(each.is_cut for each in coming) else ""
        self._coming.setText(f"{more}{count(number, 'run')} in the next 24 hours" if self._lines else "")

    async def _load_ticks(self, session: Session) -> None:
        line = self.table.current_row()
        if line is None:
            self.ticks.show_nothing()
            return
        found = await session.call(session.services.schedules.ticks, line.row.id, limit=200)
        if self.table.current_row() is not None and self.table.current_row().row.id == line.row.id:  # type: ignore[union-attr]
            self.ticks.show_ticks(line.row, found)

    def _show(self) -> None:
        wanted, view = self._wanted, self.views.current
        active = sum(line.row.is_active for line in self._lines)
        self.views.show_counts({"all": len(self._lines), "active": active, "paused": len(self._lines) - active})
        lines = [line for line in self._lines if view in ("all", line.row.status) and wanted in _text_of(line)]
        self.table.show_rows(lines, when_empty=self._nothing(wanted))
        if lines and self.table.current_row() is None:
            self.table.select(0)

    def _nothing(self, wanted: str) -> tuple[str, str, str]:
        if wanted:
            return "search", f"No schedule mentions “{self.search.text().strip()}”.", "Search looks in names, workflows and cron lines."
        if self.views.current != "all":
            return "calendar-clock", f"No schedule is {self.views.current}.", ""
        return "calendar-clock", "Nothing starts by itself yet.", "A schedule runs a published workflow at times you choose."

    def _on_selected(self, line: Line | None) -> None:
        self.calendar.select(line.row.id if line is not None else "")
        if self._session is not None:
            self._tasks.start(self._load_ticks(self._session))

    def _open_tick(self, line: Line, at: int) -> None:
        if (run_id := line.ticks[at].run_id) is not None:
            self.run_requested.emit(run_id)

    async def _switch(self, session: Session, line: Line) -> tuple[str, Callable[[], Awaitable[object]]]:
        use, row = session.services.schedules, line.row
        act, back = (use.pause, use.resume) if row.is_active else (use.resume, use.pause)
        await session.call(act, row.id)
        return f"“{row.plan.name}” is {'paused' if row.is_active else 'active again'}.", lambda: session.call(back, row.id)

    def _open_time(self, schedule_id: str, at: datetime) -> None:
        row = next((line.row for line in self._lines if line.row.id == schedule_id), None)
        if row is not None:
            self.select(schedule_id)
            self._tasks.start(self._edit(row, at=at))

    async def _edit(self, row: ScheduleRow | None, *, at: datetime | None = None) -> None:
        session = self._session
        if session is None or not await self.drawer.may_close():
            return
        workflows: Sequence[WorkflowRow] = await session.call(session.services.workflows.list, status="published", limit=1_000)
        await self.drawer.open_for(session, row, sorted(workflows, key=lambda each: each.name.casefold()), at=at)

    async def _saved(self, schedule_id: str) -> None:
        if self._session is not None:
            await self._load(self._session)
            self.select(schedule_id)
            self.table.setFocus()

    async def _delete(self, row: ScheduleRow) -> None:
        session = self._session
        lost = f"It never fires again. Its {count(row.run_count, 'run')} and its ticks stay."
        if session is None or not await confirm(self, f"Delete the schedule “{row.plan.name}”?", lost, yes="Delete"):
            return
        await session.call(session.services.schedules.delete, row.id)
        self.drawer.row = None
        self.drawer.hide()
        await self._load(session)
        restore = session.services.schedules.restore
        self._offer_undo(session, f"“{row.plan.name}” is deleted.", lambda: session.call(restore, row.id))

    async def _run_now(self, row: ScheduleRow) -> None:
        session = self._session
        if session is None:
            return
        run = session.services.schedules.run_now
        try:
            run_id = await session.call(run, row.id)
        except RunUnderWay:
            beside = "A run of this schedule has not ended; the new one would run beside it."
            if not await confirm(self, f"Run “{row.plan.name}” all the same?", beside, yes="Run beside it", dangerous=False):
                return
            run_id = await session.call(run, row.id, despite_overlap=True)
        await self._load(session)
        notices_of(self).show_undo(f"A run of “{row.plan.name}” is queued.", lambda: self.run_requested.emit(run_id), word="Show it")

    async def _backfill(self, row: ScheduleRow) -> None:
        session = self._session
        if session is None:
            return
        dialog = BackfillDialog(self, session, row)
        if not await dialog.answered():
            return
        start, end = dialog.span
        made = await session.call(session.services.schedules.backfill, row.id, start=start, end=end, expected=dialog.number)
        await self._load(session)
        notices_of(self).show_done(f"{count(len(made), 'run')} of “{row.plan.name}” {'is' if len(made) == 1 else 'are'} queued.")

    def _go_week(self, step: int) -> None:
        self._week = max(0, self._week + step) if step else 0
        if self._session is not None:
            self._tasks.start(self._load_week(self._session))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 10)
        head.setSpacing(8)
        self.search.setFixedWidth(260)
        head.addWidget(self.search)
        head.addWidget(self.views)
        head.addStretch(1)
        head.addWidget(self._coming)
        week = grounded(QWidget(), "field", line="top")
        below = QVBoxLayout(week)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        title = QHBoxLayout()
        title.setContentsMargins(16, 8, 12, 4)
        title.setSpacing(8)
        title.addWidget(Label("Coming week", "node_title"))
        title.addWidget(Label(str(local_zone()), "second", "text_second", name="calendar-zone"))
        title.addStretch(1)
        for icon, words, name, step in (
            ("chevron-left", "The week before", "week-before", -1),
            ("chevron-right", "The week after", "week-after", 1),
        ):
            button = IconButton(icon, words, name=name, size=26, icon_size=15)
            button.clicked.connect(lambda _on=False, step=step: self._go_week(step))
            title.addWidget(button)
            if step < 0:
                today = Link("Today", name="week-today")
                today.clicked.connect(lambda: self._go_week(0))
                title.addWidget(today)
        below.addLayout(title)
        below.addWidget(self.calendar, 1)
        lower = QSplitter(Qt.Orientation.Horizontal)
        lower.addWidget(week)
        lower.addWidget(self.ticks)
        lower.setSizes([560, 360])
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(self.table)
        down.addWidget(lower)
        down.setSizes([380, 400])
        for splitter in (lower, down):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(head)
        left.addWidget(down, 1)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addLayout(left, 1)
        across.addWidget(self.drawer)

    def _make_room(self) -> None:
        """Where it is narrow the names need the room more than the policies do, which the form shows too."""
        room = self.width() - (self.drawer.width() if self.drawer.isVisible() else 0)
        self.table.setColumnHidden(3, room < 1_000)

    def _connect(self) -> None:
        self.drawer.shown.connect(self._make_room)
        self.views.chosen.connect(lambda _view: self._show())
        self.table.selected.connect(self._on_selected)
        self.table.opened.connect(lambda line: self._tasks.start(self._edit(line.row)))
        self.table.mark_clicked.connect(self._open_tick)
        self.calendar.time_chosen.connect(self._open_time)
        self.calendar.week_asked.connect(self._go_week)
        self.ticks.run_asked.connect(lambda row: self._tasks.start(self._run_now(row)))
        self.ticks.backfill_asked.connect(lambda row: self._tasks.start(self._backfill(row)))
        self.ticks.run_opened.connect(self.run_requested)
        self.drawer.saved.connect(lambda schedule_id: self._tasks.start(self._saved(schedule_id)))
        self.drawer.closed.connect(self.table.setFocus)
        self.drawer.delete_asked.connect(lambda row: self._tasks.start(self._delete(row)))


def _columns() -> tuple[Column[Line], ...]:
    return (
        Column("", lambda line: Cell(switch=line.row.is_active, hint="Active" if line.row.is_active else "Paused"), 56),
        Column("Schedule", _name_cell, sort_by=lambda line: line.row.plan.name.casefold()),
        Column("Next run", _next_cell, 170, sort_by=lambda line: line.row.next_run_at),
        Column("Misfire, overlap, grace", _policy_cell, 170),
        Column(f"Last {SHOWN_TICKS} ticks", _ticks_cell, 168),
        Column("Runs", lambda line: Cell(f"{line.row.run_count:,}", right=True), 84, sort_by=lambda line: line.row.run_count, right=True),
    )


def _name_cell(line: Line) -> Cell:
    plan = line.row.plan
    if line.row.error:
        return Cell(plan.name, line.row.error, second_colour="status.error", hint=line.row.error)
    colour = "text" if line.row.is_active else "text_second"
    return Cell(plan.name, f"{line.words}  ·  {plan.cron_expression}", colour=colour, hint=f"{line.row.workflow_name}\n{plan.timezone}")


def _next_cell(line: Line) -> Cell:
    row = line.row
    if not row.is_active:
        return Cell("Paused", colour="text_second")
    if row.next_run_at is None:
        return Cell("", "never" if row.error else "not yet known")
    here = str(local_zone())
    second = until(row.next_run_at)
    if row.plan.timezone != here:
        second = f"{second}  ·  {row.plan.timezone.rpartition('/')[2].replace('_', ' ')}"
    return Cell(day_and_time(row.next_run_at), second, hint=exact(row.next_run_at))


def _policy_cell(line: Line) -> Cell:
    plan = line.row.plan
    grace = duration(timedelta(seconds=plan.grace_seconds)).replace(" 00 s", "").replace(" 0 m", "").replace(" 0 h", "")
    hint = f"A missed time: {plan.misfire_policy}. While a run goes on: {plan.overlap_policy}. Later than {grace} counts as missed."
    return Cell(f"{plan.misfire_policy} · {plan.overlap_policy} · {grace}", colour="text_second", style="second", hint=hint)


def _ticks_cell(line: Line) -> Cell:
    marks = tuple(mark_of(tick) for tick in line.ticks)
    return Cell(marks=marks, mark_hints=tuple(_tick_words(tick) for tick in line.ticks), hint=_ticks_words(line))


def _tick_words(tick: TickRow) -> str:
    """Its time, what became of it and why; and that a click leads to the run, where there is one."""
    outcome = tick_outcome(tick)
    reason = f": {tick.reason}" if tick.reason else ""
    return f"{day_and_time(tick.scheduled_for)}\n{outcome}{reason}" + (f"\nClick to see #{short_id(tick.run_id)}" if tick.run_id else "")


def _ticks_words(line: Line) -> str:
    kinds = [mark_of(tick) for tick in line.ticks]
    words = {"ok": "went well", "error": "failed", "missed": "missed", "overlapped": "overlapped"}
    return ", ".join(f"{kinds.count(kind)} {text}" for kind, text in words.items() if kind in kinds) or "No time of it has come yet"


def _text_of(line: Line) -> str:
    plan = line.row.plan
    return f"{plan.name} {line.row.workflow_name} {plan.cron_expression} {plan.timezone} {line.words}".casefold()

"""Schedules: made, changed, paused, resumed, deleted, asked for a run now, and for the runs of a past range."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.domain.access import Actor, Permission
from app.domain.conversions import Conversion
from app.domain.cron_words import in_words
from app.domain.errors import AppError, InputRefused
from app.domain.json_gate import normalise
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json, size_bytes
from app.domain.schedules import Backfill, ScheduleInvalid, SchedulePlan, ScheduleRow, TickRow
from app.domain.ticks import MISFIRES, OVERLAPS, times_between
from app.domain.triggers import Cron, parse_cron
from app.storage.runs import NewRun
from app.storage.unit_of_work import UnitOfWork, UnitsOfWork

MOST_BACKFILLED = 1_000
COSTED_RUNS = 20
MOST_OCCURRENCES = 5_000
INPUT_BYTES = 1 << 20
LONGEST_GRACE_S = 366 * 86_400

Ids = list[str]  # inside the class `list` is a method


class RunUnderWay(AppError):
    """A run of this schedule has not ended; ask again to run it beside that one."""

    code = "schedule.run_under_way"


class BackfillRefused(AppError):
    """This range cannot be backfilled."""

    code = "schedule.backfill"


@dataclass(frozen=True, slots=True)
class CronPreview:
    """What a cron line means: in words, and its next times (UTC)."""

    words: str
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class InputCheck:
    """A sentence for each way in which an input does not fit; `conversion`: what would mend the first that is only of a wrong type."""

    problems: tuple[str, ...] = ()
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The times of one schedule in a range. `is_cut`: there are more."""

    schedule_id: str
    times: tuple[datetime, ...]
    is_cut: bool


class ScheduleUseCases:
    def __init__(self, unit_of_work: UnitsOfWork, schemas: SchemaChecker) -> None:
        self._unit_of_work, self._schemas = unit_of_work, schemas

    async def list(
        self, actor: Actor, *, workflow_id: str | None = None, status: str | None = None, search: str = "", limit: int = 500
    ) -> list[ScheduleRow]:
        """The next to come first."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return [_explained(row) for row in await uow.schedules.list(workflow_id=workflow_id, status=status, search=search, limit=limit)]

    async def get(self, actor: Actor, schedule_id: str) -> ScheduleRow:
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return _explained(await uow.schedules.get(schedule_id))

    async def preview(
        self, actor: Actor, cron_expression: str, timezone: str, *, count: int = 5, after: datetime | None = None
    ) -> CronPreview:
        """A cron line in words and its next times, after now by the database's clock or after a moment.

        Raises:
            CronInvalid, NeverDue, ZoneUnknown.
        """
        cron = parse_cron(cron_expression, timezone)
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            now = await uow.schedules.now()
        return CronPreview(in_words(cron.line), tuple(cron.due_times(after=after or now, count=count)))

    async def check_input(self, actor: Actor, workflow_id: str, version: int, input: Json) -> InputCheck:
        """What a published version (0: the latest) says of an input.

        Raises:
            VersionNotFound: nothing was published.
        """
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            published = await uow.workflows.version(workflow_id, version or None)
        schema = published.document.get("input_schema")
        if schema is None:
            return InputCheck()
        return InputCheck(tuple(self._schemas.check(schema, input)), self._schemas.conversion(schema, input))

    async def create(self, actor: Actor, plan: SchedulePlan) -> str:
        """A new, active schedule; its id.

        Raises:
            ScheduleInvalid, CronInvalid, NeverDue, ZoneUnknown: nothing was kept.
            InputRefused: the input does not fit the schema of the version that will run.
            VersionNotFound: there is no such published version.
        """
        plan, cron = _checked(plan)
        async with self._unit_of_work(actor, Permission.SCHEDULE_EDIT) as uow:
            await self._accept(uow, plan)
            schedule_id = await uow.schedules.add(plan, next_run_at=cron.next_due(after=await uow.schedules.now()))
            uow.audit("create", "schedule", schedule_id, name=plan.name, workflow=plan.workflow_id, cron=plan.cron_expression)
        return schedule_id

    async def change(self, actor: Actor, schedule_id: str, plan: SchedulePlan) -> ScheduleRow:
        """Give a schedule another plan; its workflow stays. Its next tick counts from now when line or zone changed. See `create`."""
        plan, cron = _checked(plan)
        async with self._unit_of_work(actor, Permission.SCHEDULE_EDIT) as uow:
            before = await uow.schedules.get(schedule_id, lock=True)
            if plan.workflow_id != before.plan.workflow_id:
                raise ScheduleInvalid("A schedule keeps its workflow; make a new one for another workflow.")
            await self._accept(uow, plan)
            same_times = (plan.cron_expression, plan.timezone) == (before.plan.cron_expression, before.plan.timezone)
            next_run_at = before.next_run_at
            if not (same_times and next_run_at is not None) and before.is_active:
                next_run_at = cron.next_due(after=await uow.schedules.now())
            await uow.schedules.change(schedule_id, plan, next_run_at=next_run_at)
            uow.audit("update", "schedule", schedule_id, changed=_changed(before.plan, plan))
            return await uow.schedules.get(schedule_id)

    async def pause(self, actor: Actor, schedule_id: str) -> None:
        """No tick from now on. One that is paused already stays so."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_PAUSE) as uow:
            if (await uow.schedules.get(schedule_id, lock=True)).is_active:
                await uow.schedules.set_status(schedule_id, "paused", next_run_at=None)
                uow.audit("update", "schedule", schedule_id, change="pause")

    async def resume(self, actor: Actor, schedule_id: str) -> datetime | None:
        """Ticks count from now; the next one. What passed while it was paused was not missed."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_PAUSE) as uow:
            row = await uow.schedules.get(schedule_id, lock=True)
            if row.is_active and row.next_run_at is not None:
                return row.next_run_at
            next_run_at = _cron(row).next_due(after=await uow.schedules.now())
            await uow.schedules.set_status(schedule_id, "active", next_run_at=next_run_at)
            uow.audit("update", "schedule", schedule_id, change="resume")
        return next_run_at

    async def delete(self, actor: Actor, schedule_id: str) -> None:
        """It never fires again; its runs and ticks stay, and `restore` brings it back."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_EDIT) as uow:
            row = await uow.schedules.get(schedule_id, lock=True)
            await uow.schedules.delete(schedule_id)
            uow.audit("delete", "schedule", schedule_id, name=row.plan.name)

    async def restore(self, actor: Actor, schedule_id: str) -> None:
        """Bring back a deleted schedule as it was; ticks count from now."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_EDIT) as uow:
            row = await uow.schedules.deleted(schedule_id)
            next_run_at = _cron(row).next_due(after=await uow.schedules.now()) if row.is_active else None
            await uow.schedules.restore(schedule_id, next_run_at=next_run_at)
            uow.audit("update", "schedule", schedule_id, change="restore")

    async def run_now(self, actor: Actor, schedule_id: str, *, despite_overlap: bool = False) -> str:
        """A run of the schedule's version and input at once, besides its ticks; the run's id.

        Raises:
            RunUnderWay: one has not ended; `despite_overlap` makes the new one all the same.
            InputRefused, VersionNotFound.
        """
        async with self._unit_of_work(actor, Permission.RUN_START) as uow:
            row = await uow.schedules.get(schedule_id, lock=True)
            if not despite_overlap and row.plan.overlap_policy != "allow" and await uow.schedules.unfinished_run(schedule_id):
                raise RunUnderWay
            version = await self._accept(uow, row.plan)
            run_id = await uow.runs.add(_new_run(row, version, scheduled_for=None))
            await uow.schedules.count_runs(schedule_id, 1, last_id=run_id)
            uow.audit("execute", "run", run_id, schedule=schedule_id, change="run now")
        return run_id

    async def ticks(self, actor: Actor, schedule_id: str, *, limit: int = 100) -> Sequence[TickRow]:
        """What became of its ticks, newest first."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            await uow.schedules.get(schedule_id)
            return await uow.schedules.ticks(schedule_id, limit=limit)

    async def last_ticks(self, actor: Actor, *, each: int = 20) -> Mapping[str, Sequence[TickRow]]:
        """The newest ticks of every schedule, oldest first, by schedule id."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return await uow.schedules.last_ticks(each)

    async def occurrences(self, actor: Actor, *, start: datetime, end: datetime, each: int = 700) -> Sequence[Occurrences]:
        """When the active schedules are due from `start` to `end`, up to `each` times a schedule: the calendar."""
        rows = [row for row in await self.list(actor, status="active") if not row.error]
        return await asyncio.to_thread(_occurrences, rows, start, end, each)

    async def backfillable(self, actor: Actor, schedule_id: str, *, start: datetime, end: datetime) -> Backfill:
        """The ticks of a past range that have no run: what `backfill` would make, and what that would cost.

        Raises:
            BackfillRefused: the range is none, or not past.
        """
        async with self._unit_of_work(actor, Permission.SCHEDULE_EDIT) as uow:
            missing = await self._missing(uow, await uow.schedules.get(schedule_id), start, end)
            return replace(missing, past=await uow.schedules.past_cost(schedule_id, runs=COSTED_RUNS))

    async def backfill(self, actor: Actor, schedule_id: str, *, start: datetime, end: datetime, expected: int) -> Ids:
        """Make those runs, behind all other work; their ids. `expected` is the number that a person has agreed to.

        Raises:
            BackfillRefused: the range is none, not past, too large, or holds another number by now.
            InputRefused, VersionNotFound.
        """
        async with self._unit_of_work(actor, Permission.SCHEDULE_EDIT) as uow:
            row = await uow.schedules.get(schedule_id, lock=True)
            missing = await self._missing(uow, row, start, end)
            if missing.is_cut:
                raise BackfillRefused(f"The range holds more than {MOST_BACKFILLED:,} ticks without a run; choose a shorter one.")
            if missing.count != expected:
                raise BackfillRefused(f"The range holds {missing.count:,} ticks without a run by now, not {expected:,}; look again.")
            if not missing.count:
                return []
            version = await self._accept(uow, row.plan)
            made: list[str] = []
            for time in missing.times:
                made.append(await uow.runs.add(_new_run(row, version, scheduled_for=time, priority=-1)))
                await uow.schedules.note_run(schedule_id, time, reason="Backfilled.")
            await uow.schedules.count_runs(schedule_id, len(made), last_id=made[-1], last_at=missing.times[-1])
            uow.audit("execute", "schedule", schedule_id, change="backfill", runs=len(made), start=_text(start), end=_text(end))
        return made

    async def _missing(self, uow: UnitOfWork, row: ScheduleRow, start: datetime, end: datetime) -> Backfill:
        now = await uow.schedules.now()
        if start > end:
            raise BackfillRefused("The range ends before it starts.")
        if end > now:
            raise BackfillRefused("The range must lie in the past.")
        made = await uow.schedules.times_with_run(row.id, start=start, end=end)
        times: list[datetime] = []
        for time in times_between(_cron(row), start=start, end=end):
            if time in made:
                continue
            if len(times) == MOST_BACKFILLED:
                return Backfill(tuple(times), is_cut=True)
            times.append(time)
        return Backfill(tuple(times))

    async def _accept(self, uow: UnitOfWork, plan: SchedulePlan) -> int:
        """That the version is there and takes the input; its number."""
        published = await uow.workflows.version(plan.workflow_id, plan.workflow_version or None)
        schema = published.document.get("input_schema")
        reasons = self._schemas.check(schema, plan.input) if schema is not None else []
        if reasons:
            raise InputRefused(reasons)
        return published.version


def _occurrences(rows: Sequence[ScheduleRow], start: datetime, end: datetime, each: int) -> list[Occurrences]:
    """On a thread of its own: a thousand times take a tenth of a second."""
    found: list[Occurrences] = []
    left = MOST_OCCURRENCES
    for row in rows:
        times: list[datetime] = []
        limit = max(1, min(each, left))
        is_cut = False
        for time in times_between(_cron(row), start=start, end=end):
            if len(times) == limit:
                is_cut = True
                break
            times.append(time)
        found.append(Occurrences(row.id, tuple(times), is_cut))
        left -= len(times)
    return found


def _checked(plan: SchedulePlan) -> tuple[SchedulePlan, Cron]:
    name = plan.name.strip()
    if not 1 <= len(name) <= 255:
        raise ScheduleInvalid("A schedule's name has 1 to 255 characters.")
    if plan.misfire_policy not in MISFIRES:
        raise ScheduleInvalid(f"The misfire policy is one of {', '.join(MISFIRES)}.")
    if plan.overlap_policy not in OVERLAPS:
        raise ScheduleInvalid(f"The overlap policy is one of {', '.join(OVERLAPS)}.")
    if not 0 <= plan.grace_seconds <= LONGEST_GRACE_S:
        raise ScheduleInvalid("The grace is between 0 seconds and a year.")
    if plan.workflow_version < 0:
        raise ScheduleInvalid("The version is a published one's number, or 0 for the latest.")
    given, _ = normalise(plan.input)
    if (size := size_bytes(given)) > INPUT_BYTES:
        raise ScheduleInvalid(f"The input has {size:,} bytes; at most {INPUT_BYTES:,} are taken.")
    cron = parse_cron(plan.cron_expression, plan.timezone)
    if len(plan.cron_expression.strip()) > 100:
        raise ScheduleInvalid("A cron line has at most 100 characters.")
    return replace(plan, name=name, cron_expression=plan.cron_expression.strip(), input=given), cron


def _new_run(row: ScheduleRow, version: int, *, scheduled_for: datetime | None, priority: int = 0) -> NewRun:
    return NewRun(
        workflow_id=row.plan.workflow_id,
        workflow_version=version,
        mode="production",
        input=row.plan.input,
        triggered_by="schedule",
        schedule_id=row.id,
        scheduled_for=scheduled_for,
        priority=priority,
    )


def _cron(row: ScheduleRow) -> Cron:
    return parse_cron(row.plan.cron_expression, row.plan.timezone)


def _explained(row: ScheduleRow) -> ScheduleRow:
    """With the sentence why an active schedule has no next tick: a row made by plain SQL may hold anything."""
    if not row.is_active or row.next_run_at is not None:
        return row
    try:
        _cron(row)
    except AppError as error:
        return replace(row, error=str(error))
    return row


def _changed(before: SchedulePlan, after: SchedulePlan) -> list[str]:
    return [name for name in SchedulePlan.__slots__ if getattr(before, name) != getattr(after, name)]


def _text(time: datetime) -> Json:
    return time.astimezone(UTC).isoformat()

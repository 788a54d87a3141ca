"""Due schedules become runs. The program itself does this, for every tenant; nobody asks for it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from app.domain.errors import AppError
from app.domain.json_schema import SchemaChecker
from app.domain.ticks import Tick, judge
from app.domain.triggers import parse_cron
from app.storage.firing import Fired, HeldSchedule, Judged, PostgresFiring

logger = logging.getLogger(__name__)

SCHEDULES_AT_ONCE = 200


class FiringUseCases:
    def __init__(self, firing: PostgresFiring, schemas: SchemaChecker) -> None:
        self._firing, self._schemas = firing, schemas
        self._unfit: dict[str, None] = {}

    async def fire_due(self, *, limit: int = SCHEDULES_AT_ONCE) -> Fired:
        """Make the runs of up to `limit` due schedules, record what became of every tick, and tell when to look again.

        Waits for a database that is away.
        """
        fired = await self._firing.look(self.judged, limit=limit, unfit=list(self._unfit))
        if fired.run_ids:
            logger.info("%d schedules were due, %d runs made", fired.schedules, len(fired.run_ids))
        return fired

    def forget(self) -> None:
        """Schedules have changed: those that could not be understood are looked at again."""
        self._unfit.clear()

    def judged(self, schedule: HeldSchedule, now: datetime) -> Judged:
        """What becomes of the ticks of one schedule that have come by `now`."""
        due = schedule.next_run_at
        try:
            cron = parse_cron(schedule.cron_expression, schedule.timezone)
            if due is None:  # made by plain SQL, without a next tick: it counts from now
                return Judged(schedule, (), cron.next_due(after=now))
            verdict = judge(
                cron,
                due=due.astimezone(UTC),
                now=now,
                misfire=schedule.misfire_policy,
                overlap=schedule.overlap_policy,
                grace=schedule.grace,
                busy=schedule.is_busy,
                refused=self._refusal(schedule),
            )
        except AppError as error:
            logger.warning("schedule %s has no next tick: %s", schedule.id, error.code)
            self._unfit[schedule.id] = None
            return Judged(schedule, (Tick(due, "missed", str(error)),) if due is not None else (), None)
        return Judged(schedule, verdict.ticks, verdict.next_run_at)

    def _refusal(self, schedule: HeldSchedule) -> str | None:
        if schedule.tenant_is_gone:
            return "The tenant was deleted."
        if schedule.workflow_is_gone:
            return "The workflow was deleted."
        if schedule.creator_is_disabled:
            return "The person who made the schedule has been disabled."
        if schedule.version is None:
            wanted = schedule.wanted_version
            return f"The workflow has no published version {wanted}." if wanted else "The workflow was never published."
        reasons = self._schemas.check(schedule.input_schema, schedule.input) if schedule.input_schema is not None else []
        return f"The input does not fit the workflow's input schema: {reasons[0]}" if reasons else None

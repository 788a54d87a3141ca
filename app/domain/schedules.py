"""Schedules and their ticks as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import AppError
from app.domain.json_value import Json
from app.domain.ticks import MisfirePolicy, Outcome, OverlapPolicy


class ScheduleNotFound(AppError):
    """There is no such schedule; it may have been deleted."""

    code = "schedule.not_found"


class ScheduleInvalid(AppError):
    """The schedule cannot be kept like this."""

    code = "schedule.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePlan:
    """What a person decides about a schedule. `workflow_version` 0 is the latest published one."""

    workflow_id: str
    name: str
    cron_expression: str
    timezone: str = "UTC"
    workflow_version: int = 0
    description: str = ""
    input: Json = None
    misfire_policy: MisfirePolicy = "once"
    overlap_policy: OverlapPolicy = "skip"
    grace_seconds: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule in a list. `error` is the sentence why it has no next tick though it is active; `created_by` an e-mail address."""

    id: str
    plan: SchedulePlan
    workflow_name: str
    status: str
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_run_id: str | None
    run_count: int
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    error: str = ""

    @property
    def is_active(self) -> bool:
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class TickRow:
    """One tick with what became of it; `run_id` and its status where there was a run."""

    scheduled_for: datetime
    outcome: Outcome
    reason: str | None
    run_id: str | None = None
    run_status: str | None = None


@dataclass(frozen=True, slots=True)
class PastCost:
    """What some runs have cost together; None where they used something without a price."""

    runs: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class Backfill:
    """The ticks of a past range that have no run yet. `is_cut`: there are more than one backfill makes."""

    times: tuple[datetime, ...]
    is_cut: bool = False
    past: PastCost = PastCost(0, None)

    @property
    def count(self) -> int:
        return len(self.times)

    @property
    def cost_words(self) -> str:
        """What the runs would cost, by those before them."""
        past = f"its last {self.past.runs} runs" if self.past.runs != 1 else "its last run"
        if not self.past.runs:
            return "What they cost is not known before one of its runs has ended."
        if self.past.usd is None:
            return f"What they cost is not known: {past} used a model without a price."
        usd = self.past.usd / self.past.runs * self.count
        if not usd:
            return f"They cost nothing, by {past}."
        return f"They cost about ${usd:,.2f}, by {past}." if usd >= 0.01 else f"They cost less than $0.01, by {past}."

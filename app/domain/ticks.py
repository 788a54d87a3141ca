"""What becomes of the ticks of a schedule that have come: which make a run, and why the others do not. Pure; time is given.

The newest tick that has come is on time when it is not later than its grace; every other one was missed. Missed ticks follow the
misfire policy, ticks that meet an unfinished run the overlap policy, and each one leaves a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain.triggers import Cron

MisfirePolicy = Literal["skip", "once", "all"]
OverlapPolicy = Literal["skip", "queue", "allow"]
Outcome = Literal["run", "missed", "overlapped"]

MISFIRES: tuple[MisfirePolicy, ...] = ("skip", "once", "all")
OVERLAPS: tuple[OverlapPolicy, ...] = ("skip", "queue", "allow")
MOST_CAUGHT_UP = 100
"""With the misfire policy `all`, at most so many ticks are made up for at once, the newest ones."""
MOST_AT_ONCE = 10_000
"""A schedule with more ticks behind it is judged in several looks; all but the last look find them missed."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One time of a schedule, in UTC, and what became of it. `reason` is a sentence where there was no run, or a late one."""

    scheduled_for: datetime
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ticks that have come, oldest first, and the first that has not."""

    ticks: tuple[Tick, ...]
    next_run_at: datetime


def judge(
    cron: Cron,
    *,
    due: datetime,
    now: datetime,
    misfire: MisfirePolicy,
    overlap: OverlapPolicy,
    grace: timedelta,
    busy: bool,
    refused: str | None = None,
) -> Verdict:
    """What becomes of each tick from `due` (the first that was not judged yet) up to `now`.

    `busy`: a run of this schedule has not ended. `refused`: the sentence why no run can be made at all, such as a deleted workflow.

    Raises:
        NeverDue: the line has no time after `now` any more.
    """
    times, following = _come(cron, due, now)
    is_last_look = following > now
    if refused is not None:
        return Verdict(tuple(Tick(time, "missed", refused) for time in times), following)
    fires = _chosen(times, now, misfire, grace) if is_last_look else frozenset()
    reason = _why_missed(times, now, misfire, grace, is_last_look=is_last_look)
    judged: list[Tick] = []
    for time in times:
        if time not in fires:
            judged.append(Tick(time, "missed", reason))
        elif busy and overlap == "skip":
            judged.append(Tick(time, "overlapped", "The run before had not ended."))
        else:
            late = now - time > grace or time != times[-1]
            judged.append(Tick(time, "run", _late(now - time) if late else None))
            busy = True
    return Verdict(tuple(judged), following)


def times_between(cron: Cron, *, start: datetime, end: datetime) -> Iterator[datetime]:
    """The firing times from `start` to `end`, both included, in UTC."""
    time = cron.next_due(after=start - timedelta(microseconds=1))
    while time <= end:
        yield time
        time = cron.next_due(after=time)


def _come(cron: Cron, due: datetime, now: datetime) -> tuple[list[datetime], datetime]:
    times: list[datetime] = []
    time = due
    while time <= now and len(times) < MOST_AT_ONCE:
        times.append(time)
        time = cron.next_due(after=time)
    return times, time


def _chosen(times: list[datetime], now: datetime, misfire: MisfirePolicy, grace: timedelta) -> frozenset[datetime]:
    if not times:
        return frozenset()
    match misfire:
        case "all":
            return frozenset(times[-MOST_CAUGHT_UP:])
        case "once":
            return frozenset(times[-1:])
        case "skip":
            return frozenset(times[-1:]) if now - times[-1] <= grace else frozenset()


def _why_missed(times: list[datetime], now: datetime, misfire: MisfirePolicy, grace: timedelta, *, is_last_look: bool) -> str:
    if misfire == "all":
        return f"Nobody was there at that time, and at most {MOST_CAUGHT_UP} ticks are made up for."
    if misfire == "once" and is_last_look:
        return "Nobody was there at that time; one later run stands for all that were missed."
    return "Nobody was there at that time, and missed ticks are skipped."


def _late(by: timedelta) -> str:
    minutes = int(by.total_seconds() // 60)
    if minutes < 1:
        return "Made up for, less than a minute late."
    if minutes < 120:
        return f"Made up for, {minutes} minute{'s' if minutes > 1 else ''} late."
    hours = minutes // 60
    return f"Made up for, {hours} hours late." if hours < 48 else f"Made up for, {hours // 24} days late."

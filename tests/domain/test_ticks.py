"""Each tick that has come has a verdict; the policies decide which, and time is given, never asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.ticks import MOST_AT_ONCE, MOST_CAUGHT_UP, judge, times_between
from app.domain.triggers import parse_cron

HOURLY = parse_cron("0 * * * *", "UTC")
MINUTELY = parse_cron("* * * * *", "UTC")
NINE = datetime(2026, 11, 27, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def verdicts(now: datetime, *, misfire="once", overlap="skip", busy=False, refused=None, cron=HOURLY, due=NINE, grace=HOUR):
    verdict = judge(cron, due=due, now=now, misfire=misfire, overlap=overlap, grace=grace, busy=busy, refused=refused)
    return [tick.outcome for tick in verdict.ticks], verdict


def test_before_its_time_nothing_has_come() -> None:
    outcomes, verdict = verdicts(NINE - timedelta(seconds=1))
    assert outcomes == []
    assert verdict.next_run_at == NINE


def test_a_tick_on_time_runs_without_a_reason_and_the_next_one_follows() -> None:
    outcomes, verdict = verdicts(NINE + timedelta(seconds=3))
    assert outcomes == ["run"]
    assert verdict.ticks[0].reason is None
    assert verdict.next_run_at == NINE + HOUR


@pytest.mark.parametrize(
    ("misfire", "expected"),
    [
        ("skip", ["missed", "missed", "run"]),
        ("once", ["missed", "missed", "run"]),
        ("all", ["run", "overlapped", "overlapped"]),
    ],
)
def test_of_three_ticks_the_newest_within_its_grace_runs(misfire: str, expected: list[str]) -> None:
    outcomes, verdict = verdicts(NINE + 2 * HOUR + timedelta(minutes=5), misfire=misfire)
    assert outcomes == expected
    assert verdict.next_run_at == NINE + 3 * HOUR
    assert all(tick.reason for tick in verdict.ticks if tick.outcome != "run")


@pytest.mark.parametrize(("misfire", "expected"), [("skip", ["missed"]), ("once", ["run"]), ("all", ["run"])])
def test_a_tick_later_than_its_grace_follows_the_misfire_policy(misfire: str, expected: list[str]) -> None:
    daily = parse_cron("0 9 * * *", "UTC")
    outcomes, verdict = verdicts(NINE + 3 * HOUR, misfire=misfire, cron=daily)
    assert outcomes == expected
    assert verdict.ticks[0].reason


def test_with_allow_and_all_every_missed_tick_runs_up_to_a_hundred() -> None:
    outcomes, _ = verdicts(NINE + timedelta(minutes=250), misfire="all", overlap="allow", cron=MINUTELY)
    assert outcomes.count("run") == MOST_CAUGHT_UP
    assert outcomes[: 251 - MOST_CAUGHT_UP] == ["missed"] * (251 - MOST_CAUGHT_UP)


def test_with_queue_a_busy_schedule_still_makes_its_run() -> None:
    assert verdicts(NINE, overlap="queue", busy=True)[0] == ["run"]


def test_with_skip_a_busy_schedule_makes_none() -> None:
    assert verdicts(NINE, overlap="skip", busy=True)[0] == ["overlapped"]


def test_a_refusal_is_the_reason_of_every_tick() -> None:
    outcomes, verdict = verdicts(NINE + 2 * HOUR, refused="The workflow was deleted.")
    assert outcomes == ["missed"] * 3
    assert {tick.reason for tick in verdict.ticks} == {"The workflow was deleted."}


def test_a_long_absence_is_judged_in_several_looks_and_no_tick_is_left_out() -> None:
    now = NINE + timedelta(minutes=2 * MOST_AT_ONCE + 500)
    due, seen = NINE, []
    for _ in range(5):
        _, verdict = verdicts(now, due=due, cron=MINUTELY)
        seen += verdict.ticks
        due = verdict.next_run_at
        if due > now:
            break
    assert len(seen) == 2 * MOST_AT_ONCE + 501
    assert [tick.scheduled_for for tick in seen] == [NINE + timedelta(minutes=n) for n in range(len(seen))]
    assert [tick.outcome for tick in seen].count("run") == 1
    assert seen[-1].outcome == "run"


def test_times_between_include_both_ends() -> None:
    assert list(times_between(HOURLY, start=NINE, end=NINE + 2 * HOUR)) == [NINE, NINE + HOUR, NINE + 2 * HOUR]

"""A schedule is due when its line says so in local time, and on the nights when clocks change by one rule."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from cronsim import CronSim

from app.domain.triggers import CronInvalid, NeverDue, ZoneUnknown, parse_cron

ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "UTC"]
SEED = 20_261_124


def due(line: str, zone: str, after: str, count: int) -> list[str]:
    """Local times with their offset, from a local time on."""
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    found = parse_cron(line, zone).due_times(after=start, count=count)
    return [time.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") for time in found]


@pytest.mark.parametrize(
    ("line", "zone", "after", "expected"),
    [
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
        ("0,30 2 * * *", "America/New_York", "2026-03-07T12:00", ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]),
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", ["2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"]),
        ("30 0 * * *", "America/Santiago", "2026-09-05T12:00", ["2026-09-06T01:00-03:00", "2026-09-07T00:30-03:00"]),
        ("30 23 * * *", "America/Santiago", "2026-04-04T12:00", ["2026-04-04T23:30-03:00", "2026-04-05T23:30-04:00"]),
        ("30 2 * * *", "Asia/Kolkata", "2026-03-28T12:00", ["2026-03-29T02:30+05:30", "2026-03-30T02:30+05:30"]),
        ("*/30 * * * *", "America/New_York", "2026-03-08T01:00", ["2026-03-08T01:30-05:00", "2026-03-08T03:00-04:00", "2026-03-08T03:30-04:00"]),
        ("0 * * * *", "America/New_York", "2026-11-01T00:30", ["2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00", "2026-11-01T02:00-05:00"]),
        ("@daily", "UTC", "2026-01-31T12:00", ["2026-02-01T00:00+00:00", "2026-02-02T00:00+00:00"]),
        ("0 12 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T12:00+00:00"]),
        ("0 9 * * MON-FRI", "Europe/Berlin", "2026-11-20T10:00", ["2026-11-23T09:00+01:00"]),
    ],
)  # fmt: skip
def test_golden_times(line: str, zone: str, after: str, expected: list[str]) -> None:
    assert due(line, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    "line", ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "0 0 L * *", "H * * * *", "R * * * *", "@reboot", "a b c d e"]
)
def test_what_is_no_line_of_five_fields_is_refused(line: str) -> None:
    with pytest.raises(CronInvalid):
        parse_cron(line, "UTC")


@pytest.mark.parametrize("line", ["0 0 30 2 *", "0 0 31 4,6 *"])
def test_a_date_that_never_comes_is_refused(line: str) -> None:
    with pytest.raises(NeverDue):
        parse_cron(line, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe/Nowhere"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(ZoneUnknown):
        parse_cron("0 0 * * *", zone)


def random_line(rng: random.Random) -> str:
    def field(low: int, high: int) -> str:
        kind = rng.randrange(5)
        if kind <= 1:
            return "*" if kind else f"*/{rng.choice([2, 5, 10, 15])}" if high > 20 else "*"
        a, b = sorted((rng.randint(low, high), rng.randint(low, high)))
        return str(a) if kind <= 3 else f"{a}-{b}"

    return f"{field(0, 59)} {field(0, 23)} {rng.choice(['*', '*', str(rng.randint(1, 28))])} {rng.choice(['*', '*', str(rng.randint(1, 12))])} *"


def test_the_same_times_as_cronsim_over_both_changes_of_2026() -> None:
    rng = random.Random(SEED)
    compared = 0
    for _ in range(300):
        line, zone = random_line(rng), rng.choice(ZONES)
        start = datetime(2026, rng.choice([3, 4, 9, 10, 11]), rng.randint(1, 28), rng.randrange(24), tzinfo=ZoneInfo(zone))
        ours = parse_cron(line, zone).due_times(after=start.astimezone(UTC), count=6)
        oracle = CronSim(line, start)
        theirs = [next(oracle).astimezone(UTC) for _ in range(6)]
        assert ours == theirs, f"{line} in {zone} after {start}"
        compared += 1
    print(f"seed {SEED}: {compared} lines, 0 differences")


ALL_ZONES = [
    *ZONES, "Europe/London", "Europe/Lisbon", "Europe/Dublin", "Africa/Casablanca", "America/Los_Angeles", "America/St_Johns",
    "America/Sao_Paulo", "America/Havana", "Asia/Tokyo", "Asia/Kathmandu", "Asia/Jerusalem", "Asia/Beirut", "Australia/Adelaide",
    "Pacific/Auckland",
]  # fmt: skip


@pytest.mark.parametrize(
    "lines", [pytest.param(25, id="fast"), pytest.param(10_000, id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_random_lines_agree_with_cronsim_in_twenty_zones(lines: int) -> None:
    """Differences are counted by their reason, and each is cronsim's: half-hour changes (Lord Howe), where a local time that comes twice
    is no whole hour away; and a job with ``*`` or a step that it fires right after a gap at midnight, at a time its line does not name.
    """
    assert len(ALL_ZONES) == 20
    rng = random.Random(SEED + 2)
    compared, reasons = 0, {"half-hour change": 0, "not in the line": 0}
    for _ in range(lines):
        line = random_line(rng)
        for zone in ALL_ZONES:
            start = datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randrange(24), tzinfo=ZoneInfo(zone))
            cron = parse_cron(line, zone)
            ours = cron.due_times(after=start.astimezone(UTC), count=3)
            oracle = CronSim(line, start)
            theirs = [next(oracle).astimezone(UTC) for _ in range(3)]
            compared += 1
            if ours == theirs:
                continue
            named = [time for time in theirs if croniter.match(line, time.astimezone(ZoneInfo(zone)).replace(tzinfo=None))]
            if cron.follows_real_time and named == ours[: len(named)]:
                reasons["not in the line"] += 1
                continue
            assert zone == "Australia/Lord_Howe", f"{line} in {zone} after {start}: {ours} and not {theirs}"
            reasons["half-hour change"] += 1
    print(f"seed {SEED + 2}: {lines:,} lines in {len(ALL_ZONES)} zones, {compared:,} comparisons, differences of cronsim's: {reasons}")


def test_due_times_only_go_forward() -> None:
    rng = random.Random(SEED + 1)
    for _ in range(100):
        line, zone = random_line(rng), rng.choice(ZONES)
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(500_000))
        times = parse_cron(line, zone).due_times(after=start, count=4)
        assert times == sorted(set(times))
        assert times[0] > start

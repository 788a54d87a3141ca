"""Times, durations and counts as people read them. Times are local; the zone is told on hover."""

from __future__ import annotations

from datetime import datetime, timedelta

EN_DASH = "–"


def duration(elapsed: timedelta | None) -> str:
    """0.7 s, 41.2 s, 9 m 24 s, 3 h 5 m, 2 d 3 h."""
    if elapsed is None:
        return EN_DASH
    seconds = max(0.0, elapsed.total_seconds())
    if seconds < 0.095:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} m"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def clock(elapsed: timedelta) -> str:
    """A running clock: 00:06.4, 12:03.1, 1:02:03."""
    tenths = max(0, int(elapsed.total_seconds() * 10))
    minutes, rest = divmod(tenths, 600)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}"
    return f"{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def ago(moment: datetime | None, *, now: datetime) -> str:
    """just now, 12 min ago, 6 h ago, yesterday, Monday, 4 May, 4 May 2024."""
    if moment is None:
        return EN_DASH
    passed = (now - moment).total_seconds()
    if passed < 45:
        return "just now"
    if passed < 3600:
        return f"{max(1, round(passed / 60))} min ago"
    local, today = moment.astimezone(), now.astimezone()
    days = (today.date() - local.date()).days
    if days == 0:
        return f"{round(passed / 3600)} h ago"
    if days == 1:
        return "yesterday"
    if days < 7:
        return f"{local:%A}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def time_of_day(moment: datetime | None, *, now: datetime) -> str:
    """14:31:58 today, otherwise with its day."""
    if moment is None:
        return EN_DASH
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y %H:%M}"


def exact(moment: datetime | None) -> str:
    """For the hover: the local time with its zone, and the same in UTC."""
    if moment is None:
        return ""
    from datetime import UTC

    local = moment.astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()} · {moment.astimezone(UTC):%H:%M:%S} UTC"


def size(length: int | None) -> str:
    """Of so many bytes: 80 bytes, 0.9 KiB, 1.1 MiB."""
    if length is None:
        return EN_DASH
    if length < 103:  # less than a tenth of a KiB
        return count(length, "byte")
    return f"{length / 1024:.1f} KiB" if length < 1_048_525 else f"{length / 1_048_576:.1f} MiB"


def count(number: int, one: str, many: str = "") -> str:
    """1 step, 2 steps."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short_id(id: str) -> str:
    """How a run is called where there is no room for its whole id: the end of it, which differs where the start is a time."""
    return id.replace("-", "")[-6:]

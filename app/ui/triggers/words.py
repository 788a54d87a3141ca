"""What schedules and ticks are in a few words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from app.domain.schedules import TickRow


def mark_of(tick: TickRow) -> str:
    """The name of a tick's mark: ok, error, running, waiting, missed or overlapped."""
    if tick.outcome != "run":
        return tick.outcome
    return {"completed": "ok", "failed": "error", "running": "running", "cancelled": "edge_idle"}.get(tick.run_status or "", "waiting")


def until(moment: datetime | None, *, now: datetime | None = None) -> str:
    """in 12 s, in 4 min, in 3 h 5 m, in 2 d 3 h; now when it has come."""
    if moment is None:
        return ""
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    if seconds <= 0:
        return "now"
    if seconds < 60:
        return f"in {seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"in {minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"in {hours} h {minutes} m" if hours < 24 else f"in {hours // 24} d {hours % 24} h"


def day_and_time(moment: datetime) -> str:
    """Wed 25 Mar, 02:30, in local time."""
    local = moment.astimezone()
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def change_of_clocks(times: Sequence[datetime], *, there: ZoneInfo, here: tzinfo) -> str:
    """From 30 March an hour later here: Berlin changes its clocks on 29 March. Empty where both keep their distance."""
    for before, after in pairwise(times):
        shift = _ahead(after, there, here) - _ahead(before, there, here)
        if not shift:
            continue
        zone = here if before.astimezone(here).utcoffset() != after.astimezone(here).utcoffset() else there
        low, high = before, after
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        minutes = int(abs(shift).total_seconds() // 60)
        much = "an hour" if minutes == 60 else f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
        first, changed = after.astimezone(here), high.astimezone(zone)
        late = "later" if shift > timedelta() else "earlier"
        return f"From {first.day} {first:%B} {much} {late} here: {city(zone)} changes its clocks on {changed.day} {changed:%B}."
    return ""


def city(zone: tzinfo) -> str:
    """New York"""
    return str(zone).rpartition("/")[2].replace("_", " ")


def _ahead(at: datetime, there: tzinfo, here: tzinfo) -> timedelta:
    return (at.astimezone(here).utcoffset() or timedelta()) - (at.astimezone(there).utcoffset() or timedelta())


def local_zone() -> tzinfo:
    """The zone of this machine by its IANA name where that can be found, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named not in available_timezones():
        target = str(Path("/etc/localtime").resolve())  # a link into the zone database on Linux and macOS
        named = target.partition("zoneinfo/")[2]
    known = named in available_timezones() and not named.endswith("UTC")  # Etc/UTC is UTC to people
    return ZoneInfo(named) if known else ZoneInfo("UTC")

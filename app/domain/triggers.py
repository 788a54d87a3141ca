"""When a schedule is due: five cron fields read in local time, and one rule for the nights when clocks change.

A job at fixed times runs once right after the gap when its time does not exist, and once, the first time, when its
time comes twice. A job with ``*`` or a step in minute or hour follows real time. (Debian cron's rule; croniter alone
fires 01:30 twice.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

from app.domain.errors import AppError

NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_FIELD = re.compile(r"[0-9A-Za-z*,/-]+\Z")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_RANGE_OF_ONE = re.compile(r"(?<![\w-])(\w+)-\1(/\d+)?(?![\w/-])")
"""croniter 6 reads 19-19 as every value; a range of one is that one."""
_LONGEST_SHIFT = timedelta(days=2)
_MAX_STEPS = 10_000
_REMEMBERED = 2_048


class CronInvalid(AppError):
    """This is no cron line of five fields: minute, hour, day of month, month, day of week."""

    code = "schedule.cron_invalid"


class NeverDue(AppError):
    """This cron line names a date that never comes, such as 30 February."""

    code = "schedule.never_due"


class ZoneUnknown(AppError):
    """This is no time zone of the IANA list, such as Europe/Berlin."""

    code = "schedule.zone_unknown"


@dataclass(frozen=True)
class Cron:
    """A cron line in a time zone. Make it with `parse_cron`, which checks both."""

    line: str
    zone: ZoneInfo

    @cached_property
    def follows_real_time(self) -> bool:
        """Whether it has ``*`` or a step in minute or hour, and so runs through a change of clocks as if there were none."""
        return any("*" in field or "/" in field for field in self.line.split()[:2])

    def next_due(self, *, after: datetime) -> datetime:
        """The first firing time strictly later than `after` (aware), in UTC.

        Raises:
            NeverDue: the line names a date that never comes, such as 30 February.
        """
        return _next_due(self, after.astimezone(UTC))

    def due_times(self, *, after: datetime, count: int) -> list[datetime]:
        """The next `count` firing times, in UTC."""
        found: list[datetime] = []
        for _ in range(count):
            after = self.next_due(after=after)
            found.append(after)
        return found

    def following(self, after: datetime) -> datetime:
        """`next_due`, worked out anew; `after` is in UTC."""
        return self._next_real(after) if self.follows_real_time else self._next_fixed(after)

    def _next_real(self, after: datetime) -> datetime:
        """Along stretches of equal offset: in each, local and real time run in step."""
        at, inclusive = after, False
        for _ in range(_MAX_STEPS):
            offset = self._offset(at)
            local = (at + offset).replace(tzinfo=None)
            following = self._next_local(local - timedelta(microseconds=1) if inclusive else local)
            due = following.replace(tzinfo=UTC) - offset
            change = self._first_change(at, due, offset)
            if change is None:
                return due
            at, inclusive = change, True
        raise NeverDue

    def _next_fixed(self, after: datetime) -> datetime:
        local = (after + self._offset(after)).replace(tzinfo=None)
        for _ in range(_MAX_STEPS):
            local = self._next_local(local)
            due = self._instant(local)
            if due > after:
                return due
        raise NeverDue

    def _instant(self, local: datetime) -> datetime:
        """When a local time comes: the first time of two; the end of the gap for one that is left out."""
        due = local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        if due.astimezone(self.zone).replace(tzinfo=None) == local:
            return due
        early = due - _LONGEST_SHIFT
        change = self._first_change(early, due + _LONGEST_SHIFT, self._offset(early), around=local)
        return due if change is None else change

    def _next_local(self, after: datetime) -> datetime:
        try:
            found = croniter(self.line, after, day_or=True).get_next(datetime)
        except CroniterBadDateError as error:
            raise NeverDue from error
        assert isinstance(found, datetime)
        return found

    def _offset(self, at: datetime) -> timedelta:
        offset = at.astimezone(self.zone).utcoffset()
        assert offset is not None
        return offset

    def _first_change(self, start: datetime, end: datetime, offset: timedelta, *, around: datetime | None = None) -> datetime | None:
        """The first moment in (start, end] at which the offset is another, to the second; None when it stays.

        With `around`, the change that jumps over that local time.
        """
        step = timedelta(hours=12)
        low = start
        while low < end:
            high = min(low + step, end)
            if self._offset(high) != offset:
                change = self._narrowed(low, high, offset)
                if around is None or self._jumps_over(change, offset, around):
                    return change
                offset, low = self._offset(change), change
                continue
            low = high
        return None

    def _jumps_over(self, change: datetime, before: timedelta, local: datetime) -> bool:
        was = (change + before).replace(tzinfo=None)
        now = (change + self._offset(change)).replace(tzinfo=None)
        return was <= local < now

    def _narrowed(self, low: datetime, high: datetime, offset: timedelta) -> datetime:
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high.replace(microsecond=0)


@lru_cache(maxsize=_REMEMBERED)
def _next_due(cron: Cron, after: datetime) -> datetime:
    # Of ten thousand schedules most have the same few lines, and ask at the same moment.
    return cron.following(after)


@lru_cache(maxsize=_REMEMBERED)
def parse_cron(text: str, zone: str) -> Cron:
    """A cron line of exactly five fields, or an @ name, checked to come true at least once.

    Raises:
        CronInvalid, NeverDue, ZoneUnknown: each says what is wrong.
    """
    line = NAMED.get(text.strip().lower(), " ".join(text.split()))
    fields = line.split()
    if len(fields) != len(FIELDS):
        raise CronInvalid(f"A cron line has five fields ({', '.join(FIELDS)}); this one has {len(fields)}.")
    for name, field in zip(FIELDS, fields, strict=True):
        words = re.findall(r"[A-Za-z]+", field)
        if not _FIELD.match(field) or any(word.lower() not in _MONTHS + _DAYS for word in words):
            raise CronInvalid(f"The {name} field “{field:.40}” is not understood; use numbers, names, * , - and /.")
    line = _RANGE_OF_ONE.sub(r"\1", line)
    if not croniter.is_valid(line):
        raise CronInvalid(f"“{line:.100}” is out of range in one of its fields ({', '.join(FIELDS)}).")
    cron = Cron(line, _zone(zone))
    cron.next_due(after=datetime(2024, 1, 1, tzinfo=UTC))
    return cron


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ZoneUnknown(f"There is no time zone “{name:.50}”; use a name of the IANA list, such as Europe/Berlin.") from error

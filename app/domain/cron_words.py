"""A cron line in words: “At 09:00, Monday to Friday”."""

from __future__ import annotations

from app.domain.triggers import NAMED

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MOST_CLOCK_TIMES = 6


def in_words(text: str) -> str:
    """What a valid line of five fields, or an @ name, means. The sentence has no full stop at its end."""
    line = NAMED.get(text.strip().lower(), text)
    minute, hour, day, month, weekday = line.split()
    days, weekdays = _days_of_month(day), _weekdays(weekday)
    clock = _clock(minute, hour)
    words = [f"every day {clock}" if clock.startswith("at ") and ":" in clock and not days and not weekdays and month == "*" else clock]
    if days and weekdays:
        words.append(f"{days} or {weekdays}")  # cron takes either of the two when both are given
    elif days or weekdays:
        words.append(days or weekdays)
    if month != "*":
        words.append(f"in {_listed(month, _month, 'month')}")
    sentence = ", ".join(words)
    return sentence[0].upper() + sentence[1:]


def _clock(minute: str, hour: str) -> str:
    minutes, hours = _numbers(minute), _numbers(hour)
    if minutes is not None and hours is not None and len(minutes) * len(hours) <= _MOST_CLOCK_TIMES:
        return f"at {_and([f'{h:02d}:{m:02d}' for h in hours for m in minutes])}"
    return " ".join(filter(None, (_minutes(minute), _hours(hour, minute))))


def _minutes(minute: str) -> str:
    if minute == "*":
        return "every minute"
    if (step := _step_of_all(minute)) is not None:
        return f"every {step} minutes"
    numbers = _numbers(minute)
    if numbers is not None:
        return f"at minute{'s' if len(numbers) > 1 else ''} {_and([str(number) for number in numbers])}"
    listed = _listed(minute, str, "minute")
    return listed if "/" in minute else f"every minute from {listed}"


def _hours(hour: str, minute: str) -> str:
    if hour == "*":
        return "" if minute == "*" or _step_of_all(minute) is not None else "of every hour"
    if (step := _step_of_all(hour)) is not None:
        return f"of every {_ordinal(step)} hour"
    low, dash, high = hour.partition("-")
    if dash and low.isdigit() and high.isdigit():
        return f"between {int(low):02d}:00 and {int(high):02d}:59"
    return f"in the hours {_listed(hour, _two_digits, 'hour')}"


def _days_of_month(day: str) -> str:
    if day in ("*", "?"):
        return ""
    if (step := _step_of_all(day)) is not None:
        return f"on every {_ordinal(step)} day of the month"
    return f"on the {_listed(day, _ordinal_of, 'day')} of the month"


def _weekdays(weekday: str) -> str:
    if weekday in ("*", "?"):
        return ""
    if (step := _step_of_all(weekday)) is not None:
        return f"every {_ordinal(step)} day of the week"
    listed = _listed(weekday, _day, "day of the week")
    return listed if "-" in weekday or "/" in weekday else f"on {listed}"


def _listed(field: str, name: object, unit: str) -> str:
    assert callable(name)
    parts = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, dash, high = span.partition("-")
        if span == "*":
            words = f"every {unit}"
        elif dash:
            words = f"{name(low)} to {name(high)}"
        else:
            words = str(name(low)) if not step else f"{name(low)} onward"
        parts.append(f"every {_ordinal(int(step))} {unit} from {words}" if step else words)
    return _and(parts)


def _numbers(field: str) -> list[int] | None:
    parts = field.split(",")
    return [int(part) for part in parts] if all(part.isdigit() for part in parts) else None


def _step_of_all(field: str) -> int | None:
    span, _, step = field.partition("/")
    return int(step) if span == "*" and step.isdigit() and int(step) > 1 else None


def _two_digits(text: str) -> str:
    return f"{int(text):02d}"


def _day(text: str) -> str:
    return _DAYS[int(text) % 7] if text.isdigit() else next(day for day in _DAYS if day.lower().startswith(text.lower()))


def _month(text: str) -> str:
    return _MONTHS[int(text) - 1] if text.isdigit() else next(month for month in _MONTHS if month.lower().startswith(text.lower()))


def _ordinal_of(text: str) -> str:
    return _ordinal(int(text))


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

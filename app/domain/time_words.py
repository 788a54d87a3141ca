"""Milliseconds as people write them: `30 s`, `1 min 30 s`, `2 h`, `250 ms`."""

from __future__ import annotations

import re
from typing import Final

from app.domain.step_configs import RetryPolicy

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1))
_NAMES: Final = {
    "ms": 1,
    "s": 1_000,
    "sec": 1_000,
    "m": 60_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}
_PART = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([a-z]*)\.?\s*,?")
_MOST_PAUSES: Final = 4


def in_words(milliseconds: float) -> str:
    """`1 min 30 s`; exact, so that reading it gives the same number again."""
    left = round(milliseconds)
    if left < 0:
        return f"{left} ms"
    parts: list[str] = []
    for name, size in _UNITS:
        if name == "s" and left % 1_000 and left >= 1_000 and not parts and left < 60_000:
            parts.append(f"{left / 1_000:g} s")
            left = 0
        elif left >= size:
            parts.append(f"{left // size} {name}")
            left %= size
    return " ".join(parts) or "0 ms"


def from_words(text: str) -> int | None:
    """The milliseconds of `90`, `1.5 s`, `1m30s`, `2 hours`; a bare number is milliseconds. None: it is no length of time."""
    wanted = text.strip().lower()
    total, position = 0.0, 0
    for word, short in (("milliseconds", "ms"), ("seconds", "s"), ("second", "s"), ("minutes", "min"), ("minute", "min")):
        wanted = wanted.replace(word, short)
    for word, short in (("hours", "h"), ("hour", "h"), ("days", "d"), ("day", "d")):
        wanted = wanted.replace(word, short)
    if not wanted:
        return None
    while position < len(wanted):
        match = _PART.match(wanted, position)
        if match is None:
            return None
        number, unit = float(match[1].replace(",", ".")), match[2]
        if not unit and (position or match.end() < len(wanted)):
            return None
        if unit and unit not in _NAMES:
            return None
        total += number * _NAMES.get(unit, 1)
        position = match.end()
    return round(total)


def retry_words(policy: RetryPolicy) -> str:
    """What a policy does: `3 tries, waits 1 s, 2 s`."""
    if policy.max_attempts <= 1:
        return "One try, no retry"
    pauses: list[str] = []
    pause = float(policy.initial_interval_ms)
    for _ in range(policy.max_attempts - 1):
        pauses.append(in_words(min(pause, policy.max_interval_ms)))
        pause = min(pause * policy.backoff, policy.max_interval_ms)
        if len(pauses) == _MOST_PAUSES:
            break
    more = ", …" if policy.max_attempts - 1 > _MOST_PAUSES else ""
    return f"{policy.max_attempts} tries, waits {', '.join(pauses)}{more}"

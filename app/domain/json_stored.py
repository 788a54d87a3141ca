"""A value as the database gives it back, so that a run that goes on from its journal sees what it would have seen without a crash.

JSONB keeps the keys of an object by length, then by bytes, and numbers as decimals without an exponent
(https://www.postgresql.org/docs/current/datatype-json.html). Both can be seen: by `keys`, by an object put into a text.
"""

from __future__ import annotations

from decimal import Decimal

from app.domain.json_value import MAX_NUMBER_CHARS, Json

_WITHOUT_EXPONENT = 1e16
"""Below this a whole double is written with ``.0`` and stays one."""


def as_stored(value: Json) -> Json:
    """`value` with its keys in the database's order and the whole numbers that it makes of large doubles."""
    if isinstance(value, dict):
        keys = sorted(value, key=_place) if len(value) > 1 else value
        return {key: as_stored(value[key]) for key in keys}
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    if isinstance(value, float):
        return _number(value)
    return value


def _place(key: str) -> tuple[int, bytes]:
    text = key.encode("utf-8", "surrogatepass")
    return len(text), text


def _number(value: float) -> int | float:
    if value == 0:
        return 0.0  # there is no negative zero among decimals
    if -_WITHOUT_EXPONENT < value < _WITHOUT_EXPONENT:
        return value
    digits = f"{Decimal(repr(value)):f}"
    return int(digits) if len(digits) <= MAX_NUMBER_CHARS else value

"""How much one evaluation may do, and what every part of it says about values."""

from __future__ import annotations

import math
from typing import Final

from app.domain.expressions.errors import WorkExceeded
from app.domain.json_value import Json, dumps

# About one unit per microsecond or less on the slowest operation (measured 2026-11 on one core of a small server).
WORK_UNITS: Final = 150_000
# What is copied, searched or encoded goes at some hundred characters per microsecond.
CHARS_PER_UNIT: Final = 256
MAX_TEXT_CHARS: Final = 16 << 20
MAX_RESULT_NODES: Final = 100_000
_EXACT_IN_DOUBLE: Final = 2.0**53


class Work:
    """What is left to do for one evaluation: the same expression on the same data always costs the same."""

    __slots__ = ("_left",)

    def __init__(self, units: int = WORK_UNITS) -> None:
        self._left = units

    def spend(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise WorkExceeded("The expression takes more work than one expression may; do it in several steps, or in a foreach.")

    def spend_chars(self, chars: int) -> None:
        self.spend(1 + chars // CHARS_PER_UNIT)

    def spend_on(self, value: Json) -> None:
        """One unit for each value inside `value`, and more for long texts."""
        if isinstance(value, str):
            self.spend(1 + len(value) // CHARS_PER_UNIT)
        elif isinstance(value, list):
            self.spend(1 + len(value))
            for item in value:
                if isinstance(item, str | list | dict):
                    self.spend_on(item)
        elif isinstance(value, dict):
            self.spend(1 + 2 * len(value))
            for item in value.values():
                if isinstance(item, str | list | dict):
                    self.spend_on(item)
        else:
            self.spend(1)


def check_size(value: Json) -> None:
    """Refuse a result that is no longer reasonable to keep; the same list counts as often as it stands in it."""
    nodes, chars = MAX_RESULT_NODES, MAX_TEXT_CHARS
    waiting: list[Json] = [value]
    while waiting:
        item = waiting.pop()
        nodes -= 1
        if isinstance(item, str):
            chars -= len(item)
        elif isinstance(item, list):
            if len(item) <= nodes:
                waiting.extend(item)
            else:
                nodes = -1
        elif isinstance(item, dict):
            chars -= sum(map(len, item))
            waiting.extend(item.values())
        if nodes < 0 or chars < 0:
            raise WorkExceeded(
                f"The expression gives too much: at most {MAX_RESULT_NODES:,} values and {MAX_TEXT_CHARS >> 20} MiB of text."
            )


def is_true(value: Json) -> bool:
    """The truth test of conditions: null, false, 0, "", [] and {} are false, all else is true."""
    return bool(value)


def kind_of(value: Json) -> str:
    """What a value is, as sentences to the user say it."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def json_key(value: Json) -> object:
    """Something hashable that is equal for values that are equal as JSON, where 1 is 1.0 and true is not 1."""
    match value:
        case bool():
            return ("boolean", value)
        case list():
            return ("list", tuple(json_key(item) for item in value))
        case dict():
            return ("object", frozenset((key, json_key(item)) for key, item in value.items()))
        case _:
            return value


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(number: float) -> int | float:
    """A double without a fraction as the integer it is, as long as doubles are exact there."""
    if number.is_integer() and abs(number) <= _EXACT_IN_DOUBLE:
        return int(number)
    return number


def finite(number: float) -> int | float:
    """`whole`, for the result of a calculation that may have left the range of numbers."""
    if not math.isfinite(number):
        raise ArithmeticError("the result is too large for a number")
    return whole(number)


def as_text(value: Json) -> str:
    """A value inside a text: text as it is, the rest as compact JSON."""
    return value if isinstance(value, str) else dumps(value)

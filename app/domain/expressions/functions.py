"""The functions of the language: those of CEL that make sense on JSON, and ours. All are pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NoReturn

from app.domain.expressions import calculation
from app.domain.expressions.errors import ExpressionFailed
from app.domain.expressions.work import MAX_TEXT_CHARS, Work, as_text, check_size, finite, is_number, json_key, kind_of, whole
from app.domain.json_gate import normalise
from app.domain.json_value import Json, JsonRejected, loads

Number = int | float
_ANY_COUNT = 1_000


@dataclass(frozen=True, slots=True)
class Function:
    """How many arguments a function takes, and what it does with them; `apply` is None where CEL itself does it."""

    least: int
    most: int
    apply: Callable[..., Json] | None = None

    @property
    def arity(self) -> str:
        if self.least == self.most:
            return f"{self.least} argument{'s' if self.least != 1 else ''}"
        if self.most == _ANY_COUNT:
            return f"at least {self.least} argument{'s' if self.least != 1 else ''}"
        return f"{self.least} to {self.most} arguments"


def _refuse(message: str) -> NoReturn:
    raise ExpressionFailed(message)


def _wanted(function: str, what: str, value: Json) -> NoReturn:
    _refuse(f"{function} needs {what}, but it got {kind_of(value)}.")


def _list(function: str, value: Json) -> list[Json]:
    return value if isinstance(value, list) else _wanted(function, "a list", value)


def _object(function: str, value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else _wanted(function, "an object", value)


def _text(function: str, value: Json) -> str:
    return value if isinstance(value, str) else _wanted(function, "a string", value)


def _number(function: str, value: Json) -> Number:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    _wanted(function, "a number", value)


def _numbers(function: str, value: Json) -> list[Number]:
    return [item if is_number(item) else _wanted(function, "a list of numbers, and one of them", item) for item in _list(function, value)]  # type: ignore[misc]


# Text


def _join(work: Work, items: Json, separator: Json = "") -> Json:
    between = _text("join", separator)
    pieces: list[str] = []
    length = 0
    for item in _list("join", items):
        if item is not None:
            work.spend_on(item)
        pieces.append("" if item is None else as_text(item))
        length += len(pieces[-1]) + len(between)
        _bound_text(work, length)
    return between.join(pieces)


def _split(work: Work, text: Json, separator: Json) -> Json:
    whole_text, between = _text("split", text), _text("split", separator)
    work.spend_chars(len(whole_text))
    if not between:
        work.spend(len(whole_text))
        return list(whole_text)
    work.spend(whole_text.count(between))
    return list(whole_text.split(between))


def _replace(work: Work, text: Json, old: Json, new: Json) -> Json:
    source, search, substitute = _text("replace", text), _text("replace", old), _text("replace", new)
    if not search:
        _refuse("replace needs something to search for, but it got an empty string.")
    work.spend_chars(len(source))
    count = source.count(search)
    work.spend(count)
    _bound_text(work, len(source) + count * (len(substitute) - len(search)))
    return source.replace(search, substitute)


def _bound_text(work: Work, length: int) -> None:
    if length > MAX_TEXT_CHARS:
        _refuse(f"The text would have more than {MAX_TEXT_CHARS:,} characters.")
    work.spend(length // 65_536)


def _trim(work: Work, text: Json) -> Json:
    work.spend_chars(len(_text("trim", text)))
    return _text("trim", text).strip()


def _lower(work: Work, text: Json) -> Json:
    work.spend_chars(16 * len(_text("lower", text)))
    return _text("lower", text).lower()


def _upper(work: Work, text: Json) -> Json:
    work.spend_chars(16 * len(_text("upper", text)))
    return _text("upper", text).upper()


def _contains(work: Work, text: Json, part: Json) -> Json:
    if isinstance(text, list):
        _refuse("contains asks about a string; for a list write: value in list.")
    work.spend_chars(4 * len(_text("contains", text)))
    return _text("contains", part) in _text("contains", text)


def _starts_with(work: Work, text: Json, part: Json) -> Json:
    work.spend(1)
    return _text("startsWith", text).startswith(_text("startsWith", part))


def _ends_with(work: Work, text: Json, part: Json) -> Json:
    work.spend(1)
    return _text("endsWith", text).endswith(_text("endsWith", part))


def _matches(work: Work, text: Json, pattern: Json) -> Json:
    return calculation.matches(work, _text("matches", text), _text("matches", pattern))


# JSON and kinds


def _json(work: Work, value: Json) -> Json:
    check_size(value)
    work.spend_on(value)
    text = as_text(value) if not isinstance(value, str) else calculation.dumps(value)
    _bound_text(work, len(text))
    return text


def _parse_json(work: Work, text: Json) -> Json:
    source = _text("parse_json", text)
    work.spend_chars(64 * len(source))
    try:
        return normalise(loads(source))[0]
    except JsonRejected as error:
        _refuse(f"parse_json: {error}")


def _string(work: Work, value: Json) -> Json:
    if isinstance(value, str):
        return value
    return _json(work, whole(value) if isinstance(value, float) else value)


def _int(work: Work, value: Json) -> Json:
    number = _to_number(work, "int", value)
    return number if isinstance(number, int) else math.trunc(number) if abs(number) < 1e18 else number


def _double(work: Work, value: Json) -> Json:
    return _to_number(work, "double", value)


def _to_number(work: Work, function: str, value: Json) -> Number:
    work.spend(1)
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return _number(function, value)
    text = value.strip()
    try:
        number = loads(text.removeprefix("+")) if len(text) <= 64 else None
    except JsonRejected:
        number = None
    if isinstance(number, int | float) and not isinstance(number, bool):
        return number
    _refuse(f"{function} needs a number, but the string it got is none.")


def _bool(work: Work, value: Json) -> Json:
    work.spend(1)
    if isinstance(value, str):
        known = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
        found = known.get(value.strip().lower())
        return found if found is not None else _refuse("bool needs true or false, but the string it got is neither.")
    return bool(value)


def _type(work: Work, value: Json) -> Json:
    work.spend(1)
    return kind_of(value).removeprefix("an ").removeprefix("a ")


def _dyn(work: Work, value: Json) -> Json:
    return value


def _size(work: Work, value: Json) -> Json:
    work.spend(1)
    return len(value) if isinstance(value, str | list | dict) else _wanted("size", "a string, a list or an object", value)


# Numbers


def _sum(work: Work, items: Json) -> Json:
    numbers = _numbers("sum", items)
    work.spend(len(numbers))
    return _total(numbers)


def _total(numbers: list[Number]) -> Number:
    total = sum(numbers)
    return finite(total) if isinstance(total, float) else total


def _avg(work: Work, items: Json) -> Json:
    numbers = _numbers("avg", items)
    work.spend(len(numbers))
    return finite(_total(numbers) / len(numbers)) if numbers else _refuse("avg of an empty list has no value; use default.")


def _min(work: Work, *values: Json) -> Json:
    return min(_comparable(work, "min", values), key=_order)


def _max(work: Work, *values: Json) -> Json:
    return max(_comparable(work, "max", values), key=_order)


def _comparable(work: Work, function: str, values: tuple[Json, ...]) -> list[Json]:
    items = _list(function, values[0]) if len(values) == 1 else list(values)
    if not items:
        _refuse(f"{function} of an empty list has no value.")
    return _of_one_kind(work, function, items)


def _of_one_kind(work: Work, function: str, items: list[Json]) -> list[Json]:
    work.spend(len(items))
    kinds = dict.fromkeys(kind_of(item) for item in items)
    if len(kinds) > 1 or not kinds.keys() <= {"a number", "a string", "a boolean"}:
        _refuse(f"{function} needs a list of numbers or a list of strings, but it got one with {' and '.join(kinds)}.")
    return items


def _order(value: Json) -> Number | str:
    assert isinstance(value, int | float | str)
    return value


def _round(work: Work, value: Json, digits: Json = 0) -> Json:
    number, places = _number("round", value), _number("round", digits)
    work.spend(1)
    if places != int(places) or not 0 <= places <= 15:
        _refuse("round keeps 0 to 15 digits after the point.")
    if isinstance(number, int) or abs(number) >= 1e17:
        return number
    # Half away from zero, on the shortest decimal that the double stands for: 2.675 is meant as it is written.
    return whole(float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)))


def _floor(work: Work, value: Json) -> Json:
    number = _number("floor", value)
    return number if isinstance(number, int) or abs(number) >= 1e17 else math.floor(number)


def _ceil(work: Work, value: Json) -> Json:
    number = _number("ceil", value)
    return number if isinstance(number, int) or abs(number) >= 1e17 else math.ceil(number)


# Lists and objects


def _sort(work: Work, items: Json) -> Json:
    values = _list("sort", items)
    work.spend(len(values))
    return sorted(_of_one_kind(work, "sort", values), key=_order) if values else []


def _unique(work: Work, items: Json) -> Json:
    work.spend_on(_list("unique", items))
    found: dict[object, Json] = {}
    for item in _list("unique", items):
        found.setdefault(json_key(item), item)
    return list(found.values())


def _flatten(work: Work, items: Json) -> Json:
    flat: list[Json] = []
    for item in _list("flatten", items):
        if isinstance(item, list):
            work.spend(1 + len(item))
            flat.extend(item)
        else:
            work.spend(1)
            flat.append(item)
    return flat


def _keys(work: Work, value: Json) -> Json:
    work.spend(len(_object("keys", value)))
    return list(_object("keys", value))


def _values(work: Work, value: Json) -> Json:
    work.spend(len(_object("values", value)))
    return list(_object("values", value).values())


FUNCTIONS: Final[dict[str, Function]] = {
    "join": Function(1, 2, _join),
    "split": Function(2, 2, _split),
    "replace": Function(3, 3, _replace),
    "trim": Function(1, 1, _trim),
    "lower": Function(1, 1, _lower),
    "upper": Function(1, 1, _upper),
    "json": Function(1, 1, _json),
    "parse_json": Function(1, 1, _parse_json),
    "sum": Function(1, 1, _sum),
    "min": Function(1, _ANY_COUNT, _min),
    "max": Function(1, _ANY_COUNT, _max),
    "avg": Function(1, 1, _avg),
    "sort": Function(1, 1, _sort),
    "unique": Function(1, 1, _unique),
    "flatten": Function(1, 1, _flatten),
    "keys": Function(1, 1, _keys),
    "values": Function(1, 1, _values),
    "round": Function(1, 2, _round),
    "floor": Function(1, 1, _floor),
    "ceil": Function(1, 1, _ceil),
    "default": Function(2, 2),
    "size": Function(1, 1, _size),
    "contains": Function(2, 2, _contains),
    "startsWith": Function(2, 2, _starts_with),
    "endsWith": Function(2, 2, _ends_with),
    "matches": Function(2, 2, _matches),
    "string": Function(1, 1, _string),
    "int": Function(1, 1, _int),
    "double": Function(1, 1, _double),
    "bool": Function(1, 1, _bool),
    "type": Function(1, 1, _type),
    "dyn": Function(1, 1, _dyn),
}

_PART_OF_A_TIME = "getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds"
TIME_FUNCTIONS: Final[dict[str, Function]] = {
    "timestamp": Function(1, 1),
    "duration": Function(1, 1),
    **{name: Function(1, 2) for name in _PART_OF_A_TIME.split()},
}

"""Fields, items and steps: finding them, and saying what was there when they are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn

from app.domain.expressions.errors import ExpressionFailed, ValueMissing
from app.domain.expressions.work import kind_of
from app.domain.json_value import Json

_SHOWN: Final = 10


def member_of(value: Json, name: str, words: str, column: int) -> Json:
    """`value.name`, where `words` is how the value was written."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        raise ValueMissing(f'There is no field "{_short(name)}" in {words}; {_names("it has", value)}.', column)
    if value is None:
        raise ValueMissing(f'{words} is null, so it has no field "{_short(name)}".', column)
    advice = "; take an item of it, as in [0], or go over it with map" if isinstance(value, list) else ""
    raise ValueMissing(f'{words} is {kind_of(value)}, so it has no field "{_short(name)}"{advice}.', column)


def item_of(value: Json, key: Json, words: str, column: int) -> Json:
    """`value[key]`: an item of a list by its number from 0, or a field of an object by its name."""
    if isinstance(key, str):
        return member_of(value, key, words, column)
    if isinstance(value, list):
        return _numbered(value, key, words, column)
    if value is None:
        raise ValueMissing(f"{words} is null, so it has no items.", column)
    if isinstance(value, dict):
        raise ExpressionFailed(f"{words} is an object, so what stands in [ ] is text; it was {kind_of(key)}.", column)
    raise ExpressionFailed(f"{words} is {kind_of(value)}, so it has no items.", column)


def step_of(steps: Json, key: str, column: int) -> Json:
    """What is known of a step, by its key."""
    if isinstance(steps, dict):
        if key in steps:
            return steps[key]
        raise ValueMissing(f'There is no step "{_short(key)}" before this one; {_names("there are", steps)}.', column)
    raise ValueMissing("There are no steps before this one.", column)


def _numbered(items: list[Json], key: Json, words: str, column: int) -> Json:
    if isinstance(key, bool) or not isinstance(key, int | float) or key != key // 1:
        _not_a_position(key, words, column)
    index = int(key)
    if 0 <= index < len(items):
        return items[index]
    there = f"it has {len(items)}, from 0 to {len(items) - 1}" if items else "it is empty"
    raise ValueMissing(f"There is no item {index} in {words}; {there}.", column)


def _not_a_position(key: Json, words: str, column: int) -> NoReturn:
    shown = str(key) if isinstance(key, float) else kind_of(key)
    raise ExpressionFailed(f"{words} is a list, so what stands in [ ] is a whole number; it was {shown}.", column)


def _names(begin: str, names: Iterable[str]) -> str:
    known = list(names)
    if not known:
        return f"{begin} none"
    shown = ", ".join(_short(name) for name in known[:_SHOWN])
    return f"{begin}: {shown}, …" if len(known) > _SHOWN else f"{begin}: {shown}"


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}…"

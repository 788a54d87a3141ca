"""A value of the wrong type that says the same in the right one: `"50"` where a number is wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.json_value import Json, JsonRejected, dumps, loads

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,99})(\.\d{1,15})?")
_WORDS: Final[dict[str, tuple[str, Json]]] = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}


@dataclass(frozen=True, slots=True)
class Conversion:
    """`value` as it would have to stand at `path`, and `whole` with it in its place."""

    path: tuple[str | int, ...]
    value: Json
    whole: Json


def converted(value: Json, types: Sequence[str]) -> tuple[Json] | None:
    """The same as one of the JSON types, in a tuple as it may be null; None when anything would be lost or guessed.

    A text turns back into exactly what was typed: `"50"` is 50, but `"050"`, `"5e1"` and `"yes"` stay what they are.
    """
    if isinstance(value, str):
        text = value.strip()
        if text in _WORDS and _WORDS[text][0] in types:
            return (_WORDS[text][1],)
        if _NUMBER.fullmatch(text) and {"number", "integer"} & {*types}:
            try:
                number = loads(text)
            except JsonRejected:
                return None
            if dumps(number) == text and ("number" in types or isinstance(number, int)):
                return (number,)
        return None
    if isinstance(value, bool | int | float) and "string" in types:
        return (dumps(value),)
    return None


def with_value(whole: Json, path: Sequence[str | int], value: Json) -> Json:
    """A copy with another value at a place that is there."""
    if not path:
        return value
    first, *rest = path
    if isinstance(whole, dict):
        return {**whole, str(first): with_value(whole[str(first)], rest, value)}
    if isinstance(whole, list):
        at = int(first)
        return [*whole[:at], with_value(whole[at], rest, value), *whole[at + 1 :]]
    raise KeyError(first)

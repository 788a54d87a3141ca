"""What a path of a mapping finds in a payload, in a few words and by its places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import AppError
from app.domain.expressions.json_path import select_places
from app.domain.json_value import Json, dumps

MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """`colour` names a token; `places` are the keys that lead to each value."""

    words: str
    colour: str
    places: Sequence[tuple[str | int, ...]] = ()


def finding_of(path: str, payload: Json) -> Finding:
    """One that was meant to search far may take a tenth of a second."""
    try:
        places = select_places(path, payload)
    except AppError as error:
        return Finding(str(error), "status.error")
    if not places:
        return Finding("null, nothing found", "status.warn")
    values = [_value_at(payload, place) for place in places]
    shown = dumps(values[0] if len(values) == 1 else values)
    short = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
    return Finding(short if len(values) == 1 else f"{short}  list of {len(values)}", "status.ok", places)


def _value_at(value: Json, place: Sequence[str | int]) -> Json:
    for key in place:
        value = value[key]  # type: ignore[index]  # a place leads through what it was found in
    return value

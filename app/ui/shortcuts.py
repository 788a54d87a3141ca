"""Which keys do what: the keys a person gave to actions, what they would clash with, and keys that are not actions'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from app.ui.actions import SPECS, Actions, ActionSpec, Place

if TYPE_CHECKING:
    from app.ui.preferences import Preferences

_KEPT = "keys/custom"
PLACES: dict[Place, str] = {
    "window": "Everywhere",
    "editor": "In the editor",
    "canvas": "On the canvas",
    "field": "In a field",
    "list": "In lists",
}
"""In the order of a cheat sheet."""

NEVER_AT_ONCE = frozenset({frozenset({"run-with-input", "stop"})})
"""Pairs of which one is off whenever the other is on: they may share keys."""

CustomKeys = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FixedKey:
    """A key that always does the same, in one place."""

    keys: str
    does: str


FIXED: dict[str, tuple[FixedKey, ...]] = {
    "On the canvas": (
        FixedKey("arrows", "Go to the nearest step that way"),
        FixedKey("Shift+arrows", "Take it along into the selection"),
        FixedKey("Ctrl+arrows", "Move the selection by one grid step"),
        FixedKey("Tab", "Next step"),
        FixedKey("Shift+Tab", "Step before"),
        FixedKey("Return", "Open the settings of the selection"),
        FixedKey("Esc", "Give up the gesture, then the selection"),
        FixedKey("Space", "Add a step where the pointer is"),
        FixedKey("Space+drag", "Move the canvas"),
        FixedKey("Ctrl+wheel", "Zoom at the pointer"),
        FixedKey("Shift+wheel", "Move sideways"),
    ),
    "In a field": (
        FixedKey("Tab", "Next field; in the list of completions: take the row"),
        FixedKey("Esc", "Close the list, then back to the canvas"),
        FixedKey("F1", "Explain the function that is chosen in the list"),
    ),
    "In lists": (
        FixedKey("Return", "Open the row"),
        FixedKey("Space", "Run the workflow of the row"),
    ),
}


def kept_keys(preferences: Preferences) -> CustomKeys:
    """The keys that were given to actions, by action; what cannot be read is as if it had never been."""
    if not preferences.knows(_KEPT):
        return {}
    from app.domain.json_value import JsonRejected, loads

    try:
        kept = loads(preferences.text(_KEPT))
    except JsonRejected:
        return {}
    if not isinstance(kept, dict):
        return {}
    known = {spec.id for spec in SPECS}
    return {id: tuple(str(each) for each in keys) for id, keys in kept.items() if id in known and isinstance(keys, list)}


def keep_keys(preferences: Preferences, keys: CustomKeys) -> None:
    from app.domain.json_value import Json, dumps

    own = {spec.id: spec.keys for spec in SPECS}
    kept: dict[str, Json] = {id: [*given] for id, given in keys.items() if given != own.get(id)}
    preferences.set(_KEPT, dumps(kept))


def clashes(actions: Actions, id: str, keys: str) -> list[ActionSpec]:
    """The other actions that these keys already call where `id` works."""
    wanted = QKeySequence(keys)
    own = next(spec for spec in SPECS if spec.id == id)
    return [spec for spec in SPECS if meet(spec, own) and any(QKeySequence(each) == wanted for each in actions.keys_of(spec.id))]


def meet(one: ActionSpec, other: ActionSpec) -> bool:
    """Whether both can be meant by the same keys at once."""
    if one.id == other.id or frozenset({one.id, other.id}) in NEVER_AT_ONCE:
        return False
    return one.place == other.place or "window" in (one.place, other.place) or {one.place, other.place} == {"canvas", "editor"}


def by_place() -> Iterable[tuple[str, list[ActionSpec]]]:
    """The actions under the name of the place where their keys work, in the order of the registry."""
    for place, name in PLACES.items():
        yield name, [spec for spec in SPECS if spec.place == place]

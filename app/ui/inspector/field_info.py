"""What a field is called, what holds without it, and what its expressions know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.json_value import Json, dumps
from app.domain.known_data import Known

if TYPE_CHECKING:
    from app.ui.inspector.context import FieldContext


class Unset:
    """What a field holds that the config does not name; null is a value."""


UNSET: Final = Unset()


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What a field is called and what it may hold. `names` are what only its expressions know, `dollar` what `$` is in them."""

    title: str
    name: str
    hint: str = ""
    required: bool = False
    default: Json | Unset = UNSET
    templates: bool = False
    context: FieldContext | None = None
    names: Mapping[str, Known] = field(default_factory=dict)
    dollar: Known | None = None


def as_words(value: Json | Unset) -> str:
    """A value as one would type it."""
    if isinstance(value, Unset):
        return ""
    if isinstance(value, list):
        return "\n".join(as_words(item) for item in value)
    return value if isinstance(value, str) else dumps(value)

"""The one gate through which JSON from outside comes in: limits, and what is replaced."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from app.domain.json_value import MAX_NUMBER_CHARS, Json, JsonRejected, loads

BODY_BYTES = 1 << 20
DEFINITION_BYTES = 16 << 20
MAX_DEPTH = 64
MAX_NODES = 100_000
DEFINITION_NODES = 2_000_000

_REPLACED = re.compile("[\x00\ud800-\udfff]")
_TOO_LARGE = 10**MAX_NUMBER_CHARS


def receive(
    source: str | bytes | bytearray,
    *,
    max_bytes: int = BODY_BYTES,
    max_nodes: int = MAX_NODES,
    duplicate_keys: Literal["last", "refuse"] = "last",
) -> tuple[Json, tuple[str, ...]]:
    """A JSON text from outside as a value that can be stored, and notes on what was replaced in it.

    Raises:
        JsonRejected: it is no JSON, or over a limit.
    """
    # A string of n characters has at least n bytes, so only a short one has to be encoded to be measured.
    size = len(source) if not isinstance(source, str) or len(source) > max_bytes else len(source.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise JsonRejected(f"This JSON has {size:,} bytes; at most {max_bytes:,} are taken.")
    value = loads(source, duplicate_keys=duplicate_keys, long_integers="refuse")
    return normalise(value, max_nodes=max_nodes)


def normalise(value: object, *, max_nodes: int = MAX_NODES) -> tuple[Json, tuple[str, ...]]:
    """`value` as JSON that every store keeps, and a sentence for each place where something was replaced.

    NUL and lone surrogates become U+FFFD; NaN and infinities become null. A value that needs nothing is returned
    as it is, not copied.

    Raises:
        JsonRejected: deeper than 64, more than `max_nodes` values, a number over 64 characters, or no JSON type.
    """
    walk = _Walk(max_nodes)
    result = walk.visit(value, "", 1)
    return result, tuple(walk.notes)


@dataclass(slots=True)
class _Walk:
    max_nodes: int
    nodes: int = 0
    notes: list[str] = field(default_factory=list)

    def visit(self, value: object, place: str, depth: int) -> Json:
        self.nodes += 1
        if self.nodes > self.max_nodes:
            raise JsonRejected(f"This JSON has too many values; at most {self.max_nodes:,} are taken.")
        # bool first: it is an int to Python.
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, int):
            if not -_TOO_LARGE < value < _TOO_LARGE:
                raise JsonRejected(f"The number at {place or '/'} has more than {MAX_NUMBER_CHARS} digits.")
            return value
        if isinstance(value, float):
            return self._number(value, place)
        if isinstance(value, list | dict):
            if depth > MAX_DEPTH:
                raise JsonRejected(f"This JSON is nested deeper than {MAX_DEPTH} levels, at {place[:200]}.")
            return self._list(value, place, depth) if isinstance(value, list) else self._object(value, place, depth)
        raise JsonRejected(f"The value at {place or '/'} is of the kind {type(value).__name__}, which is not JSON.")

    def _text(self, text: str, place: str) -> str:
        clean, replaced = _clean(text)
        if replaced:
            self.notes.append(f"{replaced} character(s) that cannot be stored became U+FFFD at {place or '/'}.")
        return clean

    def _number(self, number: float, place: str) -> float | None:
        if math.isfinite(number):
            return number
        self.notes.append(f"{number} became null at {place or '/'}, as JSON has no such number.")
        return None

    def _list(self, items: list[object], place: str, depth: int) -> Json:
        seen = [self.visit(item, f"{place}/{index}", depth + 1) for index, item in enumerate(items)]
        return seen if any(new is not old for new, old in zip(seen, items, strict=True)) else items  # type: ignore[return-value]

    def _object(self, fields: dict[object, object], place: str, depth: int) -> Json:
        seen: dict[str, Json] = {}
        changed = False
        for key, item in fields.items():
            if not isinstance(key, str):
                raise JsonRejected(f"The key {str(key)[:80]} at {place or '/'} is not text, which JSON requires.")
            clean, replaced = _clean(key)
            inside = f"{place}/{_escaped(clean)}" if "/" in clean or "~" in clean else f"{place}/{clean}"
            if replaced:
                self.notes.append(f"{replaced} character(s) that cannot be stored became U+FFFD in the key {inside}.")
            value = seen[clean] = self.visit(item, inside, depth + 1)
            changed = changed or clean is not key or value is not item
        return seen if changed else fields  # type: ignore[return-value]


def _clean(text: str) -> tuple[str, int]:
    """The text as it can be stored, and how many characters had to be replaced."""
    try:
        text.encode()  # the fastest way to find a lone surrogate
    except UnicodeEncodeError:
        return _REPLACED.subn("\ufffd", text)
    return _REPLACED.subn("\ufffd", text) if "\x00" in text else (text, 0)


def _escaped(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")

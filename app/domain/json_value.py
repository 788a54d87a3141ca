"""JSON as plain Python values: what it is, how it is written, how text becomes one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, NoReturn, TypeAlias

import orjson

from app.domain.errors import AppError

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class Given:
    """A value that was given by hand, where there might be none; null is a value too."""

    value: Json


MAX_NUMBER_CHARS = 64
_BYTE_ORDER_MARK = "\ufeff"
# What orjson would not keep: an integer of 64 bits or more becomes a double there without a word.
_LONG_NUMBER = re.compile(r"\d{18}")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonRejected(AppError):
    """This is not JSON that we take: the sentence says why and where."""

    code: ClassVar[str] = "json.rejected"


def dumps(value: Json) -> str:
    """Compact JSON text; integers of any size stay exact, NaN and infinities become null."""
    return dumps_bytes(value).decode()


def dumps_bytes(value: Json) -> bytes:
    """`dumps` in UTF-8; a lone surrogate is written as its escape."""
    return _dump(value, sort_keys=False)


def canonical(value: Json) -> bytes:
    """One spelling for equal values: keys sorted by code point, no blanks. For hashes and comparisons."""
    return _dump(value, sort_keys=True)


def size_bytes(value: Json) -> int:
    """How many bytes `value` takes as compact JSON."""
    return len(dumps_bytes(value))


def loads(
    source: str | bytes | bytearray,
    *,
    duplicate_keys: Literal["last", "refuse"] = "last",
    long_integers: Literal["double", "refuse"] = "double",
) -> Json:
    """The value of a JSON text in UTF-8 (RFC 8259, nothing laxer).

    Integers are exact at any size up to 64 characters; longer ones become a double or are refused. A byte order
    mark at the start is skipped, as editors on Windows write one.

    Raises:
        JsonRejected: it is not JSON, or a number is beyond the doubles.
    """
    text = _decoded(source)
    if duplicate_keys == "last" and not _LONG_NUMBER.search(text):
        try:
            value: Json = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            if not _SURROGATE_ESCAPE.search(text):
                raise JsonRejected(_sentence(error)) from None
        else:
            return value
    return _load_exactly(text, refuse_duplicates=duplicate_keys == "refuse", refuse_long=long_integers == "refuse")


def _decoded(source: str | bytes | bytearray) -> str:
    if isinstance(source, str):
        return source.removeprefix(_BYTE_ORDER_MARK)
    try:
        return source.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise JsonRejected(f"This is not JSON in UTF-8: byte {error.start + 1} does not belong there.") from None


def _load_exactly(text: str, *, refuse_duplicates: bool, refuse_long: bool) -> Json:
    pairs_hook = _unique_pairs if refuse_duplicates else None
    try:
        value: Json = json.loads(
            text,
            parse_int=_number_reader(int, refuse_long=refuse_long),
            parse_float=_number_reader(float, refuse_long=False),
            parse_constant=_refuse_constant,
            object_pairs_hook=pairs_hook,
        )
    except json.JSONDecodeError as error:
        raise JsonRejected(_sentence(error)) from None
    except RecursionError:
        raise JsonRejected("This JSON is nested too deeply to be read.") from None
    return value


def _number_reader(kind: type[int] | type[float], *, refuse_long: bool) -> Callable[[str], int | float]:
    def read(literal: str) -> int | float:
        if len(literal) > MAX_NUMBER_CHARS and refuse_long:
            raise JsonRejected(f"The number {literal[:20]}… has {len(literal)} characters; at most {MAX_NUMBER_CHARS} are taken.")
        value = kind(literal) if len(literal) <= MAX_NUMBER_CHARS else float(literal)
        if isinstance(value, float) and math.isinf(value):
            raise JsonRejected(f"The number {literal[:20]} is too large.")
        return value

    return read


def _refuse_constant(name: str) -> NoReturn:
    raise JsonRejected(f"{name} is not JSON; write null or a number.")


def _unique_pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonRejected(f'The key "{key[:80]}" stands twice in one object; keep one of them.')
            seen.add(key)
    return result


def _sentence(error: json.JSONDecodeError) -> str:
    reason = error.msg[:1].lower() + error.msg[1:]
    return f"This is not JSON: {reason} (line {error.lineno}, column {error.colno})."


def _dump(value: Json, *, sort_keys: bool) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except TypeError:  # an integer beyond 64 bits, a lone surrogate, or no JSON at all
        return _dump_exactly(value, sort_keys=sort_keys)


def _dump_exactly(value: Json, *, sort_keys: bool) -> bytes:
    try:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(_finite(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys).encode()
    except RecursionError:
        raise JsonRejected("This value is nested too deeply to be written as JSON.") from None
    except (TypeError, ValueError) as error:
        raise JsonRejected(f"This value cannot be written as JSON: {error}.") from None


def _finite(value: Json) -> Json:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value

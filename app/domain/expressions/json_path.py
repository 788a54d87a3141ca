"""JSONPath (RFC 9535): how `input_path` and webhook mappings point into a value."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, cast

import jsonpath_rfc9535
from jsonpath_rfc9535 import JSONPathError, JSONPathQuery

from app.domain.expressions.errors import PathFailed, PathInvalid
from app.domain.json_value import Json

MAX_CHARS: Final = 2_000


def check_path(path: str) -> None:
    """Refuse what is no JSONPath.

    Raises:
        PathInvalid: with what is wrong, and where.
    """
    _query(path)


def select_all(path: str, value: Json) -> list[Json]:
    """Every value that the path leads to, in document order.

    Raises:
        PathInvalid, PathFailed
    """
    query = _query(path)
    try:
        return [cast(Json, node.value) for node in query.finditer(value)]
    except (JSONPathError, RecursionError) as error:
        raise PathFailed(f"The path {path} cannot be followed: {error}.") from None


def select_one(path: str, value: Json) -> Json:
    """The one value that the path leads to.

    Raises:
        PathInvalid
        PathFailed: it leads to none, or to several.
    """
    found = select_all(path, value)
    if len(found) == 1:
        return found[0]
    if not found:
        raise PathFailed(f"The path {path} leads to nothing{_what_is_there(value)}.")
    raise PathFailed(f"The path {path} leads to {len(found)} values; it must lead to one.")


@lru_cache(maxsize=1_024)
def _query(path: str) -> JSONPathQuery:
    if len(path) > MAX_CHARS:
        raise PathInvalid(f"A path may have at most {MAX_CHARS:,} characters.")
    try:
        return jsonpath_rfc9535.compile(path)
    except JSONPathError as error:
        raise PathInvalid(f"{path[:80]} is not a JSONPath: {error}.") from None
    except (RecursionError, ValueError):
        raise PathInvalid(f"{path[:80]} is not a JSONPath that can be read.") from None


def _what_is_there(value: Json) -> str:
    if not isinstance(value, dict):
        return ""
    return f"; $ has: {', '.join(list(value)[:10])}" if value else "; $ is empty"

"""JSONPath (RFC 9535): how `input_path` and the mappings of webhooks point into a value."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, cast

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathNode, JSONPathQuery

from app.domain.expressions.errors import ExpressionFailed, PathFailed, PathInvalid, WorkExceeded
from app.domain.expressions.json_path_work import MeteredEnvironment
from app.domain.expressions.work import Work
from app.domain.json_value import Json

MAX_CHARS: Final = 2_000
_SHOWN: Final = 10


def check_path(path: str) -> None:
    """Refuse what is no JSONPath.

    Raises:
        PathInvalid: with what is wrong, and where.
    """
    _plain_query(path)


def select_all(path: str, value: Json) -> list[Json]:
    """Every value that the path leads to, in document order.

    Raises:
        PathInvalid: this is no JSONPath.
        PathFailed: it cannot be followed to its end within the work that one path may do.
    """
    return [cast(Json, node.value) for node in _nodes(path, value)]


def select_places(path: str, value: Json) -> list[tuple[str | int, ...]]:
    """Where the values are that `select_all` gives: the names and numbers that lead to each. Raises the same."""
    return [node.location for node in _nodes(path, value)]


def _nodes(path: str, value: Json) -> list[JSONPathNode]:
    query = _plain_query(path)
    if not query.singular_query():
        # A path with wildcards or filters can take time without bounds: it gets a meter of its own.
        query = MeteredEnvironment(Work()).compile(path)
    try:
        return list(query.finditer(value))
    except WorkExceeded:
        raise PathFailed(f"The path {_short(path)} takes more work than one path may; make it more direct.") from None
    except (JSONPathError, ExpressionFailed, RecursionError) as error:
        raise PathFailed(f"The path {_short(path)} cannot be followed: {_reason(error)}.") from None


def select_one(path: str, value: Json) -> Json:
    """The one value that the path leads to.

    Raises:
        PathInvalid: this is no JSONPath.
        PathFailed: it leads to none, or to several.
    """
    found = select_all(path, value)
    if len(found) == 1:
        return found[0]
    if not found:
        raise PathFailed(f"The path {_short(path)} leads to nothing{_what_is_there(value)}.")
    raise PathFailed(f"The path {_short(path)} leads to {len(found)} values; it must lead to one.")


@lru_cache(maxsize=1_024)
def _plain_query(path: str) -> JSONPathQuery:
    if len(path) > MAX_CHARS:
        raise PathInvalid(f"A path may have at most {MAX_CHARS:,} characters; this one has {len(path):,}.")
    try:
        return JSONPathEnvironment().compile(path)
    except (JSONPathError, ValueError, RecursionError) as error:
        raise PathInvalid(f"{_short(path)} is not a JSONPath: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split()).removesuffix(".")[:200] or "it cannot be read"


def _short(path: str) -> str:
    return path if len(path) <= 80 else f"{path[:77]}…"


def _what_is_there(value: Json) -> str:
    if not isinstance(value, dict):
        return ""
    names = ", ".join(name[:60] for name in list(value)[:_SHOWN])
    return f"; $ has: {names}{', …' if len(value) > _SHOWN else ''}" if value else "; $ is empty"

"""A meter for JSONPath: nested filters and descents may visit a value a million times over.

Every node that is made, and every container whose items are looked at, is work. The queries inside filters are
metered as the whole one is. `match` and `search` go to RE2, which never backtracks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathNode, JSONPathQuery
from jsonpath_rfc9535.environment import JSONValue
from jsonpath_rfc9535.filter_expressions import (
    ComparisonExpression,
    Expression,
    FilterExpression,
    FilterQuery,
    FunctionExtension,
    LogicalExpression,
    PrefixExpression,
)
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.selectors import FilterSelector

from app.domain.expressions.calculation import matches
from app.domain.expressions.errors import ExpressionFailed, WorkExceeded
from app.domain.expressions.work import Work


class MeteredEnvironment(JSONPathEnvironment):
    """Reads paths into queries that spend `work`; for one use."""

    def __init__(self, work: Work) -> None:
        self.work = work
        super().__init__()

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Regex(self.work, whole=True)
        self.function_extensions["search"] = _Regex(self.work, whole=False)

    def compile(self, query: str) -> JSONPathQuery:
        return _MeteredQuery(super().compile(query), self.work)


class _MeteredQuery(JSONPathQuery):
    __slots__ = ("_work",)

    def __init__(self, query: JSONPathQuery, work: Work) -> None:
        super().__init__(env=query.env, segments=query.segments)
        self._work = work
        for segment in self.segments:
            for selector in segment.selectors:
                if isinstance(selector, FilterSelector):
                    _meter(selector.expression, work)

    def finditer(self, value: JSONValue) -> Iterable[JSONPathNode]:
        root = _Node(value=value, location=(), parent=None, root=value, work=self._work)
        nodes: Iterable[JSONPathNode] = [root]
        for segment in self.segments:
            nodes = segment.resolve(_counted(nodes, self._work))
        return nodes


def _counted(nodes: Iterable[JSONPathNode], work: Work) -> Iterator[JSONPathNode]:
    for node in nodes:
        work.spend(1)
        yield node


def _meter(expression: Expression, work: Work) -> None:
    match expression:
        case FilterQuery():
            expression.query = _MeteredQuery(expression.query, work)
        case FilterExpression():
            _meter(expression.expression, work)
        case PrefixExpression():
            _meter(expression.right, work)
        case LogicalExpression() | ComparisonExpression():
            _meter(expression.left, work)
            _meter(expression.right, work)
        case FunctionExtension():
            for argument in expression.args:
                _meter(argument, work)
        case _:
            pass  # a literal


class _Node(JSONPathNode):
    __slots__ = ("_work",)

    def __init__(self, *, value: object, location: tuple[int | str, ...], parent: JSONPathNode | None, root: JSONValue, work: Work) -> None:
        super().__init__(value=value, location=location, parent=parent, root=root)
        self._work = work
        work.spend(2 + len(value) if isinstance(value, list | dict) else 1)

    def new_child(self, value: object, key: int | str, parent: JSONPathNode | None) -> JSONPathNode:
        return _Node(value=value, location=(*self.location, key), parent=parent, root=self.root, work=self._work)


class _Regex(FilterFunction):
    """`match` (the whole string) or `search` (a part of it) with an I-Regexp (RFC 9485)."""

    arg_types = (ExpressionType.VALUE, ExpressionType.VALUE)  # type: ignore[assignment]
    return_type = ExpressionType.LOGICAL

    def __init__(self, work: Work, *, whole: bool) -> None:
        self._work, self._whole = work, whole

    def __call__(self, string: object, pattern: object) -> bool:
        if not isinstance(string, str) or not isinstance(pattern, str):
            return False
        written = _as_re2(pattern)
        try:
            return matches(self._work, string, f"^(?:{written})$" if self._whole else written)
        except WorkExceeded:
            raise
        except ExpressionFailed:
            return False  # RFC 9535 §2.4.6: what is no I-Regexp matches nothing


def _as_re2(pattern: str) -> str:
    """An I-Regexp for RE2: they differ in the dot, which stands for no line break in the former."""
    parts: list[str] = []
    in_class = escaped = False
    for letter in pattern:
        if letter == "." and not in_class and not escaped:
            parts.append(r"[^\n\r]")
            continue
        if not escaped:
            in_class = letter == "[" or (in_class and letter != "]")
        escaped = letter == "\\" and not escaped
        parts.append(letter)
    return "".join(parts)

"""The macros that go over a list, each linear in its length."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from app.domain.expressions.errors import ExpressionFailed, WorkExceeded
from app.domain.expressions.frame import Frame, Run
from app.domain.expressions.syntax import LoopKind
from app.domain.expressions.work import is_true
from app.domain.json_value import Json

Items: TypeAlias = Callable[[Frame], list[Json]]


def loop(kind: LoopKind, source: Items, slot: int, test: Run | None, result: Run | None) -> Run:
    """A loop that puts each item of `source` into the variable `slot`, asks `test`, and for `map` makes `result` of it."""
    if kind == "map":
        assert result is not None
        return _map(source, slot, test, result)
    assert test is not None
    match kind:
        case "filter":
            return _filter(source, slot, test)
        case "exists_one":
            return _exists_one(source, slot, test)
        case "all" | "exists":
            return _any_or_all(source, slot, test, wanted=kind == "exists")
        case _:
            assert_never(kind)


def _map(source: Items, slot: int, test: Run | None, result: Run) -> Run:
    def run(frame: Frame) -> Json:
        variables, work, made = frame.locals, frame.work, list[Json]()
        for item in source(frame):
            work.spend(1)
            variables[slot] = item
            if test is None or is_true(test(frame)):
                made.append(result(frame))
        return made

    return run


def _filter(source: Items, slot: int, test: Run) -> Run:
    def run(frame: Frame) -> Json:
        variables, work, kept = frame.locals, frame.work, list[Json]()
        for item in source(frame):
            work.spend(1)
            variables[slot] = item
            if is_true(test(frame)):
                kept.append(item)
        return kept

    return run


def _exists_one(source: Items, slot: int, test: Run) -> Run:
    def run(frame: Frame) -> Json:
        found = 0
        for item in source(frame):
            frame.work.spend(1)
            frame.locals[slot] = item
            found += is_true(test(frame))
        return found == 1

    return run


def _any_or_all(source: Items, slot: int, test: Run, *, wanted: bool) -> Run:
    """`exists` (wanted: true) and `all` (wanted: false). As in CEL, an error counts only if no item decides."""

    def run(frame: Frame) -> Json:
        failure: ExpressionFailed | None = None
        for item in source(frame):
            frame.work.spend(1)
            frame.locals[slot] = item
            try:
                if is_true(test(frame)) is wanted:
                    return wanted
            except WorkExceeded:
                raise
            except ExpressionFailed as error:
                frame.work.spend(2)
                failure = failure or error
        if failure is not None:
            raise failure
        return not wanted

    return run

"""An expression is data: whatever it says, it comes to an end and touches nothing outside (reliability.md, promise 9)."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.domain.expressions import ExpressionFailed, ExpressionInvalid, PathFailed, PathInvalid, compile_expression, select_all
from app.domain.expressions.errors import WorkExceeded
from app.domain.expressions.work import WORK_UNITS, Work
from tests.domain.expressions.hostile import EXPRESSIONS, PATHS, SCOPE

WATCHED = ("open", "os.", "socket.", "subprocess.", "import", "exec", "compile", "ctypes.", "shutil.", "urllib.", "pty.")
_seen: list[str] = []
_watching = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.startswith(WATCHED):
        _seen.append(f"{event} {arguments!r}"[:200])


@pytest.fixture(scope="module", autouse=True)
def hook() -> None:
    compile_expression("$.a + 1").evaluate({"$": {"a": 1}})  # CEL is loaded with the first calculation
    sys.addaudithook(_hook)  # it cannot be taken away again, so it listens only while asked to


@contextmanager
def nothing_touched() -> Iterator[None]:
    """Fails if anything is asked of the operating system in the block."""
    global _watching
    _seen.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
    assert _seen == []


def how_it_ends(text: str) -> str:
    with nothing_touched():
        try:
            compile_expression(text).evaluate(SCOPE)
        except (ExpressionInvalid, ExpressionFailed) as error:
            assert str(error)
            return type(error).__name__
    return "value"


def test_there_are_five_hundred() -> None:
    assert len(EXPRESSIONS) >= 500


def test_one_in_seven_ends_with_a_value_or_a_sentence() -> None:
    ends = {how_it_ends(text) for text in EXPRESSIONS[::7]}
    assert {"value", "WorkExceeded"} <= ends <= {"value", "WorkExceeded", "ExpressionFailed", "ExpressionInvalid", "ValueMissing"}


@pytest.mark.soak
def test_every_one_ends_with_a_value_or_a_sentence() -> None:
    ends = Counter(map(how_it_ends, EXPRESSIONS))
    print(len(EXPRESSIONS), dict(ends))
    assert ends["WorkExceeded"] > 100


@pytest.mark.parametrize("path", PATHS)
def test_every_path_ends_with_values_or_a_sentence(path: str) -> None:
    with nothing_touched():
        try:
            select_all(path, SCOPE["$"])
        except (PathInvalid, PathFailed) as error:
            assert str(error)


def test_the_work_of_an_evaluation_does_not_depend_on_the_machine() -> None:
    work = Work()
    work.spend(WORK_UNITS)
    with pytest.raises(WorkExceeded, match="more work than one expression may"):
        work.spend(1)


def test_a_list_that_stands_in_itself_many_times_is_too_much_to_give() -> None:
    with pytest.raises(WorkExceeded, match="gives too much"):
        compile_expression("$.thousand.map(x, $.thousand)").evaluate(SCOPE)


def test_ten_thousand_rows_are_not_too_many() -> None:
    names = compile_expression("$.rows.filter(r, r.price > 10 && r.name != 'x').map(r, r.name)").evaluate(SCOPE)
    assert isinstance(names, list)
    assert len(names) == 9_993

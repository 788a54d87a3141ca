"""The gate: limits, and what is replaced with a note."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from app.domain.json_gate import DEFINITION_BYTES, normalise, receive
from app.domain.json_value import JsonRejected

SUITE = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "json_parsing"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_what_needs_nothing_comes_back_as_it_is() -> None:
    value = {"a": [1, 2.5, None, True, "é😀"], "b": {}}
    result, notes = normalise(value)
    assert result is value
    assert notes == ()


def test_characters_that_cannot_be_stored_are_replaced_and_noted() -> None:
    value = {"a": ["x\x00y\x00", "\ud800", "fine"], "k\x00": 1, "a/b~": "\udfff"}
    result, notes = normalise(value)
    assert result == {"a": ["x\ufffdy\ufffd", "\ufffd", "fine"], "k\ufffd": 1, "a/b~": "\ufffd"}
    assert notes == (
        "2 character(s) that cannot be stored became U+FFFD at /a/0.",
        "1 character(s) that cannot be stored became U+FFFD at /a/1.",
        "1 character(s) that cannot be stored became U+FFFD in the key /k\ufffd.",
        "1 character(s) that cannot be stored became U+FFFD at /a~1b~0.",
    )
    assert value["a"][0] == "x\x00y\x00"


def test_numbers_that_json_does_not_have_become_null() -> None:
    result, notes = normalise([math.nan, math.inf, 1.5])
    assert result == [None, None, 1.5]
    assert notes == (
        "nan became null at /0, as JSON has no such number.",
        "inf became null at /1, as JSON has no such number.",
    )


def test_depth_64_is_taken_and_65_is_not() -> None:
    assert normalise(nested(64))[0] == nested(64)
    with pytest.raises(JsonRejected, match="nested deeper than 64 levels"):
        normalise(nested(65))


def test_a_hundred_thousand_values_are_taken_and_not_one_more() -> None:
    assert normalise([0] * 99_999)[1] == ()
    with pytest.raises(JsonRejected, match="at most 100,000 are taken"):
        normalise([0] * 100_000)


def test_numbers_have_at_most_64_digits() -> None:
    assert normalise(10**64 - 1)[0] == 10**64 - 1
    with pytest.raises(JsonRejected, match="more than 64 digits"):
        normalise({"a": -(10**64)})


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, (1, 2), {"a": b"x"}, {None: 1}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(JsonRejected):
        normalise(value)


def test_a_text_is_measured_in_bytes() -> None:
    limit = 1 << 20
    assert receive('"' + "a" * (limit - 2) + '"')[0] == "a" * (limit - 2)
    for source in ('"' + "a" * (limit - 1) + '"', '"' + "é" * (limit // 2) + '"', b'"' + b"a" * limit + b'"'):
        with pytest.raises(JsonRejected, match=r"at most 1,048,576 are taken"):
            receive(source)
    assert receive('"' + "a" * limit + '"', max_bytes=DEFINITION_BYTES)[0] == "a" * limit


def test_a_text_is_read_checked_and_normalised() -> None:
    assert receive(r'{"a": "x\u0000", "b": "\ud800"}') == (
        {"a": "x\ufffd", "b": "\ufffd"},
        (
            "1 character(s) that cannot be stored became U+FFFD at /a.",
            "1 character(s) that cannot be stored became U+FFFD at /b.",
        ),
    )
    with pytest.raises(JsonRejected, match="at most 64 are taken"):
        receive("1" * 65)
    with pytest.raises(JsonRejected, match="NaN is not JSON"):
        receive("[NaN, 111111111111111111]")
    with pytest.raises(JsonRejected, match="stands twice"):
        receive('{"a": 1, "a": 2}', duplicate_keys="refuse")
    assert receive('{"a": 1, "a": 2}')[0] == {"a": 2}


@pytest.mark.skipif(not SUITE.exists(), reason=f"{SUITE} is not there")
def test_every_parsing_vector_is_taken_or_refused_with_a_sentence() -> None:
    for path in sorted(SUITE.glob("*.json")):
        try:
            receive(path.read_bytes())
        except JsonRejected as error:
            assert str(error).endswith("."), path.stem
            assert not path.stem.startswith("y_"), path.stem
        else:
            assert not path.stem.startswith("n_"), path.stem

"""A value as the database gives it back; tests/storage/test_stored_values.py asks the database itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_stored import as_stored
from app.domain.json_value import Json, dumps
from tests.domain.test_json_value import JSON


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"bb": 1, "a": {"ä": 1, "zz": 2, "c": 3}}, '{"a":{"c":3,"zz":2,"ä":1},"bb":1}'),
        ([{"b": 1, "a": 2}], '[{"a":2,"b":1}]'),
        (1e22, "10000000000000000000000"),
        (1e23, "100000000000000000000000"),
        (-1e16, "-10000000000000000"),
        (1e15, "1000000000000000.0"),
        (1e300, "1e+300"),
        (-0.0, "0.0"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_keys_come_by_length_then_bytes_and_large_doubles_as_whole_numbers(value: Json, text: str) -> None:
    assert dumps(as_stored(value)) == text


@given(JSON)
def test_what_is_stored_stays_as_it_is(value: Json) -> None:
    assert dumps(as_stored(as_stored(value))) == dumps(as_stored(value))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_stays_the_same_double(number: float) -> None:
    stored = as_stored(number)
    assert isinstance(stored, int | float)
    assert float(stored) == number

"""What says the same in another type is offered; what would be lost or guessed is not."""

from __future__ import annotations

import pytest

from app.domain.conversions import Conversion, converted, with_value
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json

SCHEMA: Json = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer", "maximum": 100}, "lines": {"type": "array", "items": {"type": "number"}}},
}


@pytest.mark.parametrize(
    ("value", "types", "found"),
    [
        ("50", ["integer"], 50),
        (" 50 ", ["number"], 50),
        ("-0.5", ["number"], -0.5),
        ("12345678901234567890123", ["integer"], 12345678901234567890123),
        ("true", ["boolean"], True),
        ("null", ["null", "integer"], None),
        (50, ["string"], "50"),
        (0.25, ["string"], "0.25"),
        (False, ["string", "null"], "false"),
    ],
)
def test_what_says_the_same_is_converted(value: Json, types: list[str], found: Json) -> None:
    got = converted(value, types)
    assert got == (found,)
    assert type(got[0]) is type(found)


@pytest.mark.parametrize(
    ("value", "types"),
    [
        ("050", ["integer"]),
        ("5e1", ["number"]),
        ("0.10", ["number"]),
        ("0.123456789012345678", ["number"]),
        ("50.5", ["integer"]),
        ("٥٠", ["integer"]),
        ("yes", ["boolean"]),
        ("", ["null"]),
        ("9" * 5_000, ["integer"]),
        (1, ["boolean"]),
        (None, ["string"]),
        (["50"], ["integer"]),
        ({"n": 1}, ["string"]),
    ],
)
def test_what_would_be_lost_or_guessed_is_not(value: Json, types: list[str]) -> None:
    assert converted(value, types) is None


def test_the_first_wrong_type_is_mended_where_it_stands() -> None:
    checker = SchemaChecker()
    assert checker.conversion(SCHEMA, {"n": "50", "z": 1}) == Conversion(("n",), 50, {"n": 50, "z": 1})
    assert checker.conversion(SCHEMA, {"n": 1, "lines": [1, "2.5"]}) == Conversion(("lines", 1), 2.5, {"n": 1, "lines": [1, 2.5]})
    assert checker.conversion({"type": "integer"}, "7") == Conversion((), 7, 7)


@pytest.mark.parametrize("value", [{"n": 1}, {"n": "500"}, {"n": "many"}, {}])
def test_nothing_is_offered_where_it_fits_or_would_fit_no_better(value: Json) -> None:
    assert SchemaChecker().conversion(SCHEMA, value) is None


def test_the_value_that_is_given_stays_as_it_is() -> None:
    whole: Json = {"a": [{"b": "1"}, 2]}
    assert with_value(whole, ["a", 0, "b"], 1) == {"a": [{"b": 1}, 2]}
    assert whole == {"a": [{"b": "1"}, 2]}

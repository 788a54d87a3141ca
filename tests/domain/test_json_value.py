"""JSON text into values and back: what others wrote to test parsers with, and what must not get lost."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_value import Json, JsonRejected, canonical, dumps, dumps_bytes, loads, size_bytes

SUITE = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "json_parsing"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4),
    max_leaves=20,
)


def vectors(prefix: str) -> list[object]:
    found = sorted(SUITE.glob(f"{prefix}*.json"))
    return [pytest.param(path, id=path.stem) for path in found] or [
        pytest.param(None, marks=pytest.mark.skip(reason=f"{SUITE} is not there"))
    ]


@pytest.mark.parametrize("path", vectors("y_"))
@pytest.mark.parametrize("duplicate_keys", ["last", "refuse"])
def test_what_is_json_is_read(path: Path, duplicate_keys: str) -> None:
    if duplicate_keys == "refuse" and "duplicated_key" in path.stem:
        with pytest.raises(JsonRejected, match="stands twice"):
            loads(path.read_bytes(), duplicate_keys="refuse")
        return
    assert loads(path.read_bytes(), duplicate_keys=duplicate_keys) == json.loads(path.read_bytes())  # type: ignore[arg-type]


@pytest.mark.parametrize("path", vectors("n_"))
@pytest.mark.parametrize("duplicate_keys", ["last", "refuse"])
def test_what_is_no_json_is_refused_with_a_sentence(path: Path, duplicate_keys: str) -> None:
    with pytest.raises(JsonRejected, match=r"\.$"):
        loads(path.read_bytes(), duplicate_keys=duplicate_keys)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", vectors("i_"))
@pytest.mark.parametrize("duplicate_keys", ["last", "refuse"])
def test_what_may_be_read_is_read_or_refused(path: Path, duplicate_keys: str) -> None:
    try:
        value = loads(path.read_bytes(), duplicate_keys=duplicate_keys)  # type: ignore[arg-type]
    except JsonRejected as error:
        assert str(error).endswith(".")
    else:
        assert loads(json.dumps(value)) == value


@given(JSON)
def test_what_is_written_is_read_again(value: Json) -> None:
    assert loads(dumps(value)) == value
    assert loads(canonical(value)) == value
    assert size_bytes(value) == len(dumps(value).encode())


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63), 2**63, 2**64, -(2**64) - 1, 10**63 + 7])
def test_integers_are_exact(number: int) -> None:
    text = f'{{"id":{number},"in":[{number}]}}'
    assert loads(text) == {"id": number, "in": [number]}
    assert dumps(loads(text)) == text


def test_an_integer_of_more_than_64_characters_is_a_double_or_refused() -> None:
    text = "1" + "0" * 64
    assert loads(text) == 1e64
    assert isinstance(loads(text), float)
    with pytest.raises(JsonRejected, match="has 65 characters; at most 64 are taken"):
        loads(text, long_integers="refuse")


@pytest.mark.parametrize("text", ["1e400", "-1e400", "[1" + "0" * 400 + ".0]"])
def test_a_number_beyond_the_doubles_is_refused(text: str) -> None:
    with pytest.raises(JsonRejected, match="too large"):
        loads(text, duplicate_keys="refuse")


def test_the_sentence_says_where() -> None:
    with pytest.raises(JsonRejected, match=r"line 2, column 8"):
        loads('{"a": 1,\n "b": 2,}')


def test_a_byte_order_mark_is_skipped_and_other_encodings_are_refused() -> None:
    assert loads(b"\xef\xbb\xbf[1]") == [1]
    assert loads("\ufeff[1]") == [1]
    with pytest.raises(JsonRejected):
        loads('["é"]'.encode("utf-16"))
    with pytest.raises(JsonRejected, match=r"byte 3 does not belong there"):
        loads(b'["\xe9"]')


def test_lone_surrogates_are_read_for_the_gate_to_replace() -> None:
    assert loads(r'["\ud800", "\ud83d\ude00"]') == ["\ud800", "😀"]


def test_writing_replaces_what_json_does_not_have() -> None:
    assert dumps([math.nan, math.inf, -math.inf]) == "[null,null,null]"
    assert dumps([math.nan, 10**30]) == f"[null,{10**30}]"
    assert dumps(["é", "\ud800", 10**30]) == f'["\\u00e9","\\ud800",{10**30}]'
    assert dumps_bytes("é") == '"é"'.encode()


def test_canonical_text_sorts_keys_by_code_point() -> None:
    assert canonical({"b": 1, "a": {"é": 1, "z": 2}, "B": 10**30}) == f'{{"B":{10**30},"a":{{"z":2,"é":1}},"b":1}}'.encode()
    assert canonical({"b": 1, "a": 2}) == b'{"a":2,"b":1}'


def test_what_nests_without_end_is_refused_both_ways() -> None:
    with pytest.raises(JsonRejected):
        loads("[" * 100_000)
    with pytest.raises(JsonRejected, match="nested too deeply"):
        loads("[" * 50_000 + "]" * 50_000, duplicate_keys="refuse")
    deep: Json = 1
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(JsonRejected, match="nested too deeply"):
        dumps(deep)


def test_what_is_no_json_value_is_not_written() -> None:
    with pytest.raises(JsonRejected, match="cannot be written as JSON"):
        dumps({"a": object()})  # type: ignore[dict-item]

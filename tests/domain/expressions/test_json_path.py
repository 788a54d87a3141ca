"""JSONPath: the compliance suite of RFC 9535, and what is ours around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.expressions import PathFailed, PathInvalid, check_path, select_all, select_one

SUITE = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "jsonpath_cts.json"


def _vectors() -> list[Any]:
    if not SUITE.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{SUITE} is not there"))]
    return [pytest.param(vector, id=vector["name"]) for vector in json.loads(SUITE.read_text(encoding="utf-8"))["tests"]]


@pytest.mark.parametrize("vector", _vectors())
def test_the_compliance_suite_holds(vector: dict[str, Any]) -> None:
    if vector.get("invalid_selector"):
        with pytest.raises(PathInvalid):
            check_path(vector["selector"])
        return
    found = select_all(vector["selector"], vector["document"])
    assert found in vector.get("results", [vector.get("result")])


def test_one_value_is_selected_as_it_is() -> None:
    document = {"items": [{"id": 1}]}
    assert select_one("$.items", document) is document["items"]


def test_nothing_found_says_what_was_there() -> None:
    with pytest.raises(PathFailed, match=r"The path \$\.rows leads to nothing; \$ has: items, total\."):
        select_one("$.rows", {"items": [], "total": 0})


def test_several_values_are_not_one() -> None:
    with pytest.raises(PathFailed, match=r"leads to 2 values; it must lead to one"):
        select_one("$[*]", [1, 2])


@pytest.mark.parametrize("path", ["", "items", "$.", "$[", "$..", "$[?]", "$" + "[?(" * 300, "$." + "a" * 3000])
def test_what_is_no_path_is_refused_with_a_sentence(path: str) -> None:
    with pytest.raises(PathInvalid, match=r"\.$"):
        check_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "$..*..*..*..*..*",
        "$[*,*,*,*][*,*,*,*][*,*,*,*]",
        "$[?$..[?$..[?$..a]]]",
        "$..[?@..[?@..[?@..a]]]",
        "$[?$[?$[?1==2]]]",
        "$[?search(@.text, '(a|aa|aaa|b){1,200}c')]",
        "$[?count($..*) > 5]",
    ],
)
def test_a_path_that_would_take_long_is_stopped(path: str) -> None:
    rows = [{"id": number, "text": "a" * 200, "tags": [["x"], ["y"]]} for number in range(2_000)]
    with pytest.raises(PathFailed, match="more work than one path may"):
        select_all(path, rows)


def test_filters_over_many_rows_are_not_stopped() -> None:
    rows = [{"id": number, "name": f"row {number}"} for number in range(5_000)]
    assert select_all("$[?@.id < 2].name", rows) == ["row 0", "row 1"]
    assert len(select_all("$..id", rows)) == 5_000


def test_a_pattern_cannot_backtrack() -> None:
    assert select_all("$[?match(@, '(a+)+b')]", ["a" * 50_000]) == []


def test_a_deep_value_is_no_crash() -> None:
    deep: Any = 1
    for _ in range(64):
        deep = [deep]
    assert len(select_all("$..*", deep)) == 64

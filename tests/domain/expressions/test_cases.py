"""The expressions of the shared semantics cases, one by one, without an interpreter around them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain.expressions import (
    ExpressionFailed,
    ExpressionInvalid,
    compile_expression,
    is_true,
    parse_template,
    render,
)
from app.domain.json_value import Json

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
ONE_STEP = ("functions", "numbers-mix", "cel-standard", "template-types", "template-escape", "template-once", "big-integers-exact")


def case(name: str) -> dict[str, Json]:
    document = json.loads((CASES / f"{name}.json").read_text())
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("name", ONE_STEP)
def test_a_transform_gives_what_the_case_expects(name: str) -> None:
    document = case(name)
    output = document["definition"]["steps"][0]["config"]["output"]
    assert render(output, {"$": document["input"], "input": document["input"]}) == document["expect"]["output"]


def test_big_integers_stay_integers() -> None:
    document = case("big-integers-exact")
    output = document["definition"]["steps"][0]["config"]["output"]
    given = render(output, {"$": document["input"], "input": document["input"]})
    assert json.dumps(given) == json.dumps(document["expect"]["output"])


def test_steps_are_named_by_key_and_by_name() -> None:
    document = case("steps-reference")
    by_id = {step["id"]: step for step in document["definition"]["steps"]}
    steps = {
        "fetch_page": {"output": by_id["fetch_page"]["config"]["output"], "status": "completed", "error": None},
        "b": {"output": "b", "status": "completed", "error": None},
    }
    assert render(by_id["c"]["config"]["output"], {"steps": steps}) == document["expect"]["output"]


def test_conditions_are_tested_for_truth() -> None:
    document = case("truth")
    value = document["definition"]["steps"][0]["config"]["output"]
    taken = [
        edge["target_step_id"]
        for edge in document["definition"]["edges"]
        if is_true(compile_expression(edge["condition"]).evaluate({"$": value}))
    ]
    assert taken == ["b5", "b6"]


def test_has_asks_without_failing() -> None:
    conditions = [edge["condition"] for edge in case("has")["definition"]["edges"]]
    assert [compile_expression(text).evaluate({"$": {"n": 1}}) for text in conditions] == [False, True]


def test_a_missing_field_is_an_error_that_says_what_was_there() -> None:
    condition = case("missing-field-is-error")["definition"]["edges"][0]["condition"]
    with pytest.raises(ExpressionFailed, match=r'There is no field "m" in \$; it has: n\.'):
        compile_expression(condition).evaluate({"$": {"n": 1}})


def test_the_bad_expression_is_refused_at_its_end() -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(case("bad-expression")["definition"]["edges"][0]["condition"])
    assert caught.value.column == 6


def test_a_secret_in_a_condition_is_refused() -> None:
    with pytest.raises(ExpressionInvalid, match="only in the config of adapters and llm steps"):
        compile_expression(case("secret-not-in-condition")["definition"]["edges"][0]["condition"])


def test_a_secret_in_an_adapter_config_is_known_by_name() -> None:
    config = case("missing-secret")["definition"]["steps"][0]["config"]
    assert parse_template(config["response"]).references.secrets == {"NOT_THERE_AT_ALL"}

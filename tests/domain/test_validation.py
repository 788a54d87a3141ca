"""Every problem of semantics §1 is found, with its code, a sentence and the element it is about."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.definition_file import parse_definition
from app.domain.problems import Problem
from app.domain.validation import validate
from tests.catalog import CATALOG
from tests.engine.workflows import Doc, chain, edge, group, step, tool, workflow


def problems_of(document: Any, **more: Any) -> list[Problem]:
    definition, problems = parse_definition(document)
    return problems if definition is None else [*problems, *validate(definition, CATALOG, **more)]


def codes(document: Any, **more: Any) -> list[str]:
    return [problem.code for problem in problems_of(document, **more) if problem.severity == "error"]


A, B = step("a", output=1), step("b", output=2)


@pytest.mark.parametrize(
    ("document", "code", "about"),
    [
        (workflow(step("a", "teleport")), "unknown_type", "a"),
        (workflow(group("g", "carousel"), step("a", output=1)), "unknown_type", "g"),
        (workflow(step("a", "condition")), "bad_config", "a"),
        (workflow(step("a", "wait", duration_ms="soon")), "bad_config", "a"),
        (workflow(step("a", "join", mode="n_of")), "bad_config", "a"),
        (workflow(step("a", "map", expression="item", adapter_id="mock")), "bad_config", "a"),
        (workflow(tool("a", colour="red")), "unknown_field", "a"),
        (workflow(step("a", output=1, retry={"max_atempts": 2})), "unknown_field", "a"),
        (workflow(A, edges=[edge("a", "ghost")]), "dangling_edge", "a-ghost"),
        (workflow(A, B, edges=[edge("a", "b"), {**edge("a", "b"), "id": "again"}]), "duplicate_edge", "again"),
        (workflow(A, edges=[edge("a", "a")]), "self_edge", "a-a"),
        (workflow(A, B, edges=chain("a", "b", "a")), "cycle", "a"),
        (workflow(step("a", output=1, group="g", role="loft"), group("g", "parallel")), "bad_role", "a"),
        (workflow(step("a", output=1, group="gone")), "bad_role", "a"),
        (
            workflow(step("a", output=1, group="t", role="try"), step("b", output=1, group="t", role="catch"), group("t", "try_catch"),
                     edges=[edge("a", "b")]),
            "crosses_roles",
            "a-b",
        ),
        (workflow(group("g", "parallel", parent="h"), group("h", "parallel", parent="g")), "group_cycle", "g"),
        (workflow(group("g", "parallel", parent="gone")), "group_cycle", "g"),
        (workflow(A, B, edges=[edge("a", "b", "$.x >")]), "bad_expression", "a-b"),
        (workflow(A, B, edges=[edge("a", "b", "secrets.X == 1")]), "bad_expression", "a-b"),
        (workflow(step("a", output="{{ $.x ")), "bad_expression", "a"),
        (workflow(step("a", output="{{ secrets.KEY }}")), "bad_expression", "a"),
        (workflow(step("a", output="{{ item }}")), "bad_expression", "a"),
        (workflow(A, B, edges=[edge("a", "b", "result")]), "bad_expression", "a-b"),
        (workflow(step("a", "map", input_path="$..[", expression="item")), "bad_expression", "a"),
        (workflow(step("a", output="{{ steps.b.output }}"), B), "not_upstream", "a"),
        (workflow(step("a", output="{{ steps.nobody.output }}")), "not_upstream", "a"),
        (workflow(step("a", "tool", adapter_id="nope")), "unknown_adapter", "a"),
        (workflow(step("a", "llm", provider="http", model="m", prompt="p")), "unknown_adapter", "a"),
        (workflow(step("Fetch page", output=1), step("fetch  PAGE", output=1)), "duplicate_key", "fetch  PAGE"),
        (workflow(step("A b", output=1), group("a B", "parallel")), "duplicate_key", "a B"),
        (workflow(A, input_schema={"type": "nonsense"}), "bad_schema", None),
        (workflow(A, output_schema={"$ref": "http://127.0.0.1/x"}), "bad_schema", None),
        (workflow(A, colour="red"), "unknown_field", None),
        (workflow({**A, "nmae": "x"}), "unknown_field", "a"),
        (workflow(*(step(f"s{i}", output=1) for i in range(10_001))), "limit", None),
    ],
)  # fmt: skip
def test_each_problem_is_named(document: Doc, code: str, about: str | None) -> None:
    found = [problem for problem in problems_of(document) if problem.code == code]
    assert found, codes(document)
    assert found[0].id == about
    assert found[0].message.endswith((".", "?", ")"))
    assert "\n" not in found[0].message


def test_a_missing_subflow_is_named_when_the_workflows_are_known() -> None:
    document = workflow(step("a", "subflow", workflow_id="other"))
    assert codes(document) == []
    assert codes(document, known_workflows={"other"}) == []
    assert codes(document, known_workflows=set()) == ["missing_subflow"]


def test_nesting_deeper_than_32_is_a_limit() -> None:
    groups = [group(f"g{i}", "parallel", parent=f"g{i - 1}" if i else None) for i in range(33)]
    assert "limit" in codes(workflow(*groups))
    assert codes(workflow(*groups[:32])) == []


def test_what_comes_before_a_group_may_be_named_inside_it() -> None:
    document = workflow(A, group("g", "foreach"), step("x", output="{{ steps.a.output + item }}", group="g"), edges=[edge("a", "x")])
    assert codes(document) == []


def test_what_stands_inside_a_group_may_not_be_named_outside() -> None:
    document = workflow(
        group("g", "foreach"), step("x", output=1, group="g"), step("y", output="{{ steps.x.output }}"), edges=[edge("x", "y")]
    )
    assert codes(document) == ["not_upstream"]
    document["steps"][1]["config"]["output"] = "{{ steps.g.output }}"
    assert codes(document) == []


def test_names_of_scopes_are_known_where_they_are_given() -> None:
    document = workflow(
        group("t", "try_catch"),
        step("c", output="{{ error.type }}", group="t", role="catch"),
        group("w", "while", condition="iteration < 2"),
        step("i", output="{{ iteration }}", group="w"),
        step("m", "map", expression="item + index"),
    )
    assert codes(document) == []
    document["steps"][0]["group_role"] = "try"
    assert codes(document) == ["bad_expression"]


def test_a_field_with_a_template_waits_for_the_run() -> None:
    assert codes(workflow(tool("a", delay_ms="{{ input.n }}", retry={"max_attempts": "{{ input.n }}"}))) == []


def test_ten_thousand_steps_in_a_row_are_checked() -> None:
    ids = [f"s{i}" for i in range(10_000)]
    document = workflow(*(step(id, output="{{ steps.s0.output }}" if i else 1) for i, id in enumerate(ids)), edges=chain(*ids))
    assert codes(document) == []


def test_a_group_with_nothing_in_it_is_a_warning() -> None:
    assert [(p.severity, p.code) for p in problems_of(workflow(A, group("g", "parallel")))] == [("warning", "empty_group")]

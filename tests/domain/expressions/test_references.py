"""What an expression names, and the part of the scope that it is given."""

from __future__ import annotations

import pytest

from app.domain.expressions import References, compile_expression, project, references_in


@pytest.mark.parametrize(
    ("text", "roots", "steps", "whole"),
    [
        ("1 + 1", set(), set(), False),
        ("$.a + input.b", {"$", "input"}, set(), False),
        ("steps.fetch.output", {"steps"}, {"fetch"}, False),
        ('steps["Fetch page"].output.x + steps.b.status', {"steps"}, {"fetch_page", "b"}, False),
        ("has(steps.fetch)", {"steps"}, {"fetch"}, False),
        ("steps[$.name].output", {"steps", "$"}, set(), True),
        ("keys(steps)", {"steps"}, set(), True),
        ("steps.map(k, k)", {"steps"}, set(), True),
        ("[1].map(item, item)", set(), set(), False),
        ("[1].map(x, x + index)", {"index"}, set(), False),
        ("$.steps.a", {"$"}, set(), False),
        (
            "error.type == 'Timeout' && run.mode == 'test' && iteration > 1 && item && result",
            {"error", "run", "iteration", "item", "result"},
            set(),
            False,
        ),
    ],
)
def test_an_expression_knows_what_it_names(text: str, roots: set[str], steps: set[str], whole: bool) -> None:
    assert compile_expression(text).references == References(frozenset(roots), frozenset(steps), frozenset(), whole)


def test_secrets_are_named_and_are_not_part_of_the_scope() -> None:
    references = compile_expression("secrets.A + secrets['B']", secrets=True).references
    assert references.secrets == {"A", "B"}
    assert project({"secrets": {"A": "x"}, "$": 1}, references) == {"secrets": {"A": "x"}} or references.roots == {"secrets"}


def test_only_what_is_named_is_given() -> None:
    scope = {"$": 1, "input": 2, "item": 3, "steps": {"a": {"output": 1}, "b": {"output": 2}}}
    assert project(scope, compile_expression("$ + steps.a.output").references) == {"$": 1, "steps": {"a": {"output": 1}}}
    assert project(scope, compile_expression("size(steps)").references) == {"steps": scope["steps"]}
    assert project(scope, compile_expression("1").references) == {}
    assert project({"$": 1}, compile_expression("steps.a.output").references) == {}


def test_a_config_names_what_all_its_templates_name() -> None:
    config = {"a": "{{ $.x }}", "b": ["{{ steps.one.output }} {{ secrets.KEY }}", "plain", 1], "c": {"d": "{{ broken"}}
    assert references_in(config) == References(frozenset({"$", "steps", "secrets"}), frozenset({"one"}), frozenset({"KEY"}), False)


def test_projecting_changes_no_result() -> None:
    scope = {"$": {"a": 1}, "input": {"b": 2}, "steps": {"x": {"output": 3, "status": "completed", "error": None}, "y": {"output": 4}}}
    for text in ("$.a", "$.a + input.b + steps.x.output", "keys(steps)", "has(steps.z)", "default(steps.z.output, 1)"):
        expression = compile_expression(text)
        assert expression.evaluate(project(scope, expression.references)) == expression.evaluate(scope)

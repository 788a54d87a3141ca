"""Text with templates and one bare expression: each into the other, giving the same value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.expressions import compile_expression, parse_template, render
from app.domain.template_text import as_expression, as_text, expression_in, literal_of, template_of

SCOPE = {"$": {"a": "x", "n": 3, "none": None, "list": [1, "b"]}}


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("{{ $.a }}", "$.a"),
        ("Hello", '"Hello"'),
        ("Hi {{ $.a }}!", 'join(["Hi ", $.a, "!"])'),
        ('{{ {"k": 1} }}', '{"k": 1}'),
        ("", ""),
    ],
)
def test_a_text_becomes_an_expression_and_comes_back(text: str, expression: str) -> None:
    assert as_expression(text) == expression
    assert as_text(expression) == text


@pytest.mark.parametrize(
    "text", ["Hi {{ $.a }}{{ $.none }}, {{ $.list }}", "{{ $.n }} of {{ $.n }}", 'a "quoted" {{ $.a }}\nline', "\\{{ kept }} {{ $.a }}"]
)
def test_both_ways_of_writing_give_the_same(text: str) -> None:
    expression = as_expression(text)
    assert compile_expression(expression).evaluate(SCOPE) == render(text, SCOPE)
    assert render(as_text(expression), SCOPE) == render(text, SCOPE)


@given(st.text())
def test_no_text_is_lost_on_the_way(text: str) -> None:
    try:
        parse_template(text)
    except Exception:
        return
    if expression_in(text) is None:
        try:
            back = as_text(as_expression(text))
        except UnicodeEncodeError:
            return
        assert render(back, SCOPE) == render(text, SCOPE)


def test_only_a_single_template_is_an_expression() -> None:
    assert expression_in("{{ a }} {{ b }}") is None
    assert expression_in("x {{ a }}") is None
    assert expression_in("{{ $. }}") == "$."
    assert expression_in(5) is None


def test_a_plain_value_is_told_from_an_expression() -> None:
    assert literal_of("5") == (True, 5)
    assert literal_of("$.a") == (False, None)
    assert template_of(" $.a ") == "{{ $.a }}"
    assert as_expression(True) == "true"

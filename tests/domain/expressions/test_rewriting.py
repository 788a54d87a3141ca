"""The text of expressions follows when a step gets another key."""

from __future__ import annotations

import pytest

from app.domain.expressions.rewriting import with_root_written_out, with_steps_renamed, with_steps_renamed_in


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("steps.a.output.x", "steps.a_2.output.x"),
        ('steps["A"].status == "failed"', 'steps.a_2.status == "failed"'),
        ("has(steps.a.output) ? 1 : size([steps.b.output])", "has(steps.a_2.output) ? 1 : size([steps.b.output])"),
        ("$.steps.a", "$.steps.a"),
        ("'steps.a.output'", "'steps.a.output'"),
        ("$.items.exists(steps, steps == 1) || steps.a.output", "$.items.exists(steps, steps == 1) || steps.a_2.output"),
        ("steps.a.output ==", "steps.a.output =="),
    ],
)
def test_an_expression_names_a_renamed_step_by_its_new_key(text: str, renamed: str) -> None:
    assert with_steps_renamed(text, {"a": "a_2"}) == renamed


def test_keys_are_exchanged_and_not_renamed_twice() -> None:
    assert with_steps_renamed("steps.a.output + steps.b.output", {"a": "b", "b": "a"}) == "steps.b.output + steps.a.output"


def test_the_templates_of_a_config_follow_and_text_around_them_stays() -> None:
    config = {
        "url": "steps.a.output: {{ steps.a.output.url }}/{{steps.b.output}} \\{{ steps.a }}",
        "list": [1, {"x": "{{ steps.a.output }}"}],
    }
    assert with_steps_renamed_in(config, {"a": "c"}) == {
        "url": "steps.a.output: {{ steps.c.output.url }}/{{steps.b.output}} \\{{ steps.a }}",
        "list": [1, {"x": "{{ steps.c.output }}"}],
    }


def test_a_config_without_such_names_is_the_same_object() -> None:
    config = {"url": "{{ steps.b.output }}", "list": ["x", {"y": 1}]}
    assert with_steps_renamed_in(config, {"a": "c"}) is config


def test_a_template_that_cannot_be_read_stays() -> None:
    assert with_steps_renamed_in("{{ steps.a.output", {"a": "c"}) == "{{ steps.a.output"


def test_the_variable_of_a_loop_is_not_the_name_it_hides() -> None:
    text = "!result && $.items.exists(result, result > 1)"
    assert with_root_written_out(text, "result", "$.n > 3") == "!($.n > 3) && $.items.exists(result, result > 1)"

"""Templates: `{{ expression }}` in the strings of a config."""

from __future__ import annotations

import pytest

from app.domain.expressions import ExpressionFailed, ExpressionInvalid, has_template, parse_template, render, template_problems
from app.domain.json_value import Json

SCOPE: dict[str, Json] = {"$": {"n": 1.5, "i": 3.0, "l": [1, "a"], "o": {"é": None}, "b": True, "z": None, "s": "X", "t": "{{ $.s }}"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{ not } one", "{ not } one"),
        ("}} not one", "}} not one"),
        ("{{ $.l }}", [1, "a"]),
        ("{{$.b}}", True),
        ("{{ $.z }}", None),
        ("{{ $.s }}", "X"),
        (" {{ $.b }}", " true"),
        ("n={{ $.n }} l={{ $.l }} b={{ $.b }} z={{ $.z }}|", 'n=1.5 l=[1,"a"] b=true z=|'),
        ("{{ $.o }}!", '{"é":null}!'),
        ("{{ $.s }}{{ $.s }}", "XX"),
        ("{{ $.t }}", "{{ $.s }}"),
        ("a {{ $.t }}", "a {{ $.s }}"),
        (r"\{{ $.s }}", "{{ $.s }}"),
        (r"\{{ $.s }} {{ $.s }}", "{{ $.s }} X"),
        (r"{{ $.s }}\{{", "X{{"),
        (r"a\b {{ $.s }}", r"a\b X"),
        ("{{ {'a': 1} }}", {"a": 1}),
        ("{{ {'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("{{{'a': 1}}}", {"a": 1}),
        ("{{ json({'a': [1]}) }}", '{"a":[1]}'),
        ('{{ "}}" }}', "}}"),
        ("{{ '{{' }}", "{{"),
        ('x{{ "}} {{" }}y', "x}} {{y"),
        ("{{ '''}}''' // }}\n }}", "}}"),
        ("{{ $.i + 0 }} of {{ 10 / 4 }}", "3 of 2.5"),
    ],
)
def test_a_string_is_rendered(text: str, expected: Json) -> None:
    assert render(text, SCOPE) == expected
    assert type(render(text, SCOPE)) is type(expected)


def test_a_whole_config_is_walked_and_its_keys_are_left_alone() -> None:
    config: Json = {"a": ["{{ $.n }}", {"{{ $.s }}": "{{ $.s }}"}], "n": 1, "z": None, "b": False}
    assert render(config, SCOPE) == {"a": [1.5, {"{{ $.s }}": "X"}], "n": 1, "z": None, "b": False}
    assert config == {"a": ["{{ $.n }}", {"{{ $.s }}": "{{ $.s }}"}], "n": 1, "z": None, "b": False}


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("a {{ $.s", 3, "The template that begins here has no closing }}."),
        ("{{", 1, "The template that begins here has no closing }}."),
        ("{{ $.s } b", 8, 'A template ends with }}, but here is a single "}".'),
        ("{{}}", 3, "The expression is empty."),
        ("ab {{ $.s + }}", 13, "The expression ends too early: a value is missing."),
        ("ab {{ nope }}", 7, 'There is no "nope" here'),
        ("ab {{ 'x }}", 7, "The text that begins here has no closing '."),
        ("ab {{ # }}", 7, '"#" has no meaning here.'),
    ],
)
def test_a_bad_template_is_refused_at_its_column_in_the_string(text: str, column: int, sentence: str) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        parse_template(text)
    assert sentence in str(caught.value)
    assert caught.value.column == column


def test_has_template_asks_without_reading() -> None:
    assert has_template("a {{ b")
    assert has_template(r"\{{")
    assert not has_template("a { b } }}")


def test_a_failure_names_its_place_in_the_config() -> None:
    with pytest.raises(ExpressionFailed, match=r'^/headers/a~1b/0: There is no field "m" in \$') as caught:
        render({"headers": {"a/b": ["x {{ $.m }}"]}}, SCOPE)
    assert caught.value.column == 8


def test_secrets_come_from_the_vault_at_the_last_moment() -> None:
    asked: list[str] = []

    def vault(name: str) -> str:
        asked.append(name)
        return f"<{name}>"

    config: Json = {"auth": "Bearer {{ secrets.KEY }}", "raw": "{{ secrets['other key'] }}", "both": "{{ 'k=' + secrets.KEY }}"}
    assert render(config, SCOPE, secrets=vault) == {"auth": "Bearer <KEY>", "raw": "<other key>", "both": "k=<KEY>"}
    assert asked == ["KEY", "other key", "KEY"]


def test_without_a_vault_a_secret_is_not_there() -> None:
    with pytest.raises(ExpressionFailed, match="only in the config of adapters and llm steps"):
        render({"a": "{{ secrets.KEY }}"}, {"$": 1, "secrets": {"KEY": "x"}})


def test_what_the_vault_raises_passes_through() -> None:
    class SecretMissing(Exception):
        pass

    def vault(name: str) -> str:
        raise SecretMissing(name)

    for text in ("{{ secrets.KEY }}", "{{ default(secrets.KEY, 'x') }}", "{{ has($.s) || secrets.KEY }}"):
        with pytest.raises(SecretMissing):
            render(text, SCOPE, secrets=vault)


def test_problems_are_listed_with_their_places() -> None:
    config: Json = {"a": "{{ $.x + }}", "b/c": ["{{ secrets.KEY }}", "{{ fine }}", "{{ $.fine }}"], "d": "no"}
    assert template_problems(config, secrets_allowed=True) == [
        ("/a", "The expression ends too early: a value is missing. (column 10)"),
        (
            "/b~1c/1",
            'There is no "fine" here; what an expression may name: '
            "$, input, steps, item, index, iteration, error, run, result, secrets. (column 4)",
        ),
    ]
    assert ("/b~1c/0", "Secrets work only in the config of adapters and llm steps, as {{ secrets.NAME }}.") in template_problems(
        config, secrets_allowed=False
    )

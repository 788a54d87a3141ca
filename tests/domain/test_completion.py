"""Completion, previews and fixes of expressions: pure, on a scope made by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.completion import Completions, complete, known_at, spot_at
from app.domain.data_scope import DataScope, Source
from app.domain.expressions.function_help import HELP, LOOPS, METHODS
from app.domain.expressions.functions import FUNCTIONS
from app.domain.fixes import fixes_for
from app.domain.known_data import Known
from app.domain.previews import DOTS, preview

BEST = {"items": [{"title": "How refunds work", "score": 0.91}], "took": 3}
CLASS = {"text": "x", "json": {"intent": "bug", "language": "German", "item": 1}}
DOLLAR = {"body": "Hello", "order date": "today"}


def a_scope(**more: object) -> DataScope:
    steps = {
        "best_answers": Source("steps.best_answers.output", "Best answers", "output · last run", Known.of(BEST), "run", "s1"),
        "classify": Source("steps.classify.output", "Classify", "output · last run", Known.of(CLASS), "run", "s2"),
        "later": Source("steps.later.output", "Later", "output · not run yet", Known(), "", "s3"),
    }
    sources = (
        Source("$", "This step’s input", "$", Known.of(DOLLAR), "run"),
        *steps.values(),
        Source("input", "Run input", "input", Known.of({"org": {"name": "Northwind"}}), "run"),
    )
    outputs = {key: {"output": source.known.value, "status": "completed", "error": None} for key, source in steps.items() if source.origin}
    values = {"$": DOLLAR, "input": {"org": {"name": "Northwind"}}, "steps": outputs}
    return DataScope(sources, steps, values, **more)


def offered(text: str, **more: object) -> Completions:
    caret = text.index("|")
    found = complete(text.replace("|", ""), caret, a_scope(), bare=bool(more.pop("bare", False)), **more)
    assert found is not None
    return found


def labels(text: str, **more: object) -> list[str]:
    return [row.label for row in offered(text, **more).rows]


def test_outside_of_braces_and_inside_of_quotes_nothing_is_offered() -> None:
    for text, caret in (("Hello ", 6), ("{{ $.a }} b", 11), ("\\{{ ", 4), ('{{ "$." }}', 6), ("{{ {'a': 1}}} x", 15)):
        assert complete(text, caret, a_scope(), bare=False) is None, text
    assert complete("{{ {'a': ", 9, a_scope(), bare=False) is not None


def test_at_the_beginning_data_comes_first_and_the_nearest_step_before_the_rest() -> None:
    found = offered("{{ | }}")
    assert [group.title for group in found.groups][:4] == ["This step’s input", "Best answers", "Classify", "Later"]
    assert found.groups[1].rows[0].text == "steps.best_answers.output"
    assert "steps.best_answers.output.items" in [row.text for row in found.groups[1].rows]


def test_behind_a_dot_stands_what_is_inside_with_type_and_sample() -> None:
    row = offered("{{ steps.best_answers.output.it| }}").rows[0]
    assert (row.label, row.kind, row.text) == ("items", "list · 1", "items")
    assert row.goes_deeper
    assert row.sample.startswith('[{"title":"How refunds work"')
    assert labels("{{ steps.best_answers.output.it| }}")[:3] == ["items", "items[0].title", "items[0].score"]


def test_a_list_offers_its_size_as_a_call_around_the_path() -> None:
    text = "{{ steps.best_answers.output.it| }}"
    row = next(row for row in offered(text).rows if row.label == "size(items)")
    plain = text.replace("|", "")
    assert plain[: row.start] + row.text + plain[row.end :] == "{{ size(steps.best_answers.output.items) }}"


def test_fields_of_other_steps_that_are_called_so_are_offered_with_their_whole_path() -> None:
    found = offered("{{ steps.best_answers.output.lang| }}")
    row = next(row for row in found.rows if row.text == "steps.classify.output.json.language")
    plain = "{{ steps.best_answers.output.lang }}"
    assert plain[: row.start] + row.text + plain[row.end :] == "{{ steps.classify.output.json.language }}"


def test_a_field_that_is_no_word_goes_in_with_brackets() -> None:
    row = next(row for row in offered("{{ $.| }}").rows if "order date" in row.label)
    assert "{{ $. }}"[: row.start] + row.text + "{{ $. }}"[row.end :] == '{{ $["order date"] }}'


def test_taking_a_row_replaces_the_rest_of_the_word() -> None:
    row = offered("$.bo|dy", bare=True).rows[0]
    assert (row.start, row.end, row.text) == (2, 6, "body")


def test_steps_are_offered_by_key_and_run_by_field() -> None:
    assert labels("steps.|", bare=True) == ["best_answers", "classify", "later"]
    assert "started_at" in labels("run.|", bare=True)
    assert labels("steps.classify.|", bare=True) == ["output", "status", "error"]


def test_the_variable_of_a_loop_is_an_item_of_its_list() -> None:
    text = "steps.best_answers.output.items.map(x, x.|)"
    assert {"title", "score"} <= set(labels(text, bare=True))


def test_secrets_are_offered_by_name_only_and_only_where_they_are_allowed() -> None:
    allowed = complete("{{ secrets. }}", 11, a_scope(secrets=("API_KEY",), secrets_allowed=True), bare=False)
    assert [row.label for row in allowed.rows] == ["API_KEY"]
    assert "•" in allowed.rows[0].sample
    assert complete("{{ secrets. }}", 11, a_scope(secrets=("API_KEY",)), bare=False).rows == ()


def test_all_is_offered_on_demand() -> None:
    few, all_of_them = offered("{{ lang| }}"), offered("{{ lang| }}", everything=True)
    assert len(few.rows) < len(all_of_them.rows)
    assert few.total == all_of_them.total


def test_functions_are_explained() -> None:
    row = next(row for row in offered("{{ tri| }}").rows if row.icon == "function")
    assert (row.text, row.back) == ("trim()", 1)
    assert row.help == HELP["trim"].sentence


def test_every_function_that_ours_are_has_its_help() -> None:
    assert set(FUNCTIONS) - set(HELP) == {"dyn"}
    assert set(LOOPS) | METHODS <= set(HELP)


def test_behind_a_call_or_a_number_no_path_is_offered() -> None:
    assert spot_at("size($).", 8, bare=True) is None
    assert spot_at("1.", 2, bare=True) is None or spot_at("1.", 2, bare=True).base == ""


def test_a_path_leads_to_what_is_known() -> None:
    assert known_at("steps.classify.output.json.intent", a_scope()).value == "bug"
    assert known_at('$["order date"]', a_scope()).value == "today"
    assert known_at("steps.classify.output.none", a_scope()) is None


# Previews


def test_a_preview_marks_what_was_put_in() -> None:
    found = preview("For {{ input.org.name }}: {{ steps.classify.output.json.language }}.", a_scope(), bare=False)
    assert [(piece.text, bool(piece.source)) for piece in found.pieces] == [
        ("For ", False),
        ("Northwind", True),
        (": ", False),
        ("German", True),
        (".", False),
    ]
    assert found.fault is None


def test_a_single_expression_says_what_kind_of_value_it_gives() -> None:
    assert preview("steps.best_answers.output.items", a_scope(), bare=True).pieces[0].kind == "list · 1"


def test_a_fault_has_its_place() -> None:
    text = "Hi {{ steps.classify.output.json.max_words }}"
    found = preview(text, a_scope(), bare=False)
    assert text[found.fault.start : found.fault.end] == "max_words"
    assert "it has: intent, language, item" in found.fault.sentence
    assert found.text == "Hi "
    assert not found.lacks_data


def test_what_has_not_run_is_no_fault_of_the_text() -> None:
    assert preview("{{ steps.later.output }}", a_scope(), bare=False).lacks_data
    assert not preview("{{ steps.latr.output }}", a_scope(), bare=False).lacks_data


def test_a_field_that_the_schema_has_and_the_run_had_not_is_no_fault() -> None:
    schema = {"type": "object", "properties": {"json": {"type": "object", "properties": {"tone": {"type": "string"}}}}}
    steps = {"classify": Source("steps.classify.output", "Classify", "", Known.of(CLASS, schema), "run", "s2")}
    scope = DataScope(tuple(steps.values()), steps, {"steps": {"classify": {"output": CLASS}}})
    assert preview("{{ steps.classify.output.json.tone }}", scope, bare=False).lacks_data
    assert not preview("{{ steps.classify.output.json.tune }}", scope, bare=False).lacks_data


def test_secrets_show_as_dots() -> None:
    found = preview("Bearer {{ secrets.API_KEY }}", a_scope(secrets_allowed=True), bare=False)
    assert found.text == f"Bearer {DOTS}"


def test_large_values_are_cut() -> None:
    scope = DataScope(values={"$": "x" * 1_000_000})
    assert len(preview("{{ $ }}", scope, bare=False).text) < 3_000


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("{{ steps.classify.output.json.languge }}", "{{ steps.classify.output.json.language }}"),
        ("{{ steps.clasify.output }}", "{{ steps.classify.output }}"),
        ("{{ trm($.body) }}", "{{ trim($.body) }}"),
        ("{{ inputt.org }}", "{{ input.org }}"),
        ("{{ $.body = 1 }}", "{{ $.body == 1 }}"),
        ("Hi {{ $.body", "Hi {{ $.body }}"),
    ],
)
def test_what_was_meant_is_offered(text: str, mended: str) -> None:
    found = preview(text, a_scope(), bare=False)
    fixes = fixes_for(text, found.fault, a_scope(), bare=False)
    assert mended in [fix.applied(text) for fix in fixes]
    assert len(fixes) <= 2


def test_a_missing_field_can_be_asked_for_with_a_default() -> None:
    text = "{{ $.zzz }}"
    fixes = fixes_for(text, preview(text, a_scope(), bare=False).fault, a_scope(), bare=False)
    assert "{{ default($.zzz, null) }}" in [fix.applied(text) for fix in fixes]


PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        " ",
        "$",
        ".",
        "steps",
        "classify",
        "output",
        "items",
        "[0]",
        "map(x, ",
        "x.",
        '"',
        "'",
        "(",
        ")",
        "{",
        "}",
        "==",
        "=",
        "1",
        "\\",
        "ü",
        "secrets.",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join), st.integers(0, 60), st.booleans())
def test_whatever_is_typed_something_sensible_comes_back(text: str, at: int, bare: bool) -> None:
    caret = min(at, len(text))
    found = complete(text, caret, a_scope(secrets=("KEY",), secrets_allowed=True), bare=bare)
    for row in found.rows if found is not None else ():
        assert 0 <= row.start <= caret <= row.end <= len(text)
    shown = preview(text, a_scope(), bare=bare)
    if shown.fault is not None:
        assert 0 <= shown.fault.start <= shown.fault.end <= len(text)
        for fix in fixes_for(text, shown.fault, a_scope(), bare=bare):
            assert fix.applied(text) != text

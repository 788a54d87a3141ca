"""Looking for a text in a workflow, and putting another in its place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edits import Batch
from app.domain.json_value import dumps
from app.domain.searching import MOST_HITS, PatternInvalid, Wanted, finder, replacement, search
from app.domain.workflow import Edge, Graph, Note, Step, graph_to_json
from tests.catalog import CATALOG
from tests.ui.samples import chain, ticket_triage

TRIAGE = ticket_triage().graph


def places(graph: Graph, wanted: Wanted) -> list[tuple[str, str, str]]:
    return [(hit.place.id, hit.place.kind, hit.place.place) for hit in search(graph, CATALOG, wanted).hits]


def spans(text: str, wanted: Wanted) -> list[str]:
    find, _ = finder(wanted)
    return [text[start:end] for start, end in find(text)]


def test_names_keys_configs_expressions_conditions_and_notes_are_looked_at() -> None:
    assert ("draft", "name", "/name") in places(TRIAGE, Wanted("draft reply"))
    assert places(TRIAGE, Wanted("draft_reply")) == [("draft", "key", "/name")]
    assert ("draft", "text", "/config/prompt") in places(TRIAGE, Wanted("friendly TONE"))
    assert places(TRIAGE, Wanted("== 'refund'")) == [("route", "expression", "/config/expression")]
    assert ("e11", "condition", "/condition") in places(TRIAGE, Wanted("size($)"))
    assert places(TRIAGE, Wanted("owner: cx")) == [("n1", "note", "/text")]
    assert places(TRIAGE, Wanted("0.3")) == [("draft", "text", "/config/temperature")]


def test_a_key_counts_only_where_the_name_does_not() -> None:
    assert [place for place in places(TRIAGE, Wanted("summarise")) if place[1] in ("name", "key")] == [("summarise", "name", "/name")]


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        (Wanted("ab"), "abAB cab", ["ab", "AB", "ab"]),
        (Wanted("ab", match_case=True), "abAB cab", ["ab", "ab"]),
        (Wanted("ab", whole_word=True), "abAB ab, cab ab_ ab", ["ab", "ab"]),
        (Wanted("aa"), "aaaaa", ["aa", "aa"]),
        (Wanted("$.x", whole_word=True), "y$.x a", ["$.x"]),
        (Wanted("İ"), "xİy", ["İ"]),
        (Wanted(r"s\w+p", pattern=True), "stop a sheep", ["stop", "sheep"]),
        (Wanted("S.", pattern=True, match_case=True), "so So", ["So"]),
        (Wanted("so", pattern=True, whole_word=True), "also so", ["so"]),
        (Wanted("^b", pattern=True), "a\nb\nb", ["b", "b"]),
        (Wanted("x*", pattern=True), "abc", []),
    ],
)
def test_what_is_found_and_where(wanted: Wanted, text: str, found: list[str]) -> None:
    if not found:
        assert all(len(part) <= 1 for part in spans(text, wanted))
    else:
        assert spans(text, wanted) == found


def test_a_pattern_that_is_none_says_so() -> None:
    with pytest.raises(PatternInvalid, match="cannot be used"):
        search(TRIAGE, CATALOG, Wanted("(", pattern=True))
    with pytest.raises(PatternInvalid, match="at most"):
        search(TRIAGE, CATALOG, Wanted("a" * 501, pattern=True))


def test_a_pattern_that_others_stand_still_on_ends_at_once() -> None:
    graph = Graph(steps={"s": Step("s", "a" * 200, "transform", {"output": "a" * 5000})})
    begin = time.perf_counter()
    search(graph, CATALOG, Wanted("(a+)+(a+)+$b", pattern=True))
    assert time.perf_counter() - begin < 1


def test_a_workflow_of_ten_thousand_steps_is_searched_within_its_limit() -> None:
    graph = chain(length=10_000).graph
    found = search(graph, CATALOG, Wanted("step"))
    assert len(found.hits) == MOST_HITS and not found.is_complete
    assert search(graph, CATALOG, Wanted("Step 9999")).hits[0].place.id == "s9999"


def test_nothing_wanted_is_nothing_found() -> None:
    assert search(TRIAGE, CATALOG, Wanted("  ")).hits == ()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abAB \n_.é", max_size=30), st.text(alphabet="abAB.", min_size=1, max_size=3), st.booleans(), st.booleans())
def test_what_is_told_holds_what_was_wanted(text: str, needle: str, case: bool, whole: bool) -> None:
    found = spans(text, Wanted(needle, match_case=case, whole_word=whole))
    assert all(part == needle if case else part.lower() == needle.lower() for part in found)
    if not whole:
        assert len(found) == (text if case else text.lower()).count(needle if case else needle.lower())


# Another text in its place


def replaced(graph: Graph, wanted: Wanted, by: str) -> tuple[Graph, int]:
    done = replacement(graph, CATALOG, wanted, by, search(graph, CATALOG, wanted).hits)
    return (done.edit.apply(graph) if done.edit is not None else graph), done.number


def test_texts_conditions_and_notes_are_replaced_as_one_edit() -> None:
    after, number = replaced(TRIAGE, Wanted("refund"), "credit")
    assert after.steps["issue"].config["url"] == "https://pay.example.com/v1/credits"
    assert after.steps["route"].config["expression"] == "$.text == 'credit'"
    assert after.notes["n1"].text.startswith("credits above")
    assert after.steps["issue"].name == "Issue credit"
    assert number > 4


def test_a_replaced_name_takes_along_what_names_it() -> None:
    after, _ = replaced(TRIAGE, Wanted("Classify intent"), "Sort mail")
    assert after.steps["classify"].name == "Sort mail"
    assert "steps.sort_mail.output.language" in str(after.steps["draft"].config["prompt"])


def test_a_name_that_would_be_another_s_is_left_and_told() -> None:
    wanted = Wanted("Fetch invoice")
    done = replacement(TRIAGE, CATALOG, wanted, "Issue refund", search(TRIAGE, CATALOG, wanted).hits)
    assert done.edit is None and done.number == 0
    assert done.refused == ("There is already a step or group called “Issue refund”; names must differ.",)


def test_an_empty_condition_becomes_none() -> None:
    graph = Graph(edges={"e": Edge("e", "a", "b", "true")})
    after, _ = replaced(graph, Wanted("true"), "")
    assert after.edges["e"].condition is None


def test_only_the_hits_that_were_asked_for_are_replaced() -> None:
    graph = Graph(notes={"a": Note("a", "x"), "b": Note("b", "x")})
    hits = search(graph, CATALOG, Wanted("x")).hits
    done = replacement(graph, CATALOG, Wanted("x"), "y", hits[:1])
    assert done.edit is not None and done.number == 1
    assert [note.text for note in done.edit.apply(graph).notes.values()] == ["y", "x"]


def test_a_pattern_is_not_replaced() -> None:
    wanted = Wanted("re.", pattern=True)
    assert replacement(TRIAGE, CATALOG, wanted, "x", search(TRIAGE, CATALOG, wanted).hits).edit is None


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["e", "re", "Issue", "$", "mock", "{{ ", "step"]), st.text(max_size=4))
def test_replacing_is_undone_exactly(text: str, by: str) -> None:
    wanted = Wanted(text)
    done = replacement(TRIAGE, CATALOG, wanted, by, search(TRIAGE, CATALOG, wanted).hits)
    if done.edit is not None:
        assert isinstance(done.edit, Batch)
        back = done.edit.invert(TRIAGE).apply(done.edit.apply(TRIAGE))
        assert dumps(graph_to_json(back)) == dumps(graph_to_json(TRIAGE))

"""Partial runs: up to a step, from a step on, one step alone; in loops, roles and races too."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.definition_file import read_definition
from app.domain.json_value import Given
from app.domain.partial import reached
from app.domain.places import PlaceUnknown, path_to, place_of
from app.domain.topology import ancestry, topology_of
from app.domain.workflow import graph_keys
from tests.engine.parts import Ran, ran
from tests.engine.test_reference import definitions
from tests.engine.workflows import chain, edge, group, step, tool, workflow

LINE = workflow(
    tool("a", response=1), tool("b", response="{{ $ + 1 }}"), tool("c", response="{{ $ + 1 }}"), tool("side"), edges=chain("a", "b", "c")
)
LOOP = workflow(
    step("list", output=[1, 2, 3]),
    group("each", "foreach"),
    tool("double", "each", response="{{ item * 2 }}"),
    tool("more", "each", response="{{ $ + 1 }}"),
    tool("end", response="{{ $.results }}"),
    edges=[edge("list", "double"), edge("double", "more"), edge("more", "end")],
)
COUNT = workflow(
    group("again", "while", condition="iteration < 3"),
    tool("first", "again", response="{{ iteration }}"),
    tool("second", "again", response="{{ $ * 10 }}"),
    tool("end", response="{{ $.results }}"),
    edges=[edge("first", "second"), edge("second", "end")],
)
GUARD = workflow(
    group("guard", "try_catch"),
    tool("risky", "guard", "try", error="boom"),
    tool("tell", "guard", "catch", response="told"),
    tool("clean", "guard", "finally"),
    tool("after", response="{{ $ }}"),
    edges=[edge("risky", "after")],
)


# Up to a step


async def test_a_run_to_a_step_runs_what_it_needs_and_nothing_else() -> None:
    run = await ran(LINE, kind="to", place="b")
    assert (run.end.status, run.end.output) == ("completed", 2)
    assert run.statuses() == {"/a": "completed", "/b": "completed"}


async def test_a_run_to_a_step_in_a_loop_runs_one_turn_up_to_it() -> None:
    run = await ran(LOOP, kind="to", place="/each[1]/double")
    assert run.end.output == 4
    assert run.statuses() == {"/list": "completed", "/each[1]/double": "completed"}
    assert (await ran(LOOP, kind="to", place="more")).statuses() == {
        "/list": "completed",
        "/each[0]/double": "completed",
        "/each[0]/more": "completed",
    }


async def test_a_run_to_a_turn_of_a_while_runs_the_turns_before_it() -> None:
    run = await ran(COUNT, kind="to", place="/again[1]/first")
    assert run.end.output == 1
    assert list(run.statuses()) == ["/again[0]/first", "/again[0]/second", "/again[1]/first"]


async def test_a_run_to_a_try_runs_neither_catch_nor_finally_and_one_to_the_catch_has_its_error() -> None:
    assert (await ran(GUARD, kind="to", place="risky")).statuses() == {"/guard.try/risky": "failed"}
    run = await ran(GUARD, kind="to", place="tell")
    assert (run.end.output, run.statuses()) == ("told", {"/guard.try/risky": "failed", "/guard.catch/tell": "completed"})


async def test_a_run_to_a_lane_of_a_race_runs_that_lane() -> None:
    doc = workflow(
        group("race", "parallel", complete="first"), tool("slow", "race", delay_ms=30, response="slow"), tool("fast", "race", response="f")
    )
    run = await ran(doc, kind="to", place="slow")
    assert (run.end.output, run.statuses()) == ("slow", {"/race/slow": "completed"})


async def test_a_step_whose_branch_is_not_taken_is_skipped_and_the_run_completes() -> None:
    doc = workflow(tool("a", response=0), tool("b"), edges=[edge("a", "b", "$ > 1")])
    run = await ran(doc, kind="to", place="b")
    assert (run.end.status, run.end.output, run.effects) == ("completed", None, Counter({"/a": 1}))


async def test_a_run_to_a_group_runs_all_of_it() -> None:
    assert (await ran(LOOP, kind="to", place="each")).end.output["results"] == [3, 5, 7]


def test_a_place_that_is_not_there_is_named() -> None:
    graph = read_definition(dict(LOOP)).graph
    for text in ("nowhere", "/each[1]", "/each[1]/list", "/double", "/list/x", ""):
        with pytest.raises(PlaceUnknown):
            place_of(graph, f"{text}/x" if text == "/each[1]" else text)
    assert place_of(graph, "/each[2]/more") == "/each[2]/more"


# One step alone


async def test_one_step_runs_with_the_input_of_the_last_run_and_nothing_else_does() -> None:
    run = await ran(LINE, kind="only", place="c", of=await ran(LINE))
    assert (run.end.output, run.effects) == (3, Counter({"/c": 1}))


async def test_one_step_runs_with_an_input_given_by_hand_even_before_any_run() -> None:
    run = await ran(LINE, kind="only", place="c", given=Given(41))
    assert (run.end.output, run.effects) == (42, Counter({"/c": 1}))


async def test_a_group_is_tested_alone_with_all_that_is_in_it() -> None:
    run = await ran(LOOP, kind="only", place="each", of=await ran(LOOP))
    assert (run.end.output["results"], sum(run.effects.values())) == ([3, 5, 7], 6)
    given = await ran(LOOP, kind="only", place="each", given=Given([5]))
    assert (given.end.output["results"], set(given.effects)) == ([11], {"/each[0]/double", "/each[0]/more"})


async def test_one_step_without_data_says_what_to_do_and_runs_nothing() -> None:
    run = await ran(LINE, kind="only", place="c")
    assert (run.end.status, run.effects) == ("failed", Counter())
    assert run.end.error["message"] == "“b” has no output to go on with: run up to here first, or give the input by hand."


async def test_one_step_takes_a_pinned_output_before_it_and_ignores_its_own_pin() -> None:
    doc = workflow(
        tool("a", response=1), tool("b", pinned_output=10), tool("c", response="{{ $ + 1 }}", pinned_output=5), edges=chain("a", "b", "c")
    )
    run = await ran(doc, kind="only", place="c")
    assert (run.end.status, run.end.output, run.effects) == ("completed", 11, Counter({"/c": 1}))


async def test_one_step_of_a_loop_has_its_item() -> None:
    run = await ran(LOOP, kind="only", place="/each[2]/double", of=await ran(LOOP))
    assert (run.end.output, run.effects) == (6, Counter({"/each[2]/double": 1}))


async def test_one_step_whose_branch_was_not_taken_needs_an_input_by_hand() -> None:
    doc = workflow(tool("a", response=0), tool("b", response="{{ $ }}!"), edges=[edge("a", "b", "$ > 1")])
    before = await ran(doc)
    assert "give its input by hand" in (await ran(doc, kind="only", place="b", of=before)).end.error["message"]
    assert (await ran(doc, kind="only", place="b", of=before, given=Given("x"))).end.output == "x!"


async def test_a_given_input_does_for_a_step_in_a_group_that_nothing_leads_into_yet() -> None:
    run = await ran(LOOP, kind="only", place="more", given=Given(1))
    assert (run.end.output, run.effects) == (2, Counter({"/each[0]/more": 1}))


async def test_a_group_before_it_is_read_from_the_record_and_a_collecting_loop_does_not_hide_what_is_missing() -> None:
    doc = workflow(
        step("list", output=[1, 2]),
        group("each", "foreach", on_item_error="collect"),
        tool("call", "each", response="{{ item }}"),
        tool("end", response="{{ $.results }}"),
        edges=[edge("list", "call"), edge("call", "end")],
    )
    before = await ran(doc)
    run = await ran(doc, kind="only", place="end", of=before)
    assert (run.end.output, run.effects) == ([1, 2], Counter({"/end": 1}))
    del before.journal.steps["run", "/each[1]/call", 1]
    assert "“each” has no output" in (await ran(doc, kind="only", place="end", of=before)).end.error["message"]


async def test_a_failing_step_that_is_tested_fails_the_run_with_its_error() -> None:
    run = await ran(GUARD, kind="only", place="risky", of=await ran(GUARD))
    assert (run.end.status, run.end.error["message"], run.effects) == ("failed", "boom", Counter({"/guard.try/risky": 1}))


# From a step on


async def test_from_a_step_on_what_stands_before_it_and_beside_it_is_not_run_again() -> None:
    run = await ran(LINE, kind="from", place="b", of=await ran(LINE))
    assert run.end.status == "completed"
    assert run.effects == Counter({"/b": 1, "/c": 1})


async def test_from_a_step_on_an_edited_step_counts_and_a_renamed_one_is_found() -> None:
    before = await ran(LINE)
    edited = workflow(
        {**tool("a", response=1), "name": "renamed"},
        tool("b", response="{{ $ + 100 }}"),
        tool("c", response="{{ $ + 1 }}"),
        tool("side"),
        edges=chain("a", "b", "c"),
    )
    run = await ran(edited, kind="from", place="b", of=before)
    assert (run.end.output["c"], run.effects) == (102, Counter({"/b": 1, "/c": 1}))
    assert run.statuses()["/renamed"] == "completed"


async def test_from_a_step_of_a_loop_on_every_turn_runs_again_or_just_one() -> None:
    before = await ran(LOOP)
    every = await ran(LOOP, kind="from", place="more", of=before)
    assert every.effects == Counter({"/each[0]/more": 1, "/each[1]/more": 1, "/each[2]/more": 1, "/end": 1})
    one = await ran(LOOP, kind="from", place="/each[1]/more", of=before)
    assert one.effects == Counter({"/each[1]/more": 1, "/end": 1})
    assert one.end.output == every.end.output == before.end.output


async def test_from_a_turn_of_a_while_on_the_turns_after_it_run_again() -> None:
    before = await ran(COUNT)
    run = await ran(COUNT, kind="from", place="/again[1]/second", of=before)
    assert run.effects == Counter({"/again[1]/second": 1, "/again[2]/first": 1, "/again[2]/second": 1, "/end": 1})
    assert run.end.output == before.end.output


async def test_from_the_catch_on_the_error_is_taken_from_the_record() -> None:
    run = await ran(GUARD, kind="from", place="tell", of=await ran(GUARD))
    assert run.effects == Counter({"/guard.catch/tell": 1, "/guard.finally/clean": 1, "/after": 1})
    assert run.end.output == "told"


async def test_a_race_that_is_over_stays_decided_and_its_loser_does_not_run_again() -> None:
    doc = workflow(
        step("s", output=1),
        tool("slow", response="slow", delay_ms=2000),
        tool("fast", response="fast"),
        step("j", "join", mode="any", merge="first", cancel_remaining=True),
        tool("end", response="{{ $ }}"),
        edges=[edge("s", "slow"), edge("s", "fast"), edge("slow", "j"), edge("fast", "j"), edge("j", "end")],
    )
    before = await ran(doc)
    assert before.statuses()["/slow"] == "cancelled"
    after = await ran(doc, kind="from", place="end", of=before)
    assert (after.end.output, after.effects) == ("fast", Counter({"/end": 1}))
    again = await ran(doc, kind="from", place="j", of=before)
    assert (again.end.output, again.effects) == ("fast", Counter({"/slow": 1, "/end": 1}))


async def test_a_subflow_before_the_step_is_not_called_again() -> None:
    child = workflow(tool("inner", response="child"), name="child")
    doc = workflow(step("call", "subflow", workflow_id="child"), tool("end", response="{{ $ }}"), edges=chain("call", "end"))
    before = await ran(doc, children={"child": child})
    run = await ran(doc, kind="from", place="end", of=before, children={"child": child})
    assert (run.end.output, run.effects) == ("child", Counter({"/end": 1}))


SEEN: Counter[str] = Counter()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), st.sampled_from([{}, {"v": 1}, [1, {"v": 2}], 3]), st.data())
async def test_from_any_step_on_a_run_ends_like_a_whole_one(doc: dict[str, Any], input: Any, data: st.DataObject) -> None:
    whole = await ran(doc, input)
    graph = read_definition(doc).graph
    id = data.draw(st.sampled_from([*graph.steps, *graph.groups]))
    again = await ran(doc, input, kind="from", place=path_to(graph, id), of=whole)
    assert (again.end.status, again.end.output) == (whole.end.status, whole.end.output)
    if whole.end.status == "completed":
        cut = _cut_short(again) | _cut_short(whole)
        assert {path for path in _completed(again) ^ _completed(whole) if not _scopes(path) & cut} == set()
        key = graph_keys(graph)[id]
        ran_twice = {path for path in again.effects if f"/{key}" not in path} & _before(graph, id, whole)
        assert not ran_twice
    SEEN[whole.end.status] += 1


def _completed(run: Ran) -> set[str]:
    return {path for path, status in run.statuses().items() if status == "completed"}


def _cut_short(run: Ran) -> set[str]:
    """Scopes in which something failed for good: how far what runs beside it gets is a matter of time."""
    return {scope for path, status in run.statuses().items() if status in ("failed", "cancelled") for scope in _scopes(path)}


def _scopes(path: str) -> set[str]:
    """The scopes around a place, the top level left out."""
    parts = path.split("/")
    return {"/".join(parts[:end]) for end in range(2, len(parts))}


def _before(graph: Any, id: str, run: Ran) -> set[str]:
    """Paths of steps at the top level from which the step, or the group around it, can be reached."""
    outermost = ancestry(graph, id)[-1][0]
    onward: dict[str, list[str]] = {}
    for link in topology_of(graph).links.get((None, None), ()):
        onward.setdefault(link.source, []).append(link.target)
    keys = graph_keys(graph)
    return {f"/{keys[node]}" for node in graph.steps if node != outermost and outermost in reached(onward, node)} & _completed(run)


def test_the_comparison_saw_completed_and_failed_runs() -> None:
    print(f"from a step on: {dict(SEEN)}")
    assert SEEN["completed"] > 30
    assert SEEN["failed"] > 5

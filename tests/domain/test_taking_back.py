"""Whatever differs can be taken back, each as one edit that one undo reverses, until nothing differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.differences import graph_differences
from app.domain.edits import Batch, GraphEdit, RemoveElements, Reparent, SetConfig, SetDetails, label_of, removal
from app.domain.errors import EditRefused
from app.domain.integrity import broken
from app.domain.taking_back import restored, roll_back, take_back, take_back_field, take_back_place
from app.domain.workflow import BlockGroup, Edge, Graph, Step
from tests.domain.test_edits import EDITS, exact, small
from tests.ui.samples import ticket_triage


def applied(graph: Graph, *edits: GraphEdit) -> Graph:
    for edit in edits:
        graph = edit.apply(graph)
    return graph


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.lists(EDITS, max_size=8))
def test_taking_back_one_by_one_ends_where_it_began(edits: list[GraphEdit]) -> None:
    start = graph = small()
    for edit in edits:
        try:
            after = edit.apply(graph)
        except (EditRefused, KeyError):
            continue
        if not broken(after):
            graph = after
    for _ in range(60):
        found = graph_differences(start, graph)
        undone = None
        for item in found:
            try:
                undone = take_back(graph, found, item, "x")
            except EditRefused:
                continue
            after = undone.apply(graph)
            assert exact(undone.invert(graph).apply(after)) == exact(graph)
            assert not broken(after)
            graph = after
            break
        if undone is None:
            break
    assert not graph_differences(start, graph)


@settings(max_examples=100, deadline=None)
@given(st.lists(EDITS, max_size=8))
def test_roll_back_is_exact_and_one_undo(edits: list[GraphEdit]) -> None:
    start = graph = small()
    for edit in edits:
        try:
            graph = edit.apply(graph)
        except (EditRefused, KeyError):
            continue
    back = roll_back(graph, graph_differences(start, graph), "Roll back to v3")
    assert label_of(back) == "Roll back to v3"
    assert exact(back.apply(graph)) == exact(start)
    assert exact(back.invert(graph).apply(start)) == exact(graph)


def test_one_field_is_taken_back_and_the_others_stay() -> None:
    start = ticket_triage().graph
    step = next(step for step in start.steps.values() if step.type == "llm")
    changed = SetConfig(step.id, {**step.config, "prompt": "Other", "retry": {"max_attempts": 3, "backoff": 4}, "temperature": 1}).apply(
        start
    )
    [item] = graph_differences(start, changed).items
    fields = {field.place: field for field in item.fields}
    assert set(fields) == {"/config/prompt", "/config/retry", "/config/temperature"}
    after = take_back_field(changed, item, fields["/config/temperature"], "Temperature").apply(changed)
    assert "temperature" not in after.steps[step.id].config and after.steps[step.id].config["prompt"] == "Other"
    after = take_back_field(after, item, fields["/config/retry"], "Retry").apply(after)
    assert {field.place for field in graph_differences(start, after).items[0].fields} == {"/config/prompt"}


def test_a_nested_field_and_an_item_of_a_list_are_taken_back_in_place() -> None:
    start = ticket_triage().graph
    step = next(iter(start.steps.values()))
    old = applied(start, SetConfig(step.id, {"retry": {"max_attempts": 1, "retry_on": ["a", "b"]}}))
    new = applied(start, SetConfig(step.id, {"retry": {"max_attempts": 2, "retry_on": ["a", "c"]}}))
    [item] = graph_differences(old, new).items
    attempts, second = item.fields
    assert take_back_field(new, item, attempts, "Attempts").apply(new).steps[step.id].config["retry"] == {
        "max_attempts": 1,
        "retry_on": ["a", "c"],
    }
    assert take_back_field(new, item, second, "Retry on").apply(new).steps[step.id].config["retry"] == {
        "max_attempts": 2,
        "retry_on": ["a", "b"],
    }


def test_a_removed_group_comes_back_with_all_that_stood_in_it_and_its_edges() -> None:
    start = ticket_triage().graph
    group = next(iter(start.groups))
    gone = removal(start, (group,)).apply(start)
    found = graph_differences(start, gone)
    back = restored(gone, found, (group,))
    assert not graph_differences(start, back.apply(gone))
    assert exact(back.apply(gone)) == exact(start)


def test_a_removed_step_comes_back_without_the_edges_that_lead_nowhere() -> None:
    start = ticket_triage().graph
    edge = next(iter(start.edges.values()))
    gone = RemoveElements((edge.source_step_id, edge.target_step_id)).apply(start)
    found = graph_differences(start, gone)
    after = restored(gone, found, (edge.source_step_id,)).apply(gone)
    assert edge.source_step_id in after.steps and edge.id not in after.edges
    assert not broken(after)


def test_a_step_whose_group_is_gone_comes_back_at_the_top_level() -> None:
    start = ticket_triage().graph
    inside = next(step for step in start.steps.values() if step.block_group_id is not None)
    gone = removal(start, (inside.block_group_id or "",)).apply(start)
    after = restored(gone, graph_differences(start, gone), (inside.id,)).apply(gone)
    assert after.steps[inside.id] == replace(inside, block_group_id=None, group_role=None)


def test_taking_back_a_place_in_a_group_that_is_gone_is_refused_with_a_sentence() -> None:
    start = ticket_triage().graph
    inside = next(step for step in start.steps.values() if step.block_group_id is not None)
    group = inside.block_group_id or ""
    out = Reparent((inside.id,), None, None).apply(start)
    gone = removal(out, (group,)).apply(out)
    item = graph_differences(start, gone).item_of(inside.id)
    assert item is not None
    [field] = [field for field in item.fields if field.place == "/parent"]
    with pytest.raises(EditRefused, match="does not fit the draft"):
        take_back_field(gone, item, field, "Group")


def test_details_are_taken_back_field_by_field() -> None:
    start = ticket_triage().graph
    changed = SetDetails(replace(start.details, name="Other", settings={"run_timeout_ms": 5})).apply(start)
    [item] = graph_differences(start, changed).items
    name, timeout = item.fields
    after = take_back_field(changed, item, name, "Name").apply(changed)
    assert (after.details.name, after.details.settings) == (start.details.name, {"run_timeout_ms": 5})
    after = take_back_field(after, item, timeout, "Timeout").apply(after)
    assert after.details == start.details
    with pytest.raises(EditRefused):
        take_back_place(after, graph_differences(start, after), item)


def test_each_is_named_in_the_history() -> None:
    start = ticket_triage().graph
    step = next(iter(start.steps))
    gone = RemoveElements((step,)).apply(start)
    found = graph_differences(start, gone)
    edit = take_back(gone, found, found.items[0], "New ticket")
    assert isinstance(edit, Batch) and edit.text == "Restore “New ticket”"


def test_an_end_whose_step_is_gone_is_not_taken_back_even_in_a_graph_with_another_fault() -> None:
    steps = {id: Step(id, id.upper(), "transform", {"output": 1}) for id in "abc"}
    lanes = {
        id: Step(id, id.upper(), "transform", {"output": 1}, block_group_id="g", group_role=role)
        for id, role in (("t", "try"), ("u", "catch"))
    }
    guard = {"g": BlockGroup("g", "Guard", "try_catch")}
    crossing = {"x": Edge("x", "t", "u")}
    before = Graph({**steps, **lanes}, {"e": Edge("e", "a", "b"), **crossing}, guard)
    after = Graph({**{id: steps[id] for id in "bc"}, **lanes}, {"e": Edge("e", "c", "b"), **crossing}, guard)
    found = graph_differences(before, after)
    item = found.item_of("e")
    assert item is not None
    with pytest.raises(EditRefused, match="leads nowhere"):
        take_back(after, found, item, "Connection")

"""What differs between two definitions is told whole, in order, in words, and quickly."""

from __future__ import annotations

import time
from dataclasses import replace

from app.domain.definition_file import parse_definition, with_ids
from app.domain.difference_words import DifferenceWords, counted
from app.domain.differences import PARENT, Counts, differences, graph_differences, union_graph
from app.domain.edits import AddElements, Connect, GraphEdit, MoveElements, RemoveElements, Rename, Reparent, SetConfig
from app.domain.taking_back import take_back
from app.domain.text_differences import text_difference
from app.domain.workflow import Definition, Edge, Graph, Position, Step, definition_to_json
from tests.catalog import CATALOG
from tests.ui.samples import chain, ticket_triage


def edited(definition: Definition, *edits: GraphEdit) -> Definition:
    graph = definition.graph
    for edit in edits:
        graph = edit.apply(graph)
    return definition.with_graph(graph)


def step_named(definition: Definition, name: str) -> Step:
    return next(step for step in definition.graph.steps.values() if step.name == name)


def sentences(before: Definition, after: Definition) -> list[str]:
    found = differences(before, after)
    words = DifferenceWords(found, CATALOG)
    return [f"{words.title(item)}: {words.of(item, field)}" for item in found.items for field in item.fields]


def llm(**config: object) -> Definition:
    step = Step("a", "Draft reply", "llm", {"provider": "mock", "model": "m", **config})  # type: ignore[dict-item]
    return Definition("Triage", Graph({"a": step}))


def test_a_definition_does_not_differ_from_itself_read_again() -> None:
    again, problems = parse_definition(definition_to_json(ticket_triage()))
    assert again is not None and not problems
    assert not differences(ticket_triage(), again)


def test_what_came_went_changed_and_moved_is_counted_by_element() -> None:
    before = chain(length=4)
    ids = list(before.graph.steps)
    new = Step("new", "New", "transform", {"output": 1}, Position(0, 400))
    after = edited(
        before,
        RemoveElements((ids[3],)),
        AddElements((new,)),
        Connect(Edge("e-new", ids[2], "new")),
        SetConfig(ids[1], {"output": "other"}),
        MoveElements(((ids[0], Position(-50, 7)), (ids[1], Position(1, 1)))),
    )
    found = differences(before, after)
    assert found.counts == Counts(added=1, changed=1, removed=1, moved=1)
    assert [(item.id, item.verdict, item.moved) for item in found.items] == [
        ("new", "added", False),
        (ids[1], "changed", True),
        (ids[3], "removed", False),
        (ids[0], "moved", True),
    ]
    assert {item.verdict for item in found.following} == {"added", "removed"}
    assert counted(found.counts) == "1 added, 1 changed, 1 removed, 1 moved"
    assert {*union_graph(found).steps} == {*ids, "new"}


def test_an_edge_between_steps_that_stayed_counts_by_itself() -> None:
    before = chain(length=3)
    ids = list(before.graph.steps)
    after = edited(before, Connect(Edge("skip", ids[0], ids[2], "$.fast")))
    assert [(item.kind, item.verdict) for item in differences(before, after).items] == [("edge", "added")]


def test_a_wire_drawn_again_between_the_same_steps_is_the_same() -> None:
    before = chain(length=2)
    edge = next(iter(before.graph.edges.values()))
    again = edited(before, RemoveElements((edge.id,)), AddElements((replace(edge, id="again"),)))
    assert not differences(before, again)
    conditional = edited(before, RemoveElements((edge.id,)), AddElements((replace(edge, id="again", condition="$.x"),)))
    [item] = differences(before, conditional).items
    assert (item.id, item.verdict, [field.place for field in item.fields]) == ("again", "changed", ["/condition"])


def test_fields_are_told_with_their_place_inside_nested_json() -> None:
    before = llm(prompt="Hi", retry={"max_attempts": 1, "retry_on": ["*"]}, stop=["a", "b"])
    after = llm(prompt="Hi", retry={"max_attempts": 3, "retry_on": ["Timeout"]}, stop=["a", "c", "d"], temperature=0.3)
    [item] = differences(before, after).items
    assert [(f.place, f.old, f.new, f.was) for f in item.fields] == [
        ("/config/retry/max_attempts", 1, 3, True),
        ("/config/retry/retry_on/0", "*", "Timeout", True),
        ("/config/stop", ["a", "b"], ["a", "c", "d"], True),
        ("/config/temperature", None, 0.3, False),
    ]


def test_true_is_not_one_and_one_is_one_point_nought() -> None:
    [item] = differences(llm(prompt="Hi", disabled=True), llm(prompt="Hi", disabled=1)).items
    assert item.fields[0].place == "/config/disabled"
    assert not differences(llm(prompt="Hi", temperature=1), llm(prompt="Hi", temperature=1.0))


def test_differences_read_as_sentences() -> None:
    before = llm(prompt="A long prompt that does not fit on a line", retry={"max_attempts": 1}, temperature=0.7, system="Be kind")
    after = llm(prompt="A long prompt that does not fit on this line", retry={"max_attempts": 3}, disabled=True)
    after = replace(edited(after, Rename("a", "Reply")), settings={"run_timeout_ms": 5000}, description="Now with words")
    assert sentences(before, after) == [
        "Workflow: Description: nothing → Now with words",
        "Workflow: Timeout of a run: 3600000 → 5000",
        "Reply: Renamed from “Draft reply” to “Reply”",
        "Reply: Prompt changed",
        "Reply: Retry · Attempts: 1 → 3",
        "Reply: Temperature removed",
        "Reply: System removed",
        "Reply: Disabled: on",
    ]


def test_a_step_that_went_into_a_group_says_where() -> None:
    before = ticket_triage()
    group = next(iter(before.graph.groups.values()))
    outside = next(step for step in before.graph.steps.values() if step.block_group_id is None)
    after = edited(before, Reparent((outside.id,), group.id, "catch"))
    [item] = differences(before, after).items
    assert item.is_reparented and item.fields[0].place == PARENT
    assert sentences(before, after) == [f"{outside.name}: moved into {group.name} · catch"]
    assert sentences(after, before) == [f"{outside.name}: moved to the top level"]


def test_documents_under_other_ids_are_matched_by_type_and_name() -> None:
    before = ticket_triage()
    after = with_ids(before, lambda kind, id: f"{kind}-{id}-imported")
    assert not differences(before, after)
    step = next(iter(after.graph.steps.values()))
    changed = edited(after, SetConfig(step.id, {**step.config, "notes": "seen"}))
    [item] = differences(before, changed).items
    assert (item.id, item.verdict, item.fields[0].place) == (step.id, "changed", "/config/notes")


def test_what_moved_along_with_its_group_follows_from_it() -> None:
    before = ticket_triage()
    group = next(iter(before.graph.groups.values()))
    inside = before.graph.descendants_of(group.id)
    places = {id: element.position for id in (group.id, *inside) if (element := before.graph.steps.get(id) or before.graph.groups.get(id))}
    shifted = tuple((id, Position(place.x + 40, place.y - 160)) for id, place in places.items())
    found = differences(before, edited(before, MoveElements(shifted)))
    assert [item.id for item in found.items] == [group.id] and {item.id for item in found.following} == set(inside)
    back = take_back(found.after.graph, found, found.items[0], group.name).apply(found.after.graph)
    assert not graph_differences(before.graph, back)
    alone = (*shifted[:-1], (shifted[-1][0], Position(0, 0)))
    assert {item.id for item in differences(before, edited(before, MoveElements(alone))).items} == {group.id, shifted[-1][0]}


def test_a_wire_that_is_led_another_way_has_moved_and_is_led_back() -> None:
    before = chain(length=3)
    edge = next(iter(before.graph.edges))
    routes = {edge: {"t": 0.5, "x": 0, "y": 80}}
    after = replace(before, settings={**before.settings, "edge_routes": routes}, description="new")
    found = differences(before, after)
    assert [(item.kind, item.verdict) for item in found.items] == [("workflow", "changed"), ("edge", "moved")]
    graph = after.graph
    words = take_back(graph, found, found.items[0], "").apply(graph)
    assert (words.details.description, words.details.settings["edge_routes"]) == (before.description, routes)
    led = take_back(graph, found, found.items[1], "").apply(graph)
    assert "edge_routes" not in led.details.settings and led.details.description == "new"
    assert [item.verdict for item in differences(after, before).items] == ["changed", "moved"]


def test_ids_decide_where_documents_share_some() -> None:
    before = chain(length=2)
    first = next(iter(before.graph.steps.values()))
    after = edited(before, RemoveElements((first.id,)), AddElements((replace(first, id="another"),)))
    assert differences(before, after).counts == Counts(added=1, removed=1)


def test_a_changed_line_has_its_words_marked() -> None:
    lines = text_difference("Hello\nReply in a friendly tone.\nBye", "Hello\nReply in a friendly, short tone.\nNew\nBye")
    assert [(line.kind, line.number, line.text) for line in lines] == [
        ("same", 1, "Hello"),
        ("removed", 2, "Reply in a friendly tone."),
        ("added", 2, "Reply in a friendly, short tone."),
        ("added", 3, "New"),
        ("same", 4, "Bye"),
    ]
    assert [part for part, differs in lines[2].spans if differs] == [", short"]


def test_long_texts_without_a_common_line_are_told_in_time() -> None:
    begin = time.process_time()
    lines = text_difference("\n".join(map(str, range(9000))), "\n".join(f"x{i}" for i in range(9000)))
    assert len(lines) == 18_000
    assert time.process_time() - begin < 2


def test_ten_thousand_steps_are_compared_in_a_tenth_of_a_second() -> None:
    def large(shift: int) -> Graph:
        steps = [
            Step(f"s{i}", f"Step {i}", "llm", {"provider": "mock", "prompt": f"Say {i}", "retry": {"max_attempts": 2}}, Position(i, i))
            for i in range(10_000)
        ]
        edges = [Edge(f"e{i}", f"s{i}", f"s{i + 1}") for i in range(9_999)]
        for i in range(0, 10_000, 100):
            steps[i] = replace(steps[i], config={**steps[i].config, "prompt": f"Say {i + shift}"})
        return Graph({s.id: s for s in steps}, {e.id: e for e in edges})

    before, after = large(0), large(1)
    took = []
    for _ in range(3):
        begin = time.process_time()
        found = graph_differences(before, after)
        took.append(time.process_time() - begin)
    assert found.counts == Counts(changed=100)
    assert min(took) < 0.1

"""Settings that change lanes or heights make room, and what stood in a case stays with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Port
from app.domain.edits import GraphEdit, Rename, SetConfig
from app.domain.reshaping import with_new_room
from app.domain.workflow import BlockGroup, Graph, Position, Size, Step
from tests.catalog import CATALOG


def step(id: str, x: int, y: int, group: str | None = None, role: str | None = None, type: str = "transform", config=None) -> Step:
    return Step(id, id, type, config or {"output": 1}, Position(x, y), group, role)


def switch(cases: list[str], *steps: Step) -> Graph:
    size = Size(400, 46 + 110 * (len(cases) + 1))
    group = BlockGroup("g", "Route", "switch_case", {"expression": "$", "cases": cases}, None, None, Position(0, 0), size)
    return Graph({each.id: each for each in steps}, {}, {"g": group})


def cased(graph: Graph, cases: list[str]) -> Graph:
    edit = with_new_room(graph, CATALOG, SetConfig("g", {"expression": "$", "cases": cases}))
    after = edit.apply(graph)
    assert edit.invert(graph).apply(after) == graph
    return after


def roles(graph: Graph) -> dict[str, str | None]:
    return {step.id: step.group_role for step in graph.steps.values()}


ABC = switch(
    ["a", "b", "c"],
    *(step(name, 40, 90 + 110 * at, "g", f"case_{at}") for at, name in enumerate("abc")),
    step("d", 40, 420, "g", "default"),
)


def test_a_new_case_gets_a_lane_and_what_is_below_moves() -> None:
    graph = switch(["a"], step("a", 40, 90, "g", "case_0"), step("d", 40, 200, "g", "default"))
    below = step("below", 40, 300)
    graph = Graph({**graph.steps, "below": below}, {}, graph.groups)
    after = cased(graph, ["a", "b", "c"])
    group = after.groups["g"]
    assert group.size.height >= graph.groups["g"].size.height
    assert roles(after) == {"a": "case_0", "d": "default", "below": None}
    assert after.steps["below"].position.y >= group.position.y + group.size.height


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        (["a", "c"], {"a": "case_0", "b": "case_2", "c": "case_1", "d": "default"}),
        (["x", "a", "b", "c"], {"a": "case_1", "b": "case_2", "c": "case_3", "d": "default"}),
        (["a", "x"], {"a": "case_0", "b": "case_1", "c": "case_2", "d": "default"}),
        ([], {"a": "case_0", "b": "case_1", "c": "case_2", "d": "default"}),
    ],
)
def test_steps_go_with_their_case_and_those_of_a_gone_case_keep_a_role_that_no_lane_has(cases, expected) -> None:
    assert roles(cased(ABC, cases)) == expected


def test_a_value_that_is_edited_is_the_same_case() -> None:
    edit = SetConfig("g", {"expression": "$", "cases": ["a", "x", "c"]})
    assert with_new_room(ABC, CATALOG, edit) is edit


def test_a_step_that_grows_pushes_what_is_below() -> None:
    routes = replace(CATALOG.steps["condition"], ports=lambda config: tuple(Port(str(name)) for name in config["routes"]))
    catalog = replace(CATALOG, steps={**CATALOG.steps, "routes": routes})
    steps = [step("r", 0, 0, type="routes", config={"routes": ["a", "b"]}), step("below", 0, 130), step("aside", 400, 130)]
    graph = Graph({each.id: each for each in steps})
    edit = with_new_room(graph, catalog, SetConfig("r", {"routes": ["a", "b", "c", "d"]}))
    after = edit.apply(graph)
    assert after.steps["below"].position.y >= 64 + 4 * 22 + 22
    assert after.steps["aside"] == graph.steps["aside"]
    assert edit.invert(graph).apply(after) == graph


def test_other_edits_stay_what_they_are() -> None:
    for edit in (Rename("a", "b"), SetConfig("a", {"output": 2}), SetConfig("gone", {})):
        assert with_new_room(ABC, CATALOG, edit) is edit


@given(st.lists(st.sampled_from("abcdef"), max_size=5, unique=True), st.lists(st.sampled_from("abcdef"), max_size=5, unique=True))
def test_no_two_cases_come_to_share_a_lane(before, after) -> None:
    graph = switch(list(before), *(step(name, 40, 90 + 110 * at, "g", f"case_{at}") for at, name in enumerate(before)))
    edit: GraphEdit = with_new_room(graph, CATALOG, SetConfig("g", {"expression": "$", "cases": list(after)}))
    found = roles(edit.apply(graph))
    assert len(set(found.values())) == len(found)
    if len(before) != len(after):
        assert all(found[name] == f"case_{after.index(name)}" for name in before if name in after)

"""Routes of edges: kept in the settings, checked, followed through new ids, undone exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.definition_file import parse_definition, with_ids
from app.domain.edits import RemoveElements
from app.domain.json_value import Json
from app.domain.routes import Route, changed_routes, route_edit, route_of, routes_in
from app.domain.workflow import Definition, Edge, Graph, Step, definition_to_json

GRAPH = Graph({id: Step(id, id, "transform", {"output": 1}) for id in "abc"}, {"e": Edge("e", "a", "b"), "f": Edge("f", "b", "c")})


def test_a_route_is_set_and_undone() -> None:
    edit = route_edit(GRAPH, "e", Route(0.35, 12, -40))
    after = edit.apply(GRAPH)
    assert route_of(routes_in(after.details)["e"]) == Route(0.35, 12, -40)
    assert changed_routes(GRAPH.details, after.details) == {"e"}
    assert edit.invert(GRAPH).apply(after) == GRAPH
    assert after.details.settings["run_timeout_ms"] == 3_600_000


def test_the_plain_way_is_no_route_and_the_last_one_takes_the_setting_along() -> None:
    after = route_edit(GRAPH, "e", Route(0.35, 12, -40)).apply(GRAPH)
    for plain in (None, Route()):
        assert "edge_routes" not in route_edit(after, "e", plain).apply(after).details.settings


def test_the_route_of_a_removed_edge_waits_for_an_undo_and_goes_with_the_next_route() -> None:
    led = route_edit(GRAPH, "e", Route(0.35, 12, -40)).apply(GRAPH)
    removed = RemoveElements(("e",)).apply(led)
    assert "e" in routes_in(removed.details)
    assert set(routes_in(route_edit(removed, "f", Route(0.5, 0, 9)).apply(removed).details)) == {"f"}


def test_places_come_in_steps_within_the_curve() -> None:
    assert Route.at(0.337, 3.6, -2.4) == Route(0.35, 4, -2)
    assert Route.at(0.0, 0, 0).t == pytest.approx(0.05)
    assert Route.at(1.0, 0, 0).t == pytest.approx(0.95)


def test_a_route_survives_the_file_and_new_ids() -> None:
    led = Definition.of(route_edit(GRAPH, "e", Route(0.35, 12, -40)).apply(GRAPH))
    again, problems = parse_definition(definition_to_json(led))
    assert again == led and not problems
    renamed = with_ids(led, lambda kind, id: f"{kind}-{id}")
    assert routes_in(renamed.graph.details) == {"edge-e": {"t": 0.35, "x": 12, "y": -40}}


def document(routes: Json) -> dict[str, Any]:
    return {**definition_to_json(Definition.of(replace(GRAPH))), "settings": {"edge_routes": routes}}


@pytest.mark.parametrize(
    ("routes", "code"),
    [
        ([], "bad_config"),
        ({"e": 1}, "bad_config"),
        ({"e": {"t": 0.5, "evil": 1}}, "unknown_field"),
        ({"e": {"t": 2}}, "bad_config"),
        ({"e": {"x": "far"}}, "bad_config"),
        ({"e": {"y": True}}, "bad_config"),
        ({"e": {"x": 1e9}}, "bad_config"),
        ({"e" * 65: {}}, "bad_config"),
    ],
)
def test_a_route_that_means_nothing_is_told_with_its_place(routes: Json, code: str) -> None:
    definition, problems = parse_definition(document(routes))
    assert definition is not None
    assert [problem.code for problem in problems] == [code]
    assert (problems[0].place or "").startswith("/settings/edge_routes")
    assert not routes_in(definition.graph.details)


def test_a_route_may_say_less() -> None:
    definition, problems = parse_definition(document({"e": {"x": 5.4}}))
    assert definition is not None and not problems
    assert route_of(routes_in(definition.graph.details)["e"]) == Route(0.5, 5, 0)

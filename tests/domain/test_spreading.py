"""Room for a step that was put into a wire."""

from __future__ import annotations

from app.domain.edits import AddElements, Batch, GraphEdit
from app.domain.json_value import dumps
from app.domain.rewiring import splice
from app.domain.spreading import with_space
from app.domain.workflow import BlockGroup, Edge, Graph, Position, Size, Step, graph_to_json
from tests.catalog import CATALOG


def a_step(id: str, x: int, y: int = 0, *, group: str | None = None) -> Step:
    return Step(id, id, "transform", {"output": 1}, Position(x, y), group, "body" if group else None)


def graph_of(*steps: Step, edges: str, groups: tuple[BlockGroup, ...] = ()) -> Graph:
    joined = {each: Edge(each, each[0], each[1]) for each in edges.split()}
    return Graph({step.id: step for step in steps}, joined, {group.id: group for group in groups})


def put(graph: Graph, step: Step, into: str) -> Graph:
    """Into a wire, with the proof that it is one exact undo."""
    edit: GraphEdit = Batch((AddElements((step,)), splice(graph.edges[into], step.id, onward_id="new")))
    edit = with_space(graph, CATALOG, edit, step.id, text="Put into a connection")
    after = edit.apply(graph)
    assert dumps(graph_to_json(edit.invert(graph).apply(after))) == dumps(graph_to_json(graph))
    return after


def places(graph: Graph) -> dict[str, tuple[int, int]]:
    return {step.id: (step.position.x, step.position.y) for step in graph.steps.values()}


def test_a_step_on_a_short_wire_stands_clear_and_what_follows_moves_on() -> None:
    graph = graph_of(a_step("a", 0), a_step("b", 280), a_step("c", 560, 40), a_step("d", 280, 400), edges="ab bc")
    assert places(put(graph, a_step("n", 136), "ab")) == {"a": (0, 0), "n": (256, 0), "b": (512, 0), "c": (792, 40), "d": (280, 400)}


def test_where_there_is_room_nothing_moves() -> None:
    graph = graph_of(a_step("a", 0), a_step("b", 560), edges="ab")
    assert places(put(graph, a_step("n", 280), "ab")) == {"a": (0, 0), "n": (280, 0), "b": (560, 0)}


def test_a_step_far_below_covers_nothing_and_moves_nothing() -> None:
    graph = graph_of(a_step("a", 0), a_step("b", 280), edges="ab")
    assert places(put(graph, a_step("n", 136, 200), "ab"))["b"] == (280, 0)


def test_a_wire_that_leads_backwards_is_left_alone() -> None:
    graph = graph_of(a_step("a", 600), a_step("b", 0), edges="ab")
    assert places(put(graph, a_step("n", 300), "ab")) == {"a": (600, 0), "b": (0, 0), "n": (300, 0)}


def test_a_group_that_follows_takes_along_what_stands_in_it() -> None:
    group = BlockGroup("g", "G", "foreach", {"input_path": "$"}, None, None, Position(280, -60), Size(300, 200))
    graph = graph_of(a_step("a", 0), a_step("b", 320, 20, group="g"), a_step("c", 700), edges="ab bc", groups=(group,))
    after = put(graph, a_step("n", 100), "ab")
    shift = after.groups["g"].position.x - 280
    assert shift > 0
    assert places(after)["b"] == (320 + shift, 20) and places(after)["c"] == (700 + shift, 0)


def test_inside_a_group_the_group_grows() -> None:
    group = BlockGroup("g", "G", "foreach", {"input_path": "$"}, None, None, Position(0, 0), Size(560, 200))
    graph = graph_of(a_step("a", 24, 90, group="g"), a_step("b", 304, 90, group="g"), edges="ab", groups=(group,))
    after = put(graph, a_step("n", 160, 90, group="g"), "ab")
    assert places(after) == {"a": (24, 90), "n": (280, 90), "b": (536, 90)}
    assert after.groups["g"].size.width >= 536 + 192 + 24

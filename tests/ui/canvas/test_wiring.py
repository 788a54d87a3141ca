"""Wires: what they may join, what they refuse, and what an edge from a branch port says."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from app.domain.edits import AddElements, Connect
from app.domain.workflow import BlockGroup, Edge, Position, Size
from app.ui.canvas.view import CanvasView
from app.ui.canvas.wires import EMPTY_GROUP, End, WireRules
from tests.ui.canvas.conftest import Hand


def edges(canvas: CanvasView) -> set[tuple[str, str, str | None]]:
    return {(edge.source_step_id, edge.target_step_id, edge.condition) for edge in canvas.graph.edges.values()}


def refusals(canvas: CanvasView) -> list[str]:
    heard: list[str] = []
    canvas.refused.connect(heard.append)
    return heard


def test_a_wire_from_an_output_to_an_input_connects_and_undo_takes_it_away(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("second", "out"), canvas.port_pos("third", "in"))
    assert ("second", "third", None) in edges(canvas)
    assert canvas.graph.edges[canvas.selected_ids()[0]].target_step_id == "third"
    canvas.undo()
    assert ("second", "third", None) not in edges(canvas)


def test_a_wire_let_go_near_a_port_snaps_to_it(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("second", "out"), canvas.port_pos("third", "in") + QPointF(-12, 15))
    assert ("second", "third", None) in edges(canvas)


def test_a_wire_let_go_over_a_step_connects_to_its_input(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("second", "out"), hand.middle("third"))
    assert ("second", "third", None) in edges(canvas)


def test_a_wire_dragged_backwards_from_an_input_connects_too(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("third", "in"), canvas.port_pos("second", "out"))
    assert ("second", "third", None) in edges(canvas)


def test_a_wire_let_go_on_nothing_is_gone(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    hand.drag(canvas.port_pos("second", "out"), QPointF(620, 300))
    assert canvas.graph is before


def test_escape_drops_the_wire(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    hand.press(canvas.port_pos("second", "out"))
    hand.move(canvas.port_pos("third", "in"))
    hand.key(Qt.Key.Key_Escape)
    hand.release(canvas.port_pos("third", "in"))
    assert canvas.graph is before


def test_a_wire_that_would_close_a_circle_is_refused_with_the_reason(canvas: CanvasView, hand: Hand) -> None:
    heard = refusals(canvas)
    hand.drag(canvas.port_pos("second", "out"), hand.middle("first"))
    assert len(canvas.graph.edges) == 2
    assert "circle" in heard[0]


def test_a_second_wire_between_the_same_steps_is_refused(canvas: CanvasView, hand: Hand) -> None:
    heard = refusals(canvas)
    hand.drag(canvas.port_pos("first", "out"), hand.middle("second"))
    assert len(canvas.graph.edges) == 2
    assert "already" in heard[0]


def test_a_wire_from_one_role_into_another_is_refused(canvas: CanvasView, hand: Hand) -> None:
    heard = refusals(canvas)
    hand.drag(canvas.port_pos("call", "out"), hand.middle("tell"))
    assert len(canvas.graph.edges) == 2
    assert "role" in heard[0]


def test_a_wire_to_the_port_of_a_group_joins_the_step_that_begins_it(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("third", "out"), canvas.port_pos("guard", "in"))
    assert ("third", "call", None) in edges(canvas)


def test_a_wire_from_the_port_of_a_group_starts_at_the_step_that_ends_it(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("loop", "out"), canvas.port_pos("guard", "in"))
    assert ("inner", "call", None) in edges(canvas)
    edge = canvas.graph.edges[canvas.selected_ids()[0]]
    slot = canvas.scene.geometry.links.slot[edge.id]
    boxes = canvas.scene.geometry.boxes
    assert [boxes.ids[anchor] for anchor in canvas.scene.geometry.links.anchors[slot]] == ["loop", "guard"]


def test_a_wire_to_an_empty_group_says_why_not(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(AddElements((BlockGroup("empty", "Empty", "parallel", {}, None, None, Position(480, 200), Size(160, 120)),)))
    heard = refusals(canvas)
    hand.drag(canvas.port_pos("second", "out"), hand.middle("empty"))
    assert heard == [EMPTY_GROUP]


def test_a_circle_through_a_group_is_refused(canvas: CanvasView) -> None:
    canvas.change(Connect(Edge("out", "inner", "third")))
    slots = canvas.scene.geometry.boxes.slot
    rules = WireRules(canvas.scene.geometry, End(slots["third"], "out"))
    assert rules.refusal(slots["first"]) is not None
    assert rules.refusal(slots["inner"]) is not None
    assert rules.refusal(slots["loop"]) is not None
    assert rules.refusal(slots["call"]) is None


def test_the_ports_of_a_condition_store_the_answer_they_stand_for(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("check", "false"), canvas.port_pos("guard", "in"))
    assert ("check", "call", "!result") in edges(canvas)
    edge = canvas.selected_ids()[0]
    geometry = canvas.scene.geometry
    start = geometry.links.points[geometry.links.slot[edge], 0]
    assert tuple(start) == geometry.port(geometry.boxes.slot["check"], "false")
    assert not geometry.links.labelled[geometry.links.slot[edge]]


def test_the_rules_agree_with_the_domain_for_every_pair_of_steps(canvas: CanvasView) -> None:
    from app.domain.connecting import why_not_connect

    canvas.change(Connect(Edge("e3", "inner", "third")))
    canvas.change(Connect(Edge("e4", "third", "call")))
    slots, graph = canvas.scene.geometry.boxes.slot, canvas.graph
    for source in graph.steps:
        rules = WireRules(canvas.scene.geometry, End(slots[source], "out"))
        for target in graph.steps:
            refused = why_not_connect(graph, source, target) is not None
            assert (rules.refusal(slots[target]) is not None) == refused, (source, target)

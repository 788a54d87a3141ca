"""Wires: what they may join, what they refuse, and what an edge from a branch port says."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from app.domain.edits import AddElements, Connect
from app.domain.workflow import BlockGroup, Edge, Position, Size
from app.ui.canvas.view import CanvasView
from app.ui.canvas.wires import EMPTY_GROUP, End, WireRules
from tests.ui.canvas.conftest import Hand, picture, shows
from tests.ui.canvas.test_editing import drop, entry


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


def test_a_wire_dragged_backwards_to_a_branch_port_asks_for_that_branch(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("second", "in"), canvas.port_pos("check", "false"))
    assert ("check", "second", "!result") in edges(canvas)


# Moving the end of an edge


def near_end(canvas: CanvasView, source: str, target: str) -> QPointF:
    """On the edge between two steps in a row, a little before its arrowhead."""
    return canvas.port_pos(target, "in") - QPointF(22, 0)


def test_the_end_of_an_edge_moves_to_another_step_as_one_undo(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(near_end(canvas, "first", "second"), canvas.port_pos("third", "in"))
    assert ("first", "third", None) in edges(canvas) and ("first", "second", None) not in edges(canvas)
    assert canvas.selected_ids() == ("e1",)
    assert canvas.model.undo_stack.count() == 1
    canvas.undo()
    assert ("first", "second", None) in edges(canvas)


def test_the_start_of_an_edge_moves_and_a_branch_port_gives_its_answer(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(canvas.port_pos("first", "out") + QPointF(22, 0), canvas.port_pos("check", "false"))
    assert ("check", "second", "!result") in edges(canvas)
    canvas.undo()
    canvas.change(Connect(Edge("branch", "check", "call", "!result")))
    canvas.select(("branch",))
    hand.drag(canvas.port_pos("check", "false"), canvas.port_pos("second", "out"))
    assert ("second", "call", None) in edges(canvas)


def test_an_edge_moves_from_one_branch_of_a_condition_to_the_other(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("branch", "check", "call", "!result")))
    canvas.select(("branch",))
    hand.drag(canvas.port_pos("check", "false"), canvas.port_pos("check", "true"))
    assert canvas.graph.edges["branch"].condition == "result"


def test_the_end_of_a_selected_edge_can_be_taken_at_its_port(canvas: CanvasView, hand: Hand) -> None:
    hand.click((canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2)
    canvas.grab()
    hand.drag(canvas.port_pos("second", "in"), hand.middle("third"))
    assert ("first", "third", None) in edges(canvas)


def test_an_end_let_go_on_nothing_or_given_up_goes_back(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    points = canvas.scene.geometry.links.points.copy()
    hand.drag(near_end(canvas, "first", "second"), QPointF(620, 300))
    assert canvas.graph is before
    hand.press(near_end(canvas, "first", "second"))
    hand.move(QPointF(600, 300))
    hand.move(canvas.port_pos("third", "in"))
    canvas.grab()
    hand.key(Qt.Key.Key_Escape)
    hand.release(canvas.port_pos("third", "in"))
    assert canvas.graph is before
    assert (canvas.scene.geometry.links.points == points).all()


def test_an_end_may_not_close_a_circle(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("e3", "second", "third")))
    heard = refusals(canvas)
    hand.drag(near_end(canvas, "second", "third"), hand.middle("first"))
    assert ("second", "third", None) in edges(canvas)
    assert "circle" in heard[0]


def test_a_click_near_the_end_of_an_edge_selects_it(canvas: CanvasView, hand: Hand) -> None:
    hand.click(near_end(canvas, "first", "second"))
    assert canvas.selected_ids() == ("e1",)
    assert not canvas.model.undo_stack.canUndo()


# Putting a step into a wire


def test_an_entry_dropped_on_a_wire_goes_into_it(canvas: CanvasView) -> None:
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    assert drop(canvas, entry("tool", "http").to_mime(), middle)
    (added,) = canvas.selected_ids()
    assert {("first", added, None), (added, "second", None)} <= edges(canvas)
    assert ("first", "second", None) not in edges(canvas)
    assert canvas.model.undo_stack.count() == 1
    canvas.undo()
    assert edges(canvas) == {("first", "second", None), ("first", "inner", "$.n > 1")}


def test_a_condition_dropped_on_a_wire_goes_on_from_its_true_port(canvas: CanvasView) -> None:
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    drop(canvas, entry("condition").to_mime(), middle)
    (added,) = canvas.selected_ids()
    assert (added, "second", "result") in edges(canvas)


def test_a_step_without_wires_dragged_onto_one_goes_into_it(canvas: CanvasView, hand: Hand) -> None:
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    hand.drag(hand.middle("third"), middle)
    assert {("first", "third", None), ("third", "second", None)} <= edges(canvas)
    assert canvas.model.undo_stack.count() == 1


def test_a_step_that_has_wires_does_not_go_into_another(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("e3", "third", "call")))
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    hand.drag(hand.middle("third"), middle)
    assert ("first", "second", None) in edges(canvas)


def test_the_wire_shows_that_it_would_take_the_step(canvas: CanvasView, hand: Hand) -> None:
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    hand.press(hand.middle("third"))
    hand.move(middle + QPointF(60, 40))
    hand.move(middle + QPointF(0, 40))
    first = canvas.port_pos("first", "out")
    box = (round(first.x()) + 8, round(first.y()) - 4, 30, 9)
    assert not shows(picture(canvas), box, "#7C83FF")
    hand.move(middle)
    assert shows(picture(canvas), box, "#7C83FF")
    hand.key(Qt.Key.Key_Escape)
    hand.release(middle)


def test_a_group_without_wires_dragged_onto_one_goes_into_it_and_what_follows_makes_room(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    first = canvas.port_pos("first", "out")
    box = (round(first.x()) + 8, round(first.y()) - 4, 30, 9)
    hand.press(hand.middle("guard"))
    hand.move(middle + QPointF(60, 90))
    assert not shows(picture(canvas), box, "#7C83FF")
    hand.move(middle)
    assert shows(picture(canvas), box, "#7C83FF")
    hand.release(middle)
    assert {("first", "call", None), ("call", "second", None)} <= edges(canvas)
    assert ("first", "second", None) not in edges(canvas)
    boxes = canvas.node_rect("first"), canvas.node_rect("guard"), canvas.node_rect("second")
    assert boxes[0].right() < boxes[1].left() and boxes[1].right() < boxes[2].left()
    assert canvas.node_rect("guard").contains(canvas.node_rect("call"))
    assert canvas.model.undo_stack.count() == 1 and canvas.model.undo_stack.undoText() == "Put into a connection"
    canvas.undo()
    assert canvas.graph == before


def test_a_group_with_a_wire_of_its_own_only_moves_and_one_without_steps_says_why(canvas: CanvasView, hand: Hand) -> None:
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    heard = refusals(canvas)
    hand.drag(hand.middle("loop"), middle)
    assert ("first", "second", None) in edges(canvas) and heard == []
    canvas.undo()
    assert drop(canvas, entry("while").to_mime(), middle)
    assert heard.pop() == EMPTY_GROUP
    canvas.undo()
    canvas.change(AddElements((BlockGroup("empty", "Empty", "parallel", {}, None, None, Position(480, 200), Size(160, 120)),)))
    hand.drag(hand.middle("empty"), middle)
    assert ("first", "second", None) in edges(canvas) and heard == [EMPTY_GROUP]
    assert canvas.node_rect("empty").top() < 150

"""The words of an edge: edited in place, led another way, never on a border."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import Connect, MoveElements, SetCondition
from app.domain.routes import Route, route_of, routes_in
from app.domain.workflow import Edge, Position
from app.ui.canvas.condition_field import ConditionField
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import Hand
from tests.ui.mouse import double_click


def field(canvas: CanvasView) -> ConditionField | None:
    return next((found for found in canvas.findChildren(ConditionField) if found.isVisible()), None)


def opened(canvas: CanvasView) -> ConditionField:
    found = field(canvas)
    assert found is not None
    return found


def said(canvas: CanvasView) -> str:
    bubble = canvas.findChild(QWidget, "condition-error")
    return str(bubble.text) if bubble is not None and bubble.isVisible() else ""  # type: ignore[attr-defined]


def words_of(canvas: CanvasView, id: str) -> QPointF:
    """The middle of an edge's words on the screen."""
    world = canvas.scene.layers.label_places.of(canvas.scene.geometry.links.slot[id])[1].center()
    return canvas.camera.to_screen(world)


def route(canvas: CanvasView, id: str) -> Route | None:
    return route_of(routes_in(canvas.graph.details).get(id))


# In place


def test_a_double_click_on_the_words_edits_them_and_enter_takes_them(canvas: CanvasView) -> None:
    double_click(canvas, words_of(canvas, "e2"))
    edit = opened(canvas)
    assert edit.text() == "$.n > 1" and edit.hasFocus()
    assert edit.geometry().contains(words_of(canvas, "e2").toPoint())
    QTest.keyClicks(edit, "$.n > 7")  # all of it was selected
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert canvas.graph.edges["e2"].condition == "$.n > 7"
    assert field(canvas) is None and canvas.hasFocus()
    assert canvas.selected_ids() == ("e2",)
    canvas.undo()
    assert canvas.graph.edges["e2"].condition == "$.n > 1"


def test_a_double_click_on_a_bare_edge_gives_it_a_condition(canvas: CanvasView) -> None:
    double_click(canvas, (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2)
    QTest.keyClicks(opened(canvas), "$.ok")
    QTest.keyClick(opened(canvas), Qt.Key.Key_Return)
    assert canvas.graph.edges["e1"].condition == "$.ok"


def test_enter_on_a_selected_edge_edits_and_nothing_typed_means_always(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    QTest.keyClick(opened(canvas), Qt.Key.Key_Backspace)
    QTest.keyClick(opened(canvas), Qt.Key.Key_Return)
    assert canvas.graph.edges["e2"].condition is None


def test_escape_keeps_what_was(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    QTest.keyClicks(opened(canvas), "other")
    QTest.keyClick(opened(canvas), Qt.Key.Key_Escape)
    assert canvas.graph is before and field(canvas) is None and canvas.hasFocus()


def test_what_cannot_be_read_is_told_and_not_taken_by_enter(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    before = canvas.graph
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    edit = opened(canvas)
    QTest.keyClicks(edit, "$.n >")
    assert said(canvas) == ""
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert "column" in said(canvas)
    assert edit.property("faulty") and canvas.graph is before
    QTest.keyClicks(edit, " 2")
    assert said(canvas) == ""
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert canvas.graph.edges["e2"].condition == "$.n > 2"


def test_the_error_shows_by_itself_once_the_keys_rest(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    QTest.keyClicks(opened(canvas), "((")
    qtbot.waitUntil(lambda: said(canvas) != "")


def test_leaving_keeps_what_was_typed(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    QTest.keyClicks(opened(canvas), "$.n >")
    canvas.setFocus()
    assert canvas.graph.edges["e2"].condition == "$.n >"


def test_the_field_grows_with_what_is_typed_and_stays_on_the_canvas(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    before = opened(canvas).width()
    QTest.keyClicks(opened(canvas), "$.a_long_name == $.another_name && $.n > 1 && $.and_so_on" * 2)
    assert before < opened(canvas).width() <= 520
    assert canvas.rect().contains(opened(canvas).geometry())
    QTest.keyClick(opened(canvas), Qt.Key.Key_Escape)


def test_it_follows_the_camera_and_goes_with_its_edge(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("e2",))
    hand.key(Qt.Key.Key_Return)
    before = opened(canvas).pos()
    canvas.pan_by(0, 20)
    assert opened(canvas).pos().y() == before.y() + 20
    assert canvas.model is not None
    canvas.model.push(MoveElements((("first", Position(96, 40)),)))
    assert field(canvas) is not None
    from app.domain.edits import RemoveElements

    canvas.model.push(RemoveElements(("e2",)))
    assert field(canvas) is None


def test_where_nothing_can_be_changed_a_double_click_only_activates(canvas: CanvasView) -> None:
    heard: list[str] = []
    canvas.activated.connect(heard.append)
    canvas.set_editable(False)
    double_click(canvas, words_of(canvas, "e2"))
    assert heard == ["e2"] and field(canvas) is None


# Led by hand


def test_dragged_words_lead_the_edge_through_where_they_are_let_go(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("long", "second", "call", "$.ok")))
    start = words_of(canvas, "long")
    end = QPointF(500, 260)
    hand.press(start)
    hand.move((start + end) / 2)
    hand.move(end)
    canvas.grab()
    hand.release(end)
    led = route(canvas, "long")
    assert led is not None and (led.x, led.y) != (0, 0)
    now = words_of(canvas, "long")
    assert abs(now.x() - end.x()) <= 12 and abs(now.y() - end.y()) <= 12
    assert canvas.hit(now).part == "label"
    assert canvas.model is not None and canvas.model.undo_stack.count() == 2
    before = canvas.scene.geometry.links.points.copy()
    canvas.undo()
    assert route(canvas, "long") is None
    assert (words_of(canvas, "long") - start).manhattanLength() < 1
    canvas.redo()
    assert (canvas.scene.geometry.links.points == before).all()


def test_words_dragged_along_their_edge_only_move_along_it(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(SetCondition("e1", "$"))
    canvas.change(MoveElements((("second", Position(792, 96)),)))
    start = words_of(canvas, "e1")
    hand.drag(start, start + QPointF(120, 6))
    led = route(canvas, "e1")
    assert led is not None and (led.x, led.y) == (0, 0) and led.t > 0.55
    assert words_of(canvas, "e1").x() > start.x() + 80


def test_a_route_stays_beside_the_edge_when_its_steps_move(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("long", "second", "call", "$.ok")))
    hand.drag(words_of(canvas, "long"), QPointF(500, 260))
    led, at = route(canvas, "long"), words_of(canvas, "long")
    canvas.change(MoveElements((("second", Position(392, 136)), ("call", Position(600, 480)))))
    assert route(canvas, "long") == led
    moved = words_of(canvas, "long") - at
    assert abs(moved.x()) <= 2 and 10 <= moved.y() <= 42


def test_escape_lets_the_edge_go_back(canvas: CanvasView, hand: Hand) -> None:
    before, points = canvas.graph, canvas.scene.geometry.links.points.copy()
    start = words_of(canvas, "e2")
    hand.press(start)
    hand.move(start + QPointF(60, 10))
    hand.move(start + QPointF(120, 20))
    assert not (canvas.scene.geometry.links.points == points).all()
    hand.key(Qt.Key.Key_Escape)
    hand.release(start)
    assert canvas.graph is before
    assert (canvas.scene.geometry.links.points == points).all()


def test_a_click_on_the_words_only_selects(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    hand.click(words_of(canvas, "e2"))
    assert canvas.selected_ids() == ("e2",)
    assert canvas.graph is before


@pytest.mark.parametrize("down", [250, 352, 398])
def test_words_never_stand_on_a_border(canvas: CanvasView, hand: Hand, down: int) -> None:
    canvas.change(Connect(Edge("long", "second", "call", "$.ok")))
    hand.drag(words_of(canvas, "long"), QPointF(570, down))
    slot = canvas.scene.geometry.links.slot["long"]
    box = canvas.scene.layers.label_places.of(slot)[1]
    for group in canvas.graph.groups:
        rect = canvas.node_rect(group)
        assert rect.contains(box) or not rect.intersects(box) or not rect.adjusted(3, 3, -3, -3).intersects(box)


def test_words_that_are_longer_than_their_edge_stand_beside_it_and_over_no_step(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(MoveElements((("second", Position(348, 96)),)))
    canvas.change(SetCondition("e1", "$.status_code == 200"))
    slot = canvas.scene.geometry.links.slot["e1"]
    box = canvas.camera.rect_to_screen(canvas.scene.layers.label_places.of(slot)[1])
    assert box.width() > canvas.node_rect("second").left() - canvas.node_rect("first").right()
    assert not any(canvas.node_rect(id).intersects(box) for id in canvas.graph.steps)
    hand.click(box.center())
    assert canvas.selected_ids() == ("e1",)


def test_an_edge_drawn_far_aside_near_its_end_does_not_sling(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("long", "second", "call", "$.ok")))
    hand.drag(words_of(canvas, "long"), QPointF(500, 40))
    led = route(canvas, "long")
    assert led is not None and 0.3 <= led.t <= 0.7
    points = canvas.scene.geometry.links.points[canvas.scene.geometry.links.slot["long"]]
    assert abs(points[1:3, 1] - 40).max() < 400

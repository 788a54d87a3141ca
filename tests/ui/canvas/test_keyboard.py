"""The canvas without a mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.workflow import Position
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import CTRL, SHIFT, Hand
from tests.ui.mouse import double_click


def test_arrows_go_to_the_nearest_step_that_way(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first",))
    hand.key(Qt.Key.Key_Right)
    assert canvas.selected_ids() == ("second",)
    hand.key(Qt.Key.Key_Right)
    assert canvas.selected_ids() == ("third",)
    hand.key(Qt.Key.Key_Down)
    assert canvas.selected_ids() == ("check",)
    hand.key(Qt.Key.Key_Left)
    assert canvas.selected_ids() == ("second",)


def test_an_arrow_with_nothing_selected_begins_near_the_middle(canvas: CanvasView, hand: Hand) -> None:
    hand.key(Qt.Key.Key_Right)
    assert len(canvas.selected_ids()) == 1


def test_an_arrow_at_the_rim_stays(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first",))
    hand.key(Qt.Key.Key_Up)
    assert canvas.selected_ids() == ("first",)


def test_shift_and_arrow_take_the_next_step_along(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first",))
    hand.key(Qt.Key.Key_Right, SHIFT)
    assert canvas.selected_ids() == ("first", "second")


def test_tab_goes_through_all_steps_and_then_leaves(canvas: CanvasView, hand: Hand) -> None:
    seen = []
    for _ in canvas.graph.steps:
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        seen.extend(canvas.selected_ids())
    assert sorted(seen) == sorted(canvas.graph.steps)
    assert seen[0] == "first"
    QTest.keyClick(canvas, Qt.Key.Key_Backtab)
    assert canvas.selected_ids() == (seen[-2],)


def test_enter_and_double_click_activate(canvas: CanvasView, hand: Hand) -> None:
    heard: list[str] = []
    canvas.activated.connect(heard.append)
    canvas.select(("second",))
    hand.key(Qt.Key.Key_Return)
    double_click(canvas, hand.middle("third"))
    assert heard == ["second", "third"]


def test_control_and_arrows_move_the_selection_and_are_one_undo(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("loop",))
    for _ in range(3):
        hand.key(Qt.Key.Key_Right, CTRL)
    assert canvas.graph.groups["loop"].position == Position(120, 320)
    assert canvas.graph.steps["inner"].position == Position(168, 400)
    assert canvas.model.undo_stack.count() == 1
    canvas.undo()
    assert canvas.graph.groups["loop"].position == Position(96, 320)


def test_undo_and_redo_have_their_keys(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("third",))
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_Z, CTRL)
    assert "third" in canvas.graph.steps
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert "third" not in canvas.graph.steps


def test_the_canvas_tells_what_it_is(canvas: CanvasView) -> None:
    assert canvas.objectName() == "canvas"
    assert canvas.accessibleName() == "Workflow canvas"
    canvas.select(tuple(canvas.graph.steps))
    assert canvas.accessibleDescription().endswith("and 2 more.")


def test_wires_are_reached_and_left_by_keys(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first",))
    hand.key(Qt.Key.Key_Right, CTRL | SHIFT)
    assert canvas.selected_ids() == ("e1",)
    hand.key(Qt.Key.Key_Down)
    assert canvas.selected_ids() == ("e2",)
    hand.key(Qt.Key.Key_Down)
    assert canvas.selected_ids() == ("e1",)
    hand.key(Qt.Key.Key_Right)
    assert canvas.selected_ids() == ("second",)
    hand.key(Qt.Key.Key_Left, CTRL | SHIFT)
    assert canvas.selected_ids() == ("e1",)
    hand.key(Qt.Key.Key_Left)
    assert canvas.selected_ids() == ("first",)


def test_a_step_without_wires_leads_to_none(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("third",))
    hand.key(Qt.Key.Key_Right, CTRL | SHIFT)
    assert canvas.selected_ids() == ("third",)

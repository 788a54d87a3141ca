"""Selecting with mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import CTRL, SHIFT, Hand


def test_a_click_selects_a_step_and_says_so(canvas: CanvasView, hand: Hand) -> None:
    heard: list[tuple[str, ...]] = []
    canvas.selection_changed.connect(heard.append)
    hand.click(hand.middle("first"))
    assert canvas.selected_ids() == ("first",)
    assert heard == [("first",)]
    assert canvas.accessibleDescription() == "Selected: First."


def test_shift_adds_and_takes_away(canvas: CanvasView, hand: Hand) -> None:
    hand.click(hand.middle("first"))
    hand.click(hand.middle("second"), keys=SHIFT)
    assert canvas.selected_ids() == ("first", "second")
    hand.click(hand.middle("first"), keys=SHIFT)
    assert canvas.selected_ids() == ("second",)


def test_a_click_on_one_of_several_leaves_only_that_one(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first", "second"))
    hand.click(hand.middle("second"))
    assert canvas.selected_ids() == ("second",)


def test_a_click_on_nothing_selects_nothing(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first",))
    hand.click(QPointF(940, 20))
    assert canvas.selected_ids() == ()


def test_header_and_body_of_a_group_select_it(canvas: CanvasView, hand: Hand) -> None:
    hand.click(hand.middle("loop"))
    assert canvas.selected_ids() == ("loop",)
    hand.click(QPointF(380, 520))
    assert canvas.selected_ids() == ("loop",)
    hand.click(hand.middle("inner"))
    assert canvas.selected_ids() == ("inner",)


def test_an_edge_is_selected_on_its_curve_and_on_its_label(canvas: CanvasView, hand: Hand) -> None:
    start, end = canvas.port_pos("first", "out"), canvas.port_pos("second", "in")
    hand.click((start + end) / 2)
    assert canvas.selected_ids() == ("e1",)
    _, box = canvas.scene.layers.label_places.of(canvas.scene.geometry.links.slot["e2"])
    hand.click(box.center())
    assert canvas.selected_ids() == ("e2",)


def test_a_note_is_selected(canvas: CanvasView, hand: Hand) -> None:
    hand.click(canvas.node_rect("note").center())
    assert canvas.selected_ids() == ("note",)


def test_a_rubber_band_selects_what_it_touches(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(QPointF(60, 60), QPointF(420, 130))
    assert set(canvas.selected_ids()) == {"first", "second"}


def test_a_rubber_band_with_shift_adds(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("third",))
    hand.drag(QPointF(60, 60), QPointF(200, 130), keys=SHIFT)
    assert set(canvas.selected_ids()) == {"first", "third"}


def test_a_rubber_band_with_control_takes_out_what_was_selected_and_adds_the_rest(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("third", "first"))
    hand.drag(QPointF(60, 60), QPointF(420, 130), keys=CTRL)
    assert set(canvas.selected_ids()) == {"second", "third"}
    hand.click(hand.middle("second"), keys=CTRL)
    assert canvas.selected_ids() == ("third",)
    hand.click(hand.middle("first"), keys=CTRL)
    assert canvas.selected_ids() == ("third", "first")


def test_a_rubber_band_inside_a_group_picks_its_steps_and_not_the_group(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(QPointF(110, 375), QPointF(400, 540))
    assert canvas.selected_ids() == ("inner",)


def test_a_rubber_band_around_a_group_picks_it_too(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(QPointF(60, 290), QPointF(460, 600))
    assert set(canvas.selected_ids()) == {"inner", "loop"}


def test_escape_gives_up_the_band_and_then_the_selection(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("third",))
    hand.press(QPointF(60, 60))
    hand.move(QPointF(300, 200))
    hand.key(Qt.Key.Key_Escape)
    hand.release(QPointF(300, 200))
    assert canvas.selected_ids() == ("third",)
    hand.key(Qt.Key.Key_Escape)
    assert canvas.selected_ids() == ()


def test_control_a_selects_everything_but_edges(canvas: CanvasView, hand: Hand) -> None:
    hand.key(Qt.Key.Key_A, CTRL)
    graph = canvas.graph
    assert set(canvas.selected_ids()) == {*graph.steps, *graph.groups, *graph.notes}


def test_what_is_not_there_is_not_selected(canvas: CanvasView) -> None:
    canvas.select(("first", "nobody"))
    assert canvas.selected_ids() == ("first",)

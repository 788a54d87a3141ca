"""Dragging steps and groups: grid, children, lanes, room, undo, Esc."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt

from app.domain.edits import AddElements
from app.domain.workflow import BlockGroup, Position, Size
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import ALT, Hand, step


def place(canvas: CanvasView, id: str) -> tuple[int, int]:
    element = canvas.graph.element(id)
    return element.position.x, element.position.y


def test_a_dragged_step_lands_on_the_grid_and_undo_brings_it_back(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(51, 30))
    assert place(canvas, "first") == (144, 128)
    assert canvas.node_rect("first").topLeft() == QPointF(144, 128)
    canvas.undo()
    assert place(canvas, "first") == (96, 96)
    assert canvas.node_rect("first").topLeft() == QPointF(96, 96)
    canvas.redo()
    assert place(canvas, "first") == (144, 128)


def test_a_step_off_the_grid_comes_onto_it(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(AddElements((step("odd", 403, 251),)))
    hand.drag(hand.middle("odd"), hand.middle("odd") + QPointF(20, 20))
    assert place(canvas, "odd") == (424, 272)


def test_a_small_shake_is_a_click_and_no_edit(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(2, 2))
    assert canvas.selected_ids() == ("first",)
    assert not canvas.model.undo_stack.canUndo()


def test_a_selection_moves_as_one(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("first", "second", "note"))
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(40, 80))
    assert [place(canvas, id) for id in ("first", "second", "note")] == [(136, 176), (432, 176), (64, 700)]
    canvas.undo()
    assert [place(canvas, id) for id in ("first", "second", "note")] == [(96, 96), (392, 96), (24, 620)]


def test_escape_puts_everything_back(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    hand.press(hand.middle("first"))
    hand.move(QPointF(400, 300))
    hand.move(QPointF(500, 300))
    assert canvas.node_rect("first").topLeft() != QPointF(96, 96)
    hand.key(Qt.Key.Key_Escape)
    hand.release(QPointF(500, 300))
    assert canvas.graph is before
    assert canvas.node_rect("first").topLeft() == QPointF(96, 96)


def test_a_group_takes_its_children_along(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("loop"), hand.middle("loop") + QPointF(0, 40))
    assert place(canvas, "loop") == (96, 360)
    assert place(canvas, "inner") == (144, 440)
    canvas.undo()
    assert place(canvas, "inner") == (144, 400)


def test_a_group_takes_nested_groups_along(canvas: CanvasView, hand: Hand) -> None:
    nested = BlockGroup("nested", "Nested", "parallel", {}, "loop", "body", Position(128, 480), Size(240, 64))
    deep = replace(step("deep", 140, 490), block_group_id="nested", group_role="body")
    canvas.change(AddElements((nested, deep)))
    hand.drag(hand.middle("loop"), hand.middle("loop") + QPointF(0, -16), keys=ALT)
    assert (place(canvas, "nested"), place(canvas, "deep")) == ((128, 464), (140, 474))
    assert canvas.graph.groups["nested"].parent_group_id == "loop"


def test_a_step_dropped_into_a_lane_takes_its_group_and_role(canvas: CanvasView, hand: Hand) -> None:
    lanes = canvas.scene.geometry.lanes(canvas.scene.geometry.boxes.slot["guard"])
    finally_lane = lanes[2]
    assert finally_lane.role == "finally"
    hand.drag(hand.middle("third"), QPointF(760, 352 + finally_lane.top + 30))
    moved = canvas.graph.steps["third"]
    assert (moved.block_group_id, moved.group_role) == ("guard", "finally")
    canvas.undo()
    assert canvas.graph.steps["third"].block_group_id is None


def test_a_step_can_change_lanes_within_its_group(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("call"), hand.middle("tell") + QPointF(0, 20))
    assert canvas.graph.steps["call"].group_role == "catch"


def test_a_step_dragged_out_of_its_group_leaves_it(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("inner"), QPointF(480, 240))
    moved = canvas.graph.steps["inner"]
    assert (moved.block_group_id, moved.group_role) == (None, None)


def test_a_step_moved_within_its_lane_keeps_it_and_the_group_makes_room(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("inner"), hand.middle("inner") + QPointF(120, 80))
    moved, group = canvas.graph.steps["inner"], canvas.graph.groups["loop"]
    assert (moved.block_group_id, moved.group_role) == ("loop", "body")
    assert group.position.x + group.size.width >= moved.position.x + 192 + 24
    canvas.undo()
    assert canvas.graph.groups["loop"].size == Size(320, 240)


def test_others_of_the_selection_stay_in_their_groups_when_the_grabbed_one_stays_in_its_own(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("inner", "third"))
    hand.drag(hand.middle("third"), hand.middle("third") + QPointF(16, 0))
    assert canvas.graph.steps["inner"].block_group_id == "loop"


def test_a_group_dropped_into_another_is_nested_there(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("loop"), QPointF(740, 500))
    assert canvas.graph.groups["loop"].parent_group_id == "guard"
    outer, inner = canvas.graph.groups["guard"], canvas.graph.groups["loop"]
    assert outer.position.x + outer.size.width >= inner.position.x + inner.size.width
    assert canvas.graph.steps["inner"].block_group_id == "loop"


def test_a_canvas_that_is_not_editable_selects_but_does_not_move(canvas: CanvasView, hand: Hand) -> None:
    canvas.set_editable(False)
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(80, 0))
    assert place(canvas, "first") == (96, 96)
    assert canvas.selected_ids() == ("first",)


def test_a_group_is_resized_by_its_grip_but_not_below_its_content(canvas: CanvasView, hand: Hand) -> None:
    corner = canvas.node_rect("loop").bottomRight() - QPointF(6, 6)
    hand.drag(corner, corner + QPointF(64, 40))
    assert canvas.graph.groups["loop"].size == Size(384, 280)
    corner = canvas.node_rect("loop").bottomRight() - QPointF(6, 6)
    hand.drag(corner, corner - QPointF(400, 400))
    assert canvas.graph.groups["loop"].size == Size(144 + 192 + 24 - 96, 400 + 64 + 24 - 320)
    canvas.undo()
    assert canvas.graph.groups["loop"].size == Size(384, 280)


def test_a_group_is_resized_by_its_left_border(canvas: CanvasView, hand: Hand) -> None:
    side = canvas.node_rect("loop").topLeft() + QPointF(0, 120)
    hand.drag(side, side - QPointF(40, 0))
    group = canvas.graph.groups["loop"]
    assert (group.position, group.size) == (Position(56, 320), Size(360, 240))


def test_a_note_is_resized_by_its_grip(canvas: CanvasView, hand: Hand) -> None:
    corner = canvas.node_rect("note").bottomRight() - QPointF(4, 4)
    hand.drag(corner, corner + QPointF(40, 32))
    assert canvas.graph.notes["note"].size == Size(240, 148)  # its border comes to lie on the grid

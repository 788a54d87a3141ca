"""Resizing groups by hand: every border, the grip, push with ghosts, Shift, Esc; and push by a dropped group."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.edits import AddElements, MoveElements
from app.domain.workflow import BlockGroup, Position, Size
from app.ui.canvas.view import CanvasView
from app.ui.theme import DARK
from tests.ui.canvas.conftest import SHIFT, Hand, picture, shows, step


def at(canvas: CanvasView, id: str) -> tuple[int, int]:
    place = canvas.graph.element(id).position
    return place.x, place.y


def beside(canvas: CanvasView) -> None:
    """A step 48 right of the loop, one behind it, one below."""
    canvas.change(AddElements((step("near", 464, 400), step("next", 704, 240), step("under", 160, 584))))
    canvas.change(MoveElements((("guard", Position(900, 352)), ("call", Position(940, 440)), ("tell", Position(940, 560)))))


def right_of(canvas: CanvasView, id: str) -> QPointF:
    box = canvas.node_rect(id)
    return QPointF(box.right(), box.center().y())


def test_a_border_shows_its_handle_under_the_pointer(canvas: CanvasView, hand: Hand) -> None:
    side = right_of(canvas, "loop")
    hand.move(side + QPointF(0, 40))
    assert canvas.cursor().shape() == Qt.CursorShape.SizeHorCursor
    assert shows(picture(canvas), (int(side.x()) - 4, int(side.y()) - 20, 8, 40), DARK.accent, near=10)
    hand.move(QPointF(30, 30))
    assert not shows(picture(canvas), (int(side.x()) - 4, int(side.y()) - 20, 8, 40), DARK.accent, near=10)


def test_a_growing_group_moves_what_it_comes_to_cover_at_once_and_all_is_one_undo(canvas: CanvasView, hand: Hand) -> None:
    beside(canvas)
    before, side = canvas.graph, right_of(canvas, "loop")
    hand.press(side)
    hand.move(side + QPointF(60, 0))
    hand.move(side + QPointF(80, 0))
    assert canvas.node_rect("near").left() == 416 + 80 + 24  # shown while the hand is down
    assert canvas.graph is before
    hand.release(side + QPointF(80, 0))
    assert at(canvas, "near") == (520, 400)
    assert at(canvas, "guard") == (900 + 520 - 464, 352)
    assert at(canvas, "next") == (704, 240) and at(canvas, "under") == (160, 584)
    canvas.undo()
    assert canvas.graph == before
    assert canvas.node_rect("near").left() == 464


def test_what_gave_way_comes_back_when_the_hand_does(canvas: CanvasView, hand: Hand) -> None:
    beside(canvas)
    side = right_of(canvas, "loop")
    hand.press(side)
    hand.move(side + QPointF(80, 0))
    hand.move(side + QPointF(8, 0))
    assert canvas.node_rect("near").left() == 464
    hand.release(side + QPointF(8, 0))
    assert at(canvas, "near") == (464, 400)


def test_escape_undoes_the_resize_and_the_push(canvas: CanvasView, hand: Hand) -> None:
    beside(canvas)
    before, side = canvas.graph, right_of(canvas, "loop")
    hand.press(side)
    hand.move(side + QPointF(80, 0))
    hand.key(Qt.Key.Key_Escape)
    hand.release(side + QPointF(80, 0))
    assert canvas.graph is before
    assert (canvas.node_rect("near").left(), canvas.node_rect("loop").width()) == (464, 320)


def test_with_shift_neighbours_stay_and_what_is_covered_is_marked(canvas: CanvasView, hand: Hand) -> None:
    beside(canvas)
    side, far = right_of(canvas, "loop"), right_of(canvas, "loop") + QPointF(80, 0)
    hand.press(side)
    hand.move(far)
    moving = canvas.mapToGlobal(far + QPointF(1, 0))
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(canvas, QMouseEvent(QEvent.Type.MouseMove, far + QPointF(1, 0), moving, Qt.MouseButton.NoButton, left, SHIFT))
    assert canvas.node_rect("near").left() == 464
    box = canvas.node_rect("near")
    assert shows(picture(canvas), (int(box.right()) - 3, int(box.center().y()) - 20, 6, 10), DARK.warn, near=20)
    QTest.mouseRelease(canvas, left, SHIFT, far.toPoint())
    assert at(canvas, "near") == (464, 400)
    assert canvas.graph.groups["loop"].size == Size(400, 240)


def test_the_lower_border_pushes_down(canvas: CanvasView, hand: Hand) -> None:
    beside(canvas)
    box = canvas.node_rect("loop")
    side = QPointF(box.center().x() - 60, box.bottom())
    hand.drag(side, side + QPointF(0, 40))
    assert canvas.graph.groups["loop"].size == Size(320, 280)
    assert at(canvas, "under") == (160, 600 + 24)


def test_the_upper_border_goes_no_lower_than_its_content_allows(canvas: CanvasView, hand: Hand) -> None:
    box = canvas.node_rect("loop")
    side = QPointF(box.center().x() + 40, box.top())
    hand.drag(side, side + QPointF(0, 200))
    group = canvas.graph.groups["loop"]
    assert (group.position.y, group.size.height) == (400 - 52, 560 - 348)


def test_a_nested_group_makes_its_parent_grow_which_pushes(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(
        AddElements((BlockGroup("in", "In", "while", {}, "loop", "body", Position(120, 472), Size(240, 80)), step("near", 464, 480)))
    )
    side = right_of(canvas, "in")
    hand.drag(side, side + QPointF(100, 0))
    inner, outer = canvas.graph.groups["in"], canvas.graph.groups["loop"]
    assert inner.size.width == 344
    assert outer.position.x + outer.size.width == 120 + 344 + 24
    assert at(canvas, "near")[0] == 488 + 24


def test_a_dropped_group_moves_aside_what_it_covers(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(AddElements((step("here", 120, 200),)))
    before = canvas.graph
    hand.press(hand.middle("loop"))
    hand.move(hand.middle("loop") + QPointF(0, -40))
    hand.move(hand.middle("loop") + QPointF(0, -80))
    assert at(canvas, "here") == (120, 200)
    hand.release(hand.middle("loop"))
    loop, here = canvas.graph.groups["loop"], canvas.graph.steps["here"]
    assert loop.position.y < 264
    assert here.position.y + 64 <= loop.position.y or here.position.x >= loop.position.x + loop.size.width
    canvas.undo()
    assert canvas.graph == before


def test_a_step_dropped_into_a_full_group_makes_it_push(canvas: CanvasView, hand: Hand) -> None:
    beside(canvas)
    hand.drag(hand.middle("third"), QPointF(400, 440))
    assert canvas.graph.parent_of("third") == ("loop", "body")
    loop = canvas.graph.groups["loop"]
    assert at(canvas, "near")[0] >= loop.position.x + loop.size.width + 24


def test_the_keys_that_help_are_told_while_the_hand_is_at_work(canvas: CanvasView, hand: Hand) -> None:
    corner = (10, canvas.height() - 110, 320, 100)
    hand.move(QPointF(20, 20))
    before = picture(canvas).copy(*corner)
    side = right_of(canvas, "loop")
    hand.press(side)
    hand.move(side + QPointF(24, 0))
    assert shows(picture(canvas), corner, DARK.text_second, near=12)
    hand.key(Qt.Key.Key_Escape)
    hand.release(side)
    hand.move(QPointF(20, 20))
    assert picture(canvas).copy(*corner) == before

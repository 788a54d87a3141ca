"""Guides while dragging: what lines up, equal gaps, Alt, the grid, Esc, and the time of a frame."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.domain.edits import AddElements
from app.domain.workflow import Graph, Position, Step
from app.ui.canvas.dragging import Drag
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.guides import Snap
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import ALT, NONE, Hand, picture, shows, step


def place(canvas: CanvasView, id: str) -> tuple[int, int]:
    element = canvas.graph.steps[id]
    return element.position.x, element.position.y


def hold(canvas: CanvasView, hand: Hand, id: str, to: tuple[int, int], *, keys: Qt.KeyboardModifier = NONE) -> Snap:
    """Drag a step's corner to a place and hold it there; what is shown."""
    start = hand.middle(id)
    end = start + QPointF(*to) - canvas.node_rect(id).topLeft()
    hand.press(start, keys=keys)
    hand.move(start + (end - start) / 2, keys=keys)
    hand.move(end, keys=keys)
    assert isinstance(canvas.gesture, Drag)
    return canvas.gesture._guides.snap


def drop(canvas: CanvasView, hand: Hand, id: str) -> tuple[int, int]:
    hand.release(hand.middle(id))
    return place(canvas, id)


def alone(canvas: CanvasView, *others: Step) -> None:
    """A canvas with nothing but these steps."""
    assert canvas.model is not None
    canvas.model.open(Graph(steps={s.id: s for s in others}))
    canvas.set_zoom(1.0, QPointF(0, 0))
    canvas.pan_by(*(-canvas.camera.to_screen(QPointF(0, 0))).toTuple())


def test_left_borders_within_six_px_snap_and_show_a_solid_line(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 399, 399))
    snap = hold(canvas, hand, "b", (104, 301))
    assert [(line.axis, line.at, line.solid) for line in snap.lines][:1] == [(0, 99.0, True)]
    x = round(canvas.camera.to_screen(QPointF(99, 0)).x())
    assert shows(picture(canvas), (x - 2, 200, 4, 60), "#7C83FF")
    assert drop(canvas, hand, "b")[0] == 99


def test_seven_px_away_only_the_grid_counts(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 399, 399))
    snap = hold(canvas, hand, "b", (107, 301))
    assert not snap.lines
    assert drop(canvas, hand, "b") == (104, 304)


def test_middles_line_up_with_middles(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 100, 100), step("ask", 400, 300, type="condition"))
    hold(canvas, hand, "ask", (400, 83))
    # The condition is 108 high: its middle comes to 132, where that of the other is.
    assert drop(canvas, hand, "ask")[1] == 132 - 54


def test_lines_that_agree_besides_are_dashed(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 399, 399))
    snap = hold(canvas, hand, "b", (101, 301))
    assert [(line.at, line.solid) for line in snap.lines if line.axis == 0] == [(99.0, True), (291.0, False)]
    canvas.grab()
    drop(canvas, hand, "b")


def test_a_gap_like_the_one_beside_it_snaps_with_its_size_shown(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 97), step("b", 99, 97 + 64 + 37), step("c", 99, 600))
    snap = hold(canvas, hand, "c", (120, 97 + 2 * (64 + 37) + 4))
    assert [round(gap.end - gap.start) for gap in snap.gaps] == [37, 37]
    canvas.grab()
    assert drop(canvas, hand, "c")[1] == 97 + 2 * (64 + 37)


def test_a_step_between_two_others_finds_their_middle(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 3, 99), step("b", 699, 110), step("c", 300, 500))
    snap = hold(canvas, hand, "c", (355, 130))
    assert {round(gap.end - gap.start) for gap in snap.gaps} == {156}
    assert drop(canvas, hand, "c")[0] == 3 + 192 + 156


def test_alt_switches_guides_and_grid_off_while_it_is_held(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 399, 399))
    assert not hold(canvas, hand, "b", (101, 301), keys=ALT).lines
    assert drop(canvas, hand, "b") == (101, 301)


def test_escape_puts_back_and_takes_the_guides_away(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 399, 399))
    before = picture(canvas)
    hold(canvas, hand, "b", (101, 301))
    hand.key(Qt.Key.Key_Escape)
    hand.release(QPointF(200, 330))
    assert place(canvas, "b") == (399, 399)
    canvas.select(())
    assert picture(canvas).size() == before.size()


def test_the_distance_counts_on_the_screen(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 399, 399))
    canvas.set_zoom(0.5, QPointF(0, 0))
    start = hand.middle("b")
    hand.press(start)
    hand.move(start + QPointF(-60, 0))
    hand.move(start + QPointF(-145, 0))  # 290 in the world: the corner comes to 109, ten from the other
    hand.release(start + QPointF(-145, 0))
    assert place(canvas, "b")[0] == 99


def test_a_selection_lines_up_as_one_box(canvas: CanvasView, hand: Hand) -> None:
    alone(canvas, step("a", 99, 99), step("b", 400, 400), step("c", 440, 500))
    canvas.select(("b", "c"))
    hold(canvas, hand, "c", (143, 500))
    drop(canvas, hand, "c")
    assert (place(canvas, "b")[0], place(canvas, "c")[0]) == (99, 139)


def test_a_group_is_not_lined_up_with_what_stands_in_it_nor_that_with_its_group(canvas: CanvasView, hand: Hand) -> None:
    snap = hold(canvas, hand, "inner", (98, 420))
    assert all(line.at != 96.0 for line in snap.lines if line.axis == 0 and line.start == 320)
    drop(canvas, hand, "inner")


def test_a_drag_among_ten_thousand_steps_stays_within_a_frame(canvas: CanvasView, hand: Hand) -> None:
    steps = [Step(f"s{at}", f"S {at}", "transform", {}, Position(at % 100 * 240, at // 100 * 120)) for at in range(10_000)]
    model = GraphModel(Graph(), canvas)
    canvas.set_model(model)
    model.push(AddElements(tuple(steps)))
    canvas.zoom_to_fit()
    start = hand.middle("s5050")
    hand.press(start)
    hand.move(start + QPointF(8, 8))
    canvas.grab()
    took = []
    for at in range(12):
        begin = time.thread_time()
        hand.move(start + QPointF(10 + 3 * at, 10 + 2 * at))
        took.append((time.thread_time() - begin) * 1000)
    hand.key(Qt.Key.Key_Escape)
    hand.release(start)
    assert float(np.median(took)) < 8.0, took

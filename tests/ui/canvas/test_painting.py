"""What is kept and moved must look the same as what is painted anew."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.domain.edits import AddElements, MoveElements, Rename, SetCondition, removal
from app.domain.workflow import Edge, Position
from app.ui.canvas.camera import Camera
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.overlay import OverlayState
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.conftest import Hand, alike, picture, step


def anew(canvas: CanvasView) -> QImage:
    """The same moment with nothing kept."""
    canvas.scene.pictures.cache.clear()
    canvas.composer.invalidate()
    return picture(canvas)


@pytest.mark.parametrize("scale", [0.15, 0.3, 0.47, 1.0, 1.3])
def test_a_panned_canvas_equals_a_fresh_one(canvas: CanvasView, scale: float) -> None:
    canvas.look_from(Camera(13.3, -7.7, scale, canvas.devicePixelRatioF()))
    picture(canvas)
    for dx, dy in ((17, 5), (-60, 33), (0, -211), (8, 0)):
        canvas.pan_by(dx, dy)
        picture(canvas)
    canvas.pan_by(3, 3)
    canvas.pan_by(-40, 12)  # two moves before a frame
    assert alike(picture(canvas), anew(canvas))


def test_a_dropped_step_leaves_nothing_behind(canvas: CanvasView, hand: Hand) -> None:
    picture(canvas)
    start = hand.middle("first")
    hand.press(start)
    for way in (20, 120, 260):
        hand.move(start + QPointF(way, way))
        picture(canvas)
    hand.release(start + QPointF(260, 260))
    canvas.select(())
    assert alike(picture(canvas), anew(canvas))


def test_a_cancelled_drag_leaves_nothing_behind(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("loop",))
    before = picture(canvas)
    hand.press(hand.middle("loop"))
    hand.move(QPointF(500, 400))
    hand.move(QPointF(540, 420))
    assert not alike(picture(canvas), before)
    hand.key(Qt.Key.Key_Escape)
    hand.release(QPointF(540, 420))
    hand.move(QPointF(990, 790))
    assert alike(picture(canvas), before)


def test_every_edit_shows_just_what_a_fresh_canvas_shows(canvas: CanvasView) -> None:
    picture(canvas)
    for edit in (
        Rename("first", "Another name"),
        Rename("loop", "A loop with a rather long name that must be cut"),
        AddElements((step("new", 400, 640), Edge("e9", "third", "new", "$.x > 2"))),
        MoveElements((("new", Position(96, 200)), ("note", Position(300, 700)))),
        SetCondition("e1", "$.ok"),
        SetCondition("e1", None),
        removal(canvas.graph, ["guard"]),
    ):
        assert canvas.change(edit)
        assert alike(picture(canvas), anew(canvas)), edit
    for _ in range(7):
        canvas.undo()
        assert alike(picture(canvas), anew(canvas))


def test_a_drag_during_a_run_leaves_nothing_behind(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    states = {"first": OverlayState("completed", "1 s"), "second": OverlayState("failed", "402"), "loop": OverlayState("failed")}
    with qtbot.waitSignal(canvas.overlay.told):
        canvas.overlay.apply(states)
    picture(canvas)
    hand.drag(hand.middle("second"), QPointF(560, 300))
    canvas.select(())
    hand.move(QPointF(990, 790))
    assert alike(picture(canvas), anew(canvas))


def test_hover_shows_and_goes_away(canvas: CanvasView, hand: Hand) -> None:
    before = picture(canvas)
    hand.move(hand.middle("first"))
    assert not alike(picture(canvas), before)
    hand.move(canvas.port_pos("first", "out"))
    assert not alike(picture(canvas), before)
    hand.move(QPointF(990, 790))
    assert alike(picture(canvas), before)


def test_a_selected_step_has_an_accent_border(canvas: CanvasView) -> None:
    from app.ui.theme import DARK
    from tests.ui.canvas.conftest import colours_in

    canvas.select(("first", "loop", "e1"))
    image, box = picture(canvas), canvas.node_rect("first")
    assert DARK.accent in colours_in(image, (round(box.left()) + 60, round(box.bottom()) - 2, 20, 4))
    group = canvas.node_rect("loop")
    assert DARK.accent in colours_in(image, (round(group.left()) + 80, round(group.bottom()) - 2, 20, 4))


def test_another_theme_repaints_everything(canvas: CanvasView) -> None:
    from app.ui.theme import LIGHT, theme
    from tests.ui.canvas.conftest import colours_in

    picture(canvas)
    theme().set_mode("light")
    image = picture(canvas)
    assert colours_in(image, (980, 780, 3, 3)) <= {LIGHT.canvas, LIGHT.grid_dot}
    assert alike(image, anew(canvas))


def test_another_graph_takes_the_place_of_the_first(canvas: CanvasView) -> None:
    from app.domain.workflow import Graph

    canvas.overlay.apply({"first": OverlayState("running")})
    canvas.select(("first",))
    canvas.set_model(GraphModel(Graph({"only": step("only", 0, 0)}), canvas))
    assert canvas.selected_ids() == ()
    assert not canvas.overlay.active
    assert canvas.node_rect("first").isEmpty()
    assert alike(picture(canvas), anew(canvas))


@pytest.mark.parametrize("dpr", [1.0, 1.25, 2.0])
def test_a_camera_pans_by_whole_device_pixels(dpr: float) -> None:
    camera = Camera(3.1, 4.2, 0.7, dpr)
    moved, step_x, step_y = camera.panned(10.4, -3.3)
    before, after = camera.to_screen(QPointF(100, 100)), moved.to_screen(QPointF(100, 100))
    assert (after.x() - before.x()) * dpr == pytest.approx(step_x)
    assert (after.y() - before.y()) * dpr == pytest.approx(step_y)


def test_a_resize_shows_the_steps_above_the_new_body_and_leaves_nothing_behind(canvas: CanvasView, hand: Hand) -> None:
    from app.ui.theme import DARK
    from tests.ui.canvas.conftest import colours_in

    corner = canvas.node_rect("loop").bottomRight() - QPointF(6, 6)
    hand.press(corner)
    hand.move(corner + QPointF(80, 60))
    box = canvas.node_rect("inner")
    assert DARK.card in colours_in(picture(canvas), (round(box.left()) + 100, round(box.bottom()) - 8, 10, 4))
    hand.release(corner + QPointF(80, 60))
    hand.move(QPointF(990, 790))
    assert alike(picture(canvas), anew(canvas))

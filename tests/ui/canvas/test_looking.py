"""Pan and zoom."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.workflow import Graph
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.view import CanvasView
from tests.catalog import CATALOG
from tests.ui.canvas.conftest import CTRL, NONE, SHIFT, Hand, alike, picture, sample


def wheel(view: CanvasView, at: QPointF, turn: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
    where = view.mapToGlobal(at)
    event = QWheelEvent(at, where, QPoint(), turn, Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, event)


def test_the_wheel_pans_and_with_shift_sideways(canvas: CanvasView) -> None:
    wheel(canvas, QPointF(300, 300), QPoint(0, -120))
    assert canvas.node_rect("first").topLeft() == QPointF(96, 36)
    wheel(canvas, QPointF(300, 300), QPoint(0, -120), SHIFT)
    assert canvas.node_rect("first").topLeft() == QPointF(36, 36)


@pytest.mark.parametrize("turn", [120, -120, 40, 600])
def test_control_and_wheel_zoom_with_the_point_under_the_pointer_staying(canvas: CanvasView, turn: int) -> None:
    heard: list[float] = []
    canvas.zoom_changed.connect(heard.append)
    at = canvas.port_pos("second", "out")
    wheel(canvas, at, QPoint(0, turn), CTRL)
    moved = canvas.port_pos("second", "out") - at
    assert abs(moved.x()) < 1e-6 and abs(moved.y()) < 1e-6
    assert canvas.zoom == pytest.approx(1.2 ** (turn / 120))
    assert heard == [canvas.zoom]


def test_zoom_stays_within_its_bounds(canvas: CanvasView) -> None:
    canvas.set_zoom(100)
    assert canvas.zoom == 4.0
    canvas.set_zoom(0.001)
    assert canvas.zoom == 0.04


def test_the_middle_button_pans(canvas: CanvasView, hand: Hand) -> None:
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(60, 40), button=Qt.MouseButton.MiddleButton)
    assert canvas.node_rect("first").topLeft() == QPointF(156, 136)
    assert canvas.graph == sample()
    assert canvas.selected_ids() == ()


def test_space_makes_the_left_button_pan(canvas: CanvasView, hand: Hand) -> None:
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(60, 40))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.node_rect("first").topLeft() == QPointF(156, 136)
    hand.click(hand.middle("first"))
    assert canvas.selected_ids() == ("first",)


def test_escape_while_panning_goes_back(canvas: CanvasView, hand: Hand) -> None:
    hand.press(QPointF(500, 300), button=Qt.MouseButton.MiddleButton)
    hand.move(QPointF(700, 300))
    hand.key(Qt.Key.Key_Escape)
    hand.release(QPointF(700, 300), button=Qt.MouseButton.MiddleButton)
    assert canvas.node_rect("first").topLeft() == QPointF(96, 96)


def test_the_hand_tool_pans_until_it_is_put_away(canvas: CanvasView, hand: Hand) -> None:
    canvas.set_hand_tool(True)
    hand.drag(hand.middle("first"), hand.middle("first") + QPointF(60, 0))
    assert canvas.node_rect("first").left() == 156
    canvas.set_hand_tool(False)
    hand.click(hand.middle("first"))
    assert canvas.selected_ids() == ("first",)


def test_fit_shows_the_whole_graph(canvas: CanvasView, hand: Hand) -> None:
    canvas.set_zoom(3)
    hand.key(Qt.Key.Key_0, CTRL)
    graph = canvas.graph
    for id in [*graph.steps, *graph.groups, *graph.notes]:
        assert QRectF(canvas.rect()).contains(canvas.node_rect(id))
    hand.key(Qt.Key.Key_1, CTRL)
    assert canvas.zoom == 1.0


def test_fit_of_an_empty_graph_is_the_origin_at_100_percent(dressed: QApplication, qtbot: QtBot) -> None:
    view = CanvasView()
    qtbot.addWidget(view)
    view.set_catalog(CATALOG)
    view.set_model(GraphModel(Graph(), view))
    view.zoom_to_fit()
    assert view.zoom == 1.0


def test_a_view_that_was_hidden_fits_when_it_is_shown(dressed: QApplication, qtbot: QtBot) -> None:
    view = CanvasView()
    qtbot.addWidget(view)
    view.set_catalog(CATALOG)
    view.set_model(GraphModel(sample(), view))
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    assert QRectF(view.rect()).contains(view.node_rect("third"))


def test_what_is_out_of_sight_is_brought_in(canvas: CanvasView) -> None:
    canvas.pan_by(-4000, 0)
    canvas.ensure_visible("third")
    assert QRectF(canvas.rect()).contains(canvas.node_rect("third"))


def test_after_zooming_the_picture_becomes_sharp_by_itself(canvas: CanvasView, qtbot: QtBot) -> None:
    wheel(canvas, QPointF(300, 300), QPoint(0, -40), CTRL)
    canvas.grab()
    assert canvas.zooming
    qtbot.waitUntil(lambda: not canvas.zooming)
    sharp = picture(canvas)
    canvas.scene.pictures.cache.clear()
    canvas.composer.invalidate()
    assert alike(picture(canvas), sharp)

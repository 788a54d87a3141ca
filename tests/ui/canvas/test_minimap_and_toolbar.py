"""What floats over the canvas: overview and toolbar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import MoveElements
from app.domain.workflow import Position
from app.ui.actions import Actions
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.overlay import OverlayState
from app.ui.canvas.toolbar import CanvasToolbar
from app.ui.canvas.view import CanvasView
from app.ui.theme import DARK
from app.ui.widgets.buttons import IconButton
from tests.ui.canvas.conftest import NONE, Hand, shows


@pytest.fixture
def toolbar(canvas: CanvasView) -> CanvasToolbar:
    bar = CanvasToolbar(Actions(canvas), canvas)
    bar.set_view(canvas)
    bar.adjustSize()
    bar.show()
    return bar


@pytest.fixture
def minimap(toolbar: CanvasToolbar, canvas: CanvasView) -> Minimap:
    return canvas.findChild(Minimap)


def button(bar: QWidget, name: str) -> IconButton:
    return bar.findChild(IconButton, name)


def test_the_toolbar_shows_the_zoom(toolbar: CanvasToolbar, canvas: CanvasView) -> None:
    canvas.set_zoom(0.69)
    assert toolbar.findChild(object, "zoom-button").text() == "69 %"


def test_the_hand_tool_of_the_toolbar_pans(toolbar: CanvasToolbar, canvas: CanvasView, hand: Hand) -> None:
    QTest.mouseClick(button(toolbar, "hand-tool-button"), Qt.MouseButton.LeftButton)
    hand.drag(hand.middle("first"), hand.middle("third"))
    assert canvas.node_rect("first").left() > 600
    QTest.mouseClick(button(toolbar, "select-tool-button"), Qt.MouseButton.LeftButton)
    hand.click(hand.middle("first"))
    assert canvas.selected_ids() == ("first",)


def test_the_overview_can_be_put_away(toolbar: CanvasToolbar, minimap: Minimap) -> None:
    assert minimap.isVisible()
    QTest.mouseClick(button(toolbar, "minimap-button"), Qt.MouseButton.LeftButton)
    assert not minimap.isVisible()


def test_the_overview_stays_in_its_corner(minimap: Minimap, canvas: CanvasView) -> None:
    canvas.resize(700, 500)
    assert canvas.rect().contains(minimap.geometry())
    assert minimap.geometry().right() > 650


def test_a_press_in_the_overview_goes_there(minimap: Minimap, canvas: CanvasView) -> None:
    canvas.grab()
    canvas.set_zoom(2.0)
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=minimap.eye.to_screen(QPointF(124, 680)).toPoint())
    seen = canvas.node_rect("note")
    assert canvas.rect().contains(seen.center().toPoint())


def test_the_overview_follows_the_graph_and_the_run(minimap: Minimap, canvas: CanvasView, qtbot: QtBot) -> None:
    before = minimap.grab().toImage()
    canvas.change(MoveElements((("note", Position(900, 24)),)))
    qtbot.waitUntil(lambda: minimap.grab().toImage() != before)
    canvas.overlay.apply({"first": OverlayState("failed", "402")})

    def shows_failure() -> bool:
        image = minimap.grab().toImage()
        return shows(image.convertToFormat(image.Format.Format_RGB32), (8, 8, image.width() - 16, image.height() - 16), DARK.error)

    qtbot.waitUntil(shows_failure)


def test_the_frame_of_the_overview_is_dragged_without_a_jump(minimap: Minimap, canvas: CanvasView) -> None:
    canvas.grab()
    canvas.set_zoom(2.0)
    frame, before = minimap.seen, canvas.camera
    start = (frame.center() + QPointF(6, -4)).toPoint()
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, pos=start)
    assert abs(canvas.camera.x - before.x) < 0.5 / canvas.zoom and abs(canvas.camera.y - before.y) < 0.5 / canvas.zoom
    QTest.mouseMove(minimap, QPointF(start + QPointF(20, 10).toPoint()).toPoint())
    QTest.mouseRelease(minimap, Qt.MouseButton.LeftButton, pos=(QPointF(start) + QPointF(20, 10)).toPoint())
    moved = minimap.seen.center() - frame.center()
    assert abs(moved.x() - 20) < 1.5 and abs(moved.y() - 10) < 1.5


def test_the_wheel_over_the_overview_zooms_into_that_place(minimap: Minimap, canvas: CanvasView) -> None:
    canvas.grab()
    place = minimap.eye.to_screen(QPointF(124, 680))
    where = minimap.mapToGlobal(place)
    turned = QWheelEvent(place, where, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False)
    before = canvas.zoom
    QApplication.sendEvent(minimap, turned)
    assert canvas.zoom == pytest.approx(before * 1.2)
    assert canvas.rect().contains(canvas.node_rect("note").center().toPoint())


def test_a_running_group_shows_in_the_overview(minimap: Minimap, canvas: CanvasView, qtbot: QtBot) -> None:
    canvas.overlay.apply({"loop": OverlayState("running", "1 active")})

    def shows_it() -> bool:
        image = minimap.grab().toImage()
        return shows(image.convertToFormat(image.Format.Format_RGB32), (8, 8, image.width() - 16, image.height() - 16), DARK.running)

    qtbot.waitUntil(shows_it)

"""Tidying up by key and button: everything or the selection, as a movement, beside the window when it is large, and one undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.workflow import Definition
from app.ui import progress
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from app.ui.theme import theme
from app.ui.tidying import TIDY
from tests.benchmarks.canvas_graph import large_graph
from tests.fakes.services import FakeServices

Open = Callable[[str], None]
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(window: MainWindow, opened: Open) -> CanvasView:
    opened("triage")
    found = window.editor.view
    found.zoom_to_fit()
    found.setFocus()
    return found


def tidy(view: CanvasView) -> None:
    QTest.keyClick(view, Qt.Key.Key_F, CTRL_SHIFT)


def changed_since(view: CanvasView, before: object) -> Callable[[], bool]:
    return lambda: view.graph is not before and not view.gliding.is_under_way


def test_a_key_lays_everything_out_as_one_undo(view: CanvasView, qtbot: QtBot) -> None:
    before = view.graph
    tidy(view)
    qtbot.waitUntil(changed_since(view, before))
    places = [view.graph.steps[id].position for id in ("new_ticket", "classify", "route")]
    assert len({place.y for place in places}) == 1
    assert view.model.undo_stack.undoText() == "Tidy up"
    view.undo()
    assert view.graph == before


def test_the_button_of_the_toolbar_does_too_and_twice_says_that_all_is_well(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    before = view.graph
    button = window.findChild(QWidget, "auto-layout-button")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(changed_since(view, before))
    after = view.graph
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.notices.text == TIDY)
    assert view.graph is after


def test_nodes_glide_to_their_places_and_a_press_ends_it(view: CanvasView, qtbot: QtBot) -> None:
    before = {id: view.node_rect(id) for id in view.graph.steps}
    graph = view.graph
    tidy(view)
    qtbot.waitUntil(lambda: view.graph is not graph)
    assert view.gliding.is_under_way
    far = max(view.graph.steps, key=lambda id: (QPointF(before[id].topLeft()) - QPointF(view.node_rect(id).topLeft())).manhattanLength())
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPointF(4, 4).toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPointF(4, 4).toPoint())
    assert not view.gliding.is_under_way
    place = view.graph.steps[far].position
    assert view.node_rect(far).topLeft() == view.camera.to_screen(QPointF(place.x, place.y))


def test_with_reduced_motion_nothing_glides(view: CanvasView, qtbot: QtBot) -> None:
    theme().set_reduce_motion(True)
    try:
        graph = view.graph
        tidy(view)
        qtbot.waitUntil(lambda: view.graph is not graph)
        assert not view.gliding.is_under_way
    finally:
        theme().set_reduce_motion(False)


def test_only_the_group_that_is_selected_is_laid_out(view: CanvasView, qtbot: QtBot) -> None:
    header = view.node_rect("refund").topLeft() + QPointF(60, 10)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=header.toPoint())
    assert view.selected_ids() == ("refund",)
    before = view.graph
    tidy(view)
    qtbot.waitUntil(changed_since(view, before))
    assert view.graph.groups["refund"].position == before.groups["refund"].position
    assert view.graph.steps["new_ticket"] == before.steps["new_ticket"]
    assert view.graph.steps["fetch"] != before.steps["fetch"]


def test_a_large_workflow_is_laid_out_beside_the_window(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    services.workflows.add(Definition("Large", large_graph(4)), id="large")
    opened("large")
    view = window.editor.view
    view.setFocus()
    before = view.graph
    tidy(view)
    assert view.graph is before
    qtbot.waitUntil(lambda: view.graph is not before, timeout=20_000)
    assert len(view.graph.steps) == 400
    view.undo()
    assert view.graph == before


def test_a_layout_that_takes_long_shows_a_bar_and_can_be_stopped(
    window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SHOW_AFTER_MS", 0)
    services.workflows.add(Definition("Large", large_graph(20)), id="large")
    opened("large")
    view = window.editor.view
    view.setFocus()
    before = view.graph
    tidy(view)
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(QWidget, "progress-dialog")))
    QTest.mouseClick(window.findChild(QWidget, "progress-stop"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "progress-dialog") is None, timeout=20_000)
    assert view.graph is before

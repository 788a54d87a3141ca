"""The menu of the right mouse button: what it offers on nothing, a step, an edge and several, and that it does it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from tests.ui.canvas.conftest import Hand


@pytest.fixture
def view(window: MainWindow, opened: Callable[[str], None]) -> Iterator[CanvasView]:
    opened("hello")
    shown = window.editor.view
    assert shown is not None
    shown.setFocus()
    yield shown


def right_click(view: CanvasView, at: QPointF) -> QMenu:
    """Press and release of the right button, and the menu event that the desktop makes of it."""
    point = at.toPoint()
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=point)
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, view.mapToGlobal(point)))
    return next(menu for menu in reversed(view.findChildren(QMenu, "canvas-menu")) if menu.isVisible())


def offered(menu: QMenu) -> set[str]:
    return {action.objectName() for action in menu.actions() if action.objectName()}


def choose(view: CanvasView, menu: QMenu, id: str) -> None:
    """Move to an entry and click it, as the pointer leaves the canvas for the menu."""
    action = next(action for action in menu.actions() if action.objectName() == id)
    view.leaveEvent(None)  # type: ignore[arg-type]  # the offscreen platform tells no leave for a menu
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def test_on_nothing_it_adds_and_pastes_there(view: CanvasView) -> None:
    at = QPointF(300, view.height() - 140)
    menu = right_click(view, at)
    assert {"add-step", "paste", "select-all"} & offered(menu) >= {"add-step", "paste"}
    assert not {"copy", "delete-selection", "edit-condition"} & offered(menu)
    choose(view, menu, "add-step")
    popup = view.adding.popup
    assert popup is not None
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert view.node_rect(view.selected_ids()[0]).contains(at)


def test_on_a_step_it_selects_it_and_offers_what_can_be_done_with_it(view: CanvasView) -> None:
    hand = Hand(view)
    menu = right_click(view, hand.middle("s1"))
    assert view.selected_ids() == ("s1",)
    assert {"add-step-after", "cut", "copy", "duplicate", "delete-selection", "select-downstream"} <= offered(menu)
    choose(view, menu, "duplicate")
    assert len(view.graph.steps) == 4


def test_on_an_edge_it_offers_its_condition(view: CanvasView) -> None:
    middle = (view.port_pos("s0", "out") + view.port_pos("s1", "in")) / 2
    menu = right_click(view, middle)
    assert {"edit-condition", "delete-selection"} <= offered(menu)
    assert not {"reset-route", "copy"} & offered(menu)
    choose(view, menu, "delete-selection")
    assert len(view.graph.edges) == 1


def test_within_a_selection_it_is_about_all_of_it(view: CanvasView) -> None:
    view.select(("s0", "s1"))
    menu = right_click(view, Hand(view).middle("s1"))
    assert view.selected_ids() == ("s0", "s1")
    choose(view, menu, "delete-selection")
    assert set(view.graph.steps) == {"s2"}


def test_what_is_selected_is_connected_in_its_order(view: CanvasView) -> None:
    from app.domain.edits import RemoveElements

    view.change(RemoveElements(("e0", "e1")))
    view.select(("s0", "s2", "s1"))
    Hand(view).key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    joined = {(edge.source_step_id, edge.target_step_id) for edge in view.graph.edges.values()}
    assert joined == {("s0", "s2"), ("s2", "s1")}
    assert view.model is not None and view.model.undo_stack.count() == 2
    heard: list[str] = []
    view.refused.connect(heard.append)
    view.select(("s1", "s0"))
    Hand(view).key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert "circle" in heard[0] and len(view.graph.edges) == 2


def test_an_edge_that_was_led_by_hand_is_straightened_from_the_menu(view: CanvasView) -> None:
    middle = (view.port_pos("s0", "out") + view.port_pos("s1", "in")) / 2
    Hand(view).drag(middle, middle + QPointF(0, 60))
    assert "edge_routes" in view.graph.details.settings
    points = view.scene.geometry.links.points[view.scene.geometry.links.slot["e0"]]
    there = QPointF(*(points.sum(axis=0) / 4).tolist())
    menu = right_click(view, view.camera.to_screen(QPointF(there.x(), points[1:3, 1].mean() * 0.75 + points[0, 1] * 0.25)))
    assert view.selected_ids() == ("e0",)
    choose(view, menu, "reset-route")
    assert "edge_routes" not in view.graph.details.settings

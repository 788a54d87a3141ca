"""The bar over a selection: where it is, what it does, and the keys that do the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.domain.edits import MoveElements
from app.domain.workflow import Position
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from app.ui.selection_bar import AWAY, SelectionBar
from app.ui.widgets.buttons import ActionButton
from tests.ui.canvas.conftest import ALT, SHIFT, Hand


@pytest.fixture
def view(window: MainWindow, opened: Callable[[str], None]) -> Iterator[CanvasView]:
    opened("hello")
    shown = window.editor.view
    assert shown is not None
    shown.setFocus()
    shown.set_zoom(0.8)
    yield shown


@pytest.fixture
def bar(view: CanvasView) -> SelectionBar:
    found = view.findChild(SelectionBar)
    assert isinstance(found, SelectionBar)
    return found


def button(bar: SelectionBar, name: str) -> ActionButton:
    found = bar.findChild(ActionButton, name)
    assert isinstance(found, ActionButton)
    return found


def press(bar: SelectionBar, name: str) -> None:
    QTest.mouseClick(button(bar, name), Qt.MouseButton.LeftButton)


def places(view: CanvasView) -> dict[str, Position]:
    return {step.id: step.position for step in view.graph.steps.values()}


def test_it_stands_over_two_or_more_and_counts_them(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0",))
    assert not bar.isVisible()
    view.select(("s0", "s1"))
    assert bar.isVisible() and bar.height() == 40
    assert bar.count.text() == "2"
    box = view.node_rect("s0").united(view.node_rect("s1"))
    assert abs(bar.geometry().bottom() + 1 + AWAY - box.top()) <= 1
    assert abs(bar.geometry().center().x() - box.center().x()) <= 1


def test_it_is_below_where_there_is_no_room_above_and_follows_the_camera(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0", "s1"))
    before = bar.y()
    view.pan_by(0, 10)
    assert bar.y() == before + 10
    view.pan_by(0, 30 - view.node_rect("s0").top())
    assert bar.y() == round(view.node_rect("s0").bottom() + AWAY)


def test_it_is_gone_while_the_hand_drags(view: CanvasView, bar: SelectionBar, qtbot: QtBot) -> None:
    hand = Hand(view)
    view.select(("s0", "s1"))
    start = hand.middle("s0")
    hand.press(start)
    hand.move(start + QPointF(0, 40))
    assert not bar.isVisible()
    hand.release(start + QPointF(0, 40))
    qtbot.waitUntil(bar.isVisible)


def test_its_buttons_align_as_one_undo(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0", "s1", "s2"))
    press(bar, "selection-align-left")
    assert {place.x for place in places(view).values()} == {0}
    assert view.model is not None and view.model.undo_stack.count() == 1
    view.undo()
    assert {place.x for place in places(view).values()} == {0, 240, 480}


KEYS = [
    (Qt.Key.Key_A, ALT, [(0, 100), (0, 180), (0, 300)]),
    (Qt.Key.Key_D, ALT, [(480, 100), (480, 180), (480, 300)]),
    (Qt.Key.Key_W, ALT, [(0, 100), (200, 100), (480, 100)]),
    (Qt.Key.Key_S, ALT, [(0, 300), (200, 300), (480, 300)]),
    (Qt.Key.Key_H, ALT, [(240, 100), (240, 180), (240, 300)]),
    (Qt.Key.Key_V, ALT, [(0, 200), (200, 200), (480, 200)]),
    (Qt.Key.Key_H, ALT | SHIFT, [(0, 100), (240, 180), (480, 300)]),
    (Qt.Key.Key_V, ALT | SHIFT, [(0, 100), (200, 200), (480, 300)]),
]


def test_keys_align_and_distribute(view: CanvasView, bar: SelectionBar) -> None:
    view.change(MoveElements((("s1", Position(200, 180)), ("s2", Position(480, 300)))))
    before = view.graph
    for key, keys, wanted in KEYS:
        view.select(("s0", "s1", "s2"))
        Hand(view).key(key, keys)
        assert [(place.x, place.y) for place in places(view).values()] == wanted, (key, keys)
        view.undo()
        assert view.graph == before


def test_two_cannot_be_distributed(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0", "s1"))
    assert not button(bar, "selection-distribute-across").isEnabled()
    view.select(("s0", "s1", "s2"))
    assert button(bar, "selection-distribute-across").isEnabled()


def test_the_count_lists_what_is_selected_and_a_choice_selects_it_alone(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0", "s1"))
    press(bar, "selection-count")
    menu = bar.findChild(QMenu, "selection-list")
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == ["Step 0", "Step 1"]
    second = menu.actionGeometry(menu.actions()[1]).center()
    QTest.mouseMove(menu, second)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=second)
    assert view.selected_ids() == ("s1",)
    assert not bar.isVisible()


def test_group_groups_and_its_arrow_offers_the_types(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0", "s1"))
    QTest.keyClick(button(bar, "selection-group"), Qt.Key.Key_Down)
    menu = bar.findChild(QMenu, "group-as-menu")
    assert isinstance(menu, QMenu) and len(menu.actions()) == 6
    menu.close()
    press(bar, "selection-group")
    assert len(view.graph.groups) == 1


def test_more_holds_what_the_menu_of_the_canvas_holds(view: CanvasView, bar: SelectionBar) -> None:
    view.select(("s0", "s1"))
    press(bar, "selection-more")
    menu = bar.findChild(QMenu, "canvas-menu")
    assert isinstance(menu, QMenu)
    assert {"copy", "delete-selection"} <= {action.objectName() for action in menu.actions()}
    menu.close()


def test_what_leads_to_a_step_and_what_follows_it_can_be_selected(view: CanvasView) -> None:
    view.select(("s1",))
    Hand(view).key(Qt.Key.Key_Right, SHIFT | ALT)
    assert set(view.selected_ids()) == {"s1", "s2"}
    view.select(("s2",))
    Hand(view).key(Qt.Key.Key_Left, SHIFT | ALT)
    assert set(view.selected_ids()) == {"s0", "s1", "s2"}

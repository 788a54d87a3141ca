"""Groups made, dissolved, turned and folded by hand in the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.domain.regrouping import SEVERAL_SCOPES
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences

Open = Callable[[str], None]
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(window: MainWindow, opened: Open) -> CanvasView:
    opened("triage")
    found = window.editor.view
    found.zoom_to_fit()
    found.setFocus()
    return found


def pick(view: CanvasView, *ids: str) -> None:
    """Click one element after the other, adding to the selection."""
    for at, id in enumerate(ids):
        box = view.node_rect(id)
        point = QPointF(box.center().x(), box.top() + 23 * view.zoom) if id in view.graph.groups else box.center()
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, SHIFT if at else Qt.KeyboardModifier.NoModifier, point.toPoint())
    assert view.selected_ids() == ids


def menu_at(view: CanvasView, at: QPoint) -> QMenu:
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at)))
    return view.findChildren(QMenu, "canvas-menu")[-1]


def choose(menu: QMenu, name: str) -> None:
    """Click an entry of an open menu, through its submenu where it stands in one."""
    for action in menu.actions():
        if action.objectName() == name:
            QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
            return
        inner = action.menu()
        if inner is not None and any(each.objectName() == name for each in inner.actions()):
            inner.popup(menu.mapToGlobal(menu.actionGeometry(action).topRight()))
            choose(inner, name)
            menu.close()
            return
    raise AssertionError(f"the menu has no {name}: {[action.objectName() or action.text() for action in menu.actions()]}")


def test_ctrl_g_groups_what_is_selected_and_undo_takes_it_back(view: CanvasView) -> None:
    before = view.graph
    pick(view, "search", "rerank")
    QTest.keyClick(view, Qt.Key.Key_G, CTRL)
    (made,) = (group for key, group in view.graph.groups.items() if key not in before.groups)
    assert (made.type, made.name) == ("foreach", "For each")
    assert [view.graph.parent_of(id) for id in ("search", "rerank")] == [(made.id, "body")] * 2
    assert view.selected_ids() == (made.id,)
    assert view.graph.edges == before.edges
    QTest.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert view.graph == before


def test_ctrl_g_repeats_the_type_that_was_chosen_last(view: CanvasView, preferences: Preferences) -> None:
    pick(view, "send")
    menu = menu_at(view, view.node_rect("send").center().toPoint())
    choose(menu, "group-as-try_catch")
    pick(view, "draft")
    QTest.keyClick(view, Qt.Key.Key_G, CTRL)
    types = [group.type for group in view.graph.groups.values()]
    assert types[-2:] == ["try_catch", "try_catch"]
    assert preferences.text("groups/last-type") == "try_catch"


def test_a_selection_out_of_several_groups_is_refused_with_a_sentence(window: MainWindow, view: CanvasView) -> None:
    before = view.graph
    pick(view, "fetch", "search")
    QTest.keyClick(view, Qt.Key.Key_G, CTRL)
    assert view.graph is before
    assert window.notices.text == SEVERAL_SCOPES


def test_ctrl_shift_g_takes_a_group_apart_and_selects_what_was_in_it(view: CanvasView) -> None:
    before = view.graph
    pick(view, "each")
    QTest.keyClick(view, Qt.Key.Key_G, CTRL | SHIFT)
    assert "each" not in view.graph.groups
    assert set(view.selected_ids()) == {"extract", "summarise"}
    assert view.graph.edges == before.edges
    view.undo()
    assert view.graph == before


def test_turning_a_group_says_what_is_lost_and_keeping_it_changes_nothing(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    before = view.graph
    pick(view, "refund")
    choose(menu_at(view, (view.node_rect("refund").topLeft() + QPointF(120, 12)).toPoint()), "retype-foreach")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "dialog-yes") is not None)
    words = " ".join(label.text() for label in window.findChild(object, "confirm-dialog").findChildren(object) if hasattr(label, "text"))
    assert "“Try again” is dropped" in words and "“catch” will stand in “body”" in words
    QTest.mouseClick(window.findChild(QWidget, "dialog-no"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "dialog-yes") is None)
    assert view.graph is before


def test_turning_a_group_maps_its_roles_as_one_undo(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    before = view.graph
    pick(view, "refund")
    choose(menu_at(view, (view.node_rect("refund").topLeft() + QPointF(120, 12)).toPoint()), "retype-if_else")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "dialog-yes") is not None)
    QTest.mouseClick(window.findChild(QWidget, "dialog-yes"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.graph.groups["refund"].type == "if_else")
    assert [view.graph.parent_of(id)[1] for id in ("fetch", "issue", "tell", "flag")] == ["then", "then", "else", "else"]
    view.undo()
    assert view.graph == before


def test_turning_what_loses_nothing_does_not_ask(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    pick(view, "search")
    choose(menu_at(view, view.node_rect("search").center().toPoint()), "group-as-parallel")
    made = view.selected_ids()[0]
    window.actions_of_window["retype-while"].trigger()
    qtbot.waitUntil(lambda: view.graph.groups[made].type == "while")
    assert window.findChild(QWidget, "dialog-yes") is None


def test_what_is_folded_comes_back_with_the_workflow(window: MainWindow, view: CanvasView, opened: Open, qtbot: QtBot) -> None:
    pick(view, "each")
    QTest.keyClick(view, Qt.Key.Key_E, CTRL)
    assert view.folding.folded == {"each"}
    assert view.node_rect("extract").isEmpty()
    QTest.keyClick(view, Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: window.editor.current is None)
    opened("triage")
    assert window.editor.view.folding.folded == {"each"}


def test_opening_a_group_pushes_and_undo_folds_it_again(view: CanvasView) -> None:
    pick(view, "each")
    QTest.keyClick(view, Qt.Key.Key_E, CTRL)
    box = view.node_rect("each")
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=view.node_rect("search").center().toPoint())
    for way in (0.5, 1.0):
        QTest.mouseMove(view, (view.node_rect("search").center() * (1 - way) + (box.center() + QPointF(0, 90 * view.zoom)) * way).toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=(box.center() + QPointF(0, 90 * view.zoom)).toPoint())
    beside = view.graph.steps["search"].position
    pick(view, "each")
    QTest.keyClick(view, Qt.Key.Key_E, CTRL)
    group = view.graph.groups["each"]
    moved = view.graph.steps["search"].position
    assert moved != beside
    assert moved.y >= group.position.y + group.size.height or moved.x >= group.position.x + group.size.width
    QTest.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert view.folding.folded == {"each"}
    assert view.graph.steps["search"].position == beside
    QTest.keyClick(view, Qt.Key.Key_Y, CTRL)
    assert view.folding.folded == frozenset()
    assert view.graph.steps["search"].position == moved


def test_the_menu_offers_only_what_fits(view: CanvasView) -> None:
    menu = menu_at(view, QPoint(view.width() - 12, 12))
    assert view.selected_ids() == ()
    names = {action.objectName() for action in menu.actions()}
    assert "zoom-fit" in names and not names & {"group-selection", "ungroup", "toggle-fold"}
    menu.close()
    menu = menu_at(view, view.node_rect("send").center().toPoint())
    assert view.selected_ids() == ("send",)
    assert "group-selection" in {action.objectName() for action in menu.actions()}
    menu.close()


def test_the_inspector_offers_what_can_be_done_with_a_group(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    pick(view, "each")
    QTest.mouseClick(window.findChild(QWidget, "inspector-more"), Qt.MouseButton.LeftButton)
    menu = window.editor.inspector.findChildren(QMenu, "canvas-menu")[-1]
    choose(menu, "retype-while")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "dialog-yes") is not None)
    QTest.mouseClick(window.findChild(QWidget, "dialog-yes"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.graph.groups["each"].type == "while")


def test_groups_are_reached_by_keys_alone(view: CanvasView) -> None:
    pick(view, "flag")
    QTest.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert view.selected_ids() == ("refund",)
    QTest.keyClick(view, Qt.Key.Key_E, CTRL)
    assert view.folding.folded == {"refund"}
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert view.folding.folded == frozenset()
    assert view.selected_ids() == ("fetch", "issue", "tell", "flag")

"""Tabs of the editor: marks, order of use, closing and coming back, many of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import Rename
from app.domain.errors import DatabaseUnavailable
from app.domain.workflow import Definition
from app.ui.editor_tabs import MOST_WIDTH, Mark, TabEnd
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.session import Session
from tests.fakes.services import FakeServices
from tests.ui.samples import chain
from tests.ui.test_main_window import button

Open = Callable[[str], None]
CTRL, SHIFT, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def more(window: MainWindow, services: FakeServices) -> None:
    for name in ("a", "b", "c"):
        services.workflows.add(chain(f"Workflow {name.upper()}"), id=name)


def shown(window: MainWindow) -> str:
    return window.editor.current.workflow_id if window.editor.current is not None else ""


def row(window: MainWindow) -> list[str]:
    return [document.workflow_id for document in window.editor.tabs.documents]


def mark(window: MainWindow, at: int) -> Mark:
    end = window.editor.tabs.bar.tabButton(at, QTabBar.ButtonPosition.RightSide)
    assert isinstance(end, TabEnd)
    return end.mark


def test_a_tab_is_36_high_and_at_most_240_wide_with_the_whole_name_on_hover(
    window: MainWindow, opened: Open, services: FakeServices
) -> None:
    name = "Monthly invoice run for Northwind and all eleven of its subsidiaries & partners <b>"
    services.workflows.add(Definition(name), id="long")
    opened("long")
    bar = window.editor.tabs.bar
    assert bar.tabRect(0).height() == 36 and bar.tabRect(0).width() == MOST_WIDTH
    assert bar.elideMode() is Qt.TextElideMode.ElideMiddle
    assert "subsidiaries &amp; partners &lt;b&gt;" in bar.tabToolTip(0)
    assert bar.accessibleTabName(0) == name


def test_the_mark_tells_of_unsaved_edits_a_run_and_a_failure(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    assert mark(window, 0) is Mark.NONE
    services.editing.failure = DatabaseUnavailable("no answer")
    window.editor.current.model.push(Rename("s0", "Begin"))
    assert mark(window, 0) is Mark.UNSAVED
    assert window.editor.tabs.bar.accessibleTabName(0) == "Hello, workflow, unsaved"
    services.editing.failure = None
    QTest.keyClick(window.editor.view, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: mark(window, 0) is Mark.NONE)
    QTest.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: mark(window, 0) is Mark.RUNNING)
    run = services.runs.runs[next(iter(services.runs.runs))]
    run.row = replace(run.row, is_paused=True, seq=run.row.seq + 1000)
    qtbot.waitUntil(lambda: mark(window, 0) is Mark.PAUSED, timeout=8000)
    services.runs.end(run.row.id, "failed", error={"message": "no"})
    run.row = replace(run.row, is_paused=False, seq=run.row.seq + 2000)
    qtbot.waitUntil(lambda: mark(window, 0) is Mark.FAILED, timeout=8000)


def test_control_tab_goes_back_to_what_was_used_before(window: MainWindow, more: None, opened: Open) -> None:
    for id in ("a", "b", "c"):
        opened(id)
    QTest.keyClick(window.editor.view, Qt.Key.Key_Tab, CTRL)
    assert shown(window) == "b"
    QTest.keyClick(window.editor.view, Qt.Key.Key_Tab, CTRL)
    assert shown(window) == "c"


def test_while_control_is_held_tab_goes_further_back(window: MainWindow, more: None, opened: Open, qtbot: QtBot) -> None:
    for id in ("a", "b", "c"):
        opened(id)
    screen = window.windowHandle()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.editor.view)
    QTest.keyPress(screen, Qt.Key.Key_Tab, CTRL)  # a click would let go of Ctrl as well
    assert shown(window) == "b"
    QTest.keyPress(screen, Qt.Key.Key_Tab, CTRL)
    assert shown(window) == "a"
    QTest.keyRelease(screen, Qt.Key.Key_Control, NONE)
    QTest.keyPress(screen, Qt.Key.Key_Tab, CTRL)
    assert shown(window) == "c"
    QTest.keyRelease(screen, Qt.Key.Key_Control, NONE)


def test_a_workflow_that_is_asked_for_twice_at_once_has_one_tab(window: MainWindow, more: None, qtbot: QtBot) -> None:
    window.open_workflow("a")
    window.open_workflow("b")
    window.open_workflow("a")
    qtbot.waitUntil(lambda: window.tasks.are_idle)
    assert row(window) == ["a", "b"] and shown(window) == "a"


def test_a_closed_tab_gives_way_to_the_one_used_before_and_comes_back_to_its_place(
    window: MainWindow, more: None, opened: Open, qtbot: QtBot
) -> None:
    for id in ("a", "b", "c"):
        opened(id)
    opened("a")
    opened("b")
    view = window.editor.view
    qtbot.waitUntil(lambda: view not in window.editor._unframed)
    view.set_zoom(0.8)
    view.pan_by(120, 40)
    camera = view.camera
    QTest.keyClick(view, Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: row(window) == ["a", "c"])
    assert shown(window) == "a"
    QTest.keyClick(window.editor.view, Qt.Key.Key_T, CTRL | SHIFT)
    qtbot.waitUntil(lambda: row(window) == ["a", "b", "c"])
    assert shown(window) == "b"
    qtbot.waitUntil(lambda: window.editor.view not in window.editor._unframed)
    assert window.editor.view.camera == camera


def test_with_no_closed_tab_there_is_none_to_bring_back(window: MainWindow, opened: Open) -> None:
    opened("hello")
    assert window.actions_of_window.why_off("reopen-tab") == "No tab was closed yet."


def test_a_closed_workflow_that_is_deleted_meanwhile_says_so(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("triage")
    opened("hello")
    QTest.keyClick(window.editor.view, Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: row(window) == ["triage"])
    services.workflows.kept["hello"].deleted = True
    QTest.keyClick(window.editor.view, Qt.Key.Key_T, CTRL | SHIFT)
    qtbot.waitUntil(window.notices.isVisible)


def test_a_drag_reorders_and_the_order_is_kept(window: MainWindow, more: None, opened: Open, qtbot: QtBot) -> None:
    for id in ("a", "b", "c"):
        opened(id)
    bar = window.editor.tabs.bar
    start, end = bar.tabRect(0).center(), bar.tabRect(2).center()
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=start)
    for at in range(1, 11):
        QTest.mouseMove(bar, start + (end - start) * at / 10 + QPoint(4, 0))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=end)
    assert row(window) == ["b", "c", "a"]
    assert shown(window) == "a"


def test_tabs_come_back_in_order_with_the_one_that_was_shown_and_what_was_looked_at(
    window: MainWindow, more: None, opened: Open, preferences: Preferences, session: Session, qtbot: QtBot
) -> None:
    for id in ("a", "b", "c"):
        opened(id)
    opened("b")
    qtbot.waitUntil(lambda: window.editor.view not in window.editor._unframed)
    window.editor.view.set_zoom(1.7)
    camera = window.editor.view.camera
    window.workbench.end()
    later = MainWindow(preferences)
    qtbot.addWidget(later)
    later.resize(1440, 900)
    later.show()
    later.complete()
    later.attach(session)
    qtbot.waitUntil(lambda: row(later) == ["a", "b", "c"] and later.tasks.are_idle)
    assert shown(later) == "b"
    qtbot.waitUntil(lambda: later.editor.view not in later.editor._unframed)
    assert later.editor.view.camera == camera
    later.workbench.end()
    later.tasks.cancel_all()


def test_places_that_cannot_be_read_are_as_if_there_were_none(preferences: Preferences) -> None:
    from app.ui.tab_memory import TabMemory

    for text in ("{", "[]", '{"a": [1, 2]}', '{"a": [1, 2, 0]}', '{"a": ["x", 2, 1]}', '{"a": [true, 2, 1]}', '{"a": [1e300, 0, 1]}'):
        preferences.set("editor/places", text)
        assert TabMemory(preferences)._places == {}


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)
def test_sixty_tabs_stay_usable(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    for at in range(60):
        services.workflows.add(chain(f"Workflow number {at}", length=2), id=f"w{at}")
        opened(f"w{at}")
    assert window.editor.tabs.height() == 36
    assert button(window, "run-button").isVisible()
    QTest.mouseClick(button(window, "tabs-list-button"), Qt.MouseButton.LeftButton)
    menu = window.findChild(QMenu, "tabs-menu")
    entry = next(action for action in menu.actions() if action.text() == "Workflow number 7")
    entry.trigger()
    menu.close()
    assert shown(window) == "w7"
    assert window.editor.tabs.bar.rect().intersects(window.editor.tabs.bar.tabRect(7))


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)
def test_the_others_are_closed_from_a_tab_s_menu(window: MainWindow, more: None, opened: Open, qtbot: QtBot) -> None:
    for id in ("a", "b", "c"):
        opened(id)
    bar = window.editor.tabs.bar
    bar.customContextMenuRequested.emit(bar.tabRect(1).center())
    menu = window.findChild(QMenu, "tab-menu")
    next(action for action in menu.actions() if action.text() == "Close the others").trigger()
    menu.close()
    qtbot.waitUntil(lambda: row(window) == ["b"])


def test_a_new_workflow_is_made_beside_the_tabs(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    QTest.mouseClick(button(window, "new-tab-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "name-dialog") is not None)

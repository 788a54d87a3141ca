"""The history panel: what was done with its times, a click goes there, the saved mark says what the database has."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import MoveElements, Rename
from app.domain.errors import DatabaseUnavailable
from app.domain.workflow import Position
from app.ui.drafts.history_panel import HistoryPanel
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices

Open = Callable[[str], None]


@pytest.fixture
def panel(window: MainWindow, opened: Open, qtbot: QtBot) -> HistoryPanel:
    """Three acts, then the panel, opened by its button."""
    opened("hello")
    model = window.editor.current.model
    model.push(Rename("s0", "First"))
    model.push(Rename("s1", "Second"))
    model.push(MoveElements((("s0", Position(8, 8)), ("s1", Position(16, 8)))))
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    qtbot.mouseClick(window.findChild(QWidget, "history-button"), Qt.MouseButton.LeftButton)
    found = window.findChild(HistoryPanel, "history-panel")
    assert found is not None and found.isVisible()
    return found


def spoken(panel: HistoryPanel) -> list[str]:
    rows = panel.rows
    return [rows.data(rows.index(row), Qt.ItemDataRole.AccessibleTextRole) for row in range(rows.rowCount())]


def click(panel: HistoryPanel, row: int, qtbot: QtBot) -> None:
    place = panel.list.visualRect(panel.rows.index(row)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_it_lists_what_was_done_with_times_and_what_is_saved(panel: HistoryPanel) -> None:
    said = spoken(panel)
    assert said[0] == "Start"
    assert said[1].startswith("Rename · First, ")
    assert said[3].startswith("Move · 2 elements, ") and said[3].endswith(", this is shown, saved")
    assert panel.list.currentIndex().row() == 3


def test_a_click_goes_there_and_back(panel: HistoryPanel, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    graph = window.editor.current.model
    click(panel, 1, qtbot)
    qtbot.waitUntil(lambda: graph.history.index == 1)
    assert (graph.graph.steps["s0"].name, graph.graph.steps["s1"].name) == ("First", "Step 1")
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s1"].name == "Step 1")
    assert [", undone" in words for words in spoken(panel)] == [False, False, True, True]
    click(panel, 3, qtbot)
    qtbot.waitUntil(lambda: graph.history.index == 3)
    assert graph.graph.steps["s1"].position == Position(16, 8)
    assert panel.isVisible()


def test_arrows_and_enter_do_the_same(panel: HistoryPanel, window: MainWindow, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Return):
        qtbot.keyClick(panel.list, key)
    qtbot.waitUntil(lambda: window.editor.current.model.history.index == 0)
    assert window.editor.current.model.graph.steps["s0"].name == "Step 0"


def test_escape_closes_it_and_gives_the_focus_back(panel: HistoryPanel, window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(panel.list, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_the_saved_mark_stays_where_the_database_is(panel: HistoryPanel, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.editing.failure = DatabaseUnavailable()
    window.editor.current.model.push(Rename("s2", "Not saved"))
    assert [words.endswith(", saved") for words in spoken(panel)] == [False, False, False, True, False]
    services.editing.failure = None
    qtbot.waitUntil(lambda: spoken(panel)[4].endswith(", saved"), timeout=5_000)


def test_a_workflow_without_edits_says_so(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    found = window.findChild(HistoryPanel, "history-panel")
    assert found is not None and found.isVisible()
    assert spoken(found) == ["Start, this is shown, saved"]
    assert "Nothing has been done yet." in found.findChild(QWidget, "history-foot").text()


def test_letters_typed_in_one_go_are_one_act_and_after_a_pause_another(window: MainWindow, opened: Open) -> None:
    opened("hello")
    model = window.editor.current.model
    for name in ("H", "He", "Hel"):
        model.push(Rename("s0", name), merge_key="name s0")
    assert len(model.history.entries) == 1
    time.sleep(1.1)
    model.push(Rename("s0", "Help"), merge_key="name s0")
    assert len(model.history.entries) == 2


def test_a_long_way_back_leaves_the_window_alive(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    model = window.editor.current.model
    for number in range(1_005):
        model.push(Rename("s0", f"Name {number}"))
    assert len(model.history.entries) == model.undo_stack.count() == 1_000
    qtbot.mouseClick(window.findChild(QWidget, "history-button"), Qt.MouseButton.LeftButton)
    panel = window.findChild(HistoryPanel, "history-panel")
    qtbot.keyClick(panel.list, Qt.Key.Key_Home)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.history.index == 0, timeout=20_000)
    assert model.graph.steps["s0"].name == "Name 4"

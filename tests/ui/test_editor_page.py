"""The editor: tabs, panels that fold and come back as they were left, the bottom panel, and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import MoveElements, Rename, SetDetails
from app.domain.workflow import Position
from app.ui.first_look import LEAST_READABLE_ZOOM
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from tests.fakes.services import FakeServices

Open = Callable[[str], None]


def press(qtbot: QtBot, parent: QWidget, name: str) -> None:
    qtbot.mouseClick(parent.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def started(window: MainWindow, services: FakeServices, qtbot: QtBot) -> str:
    press(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    qtbot.waitUntil(lambda: window.editor.current.live is not None)
    return next(iter(services.runs.runs))


def test_a_tab_is_shown_for_every_open_workflow_and_a_click_chooses_it(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    opened("hello")
    bar = window.editor.tabs.bar
    assert [bar.tabText(at) for at in range(bar.count())] == ["Ticket triage", "Hello, workflow"]
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(0).center())
    assert window.editor.current.workflow_id == "triage"


def test_control_tab_goes_round_the_tabs(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    opened("hello")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert window.editor.current.workflow_id == "triage"


def test_a_tab_closes_with_its_edits_saved(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("triage")
    opened("hello")
    window.editor.current.model.push(Rename("s0", "Begin"))
    press(qtbot, window, "close-tab-hello")
    qtbot.waitUntil(lambda: len(window.editor.documents) == 1)
    assert services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Begin"
    assert window.editor.current.workflow_id == "triage"


def test_another_name_of_the_workflow_is_an_edit_like_any_other(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    document, tabs = window.editor.current, window.editor.tabs.bar
    document.model.push(SetDetails(replace(document.model.graph.details, name="Good morning")))
    assert (document.name, tabs.tabText(0), window.windowTitle()) == ("Good morning", "Good morning", "Good morning – Orchestrion")
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.name == "Good morning")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (document.name, tabs.tabText(0)) == ("Hello, workflow", "Hello, workflow")
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.name == "Hello, workflow")


def test_a_middle_click_closes_a_tab(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    opened("hello")
    bar = window.editor.tabs.bar
    qtbot.mouseClick(bar, Qt.MouseButton.MiddleButton, pos=bar.tabRect(0).center())
    qtbot.waitUntil(lambda: [document.workflow_id for document in window.editor.documents] == ["hello"])


def test_a_workflow_is_opened_at_a_size_that_can_be_read_from_its_start(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    view = window.editor.view
    qtbot.waitUntil(lambda: view.zoom == LEAST_READABLE_ZOOM)
    assert 40 < view.node_rect("new_ticket").left() < 60


def test_after_the_last_tab_the_editor_says_what_to_do(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.editor.documents)
    press(qtbot, window.editor.findChild(QWidget, "no-workflow"), "empty-button")
    assert window.pages.currentWidget() is window.workflows


def test_panels_fold_and_come_back_as_they_were_left(window: MainWindow, opened: Open, preferences: Preferences, qtbot: QtBot) -> None:
    opened("hello")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert window.editor.bottom.isHidden()
    with qtbot.waitSignal(window.closed):
        window.close()
    later = MainWindow(preferences)
    qtbot.addWidget(later)
    assert later.editor.bottom.isHidden()
    assert not later.editor.inspector.isHidden()
    assert not later.actions_of_window["toggle-bottom"].isChecked()


def test_undo_names_what_it_undoes_and_follows_the_tab(window: MainWindow, opened: Open) -> None:
    opened("triage")
    undo = window.actions_of_window["undo"]
    window.editor.current.model.push(MoveElements((("draft", Position(1, 1)),)))
    assert undo.isEnabled()
    assert "Move" in undo.toolTip()
    opened("hello")
    assert not undo.isEnabled()


def test_zoom_keys_zoom(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    view = window.editor.view
    before = view.zoom
    qtbot.keyClick(view, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom > before
    qtbot.keyClick(view, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == 1.0


def test_a_click_on_a_step_shows_it_in_the_inspector_and_the_timeline(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    run_id = started(window, services, qtbot)
    services.runs.step(run_id, "s1", "completed", took=0.1)
    qtbot.waitUntil(lambda: len(window.editor.bottom.timeline.timeline.lanes) == 1)
    view = window.editor.view
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.node_rect("s1").center().toPoint())
    assert window.editor.inspector.element.id == "s1"
    assert window.editor.bottom.timeline._selected == {"s1"}


def test_a_click_in_the_timeline_selects_on_the_canvas(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run_id = started(window, services, qtbot)
    services.runs.step(run_id, "s2", "completed", took=0.1)
    timeline = window.editor.bottom.timeline
    qtbot.waitUntil(lambda: len(timeline.timeline.lanes) == 1)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(40, int(timeline.frame.y(0)) + 8))
    assert window.editor.view.selected_ids() == ("s2",)


def test_the_log_tells_what_happened_in_order(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run_id = started(window, services, qtbot)
    window.editor.bottom.show_tab("Log")
    services.runs.step(run_id, "s0", "completed", took=0.5)
    services.runs.step(run_id, "s1", "failed", at=1, took=0.1, error={"type": "Timeout", "message": "too late"})
    model = window.editor.bottom.log.rows_model
    qtbot.waitUntil(lambda: len(model.rows) == 4)
    told = [(model.index(at, 1).data(), model.index(at, 2).data()) for at in range(4)]
    assert told == [
        ("Step 0", "started"),
        ("Step 0", "completed after 0.5 s"),
        ("Step 1", "started"),
        ("Step 1", "Timeout: too late"),
    ]


def test_the_data_tab_shows_what_the_run_gave(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run_id = started(window, services, qtbot)
    window.editor.bottom.show_tab("Data")
    services.runs.end(run_id, "completed", output={"answer": 42})
    qtbot.waitUntil(lambda: '"answer": 42' in window.editor.bottom.data.text)


def test_problems_are_counted_and_lead_to_their_step(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    bottom = window.editor.bottom
    window.editor.current.model.push(Rename("s0", "Step 1"))
    qtbot.waitUntil(lambda: bottom.tabs.tabText(3) != "Problems")
    bottom.show_tab("Problems")
    bottom.problems.setFocus()
    bottom.problems.select(0)
    assert window.editor.view.selected_ids() == (bottom.problems.rows_model.rows[0].id,)
    window.actions_of_window["undo"].trigger()
    qtbot.waitUntil(lambda: bottom.tabs.tabText(3) == "Problems")


def test_without_a_run_the_panel_says_how_to_start_one(window: MainWindow, opened: Open) -> None:
    opened("hello")
    assert window.editor.bottom.findChild(QWidget, "no-run").isVisible()
    window.editor.bottom.show_tab("Problems")
    assert not window.editor.bottom.findChild(QWidget, "no-run").isVisible()


def test_a_palette_entry_is_added_with_enter(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    search = window.editor.palette_panel.search
    search.setFocus()
    qtbot.keyClicks(search, "condition")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert any(step.type == "condition" for step in window.editor.current.model.graph.steps.values())


def test_two_documents_keep_their_own_runs(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run_id = started(window, services, qtbot)
    services.runs.step(run_id, "s0", "running")
    qtbot.waitUntil(lambda: window.editor.view.overlay.active)
    opened("triage")
    assert not window.editor.host.run_bar.isVisible()
    assert not window.editor.view.overlay.active
    opened("hello")
    assert window.editor.host.run_bar.isVisible()

"""The list of workflows: found, sorted, deleted and brought back, and what it says when there is nothing to show."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.errors import DatabaseUnavailable
from app.ui.main_window import MainWindow
from tests.fakes.services import NOW, FakeServices
from tests.ui.samples import chain


def names(window: MainWindow) -> list[str]:
    return [row.name for row in window.workflows.table.rows_model.rows]


def press(qtbot: QtBot, parent: QWidget, name: str) -> None:
    qtbot.mouseClick(parent.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def reload(window: MainWindow, qtbot: QtBot, expected: int) -> None:
    window.workflows.reload()
    qtbot.waitUntil(lambda: len(names(window)) == expected)


def test_typing_in_the_search_shows_what_fits(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.workflows.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.workflows.search.hasFocus()
    qtbot.keyClicks(window.workflows.search, "triage")
    qtbot.waitUntil(lambda: names(window) == ["Ticket triage"])
    qtbot.keyClick(window.workflows.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(names(window)) == 2)


def test_space_runs_the_chosen_workflow(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    window.workflows.table.select(1)
    qtbot.keyClick(window.workflows.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: [run.row.workflow_id for run in services.runs.runs.values()] == ["hello"])
    assert window.pages.currentWidget() is window.editor


def test_slash_goes_to_the_search(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.workflows.table, Qt.Key.Key_Slash)
    assert window.workflows.search.hasFocus()


def test_a_search_without_a_hit_says_what_was_sought(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.workflows.search, "zebra")
    qtbot.waitUntil(lambda: names(window) == [])
    assert "zebra" in window.workflows.table.findChild(QLabel, "empty-sentence").text()


def test_views_show_their_part_and_count_it(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.add(chain("Broken"), id="broken", last_run_status="failed", last_run_error="HttpError 502")
    reload(window, qtbot, 3)
    press(qtbot, window, "view-draft")
    assert sorted(names(window)) == ["Broken", "Hello, workflow"]
    press(qtbot, window, "view-attention")
    assert names(window) == ["Broken"]
    assert window.findChild(QAbstractButton, "view-published").accessibleDescription() == "1"


def test_a_click_on_a_head_sorts_and_again_turns_it_round(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.add(chain("Alpha"), id="alpha", last_run_at=NOW + timedelta(hours=1), last_run_status="completed")
    reload(window, qtbot, 3)
    header = window.workflows.table.horizontalHeader()
    at = header.sectionViewportPosition(0) + 20
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.viewport().rect().topLeft() + type(header.pos())(at, 10))
    assert names(window) == ["Alpha", "Hello, workflow", "Ticket triage"]
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.viewport().rect().topLeft() + type(header.pos())(at, 10))
    assert names(window) == ["Ticket triage", "Hello, workflow", "Alpha"]


def test_what_never_ran_comes_last_whichever_way_last_run_is_sorted(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.add(chain("Ran"), id="ran", last_run_at=NOW, last_run_status="completed")
    reload(window, qtbot, 3)
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        window.workflows.table.rows_model.sort(2, order)
        assert names(window)[0] == "Ran"


def test_del_deletes_and_undo_brings_it_back(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    window.workflows.table.select(1)
    window.workflows.table.setFocus()
    qtbot.keyClick(window.workflows.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(window) == ["Ticket triage"])
    assert "Hello, workflow" in window.notices.text
    press(qtbot, window.notices, "notice-action")
    qtbot.waitUntil(lambda: len(names(window)) == 2)
    assert not services.workflows.kept["hello"].deleted


def test_a_new_workflow_is_named_and_opened(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    press(qtbot, window, "new-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "name-dialog") is not None)
    name = window.findChild(QLineEdit, "workflow-name")
    name.selectAll()
    qtbot.keyClicks(name, "Brand new")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    assert window.editor.current.name == "Brand new"
    assert len(services.workflows.kept) == 3


def test_a_new_workflow_needs_a_name(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    press(qtbot, window, "new-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "name-dialog") is not None)
    dialog = window.findChild(QWidget, "name-dialog")
    dialog.findChild(QLineEdit, "workflow-name").clear()
    assert not dialog.findChild(QAbstractButton, "dialog-create").isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "name-dialog") is None)
    assert len(services.workflows.kept) == 2


def test_when_the_database_is_gone_the_list_says_so_and_retry_brings_it_back(
    window: MainWindow, services: FakeServices, qtbot: QtBot
) -> None:
    services.workflows.failure = DatabaseUnavailable()
    window.workflows.reload()
    sentence = window.workflows.table.findChild(QLabel, "empty-sentence")
    qtbot.waitUntil(lambda: "database does not answer" in sentence.text())
    services.workflows.failure = None
    press(qtbot, window.workflows.table, "empty-button")
    qtbot.waitUntil(lambda: len(names(window)) == 2)


def test_with_no_workflow_the_list_says_what_to_do(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.kept.clear()
    reload(window, qtbot, 0)
    assert window.workflows.table.findChild(QLabel, "empty-sentence").text() == "There is no workflow yet."


def test_a_reload_keeps_the_row_that_was_chosen(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    window.workflows.table.select(1)
    services.workflows.kept = {"a": services.workflows.kept["hello"], **services.workflows.kept}
    services.workflows.rows["a"] = services.workflows.rows["hello"]
    reload(window, qtbot, 3)
    assert window.workflows.table.current_row().id == "hello"


def test_a_name_with_markup_is_shown_as_it_is(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.add(chain("<b>bold</b>"), id="bold", last_run_status="failed", last_run_error="<img src=x>")
    reload(window, qtbot, 3)
    model = window.workflows.table.rows_model
    assert model.index(2, 0).data().startswith("<b>bold</b>")


def test_f5_reloads_the_list(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.add(chain("Later"), id="later")
    window.workflows.table.setFocus()
    qtbot.keyClick(window.workflows.table, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(names(window)) == 3)
    assert services.runs.runs == {}


def test_the_breadcrumb_leads_to_the_row_of_the_workflow(window: MainWindow, opened, qtbot: QtBot) -> None:
    opened("hello")
    window.workflows.search.setText("triage")
    qtbot.mouseClick(window.findChild(QAbstractButton, "breadcrumb-back"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.workflows.table.current_row() is not None and window.workflows.table.current_row().id == "hello")
    assert window.workflows.search.text() == ""
    assert window.workflows.table.hasFocus()

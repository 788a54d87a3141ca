"""The window as a whole: where one can go, opening, running, stopping, publishing, closing, the look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import Rename
from app.domain.errors import DatabaseUnavailable, InputRefused
from app.ui.bridge import Heard
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.theme import theme
from tests.fakes.services import NOW, FakeServices

Open = Callable[[str], None]


def button(window: QWidget, name: str) -> QAbstractButton:
    found = window.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton), name
    return found


def click(qtbot: QtBot, window: QWidget, name: str) -> None:
    qtbot.mouseClick(button(window, name), Qt.MouseButton.LeftButton)


def words(window: QWidget, name: str) -> str:
    found = window.findChild(QLabel, name)
    assert isinstance(found, QLabel), name
    return found.text()


def the_only_run(services: FakeServices) -> str:
    assert len(services.runs.runs) == 1
    return next(iter(services.runs.runs))


def test_the_rail_leads_to_every_page(window: MainWindow, qtbot: QtBot) -> None:
    for name, page in (("runs", window.runs), ("editor", window.editor), ("workflows", window.workflows)):
        click(qtbot, window, f"rail-{name}")
        assert window.pages.currentWidget() is page
        assert button(window, f"rail-{name}").isChecked()


def test_control_and_a_number_lead_to_a_page(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is window.runs
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is window.workflows


def test_enter_on_a_row_opens_the_workflow_on_the_canvas(window: MainWindow, qtbot: QtBot) -> None:
    window.workflows.table.select(0)
    qtbot.keyClick(window.workflows.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    assert window.pages.currentWidget() is window.editor
    assert window.editor.current.name == "Ticket triage"
    assert words(window, "breadcrumb-name") == "Ticket triage"


def test_a_workflow_that_is_open_is_shown_again_and_not_opened_twice(window: MainWindow, opened: Open) -> None:
    opened("triage")
    opened("hello")
    opened("triage")
    assert [document.workflow_id for document in window.editor.documents] == ["triage", "hello"]
    assert window.editor.current is window.editor.documents[0]


def test_f5_runs_the_draft_and_shows_how_it_goes(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.editor.host.run_bar.isVisible())
    run_id = the_only_run(services)
    assert services.runs.runs[run_id].row.mode == "test"
    assert button(window, "stop-run-button").isVisible()
    assert not button(window, "run-button").isVisible()

    services.runs.step(run_id, "s0", "completed", took=0.8)
    services.runs.step(run_id, "s1", "running", at=0.8)
    live = window.editor.current.live
    qtbot.waitUntil(lambda: len(live.rows.steps) == 2)
    qtbot.waitUntil(lambda: "1 of 3 steps" in window.editor.host.run_bar.text)
    overlay = window.editor.view.overlay
    assert (overlay.state("s0").status, overlay.state("s0").text) == ("completed", "0.8 s")
    assert overlay.state("s1").status == "running"

    services.runs.step(run_id, "s1", "completed", at=0.8, took=0.1)
    services.runs.step(
        run_id, "s2", "failed", at=1, took=0.1, error={"type": "HttpError", "message": "no", "details": {"status_code": 502}}
    )
    services.runs.end(run_id, "failed", error={"type": "HttpError", "message": "no"})
    qtbot.waitUntil(lambda: live.is_over)
    qtbot.waitUntil(lambda: "Failed" in window.editor.host.run_bar.text)
    assert overlay.state("s2").text == "502"
    assert button(window, "run-button").isVisible()


def test_stop_cancels_the_run(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: button(window, "stop-button").isVisible())
    click(qtbot, window, "stop-button")
    qtbot.waitUntil(lambda: "Cancelled" in window.editor.host.run_bar.text)
    assert services.runs.cancelled == [the_only_run(services)]


def test_a_run_put_away_leaves_the_canvas_as_it_was(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    run_id = the_only_run(services)
    services.runs.step(run_id, "s0", "completed", took=0.1)
    services.runs.end(run_id, "completed")
    qtbot.waitUntil(lambda: button(window, "leave-run-button").isVisible())
    click(qtbot, window, "leave-run-button")
    assert window.editor.current.live is None
    assert not window.editor.view.overlay.active
    assert not window.editor.host.run_bar.isVisible()


def test_an_input_that_is_refused_is_asked_for_with_the_reason(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    services.runs.refuse_input = InputRefused(["“url” is missing"])
    opened("hello")
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "input-dialog") is not None)
    dialog = window.findChild(QWidget, "input-dialog")
    assert "“url” is missing" in words(dialog, "input-why")
    field = dialog.findChild(QPlainTextEdit, "input-run-input")
    field.selectAll()
    qtbot.keyClicks(field, '{"url": "x"}')
    click(qtbot, dialog, "dialog-run")
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    assert services.runs.runs[the_only_run(services)].input == {"url": "x"}
    qtbot.waitUntil(lambda: window.editor.remembered_input(window.editor.current) == {"url": "x"})


def test_waiting_edits_are_saved_before_the_run_starts(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    window.editor.current.model.push(Rename("s0", "Begin"))
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    assert [step["name"] for step in services.runs.runs[the_only_run(services)].definition["steps"]][0] == "Begin"


def test_publish_asks_for_a_note_and_shows_the_version(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "publish-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "publish-dialog") is not None)
    dialog = window.findChild(QWidget, "publish-dialog")
    qtbot.keyClicks(dialog.findChild(QPlainTextEdit, "publish-note"), "first")
    click(qtbot, dialog, "dialog-publish")
    qtbot.waitUntil(lambda: services.workflows.notes == ["first"])
    qtbot.waitUntil(lambda: "version 1" in window.notices.text)
    assert window.findChild(QWidget, "version-chip").text == "v1 · draft"


def test_a_draft_with_errors_cannot_be_published_and_says_why(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    window.editor.current.model.push(Rename("s0", "Step 1"))
    qtbot.waitUntil(lambda: any(problem.code == "duplicate_key" for problem in window.editor.current.problems))
    click(qtbot, window, "publish-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "publish-dialog") is not None)
    dialog = window.findChild(QWidget, "publish-dialog")
    assert not button(dialog, "dialog-publish").isEnabled()
    assert "must be fixed" in words(dialog, "publish-refused")
    click(qtbot, dialog, "dialog-cancel")


def test_a_run_of_the_list_opens_as_what_it_executed(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    run_id = services.runs.add("triage", mode="production", workflow_version=14)
    services.runs.step(run_id, "classify", "failed", took=1, error={"type": "RateLimited", "message": "slow down"})
    services.runs.end(run_id, "failed", error={"message": "slow down"})
    window.go("runs")
    qtbot.waitUntil(lambda: len(window.runs.table.rows_model.rows) == 1)
    window.runs.table.select(0)
    qtbot.keyClick(window.runs.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    document = window.editor.current
    assert document.is_snapshot
    assert window.editor.view.overlay.state("classify").status == "failed"
    assert not button(window, "run-button").isVisible()
    assert not window.editor.view.editable


def test_the_theme_is_switched_in_place_and_remembered(window: MainWindow, preferences: Preferences) -> None:
    dark = window.grab().toImage().pixelColor(QPoint(window.width() - 30, 300))
    window.actions_of_window["theme-light"].trigger()
    light = window.grab().toImage().pixelColor(QPoint(window.width() - 30, 300))
    assert theme().name == "light"
    assert light.lightness() > 200 > dark.lightness()
    assert preferences.theme_mode == "light"
    window.actions_of_window["theme-dark"].trigger()


def test_without_captions_the_rail_is_narrow(window: MainWindow) -> None:
    window.actions_of_window["toggle-captions"].trigger()
    assert window.rail.width() == 52
    window.actions_of_window["toggle-captions"].trigger()
    assert window.rail.width() == 72


def test_while_a_run_cannot_be_read_it_is_told_once(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: window.editor.current.is_running)
    told: list[object] = []
    window.editor.current.failed.connect(told.append)
    live = window.editor.current.live
    for _ in range(3):
        live.failed_to_read.emit(DatabaseUnavailable())
    assert len(told) == 1


def test_a_file_over_the_window_is_named_and_when_dropped_opened(window: MainWindow, tmp_path, qtbot: QtBot) -> None:
    import json

    from app.domain.workflow import definition_to_json
    from tests.ui.samples import chain

    path = tmp_path / "imported.workflow.json"
    path.write_text(json.dumps(definition_to_json(chain("Imported"))), encoding="utf-8")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(300, 300), copy, mime, left, none)
    window.dragEnterEvent(entered)
    assert entered.isAccepted()
    assert window.findChild(QWidget, "drop-frame").isVisible()
    window.dropEvent(QDropEvent(QPointF(300, 300), copy, mime, left, none))
    qtbot.waitUntil(lambda: window.editor.current is not None)
    assert window.editor.current.name == "Imported"


def test_a_file_that_is_no_workflow_is_refused_with_its_name_and_a_sentence(window: MainWindow, tmp_path, qtbot: QtBot) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"name": ', encoding="utf-8")
    window.importing.import_files([path])
    qtbot.waitUntil(lambda: window.notices.isVisible())
    assert window.notices.text.startswith("broken.json: ")
    assert window.editor.current is None


def test_closing_saves_what_waits(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    window.editor.current.model.push(Rename("s0", "Begin"))
    with qtbot.waitSignal(window.closed):
        window.close()
    assert services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Begin"


def test_edits_that_cannot_be_saved_keep_the_window_open_until_they_are_given_up(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    services.editing.failure = DatabaseUnavailable()
    window.editor.current.model.push(Rename("s0", "Begin"))
    window.close()
    qtbot.waitUntil(lambda: window.findChild(QWidget, "confirm-dialog") is not None)
    assert window.isVisible()
    with qtbot.waitSignal(window.closed):
        click(qtbot, window.findChild(QWidget, "confirm-dialog"), "dialog-yes")


def test_what_a_bell_tells_is_shown_before_the_next_poll(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: window.editor.current.is_running)
    run_id = the_only_run(services)
    live = window.editor.current.live
    live._timer.stop()  # no poll: only the bell can tell
    qtbot.waitUntil(lambda: live._task is None or live._task.done())
    live._timer.stop()
    services.runs.step(run_id, "s0", "completed", took=0.1)
    window.session.bridge.post(Heard("run", run_id))
    qtbot.waitUntil(lambda: len(live.rows.steps) == 1)


def test_while_the_engine_starts_and_when_it_fails_the_lists_say_so(loop, preferences: Preferences, qtbot: QtBot) -> None:
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    window.show()
    window.show_starting("Starting the local database")
    assert words(window, "engine-state") == "Engine starting"
    asked = []
    window.show_failed("The database did not start: the disk is full.", lambda: asked.append(1))
    assert words(window, "engine-state") == "Engine not running"
    assert "disk is full" in words(window.workflows.table, "empty-sentence")
    click(qtbot, window.workflows.table, "empty-button")
    assert asked == [1]


def test_a_long_run_is_shown_with_its_clock(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    run_id = services.runs.add("hello")
    services.runs.runs[run_id].row = replace(services.runs.runs[run_id].row, started_at=NOW, completed_at=NOW + timedelta(hours=2))
    window.go("runs")
    qtbot.waitUntil(lambda: len(window.runs.table.rows_model.rows) == 1)
    model = window.runs.table.rows_model
    assert model.index(0, 6).data() == "2 h 0 m"

"""Breakpoints by mouse and keys, and a run that pauses: seen, looked at, changed, and let go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.access import Actor, Role
from app.domain.breakpoints import Breakpoint
from app.domain.json_value import Given
from app.ui.breakpoint_book import Point
from app.ui.canvas.marks import point_box
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.test_run_tools import CTRL, SHIFT, click, press, why

Open = Callable[[str], None]
ALT = Qt.KeyboardModifier.AltModifier


def corner(window: MainWindow, id: str) -> QPoint:
    return point_box(window.editor.view.node_rect(id)).center().toPoint() + QPoint(3, 3)


def points(window: MainWindow) -> list[tuple[str, str, bool]]:
    return [(point.node, point.when, point.is_on) for point in window.editor.current.breakpoints.points]


def paused(
    window: MainWindow, services: FakeServices, qtbot: QtBot, *, data: object = None, path: str = "/step_1#before", **more: object
) -> str:
    """A run of what is open that pauses at step 1."""
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.editor.current.live is not None)
    run = list(services.runs.runs)[-1]
    services.runs.step(run, "s0", "completed", took=1, output=data)
    services.runs.pause(run, "s1", path, data, **more)
    window.editor.current.hear(run)
    qtbot.waitUntil(lambda: bool(window.editor.current.live.open_pauses))
    return run


# Set


def test_f9_and_a_click_on_the_corner_set_a_breakpoint_and_take_it_away(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    view = window.editor.view
    click(window, "s1", qtbot)
    qtbot.keyClick(view, Qt.Key.Key_F9)
    assert points(window) == [("s1", "before", True)]
    qtbot.keyClick(view, Qt.Key.Key_F9)
    assert points(window) == []
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=corner(window, "s2"))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, ALT, pos=corner(window, "s2"))
    assert points(window) == [("s2", "before", True), ("s2", "after", True)]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=corner(window, "s2"))
    assert points(window) == [("s2", "after", True)]
    assert window.editor.current.model.undo_stack.count() == 0


def test_a_step_is_still_dragged_by_its_corner(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    view, model = window.editor.view, window.editor.current.model
    before = model.graph.steps["s1"].position
    at = corner(window, "s1")
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 5):
        qtbot.mouseMove(view, at + QPoint(0, 20 * step))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at + QPoint(0, 80))
    assert model.graph.steps["s1"].position.y > before.y
    assert points(window) == []


def test_a_breakpoint_is_switched_off_and_on_and_keeps_its_condition(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    view = window.editor.view
    click(window, "s1", qtbot)
    qtbot.keyClick(view, Qt.Key.Key_F9, ALT | SHIFT)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "condition-dialog") is not None)
    asked = window.findChild(QDialog, "condition-dialog")
    line = asked.findChild(QLineEdit, "expression-line")
    qtbot.keyClicks(line, "$ >")
    assert not asked.findChild(QAbstractButton, "dialog-yes").isEnabled()
    qtbot.keyClicks(line, " 3")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: points(window) == [("s1", "before", True)])
    qtbot.waitUntil(lambda: window.findChild(QDialog, "condition-dialog") is None)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(view, Qt.Key.Key_F9, SHIFT)
    assert points(window) == [("s1", "before", False)]
    qtbot.keyClick(view, Qt.Key.Key_F9)
    assert window.editor.current.breakpoints.at("s1") == Point("s1", condition="$ > 3")


def test_breakpoints_are_the_persons_and_come_back_with_the_workflow(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    click(window, "s1", qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F9)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: not window.editor.documents)
    opened("hello")
    assert points(window) == [("s1", "before", True)]
    opened("triage")
    assert points(window) == []


def test_a_run_is_asked_to_pause_at_what_is_on(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    book = window.editor.current.breakpoints
    for point in (Point("s0", is_on=False), Point("s1", condition="$ > 3"), Point("gone"), Point("s2", "after")):
        book.put(point)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    assert services.runs.breakpoints == (Breakpoint("s1", condition="$ > 3"), Breakpoint("s2", "after"))


def test_the_list_shows_them_switches_them_and_takes_them_away(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    book, bottom = window.editor.current.breakpoints, window.editor.bottom
    bottom.show_tab("Breakpoints")
    book.put(Point("s1", condition="$ > 3"))
    book.put(Point("s2", "after"))
    at = bottom.tabs.count() - 1
    assert bottom.tabs.tabText(at) == "Breakpoints  2"
    table = bottom.breakpoints
    table.setFocus()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.rows_model.index(1, 0)).center())
    assert window.editor.view.selected_ids() == ("s2",)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert points(window) == [("s1", "before", True), ("s2", "after", False)]
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert points(window) == [("s1", "before", True)]


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_an_octagon_is_outlined_filled_or_grey(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot, mode: str) -> None:
    from app.ui.theme import theme

    theme().set_mode("dark" if mode == "dark" else "light")
    opened("hello")
    view, book = window.editor.view, window.editor.current.breakpoints

    def look() -> object:
        QApplication.processEvents()
        return view.grab(point_box(view.node_rect("s1")).toRect()).toImage()

    looks = [look()]
    book.put(Point("s1"))
    looks.append(look())
    book.put(Point("s1", is_on=False))
    looks.append(look())
    paused(window, services, qtbot)
    window.editor.view.select(())
    looks.append(look())
    assert all(a != b for at, a in enumerate(looks) for b in looks[at + 1 :])


# Paused


def test_a_paused_run_is_shown_where_it_pauses_and_goes_on_with_f8(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    run = paused(window, services, qtbot, data={"n": 1})
    editor = window.editor
    assert editor.view.selected_ids() == ("s1",)
    assert editor.view.overlay.state("s1").status == "paused"
    assert "Paused before “step_1”" in editor.host.run_bar.text
    assert editor.inspector.results.pause.edit.value == {"n": 1}
    assert editor.inspector.results.pause.isVisible()
    qtbot.keyClick(editor.view, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: services.runs.answered == [("/step_1#before", "resume", None)])
    services.runs.end(run, "completed")
    qtbot.waitUntil(lambda: editor.current.live.is_over)
    assert why(window, "resume-run") == "No run pauses here."
    assert not editor.inspector.results.pause.isVisible()


def test_the_data_is_changed_marked_and_sent(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    paused(window, services, qtbot, data={"n": 1, "text": "same"})
    page = window.editor.inspector.results.pause
    qtbot.waitUntil(page.edit.isVisible)
    cursor = page.edit.textCursor()
    cursor.setPosition(page.edit.toPlainText().index("1") + 1)
    page.edit.setTextCursor(cursor)
    qtbot.keyClicks(page.edit, "4")
    qtbot.waitUntil(lambda: page.edit.changes == {1: '  "n": 1'})
    assert "1 change, for this run only" in page.findChild(QWidget, "pause-verdict").text()
    press(qtbot, window, "resume-button")
    qtbot.waitUntil(lambda: services.runs.answered == [("/step_1#before", "resume", Given({"n": 14, "text": "same"}))])


def test_what_is_no_json_keeps_the_run_paused_and_names_the_line(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    paused(window, services, qtbot, data=[1])
    edit = window.editor.inspector.results.pause.edit
    edit.selectAll()
    qtbot.keyClicks(edit, "[1,")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClicks(edit, "2")
    qtbot.waitUntil(lambda: why(window, "resume-run") == "The data is no valid JSON (line 2).")
    assert not window.findChild(QAbstractButton, "resume-button").isEnabled()
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F8)
    click(window, "s0", qtbot)
    click(window, "s1", qtbot)
    window.editor.inspector.show_tab("Input")
    assert window.editor.inspector.results.pause.edit.toPlainText() == "[1,\n2"
    press(qtbot, window, "pause-reset")
    qtbot.waitUntil(lambda: why(window, "resume-run") == "")
    assert services.runs.answered == []


def test_step_and_into_have_their_keys_and_buttons(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run = paused(window, services, qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: len(services.runs.answered) == 1)
    services.runs.pause(run, "s2", "/step_2#before", 5)
    window.editor.current.hear(run)
    qtbot.waitUntil(lambda: window.editor.view.selected_ids() == ("s2",))
    press(qtbot, window.editor.host, "into-paused")
    qtbot.waitUntil(lambda: len(services.runs.answered) == 2)
    assert [(path, command) for path, command, _ in services.runs.answered] == [("/step_1#before", "step"), ("/step_2#before", "into")]


def test_breakpoints_that_are_set_while_it_pauses_go_with_the_answer_and_a_step_can_be_skipped(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    paused(window, services, qtbot)
    qtbot.mouseClick(window.editor.view, Qt.MouseButton.LeftButton, pos=corner(window, "s2"))
    press(qtbot, window, "skip-button")
    qtbot.waitUntil(lambda: services.runs.answered == [("/step_1#before", "skip", None)])
    assert services.runs.breakpoints == (Breakpoint("s2"),)


def test_shift_f5_stops_a_paused_run(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run = paused(window, services, qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F5, SHIFT)
    qtbot.waitUntil(lambda: services.runs.cancelled == [run])


def test_after_a_step_its_output_is_what_can_be_changed(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    paused(window, services, qtbot, path="/step_1#after", data="out")
    inspector = window.editor.inspector
    assert inspector.tabs.tabText(inspector.tabs.currentIndex()) == "Output"
    assert (inspector.results.pause.isVisible(), inspector.results.pause.edit.value) == (True, "out")
    inspector.show_tab("Input")
    assert not inspector.results.pause.isVisible()


def test_a_condition_that_could_not_be_asked_is_told_and_so_is_too_much_data(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    paused(window, services, qtbot, problem="There is no field x.", is_large=True)
    page = window.editor.inspector.results.pause
    assert "There is no field x." in page.findChild(QWidget, "pause-problem").text()
    assert page.findChild(QWidget, "pause-large").isVisible() and not page.edit.isVisible()
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: services.runs.answered == [("/step_1#before", "resume", None)])


def test_who_may_not_resume_runs_can_look_and_no_more(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    paused(window, services, qtbot, data=1)
    document = window.editor.current
    document.session = replace(document.session, actor=Actor(document.session.actor.tenant_id, Role.VIEWER))
    window.editor.canvas_work.debugging.follow()
    assert "resume runs" in why(window, "resume-run")


def test_a_step_that_has_not_run_says_why(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    paused(window, services, qtbot)
    click(window, "s2", qtbot)
    window.editor.inspector.show_tab("Input")
    texts = [label.text() for label in window.editor.inspector.results.view.findChildren(QLabel)]
    assert "It waits for “Step 1”, where the run pauses." in texts


def test_a_paused_run_from_the_list_is_shown_where_it_pauses_and_goes_on(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    run = services.runs.add("hello")
    services.runs.pause(run, "s1", "/step_1#before", {"n": 1})
    window.go("runs")
    qtbot.waitUntil(lambda: [row.id for row in window.runs.table.rows_model.rows] == [run])
    window.runs.table.select(0)
    qtbot.keyClick(window.runs.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    assert window.editor.current.is_snapshot
    qtbot.waitUntil(lambda: window.editor.view.selected_ids() == ("s1",))
    assert why(window, "toggle-breakpoint") == "Breakpoints are set in the workflow itself, not in what a run executed."
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: services.runs.answered == [("/step_1#before", "resume", None)])
    assert services.runs.breakpoints is None

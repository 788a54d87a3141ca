"""Tools for one step by mouse and keys: test it, run up to it and from it on, pin its output and change what is pinned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.domain.access import Actor, Role
from app.domain.json_value import Given
from app.domain.run_requests import Part
from app.services.errors import NothingToStartFrom
from app.services.run_parts import StepData
from app.ui.main_window import MainWindow
from app.ui.session import Session
from app.ui.value_dialog import ValueDialog
from tests.fakes.services import FakeServices

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(qtbot: QtBot, parent: QWidget, name: str) -> None:
    qtbot.mouseClick(parent.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def click(window: MainWindow, id: str, qtbot: QtBot) -> None:
    view = window.editor.view
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.node_rect(id).center().toPoint())


def ran(window: MainWindow, services: FakeServices, qtbot: QtBot, **outputs: Any) -> str:
    """A whole run of what is open that has ended with these outputs."""
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.editor.current.live is not None)
    run = next(iter(services.runs.runs))
    for id, output in outputs.items():
        services.runs.step(run, id, "completed", took=1, input={"in": id}, output=output)
    services.runs.end(run, "completed")
    window.editor.current.hear(run)
    qtbot.waitUntil(lambda: window.editor.current.live.is_over)
    return run


def dialog(window: MainWindow, qtbot: QtBot, name: str) -> ValueDialog:
    qtbot.waitUntil(lambda: window.findChild(QDialog, name) is not None and window.findChild(QDialog, name).isVisible())
    found = window.findChild(QDialog, name)
    assert isinstance(found, ValueDialog)
    return found


def write(qtbot: QtBot, asked: ValueDialog, text: str) -> None:
    asked.edit.selectAll()
    qtbot.keyClicks(asked.edit, text)
    qtbot.waitUntil(lambda: asked.edit.toPlainText() == text)


def why(window: MainWindow, id: str) -> str:
    return window.actions_of_window.why_off(id)


# Test one step


def test_a_click_tests_the_selected_step_on_the_data_of_the_shown_run_and_shows_its_output(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    run = ran(window, services, qtbot, s0=1, s1=2, s2=3)
    services.runs.data = StepData(run, Given({"in": "s1"}), is_known=True)
    click(window, "s1", qtbot)
    press(qtbot, window, "test-step-button")
    qtbot.waitUntil(lambda: bool(services.runs.parts))
    assert services.runs.parts == [Part("only", "/step_1", run, None, None)]
    qtbot.waitUntil(lambda: window.editor.current.live.run.kind == "only")
    assert "Test of “Step 1”" in window.editor.host.run_bar.text
    tested = list(services.runs.runs)[-1]
    services.runs.step(tested, "s1", "completed", took=1, output="fresh")
    services.runs.end(tested, "completed")
    window.editor.current.hear(tested)
    inspector = window.editor.inspector
    assert inspector.tabs.tabText(inspector.tabs.currentIndex()) == "Output"
    qtbot.waitUntil(lambda: inspector.results.view.text == '"fresh"')


def test_a_step_without_data_asks_for_an_input_and_refuses_what_is_no_json(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    click(window, "s1", qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Return, CTRL)
    asked = dialog(window, qtbot, "test-dialog")
    assert "No run has brought data" in asked.findChild(QWidget, "value-why").text()
    write(qtbot, asked, '{"a": 1,')
    yes = asked.findChild(QAbstractButton, "dialog-yes")
    qtbot.waitUntil(lambda: not yes.isEnabled())
    assert "line 1" in asked.findChild(QWidget, "value-verdict").text()
    qtbot.keyClick(asked.edit, Qt.Key.Key_Return, CTRL)
    assert asked.isVisible()
    write(qtbot, asked, '{"a": 7}')
    qtbot.keyClick(asked.edit, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: bool(services.runs.parts))
    assert services.runs.parts[0].given == Given({"a": 7})


def test_a_test_with_input_begins_with_the_last_input_and_can_be_declined(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    services.runs.data = StepData("r1", Given({"from": "the last run"}), is_known=True)
    click(window, "s1", qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Return, CTRL | SHIFT)
    asked = dialog(window, qtbot, "test-dialog")
    assert asked.edit.value == {"from": "the last run"}
    qtbot.keyClick(asked, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "test-dialog") is None)
    assert services.runs.parts == []


# Up to a step, from a step on


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)  # the offscreen platform, of a popup menu
def test_the_menu_runs_up_to_a_step_with_the_input_of_the_workflow(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    view = window.editor.view
    at = view.node_rect("s2").center().toPoint()
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at)))
    menu = view.findChild(QMenu, "canvas-menu")
    qtbot.waitUntil(menu.isVisible)
    action = next(action for action in menu.actions() if action.objectName() == "run-to-here")
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    qtbot.waitUntil(lambda: bool(services.runs.parts))
    assert (services.runs.parts[0].kind, services.runs.parts[0].place) == ("to", "/step_2")


def test_while_a_part_runs_nothing_else_starts_and_it_can_be_stopped(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    view = window.editor.view
    click(window, "s2", qtbot)
    qtbot.keyClick(view, Qt.Key.Key_F10, CTRL)
    qtbot.waitUntil(lambda: window.editor.current.is_running)
    assert why(window, "run-to-here") == why(window, "test-step") == "It is running; stop it first."
    qtbot.keyClick(view, Qt.Key.Key_F5, SHIFT)
    qtbot.waitUntil(lambda: bool(services.runs.cancelled))


def test_from_a_step_on_goes_on_with_the_run_that_is_shown(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    run = ran(window, services, qtbot, s0=1, s1=2)
    click(window, "s1", qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F10, CTRL | SHIFT)
    qtbot.waitUntil(lambda: bool(services.runs.parts))
    assert services.runs.parts == [Part("from", "/step_1", run)]


def test_a_turn_that_was_picked_in_the_inspector_is_the_one_that_is_run(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("triage")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.editor.current.live is not None)
    run = next(iter(services.runs.runs))
    for turn in range(3):
        services.runs.step(run, "extract", "completed", path=f"/for_each_attachment[{turn}]/extract_text", took=1, output=turn)
    services.runs.end(run, "completed")
    window.editor.current.hear(run)
    qtbot.waitUntil(lambda: window.editor.current.live.is_over)
    window.editor.select("extract")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F10, CTRL | SHIFT)
    qtbot.waitUntil(lambda: len(services.runs.parts) == 1)
    assert services.runs.parts[0].place == "/for_each_attachment/extract_text"
    part = list(services.runs.runs)[-1]
    qtbot.waitUntil(lambda: window.editor.current.live.run.id == part)
    for turn in range(3):
        services.runs.step(part, "extract", "completed", path=f"/for_each_attachment[{turn}]/extract_text", took=1, output=turn)
    services.runs.end(part, "completed")
    window.editor.current.hear(part)
    qtbot.waitUntil(lambda: window.editor.current.live.is_over)
    window.editor.inspector.show_tab("Output")
    chooser = window.editor.inspector.results.findChild(QWidget, "place-choice")
    qtbot.waitUntil(chooser.isVisible)
    qtbot.keyClick(chooser, Qt.Key.Key_Up)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F10, CTRL | SHIFT)
    qtbot.waitUntil(lambda: len(services.runs.parts) == 2)
    assert services.runs.parts[1].place == "/for_each_attachment[1]/extract_text"


def test_what_the_services_refuse_is_a_sentence(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    services.runs.refuse_part = NothingToStartFrom()
    click(window, "s1", qtbot)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_F10, CTRL | SHIFT)
    qtbot.waitUntil(lambda: "run it once" in window.notices.text)


# Pins


def test_a_click_pins_the_last_output_another_takes_it_away_and_both_are_undone(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    click(window, "s1", qtbot)
    assert why(window, "pin-output") == "There is no output to pin yet; test the step first."
    ran(window, services, qtbot, s1={"answer": 42})
    model = window.editor.current.model
    press(qtbot, window, "pin-output-button")
    assert model.graph.steps["s1"].config["pinned_output"] == {"answer": 42}
    assert window.findChild(QAbstractButton, "pin-output-button").text() == "Unpin output"
    assert model.undo_stack.undoText() == "Pin output"
    press(qtbot, window, "pin-output-button")
    assert "pinned_output" not in model.graph.steps["s1"].config
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, CTRL)
    assert "pinned_output" not in model.graph.steps["s1"].config
    assert model.undo_stack.redoText() == "Pin output"


def test_a_pinned_value_is_edited_and_null_is_refused(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(window, "s1", qtbot)
    window.actions_of_window["edit-pin"].trigger()
    asked = dialog(window, qtbot, "pin-dialog")
    write(qtbot, asked, "null")
    yes = asked.findChild(QAbstractButton, "dialog-yes")
    qtbot.waitUntil(lambda: not yes.isEnabled())
    write(qtbot, asked, "[1, 2]")
    qtbot.waitUntil(yes.isEnabled)
    qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)
    model = window.editor.current.model
    qtbot.waitUntil(lambda: model.graph.steps["s1"].config.get("pinned_output") == [1, 2])
    assert model.undo_stack.undoText() == "Edit pinned output"


def test_what_is_too_large_or_null_is_not_pinned(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    ran(window, services, qtbot, s0=None, s1="x" * 1_100_000)
    click(window, "s0", qtbot)
    assert "null cannot be pinned" in why(window, "pin-output")
    click(window, "s1", qtbot)
    assert "at most 1,048,576 can be pinned" in why(window, "pin-output")


def test_without_a_selection_or_the_right_to_run_the_tools_say_why(
    window: MainWindow, opened: Open, session: Session, qtbot: QtBot
) -> None:
    opened("hello")
    foot = window.findChild(QWidget, "inspector-foot")
    assert (why(window, "test-step"), foot.isVisible()) == ("Select one step.", False)
    click(window, "s1", qtbot)
    assert (why(window, "test-step"), foot.isVisible()) == ("", True)
    viewer = replace(session, actor=Actor(session.actor.tenant_id, Role.VIEWER))
    window.session = viewer
    window.workbench.follow()
    window.workbench.run_tools.follow()
    assert "As viewer you may not start runs" in why(window, "test-step")
    assert "edit workflows" in why(window, "pin-output")


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_a_pinned_step_shows_a_pin(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot, mode: str) -> None:
    from app.domain.edits import SetConfig
    from app.ui.canvas.marks import pin_box
    from app.ui.theme import theme

    opened("hello")
    theme().set_mode(mode)
    view = window.editor.view
    box = pin_box(view.node_rect("s1")).toRect()
    before = view.grab(box).toImage()
    config = {**window.editor.current.model.graph.steps["s1"].config, "pinned_output": 1}
    window.editor.current.model.push(SetConfig("s1", config))
    assert view.grab(box).toImage() != before
    assert isinstance(box.topLeft(), QPoint)

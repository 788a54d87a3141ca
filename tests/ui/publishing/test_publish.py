"""Publishing by hand: the checklist leads to each place and back, what follows moves along, and there is a way back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.drafts import Follower
from app.domain.edits import AddElements, Rename, SetConfig
from app.domain.workflow import Position, Step
from app.ui.main_window import MainWindow
from app.ui.publishing.dialog import PublishDialog
from tests.fakes.services import FakeServices
from tests.ui.samples import chain

Open = Callable[[str], None]
CTRL = Qt.KeyboardModifier.ControlModifier


def click(qtbot: QtBot, parent: QWidget, name: str) -> None:
    found = parent.findChild(QAbstractButton, name)
    assert found is not None and found.isVisible(), name
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def words(parent: QWidget, name: str) -> str:
    found = parent.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def dialog_of(window: MainWindow, qtbot: QtBot) -> PublishDialog:
    """The dialog once it is there to be used."""

    def shown() -> list[PublishDialog]:
        return [dialog for dialog in window.findChildren(PublishDialog) if dialog.isVisible()]

    qtbot.waitUntil(lambda: len(shown()) == 1)
    return shown()[0]


def gone(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not any(dialog.isVisible() for dialog in window.findChildren(PublishDialog)))


@pytest.fixture
def faulty(window: MainWindow, opened: Open, qtbot: QtBot) -> MainWindow:
    """`hello` with two errors and a warning; the second error is one of its last step."""
    opened("hello")
    model = window.editor.current.model
    model.push(AddElements((Step("far", "Far", "llm", {"provider": "mock", "model": "m", "prompt": "{{ steps.no }}"}, Position(9000, 0)),)))
    model.push(SetConfig("s0", {**model.graph.steps["s0"].config, "pinned_output": 1}))
    model.push(Rename("s1", model.graph.steps["s0"].name))
    return window


def test_show_leads_to_the_field_and_back_and_a_fixed_problem_is_told(faulty: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    window = faulty
    click(qtbot, window, "publish-button")
    dialog = dialog_of(window, qtbot)
    assert "2 errors must be fixed" in words(dialog, "publish-refused")
    assert not dialog.findChild(QAbstractButton, "dialog-publish").isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_2)
    gone(window, qtbot)
    bar = window.findChild(QWidget, "publish-bar")
    qtbot.waitUntil(bar.isVisible)
    assert words(bar, "publish-bar-where") == "2 of 3"
    view = window.editor.view
    assert view.selected_ids() == ("far",)
    middle = view.rect().center()
    qtbot.waitUntil(lambda: (view.node_rect("far").center() - middle).manhattanLength() < 12)
    prompt = window.editor.inspector.findChild(QPlainTextEdit, "input-prompt")
    assert window.focusWidget() is prompt
    prompt.selectAll()
    qtbot.keyClicks(prompt, "Hello")
    qtbot.waitUntil(lambda: words(bar, "publish-bar-where") == "Fixed")
    qtbot.waitUntil(lambda: words(bar, "publish-bar-where") == "1 of 2", timeout=3000)  # goes on by itself
    click(qtbot, bar, "publish-bar-next")
    assert words(bar, "publish-bar-where") == "2 of 2"
    click(qtbot, bar, "publish-bar-back")
    dialog = dialog_of(window, qtbot)
    assert not bar.isVisible()
    row = dialog.findChild(QWidget, "fixed-1")
    assert row.isVisible()
    qtbot.waitUntil(lambda: not row.isVisible(), timeout=3000)
    click(qtbot, dialog, "dialog-cancel")


def test_warnings_do_not_block_and_control_enter_publishes(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    model = window.editor.current.model
    model.push(SetConfig("s0", {**model.graph.steps["s0"].config, "pinned_output": 1}))
    qtbot.keyClick(window.editor.view, Qt.Key.Key_P, CTRL | Qt.KeyboardModifier.ShiftModifier)
    dialog = dialog_of(window, qtbot)
    assert "pinned output" in words(dialog, "problem-1-words")
    note = dialog.findChild(QPlainTextEdit, "publish-note")
    qtbot.keyClicks(note, "Two")
    qtbot.keyClick(note, Qt.Key.Key_Return)
    qtbot.keyClicks(note, "lines")
    qtbot.keyClick(note, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: services.workflows.notes == ["Two\nlines"])
    qtbot.waitUntil(lambda: "version 1" in window.notices.text)


def test_the_note_survives_a_look_at_a_problem(faulty: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, faulty, "publish-button")
    dialog = dialog_of(faulty, qtbot)
    qtbot.keyClicks(dialog.findChild(QPlainTextEdit, "publish-note"), "1 of many")  # digits are text here
    click(qtbot, dialog, "show-problem-1")
    bar = faulty.findChild(QWidget, "publish-bar")
    qtbot.waitUntil(bar.isVisible)
    click(qtbot, bar, "publish-bar-back")
    dialog = dialog_of(faulty, qtbot)
    assert dialog.findChild(QPlainTextEdit, "publish-note").toPlainText() == "1 of many"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    gone(faulty, qtbot)


def test_what_follows_is_listed_a_pinned_trigger_moves_along_and_undo_puts_all_back(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    services.publishing.put("hello", chain(), "before")
    services.publishing.followers = [Follower("webhook", "hook", "Hook", 0), Follower("schedule", "sweep", "Sweep", 1)]
    opened("hello")
    window.editor.current.model.push(Rename("s0", "Begin"))
    click(qtbot, window, "publish-button")
    dialog = dialog_of(window, qtbot)
    assert words(dialog, "publish-since") == "Since v1: 1 changed"
    assert dialog.findChild(QWidget, "follower-hook-new").text == "v2"
    assert not dialog.findChild(QWidget, "follower-sweep-new").isVisible()
    click(qtbot, dialog, "move-sweep")
    assert dialog.findChild(QWidget, "follower-sweep-new").text == "v2"
    click(qtbot, dialog, "dialog-publish")
    qtbot.waitUntil(lambda: "version 2" in window.notices.text)
    assert [(move.follower.id, move.version) for move in services.publishing.moves] == [("sweep", 2)]
    click(qtbot, window.notices, "notice-action")
    qtbot.waitUntil(lambda: "v1 runs again, as v3" in window.notices.text)
    assert [(move.follower.id, move.version) for move in services.publishing.moves][1:] == [("sweep", 1)]
    assert services.workflows.published["hello"][-1][1] == chain()
    assert window.editor.current.definition.graph.steps["s0"].name == "Begin"


def test_after_publishing_the_version_can_be_run_at_once(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "publish-button")
    click(qtbot, dialog_of(window, qtbot), "dialog-publish")
    qtbot.waitUntil(lambda: "version 1" in window.notices.text)
    assert window.notices.findChild(QAbstractButton, "notice-action").text() == "Run v1"
    click(qtbot, window.notices, "notice-action")
    qtbot.waitUntil(lambda: len(services.runs.runs) == 1)
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.is_snapshot)
    assert window.editor.current.live.run.mode == "production"


def test_a_called_draft_can_be_opened_from_the_checklist(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    step = Step("call", "Call it", "subflow", {"workflow_id": "triage"}, Position(0, 300))
    window.editor.current.model.push(AddElements((step,)))
    services.publishing.unpublished = {"call": "triage"}
    click(qtbot, window, "publish-button")
    click(qtbot, dialog_of(window, qtbot), "open-called-1")
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.workflow_id == "triage")


def test_far_too_many_problems_open_without_a_stall(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    steps = tuple(Step(f"x{i}", f"Broken {i}", "transform", {"output": "{{ steps.nobody }}"}, Position(i * 10, 500)) for i in range(300))
    window.editor.current.model.push(AddElements(steps))
    click(qtbot, window, "publish-button")
    dialog = dialog_of(window, qtbot)
    assert "300 errors" in words(dialog, "publish-refused")
    assert "260 more" in words(dialog, "problems-more")
    assert dialog.height() <= window.height() * 0.8
    click(qtbot, dialog, "checks-fold")
    assert dialog.findChild(QLabel, "checks-names").isVisible()
    click(qtbot, dialog, "dialog-cancel")

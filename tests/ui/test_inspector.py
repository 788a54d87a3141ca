"""The inspector: forms that edit the graph, faults at their field, and what a run took and gave."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import MoveElements
from app.domain.workflow import Position
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices


@pytest.fixture
def editor(window: MainWindow, opened: Callable[[str], None]) -> MainWindow:
    opened("triage")
    return window


def field(window: MainWindow, name: str) -> QWidget:
    found = window.editor.inspector.findChild(QWidget, f"input-{name}")
    assert found is not None, name
    return found


def config(window: MainWindow, id: str) -> dict[str, object]:
    graph = window.editor.current.model.graph
    return dict((graph.steps.get(id) or graph.groups[id]).config)


def retype(qtbot: QtBot, edit: QWidget, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)


def unfold(window: MainWindow, qtbot: QtBot, section: str) -> None:
    qtbot.mouseClick(window.editor.inspector.findChild(QAbstractButton, f"fold-{section}"), Qt.MouseButton.LeftButton)


def said(window: MainWindow, name: str) -> str:
    """The sentence that stands at a field; empty when none does."""
    fault = window.editor.inspector.findChild(QLabel, f"fault-{name}")
    return fault.text() if fault is not None and fault.isVisible() else ""


def test_the_name_is_changed_with_enter_and_undone_in_one_step(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    name = field(editor, "name")
    retype(qtbot, name, "Write answer")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert editor.editor.current.model.graph.steps["draft"].name == "Write answer"
    assert editor.editor.inspector.findChild(QLabel, "inspector-title").text() == "Write answer"
    editor.actions_of_window["undo"].trigger()
    assert editor.editor.current.model.graph.steps["draft"].name == "Draft reply"
    assert name.text() == "Draft reply"


def test_an_edit_saves_itself(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    retype(qtbot, field(editor, "model"), "gpt")
    assert editor.findChild(QLabel, "saved-word").text() == "Unsaved"
    qtbot.waitUntil(lambda: editor.findChild(QLabel, "saved-word").text() == "Saved")
    assert services.workflows.kept["triage"].definition.graph.steps["draft"].config["model"] == "gpt"


def test_typing_into_one_field_is_one_undo(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    retype(qtbot, field(editor, "prompt"), "Say hello")
    assert config(editor, "draft")["prompt"] == "Say hello"
    editor.actions_of_window["undo"].trigger()
    assert str(config(editor, "draft")["prompt"]).startswith("You are a support agent")


def test_a_second_brace_closes_itself(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    edit = field(editor, "prompt")
    retype(qtbot, edit, "Hi {{")
    assert edit.toPlainText() == "Hi {{  }}"
    qtbot.keyClicks(edit, "$")
    assert edit.toPlainText() == "Hi {{ $ }}"


def test_a_number_field_takes_numbers_and_templates_and_refuses_the_rest(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    unfold(editor, qtbot, "advanced")
    edit = field(editor, "max_tokens")
    retype(qtbot, edit, "many")
    assert "max_tokens" not in config(editor, "draft")
    qtbot.waitUntil(lambda: said(editor, "max_tokens") == "This is no whole number.")
    retype(qtbot, edit, "200")
    assert config(editor, "draft")["max_tokens"] == 200
    retype(qtbot, edit, "{{ input.n }}")
    assert config(editor, "draft")["max_tokens"] == "{{ input.n }}"


def test_an_emptied_optional_field_leaves_the_config(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    retype(qtbot, field(editor, "temperature"), "")
    assert "temperature" not in config(editor, "draft")


def test_another_adapter_brings_its_own_fields(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("fetch")
    assert editor.editor.inspector.findChild(QWidget, "input-url") is not None
    chooser = field(editor, "adapter_id")
    assert isinstance(chooser, QComboBox)
    chooser.setFocus()
    qtbot.keyClick(chooser, Qt.Key.Key_Home)
    chosen = chooser.currentData()
    qtbot.waitUntil(lambda: config(editor, "fetch")["adapter_id"] == chosen)
    assert chosen == "mock"
    assert editor.editor.inspector.findChild(QWidget, "input-response") is not None


def test_a_box_is_ticked_with_the_space_bar(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    unfold(editor, qtbot, "testing")
    box = field(editor, "disabled")
    assert isinstance(box, QCheckBox)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert config(editor, "draft")["disabled"] is True
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert "disabled" not in config(editor, "draft")


def test_a_field_of_a_nested_model_changes_only_itself(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    retype(qtbot, field(editor, "retry.max_attempts"), "3")
    assert config(editor, "draft")["retry"] == {"max_attempts": 3}
    retype(qtbot, field(editor, "retry.max_attempts"), "1")
    assert "retry" not in config(editor, "draft")


def test_json_is_taken_when_it_is_json_and_told_when_not(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("flag")
    edit = field(editor, "output")
    retype(qtbot, edit, '{"flag": ')
    assert config(editor, "flag")["output"] == {}
    qtbot.waitUntil(lambda: said(editor, "output").startswith("This is not JSON"))
    qtbot.keyClicks(edit, "1}")
    assert edit.toPlainText() == '{"flag": 1}'
    assert config(editor, "flag")["output"] == {"flag": 1}
    qtbot.waitUntil(lambda: not said(editor, "output"))


def test_a_problem_stands_at_its_field(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("route")
    retype(qtbot, field(editor, "expression"), "$.text ==")
    qtbot.waitUntil(lambda: bool(said(editor, "expression")))


def test_a_group_has_its_form_too(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("each")
    retype(qtbot, field(editor, "input_path"), "$.files")
    assert config(editor, "each")["input_path"] == "$.files"


def test_an_edge_has_its_condition(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("e0")
    retype(qtbot, field(editor, "condition"), "$.ok")
    assert editor.editor.current.model.graph.edges["e0"].condition == "$.ok"


def test_notes_are_kept_with_the_step(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    editor.editor.inspector.show_tab("Notes")
    qtbot.keyClicks(editor.editor.inspector.findChild(QPlainTextEdit, "notes-text"), "ask legal")
    assert config(editor, "draft")["notes"] == "ask legal"


def test_a_new_theme_is_no_edit(editor: MainWindow) -> None:
    editor.editor.select("draft")
    before = editor.editor.current.model.undo_stack.count()
    editor.actions_of_window["theme-light"].trigger()
    editor.actions_of_window["theme-dark"].trigger()
    assert editor.editor.current.model.undo_stack.count() == before


def test_without_a_selection_the_workflow_itself_is_shown(editor: MainWindow) -> None:
    editor.editor.view.select(())
    assert editor.editor.inspector.findChild(QLabel, "fact-steps").text() == "13"


def test_the_form_follows_an_edit_made_elsewhere(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("draft")
    model = editor.editor.current.model
    model.push(MoveElements((("draft", Position(5, 5)),)))
    edit = field(editor, "prompt")
    assert isinstance(edit, ExpressionEdit)
    assert edit.toPlainText().startswith("You are a support agent")


def test_after_a_run_input_output_and_error_are_shown_as_plain_text(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    page = editor.editor
    page.select("classify")
    page.inspector.show_tab("Output")
    assert "Press Run" in page.inspector.results.view.findChild(QLabel, "empty-sentence").text()
    qtbot.mouseClick(editor.findChild(QAbstractButton, "run-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    run_id = next(iter(services.runs.runs))
    services.runs.step(run_id, "classify", "completed", took=0.5, input={"q": 1}, output={"text": "<b>refund</b>"})
    services.runs.step(run_id, "issue", "failed", took=0.1, error={"type": "HttpError", "message": "402"})
    qtbot.waitUntil(lambda: "<b>refund</b>" in page.inspector.results.view.text)
    page.inspector.show_tab("Input")
    assert '"q": 1' in page.inspector.results.view.text
    page.inspector.show_tab("Error")
    assert page.inspector.results.view.findChild(QLabel, "empty-sentence").text() == "It did not fail."
    page.select("issue")
    assert "HttpError" in page.inspector.results.view.text


def test_each_turn_of_a_loop_can_be_chosen(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    qtbot.mouseClick(editor.findChild(QAbstractButton, "run-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    run_id = next(iter(services.runs.runs))
    for turn in range(3):
        services.runs.step(
            run_id, "extract", "completed", took=0.1, path=f"/for_each_attachment[{turn}]/extract_text", output=f"page {turn}"
        )
    page = editor.editor
    page.select("extract")
    page.inspector.show_tab("Output")
    chooser = page.inspector.findChild(QComboBox, "place-choice")
    qtbot.waitUntil(lambda: chooser.count() == 3)
    assert page.inspector.results.view.text == '"page 2"'
    chooser.setFocus()
    qtbot.keyClick(chooser, Qt.Key.Key_Home)
    assert page.inspector.results.view.text == '"page 0"'


def test_what_a_run_executed_cannot_be_edited(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    run_id = services.runs.add("hello")
    services.runs.end(run_id, "completed")
    window.runs.open_requested.emit(services.runs.runs[run_id].row)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    window.editor.select("s0")
    assert not window.editor.inspector.findChild(QLineEdit, "input-name").isEnabled()

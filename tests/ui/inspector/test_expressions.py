"""Expression fields: completion over the data at hand, a preview that follows the typing, faults at their place with what was meant."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import SetConfig
from app.ui.inspector.completion_popup import CompletionPopup
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.preview_pane import PreviewPane
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.inspector.conftest import write
from tests.ui.test_inspector import config, field, retype, said

CONTROL = Qt.KeyboardModifier.ControlModifier


def popup(window: MainWindow) -> CompletionPopup:
    return window.findChild(CompletionPopup, "completion-popup")


def shown(window: MainWindow) -> bool:
    found = popup(window)
    return found is not None and found.isVisible()


def labels(window: MainWindow) -> list[str]:
    return [row.label for row in popup(window).rows]


def test_behind_a_dot_the_fields_of_the_last_run_are_offered_and_tab_takes_one(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{steps.rerank_results.output.it")
    qtbot.waitUntil(lambda: shown(editor))
    assert labels(editor)[:2] == ["items", "items[0].title"]
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.toPlainText() == "{{ steps.rerank_results.output.items[0].title }}"
    assert edit.hasFocus()
    assert not shown(editor)
    assert config(editor, "draft")["system"] == "{{ steps.rerank_results.output.items[0].title }}"


def test_enter_takes_a_row_and_a_dot_goes_deeper(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{inp")
    qtbot.waitUntil(lambda: shown(editor) and labels(editor)[0] == "input")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert edit.toPlainText() == "{{ input }}"
    qtbot.keyClicks(edit, ".")
    qtbot.waitUntil(lambda: shown(editor) and "org" in labels(editor))


def test_escape_closes_the_list_and_only_the_list(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{inp")
    qtbot.waitUntil(lambda: shown(editor))
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert not shown(editor)
    assert edit.hasFocus()


def test_control_space_shows_everything_nearest_step_first(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{zz")
    qtbot.wait(150)
    assert not shown(editor)
    qtbot.keyClick(edit, Qt.Key.Key_Space, CONTROL)
    qtbot.waitUntil(lambda: shown(editor))
    titles = [group.title for group in popup(editor)._completions.groups]
    assert titles[0] == "This step’s input"
    assert titles.index("Rerank results") < titles.index("Classify intent")


def test_a_row_is_taken_with_a_click(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{steps.rerank_results.output.")
    qtbot.waitUntil(lambda: shown(editor))
    at = labels(editor).index("took")
    found = popup(editor)
    for _ in range(at):
        qtbot.keyClick(edit, Qt.Key.Key_Down)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton, pos=found.row_rect(at).center())
    assert edit.toPlainText() == "{{ steps.rerank_results.output.took }}"


def test_the_list_stands_left_of_the_inspector_at_the_line_of_the_caret(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{inp")
    qtbot.waitUntil(lambda: shown(editor))
    found = popup(editor)
    inspector = editor.editor.inspector.mapTo(editor, QPoint(0, 0)).x()
    assert found.geometry().right() < inspector
    line = editor.mapFromGlobal(edit.caret_place().center()).y()
    assert found.geometry().top() <= line <= found.geometry().bottom()


def test_secrets_are_offered_by_name_and_show_as_dots(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{secrets.")
    qtbot.waitUntil(lambda: shown(editor) and labels(editor) == ["DESK_KEY"])
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    pane = editor.editor.inspector.findChild(PreviewPane, "preview-system")
    qtbot.waitUntil(lambda: "••••" in pane.text)


def test_f1_explains_a_function(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{trim")
    qtbot.waitUntil(lambda: shown(editor) and popup(editor).current.icon == "function")
    assert popup(editor).foot == "F1 explains it"
    qtbot.keyClick(edit, Qt.Key.Key_F1)
    assert popup(editor).foot == "The text without blanks at its ends."
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert edit.toPlainText() == "{{ trim() }}"
    qtbot.keyClicks(edit, "$")
    assert edit.toPlainText() == "{{ trim($) }}"


def test_the_preview_follows_the_typing(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "For {{input.org}}")
    pane = editor.editor.inspector.findChild(PreviewPane, "preview-system")
    qtbot.waitUntil(lambda: pane.text == "For Northwind")
    words = editor.editor.inspector.findChild(QLabel, "preview-system-run").text()
    assert words.startswith("run …")
    assert "edited since" not in words


def test_data_of_a_step_that_was_changed_after_the_run_are_told_to_be_old(editor: MainWindow, qtbot: QtBot) -> None:
    model = editor.editor.current.model
    model.push(SetConfig("rerank", {"output": 1}))
    write(editor, qtbot, "system", "For {{input.org}}")
    qtbot.waitUntil(lambda: "edited since" in editor.editor.inspector.findChild(QLabel, "preview-system-run").text())


def test_only_the_field_that_is_written_in_has_its_preview(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "A")
    first = editor.editor.inspector.findChild(PreviewPane, "preview-system")
    qtbot.waitUntil(lambda: first.isVisible())
    field(editor, "prompt").setFocus()
    assert not first.isVisible()


def test_a_step_that_has_not_run_is_no_fault_but_a_reason_to_run(window: MainWindow, opened: Callable[[str], None], qtbot: QtBot) -> None:
    opened("triage")
    write(window, qtbot, "system", "{{steps.rerank_results.output}}")
    note = window.editor.inspector.findChild(QLabel, "preview-system-note")
    qtbot.waitUntil(lambda: note.isVisible() and "no data" in note.text())
    assert said(window, "system") == ""


def test_a_fault_is_marked_and_told_once_the_hand_rests(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{steps.classify_intent.output.languge}}")
    qtbot.wait(250)
    assert said(editor, "system") == ""  # still typing
    qtbot.waitUntil(lambda: 'no field "languge"' in said(editor, "system"))
    mark = edit.marks[0]
    assert edit.toPlainText()[mark.start : mark.end] == "languge"


def test_while_a_list_is_open_nothing_is_called_wrong(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{steps.classify_intent.output.")
    qtbot.waitUntil(lambda: shown(editor))
    qtbot.wait(800)
    assert said(editor, "system") == ""
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "missing after the dot" in said(editor, "system"))


def test_a_fault_is_told_at_once_when_the_field_is_left(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "{{steps.classify_intent.output.languge}}")
    qtbot.wait(300)
    field(editor, "prompt").setFocus()
    assert 'no field "languge"' in said(editor, "system")


def test_what_was_meant_is_a_click_away(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{steps.classify_intent.output.languge}}")
    qtbot.waitUntil(lambda: bool(said(editor, "system")))
    fix = editor.editor.inspector.findChild(QAbstractButton, "fix-system-0")
    assert fix.text() == "Use language"
    qtbot.mouseClick(fix, Qt.MouseButton.LeftButton)
    assert edit.toPlainText() == "{{ steps.classify_intent.output.language }}"
    qtbot.waitUntil(lambda: said(editor, "system") == "")


def test_a_field_that_a_prompt_does_not_give_is_added_to_its_schema(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    run_id = next(iter(services.runs.runs))
    services.runs.step(run_id, "classify", "completed", took=0.8, output={"text": "bug", "json": {"tone": "calm"}})
    editor.editor.current.live.rows.take_step(services.runs.runs[run_id].steps[-1])
    write(editor, qtbot, "system", "{{steps.classify_intent.output.json.max_words}}")
    qtbot.waitUntil(lambda: 'no field "max_words"' in said(editor, "system"))
    link = editor.editor.inspector.findChild(QAbstractButton, "fix-system-more")
    assert link.text() == "Add it to the schema of Classify intent"
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert "max_words" in config(editor, "classify")["output_schema"]["properties"]
    qtbot.waitUntil(lambda: said(editor, "system") == "")
    editor.actions_of_window["undo"].trigger()
    assert "output_schema" not in config(editor, "classify")


def test_a_fault_says_at_the_field_what_the_list_of_problems_says(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "{{trm($)}}")
    qtbot.waitUntil(lambda: bool(said(editor, "system")))
    qtbot.waitUntil(lambda: any(said(editor, "system").rstrip(".") in problem.message for problem in editor.editor.current.problems))


def test_undo_in_a_field_walks_through_the_workflow_by_bursts(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "one")
    field(editor, "prompt").setFocus()
    edit.setFocus()
    qtbot.wait(1_600)
    qtbot.keyClicks(edit, " two")
    assert config(editor, "draft")["system"] == "one two"
    qtbot.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    assert config(editor, "draft")["system"] == "one"
    assert edit.toPlainText() == "one"
    qtbot.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    assert "system" not in config(editor, "draft")


def test_an_edge_knows_the_answer_of_its_condition(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("e2")  # from the condition
    qtbot.waitUntil(lambda: bool(editor.editor.inspector.context.scope.sources))
    edit = field(editor, "condition")
    retype(qtbot, edit, "res")
    qtbot.waitUntil(lambda: shown(editor) and labels(editor)[0] == "result")


def test_completing_over_two_thousand_steps_does_not_hold_the_window_up(
    window: MainWindow, services: FakeServices, opened: Callable[[str], None], qtbot: QtBot
) -> None:
    from tests.ui.samples import chain

    services.workflows.add(chain("Long", length=2_000), id="long")
    opened("long")
    window.editor.select("s1999")
    inspector: QWidget = window.editor.inspector
    qtbot.waitUntil(lambda: bool(inspector.context.scope.sources))
    edit = field(window, "response")
    retype(qtbot, edit, '"{{steps.')
    qtbot.waitUntil(lambda: shown(window), timeout=5_000)
    assert labels(window)[0] == "step_1998"


def test_where_nothing_has_run_a_button_runs_up_to_here(window: MainWindow, opened: Callable[[str], None], qtbot: QtBot) -> None:
    opened("triage")
    write(window, qtbot, "system", "{{steps.rerank_results.output}}")
    asked: list[bool] = []
    window.actions_of_window["run-to-here"].triggered.connect(lambda: asked.append(True))
    button = window.editor.inspector.findChild(QAbstractButton, "preview-system-run-to-here")
    qtbot.waitUntil(lambda: button is not None and button.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [True]


def test_what_has_changed_in_the_preview_is_set_apart(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "{{input.org}} {{steps.classify_intent.output.text}}")
    pane = editor.editor.inspector.findChild(PreviewPane, "preview-system")
    qtbot.waitUntil(lambda: pane.text == "Northwind bug")
    for _ in range(len("text }}")):
        qtbot.keyClick(edit, Qt.Key.Key_Left)
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    for _ in range(3):
        qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, "language")
    qtbot.waitUntil(lambda: pane.text == "Northwind German")
    grounds = [pane.ground_at(at) for at in (2, 12)]
    assert grounds[0] != grounds[1]


def test_json_is_written_with_its_brackets_closed_and_put_in_order(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("flag")
    edit = field(editor, "output")
    assert isinstance(edit, ExpressionEdit)
    retype(qtbot, edit, '{"a": [1, {"b": "{{$.x')
    assert edit.toPlainText() == '{"a": [1, {"b": "{{ $.x }}"}]}'
    assert config(editor, "flag")["output"] == {"a": [1, {"b": "{{ $.x }}"}]}
    qtbot.mouseClick(editor.editor.inspector.findChild(QAbstractButton, "format-output"), Qt.MouseButton.LeftButton)
    assert edit.toPlainText().splitlines()[1] == '  "a": ['
    assert config(editor, "flag")["output"] == {"a": [1, {"b": "{{ $.x }}"}]}


def test_the_line_that_is_no_json_is_marked(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("flag")
    edit = field(editor, "output")
    assert isinstance(edit, ExpressionEdit)
    retype(qtbot, edit, "[1,")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClicks(edit, "x")
    assert edit.error_line == 1

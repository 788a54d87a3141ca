"""The pages beside a step's form: the workflow's own properties, several steps at once, JSON Schemas as fields and as code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import SetConfig
from app.domain.problems import Problem
from app.ui.main_window import MainWindow
from app.ui.widgets.switch import Segments
from tests.fakes.services import FakeServices
from tests.ui.test_inspector import config, field, retype, said, unfold

LEFT = Qt.MouseButton.LeftButton
SCHEMA = {"type": "object", "properties": {"intent": {"type": "string", "enum": ["bug"]}}, "required": ["intent"]}


@pytest.fixture
def triage(window: MainWindow, opened: Callable[[str], None]) -> MainWindow:
    opened("triage")
    return window


def press(window: MainWindow, qtbot: QtBot, name: str) -> None:
    button = window.editor.inspector.findChild(QAbstractButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, LEFT)


def details(window: MainWindow) -> object:
    return window.editor.current.model.graph.details


def mode(window: MainWindow, qtbot: QtBot, name: str, to: str) -> None:
    segments = window.editor.inspector.findChild(Segments, f"mode-{name}")
    qtbot.mouseClick(segments, LEFT, pos=segments.part(to).center().toPoint())


# The workflow itself


def test_the_workflow_is_renamed_and_described_with_undo_and_saved(triage: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    triage.editor.view.select(())
    name = field(triage, "workflow-name")
    retype(qtbot, name, "Support desk")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert details(triage).name == "Support desk"
    assert triage.editor.inspector.findChild(QLabel, "inspector-title").text() == "Support desk"
    retype(qtbot, field(triage, "description"), "Answers mail")
    assert details(triage).description == "Answers mail"
    triage.actions_of_window["undo"].trigger()
    assert details(triage).description.startswith("Sorts support mail")
    triage.actions_of_window["undo"].trigger()
    assert details(triage).name == "Ticket triage"
    assert name.text() == "Ticket triage"


def test_a_workflow_without_a_name_keeps_the_one_it_had(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.view.select(())
    name = field(triage, "workflow-name")
    retype(qtbot, name, "")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert details(triage).name == "Ticket triage"
    assert name.text() == "Ticket triage"


def test_the_longest_run_is_set_in_words(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.view.select(())
    edit = field(triage, "run_timeout_ms")
    assert edit.text() == "1 h"
    retype(qtbot, edit, "5 min")
    assert details(triage).settings["run_timeout_ms"] == 300_000


def test_the_input_of_a_workflow_is_described_field_by_field(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.view.select(())
    unfold(triage, qtbot, "input-and-output")
    press(triage, qtbot, "add-input_schema")
    qtbot.keyClicks(field_named(triage, "schema-name-input_schema-0"), "org")
    assert details(triage).input_schema == {"type": "object", "properties": {"org": {"type": "string"}}}
    press(triage, qtbot, "schema-required-input_schema-0")
    assert details(triage).input_schema["required"] == ["org"]
    triage.editor.select("new_ticket")
    qtbot.waitUntil(lambda: triage.editor.inspector.context.scope.root("input") is not None)
    assert triage.editor.inspector.context.scope.root("input").child("org").kind == "text"


def field_named(window: MainWindow, name: str) -> QWidget:
    found = window.editor.inspector.findChild(QWidget, name)
    assert found is not None, name
    return found


def test_a_problem_of_the_workflow_leads_to_its_field(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.view.select(())
    triage.editor.inspector.focus_field(Problem("error", "bad_schema", "", None, "/output_schema").place)
    assert triage.editor.inspector.findChild(QAbstractButton, "fold-input-and-output").isChecked()


def test_enter_on_a_problem_puts_the_caret_into_its_field(triage: MainWindow, qtbot: QtBot) -> None:
    model = triage.editor.current.model
    model.push(SetConfig("draft", {**model.graph.steps["draft"].config, "retry": {"backoff": 0}}))
    triage.editor.view.select(())
    triage.editor.bottom.show_tab("Problems")
    table = triage.editor.bottom.problems
    qtbot.waitUntil(lambda: any("backoff" in row.message for row in table.rows_model.rows))
    at = next(at for at, row in enumerate(table.rows_model.rows) if "backoff" in row.message)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    for _ in range(at):
        qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert triage.editor.view.selected_ids() == ("draft",)
    assert triage.focusWidget().objectName() == "input-retry.backoff"
    qtbot.waitUntil(lambda: "backoff" in said(triage, "retry.backoff"))


# Schemas


def test_an_answer_is_described_by_rows_with_what_is_inside(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.select("draft")
    press(triage, qtbot, "add-output_schema")
    qtbot.keyClicks(field_named(triage, "schema-name-output_schema-0"), "tags")
    kind = field_named(triage, "schema-kind-output_schema-0")
    assert isinstance(kind, QComboBox)
    kind.setFocus()
    qtbot.keyClicks(kind, "List")
    item = field_named(triage, "schema-kind-output_schema-0-item")
    item.setFocus()
    qtbot.keyClicks(item, "Text")
    expected = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    assert config(triage, "draft")["output_schema"] == expected
    press(triage, qtbot, "schema-remove-output_schema-0")
    assert "output_schema" not in config(triage, "draft")


def test_rows_and_code_are_the_same_schema_and_lose_nothing(triage: MainWindow, qtbot: QtBot) -> None:
    model = triage.editor.current.model
    model.push(SetConfig("draft", {**model.graph.steps["draft"].config, "output_schema": SCHEMA}))
    triage.editor.select("draft")
    assert field_named(triage, "schema-name-output_schema-0").text() == "intent"
    retype(qtbot, field_named(triage, "schema-about-output_schema-0"), "what it is about")
    changed = config(triage, "draft")["output_schema"]
    assert changed["properties"]["intent"] == {"type": "string", "enum": ["bug"], "description": "what it is about"}
    mode(triage, qtbot, "output_schema", "code")
    assert '"enum"' in field(triage, "output_schema").toPlainText()
    mode(triage, qtbot, "output_schema", "rows")
    assert config(triage, "draft")["output_schema"] == changed


def test_a_schema_that_rows_cannot_show_is_code_and_says_so(triage: MainWindow, qtbot: QtBot) -> None:
    model = triage.editor.current.model
    model.push(SetConfig("draft", {**model.graph.steps["draft"].config, "output_schema": {"$ref": "#/$defs/a", "properties": {}}}))
    triage.editor.select("draft")
    assert field(triage, "output_schema").isVisible()
    mode(triage, qtbot, "output_schema", "rows")
    assert field(triage, "output_schema").isVisible()


def test_code_that_is_no_schema_is_told_and_kept_as_it_is_typed(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.select("draft")
    mode(triage, qtbot, "output_schema", "code")
    edit = field(triage, "output_schema")
    retype(qtbot, edit, '{"type": "strin"}')
    qtbot.waitUntil(lambda: "not a JSON Schema" in said(triage, "output_schema"))
    assert edit.toPlainText() == '{"type": "strin"}'
    retype(qtbot, edit, '{"type": "object"}')
    assert config(triage, "draft")["output_schema"] == {"type": "object"}
    qtbot.waitUntil(lambda: not said(triage, "output_schema"))


def test_two_fields_of_one_name_are_told(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.select("draft")
    for at in range(2):
        press(triage, qtbot, "add-output_schema")
        qtbot.keyClicks(field_named(triage, f"schema-name-output_schema-{at}"), "a")
    qtbot.waitUntil(lambda: said(triage, "output_schema") == "“a” is there twice.")


# Several at once


def test_what_is_set_for_several_steps_is_set_for_all_in_one_undo(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.view.select(("draft", "fetch", "issue"))
    assert triage.editor.inspector.findChild(QLabel, "multi-words").text().startswith("3 steps selected.")
    page = triage.editor.inspector.several
    edit = page.findChild(QWidget, "input-timeout_ms")
    retype(qtbot, edit, "20 s")
    assert [config(triage, id)["timeout_ms"] for id in ("draft", "fetch", "issue")] == [20_000] * 3
    triage.actions_of_window["undo"].trigger()
    assert not any("timeout_ms" in config(triage, id) for id in ("draft", "fetch", "issue"))


def test_where_steps_differ_it_says_so_and_nothing_is_changed_by_looking(triage: MainWindow, qtbot: QtBot) -> None:
    model = triage.editor.current.model
    model.push(SetConfig("draft", {**model.graph.steps["draft"].config, "timeout_ms": 5_000}))
    count = model.undo_stack.count()
    triage.editor.view.select(("draft", "fetch"))
    assert triage.editor.inspector.findChild(QLabel, "multi-differ").text() == "They differ in: timeout."
    assert model.undo_stack.count() == count
    box = triage.editor.inspector.several.findChild(QWidget, "input-disabled")
    qtbot.mouseClick(box, LEFT)
    assert config(triage, "draft")["disabled"] is True
    assert config(triage, "fetch")["disabled"] is True
    assert config(triage, "draft")["timeout_ms"] == 5_000


def test_a_group_among_the_selection_is_counted_and_left_alone(triage: MainWindow, qtbot: QtBot) -> None:
    triage.editor.view.select(("draft", "fetch", "each"))
    assert "2 steps, 1 group selected." in triage.editor.inspector.findChild(QLabel, "multi-words").text()


def test_large_values_and_schemas_are_shown_without_holding_the_window_up(triage: MainWindow, qtbot: QtBot) -> None:
    model = triage.editor.current.model
    model.push(SetConfig("flag", {"output": {"rows": [{"id": n, "text": "x" * 50} for n in range(4_000)]}}))
    triage.editor.select("flag")
    assert field(triage, "output").toPlainText().startswith('{\n  "rows": [')
    many = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(150)}}
    model.push(SetConfig("draft", {**model.graph.steps["draft"].config, "output_schema": many}))
    triage.editor.select("draft")
    qtbot.waitUntil(field(triage, "output_schema").isVisible)  # so many fields are written as JSON

"""Forms of every type: the control that fits, text and fx, defaults, what is left over, one undo per act of typing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.workflow import BlockGroup, Definition, Graph, Position, Step
from app.ui.inspector.sections import group_sections, step_sections
from app.ui.main_window import MainWindow
from app.ui.widgets.switch import Segments, Slider, Switch
from tests.catalog import CATALOG
from tests.fakes.services import FakeServices
from tests.ui.test_inspector import config, field, retype, said, unfold

LEFT = Qt.MouseButton.LeftButton


def everything() -> Definition:
    """One step of each type and adapter, one group of each type."""
    steps = {}
    for kind in CATALOG.steps.values():
        if kind.type != "tool":
            steps[kind.type] = Step(kind.type, f"A {kind.type}", kind.type, dict(kind.default_config), Position(300 * len(steps), 0))
    for adapter in CATALOG.adapters.values():
        if adapter.tool:
            steps[adapter.id] = Step(adapter.id, f"Tool {adapter.id}", "tool", {"adapter_id": adapter.id}, Position(300 * len(steps), 200))
    groups = {
        kind.type: BlockGroup(kind.type, f"Group {kind.type}", kind.type, dict(kind.default_config), position=Position(500 * at, 600))
        for at, kind in enumerate(CATALOG.groups.values())
    }
    return Definition("Everything", Graph(steps, {}, groups))


@pytest.fixture
def editor(window: MainWindow, services: FakeServices, opened: Callable[[str], None]) -> MainWindow:
    services.workflows.add(everything(), id="everything")
    opened("everything")
    return window


def press(window: MainWindow, qtbot: QtBot, name: str) -> None:
    button = window.editor.inspector.findChild(QAbstractButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, LEFT)


def switch(window: MainWindow, qtbot: QtBot, name: str, to: str) -> None:
    segments = window.editor.inspector.findChild(Segments, f"mode-{name}")
    qtbot.mouseClick(segments, LEFT, pos=segments.part(to).center().toPoint())


def test_every_type_has_a_form_with_a_control_for_each_of_its_fields(editor: MainWindow, qtbot: QtBot) -> None:
    graph = editor.editor.current.model.graph
    for id in [*graph.steps, *graph.groups]:
        editor.editor.select(id)
        form = editor.editor.inspector.configure.form
        assert form is not None
        for button in form.findChildren(QAbstractButton):
            if button.objectName().startswith("fold-") and not button.isChecked():
                qtbot.mouseClick(button, LEFT)
        node = graph.element(id)
        sections = (
            step_sections(CATALOG.steps[node.type], node.config, CATALOG)
            if isinstance(node, Step)
            else group_sections(CATALOG.groups[node.type], node.config)
        )
        for spec in (spec for section in sections for spec in section.specs):
            assert spec.path in form.fields, f"{id}: {spec.name}"
            assert form.findChild(QWidget, f"field-{spec.name}").accessibleName() is not None


def test_every_control_of_a_form_has_a_name_for_screen_readers(editor: MainWindow) -> None:
    for id in ("llm", "http", "switch_case", "subflow"):
        editor.editor.select(id)
        form = editor.editor.inspector.configure.form
        for control in form.findChildren(QWidget):
            is_input = (
                control.objectName().startswith(("input-", "mode-", "slider-", "add-")) and control.focusPolicy() != Qt.FocusPolicy.NoFocus
            )
            if is_input:
                assert control.accessibleName(), control.objectName()


def test_a_length_of_time_is_written_in_words_and_kept_in_milliseconds(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    edit = field(editor, "timeout_ms")
    retype(qtbot, edit, "1m 30s")
    assert config(editor, "llm")["timeout_ms"] == 90_000
    retype(qtbot, edit, "soon")
    qtbot.waitUntil(lambda: "length of time" in said(editor, "timeout_ms"))
    assert "timeout_ms" not in config(editor, "llm")


def test_retries_are_told_in_words(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    retype(qtbot, field(editor, "retry.max_attempts"), "3")
    assert "3 tries, waits 1 s, 2 s." in [label.text() for label in editor.editor.inspector.findChildren(QLabel, "form-note")]


def test_a_number_is_dragged_on_its_slider_and_stepped_with_the_keys(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    slider = editor.editor.inspector.findChild(Slider, "slider-temperature")
    qtbot.mousePress(slider, LEFT, pos=QPoint(8, 12))
    qtbot.mouseMove(slider, QPoint(slider.width() // 2, 12))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width() // 2, 12))
    assert config(editor, "llm")["temperature"] == 1
    edit = field(editor, "temperature")
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Up)
    assert config(editor, "llm")["temperature"] == 1.1


def test_a_number_beyond_its_limits_is_told_at_once(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    retype(qtbot, field(editor, "temperature"), "3")
    qtbot.wait(800)
    print(said(editor, "temperature"))
    qtbot.waitUntil(lambda: said(editor, "temperature") == "At most 2.")


def test_a_default_that_is_typed_on_the_way_does_not_stop_the_hand(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("foreach")
    box = field(editor, "parallel")
    assert isinstance(box, Switch)
    qtbot.mouseClick(box, LEFT)
    edit = field(editor, "max_workers")
    retype(qtbot, edit, "50")  # 5 is the default
    assert config(editor, "foreach")["max_workers"] == 50


def test_a_field_goes_back_to_its_default(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("while")
    edit = field(editor, "max_iterations")
    assert isinstance(edit, QLineEdit)
    assert edit.placeholderText() == "100"
    retype(qtbot, edit, "7")
    press(editor, qtbot, "reset-max_iterations")
    assert "max_iterations" not in config(editor, "while")
    assert edit.text() == ""


def test_text_becomes_an_expression_and_comes_back_as_it_was(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    retype(qtbot, field(editor, "system"), "Hi {{$.name}}  !")
    before = config(editor, "llm")["system"]
    switch(editor, qtbot, "system", "fx")
    assert before == "Hi {{ $.name }}  !"
    assert field(editor, "system-fx").toPlainText() == 'join(["Hi ", $.name, "  !"])'
    switch(editor, qtbot, "system", "text")
    assert config(editor, "llm")["system"] == before
    assert field(editor, "system").toPlainText() == before


def test_any_field_takes_an_expression_and_gives_its_value_back(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    edit = field(editor, "timeout_ms")
    retype(qtbot, edit, "30 s")
    switch(editor, qtbot, "timeout_ms", "fx")
    assert config(editor, "llm")["timeout_ms"] == "{{ 30000 }}"
    retype(qtbot, field(editor, "timeout_ms-fx"), "input.patience")
    assert config(editor, "llm")["timeout_ms"] == "{{ input.patience }}"
    switch(editor, qtbot, "timeout_ms", "text")
    assert config(editor, "llm")["timeout_ms"] == 30_000
    switch(editor, qtbot, "timeout_ms", "fx")
    assert config(editor, "llm")["timeout_ms"] == "{{ 30000 }}"


def test_an_expression_in_a_config_is_shown_as_one(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    from app.domain.edits import SetConfig

    model = editor.editor.current.model
    model.push(SetConfig("http", {**model.graph.steps["http"].config, "url": "{{ input.url }}", "follow_redirects": "{{ input.go }}"}))
    editor.editor.select("http")
    assert field(editor, "url-fx").toPlainText() == "input.url"
    assert field(editor, "follow_redirects-fx").toPlainText() == "input.go"


def test_a_prompt_of_one_template_is_read_and_written_on_as_text(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    edit = field(editor, "prompt")
    assert edit.isVisible() and edit.toPlainText() == "{{ $ }}"
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_End)
    qtbot.keyClicks(edit, " Be kind.")
    assert config(editor, "llm")["prompt"] == "{{ $ }} Be kind."


def test_names_and_values_are_a_table(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("http")
    press(editor, qtbot, "add-headers")
    qtbot.keyClicks(field(editor, "headers-key-0"), "Accept")
    qtbot.keyClicks(field(editor, "headers-value-0"), "text/plain")
    assert config(editor, "http")["headers"] == {"Accept": "text/plain"}
    press(editor, qtbot, "remove-headers-0")
    assert "headers" not in config(editor, "http")


def test_a_list_of_texts_is_chips(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("try_catch")
    edit = field(editor, "error_types")
    edit.setFocus()
    for word in ("Timeout", "HttpError"):
        qtbot.keyClicks(edit, word)
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        qtbot.wait(1)
    assert config(editor, "try_catch")["error_types"] == ["Timeout", "HttpError"]
    press(editor, qtbot, "token-Timeout")
    assert config(editor, "try_catch")["error_types"] == ["HttpError"]


def test_cases_are_added_moved_and_taken_out(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("switch_case")
    count = len(config(editor, "switch_case").get("cases", []))
    for at, word in enumerate(("bug", "7")):
        press(editor, qtbot, "add-cases")
        edit = field(editor, f"cases-{count + at}")
        edit.setFocus()
        qtbot.keyClicks(edit, word)
    assert config(editor, "switch_case")["cases"][count:] == ["bug", 7]
    press(editor, qtbot, f"move-cases-{count + 1}-up")
    assert config(editor, "switch_case")["cases"][count:] == [7, "bug"]
    press(editor, qtbot, f"remove-cases-{count}")
    assert config(editor, "switch_case")["cases"][count:] == ["bug"]


def test_messages_are_rows_of_who_says_what(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    unfold(editor, qtbot, "advanced")
    press(editor, qtbot, "add-messages")
    qtbot.keyClicks(field(editor, "messages-0-content"), "Hi")
    assert config(editor, "llm")["messages"] == [{"role": "system", "content": "Hi"}]


def test_a_map_has_one_operation_at_a_time(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("map")
    chooser = field(editor, "operation")
    assert isinstance(chooser, QComboBox)
    for at, name in enumerate(("expression", "adapter_id", "workflow_id")):
        chooser = field(editor, "operation")
        chooser.setFocus()
        qtbot.keyClick(chooser, Qt.Key.Key_Home)
        for _ in range(at):
            qtbot.keyClick(field(editor, "operation"), Qt.Key.Key_Down)
        found = config(editor, "map")
        assert [key for key in ("expression", "adapter_id", "workflow_id") if key in found] == [name]


def test_a_workflow_and_its_version_are_picked_from_a_list(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    editor.editor.select("subflow")
    chooser = field(editor, "workflow_id")
    assert isinstance(chooser, QComboBox)
    qtbot.waitUntil(lambda: chooser.count() >= 2)
    names = [chooser.itemText(at) for at in range(chooser.count())]
    assert "Ticket triage" in names
    assert "Everything" not in names
    chooser.setFocus()
    qtbot.keyClicks(chooser, "Ticket")
    assert config(editor, "subflow")["workflow_id"] == "triage"
    assert field(editor, "version").currentText() == "Latest"


def test_another_adapter_keeps_what_both_know_and_gives_the_rest_back(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("openai")
    retype(qtbot, field(editor, "system"), "Be kind")
    chooser = field(editor, "adapter_id")
    to = {chooser.itemData(at): at for at in range(chooser.count())}

    def choose(adapter: str) -> None:
        box = field(editor, "adapter_id")
        box.setFocus()
        qtbot.keyClick(box, Qt.Key.Key_Home)
        for _ in range(to[adapter]):
            qtbot.keyClick(field(editor, "adapter_id"), Qt.Key.Key_Down)

    choose("anthropic")
    assert config(editor, "openai")["system"] == "Be kind"
    choose("http")
    assert "system" not in config(editor, "openai")
    choose("anthropic")
    assert config(editor, "openai")["system"] == "Be kind"


def test_a_key_that_no_field_knows_is_shown_and_can_be_taken_out(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    from app.domain.edits import SetConfig

    model = editor.editor.current.model
    model.push(SetConfig("http", {**model.graph.steps["http"].config, "colour": "red"}))
    editor.editor.select("http")
    assert editor.editor.inspector.findChild(QLabel, "unknown-colour").isVisible()
    press(editor, qtbot, "remove-unknown-colour")
    assert "colour" not in config(editor, "http")
    editor.actions_of_window["undo"].trigger()
    assert config(editor, "http")["colour"] == "red"


def test_on_error_asks_for_an_output_only_when_the_run_goes_on(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("llm")
    inspector = editor.editor.inspector
    assert not inspector.findChild(QWidget, "field-on_error.output").isVisible()
    box = field(editor, "on_error.action")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_End)
    assert config(editor, "llm")["on_error"] == {"action": "continue"}
    assert inspector.findChild(QWidget, "field-on_error.output").isVisible()


def test_keys_lead_through_the_form_and_back_to_the_canvas(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("while")
    first = field(editor, "name")
    first.setFocus()
    seen = []
    for _ in range(8):
        seen.append(editor.focusWidget().objectName())
        qtbot.keyClick(editor.focusWidget(), Qt.Key.Key_Tab)
    print(seen)
    wanted = ["input-name", "input-condition", "input-max_iterations", "input-do_while"]
    assert [name for name in seen if name in wanted] == wanted
    qtbot.keyClick(editor.focusWidget(), Qt.Key.Key_Escape)
    assert editor.editor.view.hasFocus()


def test_very_long_texts_are_shown_and_written_on_without_holding_the_window_up(editor: MainWindow, qtbot: QtBot) -> None:
    from app.domain.edits import SetConfig

    model = editor.editor.current.model
    long = "A line of a very long prompt with {{ input.org }} in it.\n" * 4_000
    model.push(SetConfig("llm", {**model.graph.steps["llm"].config, "prompt": long, "system": "x" * 200_000}))
    editor.editor.select("llm")
    edit = field(editor, "prompt")
    edit.setFocus()
    qtbot.keyClicks(edit, "Now: ")
    assert config(editor, "llm")["prompt"].startswith("Now: A line")

"""What a step took and gave stands below the canvas beside its form: in the list of data, or input and output side by side."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import SetConfig
from app.ui.data_page import DataPage
from app.ui.inspector.data_drag import DragChip
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.inspector.conftest import write
from tests.ui.inspector.test_data import data_of, drag
from tests.ui.test_inspector import config

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
TICKET = {"ticket": {"id": 7, "lines": ["a", "b"]}}


def page_of(window: MainWindow) -> DataPage:
    window.editor.bottom.show_tab("Data")
    return window.editor.bottom.data_page


def side_by_side(window: MainWindow, qtbot: QtBot) -> DataPage:
    page = page_of(window)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_J, CTRL | SHIFT)
    assert page.input_pane.isVisible()
    return page


def press(window: MainWindow, qtbot: QtBot, name: str) -> None:
    """A click on a button, once it stands where it belongs."""
    button = window.findChild(QAbstractButton, name)
    qtbot.waitUntil(lambda: window.childAt(button.mapTo(window, button.rect().center())) is button)
    qtbot.mouseClick(button, LEFT)


def ran(window: MainWindow, services: FakeServices, step_id: str, status: str, **facts: object) -> None:
    """One more row of the run that is shown."""
    run_id = next(iter(services.runs.runs))
    services.runs.step(run_id, step_id, status, took=0.2, **facts)
    window.editor.current.live.rows.take_step(services.runs.runs[run_id].steps[-1])
    window.editor.current.run_changed.emit()


def test_the_input_is_dragged_into_the_form_beside_it_and_the_output_can_only_be_copied(
    editor: MainWindow, services: FakeServices, qtbot: QtBot
) -> None:
    edit = write(editor, qtbot, "system", "")
    ran(editor, services, "draft", "completed", input=TICKET, output={"text": "Hi", "usage": {"tokens": 3}})
    tree = data_of(editor, qtbot, "Input")
    page = page_of(editor)
    titles = [page.sources.item(at).text() for at in range(page.sources.count())]
    assert titles[:2] == ["Input", "Output"] and "Rerank results" in titles and len(titles) == len(set(titles))
    qtbot.mouseClick(tree.viewport(), LEFT, pos=tree.row_place("$.ticket"))
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert config(editor, "draft")["system"] == "{{ $.ticket }}"
    editor.actions_of_window["undo"].trigger()
    assert not config(editor, "draft").get("system")
    drag(qtbot, tree, "$.ticket", edit.viewport(), QPoint(4, 8))
    assert config(editor, "draft")["system"] == "{{ $.ticket }}"
    tree = data_of(editor, qtbot, "Output")
    drag(qtbot, tree, "steps.draft_reply.output.text", edit.viewport(), QPoint(4, 8))
    assert editor.findChild(DragChip, "drag-chip") is None or not editor.findChild(DragChip, "drag-chip").isVisible()
    assert config(editor, "draft")["system"] == "{{ $.ticket }}"
    tree.setFocus()
    qtbot.mouseClick(tree.viewport(), LEFT, pos=tree.row_place("steps.draft_reply.output.usage"))
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert config(editor, "draft")["system"] == "{{ $.ticket }}"
    qtbot.keyClick(tree, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "steps.draft_reply.output.usage"


def test_side_by_side_they_follow_the_selection_say_how_it_went_and_are_remembered(
    editor: MainWindow, services: FakeServices, qtbot: QtBot
) -> None:
    ran(editor, services, "draft", "completed", input=TICKET, output={"rows": [{"id": n, "text": "x" * 90} for n in range(9_000)]})
    ran(editor, services, "send", "failed", input={"text": "Hi"}, error={"type": "HttpError", "message": "402"})
    ran(editor, services, "fetch", "skipped")
    editor.editor.select("draft")
    page = page_of(editor)
    press(editor, qtbot, "data-side-by-side")
    words = page.output_pane.findChild(QWidget, "step-output-words")
    assert page.input_pane.text.startswith('{\n  "ticket"') and page.output_pane.text.startswith('{\n  "rows"')
    assert "KiB" in words.text()
    editor.editor.select("send")
    assert '"402"' in page.output_pane.text
    assert page.output_pane.findChild(QWidget, "step-output-title").text() == "Error"
    assert page.output_pane.findChild(QWidget, "step-output-status").accessibleName() == "Failed"
    editor.editor.select("fetch")
    assert page.output_pane.text.startswith("It was skipped.") and page.input_pane.text.startswith("It was skipped.")
    model = editor.editor.current.model
    model.push(SetConfig("fetch", {**model.graph.steps["fetch"].config, "pinned_output": [1]}))
    qtbot.waitUntil(lambda: page.output_pane.text == "[\n  1\n]")
    assert page.output_pane.findChild(QWidget, "step-output-words").text().endswith("pinned")
    press(editor, qtbot, "step-output-as-raw")
    later = MainWindow(editor.preferences)
    assert later.editor.bottom.data_page.side_by_side and later.findChild(QAbstractButton, "data-side-by-side").isChecked()
    assert later.findChild(QAbstractButton, "step-output-as-raw").isChecked()
    later.deleteLater()


def test_of_a_loop_the_turn_that_is_picked_in_the_inspector_or_below_is_shown(
    editor: MainWindow, services: FakeServices, qtbot: QtBot
) -> None:
    for turn in range(3):
        path = f"/for_each_attachment[{turn}]/extract_text"
        ran(editor, services, "extract", "completed", path=path, input={"item": turn}, output=f"page {turn}")
    editor.editor.select("extract")
    page = side_by_side(editor, qtbot)
    assert (page.input_pane.text, page.output_pane.text) == ('{\n  "item": 2\n}', '"page 2"')
    editor.editor.inspector.show_tab("Input")
    chooser = editor.editor.inspector.results.findChild(QComboBox, "place-choice")
    qtbot.keyClick(chooser, Qt.Key.Key_Home)
    assert (page.input_pane.text, page.output_pane.text) == ('{\n  "item": 0\n}', '"page 0"')
    assert "[0]" in page.output_pane.findChild(QWidget, "step-output-words").text()
    below = editor.editor.bottom.findChild(QComboBox, "data-place-choice")
    assert below.isVisible() and below.currentText() == "[0] · Completed"
    qtbot.keyClick(below, Qt.Key.Key_Down)
    assert (page.output_pane.text, chooser.currentIndex()) == ('"page 1"', 1)
    qtbot.keyClick(below, Qt.Key.Key_Up)
    scope = editor.editor.inspector.context
    qtbot.waitUntil(lambda: scope.scope.root("$") is not None and scope.scope.root("$").value == {"item": 0})


def test_what_has_not_run_is_run_up_to_from_there_and_the_form_stays(
    window: MainWindow, opened: Callable[[str], None], services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    window.editor.select("s1")
    page = side_by_side(window, qtbot)
    assert page.output_pane.text == "Press Run to see what this step gives."
    button = page.output_pane.findChild(QAbstractButton, "empty-button")
    assert button.text() == "Run up to here"
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: bool(services.runs.parts))
    assert (services.runs.parts[0].kind, services.runs.parts[0].place) == ("to", "/step_1")
    qtbot.waitUntil(lambda: window.editor.current.live is not None)
    qtbot.wait(20)
    assert window.editor.inspector.tabs.currentIndex() == 0
    run = next(iter(services.runs.runs))
    services.runs.pause(run, "s1", "/step_1#before", {"n": 1})
    window.editor.current.hear(run)
    qtbot.waitUntil(lambda: page.input_pane.text == '{\n  "n": 1\n}')
    assert page.input_pane.findChild(QWidget, "step-input-status").accessibleName() == "Paused"

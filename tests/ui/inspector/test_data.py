"""Data beside the form: dragged into fields from the tab below, taken from the list, edited in a large window, shown as tree and table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QTableView, QWidget
from pytestqt.qtbot import QtBot

from app.ui.inspector.data_drag import DragChip
from app.ui.inspector.data_tree import DataTree
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.large_editor import LargeEditor
from app.ui.inspector.preview_pane import PreviewPane
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.inspector.conftest import write
from tests.ui.test_inspector import config, field, retype

LEFT = Qt.MouseButton.LeftButton
LANGUAGE = "steps.classify_intent.output.language"


def data_of(window: MainWindow, qtbot: QtBot, title: str) -> DataTree:
    """The Data tab below, with one source picked by a click."""
    window.editor.bottom.show_tab("Data")
    page = window.editor.bottom.data_page
    qtbot.waitUntil(lambda: page.sources.count() > 2)
    at = next(at for at in range(page.sources.count()) if page.sources.item(at).text() == title)
    page.sources.scrollToItem(page.sources.item(at))
    qtbot.mouseClick(page.sources.viewport(), LEFT, pos=page.sources.visualItemRect(page.sources.item(at)).center())
    qtbot.wait(20)
    return page.tree


def drag(qtbot: QtBot, tree: DataTree, path: str, target: QWidget, at: QPoint) -> None:
    """Press on a row, move to a point of a widget, let go."""
    view = tree.viewport()
    start = tree.row_place(path)
    end = view.mapFromGlobal(target.mapToGlobal(at))
    qtbot.mousePress(view, LEFT, pos=start)
    qtbot.mouseMove(view, start + QPoint(15, 0))
    qtbot.mouseMove(view, end)
    qtbot.mouseRelease(view, LEFT, pos=end)


def test_a_key_is_dragged_from_below_into_a_text_where_the_caret_follows(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "Answer in .")
    tree = data_of(editor, qtbot, "Classify intent")
    before_dot = edit.cursorForPosition(QPoint(0, 0))
    before_dot.setPosition(10)
    edit.setTextCursor(before_dot)
    place = edit.cursorRect().center() + QPoint(1, 0)
    drag(qtbot, tree, LANGUAGE, edit.viewport(), place)
    assert edit.toPlainText() == f"Answer in {{{{ {LANGUAGE} }}}}."
    assert edit.hasFocus()
    editor.actions_of_window["undo"].trigger()
    assert config(editor, "draft")["system"] == "Answer in ."


def test_while_dragging_fields_that_take_it_are_dashed_and_escape_gives_up(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "Hi")
    tree = data_of(editor, qtbot, "Classify intent")
    start = tree.row_place(LANGUAGE)
    qtbot.mousePress(tree.viewport(), LEFT, pos=start)
    qtbot.mouseMove(tree.viewport(), start + QPoint(20, 0))
    assert edit.property("dropping") is True
    assert field(editor, "model").property("dropping") or editor.findChild(QWidget, "box-model").property("dropping")
    assert not field(editor, "name").property("dropping")
    assert editor.findChild(DragChip, "drag-chip").isVisible()
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert not edit.property("dropping")
    qtbot.mouseRelease(tree.viewport(), LEFT, pos=start)
    assert edit.toPlainText() == "Hi"


def test_dropped_on_an_empty_field_it_becomes_that_expression(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("send")
    qtbot.waitUntil(lambda: bool(editor.editor.inspector.context.scope.sources))
    retype(qtbot, field(editor, "url"), "")
    tree = data_of(editor, qtbot, "Classify intent")
    drag(qtbot, tree, LANGUAGE, field(editor, "url"), QPoint(20, 10))
    assert config(editor, "send")["url"] == f"{{{{ {LANGUAGE} }}}}"
    assert field(editor, "url-fx").toPlainText() == LANGUAGE


def test_a_number_takes_it_too(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "")
    tree = data_of(editor, qtbot, "Rerank results")
    target = editor.editor.inspector.findChild(QWidget, "field-temperature")
    drag(qtbot, tree, "steps.rerank_results.output.took", target, QPoint(target.width() - 20, target.height() - 12))
    assert config(editor, "draft")["temperature"] == "{{ steps.rerank_results.output.took }}"


def test_dropped_beside_the_fields_nothing_happens(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "Hi")
    tree = data_of(editor, qtbot, "Classify intent")
    count = editor.editor.current.model.undo_stack.count()
    drag(qtbot, tree, LANGUAGE, editor.editor.view, QPoint(30, 300))
    assert editor.editor.current.model.undo_stack.count() == count


def test_enter_on_available_data_puts_it_in_where_the_caret_was(editor: MainWindow, qtbot: QtBot) -> None:
    edit = write(editor, qtbot, "system", "In ")
    tree = editor.editor.inspector.findChild(DataTree, "available-data")
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    while tree.current.path != "steps.classify_intent.output":
        qtbot.keyClick(tree, Qt.Key.Key_Down)
    qtbot.keyClick(tree, Qt.Key.Key_Right)
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert tree.current.path == LANGUAGE
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert edit.toPlainText() == f"In {{{{ {LANGUAGE} }}}}"
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == LANGUAGE


def test_a_key_is_found_by_name(editor: MainWindow, qtbot: QtBot) -> None:
    write(editor, qtbot, "system", "")
    tree = data_of(editor, qtbot, "Rerank results")
    search = editor.findChild(QWidget, "data-search")
    search.setFocus()
    qtbot.keyClicks(search, "score")
    assert tree.current.path == "steps.rerank_results.output.items[0].score"
    qtbot.keyClicks(search, "zzz")
    assert search.property("faulty") is True


def test_a_list_of_objects_is_shown_as_a_table(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    run_id = next(iter(services.runs.runs))
    services.runs.step(run_id, "search", "completed", took=0.1, output=[{"title": "A", "score": 1}, {"title": "B"}])
    editor.editor.current.live.rows.take_step(services.runs.runs[run_id].steps[-1])
    editor.editor.select("search")
    editor.editor.inspector.show_tab("Output")
    view = editor.editor.inspector.results.view
    qtbot.mouseClick(view.findChild(QWidget, "result-view-table"), LEFT)
    model = view.findChild(QTableView, "result-view-table-view").model()
    assert [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())] == ["title", "score"]
    assert [[model.index(row, column).data() for column in range(2)] for row in range(2)] == [["A", "1"], ["B", ""]]


def test_what_is_copied_from_an_output_is_how_later_steps_call_it(editor: MainWindow, qtbot: QtBot) -> None:
    editor.editor.select("classify")
    editor.editor.inspector.show_tab("Output")
    tree = editor.editor.inspector.findChild(QWidget, "result-view-tree-view")
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    tree.actions()[1].trigger()
    assert QGuiApplication.clipboard().text().startswith("steps.classify_intent.output.")


# The large editor


@pytest.fixture
def large(editor: MainWindow, qtbot: QtBot) -> LargeEditor:
    edit = write(editor, qtbot, "system", "Hi ")
    qtbot.keyClick(edit, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    found = editor.findChild(LargeEditor, "large-editor")
    qtbot.waitUntil(lambda: found.isVisible() and found.edit.hasFocus())
    return found


def test_control_e_opens_a_large_editor_that_writes_into_the_field(editor: MainWindow, large: LargeEditor, qtbot: QtBot) -> None:
    assert large.edit.toPlainText() == "Hi "
    qtbot.keyClick(large.edit, Qt.Key.Key_End)
    qtbot.keyClicks(large.edit, "{{input.org}}")
    assert config(editor, "draft")["system"] == "Hi {{ input.org }}"
    pane = large.findChild(PreviewPane, "large-editor-preview")
    qtbot.waitUntil(lambda: pane.text == "Hi Northwind")
    qtbot.keyClick(large.edit, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not large.isVisible())
    assert field(editor, "system").toPlainText() == "Hi {{ input.org }}"


def test_data_are_dragged_in_the_large_editor_too(editor: MainWindow, large: LargeEditor, qtbot: QtBot) -> None:
    large.data.tree.expandAll()
    drag(qtbot, large.data.tree, LANGUAGE, large.edit.viewport(), QPoint(300, 10))
    assert large.edit.toPlainText() == f"Hi {{{{ {LANGUAGE} }}}}"
    assert config(editor, "draft")["system"] == f"Hi {{{{ {LANGUAGE} }}}}"
    large.reject()


def test_a_fault_is_told_in_the_large_editor(editor: MainWindow, large: LargeEditor, qtbot: QtBot) -> None:
    qtbot.keyClick(large.edit, Qt.Key.Key_End)
    qtbot.keyClicks(large.edit, "{{trm($)}}")
    fault = large.findChild(QLabel, "large-editor-fault")
    qtbot.waitUntil(lambda: "no function trm" in fault.text())
    assert large.edit.marks
    large.reject()


def test_very_large_outputs_do_not_hold_the_window_up(editor: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    run_id = next(iter(services.runs.runs))
    rows = [{"id": n, "text": "x" * 200, "deep": {"a": [n] * 10}} for n in range(20_000)]
    services.runs.step(run_id, "rerank", "completed", took=0.1, output={"rows": rows})
    editor.editor.current.live.rows.take_step(services.runs.runs[run_id].steps[-1])
    edit = write(editor, qtbot, "system", "{{steps.rerank_results.output.rows}}")
    pane = editor.editor.inspector.findChild(PreviewPane, "preview-system")
    qtbot.waitUntil(lambda: pane.text.startswith('[{"id":0'), timeout=10_000)
    tree = data_of(editor, qtbot, "Rerank results")
    tree.expand(tree.values.index(0, 0, tree.values.index(0, 0)))
    assert isinstance(edit, ExpressionEdit)


def test_without_a_run_the_data_tab_shows_what_schemas_say(window: MainWindow, opened: Callable[[str], None], qtbot: QtBot) -> None:
    opened("triage")
    window.editor.select("draft")
    tree = data_of(window, qtbot, "Classify intent")
    assert tree.row_place("steps.classify_intent.output.text")
    retype(qtbot, field(window, "system"), "")

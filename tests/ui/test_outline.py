"""The outline panel: it follows the canvas and leads it, by mouse and by keys, and tells a screen reader what there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.edits import MoveElements, RemoveElements, Rename
from app.domain.workflow import Position
from app.ui.main_window import MainWindow
from app.ui.outline.panel import OutlinePanel
from tests.fakes.services import FakeServices
from tests.ui.samples import chain

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def outline(window: MainWindow, opened: Open) -> OutlinePanel:
    opened("triage")
    QTest.keyClick(window.editor.view, Qt.Key.Key_U, CTRL | SHIFT)
    assert window.editor.outline.isVisible()
    return window.editor.outline


def rows(outline: OutlinePanel) -> list[str]:
    """What the tree shows, from top to bottom."""
    found, index = [], outline.model.index(0, 0)
    while index.isValid():
        found.append(index.data())
        index = outline.tree.indexBelow(index)
    return found


def click(outline: OutlinePanel, id: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = outline.tree.visualRect(outline.model.index_of(id)).center()
    QTest.mouseClick(outline.tree.viewport(), Qt.MouseButton.LeftButton, keys, at)


def test_it_shows_and_tells_groups_roles_and_steps_in_the_order_in_which_they_run(outline: OutlinePanel) -> None:
    assert rows(outline)[:9] == [
        "New ticket",
        "Classify intent",
        "Needs a refund?",
        "Refund with fallback",
        "try",
        "Fetch invoice",
        "Issue refund",
        "catch",
        "Notify finance",
    ]
    tree = QAccessible.queryAccessibleInterface(outline.tree)
    assert tree is not None and tree.role() is QAccessible.Role.Tree
    assert tree.text(QAccessible.Text.Name) == "Outline of the workflow"
    names = [tree.child(at).text(QAccessible.Text.Name) for at in range(tree.childCount())]
    assert "New ticket, step" in names and "Refund with fallback, group, 3 inside" in names


def test_a_click_selects_on_the_canvas_and_looks_there(window: MainWindow, outline: OutlinePanel) -> None:
    view = window.editor.view
    click(outline, "send")
    assert view.selected_ids() == ("send",)
    assert view.rect().contains(view.node_rect("send").center().toPoint())
    click(outline, "draft", CTRL)
    assert set(view.selected_ids()) == {"send", "draft"}


def test_a_selection_on_the_canvas_is_followed(window: MainWindow, outline: OutlinePanel) -> None:
    view = window.editor.view
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.node_rect("classify").center().toPoint())
    assert [index.data() for index in outline.tree.selectedIndexes()] == ["Classify intent"]
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert outline.tree.selectedIndexes() == []


def test_arrows_and_letters_walk_through_it_the_canvas_follows_and_escape_leaves(window: MainWindow, outline: OutlinePanel) -> None:
    click(outline, "new_ticket")
    for _ in range(3):
        QTest.keyClick(outline.tree, Qt.Key.Key_Down)
    assert window.editor.view.selected_ids() == ("refund",)
    QTest.keyClick(outline.tree, Qt.Key.Key_Left)
    assert "Fetch invoice" not in rows(outline)
    QTest.keyClick(outline.tree, Qt.Key.Key_Right)
    assert "Fetch invoice" in rows(outline)
    QTest.keyClicks(outline.tree, "rer")
    assert window.editor.view.selected_ids() == ("rerank",)
    QTest.keyClick(outline.tree, Qt.Key.Key_Escape)
    assert window.editor.view.hasFocus()


def test_enter_leads_to_the_settings_also_in_a_folded_group(window: MainWindow, outline: OutlinePanel) -> None:
    window.editor.view.toggle_collapsed("refund")
    click(outline, "issue")
    QTest.keyClick(outline.tree, Qt.Key.Key_Return)
    assert not window.editor.view.node_rect("issue").isEmpty()
    assert window.editor.inspector.isAncestorOf(QApplication.focusWidget())


def test_f2_renames_and_what_names_the_step_follows(window: MainWindow, outline: OutlinePanel, qtbot: QtBot) -> None:
    click(outline, "rerank")
    QTest.keyClick(outline.tree, Qt.Key.Key_F2)
    editor = outline.tree.findChild(QLineEdit, "outline-rename")
    assert editor is not None and editor.text() == "Rerank results"
    editor.selectAll()
    QTest.keyClicks(editor, "Best answers")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # Qt takes what was typed after the key has been worked off
    graph = window.editor.view.graph
    assert graph.steps["rerank"].name == "Best answers"
    assert "steps.best_answers.output" in str(graph.steps["draft"].config["prompt"])
    qtbot.waitUntil(lambda: "Best answers" in rows(outline))


def test_a_name_that_another_has_is_refused_with_a_sentence(window: MainWindow, outline: OutlinePanel) -> None:
    click(outline, "rerank")
    QTest.keyClick(outline.tree, Qt.Key.Key_F2)
    editor = outline.tree.findChild(QLineEdit, "outline-rename")
    editor.selectAll()
    QTest.keyClicks(editor, "Draft reply")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # Qt takes what was typed after the key has been worked off
    assert "already a step or group" in window.notices.text
    assert "Rerank results" in rows(outline)


def test_delete_deletes_and_undo_brings_back(window: MainWindow, outline: OutlinePanel, qtbot: QtBot) -> None:
    click(outline, "flag")
    QTest.keyClick(outline.tree, Qt.Key.Key_Delete)
    assert "flag" not in window.editor.view.graph.steps
    qtbot.waitUntil(lambda: "Flag account" not in rows(outline))
    window.actions_of_window["undo"].trigger()
    qtbot.waitUntil(lambda: "Flag account" in rows(outline))


def test_an_edit_keeps_what_was_folded_and_a_move_changes_nothing(window: MainWindow, outline: OutlinePanel, qtbot: QtBot) -> None:
    outline.tree.collapse(outline.model.index_of("refund"))
    model = window.editor.current.model
    model.push(MoveElements((("send", Position(2000, 0)),)))
    model.push(RemoveElements(("send",)))
    qtbot.waitUntil(lambda: "Send reply" not in rows(outline))
    assert "Fetch invoice" not in rows(outline)


def test_a_row_says_what_it_is_how_it_went_and_what_is_wrong(
    window: MainWindow, outline: OutlinePanel, services: FakeServices, qtbot: QtBot
) -> None:
    def said(id: str) -> str:
        return outline.model.index_of(id).data(Qt.ItemDataRole.AccessibleTextRole)

    assert said("draft") == "Draft reply, step"
    assert said("refund") == "Refund with fallback, group, 3 inside"
    window.editor.current.model.push(Rename("flag", "Send reply"))
    qtbot.waitUntil(lambda: "1 problem" in said("send") or "1 problem" in said("flag"))
    window.actions_of_window["undo"].trigger()
    QTest.keyClick(window.editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    run = next(iter(services.runs.runs))
    services.runs.step(run, "new_ticket", "completed", took=0.1)
    services.runs.step(run, "classify", "failed", took=0.1, error={"type": "Timeout", "message": "late"})
    services.runs.end(run, "failed", error={"message": "late"})
    qtbot.waitUntil(lambda: said("classify") == "Classify intent, step, failed")
    assert said("new_ticket") == "New ticket, step, completed"


def test_an_empty_workflow_says_what_to_do(window: MainWindow, services: FakeServices, opened: Open, outline: OutlinePanel) -> None:
    from app.domain.workflow import Definition

    services.workflows.add(Definition("Nothing yet"), id="empty")
    opened("empty")
    assert not outline.tree.isVisible()
    assert outline.findChild(object, "outline-empty").isVisible()


def test_a_run_s_snapshot_cannot_be_renamed(window: MainWindow, services: FakeServices, outline: OutlinePanel, qtbot: QtBot) -> None:
    services.runs.add("triage")
    window.go("runs")
    qtbot.waitUntil(lambda: len(window.runs.table.rows_model.rows) == 1)
    window.runs.table.select(0)
    QTest.keyClick(window.runs.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current.is_snapshot)
    assert not outline.model.flags(outline.model.index_of("draft")) & Qt.ItemFlag.ItemIsEditable


def test_three_thousand_steps_come_without_a_stall(
    window: MainWindow, services: FakeServices, opened: Open, outline: OutlinePanel, qtbot: QtBot
) -> None:
    services.workflows.add(chain(length=3000), id="large")
    opened("large")
    qtbot.waitUntil(lambda: outline.model.rowCount() == 3000)
    window.editor.view.select(("s2999",))
    assert outline.tree.currentIndex().data() == "Step 2999"

"""Renaming a step: on the canvas, in the inspector, and what names it follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from app.ui.canvas.rename_field import RenameField
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow

Open = Callable[[str], None]


@pytest.fixture
def view(window: MainWindow, opened: Open) -> CanvasView:
    opened("triage")
    assert window.editor.view is not None
    return window.editor.view


def click_on(view: CanvasView, id: str) -> None:
    rect = view.node_rect(id)
    at = rect.center() if id not in view.graph.groups else rect.topLeft() + (rect.topRight() - rect.topLeft()) / 2 + QPoint(0, 12)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at.toPoint())


def field_on(view: CanvasView, id: str) -> RenameField:
    click_on(view, id)
    QTest.keyClick(view, Qt.Key.Key_F2)
    found = view.findChild(QLineEdit, "rename-field")
    assert isinstance(found, RenameField) and found.hasFocus()
    return found


def test_f2_renames_on_the_canvas_and_expressions_follow_in_one_undo(window: MainWindow, view: CanvasView) -> None:
    before = view.graph
    field = field_on(view, "classify")
    assert field.text() == "Classify intent" and field.selectedText() == field.text()
    assert view.node_rect("classify").intersects(field.geometry().toRectF())
    QTest.keyClicks(field, "Sort mail")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert view.graph.steps["classify"].name == "Sort mail"
    assert "steps.sort_mail.output.language" in str(view.graph.steps["draft"].config["prompt"])
    assert view.hasFocus()
    assert window.actions_of_window["undo"].toolTip() == "Undo: Rename"
    window.actions_of_window["undo"].trigger()
    assert view.graph == before


def test_escape_leaves_the_name_as_it_was(view: CanvasView) -> None:
    field = field_on(view, "draft")
    QTest.keyClicks(field, "Something")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert view.graph.steps["draft"].name == "Draft reply"
    assert view.selected_ids() == ("draft",)


def test_a_click_elsewhere_takes_the_name(view: CanvasView) -> None:
    field = field_on(view, "draft")
    QTest.keyClicks(field, "Write reply")
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=field.geometry().bottomLeft() + QPoint(0, 90))
    assert view.graph.steps["draft"].name == "Write reply"


def test_a_group_is_renamed_too(view: CanvasView) -> None:
    field = field_on(view, "refund")
    QTest.keyClicks(field, "Money back")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert view.graph.groups["refund"].name == "Money back"


def test_a_name_that_another_has_stays_in_the_field_with_the_reason(window: MainWindow, view: CanvasView) -> None:
    field = field_on(view, "draft")
    QTest.keyClicks(field, "send reply")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible() and field.hasFocus()
    assert "too close to “Send reply”" in window.notices.text
    assert view.graph.steps["draft"].name == "Draft reply"


def test_keys_in_the_field_do_nothing_on_the_canvas(view: CanvasView) -> None:
    field = field_on(view, "draft")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Delete, Qt.Key.Key_Left):
        QTest.keyClick(field, key)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert view.selected_ids() == ("draft",) and "draft" in view.graph.steps


def test_the_field_goes_with_the_canvas(view: CanvasView) -> None:
    field = field_on(view, "draft")
    before = field.geometry().topLeft()
    view.pan_by(-40, 10)
    assert field.geometry().topLeft() == before + QPoint(-40, 10)


def test_what_cannot_be_renamed_says_why(window: MainWindow, view: CanvasView) -> None:
    actions = window.actions_of_window
    view.select(())
    assert actions.why_off("rename-element") == "Select one step or group."
    view.select(("n1",))
    assert not actions["rename-element"].isEnabled()
    view.select(("draft",))
    assert actions["rename-element"].isEnabled()


def test_a_name_typed_in_the_inspector_is_followed_too(window: MainWindow, view: CanvasView) -> None:
    click_on(view, "rerank")
    name = window.editor.inspector.findChild(QLineEdit, "input-name")
    name.setFocus()
    name.selectAll()
    QTest.keyClicks(name, "Best answers")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert view.graph.steps["rerank"].name == "Best answers"
    assert "steps.best_answers.output" in str(view.graph.steps["draft"].config["prompt"])


def test_a_name_that_another_has_is_taken_back_in_the_inspector(window: MainWindow, view: CanvasView) -> None:
    click_on(view, "draft")
    name = window.editor.inspector.findChild(QLineEdit, "input-name")
    name.setFocus()
    name.selectAll()
    QTest.keyClicks(name, "Send reply")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert "already a step or group" in window.notices.text
    assert name.text() == "Draft reply"

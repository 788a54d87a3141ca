"""Finding in a workflow with real keys: the bar, its list, the canvas, and replacing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.canvas.view import CanvasView
from app.ui.finding.find_bar import FindBar
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.samples import chain

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(window: MainWindow, opened: Open) -> CanvasView:
    opened("triage")
    assert window.editor.view is not None
    return window.editor.view


@pytest.fixture
def bar(window: MainWindow, view: CanvasView) -> FindBar:
    QTest.keyClick(view, Qt.Key.Key_F, CTRL)
    found = window.findChild(QWidget, "find-bar")
    assert isinstance(found, FindBar) and found.isVisible() and found.field.hasFocus()
    return found


def look_for(bar: FindBar, text: str, qtbot: QtBot) -> list[tuple[str, str]]:
    with qtbot.waitSignal(bar.found_changed):
        bar.field.selectAll()
        QTest.keyClicks(bar.field, text)
    qtbot.waitUntil(lambda: not bar._delay.isActive() and bar._tasks.are_idle)
    return [(row.title, row.where) for row in bar.rows.rows]


def words(bar: FindBar) -> str:
    return bar.findChild(QLabel, "find-words").text()


def click(bar: FindBar, name: str) -> None:
    QTest.mouseClick(bar.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def test_it_stands_over_the_canvas_and_finds_in_names_settings_conditions_and_notes(bar: FindBar, qtbot: QtBot) -> None:
    assert bar.geometry().right() > bar.parentWidget().width() - 30
    found = look_for(bar, "refund", qtbot)
    assert ("Issue refund", "Name") in found
    assert ("Needs a refund?", "Condition") in found
    assert ("Refund with fallback", "Name") in found
    assert any(title.startswith("Refunds above") and where == "Note" for title, where in found)
    assert words(bar) == f"{len(found)} places"


def test_f3_goes_through_the_hits_round_and_back(window: MainWindow, view: CanvasView, bar: FindBar, qtbot: QtBot) -> None:
    found = look_for(bar, "reply", qtbot)
    for at in range(len(found)):
        QTest.keyClick(bar.field, Qt.Key.Key_F3)
        assert (bar.current, view.selected_ids()) == (at, (bar.rows.rows[at].id,))
        assert words(bar) == f"{at + 1} of {len(found)}"
    QTest.keyClick(bar.field, Qt.Key.Key_F3)
    assert bar.current == 0
    QTest.keyClick(bar.field, Qt.Key.Key_F3, SHIFT)
    assert bar.current == len(found) - 1
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.current == 0
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_F3)
    assert bar.current == 1
    at = bar.list.visualRect(bar.rows.index(0)).center()
    QTest.mouseClick(bar.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert view.selected_ids() == (bar.rows.rows[0].id,)
    bar.field.setFocus()
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible() and view.hasFocus()


def test_what_was_found_shines_and_all_else_is_faded(view: CanvasView, bar: FindBar, qtbot: QtBot) -> None:
    look_for(bar, "Search docs", qtbot)
    assert view.spotlight.ids == {"search"}

    def brightest(id: str) -> int:
        image = view.grab().toImage()
        box = view.node_rect(id).toRect().adjusted(30, 4, -10, -4).intersected(view.rect())
        return max(image.pixelColor(x, y).lightness() for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom(), 2))

    qtbot.wait(120)
    assert brightest("search") > 200 > 140 > brightest("fetch")
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert view.spotlight.ids == frozenset()
    assert brightest("fetch") > 200


def test_a_hit_in_a_folded_group_opens_it(view: CanvasView, bar: FindBar, qtbot: QtBot) -> None:
    view.toggle_collapsed("refund")
    look_for(bar, "v1/invoices", qtbot)
    QTest.keyClick(bar.field, Qt.Key.Key_F3)
    assert view.selected_ids() == ("fetch",)
    assert not view.node_rect("fetch").isEmpty()


def test_case_words_and_patterns_can_be_asked_for(bar: FindBar, qtbot: QtBot) -> None:
    assert len(look_for(bar, "REPLY", qtbot)) > 1
    with qtbot.waitSignal(bar.found_changed):
        click(bar, "find-case")
    assert not bar.rows.rows and words(bar) == "Nothing in this workflow."
    with qtbot.waitSignal(bar.found_changed):
        click(bar, "find-case")
    assert len(look_for(bar, "repl", qtbot)) > 1
    with qtbot.waitSignal(bar.found_changed):
        click(bar, "find-word")
    assert not bar.rows.rows
    click(bar, "find-word")
    with qtbot.waitSignal(bar.found_changed):
        click(bar, "find-pattern")
    assert ("Fetch invoice", "Name") in look_for(bar, "^f.*invoice$", qtbot)
    assert look_for(bar, "(", qtbot) == []
    assert "This pattern cannot be used" in words(bar)
    assert bar.field.property("faulty") is True


def test_an_edit_is_looked_at_at_once(window: MainWindow, bar: FindBar, qtbot: QtBot) -> None:
    from app.domain.edits import Rename

    assert look_for(bar, "zebra", qtbot) == []
    with qtbot.waitSignal(bar.found_changed):
        window.editor.current.model.push(Rename("send", "Zebra"))
    assert [row.id for row in bar.rows.rows] == ["send"]


def test_another_tab_is_looked_at_when_it_is_shown(window: MainWindow, bar: FindBar, opened: Open, view: CanvasView, qtbot: QtBot) -> None:
    look_for(bar, "step", qtbot)
    opened("hello")
    qtbot.waitUntil(lambda: len(bar.rows.rows) == 3)
    assert view.spotlight.ids == frozenset()


def test_replacing_one_goes_on_to_what_is_left(view: CanvasView, bar: FindBar, qtbot: QtBot) -> None:
    before = len(look_for(bar, "desk.example.com", qtbot))
    click(bar, "find-unfold")
    by = bar.findChild(QLineEdit, "replace-text")
    assert by.hasFocus()
    QTest.keyClicks(by, "help.example.org")
    QTest.keyClick(by, Qt.Key.Key_Return)
    assert view.selected_ids() == ("send",)
    with qtbot.waitSignal(bar.found_changed):
        QTest.keyClick(by, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(bar.rows.rows) == before - 1)
    assert view.graph.steps["send"].config["url"] == "https://help.example.org/replies"


def test_replacing_all_is_one_undo_and_names_take_their_references_along(
    window: MainWindow, view: CanvasView, bar: FindBar, qtbot: QtBot
) -> None:
    graph = view.graph
    look_for(bar, "intent", qtbot)
    QTest.keyClick(bar.field, Qt.Key.Key_H, CTRL)
    QTest.keyClicks(bar.findChild(QLineEdit, "replace-text"), "topic")
    click(bar, "replace-all")
    qtbot.waitUntil(lambda: view.graph.steps["classify"].name == "Classify topic")
    assert "steps.classify_topic.output" in view.graph.steps["draft"].config["prompt"]
    assert "replaced" in window.notices.text
    window.actions_of_window["undo"].trigger()
    assert view.graph == graph


def test_a_run_s_snapshot_is_searched_and_not_replaced(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.runs.add("triage")
    window.go("runs")
    qtbot.waitUntil(lambda: len(window.runs.table.rows_model.rows) == 1)
    window.runs.table.select(0)
    QTest.keyClick(window.runs.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    QTest.keyClick(window.editor.view, Qt.Key.Key_F, CTRL)
    bar = window.findChild(FindBar, "find-bar")
    assert look_for(bar, "refund", qtbot)
    assert not bar.findChild(QAbstractButton, "replace-all").isEnabled()


def test_five_thousand_steps_are_searched_without_a_stall(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    services.workflows.add(chain(length=5000), id="large")
    opened("large")
    QTest.keyClick(window.editor.view, Qt.Key.Key_F, CTRL)
    bar = window.findChild(FindBar, "find-bar")
    found = look_for(bar, "step 4", qtbot)
    assert len(found) > 1000
    QTest.keyClick(bar.field, Qt.Key.Key_F3)
    QApplication.processEvents()


def test_the_bar_stays_in_its_corner_when_the_window_is_made_smaller(window: MainWindow, bar: FindBar, qtbot: QtBot) -> None:
    look_for(bar, "refund", qtbot)
    window.resize(1000, 700)
    QApplication.processEvents()
    host = bar.parentWidget()
    assert host.rect().contains(bar.geometry().topRight() - QPoint(1, 0))
    assert bar.geometry().left() >= 0


def test_what_was_found_does_not_lie_under_the_bar(window: MainWindow, view: CanvasView, bar: FindBar, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    look_for(bar, "e", qtbot)
    for _ in range(12):
        QTest.keyClick(bar.field, Qt.Key.Key_F3)
        place = view.node_rect(view.selected_ids()[0])
        assert place.isEmpty() or place.height() > 100 or not bar.geometry().toRectF().intersects(place)

"""The command palette, by keys and mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListView, QWidget
from pytestqt.qtbot import QtBot

from app.ui.actions import SPECS
from app.ui.finding.palette import TOP, WIDTH, CommandPalette
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices

Open = Callable[[str], None]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def palette(window: MainWindow, qtbot: QtBot) -> Callable[[], CommandPalette]:
    """Open it with Ctrl+K wherever the focus is."""

    def open_it() -> CommandPalette:
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_K, CTRL)
        found = window.findChild(QWidget, "command-palette")
        assert isinstance(found, CommandPalette) and found.isVisible()
        return found

    return open_it


def titles(palette: CommandPalette, kind: str = "") -> list[str]:
    return [offer.title for offer in palette.results.offers() if kind in ("", offer.kind)]


def typed(palette: CommandPalette, text: str) -> None:
    palette.query.selectAll()
    QTest.keyClicks(palette.query, text) if text else QTest.keyClick(palette.query, Qt.Key.Key_Delete)


def press(palette: CommandPalette, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(palette.query, key, keys)


def test_it_opens_64_below_the_top_608_wide_and_gives_the_focus_back(window: MainWindow, palette: Callable[[], CommandPalette]) -> None:
    window.workflows.table.setFocus()
    shown = palette()
    card = shown.card().translated(shown.pos())
    assert card.width() == WIDTH and abs(card.center().x() - window.width() // 2) <= 1
    assert abs(card.top() - TOP) <= 4
    assert shown.query.hasFocus()
    press(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible() and window.workflows.table.hasFocus()
    shown = palette()
    QTest.mouseClick(window.workflows.side, Qt.MouseButton.LeftButton, pos=QPoint(20, 300))
    assert not shown.isVisible()


def test_it_offers_every_action_with_its_keys(palette: Callable[[], CommandPalette]) -> None:
    shown = palette()
    typed(shown, ">")
    offered = {offer.key.removeprefix("action:"): offer for offer in shown.results.offers()}
    assert set(offered) == {spec.id for spec in SPECS} - {"command-palette"}
    assert offered["new-workflow"].keys == "Ctrl+N"


def test_an_action_that_is_off_says_why_stands_below_and_cannot_be_chosen(
    window: MainWindow, palette: Callable[[], CommandPalette], opened: Open
) -> None:
    shown = palette()
    typed(shown, "zoom to fit")
    assert shown.current is not None and shown.current.off == "Works in the editor."
    press(shown, Qt.Key.Key_Escape)
    opened("hello")
    shown = palette()
    typed(shown, "Undo")
    assert shown.current is not None and shown.current.off == "There is nothing to undo."
    press(shown, Qt.Key.Key_Return)
    assert shown.isVisible()
    assert window.findChild(QLabel, "command-why").text() == "There is nothing to undo."
    typed(shown, ">re")
    off = [bool(offer.off) for offer in shown.results.offers() if offer.title.startswith("Re")]
    assert off == sorted(off) and True in off and False in off


def test_arrows_move_the_highlight_over_the_heads_and_round_and_enter_does_it(
    window: MainWindow, palette: Callable[[], CommandPalette], opened: Open
) -> None:
    opened("triage")
    shown = palette()
    typed(shown, "re")
    offers = shown.results.offers()
    assert shown.current == offers[0]
    for _ in offers[1:]:
        press(shown, Qt.Key.Key_Down)
    assert shown.current == offers[-1]
    press(shown, Qt.Key.Key_Down)
    assert shown.current == offers[0]
    press(shown, Qt.Key.Key_Up)
    assert shown.current == offers[-1]
    typed(shown, "runs")
    press(shown, Qt.Key.Key_Return)
    assert not shown.isVisible()
    assert window.pages.currentWidget() is window.runs


def test_a_step_is_found_by_name_selected_and_its_first_field_gets_the_focus(
    window: MainWindow, palette: Callable[[], CommandPalette], opened: Open
) -> None:
    opened("triage")
    shown = palette()
    typed(shown, "@draft")
    assert titles(shown) == ["Draft reply"]
    assert shown.results.offers()[0].second == "this workflow · after Issue refund"
    press(shown, Qt.Key.Key_Return)
    assert window.editor.view.selected_ids() == ("draft",)
    assert window.editor.inspector.isAncestorOf(QApplication.focusWidget())


def test_alt_enter_shows_a_step_in_a_folded_group_on_the_canvas(
    window: MainWindow, palette: Callable[[], CommandPalette], opened: Open
) -> None:
    opened("triage")
    view = window.editor.view
    view.toggle_collapsed("refund")
    assert view.node_rect("issue").isEmpty()
    shown = palette()
    typed(shown, "issue refund")
    press(shown, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert view.selected_ids() == ("issue",)
    assert view.rect().contains(view.node_rect("issue").center().toPoint())


def test_a_workflow_is_opened_by_name(window: MainWindow, palette: Callable[[], CommandPalette], qtbot: QtBot) -> None:
    shown = palette()
    qtbot.waitUntil(lambda: bool(shown._offers.get("workflow")))
    typed(shown, "/hello")
    assert titles(shown) == ["Hello, workflow"]
    press(shown, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.workflow_id == "hello")


def test_runs_follow_without_moving_the_highlighted_line(
    window: MainWindow, palette: Callable[[], CommandPalette], services: FakeServices, opened: Open, qtbot: QtBot
) -> None:
    opened("triage")
    for _ in range(3):
        services.runs.add("triage")
    shown = palette()
    typed(shown, "triage")
    qtbot.waitUntil(lambda: bool(titles(shown, "workflow")))
    press(shown, Qt.Key.Key_Down)
    before, at = shown.current, shown.list.visualRect(shown.list.currentIndex()).top()
    qtbot.waitUntil(lambda: len(titles(shown, "run")) == 3)
    assert shown.current.key == before.key
    assert shown.list.visualRect(shown.list.currentIndex()).top() == at or before.kind == "workflow"


def test_at_most_ten_lines_and_three_of_a_kind(
    window: MainWindow, palette: Callable[[], CommandPalette], services: FakeServices, opened: Open, qtbot: QtBot
) -> None:
    opened("triage")
    for _ in range(30):
        services.runs.add("triage")
    shown = palette()
    qtbot.waitUntil(lambda: bool(shown._offers.get("run")))
    typed(shown, "e")
    kinds = [offer.kind for offer in shown.results.offers()]
    assert len(kinds) <= 10
    assert max(kinds.count(kind) for kind in kinds) == 3
    typed(shown, "#")
    assert len(titles(shown)) == 30


def test_tab_goes_through_the_kinds_and_a_prefix_chooses_one(palette: Callable[[], CommandPalette]) -> None:
    shown = palette()
    assert shown.kind is None
    press(shown, Qt.Key.Key_Tab)
    assert shown.kind == "action"
    press(shown, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert shown.kind is None
    typed(shown, "/tri")
    assert shown.kind == "workflow"
    press(shown, Qt.Key.Key_Tab)
    assert (shown.kind, shown.query.text()) == ("run", "tri")
    assert shown.query.hasFocus()


def test_a_click_on_a_kind_and_on_a_line(window: MainWindow, palette: Callable[[], CommandPalette]) -> None:
    shown = palette()
    QTest.mouseClick(shown.findChild(QWidget, "command-kind-action"), Qt.MouseButton.LeftButton)
    assert shown.kind == "action"
    typed(shown, "runs")
    row = shown.results.row_of("action:go-runs")
    at = shown.list.visualRect(shown.results.index(row)).center()
    QTest.mouseClick(shown.findChild(QListView, "command-results").viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.pages.currentWidget() is window.runs


def test_what_was_used_last_stands_first_when_nothing_is_typed(
    window: MainWindow, palette: Callable[[], CommandPalette], qtbot: QtBot
) -> None:
    shown = palette()
    qtbot.waitUntil(lambda: bool(shown._offers.get("workflow")))
    typed(shown, "/hello")
    press(shown, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    shown = palette()
    typed(shown, "runs")
    press(shown, Qt.Key.Key_Return)
    shown = palette()
    assert titles(shown)[:2] == ["Runs", "Hello, workflow"]


def test_a_name_that_looks_like_markup_is_shown_as_it_is(
    window: MainWindow, palette: Callable[[], CommandPalette], services: FakeServices, qtbot: QtBot
) -> None:
    from app.domain.workflow import Definition

    services.workflows.add(Definition("<b>Bold</b> & <img src=x>"))
    shown = palette()
    qtbot.waitUntil(lambda: bool(shown._offers.get("workflow")))
    typed(shown, "/bold")
    assert titles(shown) == ["<b>Bold</b> & <img src=x>"]
    assert "&lt;b&gt;" in shown.results.index(1).data(Qt.ItemDataRole.ToolTipRole)


def test_a_database_that_is_gone_is_told_where_workflows_would_be(
    window: MainWindow, palette: Callable[[], CommandPalette], services: FakeServices, qtbot: QtBot
) -> None:
    from app.domain.errors import DatabaseUnavailable

    services.workflows.failure = DatabaseUnavailable("no answer")
    shown = palette()
    typed(shown, "/")
    qtbot.waitUntil(lambda: "no answer" in window.findChild(QLabel, "command-nothing").text())


def test_a_page_that_is_shown_behind_it_does_not_close_it(
    window: MainWindow, palette: Callable[[], CommandPalette], opened: Open, qtbot: QtBot
) -> None:
    shown = palette()
    opened("hello")
    qtbot.waitUntil(shown.query.hasFocus)
    assert shown.isVisible()
    press(shown, Qt.Key.Key_Escape)
    assert window.editor.view.hasFocus()


def test_a_whole_name_stands_before_what_begins_so(window: MainWindow, palette: Callable[[], CommandPalette], opened: Open) -> None:
    opened("triage")
    shown = palette()
    typed(shown, "run")
    assert titles(shown)[:2] == ["Run", "Runs"]
    assert not titles(shown, "step"), "letters strewn about `refund` are no find while there are better ones"

"""Keys: which there are, giving actions others, the sheet that lists them, and the menu that has every action."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.ui.actions import SPECS
from app.ui.finding.keys_dialog import KeyField, KeysDialog
from app.ui.main_window import MainWindow
from app.ui.menus import SUBMENUS
from app.ui.preferences import Preferences
from app.ui.shortcuts import NEVER_AT_ONCE, kept_keys, meet
from tests.fakes.services import FakeServices
from tests.ui.test_main_window import button, click

Open = Callable[[str], None]
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot) -> KeysDialog:
    window.actions_of_window["change-keys"].trigger()
    qtbot.waitUntil(lambda: window.findChild(QWidget, "keys-dialog") is not None)
    found = window.findChild(QWidget, "keys-dialog")
    assert isinstance(found, KeysDialog)
    return found


def choose(dialog: KeysDialog, action: str) -> KeyField:
    at = dialog.table.rows_model.row_of(action)
    assert at is not None
    dialog.table.select(at)
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    assert dialog.field.hasFocus()
    return dialog.field


# The registry


def test_no_two_actions_in_one_place_share_keys() -> None:
    for one, other in combinations(SPECS, 2):
        if meet(one, other):
            shared = {QKeySequence(keys).toString() for keys in one.keys} & {QKeySequence(keys).toString() for keys in other.keys}
            assert not shared, f"{one.id} and {other.id} are both {shared}"


def test_every_action_has_a_name_of_its_own_a_text_and_a_menu() -> None:
    in_submenus = tuple(prefix for submenus in SUBMENUS.values() for _, _, prefixes in submenus for prefix in prefixes)
    assert len({spec.id for spec in SPECS}) == len(SPECS)
    for spec in SPECS:
        assert spec.text and (spec.menu or spec.id.startswith(in_submenus)), spec.id
        assert all(QKeySequence(keys).toString() for keys in spec.keys), spec.id


def test_keys_of_the_registry_are_written_as_qt_writes_them() -> None:
    for spec in SPECS:
        for keys in spec.keys:
            assert QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText) == keys, spec.id


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)  # the offscreen platform, of a popup menu
def test_every_action_is_in_the_main_menu_where_it_works(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    found: set[str] = set()
    for page in ("editor", "workflows"):
        if page == "editor":
            opened("hello")
        window.go(page)
        click(qtbot, window, "main-menu-button")
        menu = window.findChild(QMenu, "main-menu")
        assert menu is not None
        found |= {action.objectName() for part in menu.findChildren(QMenu) for action in part.actions()}
        menu.close()
        QApplication.sendPostedEvents(menu, 0)
    assert {spec.id for spec in SPECS} <= found


def test_of_a_pair_that_shares_keys_one_is_off(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    actions = window.actions_of_window

    def on() -> list[bool]:
        return [actions[id].isEnabled() for pair in NEVER_AT_ONCE for id in sorted(pair)]

    assert on() == [False, False]
    opened("hello")
    assert on() == [True, False]
    actions["run"].trigger()
    qtbot.waitUntil(lambda: on() == [False, True])


# Other keys


def test_new_keys_work_at_once_and_are_kept(window: MainWindow, dialog: KeysDialog, preferences: Preferences, qtbot: QtBot) -> None:
    QTest.keyClick(choose(dialog, "go-runs"), Qt.Key.Key_R, CTRL | ALT)
    assert window.actions_of_window.keys_of("go-runs") == ("Ctrl+Alt+R",)
    assert kept_keys(preferences) == {"go-runs": ("Ctrl+Alt+R",)}
    click(qtbot, dialog, "dialog-done")
    qtbot.waitUntil(lambda: not dialog.isVisible())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window.workflows.table, Qt.Key.Key_3, CTRL)
    assert window.pages.currentWidget() is window.workflows
    QTest.keyClick(window.workflows.table, Qt.Key.Key_R, CTRL | ALT)
    assert window.pages.currentWidget() is window.runs
    again = MainWindow(preferences)
    assert again.actions_of_window.keys_of("go-runs") == ("Ctrl+Alt+R",)
    again.deleteLater()


def test_keys_that_are_taken_are_named_taken_over_and_given_back(
    window: MainWindow, dialog: KeysDialog, preferences: Preferences, qtbot: QtBot
) -> None:
    actions = window.actions_of_window

    def clash() -> str:
        return window.findChild(QLabel, "keys-clash").text()

    QTest.keyClick(choose(dialog, "zoom-fit"), Qt.Key.Key_W, CTRL)
    assert dialog.isVisible() and clash() == "Ctrl+W is already “Close tab” (in the editor)."
    QTest.keyClick(choose(dialog, "go-runs"), Qt.Key.Key_N, CTRL)
    assert clash() == "Ctrl+N is already “New workflow” (everywhere)."
    assert actions.keys_of("go-runs") == ("Ctrl+3",)
    click(qtbot, dialog, "keys-take-over")
    assert (actions.keys_of("go-runs"), actions.keys_of("new-workflow")) == (("Ctrl+N",), ())
    dialog.table.select(dialog.table.rows_model.row_of("new-workflow"))
    click(qtbot, dialog, "keys-reset")
    assert (actions.keys_of("go-runs"), actions.keys_of("new-workflow")) == ((), ("Ctrl+N",))
    click(qtbot, dialog, "keys-reset-all")
    assert all(actions.keys_of(spec.id) == spec.keys for spec in SPECS)
    assert kept_keys(preferences) == {} and not button(dialog, "keys-reset-all").isEnabled()


def test_the_same_keys_serve_in_two_places_and_backspace_takes_keys_away(window: MainWindow, dialog: KeysDialog, qtbot: QtBot) -> None:
    actions = window.actions_of_window
    QTest.keyClick(choose(dialog, "zoom-fit"), Qt.Key.Key_F5, ALT)
    QTest.keyClick(choose(dialog, "reload"), Qt.Key.Key_F5, ALT)
    assert actions.keys_of("zoom-fit") == actions.keys_of("reload") == ("Alt+F5",)
    QTest.keyClick(choose(dialog, "go-runs"), Qt.Key.Key_Backspace)
    assert actions.keys_of("go-runs") == ()
    click(qtbot, dialog, "keys-reset")
    assert actions.keys_of("go-runs") == ("Ctrl+3",)
    QTest.keyClick(choose(dialog, "zoom-fit"), Qt.Key.Key_Escape)
    assert dialog.isVisible() and dialog.table.hasFocus()


def test_an_action_is_found_by_name_and_by_its_keys(dialog: KeysDialog) -> None:
    for words in ("zoom fit", "ctrl+9", "ctrl 9"):
        dialog.search.clear()
        QTest.keyClicks(dialog.search, words)
        assert [row.spec.id for row in dialog.table.rows_model.rows] == ["zoom-fit"]
    dialog.search.clear()
    QTest.keyClicks(dialog.search, "no such thing")
    assert not dialog.table.rows_model.rows


def test_kept_keys_that_cannot_be_read_are_as_if_there_were_none(preferences: Preferences) -> None:
    for text in ("{", "[1]", '{"no-such-action": ["F2"], "go-runs": 3}'):
        preferences.set("keys/custom", text)
        assert kept_keys(preferences) == {}


def test_a_button_shows_the_keys_its_action_has_now(window: MainWindow) -> None:
    window.actions_of_window.set_keys({"new-workflow": ["Alt+N"]})
    new = button(window, "new-button")
    assert new.key == "Alt N" and "Alt+N" in new.toolTip()


# The sheet


def test_the_sheet_lists_all_keys_by_place_and_gives_them_as_text(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window.workflows.table, Qt.Key.Key_Slash, CTRL)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "cheat-sheet-dialog") is not None)
    sheet = window.findChild(QWidget, "cheat-sheet-dialog")
    click(qtbot, sheet, "cheat-sheet-copy")
    text = QGuiApplication.clipboard().text()
    heads = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert heads == ["Everywhere", "In the editor", "On the canvas", "In a field", "In lists"]
    assert "Ctrl+K" in text and "Find anything" in text
    for spec in SPECS:
        assert not spec.keys or spec.keys[0] in text
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not sheet.isVisible())


def test_a_question_mark_typed_into_a_field_is_a_question_mark(window: MainWindow) -> None:
    window.workflows.search.setFocus()
    QTest.keyClicks(window.workflows.search, "why?")
    assert window.workflows.search.text() == "why?"
    assert window.findChild(QWidget, "cheat-sheet-dialog") is None


def test_from_the_sheet_one_gets_to_changing_keys(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window.workflows.table, Qt.Key.Key_Question)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "cheat-sheet-dialog") is not None)
    click(qtbot, window.findChild(QWidget, "cheat-sheet-dialog"), "cheat-sheet-change")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "keys-dialog") is not None)

"""Without a mouse: every control is reached by Tab, has a name, shows that it has the focus, and can be left again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LONGEST_WALK = 400


def walk(window: MainWindow, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """The widgets that Tab leads to, from where the focus is until it is there again."""
    window.activateWindow()
    keys = SHIFT if key is Qt.Key.Key_Backtab else Qt.KeyboardModifier.NoModifier
    visited: list[QWidget] = []
    for _ in range(LONGEST_WALK):
        focus = QApplication.focusWidget()
        assert focus is not None
        if visited and focus is visited[0] and len(visited) > 1:
            return visited
        if focus not in visited:
            visited.append(focus)
        QTest.keyClick(focus, key, keys)
    pytest.fail(f"after {LONGEST_WALK} steps not back at {visited[0]}; the last were {visited[-4:]}")


def controls(window: MainWindow) -> list[QWidget]:
    """Everything that is shown, on, and takes the keyboard by Tab."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisibleTo(window)
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not widget.objectName().startswith("qt_")
    ]


def named(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return (interface.text(QAccessible.Text.Name) if interface is not None else "") or widget.accessibleName()


def check(window: MainWindow) -> None:
    visited = walk(window)
    missing = [widget for widget in controls(window) if widget not in visited]
    assert not missing, f"Tab does not lead to {[(w.objectName(), type(w).__name__) for w in missing]}"
    nameless = [(w.objectName(), type(w).__name__) for w in visited if not named(w)]
    assert not nameless, f"these have no name: {nameless}"


def test_every_control_of_the_list_is_reached_and_named(window: MainWindow) -> None:
    window.workflows.table.setFocus()
    check(window)


def test_every_control_of_the_list_of_runs_is_reached_and_named(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.runs.add("triage")
    window.go("runs")
    qtbot.waitUntil(lambda: len(window.runs.table.rows_model.rows) == 1)
    check(window)


def test_every_control_of_the_editor_is_reached_and_named(window: MainWindow, opened: Open) -> None:
    opened("hello")
    check(window)


def test_every_control_of_a_step_s_settings_is_reached_named_and_left_again(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    window.editor.view.select(("draft",))
    qtbot.wait(50)
    inspector = window.editor.inspector
    window.activateWindow()
    reached: set[QWidget] = set()
    for key, keys in ((Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Backtab, SHIFT)):
        inspector.tabs.setFocus()
        visited: list[QWidget] = []
        while inspector.isAncestorOf(focus := QApplication.focusWidget()):
            assert focus not in visited, f"Tab leads back to {focus.objectName()} and not out: {[w.objectName() for w in visited]}"
            visited.append(focus)
            QTest.keyClick(focus, key, keys)
        reached.update(visited)
    missing = [widget for widget in controls(window) if inspector.isAncestorOf(widget) and widget not in reached]
    assert not missing, f"Tab does not lead to {[(w.objectName(), type(w).__name__) for w in missing]}"
    assert not [(w.objectName(), type(w).__name__) for w in reached if not named(w)]


def test_tab_back_leads_the_same_way_round(window: MainWindow) -> None:
    window.workflows.table.setFocus()
    there = walk(window)
    window.workflows.table.setFocus()
    assert set(there) == set(walk(window, Qt.Key.Key_Backtab))


def test_f6_goes_round_the_panels_and_back_to_where_one_was(window: MainWindow, opened: Open) -> None:
    opened("triage")
    QTest.keyClick(window.editor.view, Qt.Key.Key_U, CTRL | SHIFT)
    editor = window.editor
    editor.view.setFocus()
    panels = [editor.inspector, editor.bottom, window.rail, editor.tabs, editor.bar, editor.palette_panel, editor.outline, editor.host]
    inside = []
    for panel in panels:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        focus = QApplication.focusWidget()
        assert panel is focus or panel.isAncestorOf(focus), (panel, focus)
        inside.append(focus)
    assert inside[-1] is editor.view
    QTest.keyClick(editor.view, Qt.Key.Key_F6, SHIFT)
    assert QApplication.focusWidget() is inside[-2]


def test_f6_skips_what_is_folded_away(window: MainWindow, opened: Open) -> None:
    opened("triage")
    for id in ("toggle-inspector", "toggle-bottom"):
        window.actions_of_window[id].setChecked(False)
    window.editor.view.setFocus()
    QTest.keyClick(window.editor.view, Qt.Key.Key_F6)
    assert window.rail.isAncestorOf(QApplication.focusWidget())


def test_f6_goes_round_the_list_too(window: MainWindow) -> None:
    window.workflows.table.setFocus()
    seen = []
    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        seen.append(QApplication.focusWidget())
    assert window.rail.isAncestorOf(seen[0]) and window.workflows.side.isAncestorOf(seen[1])
    assert seen[2] is window.workflows.search and seen[3] is window.workflows.table


def test_the_canvas_shows_a_ring_for_keys_and_none_for_the_mouse(window: MainWindow, opened: Open) -> None:
    opened("triage")
    view = window.editor.view
    ring = view.findChild(QWidget, "focus-ring")
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().bottomLeft() / 2)
    assert not ring.isVisible()
    QTest.keyClick(view, Qt.Key.Key_F6)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, SHIFT)
    assert view.hasFocus() and ring.isVisible()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().bottomLeft() / 2)
    assert not ring.isVisible()


@pytest.mark.parametrize("page", ["workflows", "editor"])
def test_what_has_the_focus_looks_so(window: MainWindow, opened: Open, page: str, qtbot: QtBot) -> None:
    if page == "editor":
        opened("hello")
    alike = []
    for widget in walk(window):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        focused = widget.grab().toImage()
        widget.clearFocus()
        qtbot.wait(1)
        if focused == widget.grab().toImage():
            alike.append((widget.objectName(), type(widget).__name__))
    assert not alike, f"these look the same with and without the focus: {alike}"


def test_escape_closes_what_is_on_top_first(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    view = window.editor.view
    view.select(("draft",))
    QTest.keyClick(view, Qt.Key.Key_F, CTRL)
    bar = window.workbench.in_editor.bar
    QTest.keyClick(bar.field, Qt.Key.Key_K, CTRL)
    palette = window.finding.palette
    assert palette.isVisible() and bar.isVisible()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not palette.isVisible() and bar.isVisible() and bar.field.hasFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not bar.isVisible() and view.hasFocus() and view.selected_ids() == ("draft",)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected_ids() == ()


def test_a_screen_reader_hears_what_is_selected_on_the_canvas(window: MainWindow, opened: Open) -> None:
    opened("triage")
    canvas = QAccessible.queryAccessibleInterface(window.editor.view)
    assert canvas is not None
    assert canvas.text(QAccessible.Text.Name) == "Workflow canvas"
    window.editor.view.select(("draft", "send"))
    assert canvas.text(QAccessible.Text.Description) == "Selected: Draft reply, Send reply."


def test_every_panel_has_a_name_for_who_cannot_see_it(window: MainWindow, opened: Open) -> None:
    opened("triage")
    editor = window.editor
    for panel in (window.rail, editor.palette_panel, editor.outline, editor.inspector, editor.bottom, editor.host.toolbar):
        assert panel.accessibleName(), panel.objectName()

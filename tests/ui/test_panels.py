"""The panels around the canvas: folded to an edge, as wide as they were, and in narrow windows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from app.ui.panels import EDGE, HotEdge
from app.ui.preferences import Preferences

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(window: MainWindow, opened: Open) -> QWidget:
    opened("triage")
    QApplication.processEvents()
    return window.editor


def edge(window: MainWindow, name: str) -> HotEdge:
    found = window.findChild(HotEdge, name)
    assert found is not None
    return found


def press_edge(window: MainWindow, name: str) -> None:
    QTest.mouseClick(edge(window, name), Qt.MouseButton.LeftButton)


def drag_handle(splitter: QSplitter, at: int, by: QPoint) -> None:
    handle = splitter.handle(at)
    start = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    for part in range(1, 9):
        # The handle moves with the pointer: each step is from where it is now.
        QTest.mouseMove(handle, handle.rect().center() + by / 8)
        assert part
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    QApplication.processEvents()


def test_a_folded_panel_leaves_an_edge_that_brings_it_back_as_it_was(window: MainWindow, page: QWidget) -> None:
    for key, keys, name, shown in (
        (Qt.Key.Key_L, CTRL | SHIFT, "palette-edge", window.editor.palette_panel),
        (Qt.Key.Key_I, CTRL | SHIFT, "inspector-edge", window.editor.inspector),
        (Qt.Key.Key_J, CTRL, "bottom-edge", window.editor.bottom),
    ):
        size = shown.size()
        assert not edge(window, name).isVisible()
        QTest.keyClick(window.editor.view, key, keys)
        assert shown.isHidden()
        hot = edge(window, name)
        assert hot.isVisible() and min(hot.width(), hot.height()) == EDGE and hot.accessibleName().startswith("Show the ")
        press_edge(window, name)
        QApplication.processEvents()
        assert shown.isVisible() and shown.size() == size
        assert not hot.isVisible()


def test_a_panel_that_is_dragged_to_nothing_is_folded(window: MainWindow, page: QWidget, qtbot: QtBot) -> None:
    across = window.findChild(QSplitter, "editor-splitter-across")
    width = window.editor.palette_panel.width()
    across.moveSplitter(0, 1)
    across.splitterMoved.emit(0, 1)
    qtbot.waitUntil(window.editor.palette_panel.isHidden)
    assert not window.actions_of_window["toggle-palette"].isChecked()
    press_edge(window, "palette-edge")
    QApplication.processEvents()
    assert window.editor.palette_panel.width() == width


def test_widths_drawn_by_hand_are_kept_also_of_a_folded_panel(
    window: MainWindow, page: QWidget, preferences: Preferences, qtbot: QtBot
) -> None:
    drag_handle(window.findChild(QSplitter, "editor-splitter-across"), 3, QPoint(-80, 0))
    width = window.editor.inspector.width()
    assert width > 324
    QTest.keyClick(window.editor.view, Qt.Key.Key_I, CTRL | SHIFT)
    with qtbot.waitSignal(window.closed):
        window.close()
    later = MainWindow(preferences)
    qtbot.addWidget(later)
    later.resize(1440, 900)
    later.show()
    later.go("editor")
    assert later.editor.inspector.isHidden()
    later.actions_of_window["toggle-inspector"].setChecked(True)
    assert later.editor.panels._sizes["toggle-inspector"] == width


def test_below_1280_the_inspector_lies_over_the_canvas_while_something_is_selected(window: MainWindow, page: QWidget) -> None:
    window.resize(1200, 760)
    QApplication.processEvents()
    inspector, host = window.editor.inspector, window.editor.host
    assert not inspector.isVisible()
    wide = host.width()
    view = window.editor.view
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.node_rect("classify").center().toPoint())
    assert inspector.isVisible() and host.width() == wide
    right = host.mapTo(window, host.rect().topRight()).x()
    left = inspector.mapTo(window, QPoint(0, 0)).x()
    assert left < right
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not inspector.isVisible()
    window.resize(1440, 900)
    QApplication.processEvents()
    assert inspector.isVisible() and inspector.width() == 324
    assert host.mapTo(window, host.rect().topRight()).x() < inspector.mapTo(window, QPoint(0, 0)).x()


def test_below_1000_there_is_no_palette_and_its_action_says_why(window: MainWindow, page: QWidget) -> None:
    window.resize(960, 700)
    QApplication.processEvents()
    assert window.editor.palette_panel.isHidden() and not edge(window, "palette-edge").isVisible()
    assert "too narrow" in window.actions_of_window.why_off("toggle-palette")
    window.resize(1440, 900)
    QApplication.processEvents()
    assert window.editor.palette_panel.isVisible() and window.editor.palette_panel.width() == 240
    assert window.actions_of_window["toggle-palette"].isEnabled()


def test_on_a_narrow_canvas_the_overview_stands_above_the_toolbar(window: MainWindow, page: QWidget) -> None:
    from app.ui.canvas.minimap import Minimap

    overview, toolbar = window.editor.view.findChild(Minimap), window.editor.host.toolbar

    def meet() -> bool:
        return overview.geometry().translated(0, window.editor.host.views.y()).intersects(toolbar.geometry())

    for width in (1600, 1440, 1300, 1280, 1100, 960):
        window.resize(width, 800)
        QApplication.processEvents()
        assert not meet(), width


def test_below_1400_the_outline_takes_the_place_of_the_palette(window: MainWindow, page: QWidget) -> None:
    window.resize(1280, 800)
    QApplication.processEvents()
    outline = window.actions_of_window["toggle-outline"]
    outline.setChecked(True)
    assert window.editor.outline.isVisible() and window.editor.palette_panel.isHidden()
    assert "too narrow" in window.actions_of_window.why_off("toggle-palette")
    toolbar = window.editor.host.toolbar
    assert window.editor.host.rect().contains(toolbar.geometry())
    outline.setChecked(False)
    assert window.editor.palette_panel.isVisible()
    window.resize(1600, 900)
    QApplication.processEvents()
    outline.setChecked(True)
    assert window.editor.outline.isVisible() and window.editor.palette_panel.isVisible()


def test_at_first_the_bottom_panel_takes_a_quarter_of_a_low_window(window: MainWindow, opened: Open) -> None:
    window.resize(1280, 800)
    opened("hello")
    QApplication.processEvents()
    assert 180 <= window.editor.bottom.height() <= 200

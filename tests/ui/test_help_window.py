"""The program shows its help pages, finds words in them, and loads nothing from anywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLineEdit, QListWidget
from pytestqt.qtbot import QtBot

from app.ui.help_window import HelpWindow, MarkdownView, pages
from app.ui.main_window import MainWindow


def opened(window: MainWindow, qtbot: QtBot) -> HelpWindow:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    found = window.findChild(HelpWindow, "help-window")
    assert found is not None
    qtbot.waitExposed(found)
    return found


def test_f1_opens_the_first_page_and_esc_closes_it(window: MainWindow, qtbot: QtBot) -> None:
    help_window = opened(window, qtbot)
    assert help_window.isVisible()
    assert "Getting started" in help_window.view.toPlainText()
    qtbot.keyClick(help_window.view, Qt.Key.Key_Escape)
    assert not help_window.isVisible()


def test_every_page_is_there_and_can_be_reached_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    help_window = opened(window, qtbot)
    listed = help_window.findChild(QListWidget, "help-pages")
    assert listed is not None
    assert listed.count() == len(pages()) >= 10
    before = help_window.view.toPlainText()
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    assert help_window.view.toPlainText() != before


def test_search_keeps_pages_that_have_all_words(window: MainWindow, qtbot: QtBot) -> None:
    help_window = opened(window, qtbot)
    search = help_window.findChild(QLineEdit, "help-search")
    assert search is not None
    qtbot.keyClicks(search, "try_catch finally")
    assert 1 <= help_window.list.count() < len(pages())
    qtbot.keyClicks(search, " zzzzz")
    assert help_window.list.count() == 0
    assert help_window.none.isVisible()


def test_a_link_to_another_page_opens_it(window: MainWindow, qtbot: QtBot) -> None:
    help_window = opened(window, qtbot)
    help_window.view.anchorClicked.emit(QUrl("expressions.md"))
    assert help_window.list.currentItem().data(Qt.ItemDataRole.UserRole) == "expressions"


def test_markdown_loads_nothing(qtbot: QtBot) -> None:
    view = MarkdownView()
    qtbot.addWidget(view)
    view.show_markdown("![x](http://127.0.0.1:9/x.png) ![y](/etc/hostname)")
    for url in ("http://127.0.0.1:9/x.png", "/etc/hostname"):
        assert view.loadResource(QTextDocument.ResourceType.ImageResource, QUrl(url)) is None

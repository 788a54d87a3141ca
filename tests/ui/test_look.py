"""The look and the small parts: contrast, icons, words, names for screen readers, JSON, the watchdog itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.actions import SPECS
from app.ui.icons import pixmap
from app.ui.main_window import MainWindow
from app.ui.resources import resource_path
from app.ui.stylesheet import stylesheet
from app.ui.tasks import Tasks
from app.ui.theme import DARK, LIGHT, Theme, Tokens, font, theme
from app.ui.widgets.json_tree import JsonModel
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.labels import Label, plain_tip
from app.ui.words import ago, clock, duration
from tests.ui.watchdog import Watchdog


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in QColor(colour).getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("tokens", "ground"), list(product((DARK, LIGHT), ("window", "panel", "card", "raised", "field"))))
def test_text_can_be_read_on_every_ground(tokens: Tokens, ground: str) -> None:
    for text in (tokens.text, tokens.text_second, *tokens.status_text.values()):
        assert contrast(text, getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", (DARK, LIGHT))
def test_third_text_can_be_read_on_panel_card_and_field(tokens: Tokens) -> None:
    for ground in (tokens.panel, tokens.card, tokens.field):
        assert contrast(tokens.text_third, ground) >= 4.5


def test_every_icon_that_is_named_is_there(dressed: QApplication) -> None:
    for spec in SPECS:
        if spec.icon:
            assert resource_path("icons", f"{spec.icon}.svg").is_file(), spec.icon
    assert not pixmap("play", "#FFFFFF", 16, 2.0).isNull()


def test_no_two_actions_of_one_place_share_a_key() -> None:
    for places in (("window", "editor", "canvas"), ("window", "list")):
        # Stopping and running with input are never on at once, and the design gives both the same key.
        keys = [key for spec in SPECS if spec.place in places for key in spec.keys if (spec.id, key) != ("stop", "Shift+F5")]
        assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]


def test_the_bundled_fonts_are_the_ones_used(dressed: QApplication) -> None:
    from PySide6.QtGui import QFontInfo

    assert QFontInfo(font("ui")).family() == "Inter"
    assert QFontInfo(font("code")).family() == "JetBrains Mono"
    assert QFontInfo(font("node_title")).weight() == 600


def test_the_style_sheet_is_understood_by_qt(dressed: QApplication, qtbot: QtBot) -> None:
    for tokens in (LIGHT, DARK):
        widget = QWidget()
        qtbot.addWidget(widget)
        widget.setStyleSheet(stylesheet(tokens))  # a rule Qt cannot read is a warning, which fails the test


def test_the_system_s_preference_is_followed_until_another_mode_is_chosen(dressed: QApplication) -> None:
    looked_at = Theme()
    hints = QGuiApplication.styleHints()
    wanted = "light" if hints.colorScheme() is Qt.ColorScheme.Light else "dark"
    assert (looked_at.mode, looked_at.name) == ("system", wanted)
    changes: list[int] = []
    looked_at.changed.connect(lambda: changes.append(1))
    looked_at.set_mode("light")
    looked_at.set_mode("light")
    looked_at.set_mode("dark")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert looked_at.name == "dark"
    assert len(changes) == 2 - (wanted == "light")


def test_every_control_has_a_name_for_tests_and_one_for_people(window: MainWindow, opened: Callable[[str], None]) -> None:
    opened("triage")
    window.editor.select("draft")
    nameless = [
        f"{type(control).__name__} {control.objectName()!r} {control.accessibleName()!r}"
        for kind in (QAbstractButton, QLineEdit, QPlainTextEdit)
        for control in window.findChildren(kind)
        if not control.objectName().startswith("qt_")
        and type(control).__module__.startswith("app.")
        and not (control.objectName() and control.accessibleName())
    ]
    assert nameless == []


def test_markup_from_outside_stays_text(dressed: QApplication, qtbot: QtBot) -> None:
    label = Label("<b>bold</b>")
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert plain_tip("<img src=x> & more") == "<qt>&lt;img src=x&gt; &amp; more</qt>"


NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.004, "4 ms"), (0.7, "0.7 s"), (41.2, "41.2 s"), (59.96, "1 m 00 s"), (564, "9 m 24 s"), (11_100, "3 h 5 m"), (183_600, "2 d 3 h")],
)
def test_durations_read_like_this(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_a_running_clock_reads_like_this() -> None:
    assert [clock(timedelta(seconds=s)) for s in (6.44, 723.1, 3723)] == ["00:06.4", "12:03.1", "1:02:03"]


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(days=40), "25 Mar"),
        (timedelta(days=400), "30 Mar 2025"),
    ],
)
def test_times_are_told_from_now(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, now=NOW) == words


def test_a_large_list_is_loaded_in_parts(dressed: QApplication) -> None:
    model = JsonModel()
    model.set_value(list(range(1000)))
    assert model.rowCount(QModelIndex()) == 200
    assert model.canFetchMore(QModelIndex())
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
    assert model.rowCount(QModelIndex()) == 1000
    assert model.node(model.index(999, 0)).path == "$[999]"


def test_a_value_is_copied_whole_though_only_its_start_is_shown(dressed: QApplication, qtbot: QtBot) -> None:
    view = JsonView(name="view")
    qtbot.addWidget(view)
    view.set_value({"text": "x" * 400_000})
    assert "cut here" in view.text
    qtbot.mouseClick(view.findChild(QAbstractButton, "view-copy"), Qt.MouseButton.LeftButton)
    assert len(QGuiApplication.clipboard().text()) > 400_000


def test_whole_numbers_of_any_size_are_shown_exactly(dressed: QApplication, qtbot: QtBot) -> None:
    view = JsonView(name="view")
    qtbot.addWidget(view)
    view.set_value({"n": 10**30})
    assert str(10**30) in view.text


def test_an_error_of_a_task_is_handed_over_and_cancelling_is_none(loop, dressed: QApplication, qtbot: QtBot) -> None:
    errors: list[Exception] = []
    owner = QWidget()
    qtbot.addWidget(owner)
    tasks = Tasks(owner, errors.append)

    async def fail() -> None:
        raise LookupError("no")

    async def wait() -> None:
        await asyncio.Event().wait()

    tasks.start(fail())
    tasks.start(wait())
    qtbot.waitUntil(lambda: len(errors) == 1)
    tasks.cancel_all()
    qtbot.waitUntil(lambda: tasks.are_idle)
    assert len(errors) == 1


def test_a_theme_chosen_later_reaches_what_is_shown_already(window: MainWindow) -> None:
    title = window.findChild(QLabel, "engine-state")
    dark = title.palette().windowText().color()
    theme().set_mode("light")
    assert title.palette().windowText().color() != dark
    theme().set_mode("dark")


def test_the_watchdog_sees_a_handler_that_works_too_long(loop, dressed: QApplication, _watchdog: Watchdog, qtbot: QtBot) -> None:
    def slow(_error: Exception) -> None:
        end = time.thread_time() + 0.25
        while time.thread_time() < end:
            pass

    async def fail() -> None:
        raise LookupError("no")

    owner = QWidget()
    qtbot.addWidget(owner)
    task = Tasks(owner, slow).start(fail())
    qtbot.waitUntil(task.done)
    qtbot.waitUntil(lambda: bool(_watchdog.stall))
    assert "tasks.py" in _watchdog.stall
    _watchdog.forget()

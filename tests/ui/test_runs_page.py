"""The list of runs: views, search, the sentence that helps, and that it follows what happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from app.ui.bridge import Heard
from app.ui.main_window import MainWindow
from app.ui.run_strip import PITCH
from tests.fakes.services import NOW, FakeServices


@pytest.fixture
def runs(window: MainWindow, services: FakeServices, qtbot: QtBot) -> dict[str, str]:
    """One run of each state, oldest first, by its state; the page shows them."""
    ids: dict[str, str] = {}
    for at, status in enumerate(("completed", "failed", "cancelled", "running", "pending")):
        services.runs.clock = NOW + timedelta(minutes=at)
        ids[status] = services.runs.add("triage" if status == "failed" else "hello")
        if status in ("completed", "failed", "cancelled"):
            error = {"message": "HttpError 402 at /guard.try/issue"} if status == "failed" else None
            services.runs.end(ids[status], status, error=error, took=at + 1)
    waiting = services.runs.runs[ids["pending"]]
    waiting.row = replace(waiting.row, status="pending", started_at=None)
    window.go("runs")
    qtbot.waitUntil(lambda: len(window.runs.table.rows_model.rows) == 5)
    return ids


def cell(window: MainWindow, row: int, column: int) -> str:
    return str(window.runs.table.rows_model.index(row, column).data())


def test_the_newest_run_stands_on_top_with_icon_and_word(window: MainWindow, runs: dict[str, str]) -> None:
    assert [cell(window, row, 0) for row in range(5)] == ["Queued", "Running", "Cancelled", "Failed", "Completed"]


def test_a_failed_run_says_why_and_a_queued_one_that_it_waits(window: MainWindow, runs: dict[str, str]) -> None:
    assert "HttpError 402 at /guard.try/issue" in cell(window, 3, 1)
    assert "Waits for its turn" in cell(window, 0, 1)
    assert cell(window, 0, 5) == "not yet"


def test_a_view_shows_runs_of_its_state(window: MainWindow, runs: dict[str, str], qtbot: QtBot) -> None:
    qtbot.mouseClick(window.findChild(QAbstractButton, "run-views-failed"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [row.id for row in window.runs.table.rows_model.rows] == [runs["failed"]])


def test_the_search_looks_in_errors(window: MainWindow, runs: dict[str, str], qtbot: QtBot) -> None:
    qtbot.keyClick(window.runs.table, Qt.Key.Key_Slash)
    qtbot.keyClicks(window.runs.search, "HttpError 402")
    assert [row.id for row in window.runs.table.rows_model.rows] == [runs["failed"]]
    qtbot.keyClicks(window.runs.search, "zzz")
    assert "zzz" in window.runs.table.findChild(QLabel, "empty-sentence").text()


def test_a_bell_brings_a_new_run_into_the_list(window: MainWindow, runs: dict[str, str], services: FakeServices, qtbot: QtBot) -> None:
    window.runs.table.select(3)
    services.runs.clock = NOW + timedelta(hours=1)
    fresh = services.runs.add("hello")
    window.session.bridge.post(Heard("run", fresh))
    qtbot.waitUntil(lambda: window.runs.table.rows_model.rows[0].id == fresh)
    assert window.runs.table.current_row().id == runs["failed"]


def test_a_click_on_a_bar_of_the_strip_opens_its_run(window: MainWindow, runs: dict[str, str], qtbot: QtBot) -> None:
    strip = window.runs.strip
    at = strip.width() - 3 * PITCH - PITCH // 2
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(at, strip.height() - 6))
    qtbot.waitUntil(lambda: window.editor.current is not None)
    assert window.editor.current.live.run.id == runs["failed"]


def test_scrolling_to_the_end_fetches_the_next_runs(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    for at in range(250):
        services.runs.clock = NOW + timedelta(minutes=at)
        services.runs.end(services.runs.add("hello"), "completed")
    window.go("runs")
    model = window.runs.table.rows_model
    qtbot.waitUntil(lambda: len(model.rows) == 200)
    bar = window.runs.table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)  # the rows have their places
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: len(model.rows) == 250)


def test_an_empty_list_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    window.go("runs")
    sentence = window.runs.table.findChild(QLabel, "empty-sentence")
    qtbot.waitUntil(lambda: sentence.text() == "Nothing has run yet.")

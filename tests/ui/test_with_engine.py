"""The window on the real engine and a real database: Run is pressed, steps are seen to run, and are found again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.backend import Backend
from app.desktop import live
from app.domain.edits import Rename
from app.domain.json_value import dumps
from app.platform.settings import load_settings
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences


def test_an_example_runs_is_edited_and_is_found_again(loop, bridge: Bridge, place: Path, database_url: str, qtbot: QtBot) -> None:
    settings = load_settings(data_dir=place, database_url=database_url)
    opened: list[Backend] = []

    async def open_backend(progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
        backend = await Backend.open(settings, on_progress=progress)
        backend.bell.subscribe(lambda ring: heard(ring.kind, ring.id))
        opened.append(backend)
        return backend

    window = MainWindow(Preferences(place / "window.ini"))
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, open_backend))
    qtbot.waitUntil(lambda: window.session is not None and window.editor.current is not None, timeout=30_000)
    document = window.editor.current
    assert document.name == "Ticket triage"
    assert not document.problems

    qtbot.mouseClick(window.findChild(QAbstractButton, "run-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: document.live is not None and bool(document.live.rows.steps), timeout=15_000)
    qtbot.waitUntil(lambda: document.live.is_over, timeout=30_000)
    assert document.live.run.status == "completed"
    step_id = next(step.id for step in document.model.graph.steps.values() if step.name == "Draft reply")
    assert window.editor.view.overlay.state(step_id).status == "completed"
    window.editor.select(step_id)
    window.editor.inspector.show_tab("Output")
    assert '"text"' in window.editor.inspector.results.view.text

    document.model.push(Rename(step_id, "Write reply"))
    qtbot.waitUntil(lambda: window.findChild(QLabel, "saved-word").text() == "Saved", timeout=10_000)

    run_id = document.live.run.id
    window.go("runs")
    qtbot.waitUntil(lambda: [row.id for row in window.runs.table.rows_model.rows] == [run_id], timeout=10_000)
    window.runs.table.select(0)
    qtbot.keyClick(window.runs.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current.is_snapshot or window.editor.current is document, timeout=10_000)

    async def kept() -> tuple[str, str]:
        backend = opened[0]
        detail = await backend.services.runs.show(backend.actor, run_id)
        draft = await backend.services.workflows.open(backend.actor, document.workflow_id)
        return detail.run.status, draft.definition.graph.steps[step_id].name

    looked = asyncio.ensure_future(bridge.call(kept()))
    qtbot.waitUntil(looked.done, timeout=10_000)
    assert looked.result() == ("completed", "Write reply")
    window.close()
    qtbot.waitUntil(life.done, timeout=20_000)
    assert life.exception() is None


def test_a_run_pauses_is_changed_and_goes_on_and_a_step_is_tested_alone(
    loop, bridge: Bridge, place: Path, database_url: str, qtbot: QtBot
) -> None:
    settings = load_settings(data_dir=place, database_url=database_url)

    async def open_backend(progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
        backend = await Backend.open(settings, on_progress=progress)
        backend.bell.subscribe(lambda ring: heard(ring.kind, ring.id))
        return backend

    window = MainWindow(Preferences(place / "window.ini"))
    qtbot.addWidget(window)
    window.show()
    life = asyncio.ensure_future(live(window, bridge, open_backend))
    qtbot.waitUntil(lambda: window.session is not None and window.editor.current is not None, timeout=30_000)
    document, editor = window.editor.current, window.editor
    by_name = {step.name: step.id for step in document.model.graph.steps.values()}
    draft = by_name["Draft reply"]
    editor.select(draft)
    qtbot.keyClick(editor.view, Qt.Key.Key_F9)
    qtbot.keyClick(editor.view, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: document.live is not None and bool(document.live.open_pauses), timeout=30_000)
    assert editor.view.overlay.state(draft).status == "paused"
    page = editor.inspector.results.pause
    qtbot.waitUntil(page.edit.isVisible)
    changed = {**page.edit.value, "extra": "by hand"}
    QApplication.clipboard().setText(dumps(changed))
    qtbot.keyClick(page.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(page.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.edit.value == changed)
    qtbot.mouseClick(window.findChild(QAbstractButton, "resume-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: document.live.is_over, timeout=30_000)
    assert (document.live.run.status, document.live.run.is_edited) == ("completed", True)
    assert document.live.rows.newest_of(draft).input == changed

    whole = document.live.run.id
    qtbot.mouseClick(window.findChild(QAbstractButton, "test-step-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: document.live.run.id != whole and document.live.is_over, timeout=30_000)
    assert (document.live.run.kind, document.live.run.status, document.live.run.resumed_from) == ("only", "completed", whole)
    assert editor.inspector.tabs.tabText(editor.inspector.tabs.currentIndex()) == "Output"
    window.close()
    qtbot.waitUntil(life.done, timeout=20_000)
    assert life.exception() is None

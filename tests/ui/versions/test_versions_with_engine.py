"""On the real engine and database: published, compared, taken out to a sub-workflow that gives the same, and rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from app.backend import Backend
from app.desktop import live
from app.domain.edits import SetConfig
from app.platform.settings import load_settings
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.publishing.dialog import PublishDialog
from app.ui.versions.page import VersionsPage


def click(qtbot: QtBot, parent: QWidget, name: str) -> None:
    found = parent.findChild(QAbstractButton, name)
    assert found is not None and found.isVisible(), name
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def ran(window: MainWindow, qtbot: QtBot) -> object:
    """Run the draft to its end; its output."""
    document = window.editor.current
    before = document.live.run.id if document.live is not None else ""
    click(qtbot, window, "run-button")
    qtbot.waitUntil(lambda: document.live is not None and document.live.run.id != before and document.live.is_over, timeout=30_000)
    assert document.live.run.status == "completed", document.live.run.error
    return document.live.output


def test_a_part_is_taken_out_compared_and_rolled_back(loop, bridge: Bridge, place: Path, database_url: str, qtbot: QtBot) -> None:
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
    document = window.editor.current
    assert (document.name, document.version) == ("Ticket triage", 1)
    graph = document.model.graph
    plain = ran(window, qtbot)

    chosen = [id for id, node in {**graph.steps, **graph.groups}.items() if graph.parent_of(id)[0] is None and node.name in TAKEN_OUT]
    window.editor.view.select(chosen)
    window.actions_of_window["extract-subflow"].trigger()
    qtbot.waitUntil(lambda: window.findChild(QWidget, "extract-dialog") is not None, timeout=10_000)
    click(qtbot, window.findChild(QWidget, "extract-dialog"), "dialog-extract")
    qtbot.waitUntil(lambda: "workflow of its own" in window.notices.text, timeout=10_000)
    assert ran(window, qtbot) == plain

    click(qtbot, window, "publish-button")
    qtbot.waitUntil(lambda: window.findChild(PublishDialog) is not None, timeout=10_000)
    click(qtbot, window.findChild(PublishDialog), "dialog-publish")
    qtbot.waitUntil(lambda: "version 2" in window.notices.text, timeout=10_000)
    step = next(step for step in document.model.graph.steps.values() if step.type != "subflow")
    document.model.push(SetConfig(step.id, {**step.config, "notes": "seen"}))
    click(qtbot, window, "versions-button")
    page = window.findChild(VersionsPage)
    qtbot.waitUntil(lambda: page.comparison.difference is not None, timeout=10_000)
    assert [item.id for item in page.comparison.items] == [step.id]
    page.compare(1)
    qtbot.waitUntil(lambda: len(page.comparison.items) > 2, timeout=10_000)
    click(qtbot, page, "roll-back")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "roll-back-dialog") is not None)
    click(qtbot, window.findChild(QWidget, "roll-back-dialog"), "dialog-yes")
    qtbot.waitUntil(lambda: not page.comparison.difference, timeout=10_000)
    assert document.model.graph == graph
    page.closed.emit()
    assert ran(window, qtbot) == plain

    window.close()
    qtbot.waitUntil(life.done, timeout=20_000)
    assert life.exception() is None


TAKEN_OUT = ("New ticket", "Classify intent")

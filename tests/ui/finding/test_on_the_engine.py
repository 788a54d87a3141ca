"""Finding on the real engine and database: from the first start to a secret's use, a step of another workflow and a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.backend import Backend
from app.desktop import live
from app.domain.edits import SetConfig
from app.platform.settings import load_settings
from app.ui.bridge import Bridge
from app.ui.finding.uses_dialog import UsesDialog
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences

CTRL = Qt.KeyboardModifier.ControlModifier


def test_what_is_in_the_database_is_found_from_the_window(loop, bridge: Bridge, place: Path, database_url: str, qtbot: QtBot) -> None:
    settings = load_settings(data_dir=place, database_url=database_url)
    opened: list[Backend] = []

    async def open_backend(progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
        backend = await Backend.open(settings, on_progress=progress)
        opened.append(backend)
        return backend

    window = MainWindow(Preferences(place / "window.ini"))
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, open_backend))
    qtbot.waitUntil(lambda: window.session is not None and window.editor.current is not None, timeout=30_000)
    session, palette = window.session, window.finding.palette

    def ask(words: str, kind: str) -> list[str]:
        """Type into the palette and wait for what it finds of a kind."""
        if not palette.isVisible():
            QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_K, CTRL)
        palette.query.selectAll()
        QTest.keyClicks(palette.query, words)
        qtbot.waitUntil(lambda: any(offer.kind == kind for offer in palette.results.offers()), timeout=10_000)
        return [offer.title for offer in palette.results.offers() if offer.kind == kind]

    assert "Order lines" in ask("/order", "workflow")
    assert ask("@judge", "step")
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current.name != "Ticket triage", timeout=10_000)

    done = asyncio.ensure_future(session.call(session.services.credentials.set, "API_KEY", "a value that nobody sees"))
    qtbot.waitUntil(done.done, timeout=10_000)
    window.open_workflow(next(document.workflow_id for document in window.editor.documents if document.name == "Ticket triage"))
    document = window.editor.current
    step = next(step for step in document.model.graph.steps.values() if step.type in ("llm", "tool"))
    document.model.push(SetConfig(step.id, {**step.config, "api_key": "{{ secrets.API_KEY }}"}))
    qtbot.waitUntil(lambda: document.autosave is not None and document.autosave.is_clean, timeout=10_000)
    assert ask("$api", "name") == ["API_KEY"]
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.findChild(UsesDialog, "uses-dialog") is not None)
    dialog = window.findChild(UsesDialog, "uses-dialog")
    qtbot.waitUntil(lambda: [use.name for use in dialog.table.rows_model.rows] == [step.name], timeout=10_000)
    dialog.reject()

    window.close()
    qtbot.waitUntil(life.done, timeout=20_000)
    assert life.exception() is None

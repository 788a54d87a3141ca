"""The composition root: a picture first, the engine behind it, sentences instead of tracebacks, an orderly end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from app.desktop import has_display, live
from app.domain.errors import DatabaseUnavailable
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from tests.catalog import CATALOG
from tests.fakes.services import FakeServices
from tests.ui.conftest import ACTOR


class MemoryBackend:
    """What the window needs of a backend, in memory."""

    def __init__(self, services: FakeServices) -> None:
        self.services, self.actor, self.catalog = services, ACTOR, CATALOG
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


class Opening:
    """Opens the backend when it is let, or fails as often as it is told."""

    def __init__(self, backend: MemoryBackend, *, failures: int = 0) -> None:
        self.backend, self.failures = backend, failures
        self.heard: Callable[[str, str], None] | None = None

    async def __call__(self, progress: Callable[[str], None], heard: Callable[[str, str], None]) -> MemoryBackend:
        self.heard = heard
        progress("Starting the local database")
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable("The disk is full; free some space and try again.")
        return self.backend


@pytest.fixture
def backend(services: FakeServices) -> MemoryBackend:
    return MemoryBackend(services)


def test_the_window_is_there_before_the_engine_and_works_once_it_is_up(
    loop, bridge: Bridge, backend: MemoryBackend, preferences: Preferences, qtbot: QtBot
) -> None:
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, Opening(backend)))
    qtbot.waitUntil(lambda: window.isVisible())
    assert window.session is None
    qtbot.waitUntil(lambda: len(window.workflows.table.rows_model.rows) == 2)
    assert window.findChild(QLabel, "engine-state").text() == "Engine ready"
    window.close()
    qtbot.waitUntil(life.done)
    assert backend.is_closed


def test_an_engine_that_does_not_start_is_a_sentence_and_retry_starts_it(
    loop, bridge: Bridge, backend: MemoryBackend, preferences: Preferences, qtbot: QtBot
) -> None:
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, Opening(backend, failures=1)))
    detail = window.findChild(QLabel, "engine-detail")
    qtbot.waitUntil(lambda: "The disk is full" in detail.text())
    qtbot.mouseClick(window.findChild(QAbstractButton, "engine-retry"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.workflows.table.rows_model.rows) == 2)
    window.close()
    qtbot.waitUntil(life.done)


def test_the_first_time_an_example_is_open(loop, bridge: Bridge, backend: MemoryBackend, tmp_path: Path, qtbot: QtBot) -> None:
    window = MainWindow(Preferences(tmp_path / "fresh.ini"))
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, Opening(backend)))
    qtbot.waitUntil(lambda: window.editor.current is not None)
    assert window.editor.current.name == "Ticket triage"
    assert window.pages.currentWidget() is window.editor
    window.close()
    qtbot.waitUntil(life.done)


def test_what_was_open_comes_back(loop, bridge: Bridge, backend: MemoryBackend, preferences: Preferences, qtbot: QtBot) -> None:
    preferences.set("editor/open", "hello,gone,triage")
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, Opening(backend)))
    qtbot.waitUntil(lambda: len(window.editor.documents) == 2)
    assert [document.workflow_id for document in window.editor.documents] == ["hello", "triage"]
    window.close()
    qtbot.waitUntil(life.done)
    assert preferences.text("editor/open") == "hello,triage"


def test_a_window_closed_before_the_engine_is_up_ends(
    loop, bridge: Bridge, backend: MemoryBackend, preferences: Preferences, qtbot: QtBot
) -> None:
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    life = asyncio.ensure_future(live(window, bridge, Opening(backend)))
    qtbot.waitUntil(lambda: window.isVisible())
    window.close()
    qtbot.waitUntil(life.done)
    assert life.exception() is None


def test_without_a_display_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert has_display() is (sys.platform != "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_display()


PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from app.desktop import run
from app.platform.logs import configure_logs

class Broken:
    services = actor = catalog = None
    async def close(self): pass

async def open_backend(progress, heard):
    async def leave():
        await asyncio.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
    asyncio.get_running_loop().leaving = asyncio.ensure_future(leave())
    return Broken()

directory = Path(sys.argv[1])
configure_logs(directory / "logs")
sys.exit(run(SimpleNamespace(data_dir=directory), open_backend))
"""


def test_a_fault_of_the_program_goes_to_the_log_and_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert any("AttributeError" in path.read_text(encoding="utf-8") for path in (tmp_path / "logs").iterdir())

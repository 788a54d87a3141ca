"""Two windows on one real database: they see each other, what one saves comes into the other, and a collision is merged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.backend import Backend
from app.desktop import live
from app.domain.edits import Rename
from app.platform.draft_files import DraftFiles
from app.platform.settings import load_settings
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences


def test_two_windows_see_each_other_and_each_others_edits(loop, bridge: Bridge, place: Path, database_url: str, qtbot: QtBot) -> None:
    settings = load_settings(data_dir=place, database_url=database_url)
    drafts = [DraftFiles(place / "drafts") for _ in range(2)]
    lives: list[asyncio.Future[None]] = []

    async def open_backend(progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
        backend = await Backend.open(settings, on_progress=progress)
        backend.bell.subscribe(lambda ring: heard(ring.kind, ring.id))
        return backend

    def start(at: int) -> MainWindow:
        drafts[at].start()
        window = MainWindow(Preferences(place / f"window-{at}.ini"))
        qtbot.addWidget(window)
        lives.append(asyncio.ensure_future(live(window, bridge, open_backend, drafts[at])))
        qtbot.waitUntil(lambda: window.session is not None and window.editor.current is not None, timeout=30_000)
        return window

    one = start(0)
    other = start(1)
    mine, theirs = one.editor.current, other.editor.current
    assert mine.workflow_id == theirs.workflow_id
    for window in (one, other):
        mark = window.findChild(QWidget, "company")
        qtbot.waitUntil(mark.isVisible, timeout=10_000)
        assert "(you, in another window)" in mark.accessibleName()

    first, second, third = list(mine.model.graph.steps)[:3]
    mine.model.push(Rename(first, "From the first window"))
    qtbot.waitUntil(lambda: theirs.model.graph.steps[first].name == "From the first window", timeout=10_000)
    assert theirs.autosave.is_clean and theirs.autosave.revision == mine.autosave.revision

    mine.model.push(Rename(second, "Mine"))
    theirs.model.push(Rename(third, "Theirs"))
    for document in (mine, theirs):
        qtbot.waitUntil(
            lambda document=document: (
                (document.model.graph.steps[second].name, document.model.graph.steps[third].name) == ("Mine", "Theirs")
            ),
            timeout=10_000,
        )
    qtbot.waitUntil(lambda: mine.autosave.is_clean and theirs.autosave.is_clean, timeout=10_000)
    assert mine.model.graph == theirs.model.graph

    other.close()
    qtbot.waitUntil(lives[1].done, timeout=20_000)
    mark = one.findChild(QWidget, "company")
    qtbot.waitUntil(lambda: not mark.isVisible(), timeout=10_000)
    one.close()
    qtbot.waitUntil(lives[0].done, timeout=20_000)
    assert [one_life.exception() for one_life in lives] == [None, None]
    for files in drafts:
        files.stop()

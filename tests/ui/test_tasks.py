"""What a widget has under way ends with it, and says nothing any more."""

from __future__ import annotations

import asyncio

import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui.tasks import Tasks


def test_a_widget_that_is_deleted_cancels_what_it_started(loop, qtbot: QtBot) -> None:
    owner, told = QObject(), []
    reached: list[str] = []

    async def work() -> None:
        reached.append("begun")
        await asyncio.sleep(0.05)
        reached.append("went on without its widget")

    task = Tasks(owner, told.append).start(work())
    qtbot.waitUntil(lambda: reached == ["begun"])
    shiboken6.delete(owner)
    qtbot.waitUntil(task.done)
    assert task.cancelled()
    assert (reached, told) == (["begun"], [])


def test_an_error_is_told_while_the_widget_is_there(loop, qtbot: QtBot) -> None:
    owner, told = QObject(), []

    async def work() -> None:
        raise ValueError("told")

    Tasks(owner, told.append).start(work())
    qtbot.waitUntil(lambda: len(told) == 1)
    assert isinstance(told[0], ValueError)

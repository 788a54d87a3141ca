"""The only door between the window and the engine thread: await a call, hear what happened.

Only frozen values cross it. A call made before the engine is up waits in the engine's own queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard:
    """A bell rang: something of this kind and id has changed. Kind `resync` means that nobody knows what was missed."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the engine is on its way up, as a sentence."""

    sentence: str


Submit = Callable[[Coroutine[Any, Any, Any]], "Future[Any]"]


class Bridge(QObject):
    """Awaits coroutines of the engine thread on the GUI thread, and delivers its notifications there."""

    notified = Signal(object)
    """A notification, on the GUI thread."""
    _posted = Signal(object)

    def __init__(self, submit: Submit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._submit = submit
        # Queued even if the sender happens to be on this thread: a slot never runs inside `post`.
        self._posted.connect(self.notified, Qt.ConnectionType.QueuedConnection)

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the engine thread; its result, error or cancellation comes back here."""
        return await asyncio.wrap_future(self._submit(coroutine))

    def send(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine on the engine thread that nobody waits for, and whose failure says nothing."""
        self._submit(coroutine).add_done_callback(lambda done: done.cancelled() or done.exception())

    def post(self, notification: object) -> None:
        """Tell the window something. Called on any thread; returns at once."""
        self._posted.emit(notification)

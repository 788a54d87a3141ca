"""Coroutines started by a widget: kept alive while they run, their errors shown, cancelled with the widget."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Tasks(QObject):
    """What one widget has under way. Errors that a coroutine does not handle itself go to `on_error`."""

    def __init__(self, owner: QObject, on_error: Callable[[Exception], None]) -> None:
        super().__init__(owner)
        self._running: set[asyncio.Task[Any]] = set()
        self._on_error = on_error
        # The set, not self: what is told of a QObject's end must not hold that object.
        self.destroyed.connect(partial(_cancel, self._running))

    @property
    def are_idle(self) -> bool:
        return not self._running

    @property
    def are_alone(self) -> bool:
        """Whether no other than the one that asks is under way."""
        return len(self._running) <= 1

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(coroutine)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel_all(self) -> None:
        _cancel(self._running)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not isValid(self):
            if not task.cancelled():
                task.exception()  # the widget is gone, and with it whoever could be told
            return
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, Exception):
                self._on_error(error)
            else:
                raise error


def _cancel(running: Iterable[asyncio.Task[Any]], _gone: object = None) -> None:
    for task in list(running):
        task.cancel()

"""Coroutines started by a widget: kept alive while they run, their errors shown, cancelled with the widget."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
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
        for task in list(self._running):
            task.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not isValid(self):
            return  # the widget is gone, and with it whoever could be told
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, Exception):
                self._on_error(error)
            else:
                raise error

"""One asyncio loop on one thread of its own: all I/O and all runs live here, so that no window ever waits for a disk."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


class EngineThread:
    """A selector loop on a daemon thread.

    Selector on every platform: psycopg's asynchronous mode refuses the Proactor loop that Windows, and qasync there,
    would give.
    """

    def __init__(self) -> None:
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the engine loop; callable from any other thread.

        Cancelling the future cancels the coroutine. After `stop` the future fails at once.
        """
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError as error:  # the loop is closed
            coroutine.close()
            refused: Future[T] = Future()
            refused.set_exception(EngineStopped(str(error)))
            return refused

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Cancel what still runs, let it clean up, close the loop. Idempotent."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.error("the engine thread did not stop within %s s", timeout_s)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            leftovers = sorted(asyncio.all_tasks(self._loop), key=lambda task: task.get_name())
            for task in leftovers:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*leftovers, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()


class EngineStopped(RuntimeError):
    """The engine thread has ended; nothing can be asked of it any more."""

"""Whether a run does anything but sleep: what only waits is given back, and holds no worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

T = TypeVar("T")

SUSPEND_AFTER_S = 20.0
"""A run whose next due time is at least this far away is given back."""
LOOK_AGAIN_S = 0.2


class _Work(AbstractContextManager[None]):
    """Made once for all the work of a run: every step passes through it."""

    __slots__ = ("_begin", "_end")

    def __init__(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._begin, self._end = begin, end

    def __enter__(self) -> None:
        self._begin()

    def __exit__(self, *_: object) -> None:
        self._end()


class Activity:
    """Shared by a run and its children. `on_suspend` is called once, when nothing is left but long waiting."""

    def __init__(self, on_suspend: Callable[[], None] | None = None) -> None:
        self.abandoned = False
        self.suspended = False
        self._on_suspend = on_suspend
        self._working = 0
        self._moves = 0
        self._sleepers: dict[int, float] = {}
        self._next_id = 0
        self.answers = 0
        """How many answers of people the run had been given when it was last told of one."""
        self._rung = 0
        self._ears: list[asyncio.Future[None]] = []
        self._work = _Work(self._begin, self._end)

    def hear(self, answers: int | None = None) -> None:
        """A person answered somewhere in this run: whoever waits for an answer looks again. What sleeps already is woken by the queue."""
        if self.suspended or (answers is not None and answers <= self.answers):
            return
        self.answers = answers if answers is not None else self.answers
        self._rung += 1
        self._moves += 1  # nothing is suspended between this and the look
        ears, self._ears = self._ears, []
        for ear in ears:
            if not ear.done():
                ear.set_result(None)

    async def answered(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Look for an answer until there is one: now, and whenever somebody answered."""
        while True:
            rung = self._rung
            with self.working():
                found = await look()
            if found is not None:
                return found
            if rung == self._rung:
                ear = asyncio.get_running_loop().create_future()
                self._ears.append(ear)
                await self.wait_for(ear)

    def stay(self) -> None:
        """Never suspend from now on: a run that is being cancelled ends here, however long its `finally` waits."""
        self._on_suspend = None

    def abandon(self) -> None:
        """From now on nothing of this run may be written or cleaned up here."""
        self.abandoned = True

    @property
    def wake_in_s(self) -> float | None:
        """Seconds until the first sleeper is due; None when only events are waited for."""
        return max(0.0, min(self._sleepers.values()) - time.monotonic()) if self._sleepers else None

    def working(self) -> AbstractContextManager[None]:
        return self._work

    def _begin(self) -> None:
        self._working += 1
        self._moves += 1

    def _end(self) -> None:
        self._working -= 1
        self._moves += 1
        if self._sleepers:
            self._look_later()

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        with self._asleep(time.monotonic() + seconds):
            await asyncio.sleep(seconds)

    async def wait_for(self, event: asyncio.Future[T]) -> T:
        with self._asleep(None):
            return await event

    @contextmanager
    def _asleep(self, due: float | None) -> Iterator[None]:
        self._next_id += 1
        id = self._next_id
        self._sleepers[id] = due if due is not None else float("inf")
        self._moves += 1
        self._look_later()
        try:
            yield
        finally:
            if not self.suspended:
                del self._sleepers[id]
            self._moves += 1

    def _look_later(self) -> None:
        if self._working == 0 and self._sleepers and self._on_suspend is not None and not self.suspended:
            asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look, self._moves)

    def _look(self, moves: int) -> None:
        """Suspend if nothing moved since; what was about to go on would be found by the next run of the interpreter all the same."""
        if moves != self._moves or self._working or not self._sleepers or self.suspended or self.abandoned:
            return
        wake_in = self.wake_in_s
        if wake_in is not None and wake_in >= SUSPEND_AFTER_S and self._on_suspend is not None:
            self.suspended = True
            self.abandoned = True
            self._on_suspend()

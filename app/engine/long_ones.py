"""Tells of what goes on for longer than a moment: one timer for all that is under way, as nearly all of it ends sooner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class LongOnes:
    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._under_way: dict[object, tuple[float, Callable[[], None]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, what: object, tell: Callable[[], None]) -> None:
        """Call `tell` after a moment, unless `end` comes first."""
        loop = asyncio.get_running_loop()
        self._under_way[what] = loop.time(), tell
        if self._timer is None:
            self._timer = loop.call_later(self._after_s, self._look)

    def end(self, what: object) -> None:
        self._under_way.pop(what, None)

    def _look(self) -> None:
        """Tell of those whose moment has come, the first that began first, and look again when the next one's does."""
        loop = asyncio.get_running_loop()
        latest = loop.time() - self._after_s
        self._timer = None
        for what, (began, tell) in list(self._under_way.items()):
            if began > latest:
                self._timer = loop.call_later(began - latest, self._look)
                return
            del self._under_way[what]
            tell()

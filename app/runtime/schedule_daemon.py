"""The thread that looks for due schedules: at least every 15 s, when the next one is due, and when it is told that some changed.

It never sleeps up to a tick: a clock that jumped, or a machine that slept, is noticed at the next look. What it looks with runs on
the engine's loop; any number of daemons may look at one database.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as NotYet

from app.services.firing import FiringUseCases
from app.storage.firing import Fired

logger = logging.getLogger(__name__)

LONGEST_SLEEP_S = 15.0
SHORTEST_SLEEP_S = 0.05
HELD_ELSEWHERE_S = 0.2
AFTER_ERROR_S = 5.0
_PATIENCE_S = 0.25


class ScheduleDaemon:
    """From `start` to `stop`; `wake` may be called on any thread."""

    def __init__(self, firing: FiringUseCases, loop: asyncio.AbstractEventLoop) -> None:
        """Looks run on `loop`, which runs on another thread than the daemon's."""
        self._firing, self._loop = firing, loop
        self._awake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="schedules", daemon=True)
        self.looks = 0

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look now: a schedule was made, changed or resumed."""
        self._firing.forget()
        self._awake.set()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """A look under way is given up: it commits wholly or not at all. Not to be called on the loop that looks run on. Idempotent."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._awake.clear()
            self._awake.wait(self._look())

    def _look(self) -> float:
        """One look; how long to sleep after it, in seconds."""
        look = self._firing.fire_due()
        try:
            looking = asyncio.run_coroutine_threadsafe(look, self._loop)
        except RuntimeError:  # the loop is closed: so is the program
            look.close()
            self._stopping.set()
            return 0.0
        self.looks += 1
        while True:
            try:
                fired = looking.result(_PATIENCE_S)
            except NotYet:
                if self._stopping.is_set():
                    looking.cancel()
                    return 0.0
            except CancelledError:
                return AFTER_ERROR_S
            except Exception:
                logger.exception("looking for due schedules failed")
                return AFTER_ERROR_S
            else:
                return sleep_s(fired)


def sleep_s(fired: Fired) -> float:
    """How long to sleep after a look."""
    if fired.next_in_s is None:
        return LONGEST_SLEEP_S
    if fired.next_in_s <= 0:
        return SHORTEST_SLEEP_S if fired.schedules else HELD_ELSEWHERE_S
    return min(LONGEST_SLEEP_S, max(SHORTEST_SLEEP_S, fired.next_in_s))

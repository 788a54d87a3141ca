"""Watches the GUI thread: one handler of the program may not keep it for more than 100 ms of its own processor time.

What a test does itself (making a window, importing) is not counted, nor what other programs of the machine take away:
the clock is the thread's own. A handler that blocks without working is caught by a longer limit on the wall clock.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType

CPU_LIMIT_S, WALL_LIMIT_S = 0.1, 1.0
_EVERY_S = 0.01
_APP = str(Path(__file__).resolve().parents[2] / "app") + "/"
_TESTS = str(Path(__file__).resolve().parents[1]) + "/"


class Watchdog:
    """A thread that looks at the stack of the one that made it."""

    def __init__(self) -> None:
        self._watched = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._watched)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self.stall = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def forget(self) -> None:
        self.stall = ""

    def _watch(self) -> None:
        seen: tuple[int, float, float] = (0, 0.0, 0.0)
        while not self._stopping.wait(_EVERY_S):
            entry = _entry(sys._current_frames().get(self._watched))
            cpu, wall = time.clock_gettime(self._clock), time.monotonic()
            if entry is None or id(entry) != seen[0]:
                seen = (id(entry) if entry is not None else 0, cpu, wall)
            elif cpu - seen[1] > CPU_LIMIT_S or wall - seen[2] > WALL_LIMIT_S:
                frame = sys._current_frames().get(self._watched)
                if frame is not None:
                    self.stall = f"{cpu - seen[1]:.3f} s of work\n" + "".join(traceback.format_stack(frame)[-12:])


def _entry(frame: FrameType | None) -> FrameType | None:
    """The frame in which Qt or asyncio entered the program; None when the test itself did, or nothing of it runs."""
    found: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_filename.startswith(_APP):
            found = frame
        elif found is not None and found.f_back is frame and frame.f_code.co_filename.startswith(_TESTS):
            return None
        frame = frame.f_back
    return found

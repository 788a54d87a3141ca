"""Watches the GUI thread: one handler of the program may not keep it for more than 100 ms of its own processor time.

Making a window and importing are not counted, nor what other programs of the machine take away: the clock is the
thread's own. The watching is done by a signal on the GUI thread itself: frames, and the Qt objects in them, must never
be let go of on another.
"""

from __future__ import annotations

import signal
import time
import traceback
from pathlib import Path
from types import FrameType

CPU_LIMIT_S = 0.1
_EVERY_S = 0.01
_APP = str(Path(__file__).resolve().parents[2] / "app") + "/"
_MAKING = ("__init__", "complete")
"""What makes something: an object, and the pages of a window."""

Entry = tuple[FrameType, FrameType | None]
"""The outermost frame of the program and who called it. A coroutine keeps its frame from step to step; its caller is new each time."""


class Watchdog:
    """Looks at the stack every 10 ms of processor time. `stall` tells of the last handler that took too long."""

    def __init__(self) -> None:
        self.stall = ""
        self._seen: Entry | None = None
        self._since = 0.0
        self._is_told = False

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        self.forget()

    def forget(self) -> None:
        self.stall, self._seen = "", None

    def _look(self, _number: int, frame: FrameType | None) -> None:
        entry, now = _entry(frame), time.thread_time()
        if entry is None or self._seen is None or entry[0] is not self._seen[0] or entry[1] is not self._seen[1]:
            self._seen, self._since, self._is_told = entry, now, False
        elif not self._is_told and now - self._since > CPU_LIMIT_S:
            self._is_told = True
            self.stall = f"{now - self._since:.3f} s of work\n" + "".join(traceback.format_stack(frame)[-12:])


def _entry(frame: FrameType | None) -> Entry | None:
    """None when nothing of the program runs, or it makes something."""
    found: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_filename.startswith(_APP):
            found = frame
        frame = frame.f_back
    return None if found is None or found.f_code.co_name in _MAKING else (found, found.f_back)

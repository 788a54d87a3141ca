"""One process at a time: a lock on a file, let go by the system when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.domain.errors import AppError

_POLL_S = 0.01


@contextlib.contextmanager
def file_lock(path: Path, *, timeout_s: float, busy: type[AppError]) -> Iterator[None]:
    """Hold `path` exclusively; raise `busy` when it is not free within `timeout_s`. The file itself stays."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        end = time.monotonic() + timeout_s
        while not try_lock(descriptor):
            if time.monotonic() > end:
                raise busy
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock an open file; False when someone else has it, in this process or another."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file; False when someone else has it, in this process or another."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

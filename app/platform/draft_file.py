"""One draft journal as a file: locked while its window lives, appended to, replaced by its next generation."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.draft_journal import Record, line_of
from app.domain.json_value import JsonRejected
from app.platform.file_lock import try_lock

if TYPE_CHECKING:
    from app.platform.draft_files import DraftFiles

logger = logging.getLogger(__name__)

SYNC_S = 0.5
RETRY_S = 1.0
LONG_BYTES = 256 << 10
SUFFIX = ".journal"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FileName:
    workflow_id: str
    window: str
    generation: int

    @classmethod
    def of(cls, path: Path) -> FileName | None:
        parts = path.name.removesuffix(SUFFIX).split(".")
        if len(parts) != 3 or not path.name.endswith(SUFFIX) or not parts[2].isdigit():
            return None
        return cls(parts[0], parts[1], int(parts[2]))

    def __str__(self) -> str:
        return f"{self.workflow_id}.{self.window}.{self.generation:06d}{SUFFIX}"


class DraftFile:
    """One journal being written. `on_state` is called on the thread: with a sentence when it cannot be written, with "" once it can."""

    def __init__(self, files: DraftFiles, workflow_id: str, *, path: Path | None = None, descriptor: int | None = None) -> None:
        self._files, self._workflow_id = files, workflow_id
        self._path, self._descriptor = path, descriptor
        self.on_state: Callable[[str], None] | None = None
        self._waiting: list[Record] = []
        self._anew = path is None
        """The next records start a new file."""
        self._good_bytes = os.fstat(descriptor).st_size if descriptor is not None else 0
        self._first_bytes = self._good_bytes
        self._failure = ""
        self._next_try = 0.0
        self._synced_at, self._is_synced = 0.0, True

    # Called by the window

    @property
    def is_long(self) -> bool:
        return self._good_bytes > max(LONG_BYTES, 3 * self._first_bytes)

    def append(self, record: Record) -> None:
        self._files.do(lambda: self._ask([record], anew=False))

    def restart(self, records: Sequence[Record]) -> None:
        """Begin a new file with these records; once it is on the disk the old one goes."""
        taken = list(records)
        self._files.do(lambda: self._ask(taken, anew=True))

    def close(self, *, forget: bool = False) -> None:
        """Write what waits and let go of the file, which stays for the next window; with `forget` it goes."""
        self.on_state = None
        self._files.do(lambda: self._end(forget=forget))

    async def written(self) -> bool:
        """Wait until all that was appended is on the disk; False when it cannot be written."""
        return await self._files.answer(lambda: self.write_due(at_once=True))

    # On the thread

    def due_in(self) -> float | None:
        """In how many seconds there is something to do; None when there is nothing."""
        now = time.monotonic()
        if self._waiting:
            return max(0.0, self._next_try - now)
        return None if self._is_synced else max(0.0, self._synced_at + SYNC_S - now)

    def _ask(self, records: list[Record], *, anew: bool) -> None:
        if anew:
            self._anew = True
            self._waiting.clear()  # a new file says all that these would have
        self._waiting += records
        self._files.follow(self, on=True)

    def write_due(self, *, at_once: bool = False) -> bool:
        """Write and sync what is due; whether everything is with the system, or with `at_once` on the disk."""
        now = time.monotonic()
        try:
            if self._waiting and (at_once or now >= self._next_try):
                self._write()
            if not self._is_synced and not self._waiting and (at_once or now - self._synced_at >= SYNC_S):
                self._sync()
        except (OSError, JsonRejected) as error:
            self._next_try = now + RETRY_S
            self._tell(_sentence(error))
            return False
        if not self._waiting:
            self._tell("")
        return not self._waiting

    def _write(self) -> None:
        content = b"".join(map(line_of, self._waiting))
        if self._anew:
            self._begin(content)
        else:
            assert self._descriptor is not None
            try:
                _write_all(self._descriptor, content)
            except OSError:
                with contextlib.suppress(OSError):  # half a line in the middle of the file would end what can be read
                    os.ftruncate(self._descriptor, self._good_bytes)
                raise
            self._good_bytes += len(content)
            self._is_synced = False
        self._waiting.clear()

    def _begin(self, content: bytes) -> None:
        """A new generation, whole on the disk before the one before it goes."""
        path = self._files.new_path(self._workflow_id, self._path)
        descriptor = os.open(path, _FLAGS | os.O_EXCL, 0o600)
        try:
            if not try_lock(descriptor):
                raise BlockingIOError(f"{path.name} is in use")
            _write_all(descriptor, content)
            os.fsync(descriptor)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        self.let_go(forget=True)
        self._path, self._descriptor = path, descriptor
        self._first_bytes = self._good_bytes = len(content)
        self._anew, self._is_synced, self._synced_at = False, True, time.monotonic()

    def _sync(self) -> None:
        assert self._descriptor is not None
        os.fsync(self._descriptor)
        self._is_synced, self._synced_at = True, time.monotonic()

    def _end(self, *, forget: bool) -> None:
        if not forget:
            self.write_due(at_once=True)
        self._waiting.clear()
        self.let_go(forget=forget)
        self._files.follow(self, on=False)

    def let_go(self, *, forget: bool = False) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if forget and self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _tell(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            if failure:
                logger.warning("a draft journal cannot be written: %s", failure)
            if (tell := self.on_state) is not None:
                tell(failure)


def locked(path: Path) -> int | None:
    """The file, open and ours alone; None when a living window has it, or it is gone or replaced."""
    try:
        descriptor = os.open(path, _FLAGS & ~os.O_CREAT)
    except OSError:
        return None
    try:
        if try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def content_of(descriptor: int, *, last: int | None = None) -> bytes:
    """What stands in a file, or its `last` bytes."""
    start = 0 if last is None else max(0, os.fstat(descriptor).st_size - last)
    os.lseek(descriptor, start, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def put_aside(path: Path, descriptor: int) -> None:
    """A copy of a damaged file, for whoever wants to look at it."""
    copy = path.with_suffix(".damaged")
    copy.unlink(missing_ok=True)
    target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _write_all(target, content_of(descriptor))
    finally:
        os.close(target)


def _sentence(error: OSError | JsonRejected) -> str:
    reason = ((error.strerror if isinstance(error, OSError) else "") or str(error)).lower().rstrip(".")
    return f"Edits that are not saved yet cannot be kept safe on this disk: {reason}. They are still in this window; it is tried again."

"""What PostgreSQL and the system say when it does not start, as one sentence for the user."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import psycopg

from app.platform.errors import DiskFull, PermissionMissing, PostgresFailed

_TELLING = ("FATAL:", "PANIC:", "error:", "could not")


def failure(said: str, root: Path, *, doing: str) -> PostgresFailed | DiskFull | PermissionMissing:
    """The error for the output of a program that failed."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return _disk_full(root)
    if "Permission denied" in said:
        return PermissionMissing(f"PostgreSQL may not use {root}: {_telling_line(said)}")
    return PostgresFailed(f"{doing}: {_telling_line(said)}")


@contextlib.contextmanager
def plain_errors(root: Path) -> Iterator[None]:
    """Translate what the system and psycopg raise while the server of `root` is started or stopped."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(root) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            place = error.filename or root
            raise PermissionMissing(f"You may not write to {place}; choose another place with ORCHESTRION_DATA_DIR.") from error
        raise PostgresFailed(f"The database in {root} cannot be used: {error.strerror or error}.") from error
    except psycopg.Error as error:
        said = str(error).strip()
        if "No space left on device" in said:
            raise _disk_full(root) from error
        raise PostgresFailed(
            f"The database in {root} runs and refuses us: {said.splitlines()[0] if said else type(error).__name__}"
        ) from error


def is_passing(error: psycopg.OperationalError) -> bool:
    """Whether a server refused because of a state that ends by itself."""
    return any(state in str(error) for state in ("starting up", "shutting down", "recovery", "not yet accepting", "too many clients"))


def _disk_full(root: Path) -> DiskFull:
    return DiskFull(f"The disk that holds {root} is full; make room and start again.")


def _telling_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if any(mark in line for mark in _TELLING)]
    line = (telling or lines or ["it gave no reason"])[0]
    return line.split("FATAL:")[-1].split("PANIC:")[-1].strip()

"""The processes and lock files of one PostgreSQL data directory.

A lock file may name a process number that now belongs to another program (after a reboot), or
a zombie that nobody reaps (a container without init). PostgreSQL then refuses to start and a
naive wrapper believes that it runs; so what counts is which living process has this directory.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.platform.server_account import IS_WINDOWS, Account

POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class LockFile:
    """What ``postmaster.pid`` says: https://www.postgresql.org/docs/current/storage-file-layout.html"""

    pid: int
    port: int
    host: str
    status: str


def read_lock_file(data: Path) -> LockFile | None:
    """None while there is none, or it is not complete yet."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, PermissionError):  # Windows holds it while it is written
        return None
    if len(lines) < 8:
        return None
    return LockFile(pid=int(lines[0]), port=int(lines[3]), host=lines[4].strip() or "127.0.0.1", status=lines[7].strip())


def live_processes(data: Path) -> Iterator[int]:
    """Process numbers of the living postgres processes (server or left-over sessions) of this data directory."""
    import psutil

    for process in psutil.process_iter(["name", "status"]):
        if "postgres" not in (process.info["name"] or "").lower() or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()) == data:  # a server lives in its data directory
                yield process.pid


def drop_stale_locks(data: Path, socket_dir: Path) -> None:
    """Remove the lock files of a server that is gone; ask `live_processes` first."""
    for lock in (data / "postmaster.pid", *socket_dir.glob(".s.PGSQL.*")):
        lock.unlink(missing_ok=True)


def run_program(command: Sequence[str | Path], *, account: Account | None, cwd: Path, timeout_s: float = 180) -> tuple[int, str]:
    """Run one of PostgreSQL's programs to its end; its exit status and what it said."""
    finished = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=_environment(),
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
        start_new_session=not IS_WINDOWS,
        creationflags=_no_console(),
    )
    return finished.returncode, finished.stdout


def start_server(command: Sequence[str | Path], *, account: Account | None, cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the server so that it outlives us, deaf to our terminal, and is reaped when it ends before us."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=_environment(),
            user=account.user_id if account else None,
            group=account.group_id if account else None,
            extra_groups=[] if account else None,
            start_new_session=not IS_WINDOWS,
            creationflags=_no_console(),
        )
    threading.Thread(target=process.wait, name="postgres-reaper", daemon=True).start()
    return process


def signal_and_wait(data: Path, pid: int, number: signal.Signals, *, timeout_s: float) -> bool:
    """Send a signal to the server `pid` and wait until nothing of it is left; whether that came to pass in time."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    end = time.monotonic() + timeout_s
    while _exists(pid):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    while any(live_processes(data)):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def _exists(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _environment() -> Mapping[str, str]:
    """Ours, without what would steer PostgreSQL, and with messages in the language that we read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG") and name not in ("LANGUAGE", "TZ")}
    return {**kept, "LC_ALL": "C"}


def _no_console() -> int:
    return int(getattr(subprocess, "CREATE_NO_WINDOW", 0))

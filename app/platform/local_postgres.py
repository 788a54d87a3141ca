"""Our own PostgreSQL beside the program: made, started, shared between processes, stopped by the last one out.

``root/`` holds ``data/`` (the cluster), ``run/`` (the socket), ``password``, ``server.log`` and
``start.lock``. Every process that uses the server holds a shared advisory lock on it, the lease;
who gets that lock exclusively on the way out is the last one and stops the server. A process
that is killed leaves the server running, and the next start finds it again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.platform.errors import PermissionMissing, PostgresBusy, PostgresWrongVersion
from app.platform.file_lock import file_lock
from app.platform.postgres_binaries import PostgresBinaries, find_binaries, reachable_binaries
from app.platform.postgres_errors import failure, is_passing, plain_errors
from app.platform.postgres_process import (
    POLL_S,
    LockFile,
    drop_stale_locks,
    live_processes,
    read_lock_file,
    run_program,
    signal_and_wait,
    start_server,
)
from app.platform.private_file import keep_first, write_private
from app.platform.server_account import IS_WINDOWS, can_enter, server_account

DATABASE = "orchestrion"
USER = "postgres"
LEASE_KEY = 0x4F524348  # "ORCH"; held in the database `postgres`, so nothing of the program's own meets it
PORT = 5432  # on Unix only the name of the socket
SHORT_PREFIX = "orchestrion-socket-"
START_TIMEOUT_S = 90.0
ATTEMPTS = 3
LOG_LIMIT_BYTES = 5_000_000

_DEFAULTS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "synchronous_commit": "on",
    "wal_level": "minimal",  # one machine, no replicas
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "lc_messages": "C",
}


class LocalPostgres:
    """The server of one directory. All methods block; call them in a thread."""

    def __init__(
        self,
        root: Path,
        *,
        settings: Mapping[str, str] | None = None,
        binaries: Path | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        """`settings` are server parameters over our defaults; `binaries` is a directory with PostgreSQL's programs."""
        self.root = root.resolve()
        self.data = self.root / "data"
        self._account = server_account()
        self._settings = dict(settings or {})
        self._chosen_binaries = binaries
        self._on_progress = on_progress or _quiet
        self._lease: psycopg.Connection[tuple[object, ...]] | None = None

    def start(self) -> str:
        """Make, start or find the server, take a lease on it and return the URL of the database ``orchestrion``.

        Calling it again after the server was lost starts it again.

        Raises:
            DatabaseUnavailable: one of its kinds in `app.platform.errors`, with what to do.
        """
        with plain_errors(self.root):
            self._prepare_root()
            with file_lock(self.root / "start.lock", timeout_s=START_TIMEOUT_S, busy=PostgresBusy):
                for _ in range(ATTEMPTS - 1):
                    with contextlib.suppress(psycopg.OperationalError):  # it was there, and was killed while we came in
                        return self._start_or_find()
                return self._start_or_find()

    def stop(self) -> bool:
        """Give the lease back, and stop the server when nobody else holds one; whether it was stopped."""
        if self._lease is None:
            return False
        with plain_errors(self.root), file_lock(self.root / "start.lock", timeout_s=START_TIMEOUT_S, busy=PostgresBusy):
            last = self._is_last_out()
            found = read_lock_file(self.data)
            if not last or found is None:
                return False
            self._end(found)
            self._remove_short_socket_dir(found)
            return True

    def stop_immediately(self) -> None:
        """Stop at once without a checkpoint, as a power cut would; the next start recovers from the log."""
        self._strike(signal.SIGTERM if IS_WINDOWS else signal.SIGQUIT)

    def kill(self) -> None:
        """Kill the server process (`kill -9`) and wait until its sessions have followed it."""
        self._strike(signal.SIGTERM if IS_WINDOWS else signal.SIGKILL)

    def url(self, database: str = DATABASE) -> str:
        """A URL that psycopg and SQLAlchemy understand; it holds the password."""
        found = read_lock_file(self.data)
        host, port = (found.host, found.port) if found else (str(self._socket_dir()), PORT)
        login = f"{USER}:{quote(self._password(), safe='')}"
        if host.startswith(("/", "@")):
            return f"postgresql://{login}@/{database}?host={quote(host, safe='')}&port={port}"
        return f"postgresql://{login}@{host}:{port}/{database}?sslmode=disable"

    @property
    def is_running(self) -> bool:
        """Whether we hold a lease on a server that answers."""
        if self._lease is None:
            return False
        try:
            self._lease.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def alive(self) -> bool:
        """Whether the server of exactly this data directory answers; waits while it is starting, stopping or recovering.

        Raises:
            PostgresBusy: a living postgres has this data directory, and has not answered for a long time.
        """
        end = time.monotonic() + START_TIMEOUT_S
        while (self.data / "postmaster.pid").exists():
            passing = False
            if read_lock_file(self.data) is not None:
                try:
                    with self._connect() as connection:
                        row = connection.execute("SHOW data_directory").fetchone()
                        return row is not None and Path(str(row[0])) == self.data
                except psycopg.OperationalError as error:
                    if "authentication failed" in str(error):
                        raise
                    passing = is_passing(error)
            if not passing and not any(live_processes(self.data)):
                return False
            if time.monotonic() > end:
                pids = ", ".join(map(str, live_processes(self.data)))
                raise PostgresBusy(f"PostgreSQL (process {pids}) uses {self.data} and does not answer; end it and try again.")
            time.sleep(POLL_S)
        return False

    def _start_or_find(self) -> str:
        if self.is_running:
            return self.url()
        self._drop_lease()
        if not (self.data / "PG_VERSION").exists():
            self._on_progress("Creating the database…")
            self._initialise()
        if not self.alive():
            self._on_progress("Starting the database…")
            self._launch()
        # Before the start lock is let go, so that nobody stops the server in between.
        self._take_lease()
        self._create_database()
        return self.url()

    # Making

    def _prepare_root(self) -> None:
        """The directory is ours, the account that runs the server may only walk through it."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o711 if self._account else 0o700)
        if self._account:
            self.root.chmod(0o711)
            if not can_enter(self.root, self._account):
                raise PermissionMissing(
                    f"As root the database runs as `{self._account.name}`, and that account cannot reach {self.root}; "
                    "set ORCHESTRION_DATA_DIR to a place outside private directories, such as /var/lib/orchestrion."
                )

    def _binaries(self) -> PostgresBinaries:
        return reachable_binaries(find_binaries(self._chosen_binaries), self._account)

    def _initialise(self) -> None:
        """Run initdb beside the final place and rename: ``data`` exists only when it is complete."""
        for left_over in self.root.glob("data.init-*"):
            shutil.rmtree(left_over, ignore_errors=True)  # an initdb whose parent was killed may still write there
        binaries = self._binaries()
        tag = f"{os.getpid()}-{secrets.token_hex(3)}"
        draft = self.root / f"data.init-{tag}"
        draft.mkdir(mode=0o700)
        password = self._own_directory("run") / f"password-{tag}"
        write_private(password, self._password())
        self._give_away(draft, password)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if binaries.major >= 17 else ["--locale=C.UTF-8"]
        unsafe = ["--no-sync"] if self._settings.get("fsync") == "off" else []
        options = ["-U", USER, "--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={password}", "--data-checksums", "--no-instructions"]
        # Told what to use, initdb does not try out larger and larger servers.
        sizes = ["-c", f"max_connections={_DEFAULTS['max_connections']}", "-c", f"shared_buffers={_DEFAULTS['shared_buffers']}"]
        command: list[str | Path] = [binaries.program("initdb"), "-D", draft, *options, *locale, *sizes, *unsafe]
        try:
            status, said = run_program(command, account=self._account, cwd=self.root)
        finally:
            password.unlink(missing_ok=True)
        if status != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise failure(said, self.root, doing="PostgreSQL could not create its database")
        draft.rename(self.data)

    def _password(self) -> str:
        path = self.root / "password"
        with contextlib.suppress(FileNotFoundError):
            return path.read_text(encoding="utf-8")
        return keep_first(path, secrets.token_urlsafe(24))

    def _own_directory(self, name: str) -> Path:
        directory = self.root / name
        directory.mkdir(mode=0o700, exist_ok=True)
        self._give_away(directory)
        return directory

    def _socket_dir(self) -> Path:
        return self.root / "run"

    def _give_away(self, *paths: Path) -> None:
        if self._account:
            for path in paths:
                os.chown(path, self._account.user_id, self._account.group_id)

    # Starting

    def _launch(self) -> None:
        binaries = self._binaries()
        made_by = int((self.data / "PG_VERSION").read_text(encoding="utf-8"))
        if made_by != binaries.major:
            raise PostgresWrongVersion(
                f"The database in {self.data} was made by PostgreSQL {made_by}, and {binaries.directory} holds {binaries.major}; "
                f"set ORCHESTRION_PG_BINDIR to the programs of version {made_by}."
            )
        sockets = self._usable_socket_dir()
        self._remove_short_socket_dir(read_lock_file(self.data))
        drop_stale_locks(self.data, sockets)
        parameters = {**_DEFAULTS, **({"io_method": "sync"} if binaries.major >= 18 else {}), **self._settings}
        if IS_WINDOWS:
            parameters |= {"listen_addresses": "127.0.0.1", "port": str(_free_port())}
        else:
            parameters |= {
                "listen_addresses": "",
                "unix_socket_directories": str(sockets),
                "unix_socket_permissions": "0700",
                "port": str(PORT),
            }
        options = [part for name, value in parameters.items() for part in ("-c", f"{name}={value}")]
        log = self.root / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(self.root / "server.log.1")
        begin = log.stat().st_size if log.exists() else 0
        command: list[str | Path] = [binaries.program("postgres"), "-D", self.data, *options]
        process = start_server(command, account=self._account, cwd=self.root, log=log)
        self._await_ready(process, log, begin)

    def _await_ready(self, process: subprocess.Popen[bytes], log: Path, begin: int) -> None:
        end = time.monotonic() + START_TIMEOUT_S
        while True:
            if process.poll() is not None:
                with log.open("rb") as file:
                    file.seek(begin)
                    said = file.read().decode(errors="replace")
                raise failure(said, self.root, doing=f"PostgreSQL did not start (its log is {log})")
            found = read_lock_file(self.data)
            if found is not None and found.pid == process.pid and found.status == "ready":
                return
            if time.monotonic() > end:
                raise PostgresBusy(f"PostgreSQL is still starting after {START_TIMEOUT_S:.0f} seconds; its log is {log}.")
            time.sleep(POLL_S)

    def _usable_socket_dir(self) -> Path:
        """``run/`` in our directory, or a short private one when its path is too long for a socket (100 characters)."""
        if IS_WINDOWS or len(os.fsencode(self._socket_dir() / f".s.PGSQL.{PORT}.lock")) < 100:
            return self._own_directory("run")
        directory = Path(tempfile.mkdtemp(prefix=SHORT_PREFIX, dir="/tmp"))
        self._give_away(directory)
        return directory

    def _remove_short_socket_dir(self, found: LockFile | None) -> None:
        if found is not None and Path(found.host).name.startswith(SHORT_PREFIX):
            shutil.rmtree(found.host, ignore_errors=True)

    def _create_database(self) -> None:
        assert self._lease is not None
        if not self._lease.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            self._lease.execute(f"CREATE DATABASE {DATABASE}")

    # Lease and end

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5, application_name="orchestrion lease")

    def _take_lease(self) -> None:
        self._lease = self._connect()
        self._lease.execute("SELECT pg_advisory_lock_shared(%s)", [LEASE_KEY])

    def _is_last_out(self) -> bool:
        """Give the lease back; whether nobody else holds one on the server that runs now."""
        assert self._lease is not None
        with contextlib.suppress(psycopg.OperationalError):  # closing alone lets the lock go only a moment later
            self._lease.execute("SELECT pg_advisory_unlock_shared(%s)", [LEASE_KEY])
        self._drop_lease()
        if not self.alive():
            return False
        with contextlib.suppress(psycopg.OperationalError), self._connect() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LEASE_KEY]).fetchone()
            return bool(row and row[0])
        return False

    def _drop_lease(self) -> None:
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def _end(self, found: LockFile) -> None:
        """Fast, and at once when it takes too long: the log makes that safe."""
        if IS_WINDOWS:
            run_program([self._binaries().program("pg_ctl"), "stop", "-m", "fast", "-w", "-D", self.data], account=None, cwd=self.root)
        elif not signal_and_wait(self.data, found.pid, signal.SIGINT, timeout_s=30) and not signal_and_wait(
            self.data, found.pid, signal.SIGQUIT, timeout_s=10
        ):
            raise PostgresBusy(f"PostgreSQL (process {found.pid}) does not stop; its log is {self.root / 'server.log'}.")

    def _strike(self, number: signal.Signals) -> None:
        found = read_lock_file(self.data)
        if found is None or not self.alive():
            return
        self._drop_lease()
        signal_and_wait(self.data, found.pid, number, timeout_s=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _quiet(_: str) -> None:
    return

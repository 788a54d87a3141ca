"""What every test may ask for: a PostgreSQL of its own worker, and a fresh migrated database in it."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before any import of Qt: without a display Qt aborts the process

import importlib.util
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.platform.local_postgres import LocalPostgres

# Plain tests prove what is written, not that it survives a power cut; those that do make their own server.
FAST_AND_UNSAFE = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_connections": "200"}
TEMPLATE = "migrated"
MEMORY_NEEDED_BYTES = 2_000_000_000
_numbers = itertools.count(1)


def short_directory(parent: str | None = "/tmp" if os.name == "posix" else None) -> Path:
    """A private directory with a short path that the server's account can reach, unlike pytest's own `tmp_path` as root."""
    return Path(tempfile.mkdtemp(prefix="orch-", dir=parent))


def memory_directory() -> Path:
    """A directory in memory where there is room: a database is copied there in 20 ms instead of 140."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > MEMORY_NEEDED_BYTES
    return short_directory(str(shared)) if roomy else short_directory()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory for a server or a data directory of one test."""
    directory = short_directory()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[LocalPostgres]:
    """One running server for all tests of this worker, with the database `migrated` at the newest revision."""
    directory = memory_directory()
    server = LocalPostgres(directory, settings=FAST_AND_UNSAFE)
    server.start()
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        if importlib.util.find_spec("app.storage") and importlib.util.find_spec("app.storage.migrate"):
            from app.storage.migrate import upgrade

            upgrade(server.url(TEMPLATE))
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def spent_databases() -> list[str]:
    """Names of databases that wait to be dropped."""
    return []


@pytest.fixture
def database_url(postgres_server: LocalPostgres, spent_databases: list[str]) -> Iterator[str]:
    """A migrated database of this test alone.

    It is dropped, whoever still looks at it, when the next one is made: at once, the server
    would wait 0.1 s for the connections that were closed just now.
    """
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        while spent_databases:
            connection.execute(f"DROP DATABASE {spent_databases.pop()} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield postgres_server.url(name)
    spent_databases.append(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that tests found, each under the name `figures` in its properties, so that they come through from other processes too."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [str(value) for report in reports if report.when == "call" for name, value in report.user_properties if name == "figures"]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)

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
_numbers = itertools.count(1)


def short_directory() -> Path:
    """A private directory with a short path that the server's account can reach, unlike pytest's own `tmp_path` as root."""
    return Path(tempfile.mkdtemp(prefix="orch-", dir="/tmp" if os.name == "posix" else None))


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory for a server or a data directory of one test."""
    directory = short_directory()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[LocalPostgres]:
    """One running server for all tests of this worker, with the database `migrated` at the newest revision."""
    directory = short_directory()
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


@pytest.fixture
def database_url(postgres_server: LocalPostgres) -> Iterator[str]:
    """A migrated database of this test alone, dropped afterwards whoever still looks at it."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        yield postgres_server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""An installation for each module of command line tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from app.platform.local_postgres import LocalPostgres
from tests.conftest import TEMPLATE, short_directory
from tests.e2e.terminal import Terminal

_numbers = count(1)


@pytest.fixture(scope="module")
def terminal(postgres_server: LocalPostgres) -> Iterator[Terminal]:
    """A data directory and a fresh database on the tests' own server."""
    directory = short_directory()
    name = f"terminal_{next(_numbers)}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        yield Terminal(directory, ORCHESTRION_DATABASE_URL=postgres_server.url(name))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    shutil.rmtree(directory, ignore_errors=True)

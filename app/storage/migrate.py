"""Brings a database to the schema this program needs.

`upgrade head`, `downgrade -1` and `stamp REV` stand for golang-migrate's up, down 1 and force. Alembic is imported
only when there is something to do: a start with a current database costs one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors as pg

import app
from app.storage.errors import DatabaseNewer, DatabaseTooOld, translated
from app.storage.urls import conninfo

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

# done, total, what the migration is about
Progress = Callable[[int, int, str], None]

OLDEST_SERVER = 16
_LOCK = 0x4F5243_4D4947  # "ORC MIG": one migration at a time on a database


def migrations_dir() -> Path:
    """Where the migrations are: beside the package, in a checkout as in an installed tree."""
    return Path(app.__file__).resolve().parent.parent / "migrations"


def head() -> str:
    """The newest revision this program knows. Revisions are numbers and begin their file's name; a test holds them to Alembic's view."""
    return max(path.name.split("_")[0] for path in (migrations_dir() / "versions").glob("[0-9]*_*.py"))


def current(url: str) -> str | None:
    """The revision the database is at; None for one that was never migrated."""
    with translated(), psycopg.connect(conninfo(url)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except pg.UndefinedTable:
            return None
    return str(row[0]) if row else None


def is_current(url: str) -> bool:
    return current(url) == head()


def upgrade(url: str, revision: str = "head", on_progress: Progress | None = None) -> None:
    """Apply what is missing, in one transaction: all of it or, when one migration fails, nothing.

    Safe when several processes start at once: the others wait, and then find nothing to do.

    Raises:
        DatabaseNewer: the database is ahead of this program.
        DatabaseTooOld: the server is older than PostgreSQL 16.
    """
    at = current(url)
    if at == head() and revision == "head":
        return
    with _migrating(url, on_progress) as (config, command):
        command.upgrade(config, revision)


def downgrade(url: str, revision: str, on_progress: Progress | None = None) -> None:
    """Back to `revision`: a number, "base", or "-1" for one step."""
    with _migrating(url, on_progress) as (config, command):
        command.downgrade(config, revision)


def stamp(url: str, revision: str) -> None:
    """Say that the database is at `revision` without doing anything (dangerous)."""
    with _migrating(url, None, known_only=False) as (config, command):
        command.stamp(config, revision, purge=True)


@contextmanager
def _migrating(url: str, on_progress: Progress | None, *, known_only: bool = True) -> Iterator[tuple[Config, Any]]:
    from alembic import command
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo(url)), poolclass=NullPool)
    try:
        with translated(), engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            _check_server(connection)
            config = _config(connection, on_progress)
            if known_only:
                _check_known(config, connection)
            yield config, command
    finally:
        engine.dispose()


def _config(connection: Connection, on_progress: Progress | None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["on_progress"] = on_progress
    return config


def _check_server(connection: Connection) -> None:
    number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if number < OLDEST_SERVER * 10_000:
        raise DatabaseTooOld(f"The server is PostgreSQL {number // 10_000}; use version {OLDEST_SERVER} or newer.")


def _check_known(config: Config, connection: Connection) -> None:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in known:
        raise DatabaseNewer(f"The database is at revision {at}, and this program knows revisions up to {head()}; update the program.")

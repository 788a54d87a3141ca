"""SQL errors become the program's own errors here, and nowhere else.

DatabaseUnavailable          no answer, connection lost, server shutting down: worth another try
├── DatabaseTooOld           PostgreSQL before 16
└── DatabaseNewer            migrated by a newer version of this program
AlreadyExists                a unique key is taken; carries the constraint, for the caller to name the field
StillReferenced              other rows lean on the row, or the row leans on one that is gone
WriteBusy                    deadlock, serialization failure or lock timeout: worth another try
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from app.domain.errors import AppError, DatabaseUnavailable


class DatabaseTooOld(DatabaseUnavailable):
    """This PostgreSQL is too old; use version 16 or newer."""

    code = "database.too_old"


class DatabaseNewer(DatabaseUnavailable):
    """The database belongs to a newer version of this program; update the program."""

    code = "database.newer"


class AlreadyExists(AppError):
    """There is already one of this name or id; choose another."""

    code = "database.already_exists"

    def __init__(self, constraint: str | None) -> None:
        super().__init__()
        self.constraint = constraint


class StillReferenced(AppError):
    """Something else still refers to this, or what it refers to is gone; reload and try again."""

    code = "database.still_referenced"

    def __init__(self, constraint: str | None) -> None:
        super().__init__()
        self.constraint = constraint


class NotStorable(AppError):
    """The database cannot keep one of the values; shorten it."""

    code = "database.not_storable"


class WriteBusy(AppError):
    """Several writers were in each other's way; try again."""

    code = "database.busy"


_GONE = (
    psycopg.InterfaceError,
    pg.ConnectionException,
    pg.AdminShutdown,
    pg.CrashShutdown,
    pg.CannotConnectNow,
    pg.IdleSessionTimeout,
    pg.TooManyConnections,
)
_BUSY = (pg.DeadlockDetected, pg.SerializationFailure, pg.LockNotAvailable)


def translate(error: BaseException) -> AppError | None:
    """The program's error for a driver's or SQLAlchemy's one; None where it is a bug and should stay one."""
    cause = getattr(error, "orig", None) or error
    match cause:
        case pg.UniqueViolation():
            return AlreadyExists(cause.diag.constraint_name)
        case pg.ForeignKeyViolation() | pg.RestrictViolation():
            return StillReferenced(cause.diag.constraint_name)
        case psycopg.DataError() | pg.CheckViolation() | pg.ProgramLimitExceeded():
            return NotStorable(f"The database cannot keep one of the values: {cause.diag.message_primary or cause}.")
        case _ if isinstance(cause, _BUSY):
            return WriteBusy()
        case _ if isinstance(cause, _GONE) or is_lost_connection(cause):
            return DatabaseUnavailable()
    # SQLAlchemy's pool says TimeoutError when every connection stays taken.
    if type(error).__module__ == "sqlalchemy.exc" and type(error).__name__ == "TimeoutError":
        return DatabaseUnavailable("Every connection to the database is in use; try again in a moment.")
    return None


def is_lost_connection(error: BaseException) -> bool:
    """libpq reports a dead socket as a plain OperationalError without SQLSTATE."""
    return isinstance(error, psycopg.OperationalError) and error.sqlstate is None


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the database inside come out as the program's own."""
    try:
        yield
    except Exception as error:
        known = translate(error)
        if known is None:
            raise
        raise known from error

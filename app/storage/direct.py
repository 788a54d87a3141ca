"""Prepared statements sent straight over libpq: one round trip without cursors, for what is asked thousands of times a second.

psycopg's own way takes four turns of the event loop and some 150 µs of Python for each statement; this takes two turns and 20 µs.
Several statements go as one pipeline, which PostgreSQL takes as one transaction up to its end.
https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from app.storage.link import Connection

Answer: TypeAlias = tuple[str, ...]
"""One row in PostgreSQL's own text."""

_PARAMETER: Final = re.compile(r"%\((\w+)\)s")
_FINE: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.PIPELINE_SYNC})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement under a name of its own, whose parameters are given by their names, as text."""

    name: bytes
    text: bytes
    parameters: tuple[str, ...]


def prepared(name: str, text: str) -> Prepared:
    """`text` is written as for psycopg, with ``%(name)s``."""
    parameters = tuple(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda found: f"${parameters.index(found[1]) + 1}", text)
    return Prepared(name.encode(), numbered.encode(), parameters)


async def prepare(connection: Connection, statements: Iterable[Prepared]) -> None:
    """Make them known to a new connection."""
    pgconn = connection.pgconn
    for statement in statements:
        pgconn.send_prepare(statement.name, statement.text)
        _checked(await _answers(pgconn, until=None))


async def ask(connection: Connection, calls: Sequence[tuple[Prepared, Mapping[str, str]]]) -> list[Answer]:
    """Execute them in one transaction; the one row that each gives.

    Raises:
        psycopg.Error: as psycopg would; nothing of the transaction is kept.
    """
    pgconn = connection.pgconn
    several = len(calls) > 1
    if several:
        pgconn.enter_pipeline_mode()
    for statement, values in calls:
        pgconn.send_query_prepared(statement.name, [values[name].encode() for name in statement.parameters])
    if not several:
        return _checked(await _answers(pgconn, until=None))
    pgconn.pipeline_sync()
    results = await _answers(pgconn, until=ExecStatus.PIPELINE_SYNC)
    pgconn.exit_pipeline_mode()
    return _checked(results)


async def notifications(connection: Connection, hear: Callable[[str], None], *, silence_s: float) -> None:
    """Give each payload that arrives to `hear`, until nothing has arrived for `silence_s`.

    Raises:
        psycopg.OperationalError: the connection is gone.
    """
    pgconn, loop = connection.pgconn, asyncio.get_running_loop()
    socket = pgconn.socket  # a connection that broke does not tell it any more, and its number is soon another's
    over: asyncio.Future[None] = loop.create_future()
    arrived_at = loop.time()

    def take() -> None:
        nonlocal arrived_at
        arrived_at = loop.time()
        try:
            pgconn.consume_input()
            while (notify := pgconn.notifies()) is not None:
                hear(notify.extra.decode())
        except Exception as error:
            loop.remove_reader(socket)
            over.set_exception(error)

    loop.add_reader(socket, take)
    try:
        while (left_s := arrived_at + silence_s - loop.time()) > 0:
            await asyncio.wait([over], timeout=left_s)
            if over.done():
                over.result()
    finally:
        if not over.done():
            loop.remove_reader(socket)


def _checked(results: Sequence[PGresult]) -> list[Answer]:
    for result in results:
        if result.status not in _FINE:
            error = error_from_result(result)
            raise error if error.sqlstate else psycopg.OperationalError(str(error))
    return [
        tuple((result.get_value(0, column) or b"").decode() for column in range(result.nfields)) for result in results if result.ntuples
    ]


async def _answers(pgconn: PGconn, *, until: ExecStatus | None) -> list[PGresult]:
    """All results up to the one of this status, or until there are no more. Cut short, it leaves a connection that is not at rest."""
    results: list[PGresult] = []
    with _Watch(pgconn) as watch:
        while pgconn.flush():
            await watch.moved(writable=True)
            pgconn.consume_input()
        while True:
            while pgconn.is_busy():
                await watch.moved()
            result = pgconn.get_result()
            if result is not None:
                results.append(result)
            if (result is None and until is None) or (result is not None and result.status == until):
                return results


class _Watch:
    """The connection's socket on the event loop. What arrives is taken in at once; who waits goes on when a result is whole.

    A connection that breaks closes its socket, whose number may be another connection's a moment later: it is let go at once, and
    not touched again.
    """

    def __init__(self, pgconn: PGconn) -> None:
        self._pgconn, self._socket = pgconn, pgconn.socket
        self._loop = asyncio.get_running_loop()
        self._moved: asyncio.Future[None] | None = None
        self._broken: psycopg.Error | None = None

    def __enter__(self) -> _Watch:
        self._loop.add_reader(self._socket, self._told, self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        if self._broken is None:
            self._loop.remove_reader(self._socket)

    async def moved(self, *, writable: bool = False) -> None:
        """Wait for a whole result, or also until there is room to send more.

        Raises:
            psycopg.OperationalError: the connection is gone.
        """
        if self._broken is not None:
            raise self._broken
        self._moved = self._loop.create_future()
        if writable:
            self._loop.add_writer(self._socket, self._told, lambda: True)
        try:
            await self._moved
        finally:
            if writable and self._broken is None:
                self._loop.remove_writer(self._socket)

    def _arrived(self) -> bool:
        self._pgconn.consume_input()
        return not self._pgconn.is_busy()

    def _told(self, look: Callable[[], bool]) -> None:
        waiting = self._moved
        try:
            enough = look()
        except psycopg.Error as error:
            self._broken = error
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
            return
        if enough and waiting is not None and not waiting.done():
            waiting.set_result(None)

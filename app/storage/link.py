"""One connection of our own to PostgreSQL, made again when it breaks: what journal, claims and bell stand on.

These do not take from the pool: the journal keeps prepared statements and the order of its writes, a worker's
session holds the lock that says it is alive, a listener listens.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from app.domain.errors import DatabaseUnavailable
from app.storage.errors import WriteBusy, translate, translated
from app.storage.urls import conninfo

logger = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]
Failpoint: TypeAlias = Callable[[str], Awaitable[None]]
T = TypeVar("T")

PLANS_S = 10.0
"""Plans older than this are made anew: the tables have grown, and autovacuum may not have looked at them yet."""
QUICK_S = 0.05
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
_JITTER = random.SystemRandom()

# The statements of links are few and always the same, so their plans are kept for a while. They lean on indexes however small a
# table was when its plan was made. https://www.postgresql.org/docs/current/runtime-config-query.html
_SESSION = """
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off
"""


async def no_failpoint(name: str) -> None:
    """Nothing fails here."""


async def connect(url: str, *, name: str) -> Connection:
    """A new connection in autocommit, with times in UTC; `name` shows in pg_stat_activity.

    Raises:
        DatabaseUnavailable: nobody answers, or refuses us.
    """
    with translated():
        connection = await psycopg.AsyncConnection.connect(conninfo(url, application_name=name), autocommit=True)
        try:
            await connection.execute(_SESSION)
        except BaseException:
            await connection.close()
            raise
        return connection


def waits() -> Iterator[float]:
    """Seconds between attempts: at once, then 0.5 growing to 15, each with up to a third more or less."""
    yield QUICK_S
    wait = FIRST_WAIT_S
    while True:
        yield min(LONGEST_WAIT_S, wait * _JITTER.uniform(2 / 3, 4 / 3))
        wait = min(LONGEST_WAIT_S, wait * 2)


def is_passing(error: BaseException) -> bool:
    """Whether the same work may succeed later: nobody answers, writers collide, the server is full or read-only."""
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(("53", "25006")):
        return True
    return isinstance(error, DatabaseUnavailable) or isinstance(translate(error), DatabaseUnavailable | WriteBusy)


class Link:
    """A connection and the order of its users: one piece of work at a time, first come first served."""

    def __init__(self, url: str, *, name: str, on_connect: Callable[[Connection], Awaitable[None]] | None = None) -> None:
        """`on_connect` is awaited on each new connection before anything else uses it."""
        self._url, self._name, self._on_connect = url, name, on_connect
        self._connection: Connection | None = None
        self._planned_at = 0.0
        self._alone = asyncio.Lock()
        self._closed = asyncio.Event()

    async def open(self) -> None:
        """Connect now.

        Raises:
            DatabaseUnavailable: nobody answers.
        """
        async with self._alone:
            await self._ready()

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """What `work` gives, on our connection. When the connection breaks under it, or the server cannot just now, it runs again,
        so it must be fit to run twice; it waits for the database as long as that takes.

        Raises:
            DatabaseUnavailable: the link was closed meanwhile.
        """
        async with self._alone:
            for wait_s in waits():
                if self._closed.is_set():
                    break
                try:
                    return await work(await self._ready())
                except BaseException as error:
                    await self._tidy()
                    if not is_passing(error):
                        raise
                    logger.warning("%s: the database cannot now, again in %.1f s: %s", self._name, wait_s, _sentence(error))
                await self._rest(wait_s)
            raise DatabaseUnavailable("The connection to the database was closed.")

    async def close(self) -> None:
        """Work that waits for the database ends with DatabaseUnavailable; work under way is finished first."""
        self._closed.set()
        async with self._alone:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def _ready(self) -> Connection:
        if self._connection is None:
            connection = await connect(self._url, name=self._name)
            try:
                if self._on_connect is not None:
                    await self._on_connect(connection)
            except BaseException:
                await connection.close()
                raise
            self._connection, self._planned_at = connection, time.monotonic()
        elif time.monotonic() - self._planned_at > PLANS_S:
            await self._connection.execute("DISCARD PLANS")
            self._planned_at = time.monotonic()
        return self._connection

    async def _tidy(self) -> None:
        """Keep the connection only when it is at rest: a broken or half-used one is closed."""
        connection = self._connection
        if connection is not None and (connection.closed or connection.info.transaction_status != TransactionStatus.IDLE):
            self._connection = None
            await connection.close()

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            pass


def _sentence(error: BaseException) -> str:
    """The first line of what the driver says; the rest of it may quote rows."""
    cause: Any = error.__cause__ or error
    return str(cause).partition("\n")[0]

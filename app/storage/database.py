"""One pool of connections to one database, and the transaction that everything here works in.

SQL errors leave as the program's own (`app.storage.errors`). Nothing above this package sees a connection: it asks
for a unit of work. The journal, claims and notifications take `Database.connection` or `Database.dedicated`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.domain.errors import DatabaseUnavailable
from app.domain.json_value import dumps, loads
from app.storage.errors import DatabaseTooOld, WriteBusy, translated
from app.storage.migrate import OLDEST_SERVER
from app.storage.urls import conninfo, shown_url

logger = logging.getLogger(__name__)

LIFETIME_S = 3600
IDLE_S = 1800
CHECK_EVERY_S = 60
CHECKOUT_TIMEOUT_S = 30
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0

Row = Mapping[str, Any]
Rows = Sequence[Row]
T = TypeVar("T")


class Database:
    """A pool of `pool_min` to `pool_max` connections: 1 to 5 for a desktop, 5 to 25 for a server."""

    def __init__(
        self, url: str, *, pool_min: int = 1, pool_max: int = 5, application_name: str = "orchestrion", idle_s: float = IDLE_S
    ) -> None:
        self._conninfo = conninfo(url, application_name=application_name)
        self._shown = shown_url(url)
        self._pool_min, self._idle_s = pool_min, idle_s
        self._upkeep: asyncio.Task[None] | None = None
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=self.dedicated,
            pool_size=pool_max,
            max_overflow=0,
            pool_timeout=CHECKOUT_TIMEOUT_S,
            pool_recycle=LIFETIME_S,
            pool_pre_ping=True,
            pool_use_lifo=True,
            json_serializer=dumps,
            json_deserializer=loads,
        )
        event.listen(self._engine.sync_engine, "checkin", _remember_idleness)

    async def connect(self) -> None:
        """Open the least number of connections, and look after the pool until `dispose`.

        Raises:
            DatabaseUnavailable: nobody answers.
            DatabaseTooOld: the server is older than PostgreSQL 16.
        """
        async with self.connection() as first:
            number = int((await first.exec_driver_sql("SHOW server_version_num")).scalar_one())
            if number < OLDEST_SERVER * 10_000:
                raise DatabaseTooOld(f"The server is PostgreSQL {number // 10_000}; use version {OLDEST_SERVER} or newer.")
        await self.hold(self._pool_min)
        if self._upkeep is None:
            self._upkeep = asyncio.create_task(self._look_after(), name="database pool")

    async def dispose(self) -> None:
        """Close every connection; connections still in use close when they come back."""
        if self._upkeep is not None:
            self._upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await self._upkeep
            self._upkeep = None
        await self._engine.dispose()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A pooled connection; what is not committed inside is rolled back."""
        with translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end, rolls back on an exception."""
        async with self.connection() as connection, connection.begin():
            yield Transaction(connection)

    async def dedicated(self) -> psycopg.AsyncConnection[Any]:
        """A connection beside the pool, for whoever listens or holds a session lock; the caller closes it."""
        with translated():
            return await psycopg.AsyncConnection.connect(self._conninfo)

    async def check(self) -> None:
        """Close what was idle for long, down to the least number; an idle connection that died is replaced."""
        pool = self._engine.sync_engine.pool
        idle = pool.checkedin()  # type: ignore[attr-defined]
        async with _all_of([self._engine.connect() for _ in range(idle)]) as connections:
            spare = max(0, len(connections) - self._pool_min)
            for connection in connections:
                raw = await connection.get_raw_connection()
                since = raw.record_info.get("idle_since") if raw.record_info is not None else None
                if spare and since is not None and time.monotonic() - since > self._idle_s:
                    await connection.invalidate()
                    spare -= 1

    async def hold(self, number: int) -> None:
        """Have `number` connections open at once, and keep them in the pool."""
        with translated():
            async with _all_of([self._engine.connect() for _ in range(number)]):
                pass

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            try:
                with translated():
                    await self.check()
            except DatabaseUnavailable:
                logger.warning("database does not answer: %s", self._shown)


class Transaction:
    """What repositories speak to: reads and writes of one transaction, and whether anything was written."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.wrote = False

    async def read(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Rows:
        return cast("Rows", (await self._execute(statement, values)).mappings().all())

    async def read_one(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Row | None:
        return cast("Row | None", (await self._execute(statement, values)).mappings().one_or_none())

    async def write(self, statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """A statement that changes rows: the unit of work will ask for its audit entry."""
        self.wrote = True
        return await self._execute(statement, values)

    async def signal(self, statement: Executable, values: Mapping[str, Any] | None = None) -> None:
        """A statement that changes no row: a notification, a setting of the transaction."""
        await self._execute(statement, values)

    async def mark(self, statement: Executable, values: Mapping[str, Any] | None = None) -> None:
        """A statement that notes what was seen, such as when something was last used: nobody's change, and none for the audit log."""
        await self._execute(statement, values)

    async def _execute(self, statement: Executable, values: Mapping[str, Any] | None) -> CursorResult[Any]:
        with translated():
            return await self._connection.execute(statement, values)


async def with_reconnect(
    work: Callable[[], Awaitable[T]],
    *,
    give_up_after_s: float | None = None,
    on_wait: Callable[[float, DatabaseUnavailable | WriteBusy], None] | None = None,
) -> T:
    """The result of `work`, tried again while the database does not answer or writers collide.

    Waits 0.5 s, then twice as long each time up to 15 s, each with up to a third more or less, so that many
    clients do not come back at the same moment. `work` must be whole: it runs again from its start.

    Raises:
        DatabaseUnavailable, WriteBusy: `give_up_after_s` went by.
    """
    started = time.monotonic()
    wait_s = FIRST_WAIT_S
    while True:
        try:
            return await work()
        except (DatabaseTooOld, asyncio.CancelledError):
            raise
        except (DatabaseUnavailable, WriteBusy) as error:
            jittered_s = min(LONGEST_WAIT_S, wait_s * _JITTER.uniform(2 / 3, 4 / 3))
            if give_up_after_s is not None and time.monotonic() - started + jittered_s > give_up_after_s:
                raise
            if on_wait is not None:
                on_wait(jittered_s, error)
            await asyncio.sleep(jittered_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)


_JITTER = random.SystemRandom()


@asynccontextmanager
async def _all_of(connections: Sequence[AsyncConnection]) -> AsyncIterator[list[AsyncConnection]]:
    """All of them open at once, so that each is another one of the pool's."""
    opened: list[AsyncConnection] = []
    try:
        for connection in connections:
            opened.append(await connection)
        yield opened
    finally:
        for connection in opened:
            await connection.close()


def _remember_idleness(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    if entry.record_info is not None:
        entry.record_info["idle_since"] = time.monotonic()

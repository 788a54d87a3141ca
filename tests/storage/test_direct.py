"""Statements straight over libpq: the same answers and errors as psycopg's, one transaction for several, a connection left at rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from app.storage.direct import ask, notifications, prepare, prepared
from app.storage.link import Connection, connect

PUT = prepared("put", "INSERT INTO kept VALUES (%(n)s::int, %(text)s) RETURNING n, text, %(n)s::int + 1")
SLEEP = prepared("sleep", "SELECT pg_sleep(%(s)s::float8)::text")


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await connect(database_url, name="test")
    await connection.execute("CREATE TEMPORARY TABLE kept (n int PRIMARY KEY, text text)")
    await prepare(connection, [PUT, SLEEP])
    yield connection
    await connection.close()


async def kept(connection: Connection) -> list[int]:
    return [n for (n,) in await (await connection.execute("SELECT n FROM kept ORDER BY n")).fetchall()]


async def test_an_answer_comes_as_text_and_the_connection_is_at_rest(connection: Connection) -> None:
    assert await ask(connection, [(PUT, {"n": "1", "text": "ü 'x' %s"})]) == [("1", "ü 'x' %s", "2")]
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert await kept(connection) == [1]


async def test_several_statements_are_one_transaction(connection: Connection) -> None:
    assert len(await ask(connection, [(PUT, {"n": "1", "text": "a"}), (PUT, {"n": "2", "text": "b"})])) == 2
    with pytest.raises(psycopg.errors.UniqueViolation) as refused:
        await ask(connection, [(PUT, {"n": "3", "text": "c"}), (PUT, {"n": "1", "text": "again"})])
    assert refused.value.diag.constraint_name == "kept_pkey"
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert await kept(connection) == [1, 2]


async def test_a_statement_after_an_error_works(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        await ask(connection, [(PUT, {"n": "no number", "text": "a"})])
    assert await ask(connection, [(PUT, {"n": "1", "text": "a"})]) == [("1", "a", "2")]


async def test_megabytes_go_out_while_others_work(connection: Connection) -> None:
    large = "x" * 20_000_000
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(others())
    ((_, text, _),) = await ask(connection, [(PUT, {"n": "1", "text": large})])
    working.cancel()
    assert text == large
    assert turns > 3


async def test_a_connection_that_breaks_says_so(connection: Connection, database_url: str) -> None:
    asked = asyncio.create_task(ask(connection, [(SLEEP, {"s": "30"})]))
    await asyncio.sleep(0.1)
    async with await connect(database_url, name="killer") as killer:
        await killer.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        await asyncio.wait_for(asked, 5)


async def test_who_stops_waiting_leaves_a_connection_that_is_seen_not_to_be_at_rest(connection: Connection) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(connection, [(SLEEP, {"s": "30"})]), 0.1)
    assert connection.info.transaction_status == TransactionStatus.ACTIVE


async def test_whoever_listens_hears_at_once_that_the_connection_broke(connection: Connection, database_url: str) -> None:
    heard: list[str] = []
    await connection.execute("LISTEN here")
    listening = asyncio.create_task(notifications(connection, heard.append, silence_s=60))
    async with await connect(database_url, name="killer") as killer:
        await killer.execute("NOTIFY here, 'something'")
        while not heard:
            await asyncio.sleep(0.01)
        await killer.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            await asyncio.wait_for(listening, 5)
    assert heard == ["something"]


async def test_a_broken_connection_leaves_the_sockets_of_others_alone(database_url: str) -> None:
    """Sockets are numbered again at once: those made while the broken one is still being left must go on working."""
    async with await connect(database_url, name="killer") as killer:
        for _ in range(5):
            broken = [await connect(database_url, name="victim") for _ in range(4)]
            for connection in broken:
                await prepare(connection, [SLEEP])
            tasks = [asyncio.create_task(ask(connection, [(SLEEP, {"s": "60"})])) for connection in broken[:2]]
            tasks += [asyncio.create_task(notifications(connection, print, silence_s=60)) for connection in broken[2:]]
            await asyncio.sleep(0.05)
            await killer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'")
            fresh = await asyncio.gather(*(connect(database_url, name="fresh") for _ in range(6)))
            assert all(isinstance(end, psycopg.OperationalError) for end in await asyncio.gather(*tasks, return_exceptions=True))
            for connection in fresh:
                await prepare(connection, [SLEEP])
                assert await asyncio.wait_for(ask(connection, [(SLEEP, {"s": "0.01"})]), 10) == [("",)]
                await connection.close()
            for connection in broken:
                await connection.close()


async def test_silence_ends_the_listening_and_the_connection_is_as_before(connection: Connection) -> None:
    await notifications(connection, print, silence_s=0.01)
    assert await ask(connection, [(PUT, {"n": "1", "text": "a"})]) == [("1", "a", "2")]

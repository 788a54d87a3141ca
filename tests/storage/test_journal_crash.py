"""The server is stopped at once, or killed, in the middle of writes: what was acknowledged is there, and the writers go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.ports import ClaimedRun, RunEnd
from app.platform.local_postgres import LocalPostgres
from app.storage.claims import PostgresRunQueue
from app.storage.journal import PostgresJournal
from app.storage.migrate import upgrade
from app.storage.notifications import Bell
from tests.storage.runs_world import World, step

RUNS = 20
LENGTH = 60


@pytest.fixture
def server(place: Path) -> Iterator[LocalPostgres]:
    """A server that keeps what it says it keeps."""
    server = LocalPostgres(place)
    server.start()
    upgrade(server.url())
    yield server
    server.stop()


@pytest.mark.parametrize("death", ["stop_immediately", "kill"])
async def test_nothing_acknowledged_is_lost_and_every_run_ends(server: LocalPostgres, death: str) -> None:
    world = World(server.url())
    workflow = world.workflow()
    world.rows("UPDATE tenants SET settings = '{\"max_concurrent_runs\": 100}'")
    world.runs(RUNS, workflow)
    acknowledged: list[tuple[str, str]] = []
    deaths = 0

    async def life(run: ClaimedRun, journal: PostgresJournal) -> None:
        for number in range(LENGTH):
            path = f"/s{number}"
            journal.write_soon(run.handle, step(path, "running"))
            await journal.write(run.handle, [step(path, output=number)])
            acknowledged.append((run.handle.run_id, path))
        await journal.write(run.handle, [RunEnd("completed", output=LENGTH)])

    async def hearts(queue: PostgresRunQueue, runs: list[ClaimedRun]) -> None:
        while True:
            assert not (await queue.heartbeat([run.handle for run in runs])).lost
            await asyncio.sleep(0.2)

    async def deadly() -> None:
        nonlocal deaths
        for share in (0.2, 0.4, 0.6):
            while len(acknowledged) < RUNS * LENGTH * share:
                await asyncio.sleep(0)
            await asyncio.to_thread(getattr(server, death))
            deaths += 1
            present = set(acknowledged)
            await asyncio.to_thread(server.start)
            rows = await asyncio.to_thread(world.rows, "SELECT run_id::text, path FROM step_runs WHERE status = 'completed'")
            assert present <= {(row["run_id"], row["path"]) for row in rows}

    async with PostgresRunQueue(server.url(), name="a") as queue, PostgresJournal(server.url()) as journal:
        runs = list(await queue.claim(limit=RUNS))
        beating = asyncio.ensure_future(hearts(queue, runs))
        await asyncio.gather(deadly(), *(life(run, journal) for run in runs))
        beating.cancel()
        assert [type(end) for end in await asyncio.gather(beating, return_exceptions=True)] == [asyncio.CancelledError]
    assert deaths == 3
    assert len(acknowledged) == len(set(acknowledged)) == RUNS * LENGTH
    assert world.one("SELECT count(*) FROM step_runs WHERE status = 'completed'") == RUNS * LENGTH
    assert world.one("SELECT count(*) FROM step_runs") == RUNS * LENGTH
    assert world.one("SELECT count(*) FROM runs WHERE status = 'completed' AND fence = 1") == RUNS


async def test_the_bell_rings_again_after_the_server_came_back(server: LocalPostgres) -> None:
    bell = Bell(server.url())
    await bell.open()
    async with bell.rings() as rings, asyncio.timeout(60):
        assert (await anext(rings)).kind == "resync"
        await asyncio.to_thread(server.stop_immediately)
        await asyncio.to_thread(server.start)
        assert (await anext(rings)).kind == "resync"
    await bell.close()


async def test_after_a_restart_the_living_keep_their_runs_and_the_dead_lose_theirs(server: LocalPostgres) -> None:
    world = World(server.url())
    world.runs(2, world.workflow())
    dead = PostgresRunQueue(server.url(), name="dead")
    await dead.open()
    (lost,) = await dead.claim(limit=1)
    async with PostgresRunQueue(server.url(), name="living") as living, PostgresRunQueue(server.url(), name="other") as other:
        (kept,) = await living.claim(limit=1)
        await asyncio.to_thread(server.stop_immediately)
        await dead.close()
        await asyncio.to_thread(server.start)
        assert not (await living.heartbeat([kept.handle])).lost
        async with asyncio.timeout(30):
            while not (taken := await other.claim(limit=5)):
                await asyncio.sleep(0.1)
        assert [run.handle.run_id for run in taken] == [lost.handle.run_id]
        assert await other.claim(limit=5) == []
        assert not (await living.heartbeat([kept.handle])).lost


async def test_a_journal_closes_while_the_database_is_away(server: LocalPostgres) -> None:
    world = World(server.url())
    run = world.claimed(world.workflow())
    journal = PostgresJournal(server.url())
    await journal.open()
    await asyncio.to_thread(server.stop_immediately)
    waiting = asyncio.ensure_future(journal.write(run, [step("/a")]))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await journal.close()
    with pytest.raises(Exception, match="closed"):
        await waiting

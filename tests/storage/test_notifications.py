"""The bell: ids of what changed, each once, and a call to read everything again after a gap."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.domain.errors import DatabaseUnavailable
from app.domain.json_value import loads
from app.engine.ports import RunEnd
from app.storage.journal import PostgresJournal
from app.storage.notifications import Bell, Ring, heard, payloads
from tests.storage.runs_world import World, step


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


def test_equal_rings_are_one_and_ids_of_one_kind_travel_together() -> None:
    texts = payloads([Ring("run", "t", "a"), Ring("run", "t", "a"), Ring("run", "t", "b"), Ring("due", "t", "a"), Ring("run", "u", "a")])
    assert [loads(text) for text in texts] == [
        {"t": "t", "k": "run", "id": ["a", "b"]},
        {"t": "t", "k": "due", "id": "a"},
        {"t": "u", "k": "run", "id": "a"},
    ]
    assert [ring for text in texts for ring in heard(text)] == [
        Ring("run", "t", "a"),
        Ring("run", "t", "b"),
        Ring("due", "t", "a"),
        Ring("run", "u", "a"),
    ]


def test_a_payload_fits_what_postgresql_takes() -> None:
    rings = [Ring("run", str(uuid4()), str(uuid4()))] + [Ring("run", "t" * 36, str(uuid4())) for _ in range(1000)]
    texts = payloads(rings)
    assert max(len(text.encode()) for text in texts) < 8000
    assert [ring for text in texts for ring in heard(text)] == rings


@pytest.mark.parametrize("payload", ["", "hello", "[]", "3", '{"k": 1, "id": "a"}', '{"t": "x"}'])
def test_what_is_not_ours_is_not_heard(payload: str) -> None:
    assert heard(payload) == []


async def test_a_written_batch_rings_for_its_runs(world: World) -> None:
    workflow = world.workflow()
    one, two = world.claimed(workflow), world.claimed(workflow)
    bell = Bell(world.url)
    await bell.open()
    async with bell.rings() as rings, PostgresJournal(world.url) as journal, asyncio.timeout(20):
        assert await anext(rings) == Ring("resync")
        await asyncio.gather(journal.write(one, [step("/a")]), journal.write(two, [step("/a")]))
        assert {await anext(rings), await anext(rings)} == {Ring("run", run.tenant_id, run.run_id) for run in (one, two)}
        await journal.write(one, [RunEnd("completed")])
        assert {await anext(rings), await anext(rings)} == {Ring(kind, one.tenant_id, one.run_id) for kind in ("run", "due")}
    await bell.close()


async def test_what_was_rolled_back_is_not_heard(world: World) -> None:
    bell = Bell(world.url)
    await bell.open()
    async with bell.rings() as rings, asyncio.timeout(20):
        assert (await anext(rings)).kind == "resync"
        world.rows(
            """DO $$ BEGIN PERFORM pg_notify('orchestrion', '{"t":"t","k":"run","id":"lost"}'); RAISE 'no'; EXCEPTION WHEN others THEN NULL; END $$"""
        )
        world.rows("""SELECT pg_notify('orchestrion', '{"t":"t","k":"cancel","id":"r"}')""")
        assert await anext(rings) == Ring("cancel", "t", "r")
    await bell.close()


async def test_after_a_broken_connection_everything_is_to_be_read_again(world: World) -> None:
    bell = Bell(world.url)
    await bell.open()
    async with bell.rings() as rings, asyncio.timeout(20):
        assert (await anext(rings)).kind == "resync"
        world.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orchestrion bell'")
        assert (await anext(rings)).kind == "resync"
        world.rows("""SELECT pg_notify('orchestrion', '{"t":"t","k":"run","id":"r"}')""")
        assert await anext(rings) == Ring("run", "t", "r")
    await bell.close()


async def test_silence_is_checked_and_the_bell_goes_on(world: World) -> None:
    bell = Bell(world.url, keepalive_s=0.01)
    await bell.open()
    told: list[Ring] = []
    unsubscribe = bell.subscribe(told.append)
    async with bell.rings() as rings, asyncio.timeout(20):
        for number in range(50):
            world.rows("SELECT pg_notify('orchestrion', %s)", f'{{"t":"t","k":"run","id":"{number}"}}')
        assert [(await anext(rings)).id for _ in range(51)] == ["", *map(str, range(50))]
        assert len(told) == 51
        unsubscribe()
        world.rows("""SELECT pg_notify('orchestrion', '{"t":"t","k":"run","id":"r"}')""")
        assert (await anext(rings)).id == "r"
    assert len(told) == 51
    await bell.close()


async def test_a_bell_without_a_server_says_so(place) -> None:
    with pytest.raises(DatabaseUnavailable):
        await Bell(f"postgresql://nobody@/none?host={place}").open()

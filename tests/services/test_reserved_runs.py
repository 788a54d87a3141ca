"""A run that someone makes to execute it himself is his for the first seconds, and anyone's after that."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from app.domain.access import Actor
from app.services import Services
from app.storage.claims import PostgresRunQueue
from tests.services.conftest import document


@pytest.fixture
async def queues(database_url: str) -> AsyncIterator[tuple[PostgresRunQueue, PostgresRunQueue]]:
    async with PostgresRunQueue(database_url, name="mine") as mine, PostgresRunQueue(database_url, name="other") as other:
        yield mine, other


async def test_others_leave_a_reserved_run_alone(
    services: Services, admin: Actor, queues: tuple[PostgresRunQueue, PostgresRunQueue], database_url: str
) -> None:
    mine, other = queues
    id = await services.workflows.import_document(admin, document())
    reserved = await services.runs.start(admin, id, {}, "test", reserved_for=mine.owner)
    free = await services.runs.start(admin, id, {}, "test")
    assert [run.handle.run_id for run in await other.claim(limit=10)] == [free]
    assert await other.claim_one(reserved) is None
    claimed = await mine.claim_one(reserved)
    assert claimed is not None
    assert claimed.handle.run_id == reserved


async def test_a_reserved_run_that_was_not_taken_up_is_anyones(
    services: Services, admin: Actor, queues: tuple[PostgresRunQueue, PostgresRunQueue], database_url: str
) -> None:
    mine, other = queues
    id = await services.workflows.import_document(admin, document())
    reserved = await services.runs.start(admin, id, {}, "test", reserved_for=mine.owner)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE runs SET lease_until = now() - interval '1 second'")
    assert [run.handle.run_id for run in await other.claim(limit=10)] == [reserved]


async def test_a_reserved_run_can_be_cancelled_before_it_begins(
    services: Services, admin: Actor, queues: tuple[PostgresRunQueue, PostgresRunQueue]
) -> None:
    mine, _ = queues
    id = await services.workflows.import_document(admin, document())
    reserved = await services.runs.start(admin, id, {}, "test", reserved_for=mine.owner)
    await services.runs.cancel(admin, reserved)
    claimed = await mine.claim_one(reserved)
    assert claimed is not None
    assert claimed.cancel_requested

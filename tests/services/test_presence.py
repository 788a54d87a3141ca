"""People who have one workflow open see each other, and what the other saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from app.domain.access import Actor, Permission, Role
from app.domain.edits import Rename, SetDetails
from app.domain.errors import WorkflowConflict, WorkflowNotFound
from app.services import Services
from app.storage.notifications import Bell
from app.storage.unit_of_work import UnitsOfWork
from tests.services.conftest import document

Audit = Callable[[], list[tuple[str, str]]]


@pytest.fixture
async def ada(unit_of_work: UnitsOfWork, admin: Actor) -> Actor:
    id = str(uuid4())
    async with unit_of_work(admin, Permission.USER_MANAGE) as uow:
        await uow.access.add_user(user_id=id, email="ada@example.org", name="Ada", role=Role.BUILDER)
        uow.audit("create", "user", id)
    return Actor(admin.tenant_id, Role.BUILDER, id, "ada@example.org")


async def test_who_else_has_it_open_is_seen_until_they_leave(services: Services, admin: Actor, ada: Actor, audit: Audit) -> None:
    id = await services.workflows.create(admin)
    entries = audit()
    mine, again, hers = (str(uuid4()) for _ in range(3))
    assert (await services.presence.look(admin, id, mine, 1)).others == ()
    (me,) = (await services.presence.look(ada, id, hers, 1)).others
    assert (me.session_id, me.is_me) == (mine, False)
    await services.presence.look(admin, id, again, 1)
    others = (await services.presence.look(admin, id, mine, 1)).others
    assert [(other.who, other.is_me) for other in others] == [("Ada", False), (me.who, True)]
    await services.presence.leave(ada, id, hers)
    assert [other.session_id for other in (await services.presence.look(admin, id, mine, 1)).others] == [again]
    assert audit() == entries


async def test_a_window_that_was_not_heard_of_for_a_minute_is_gone(services: Services, admin: Actor, ada: Actor, database_url: str) -> None:
    id = await services.workflows.create(admin)
    mine, hers = str(uuid4()), str(uuid4())
    await services.presence.look(ada, id, hers, 1)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE editing_sessions SET seen_at = now() - interval '61 seconds'")
        assert (await services.presence.look(admin, id, mine, 1)).others == ()
        assert connection.execute("SELECT count(*) FROM editing_sessions").fetchone() == (1,)


async def test_what_someone_else_saved_comes_with_their_name_and_time(services: Services, admin: Actor, ada: Actor) -> None:
    id = await services.workflows.create(admin)
    opened = await services.workflows.open(admin, id)
    mine = str(uuid4())
    assert (await services.presence.look(admin, id, mine, opened.revision)).newer is None
    revision = await services.editing.save(ada, id, [SetDetails(replace(opened.definition.graph.details, name="Hers"))], opened.revision)
    newer = (await services.presence.look(admin, id, mine, opened.revision)).newer
    assert newer is not None and newer.saved_at is not None
    assert (newer.definition.name, newer.revision, newer.who) == ("Hers", revision, "Ada")
    hers = (await services.presence.look(ada, id, str(uuid4()), opened.revision)).newer
    assert hers is not None and hers.who == "Another window of yours"
    assert abs((datetime.now(UTC) - newer.saved_at).total_seconds()) < 60


async def test_a_workflow_that_is_gone_or_another_tenants_is_not_there(services: Services, admin: Actor) -> None:
    id = await services.workflows.create(admin)
    stranger = replace(admin, tenant_id=str(uuid4()))
    with pytest.raises(WorkflowNotFound):
        await services.presence.look(stranger, id, str(uuid4()), 1)
    await services.workflows.delete(admin, id)
    with pytest.raises(WorkflowNotFound):
        await services.presence.look(admin, id, str(uuid4()), 1)


async def test_coming_and_going_rings_and_a_heartbeat_does_not(services: Services, admin: Actor, database_url: str) -> None:
    id = await services.workflows.create(admin)
    heard: list[tuple[str, str]] = []
    bell = Bell(database_url)
    await bell.open()
    bell.subscribe(lambda ring: heard.append((ring.kind, ring.id)), kinds=["editing"])
    session = str(uuid4())
    for _ in range(3):
        await services.presence.look(admin, id, session, 1)
    await services.presence.leave(admin, id, session)
    for _ in range(100):
        if heard.count(("editing", id)) == 2:
            break
        await asyncio.sleep(0.02)
    await bell.close()
    assert heard.count(("editing", id)) == 2


async def test_a_viewer_is_there_too(services: Services, admin: Actor, as_role: Callable[[Role], Actor]) -> None:
    id = await services.workflows.create(admin)
    assert (await services.presence.look(as_role(Role.VIEWER), id, str(uuid4()), 1)).newer is None


async def test_purging_a_workflow_takes_its_sessions_along(services: Services, admin: Actor, database_url: str) -> None:
    id = await services.workflows.create(admin)
    await services.presence.look(admin, id, str(uuid4()), 1)
    await services.workflows.delete(admin, id)
    await services.workflows.purge(admin, id)
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM editing_sessions").fetchone() == (0,)


async def test_saves_of_two_editors_meet_as_a_conflict(services: Services, admin: Actor, ada: Actor) -> None:
    id = await services.workflows.import_document(admin, document())
    opened = await services.workflows.open(admin, id)
    (step,) = opened.definition.graph.steps
    await services.editing.save(ada, id, [Rename(step, "Hers")], opened.revision)
    with pytest.raises(WorkflowConflict):
        await services.editing.save(admin, id, [Rename(step, "Mine")], opened.revision)

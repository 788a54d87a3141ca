"""Runs as use cases: what starts, what is refused before a run exists, and what is seen of it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from app.domain.access import Actor, PermissionDenied, Role
from app.domain.errors import DefinitionInvalid, InputRefused, RunNotFound, VersionNotFound, WorkflowNotFound
from app.domain.json_value import JsonRejected
from app.domain.runs import RunStatus
from app.services import Services
from app.services.errors import InputTooLarge, RunStillGoing
from tests.services.conftest import document, transform

Audit = Callable[[], list[tuple[str, str]]]
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def test_a_test_run_keeps_the_draft_as_it_is_at_that_moment(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document(), keep_as_draft=True)
    run = await services.runs.start(admin, id, {"x": 1}, "test")
    await services.workflows.import_document(admin, document(transform("a", "A", 2)), keep_as_draft=True)
    detail = await services.runs.show(admin, run)
    assert detail.definition["steps"][0]["config"] == {"output": 1}
    assert (detail.run.status, detail.run.mode, detail.run.steps_total, detail.input) == ("pending", "test", 1, {"x": 1})
    assert audit() == [("create", "workflow"), ("execute", "run"), ("update", "workflow")]


async def test_a_production_run_is_of_a_published_version(services: Services, admin: Actor) -> None:
    id = await services.workflows.import_document(admin, document(), keep_as_draft=True)
    with pytest.raises(VersionNotFound):
        await services.runs.start(admin, id, {})
    await services.workflows.publish(admin, id)
    await services.workflows.import_document(admin, document(transform("a", "A", 2)), keep_as_draft=True)
    await services.workflows.publish(admin, id)
    latest = await services.runs.show(admin, await services.runs.start(admin, id, {}))
    first = await services.runs.show(admin, await services.runs.start(admin, id, {}, version=1))
    assert (latest.run.workflow_version, latest.definition["steps"][0]["config"]["output"]) == (2, 2)
    assert (first.run.workflow_version, first.definition["steps"][0]["config"]["output"]) == (1, 1)
    with pytest.raises(VersionNotFound):
        await services.runs.start(admin, id, {}, version=7)


async def test_a_bad_input_makes_no_run(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document(input_schema=NUMBER))
    await services.workflows.publish(admin, id)
    before = audit()
    for mode in ("test", "production"):
        with pytest.raises(InputRefused):
            await services.runs.start(admin, id, {"n": "many"}, mode)
        with pytest.raises(InputTooLarge):
            await services.runs.start(admin, id, {"n": 1, "x": "y" * 1_100_000}, mode)
        with pytest.raises(JsonRejected):
            await services.runs.start(admin, id, {"n": 10**70}, mode)
    assert await services.runs.list(admin) == []
    assert audit() == before


async def test_a_draft_with_errors_does_not_run(services: Services, admin: Actor) -> None:
    id = await services.workflows.import_document(admin, document({"id": "a", "name": "A", "type": "nope", "config": {}}))
    with pytest.raises(DefinitionInvalid):
        await services.runs.start(admin, id, {}, "test")
    with pytest.raises(WorkflowNotFound):
        await services.runs.start(admin, "00000000-0000-4000-8000-000000000000", {}, "test")


async def test_a_run_that_nobody_took_up_is_cancelled_at_once(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document())
    run = await services.runs.start(admin, id, {}, "test")
    assert await services.runs.cancel(admin, run) is RunStatus.CANCELLED
    assert await services.runs.cancel(admin, run) is RunStatus.CANCELLED
    assert (await services.runs.row(admin, run)).status == "cancelled"
    assert audit() == [("create", "workflow"), ("execute", "run"), ("update", "run")]


async def test_a_reserved_run_waits_for_its_worker_to_be_cancelled(services: Services, admin: Actor) -> None:
    id = await services.workflows.import_document(admin, document())
    run = await services.runs.start(admin, id, {}, "test", reserved_for="here#7")
    assert await services.runs.cancel(admin, run) is RunStatus.PENDING


async def test_runs_are_listed_newest_first_and_filtered(services: Services, admin: Actor) -> None:
    one = await services.workflows.import_document(admin, document(name="One"))
    two = await services.workflows.import_document(admin, document(name="Two"))
    first = await services.runs.start(admin, one, {}, "test")
    second = await services.runs.start(admin, two, {}, "test")
    await services.runs.cancel(admin, first)
    assert [row.id for row in await services.runs.list(admin)] == [second, first]
    assert [row.id for row in await services.runs.list(admin, status="cancelled")] == [first]
    assert [row.workflow for row in await services.runs.list(admin, workflow_id=two)] == ["Two"]
    assert await services.runs.count(admin) == 2


async def test_decisions_of_the_engine_are_not_shown_and_yet_counted(services: Services, admin: Actor, database_url: str) -> None:
    id = await services.workflows.import_document(admin, document())
    run = await services.runs.start(admin, id, {}, "test")
    with psycopg.connect(database_url, autocommit=True) as connection:
        for path in ("/a", "/a#ended"):
            connection.execute(
                "INSERT INTO step_runs (run_id, step_id, step_name, step_type, status, path, attempt)"
                " VALUES (%s, gen_random_uuid(), 'A', 'transform', 'completed', %s, 1)",
                (run, path),
            )
    changes = await services.runs.changes(admin, run, 0)
    assert [step.path for step in changes.steps] == ["/a"]
    assert [step.path for step in (await services.runs.show(admin, run)).steps] == ["/a"]
    assert (await services.runs.changes(admin, run, changes.seq)).steps == ()


async def test_what_is_not_there_is_told(services: Services, admin: Actor) -> None:
    for id in ("00000000-0000-4000-8000-000000000000", "no uuid"):
        for call in (services.runs.show(admin, id), services.runs.changes(admin, id, 0), services.runs.cancel(admin, id)):
            with pytest.raises(RunNotFound):
                await call
        with pytest.raises(RunNotFound):
            await services.runs.resume(admin, id)


async def test_each_role_may_do_what_the_table_says(
    services: Services, admin: Actor, as_role: Callable[[Role], Actor], audit: Audit
) -> None:
    id = await services.workflows.import_document(admin, document())
    run = await services.runs.start(as_role(Role.OPERATOR), id, {}, "test")
    entries = audit()
    viewer = as_role(Role.VIEWER)
    await services.runs.show(viewer, run)
    await services.runs.list(viewer)
    for call in (services.runs.start(viewer, id, {}, "test"), services.runs.cancel(viewer, run), services.runs.resume(viewer, run)):
        with pytest.raises(PermissionDenied):
            await call
    assert audit() == entries
    with pytest.raises(RunStillGoing):
        await services.runs.resume(admin, run)

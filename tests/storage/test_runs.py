"""Runs are queued, listed, read with their journal, and asked to stop; tenants see only their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from app.domain.access import Permission
from app.domain.errors import RunNotFound
from app.domain.workflow import definition_to_json
from app.storage.errors import AlreadyExists
from app.storage.runs import NewRun
from tests.storage.catalog import rows_of
from tests.storage.conftest import new_id, sample

VIEW = Permission.RUN_VIEW


@pytest.fixture
async def workflow_id(unit_of_work, admin) -> str:
    async with unit_of_work(admin, Permission.WORKFLOW_PUBLISH) as uow:
        workflow_id = await uow.workflows.create(sample())
        await uow.workflows.publish(await uow.workflows.get(workflow_id, lock=True))
        uow.audit("publish", "workflow", workflow_id)
    return workflow_id


async def queued(unit_of_work, actor, workflow_id, **values) -> str:
    run = NewRun(**{"workflow_id": workflow_id, "workflow_version": 1, "mode": "production", "input": {"n": 1}, **values})
    async with unit_of_work(actor, Permission.RUN_START) as uow:
        run_id = await uow.runs.add(run)
        uow.audit("execute", "run", run_id)
    return run_id


def step_row(database_url, run_id, path, *, status="completed", attempt=1, output=None) -> None:
    rows_of(
        database_url,
        "INSERT INTO step_runs (run_id, step_id, step_name, step_type, path, status, attempt, input, output)"
        " VALUES (%s, %s, %s, 'transform', %s, %s, %s, '{}', %s) RETURNING 1",
        run_id,
        new_id(),
        path.strip("/"),
        path,
        status,
        attempt,
        json.dumps(output),
    )


async def test_a_queued_run_is_pending_and_its_version_is_found_with_it(unit_of_work, admin, workflow_id) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    async with unit_of_work(admin, VIEW) as uow:
        detail = await uow.runs.get(run_id)
    assert (detail.run.status, detail.run.mode, detail.run.workflow, detail.input) == ("pending", "production", "Sample", {"n": 1})
    assert detail.definition["name"] == "Sample"
    assert detail.steps == detail.groups == ()


async def test_a_test_run_keeps_its_own_snapshot(unit_of_work, admin, workflow_id) -> None:
    snapshot = definition_to_json(sample("Draft of today"))
    run_id = await queued(unit_of_work, admin, workflow_id, mode="test", definition=snapshot)
    async with unit_of_work(admin, VIEW) as uow:
        assert (await uow.runs.get(run_id)).definition["name"] == "Draft of today"


async def test_a_tick_and_a_delivery_have_one_run_each(unit_of_work, admin, workflow_id, database_url) -> None:
    tenant = admin.tenant_id
    ((schedule,),) = rows_of(
        database_url,
        "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression) VALUES (%s, %s, 's', '* * * * *') RETURNING id::text",
        tenant,
        workflow_id,
    )
    ((webhook,),) = rows_of(
        database_url,
        "INSERT INTO webhooks (tenant_id, workflow_id, name, secret) VALUES (%s, %s, 'w', 'sealed') RETURNING id::text",
        tenant,
        workflow_id,
    )
    tick = {"schedule_id": schedule, "scheduled_for": datetime(2026, 1, 1, tzinfo=UTC), "triggered_by": "schedule"}
    delivery = {"webhook_id": webhook, "idempotency_key": "m1", "triggered_by": "webhook"}
    for origin in (tick, delivery):
        await queued(unit_of_work, admin, workflow_id, **origin)
        with pytest.raises(AlreadyExists):
            await queued(unit_of_work, admin, workflow_id, **origin)
    await queued(unit_of_work, admin, workflow_id)
    await queued(unit_of_work, admin, workflow_id)


async def test_lists_are_newest_first_with_filters_and_pages(unit_of_work, admin, workflow_id, database_url) -> None:
    ids = [await queued(unit_of_work, admin, workflow_id, mode="test" if n == 2 else "production") for n in range(4)]
    rows_of(database_url, "UPDATE runs SET status = 'failed', error = 'why' WHERE id = %s RETURNING 1", ids[1])
    rows_of(database_url, "UPDATE runs SET parent_run_id = %s WHERE id = %s RETURNING 1", ids[0], ids[3])
    async with unit_of_work(admin, VIEW) as uow:
        assert [row.id for row in await uow.runs.list()] == [ids[2], ids[1], ids[0]]
        assert [row.id for row in await uow.runs.list(children=True, limit=2, offset=0)] == [ids[3], ids[2]]
        assert [row.id for row in await uow.runs.list(limit=1, offset=1)] == [ids[1]]
        assert [(row.id, row.error) for row in await uow.runs.list(status="failed")] == [(ids[1], "why")]
        assert [row.id for row in await uow.runs.list(mode="test")] == [ids[2]]
        assert await uow.runs.list(workflow_id=new_id()) == []
        assert (await uow.runs.count(), await uow.runs.count(children=True, status="pending")) == (3, 3)
        assert (await uow.runs.latest_of(workflow_id)).id == ids[2]
        assert await uow.runs.latest_of(new_id()) is None


async def test_runs_are_counted_by_status_since_a_moment(unit_of_work, admin, workflow_id, database_url) -> None:
    for _ in range(3):
        last = await queued(unit_of_work, admin, workflow_id)
    rows_of(database_url, "UPDATE runs SET status = 'completed', created_at = now() - interval '2 days' WHERE id = %s RETURNING 1", last)
    now = datetime.now(UTC)
    async with unit_of_work(admin, VIEW) as uow:
        assert await uow.runs.count_by_status(now - timedelta(days=1)) == {"pending": 2}
        assert await uow.runs.count_by_status(now - timedelta(days=3)) == {"pending": 2, "completed": 1}


async def test_a_run_is_read_with_its_journal(unit_of_work, admin, workflow_id, database_url) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    big = 12345678901234567890123456789
    step_row(database_url, run_id, "/first", status="failed")
    rows_of(database_url, 'UPDATE step_runs SET error = \'no\', error_detail = \'{"type": "Timeout", "message": "no"}\' RETURNING 1')
    step_row(database_url, run_id, "/first", attempt=2, output={"big": big})
    async with unit_of_work(admin, VIEW) as uow:
        detail = await uow.runs.get(run_id)
        bare = await uow.runs.get(run_id, values=False)
        one = await uow.runs.step_run(run_id, "/first", 2)
    assert [(step.path, step.attempt, step.status, step.output) for step in detail.steps] == [
        ("/first", 1, "failed", None),
        ("/first", 2, "completed", {"big": big}),
    ]
    assert detail.steps[0].error == {"type": "Timeout", "message": "no"}
    assert bare.steps[1].output is None
    assert one == detail.steps[1]


async def test_changes_since_a_number_are_all_of_them_and_no_more(unit_of_work, admin, workflow_id, database_url) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    step_row(database_url, run_id, "/a", status="running")
    step_row(database_url, run_id, "/b", status="running")
    async with unit_of_work(admin, VIEW) as uow:
        first = await uow.runs.changes(run_id, 0)
    assert [step.path for step in first.steps] == ["/a", "/b"]
    rows_of(database_url, "UPDATE step_runs SET status = 'completed' WHERE path = '/a' RETURNING 1")
    async with unit_of_work(admin, VIEW) as uow:
        second = await uow.runs.changes(run_id, first.seq)
        assert [(step.path, step.status) for step in second.steps] == [("/a", "completed")]
        third = await uow.runs.changes(run_id, second.seq)
    assert third.steps == third.groups == ()
    assert third.seq == second.seq > first.seq


async def test_a_heartbeat_is_no_change_and_a_status_is(unit_of_work, admin, workflow_id, database_url) -> None:
    await queued(unit_of_work, admin, workflow_id)
    ((first,),) = rows_of(database_url, "SELECT seq FROM runs")
    assert rows_of(database_url, "UPDATE runs SET lease_until = now(), fence = 2, owner = 'w' RETURNING seq") == [(first,)]
    ((later,),) = rows_of(database_url, "UPDATE runs SET status = 'running' RETURNING seq")
    assert later > first


async def test_a_run_that_never_started_is_cancelled_at_once(unit_of_work, admin, workflow_id) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    async with unit_of_work(admin, Permission.RUN_CANCEL) as uow:
        assert await uow.runs.request_cancel(run_id) == "cancelled"
        uow.audit("cancel", "run", run_id)
    async with unit_of_work(admin, VIEW) as uow:
        row = await uow.runs.row(run_id)
    assert row.status == "cancelled"
    assert row.completed_at is not None


async def test_a_run_under_way_is_asked_once_and_a_sleeping_one_is_woken(unit_of_work, admin, workflow_id, database_url) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    rows_of(database_url, "UPDATE runs SET status = 'running', started_at = now(), wake_at = now() + interval '1 h' RETURNING 1")
    moments = []
    for _ in range(2):
        async with unit_of_work(admin, Permission.RUN_CANCEL) as uow:
            assert await uow.runs.request_cancel(run_id) == "running"
            uow.audit("cancel", "run", run_id)
        moments += rows_of(database_url, "SELECT cancel_requested_at, wake_at <= now() FROM runs")
    assert moments[0] == moments[1]
    assert moments[0][1] is True


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_an_ended_run_stays_as_it_ended(unit_of_work, admin, workflow_id, database_url, status) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    rows_of(database_url, "UPDATE runs SET status = %s RETURNING 1", status)
    async with unit_of_work(admin, Permission.RUN_CANCEL) as uow:
        assert await uow.runs.request_cancel(run_id) == status
        uow.audit("cancel", "run", run_id)
    assert rows_of(database_url, "SELECT status, cancel_requested_at FROM runs") == [(status, None)]


async def test_the_bell_rings_with_the_commit_and_carries_ids_only(unit_of_work, admin, workflow_id, database_url) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN orchestrion")
        run_id = await queued(unit_of_work, admin, workflow_id)
        with pytest.raises(ZeroDivisionError):
            async with unit_of_work(admin, Permission.RUN_START) as uow:
                await uow.runs.add(NewRun(workflow_id=workflow_id, workflow_version=1, mode="test", input=None))
                raise ZeroDivisionError
        heard = [json.loads(bell.payload) for bell in listener.notifies(timeout=0.3)]
    assert heard == [{"t": admin.tenant_id, "k": kind, "id": run_id} for kind in ("run", "due")]


async def test_another_tenant_sees_and_stops_nothing(unit_of_work, admin, stranger, workflow_id, database_url) -> None:
    run_id = await queued(unit_of_work, admin, workflow_id)
    step_row(database_url, run_id, "/a")
    async with unit_of_work(stranger, Permission.RUN_CANCEL) as uow:
        mine = uow.runs
        assert (await mine.list(), await mine.count(), await mine.latest_of(workflow_id)) == ([], 0, None)
        assert await mine.count_by_status(datetime(2000, 1, 1, tzinfo=UTC)) == {}
        assert await mine.step_run(run_id, "/a", 1) is None
        uow.audit("cancel", "run", run_id)
        for refused in (mine.get(run_id), mine.row(run_id), mine.changes(run_id, 0), mine.request_cancel(run_id)):
            with pytest.raises(RunNotFound):
                await refused


async def test_a_run_cannot_be_made_for_another_tenants_workflow(unit_of_work, stranger, workflow_id) -> None:
    from app.storage.errors import StillReferenced

    with pytest.raises(StillReferenced):
        await queued(unit_of_work, stranger, workflow_id)

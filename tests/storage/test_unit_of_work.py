"""The one door: permission, tenant, audit, and then commit or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest

from app.domain.access import Permission, PermissionDenied, Role
from app.storage.unit_of_work import UnauditedWrite
from tests.storage.catalog import rows_of
from tests.storage.conftest import sample


async def create(unit_of_work, actor, name: str, *, audited: bool = True) -> str:
    async with unit_of_work(actor, Permission.WORKFLOW_EDIT) as uow:
        workflow_id = await uow.workflows.create(sample(name))
        if audited:
            uow.audit("create", "workflow", workflow_id, name=name)
    return workflow_id


def names(database_url: str) -> list[tuple]:
    return rows_of(database_url, "SELECT name FROM workflows ORDER BY name")


async def test_the_end_of_the_block_commits(unit_of_work, admin, database_url) -> None:
    await create(unit_of_work, admin, "Kept")
    assert names(database_url) == [("Kept",)]


async def test_an_exception_rolls_everything_back_the_audit_entry_too(unit_of_work, admin, database_url) -> None:
    with pytest.raises(ZeroDivisionError):
        async with unit_of_work(admin, Permission.WORKFLOW_EDIT) as uow:
            uow.audit("create", "workflow", await uow.workflows.create(sample()))
            raise ZeroDivisionError
    assert names(database_url) == []
    assert rows_of(database_url, "SELECT * FROM audit_logs") == []


async def test_a_cancelled_use_case_leaves_nothing(unit_of_work, admin, database_url) -> None:
    reached = asyncio.Event()

    async def use_case() -> None:
        async with unit_of_work(admin, Permission.WORKFLOW_EDIT) as uow:
            uow.audit("create", "workflow", await uow.workflows.create(sample()))
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(use_case())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(database_url) == []


async def test_a_write_without_an_audit_entry_is_rolled_back(unit_of_work, admin, database_url) -> None:
    with pytest.raises(UnauditedWrite):
        await create(unit_of_work, admin, "Silent", audited=False)
    assert names(database_url) == []


async def test_who_may_not_is_refused_before_anything_is_read(unit_of_work, admin) -> None:
    with pytest.raises(PermissionDenied):
        async with unit_of_work(replace(admin, role=Role.VIEWER), Permission.WORKFLOW_EDIT):
            pytest.fail("the door opened")


async def test_the_tenant_is_bound_for_the_transaction_only(database, unit_of_work, admin) -> None:
    bound = "SELECT current_setting('app.tenant_id', true)"
    async with unit_of_work(admin, Permission.WORKFLOW_VIEW) as uow:
        connection = uow._transaction._connection
        assert (await connection.exec_driver_sql(bound)).scalar_one() == admin.tenant_id
    async with database.connection() as connection:
        assert (await connection.exec_driver_sql(bound)).scalar_one() in (None, "")


async def test_entries_carry_who_what_and_details_and_form_a_chain(unit_of_work, admin, database_url) -> None:
    actor = replace(admin, ip_address="192.0.2.7", user_agent="orchestrion")
    first = await create(unit_of_work, actor, "One")
    await create(unit_of_work, actor, "Two")
    rows = rows_of(
        database_url,
        "SELECT seq, actor_id::text, actor_email, action, resource_type, resource_id::text, metadata, host(ip_address), user_agent"
        " FROM audit_logs ORDER BY seq",
    )
    assert rows[0] == (1, admin.user_id, admin.email, "create", "workflow", first, {"name": "One"}, "192.0.2.7", "orchestrion")
    assert rows[1][0] == 2
    links = rows_of(database_url, "SELECT prev_hash, hash FROM audit_logs ORDER BY seq")
    assert links[0][0] == "0" * 64
    assert links[1][0] == links[0][1] != links[1][1]
    assert rows_of(database_url, "SELECT seq, hash FROM audit_heads") == [(2, links[1][1])]


async def test_an_entry_about_something_without_a_uuid_names_it_in_its_details(unit_of_work, admin, database_url) -> None:
    async with unit_of_work(admin, Permission.ADAPTER_EDIT) as uow:
        uow.audit("update", "adapter", "default/mine", enabled=False)
    assert rows_of(database_url, "SELECT resource_id, metadata FROM audit_logs") == [(None, {"id": "default/mine", "enabled": False})]


async def test_many_writers_at_once_make_one_chain_without_gaps(unit_of_work, admin) -> None:
    await asyncio.gather(*(create(unit_of_work, admin, f"W{n}") for n in range(20)))
    async with unit_of_work(admin, Permission.AUDIT_READ) as uow:
        verdict = await uow.records.verify_audit()
        assert (verdict.entries, verdict.is_whole) == (20, True)
        newest, *_ = entries = await uow.records.audit_entries(limit=5)
        assert [entry.seq for entry in entries] == [20, 19, 18, 17, 16]
        assert [entry.seq for entry in await uow.records.audit_entries(limit=2, before=16)] == [15, 14]
        assert newest.actor_email == admin.email


async def test_an_empty_chain_is_whole(unit_of_work, admin) -> None:
    async with unit_of_work(admin, Permission.AUDIT_READ) as uow:
        assert (await uow.records.verify_audit()).is_whole


@pytest.mark.parametrize(
    ("tampering", "bad"),
    [
        ("UPDATE audit_logs SET metadata = '{}' WHERE seq = 2", 2),
        ("UPDATE audit_logs SET created_at = created_at + interval '1 microsecond' WHERE seq = 3", 3),
        ("UPDATE audit_logs SET actor_email = 'someone@else' WHERE seq = 1", 1),
        ("DELETE FROM audit_logs WHERE seq = 2", 2),
        ("DELETE FROM audit_logs WHERE seq = 4", 4),
        ("DELETE FROM audit_logs", 1),
        ("UPDATE audit_logs SET seq = 9 WHERE seq = 4", 4),
    ],
)
async def test_verify_names_the_first_bad_entry(unit_of_work, admin, database_url, tampering, bad) -> None:
    for name in "ABCD":
        await create(unit_of_work, admin, name)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # a superuser can; that is what the chain is for
        connection.execute(tampering)
    async with unit_of_work(admin, Permission.AUDIT_READ) as uow:
        assert (await uow.records.verify_audit()).first_bad == bad


@pytest.mark.parametrize(
    "change", ["UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs", "DELETE FROM audit_heads"]
)
async def test_the_log_takes_no_change(unit_of_work, admin, database_url, change) -> None:
    await create(unit_of_work, admin, "One")
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(change)

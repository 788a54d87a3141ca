"""Adapters, sealed secrets, users, tenant settings and due schedules: each tenant its own."""

from __future__ import annotations

import json

import psycopg
import pytest

from app.domain.access import Permission, Role
from app.storage.errors import AlreadyExists
from tests.storage.catalog import rows_of
from tests.storage.conftest import new_id, sample

ADMIN = Permission.SECRET_WRITE


async def put(unit_of_work, actor, name: str, sealed: str, *, secret_id: str | None = None) -> tuple[str, bool]:
    async with unit_of_work(actor, ADMIN) as uow:
        secret_id = secret_id or await uow.records.lock_secret(name) or new_id()
        is_new = await uow.records.put_secret(secret_id=secret_id, name=name, sealed=sealed, key_id="k1")
        uow.audit("create" if is_new else "update", "secret", secret_id, name=name)
    return secret_id, is_new


async def test_a_secret_is_put_replaced_listed_and_deleted(unit_of_work, admin) -> None:
    first, is_new = await put(unit_of_work, admin, "API_KEY", "sealed-1")
    assert is_new
    assert await put(unit_of_work, admin, "API_KEY", "sealed-2") == (first, False)
    async with unit_of_work(admin, ADMIN) as uow:
        (listed,) = await uow.records.secrets()
        (kept,) = await uow.records.sealed_secrets(["API_KEY", "OTHER"])
        assert await uow.records.sealed_secrets([]) == []
        assert await uow.records.sealed_secrets() == [kept]
    assert (listed.name, listed.created_by, listed.key_id, listed.last_used_at) == ("API_KEY", admin.email, "k1", None)
    assert not hasattr(listed, "sealed")
    assert (kept.id, kept.sealed) == (first, "sealed-2")
    async with unit_of_work(admin, ADMIN) as uow:
        await uow.records.secrets_used(["API_KEY"])
        assert (await uow.records.secrets())[0].last_used_at is not None
        assert await uow.records.delete_secret("API_KEY") == first
        assert await uow.records.delete_secret("API_KEY") is None
        uow.audit("delete", "secret", first, name="API_KEY")


async def test_a_name_made_twice_at_once_is_refused_the_second_time(unit_of_work, admin) -> None:
    await put(unit_of_work, admin, "API_KEY", "sealed-1", secret_id=new_id())
    with pytest.raises(AlreadyExists) as refused:
        await put(unit_of_work, admin, "API_KEY", "sealed-2", secret_id=new_id())
    assert refused.value.constraint == "uq_secrets_tenant_id_name"


async def test_secrets_of_another_tenant_are_out_of_reach(unit_of_work, admin, stranger) -> None:
    secret_id, _ = await put(unit_of_work, admin, "API_KEY", "sealed-1")
    async with unit_of_work(stranger, ADMIN) as uow:
        assert await uow.records.secrets() == await uow.records.sealed_secrets() == []
        assert await uow.records.lock_secret("API_KEY") is None
        assert await uow.records.delete_secret("API_KEY") is None
        await uow.records.secrets_used(["API_KEY"])
        uow.audit("delete", "secret", secret_id)
    with pytest.raises(AlreadyExists):
        await put(unit_of_work, stranger, "API_KEY", "mine", secret_id=secret_id)
    async with unit_of_work(admin, ADMIN) as uow:
        assert [secret.sealed for secret in await uow.records.sealed_secrets()] == ["sealed-1"]
        assert [secret.last_used_at for secret in await uow.records.secrets()] == [None]


async def test_a_changed_secret_rings_the_bell(unit_of_work, admin, database_url) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN orchestrion")
        secret_id, _ = await put(unit_of_work, admin, "API_KEY", "sealed-1")
        heard = [json.loads(bell.payload) for bell in listener.notifies(timeout=0.3)]
    assert heard == [{"t": admin.tenant_id, "k": "secret", "id": secret_id}]


async def test_a_tenant_sees_everyones_adapters_and_its_own(unit_of_work, admin, stranger, database_url) -> None:
    rows_of(
        database_url,
        "INSERT INTO adapters (id, tenant_id, name, type) VALUES ('other/own', %s, 'Own', 'custom') RETURNING 1",
        stranger.tenant_id,
    )
    for actor, own in ((admin, []), (stranger, [("other/own", False)])):
        async with unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            seen = [(adapter.id, adapter.is_global) for adapter in await uow.records.adapters()]
        assert seen == [("anthropic", True), ("http", True), ("mock", True), ("openai", True), *own]


async def test_a_first_user_is_made_once(unit_of_work, admin, database_url) -> None:
    made = []
    for _ in range(2):
        async with unit_of_work(admin, Permission.USER_MANAGE) as uow:
            user_id = new_id()
            made.append(await uow.access.add_user(user_id=user_id, email="me@host", name="Me", role=Role.TENANT_ADMIN))
            uow.audit("create", "user", user_id)
    assert made == [True, False]
    async with unit_of_work(admin, Permission.USER_MANAGE) as uow:
        me = await uow.access.user_by_email("me@host")
        assert me is not None
        assert me.role is Role.TENANT_ADMIN
        assert await uow.access.user(me.id) == me
        assert [user.email for user in await uow.access.users()] == ["admin@example.org", "me@host"]
        await uow.access.logged_in(me.id)
        for role in (Role.VIEWER, Role.BUILDER):
            await uow.access.grant(user_id=me.id, role=role)
        uow.audit("login", "user", me.id)
    assert rows_of(database_url, "SELECT login = session_user, role, disabled_at FROM memberships") == [(True, "builder", None)]
    assert rows_of(database_url, "SELECT last_login_at IS NOT NULL FROM users WHERE email = 'me@host'") == [(True,)]


async def test_settings_change_one_by_one(unit_of_work, admin, stranger) -> None:
    async with unit_of_work(admin, Permission.TENANT_SETTINGS) as uow:
        await uow.access.change_settings({"max_concurrent_runs": 3})
        uow.audit("update", "tenant", admin.tenant_id)
        tenant = await uow.access.tenant()
    assert tenant is not None
    assert (tenant.slug, tenant.settings) == ("default", {"data_retention_days": 30, "max_concurrent_runs": 3})
    async with unit_of_work(stranger, Permission.TENANT_SETTINGS) as uow:
        other = await uow.access.tenant()
        assert other is not None
        assert other.settings == {}
        assert [user.email for user in await uow.access.users()] == ["stranger@example.org"]


async def test_due_schedules_are_the_active_ones_whose_time_has_come(unit_of_work, admin, stranger, database_url) -> None:
    async with unit_of_work(admin, Permission.WORKFLOW_EDIT) as uow:
        workflow_id = await uow.workflows.create(sample())
        uow.audit("create", "workflow", workflow_id)
    insert = (
        "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, status, next_run_at, deleted_at)"
        " VALUES (%s, %s, %s, '* * * * *', %s, now() + make_interval(mins => %s), %s) RETURNING 1"
    )
    for name, status, minutes, deleted in (
        ("late", "active", -1, None),
        ("later", "active", -2, None),
        ("not yet", "active", 5, None),
        ("paused", "paused", -1, None),
        ("gone", "active", -1, "2026-01-01"),
    ):
        rows_of(database_url, insert, admin.tenant_id, workflow_id, name, status, minutes, deleted)
    async with unit_of_work(admin, Permission.SCHEDULE_VIEW) as uow:
        assert [(due.plan.name, due.plan.workflow_id) for due in await uow.schedules.due_schedules()] == [
            ("later", workflow_id),
            ("late", workflow_id),
        ]
    async with unit_of_work(stranger, Permission.SCHEDULE_VIEW) as uow:
        assert await uow.schedules.due_schedules() == []

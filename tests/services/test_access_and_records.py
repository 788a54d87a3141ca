"""Who works here, the audit log, the adapters of a tenant, and the examples of a new installation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.domain.access import DEFAULT_TENANT_ID, Actor, Permission, PermissionDenied, Role
from app.domain.errors import DefinitionInvalid
from app.services import Services
from app.services import records as services_records
from app.services.examples import add_examples, examples_dir
from app.services.records import AdapterShelf
from app.storage.records import AdapterRow
from app.storage.unit_of_work import UnitsOfWork
from tests.services.conftest import document


async def test_the_first_start_makes_the_local_user_an_administrator_once(services: Services, database_url: str) -> None:
    first, is_new = await services.access.welcome()
    second, is_new_again = await services.access.welcome()
    assert first == second
    assert (is_new, is_new_again) == (True, False)
    assert (first.tenant_id, first.role) == (DEFAULT_TENANT_ID, Role.TENANT_ADMIN)
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM memberships").fetchone() == (1,)
        assert connection.execute("SELECT action, resource_type FROM audit_logs").fetchall() == [("create", "user")]


async def test_two_first_starts_at_once_make_one_user(services: Services) -> None:
    found = await asyncio.gather(*(services.access.welcome() for _ in range(5)))
    assert len({actor for actor, _ in found}) == 1
    assert sorted(is_new for _, is_new in found) == [False, False, False, False, True]


async def test_signing_in_tells_what_the_role_allows(services: Services) -> None:
    signed_in = await services.session.sign_in()
    assert signed_in.tenant == "Default"
    assert signed_in.may == frozenset(Permission)


async def test_settings_of_the_tenant_are_an_administrators(services: Services, admin: Actor, as_role: Callable[[Role], Actor]) -> None:
    await services.access.change_settings(admin, {"max_concurrent_runs": 3})
    tenant = await services.access.tenant(admin)
    assert tenant is not None
    assert (tenant.settings["max_concurrent_runs"], tenant.settings["data_retention_days"]) == (3, 30)
    assert [user.email for user in await services.access.users(admin)] == [admin.email]
    for call in (
        services.access.change_settings(as_role(Role.BUILDER), {"max_concurrent_runs": 100}),
        services.access.users(as_role(Role.BUILDER)),
        services.records.audit_entries(as_role(Role.BUILDER)),
        services.records.verify_audit(as_role(Role.BUILDER)),
    ):
        with pytest.raises(PermissionDenied):
            await call


async def test_the_audit_log_tells_who_did_what_and_is_whole(services: Services, admin: Actor) -> None:
    id = await services.workflows.import_document(admin, document())
    newest = (await services.records.audit_entries(admin, limit=1))[0]
    assert (newest.action, newest.resource_type, newest.resource_id, newest.actor_email) == ("create", "workflow", id, admin.email)
    assert (await services.records.verify_audit(admin)).is_whole


async def test_an_adapter_that_is_switched_off_is_not_on_the_shelf(
    services: Services, admin: Actor, unit_of_work: UnitsOfWork, database_url: str
) -> None:
    taken: list[str] = []

    def make(row: AdapterRow, allow: frozenset[str]) -> str | None:
        taken.append(row.id)
        return None if row.id == "openai" else f"{row.id} {sorted(allow)}"

    await services.access.change_settings(admin, {"egress_allow": [" LocalHost:11434 ", 5]})
    shelf = AdapterShelf(unit_of_work, make)
    assert await shelf.take(admin.tenant_id, "mock") == "mock ['localhost:11434']"
    assert await shelf.take(admin.tenant_id, "openai") is None
    assert await shelf.take(admin.tenant_id, "nothing") is None
    assert sorted(taken) == ["anthropic", "http", "mock", "openai"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE adapters SET enabled = false WHERE id = 'mock'")
    fresh = AdapterShelf(unit_of_work, make)
    assert await fresh.take(admin.tenant_id, "mock") is None
    assert {row.id for row in await services.records.adapters(admin)} == {"mock", "http", "openai", "anthropic"}
    assert services_records.FRESH_S <= 10


async def test_what_an_adapters_row_gives_counts_for_steps_and_their_check(
    services: Services, admin: Actor, unit_of_work: UnitsOfWork, database_url: str
) -> None:
    shelf = AdapterShelf(unit_of_work, lambda row, allow: row.id)
    asks = {"id": "a", "name": "A", "type": "llm", "config": {"provider": "mock", "prompt": "x"}}
    id = await services.workflows.import_document(admin, document(asks))
    assert [problem.code for problem in (await services.workflows.open(admin, id)).problems] == ["bad_config"]
    with pytest.raises(DefinitionInvalid):
        await services.workflows.publish(admin, id)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("""UPDATE adapters SET config = '{"model": "given"}' WHERE id = 'mock'""")
    assert await shelf.defaults(admin.tenant_id, "mock") == {"model": "given"}
    assert await shelf.defaults(admin.tenant_id, "http") == await shelf.defaults(admin.tenant_id, "nothing") == {}
    assert (await services.workflows.open(admin, id)).problems == ()
    assert await services.workflows.publish(admin, id) == 1
    await services.runs.start(admin, id, {}, "test")


async def test_a_new_installation_gets_every_example_published_and_an_old_one_none(
    services: Services, admin: Actor, tmp_path: Path
) -> None:
    files = sorted(examples_dir().glob("*.workflow.json"))
    (tmp_path / "broken.workflow.json").write_text('{"name": "Broken", "steps": [{"id": "a", "name": "A", "type": "nope", "config": {}}]}')
    (tmp_path / "empty.workflow.json").write_text("")
    for file in files:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert await add_examples(services.workflows, admin, tmp_path) == len(files)
    rows = await services.workflows.list(admin)
    assert {row.status for row in rows if row.name != "Broken"} == {"published"}
    assert await add_examples(services.workflows, admin, tmp_path) == 0

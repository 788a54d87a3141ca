"""Secrets as use cases: sealed, never given back, masked wherever they appear."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

import psycopg
import pytest

from app.domain.access import Actor, PermissionDenied, Role
from app.domain.credentials import SecretNameInvalid, SecretNotFound, SecretRefused
from app.platform.vault import Vault, VaultBroken
from app.services import Services
from app.services.credentials import SecretBox, VaultDoor
from app.storage.records import SecretRow
from app.storage.unit_of_work import UnitsOfWork

Audit = Callable[[], list[tuple[str, str]]]
VALUE = "correct horse battery"


@pytest.fixture
def box(unit_of_work: UnitsOfWork, door: VaultDoor) -> SecretBox:
    return SecretBox(unit_of_work, door)


async def test_a_secret_is_sealed_and_only_the_engine_opens_it(
    services: Services, admin: Actor, box: SecretBox, database_url: str, audit: Audit
) -> None:
    assert await services.credentials.set(admin, "TOKEN", VALUE) is True
    assert [row.name for row in await services.credentials.list(admin)] == ["TOKEN"]
    assert dict(await box.values(admin.tenant_id, ["TOKEN", "OTHER"])) == {"TOKEN": VALUE}
    with psycopg.connect(database_url, autocommit=True) as connection:
        dump = str(connection.execute("SELECT s.*, a.* FROM secrets s, audit_logs a").fetchall())
    assert VALUE not in dump
    assert base64.b64encode(VALUE.encode()).decode() not in dump
    assert audit() == [("create", "secret")]


async def test_a_new_value_replaces_the_old_one_and_both_stay_masked(
    services: Services, admin: Actor, box: SecretBox, audit: Audit
) -> None:
    await services.credentials.set(admin, "TOKEN", VALUE)
    await box.values(admin.tenant_id, ["TOKEN"])
    assert await services.credentials.set(admin, "TOKEN", "another value") is False
    assert dict(await box.values(admin.tenant_id, ["TOKEN"])) == {"TOKEN": "another value"}
    assert box.mask({"a": [f"x {VALUE} y", "another value"], VALUE: 1}) == {"a": ["x •••TOKEN••• y", "•••TOKEN•••"], "•••TOKEN•••": 1}
    assert VALUE not in box.mask_text(f"GET /?key={VALUE.replace(' ', '%20')}")
    assert audit() == [("create", "secret"), ("update", "secret")]


async def test_that_a_secret_was_used_is_noted_once_a_minute_and_is_no_change(
    services: Services, admin: Actor, box: SecretBox, database_url: str, audit: Audit
) -> None:
    for name in ("TOKEN", "OTHER"):
        await services.credentials.set(admin, name, VALUE)

    async def listed() -> dict[str, SecretRow]:
        return {row.name: row for row in await services.credentials.list(admin)}

    before = await listed()
    assert before["TOKEN"].last_used_at is None
    await box.values(admin.tenant_id, ["TOKEN"])
    used = await listed()
    assert used["TOKEN"].last_used_at is not None and used["OTHER"].last_used_at is None
    assert used["TOKEN"].updated_at == before["TOKEN"].updated_at
    await box.values(admin.tenant_id, ["TOKEN"])
    assert (await listed())["TOKEN"].last_used_at == used["TOKEN"].last_used_at
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE secrets SET last_used_at = last_used_at - interval '61 seconds'")
    await box.values(admin.tenant_id, ["TOKEN"])
    assert (await listed())["TOKEN"].last_used_at > used["TOKEN"].last_used_at
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT FROM secrets WHERE name = 'OTHER' FOR UPDATE")
        assert await asyncio.wait_for(box.values(admin.tenant_id, ["OTHER"]), 5)  # nobody waits for whoever changes it
    await services.credentials.set(admin, "TOKEN", "another value")
    assert (await listed())["TOKEN"].updated_at > before["TOKEN"].updated_at
    assert audit() == [("create", "secret"), ("create", "secret"), ("update", "secret")]


async def test_a_deleted_secret_is_gone(services: Services, admin: Actor, box: SecretBox, audit: Audit) -> None:
    await services.credentials.set(admin, "TOKEN", VALUE)
    await services.credentials.delete(admin, "TOKEN")
    assert dict(await box.values(admin.tenant_id, ["TOKEN"])) == {}
    with pytest.raises(SecretNotFound):
        await services.credentials.delete(admin, "TOKEN")
    assert audit() == [("create", "secret"), ("delete", "secret")]


async def test_names_and_values_that_cannot_be_are_refused_without_repeating_them(services: Services, admin: Actor, audit: Audit) -> None:
    for name in ("", "1A", "A-B", "a b", "x" * 256, "é"):
        with pytest.raises(SecretNameInvalid):
            await services.credentials.set(admin, name, VALUE)
    for value in ("", "5 chr", "with\0nul!", "x" * 70_000):
        with pytest.raises(SecretRefused) as refused:
            await services.credentials.set(admin, "TOKEN", value)
        assert not value or value not in str(refused.value)
    assert audit() == []


async def test_another_master_key_opens_nothing(services: Services, admin: Actor, unit_of_work: UnitsOfWork) -> None:
    await services.credentials.set(admin, "TOKEN", VALUE)
    elsewhere = SecretBox(unit_of_work, VaultDoor(lambda: Vault(bytes(32))))
    with pytest.raises(VaultBroken):
        await elsewhere.values(admin.tenant_id, ["TOKEN"])


async def test_a_value_copied_to_another_name_does_not_open(services: Services, admin: Actor, box: SecretBox, database_url: str) -> None:
    await services.credentials.set(admin, "TOKEN", VALUE)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE secrets SET name = 'STOLEN'")
    with pytest.raises(VaultBroken):
        await box.values(admin.tenant_id, ["STOLEN"])


async def test_only_an_administrator_manages_secrets(services: Services, as_role: Callable[[Role], Actor], audit: Audit) -> None:
    for role in (Role.VIEWER, Role.OPERATOR, Role.BUILDER):
        actor = as_role(role)
        for call in (
            services.credentials.set(actor, "TOKEN", VALUE),
            services.credentials.delete(actor, "TOKEN"),
            services.credentials.list(actor),
        ):
            with pytest.raises(PermissionDenied):
                await call
    assert audit() == []

"""Who may do what: every cell of the table in storage.md."""

from __future__ import annotations

import pytest

from app.domain.access import DEFAULT_TENANT_ID, Actor, Permission, PermissionDenied, Role, allowed, check

SEE = {"workflow.view", "run.view", "schedule.view", "dashboard.view"}
OPERATE = {"run.start", "run.cancel", "run.resume", "approval.decide", "schedule.pause"}
BUILD = {"workflow.edit", "workflow.publish", "workflow.delete", "schedule.edit", "webhook.edit", "adapter.edit"}
ADMINISTER = {"secret.write", "user.manage", "tenant.settings", "audit.read", "backup", "workflow.purge", "tenant.manage"}
TABLE = {
    Role.VIEWER: SEE,
    Role.OPERATOR: SEE | OPERATE,
    Role.BUILDER: SEE | OPERATE | BUILD,
    Role.TENANT_ADMIN: SEE | OPERATE | BUILD | ADMINISTER,
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_cell_of_the_table(role: Role, permission: Permission) -> None:
    assert allowed(role, permission) == (permission.value in TABLE[role])


def test_only_the_default_tenants_administrator_manages_tenants() -> None:
    assert Actor(tenant_id=DEFAULT_TENANT_ID, role=Role.TENANT_ADMIN).may(Permission.TENANT_MANAGE)
    other = Actor(tenant_id="11111111-1111-1111-1111-111111111111", role=Role.TENANT_ADMIN)
    with pytest.raises(PermissionDenied, match="only an administrator of the default tenant may"):
        check(other, Permission.TENANT_MANAGE)


def test_a_refusal_says_what_and_whom_to_ask() -> None:
    with pytest.raises(PermissionDenied) as refused:
        check(Actor(tenant_id=DEFAULT_TENANT_ID, role=Role.VIEWER), Permission.RUN_START)
    assert str(refused.value) == "As viewer you may not start runs; ask a tenant administrator for the role operator."
    assert refused.value.code == "access.denied"

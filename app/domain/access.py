"""Who may do what: actors, roles, permissions, and the one table that decides.

The table is `shared/design/storage.md` "Roles" as data. Services ask it, menus are disabled by it, and a test walks
every cell of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import AppError

DEFAULT_TENANT_ID = "00000000-0000-0000-0000-000000000001"
"""Its tenant_admin is the installation's administrator."""


class Role(StrEnum):
    """What a user is in a tenant; each may do all that the ones before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    BUILDER = "builder"
    TENANT_ADMIN = "tenant_admin"


class Permission(StrEnum):
    """One thing that may be allowed; the value is stable and goes to logs."""

    WORKFLOW_VIEW = "workflow.view"
    RUN_VIEW = "run.view"
    SCHEDULE_VIEW = "schedule.view"
    DASHBOARD_VIEW = "dashboard.view"
    RUN_START = "run.start"
    RUN_CANCEL = "run.cancel"
    RUN_RESUME = "run.resume"
    APPROVAL_DECIDE = "approval.decide"
    SCHEDULE_PAUSE = "schedule.pause"
    WORKFLOW_EDIT = "workflow.edit"
    WORKFLOW_PUBLISH = "workflow.publish"
    WORKFLOW_DELETE = "workflow.delete"
    SCHEDULE_EDIT = "schedule.edit"
    WEBHOOK_EDIT = "webhook.edit"
    ADAPTER_EDIT = "adapter.edit"
    SECRET_WRITE = "secret.write"  # noqa: S105 - a permission's name
    USER_MANAGE = "user.manage"
    TENANT_SETTINGS = "tenant.settings"
    AUDIT_READ = "audit.read"
    BACKUP = "backup"
    WORKFLOW_PURGE = "workflow.purge"
    TENANT_MANAGE = "tenant.manage"


_LOWEST: Mapping[Permission, Role] = {
    Permission.WORKFLOW_VIEW: Role.VIEWER,
    Permission.RUN_VIEW: Role.VIEWER,
    Permission.SCHEDULE_VIEW: Role.VIEWER,
    Permission.DASHBOARD_VIEW: Role.VIEWER,
    Permission.RUN_START: Role.OPERATOR,
    Permission.RUN_CANCEL: Role.OPERATOR,
    Permission.RUN_RESUME: Role.OPERATOR,
    Permission.APPROVAL_DECIDE: Role.OPERATOR,
    Permission.SCHEDULE_PAUSE: Role.OPERATOR,
    Permission.WORKFLOW_EDIT: Role.BUILDER,
    Permission.WORKFLOW_PUBLISH: Role.BUILDER,
    Permission.WORKFLOW_DELETE: Role.BUILDER,
    Permission.SCHEDULE_EDIT: Role.BUILDER,
    Permission.WEBHOOK_EDIT: Role.BUILDER,
    Permission.ADAPTER_EDIT: Role.BUILDER,
    Permission.SECRET_WRITE: Role.TENANT_ADMIN,
    Permission.USER_MANAGE: Role.TENANT_ADMIN,
    Permission.TENANT_SETTINGS: Role.TENANT_ADMIN,
    Permission.AUDIT_READ: Role.TENANT_ADMIN,
    Permission.BACKUP: Role.TENANT_ADMIN,
    Permission.WORKFLOW_PURGE: Role.TENANT_ADMIN,
    Permission.TENANT_MANAGE: Role.TENANT_ADMIN,
}
_RANK = {role: rank for rank, role in enumerate(Role)}

_WORDS: Mapping[Permission, str] = {
    Permission.WORKFLOW_VIEW: "see workflows",
    Permission.RUN_VIEW: "see runs",
    Permission.SCHEDULE_VIEW: "see schedules",
    Permission.DASHBOARD_VIEW: "see dashboards",
    Permission.RUN_START: "start runs",
    Permission.RUN_CANCEL: "cancel runs",
    Permission.RUN_RESUME: "resume runs",
    Permission.APPROVAL_DECIDE: "decide approvals",
    Permission.SCHEDULE_PAUSE: "pause and resume schedules",
    Permission.WORKFLOW_EDIT: "edit workflows",
    Permission.WORKFLOW_PUBLISH: "publish workflows",
    Permission.WORKFLOW_DELETE: "delete workflows",
    Permission.SCHEDULE_EDIT: "edit schedules",
    Permission.WEBHOOK_EDIT: "edit webhooks",
    Permission.ADAPTER_EDIT: "edit adapters",
    Permission.SECRET_WRITE: "manage secrets",
    Permission.USER_MANAGE: "manage users",
    Permission.TENANT_SETTINGS: "change the tenant's settings",
    Permission.AUDIT_READ: "read the audit log",
    Permission.BACKUP: "make backups",
    Permission.WORKFLOW_PURGE: "delete workflows for good",
    Permission.TENANT_MANAGE: "manage tenants",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something, in which tenant and role. `user_id` is None for the program itself (a schedule, a first start)."""

    tenant_id: str
    role: Role
    user_id: str | None = None
    email: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None

    def may(self, permission: Permission) -> bool:
        if permission is Permission.TENANT_MANAGE and self.tenant_id != DEFAULT_TENANT_ID:
            return False
        return allowed(self.role, permission)


class PermissionDenied(AppError):
    """Your role does not allow this; ask a tenant administrator."""

    code = "access.denied"

    def __init__(self, *, role: Role, permission: Permission) -> None:
        self.role, self.permission = role, permission
        enough = _LOWEST[permission]
        remedy = (
            "only an administrator of the default tenant may"
            if _RANK[role] >= _RANK[enough]
            else f"ask a tenant administrator for the role {enough.value}"
        )
        super().__init__(f"As {role.value} you may not {_WORDS[permission]}; {remedy}.")


def allowed(role: Role, permission: Permission) -> bool:
    """Whether the role allows it. TENANT_MANAGE also needs the default tenant: `Actor.may` knows."""
    return _RANK[role] >= _RANK[_LOWEST[permission]]


def check(actor: Actor, permission: Permission) -> None:
    """Raises PermissionDenied when the actor may not."""
    if not actor.may(permission):
        raise PermissionDenied(role=actor.role, permission=permission)

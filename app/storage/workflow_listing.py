"""The list of workflows: one statement for rows, their size and their last run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true

from app.storage.tables import runs, steps, workflow_versions, workflows


def listing(tenant_id: UUID) -> Select[Any]:
    """Columns as `WorkflowRow` names them. `version` is the latest published one, 0 when there is none."""
    latest = (
        select(func.coalesce(func.max(workflow_versions.c.version), 0))
        .where(workflow_versions.c.workflow_id == workflows.c.id, workflow_versions.c.tenant_id == tenant_id)
        .scalar_subquery()
    )
    size = select(func.count()).where(steps.c.workflow_id == workflows.c.id, steps.c.tenant_id == tenant_id).scalar_subquery()
    last_run = (
        select(runs.c.id, runs.c.status, runs.c.created_at, runs.c.error)
        .where(runs.c.workflow_id == workflows.c.id, runs.c.tenant_id == tenant_id)
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(1)
        .lateral("last_run")
    )
    return select(
        workflows.c.id,
        workflows.c.name,
        func.coalesce(workflows.c.description, "").label("description"),
        workflows.c.status,
        latest.label("version"),
        workflows.c.revision,
        workflows.c.updated_at,
        workflows.c.published_at,
        size.label("step_count"),
        last_run.c.id.label("last_run_id"),
        last_run.c.status.label("last_run_status"),
        last_run.c.created_at.label("last_run_at"),
        last_run.c.error.label("last_run_error"),
    ).outerjoin_from(workflows, last_run, true())


def matching(tenant_id: UUID, *, search: str, status: str | None, deleted: bool) -> list[ColumnElement[bool]]:
    """The WHERE of a list. `search` is plain text: its % and _ mean themselves."""
    conditions: list[ColumnElement[bool]] = [
        workflows.c.tenant_id == tenant_id,
        workflows.c.deleted_at.is_not(None) if deleted else workflows.c.deleted_at.is_(None),
    ]
    if status is not None:
        conditions.append(workflows.c.status == status)
    if search:
        conditions.append(workflows.c.name.icontains(search, autoescape=True) | workflows.c.description.icontains(search, autoescape=True))
    return conditions

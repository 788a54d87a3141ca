"""Which kinds of steps follow which, over the workflows that were changed last."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, distinct, func, literal, select

from app.storage.tables import edges, steps, workflows

# Habits are those of late; older ones only cost time.
LATEST_WORKFLOWS = 50
MOST_PAIRS = 500


def followings(tenant_id: UUID, *, besides: UUID | None) -> Select[str, str, int]:
    """Columns as `Following` names them, the most frequent first; one workflow may be left out."""
    latest = (
        select(workflows.c.id)
        .where(workflows.c.tenant_id == tenant_id, workflows.c.deleted_at.is_(None), workflows.c.id.is_distinct_from(besides))
        .order_by(workflows.c.updated_at.desc(), workflows.c.id)
        .limit(LATEST_WORKFLOWS)
        .subquery("latest")
    )
    source, target = steps.alias("source"), steps.alias("target")
    number = func.count(distinct(edges.c.workflow_id))
    before, after = _kind(source), _kind(target)
    return (
        select(before.label("before"), after.label("after"), number.label("workflows"))
        .select_from(edges)
        .join(latest, latest.c.id == edges.c.workflow_id)
        .join(source, and_(source.c.id == edges.c.source_step_id, source.c.tenant_id == tenant_id))
        .join(target, and_(target.c.id == edges.c.target_step_id, target.c.tenant_id == tenant_id))
        .where(edges.c.tenant_id == tenant_id)
        .group_by("before", "after")
        .order_by(number.desc(), "before", "after")
        .limit(MOST_PAIRS)
    )


def _kind(step: Any) -> ColumnElement[str]:
    """As `habit_of` says it."""
    adapter = step.c.config.op("->>")("adapter_id")
    return case((and_(step.c.type == "tool", adapter.is_not(None)), literal("tool ").concat(adapter)), else_=step.c.type)

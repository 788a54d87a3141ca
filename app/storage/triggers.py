"""Schedules and webhooks as rows: what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.domain.access import Actor
from app.domain.json_value import Json
from app.storage.database import Transaction
from app.storage.tables import schedules


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """An active schedule whose next tick has come, by the database's clock."""

    id: str
    workflow_id: str
    workflow_version: int
    name: str
    cron_expression: str
    timezone: str
    input: Json
    next_run_at: datetime


class Triggers:
    """The schedules and webhooks of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)

    async def due_schedules(self) -> list[DueSchedule]:
        """Active schedules that are due, the longest due first."""
        rows = await self._transaction.read(
            select(schedules)
            .where(
                schedules.c.tenant_id == self._tenant,
                schedules.c.status == "active",
                schedules.c.deleted_at.is_(None),
                schedules.c.next_run_at <= func.now(),
            )
            .order_by(schedules.c.next_run_at)
        )
        return [_due(row) for row in rows]


def _due(row: Mapping[str, object]) -> DueSchedule:
    names = ("workflow_version", "name", "cron_expression", "timezone", "input", "next_run_at")
    return DueSchedule(id=str(row["id"]), workflow_id=str(row["workflow_id"]), **{name: row[name] for name in names})  # type: ignore[arg-type]

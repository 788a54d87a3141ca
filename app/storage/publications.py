"""What hangs on the published versions of a workflow: notes, runs, and what starts it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, select, text, update

from app.domain.access import Actor
from app.domain.drafts import Follower, VersionStatistics
from app.domain.errors import VersionNotFound
from app.storage.bell import ring
from app.storage.database import Transaction
from app.storage.ids import uuid_of
from app.storage.tables import runs, schedules, webhooks, workflow_versions

_CALLERS: Final = text("""
    SELECT workflows.id, workflows.name, coalesce((step -> 'config' ->> 'version')::int, 0) AS version
    FROM workflows
    JOIN LATERAL (
        SELECT definition FROM workflow_versions
        WHERE workflow_id = workflows.id AND tenant_id = workflows.tenant_id ORDER BY version DESC LIMIT 1
    ) AS latest ON true
    CROSS JOIN LATERAL jsonb_array_elements(latest.definition -> 'steps') AS step
    WHERE workflows.tenant_id = :tenant AND workflows.deleted_at IS NULL AND workflows.id <> :workflow
      AND step ->> 'type' IN ('subflow', 'map') AND step -> 'config' ->> 'workflow_id' IN (:id, :name)
      AND jsonb_typeof(coalesce(step -> 'config' -> 'version', 'null')) IN ('number', 'null')
    GROUP BY 1, 2, 3
    ORDER BY workflows.name, 3
""")


class Publications:
    """The published versions of the actor's tenant, and who follows them."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)

    async def followers(self, workflow_id: str, name: str) -> list[Follower]:
        """Webhooks, schedules, then the workflows whose latest version calls this one by id or name."""
        key = uuid_of(workflow_id)
        hooks = await self._transaction.read(
            select(webhooks)
            .where(webhooks.c.tenant_id == self._tenant, webhooks.c.workflow_id == key, webhooks.c.deleted_at.is_(None))
            .order_by(webhooks.c.name, webhooks.c.id)
        )
        planned = await self._transaction.read(
            select(schedules)
            .where(schedules.c.tenant_id == self._tenant, schedules.c.workflow_id == key, schedules.c.deleted_at.is_(None))
            .order_by(schedules.c.name, schedules.c.id)
        )
        callers = await self._transaction.read(_CALLERS, {"tenant": self._tenant, "workflow": key, "id": workflow_id, "name": name})
        return [
            *(_webhook(row) for row in hooks),
            *(_schedule(row) for row in planned),
            *(Follower("workflow", str(row["id"]), row["name"], row["version"]) for row in callers),
        ]

    async def move_schedules(self, ids: Collection[str], workflow_id: str, version: int) -> int:
        """Let these schedules of a workflow run another version (0: the latest); how many there were."""
        return await self._move(schedules, ids, workflow_id, version)

    async def move_webhooks(self, ids: Collection[str], workflow_id: str, version: int) -> int:
        return await self._move(webhooks, ids, workflow_id, version)

    async def _move(self, table: Any, ids: Collection[str], workflow_id: str, version: int) -> int:
        moved = await self._transaction.write(
            update(table)
            .where(table.c.tenant_id == self._tenant, table.c.workflow_id == uuid_of(workflow_id), table.c.deleted_at.is_(None))
            .where(table.c.id.in_([uuid_of(id) for id in ids]))
            .values(workflow_version=version)
        )
        return int(moved.rowcount)

    async def runs_under_way(self, workflow_id: str) -> int:
        """Production runs of this workflow that have not ended: they finish on the version they began with."""
        row = await self._transaction.read_one(
            select(func.count().label("number")).where(
                runs.c.tenant_id == self._tenant,
                runs.c.workflow_id == uuid_of(workflow_id),
                runs.c.mode == "production",
                runs.c.status.in_(("pending", "running")),
            )
        )
        return int(row["number"]) if row else 0

    async def statistics(self, workflow_id: str, version: int) -> VersionStatistics:
        """How the production runs of one version went."""
        took = func.extract("epoch", runs.c.completed_at - runs.c.started_at)
        completed = runs.c.status == "completed"
        row = await self._transaction.read_one(
            select(
                func.count().label("runs"),
                func.count().filter(runs.c.status.in_(("completed", "failed"))).label("ended"),
                func.count().filter(completed).label("completed"),
                func.percentile_cont(0.95).within_group(took).filter(completed).label("p95_s"),
            ).where(
                runs.c.tenant_id == self._tenant,
                runs.c.workflow_id == uuid_of(workflow_id),
                runs.c.workflow_version == version,
                runs.c.mode == "production",
            )
        )
        return VersionStatistics(**row) if row is not None else VersionStatistics()

    async def author_and_note(self, workflow_id: str, version: int) -> tuple[str | None, str | None]:
        """The id of who published a version, and its note; nobody else changes it until this transaction ends.

        Raises:
            VersionNotFound.
        """
        row = await self._transaction.read_one(
            select(workflow_versions.c.published_by, workflow_versions.c.note).where(self._is(workflow_id, version)).with_for_update()
        )
        if row is None:
            raise VersionNotFound
        return (str(row["published_by"]) if row["published_by"] is not None else None), row["note"]

    async def set_note(self, workflow_id: str, version: int, note: str | None) -> None:
        await self._transaction.write(update(workflow_versions).where(self._is(workflow_id, version)).values(note=note))
        await self._transaction.signal(ring(str(self._tenant), "workflow", workflow_id))

    def _is(self, workflow_id: str, version: int) -> Any:
        return and_(
            workflow_versions.c.tenant_id == self._tenant,
            workflow_versions.c.workflow_id == uuid_of(workflow_id),
            workflow_versions.c.version == version,
        )


def _webhook(row: Mapping[str, Any]) -> Follower:
    return Follower(
        "webhook",
        str(row["id"]),
        row["name"],
        row["workflow_version"] or 0,
        is_on=row["enabled"],
        detail=f"{row['trigger_count']:,} calls so far" if row["trigger_count"] else "not called yet",
        last_run_at=row["last_triggered_at"],
    )


def _schedule(row: Mapping[str, Any]) -> Follower:
    return Follower(
        "schedule",
        str(row["id"]),
        row["name"],
        row["workflow_version"] or 0,
        is_on=row["status"] == "active",
        detail=f"{row['cron_expression']} · {row['timezone']}",
        next_run_at=row["next_run_at"],
        last_run_at=row["last_run_at"],
    )

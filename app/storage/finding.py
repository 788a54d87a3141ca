"""Looking through all workflows of a tenant at once: their steps by name, and what of them could use something."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy import Table, select, text

from app.domain.access import Actor
from app.domain.errors import WorkflowNotFound
from app.domain.finding import StepHit
from app.domain.usage import Subject, Use, UserKind, places_in_step, secret_places
from app.storage.database import Row, Rows, Transaction
from app.storage.ids import uuid_of
from app.storage.tables import adapters, schedules, steps, webhooks, workflows

# Quick and generous: what they let through is looked at once more, by the rules of the domain.
_MAY: Final = {
    "secret": "strpos({config}::text, 'secrets') > 0 AND strpos({config}::text, :id) > 0",
    "adapter": "(({config} ->> 'adapter_id') = :id OR ({config} ->> 'provider') = :id)",
    "workflow": "{type} IN ('subflow', 'map') AND ({config} ->> 'workflow_id') IN (:id, :name)",
}
_DRAFTS: Final = """
    SELECT workflows.id AS workflow_id, workflows.name AS workflow, 0 AS version,
           steps.id::text AS id, steps.name AS name, steps.type AS type, steps.config AS config
    FROM steps JOIN workflows ON workflows.id = steps.workflow_id AND workflows.tenant_id = steps.tenant_id
    WHERE steps.tenant_id = :tenant AND workflows.deleted_at IS NULL AND {may}
    ORDER BY workflows.name, workflows.id, steps.ordinal
"""
_VERSIONS: Final = """
    SELECT workflows.id AS workflow_id, workflows.name AS workflow, latest.version AS version,
           step ->> 'id' AS id, step ->> 'name' AS name, step ->> 'type' AS type, step -> 'config' AS config
    FROM workflows
    JOIN LATERAL (
        SELECT version, definition FROM workflow_versions
        WHERE workflow_id = workflows.id AND tenant_id = workflows.tenant_id ORDER BY version DESC LIMIT 1
    ) AS latest ON true
    CROSS JOIN LATERAL jsonb_array_elements(latest.definition -> 'steps') AS step
    WHERE workflows.tenant_id = :tenant AND workflows.deleted_at IS NULL AND {may}
    ORDER BY workflows.name, workflows.id
"""


class Finder:
    """Over the workflows of the actor's tenant that are not deleted."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)

    async def steps_called(self, words: str, *, limit: int, but: str = "") -> list[StepHit]:
        """Steps of drafts whose names hold the words, those that begin with them first; `but` is a workflow that is left out."""
        found = await self._transaction.read(
            select(
                steps.c.id,
                steps.c.name,
                steps.c.type,
                steps.c.config["adapter_id"].astext.label("adapter_id"),
                steps.c.workflow_id,
                workflows.c.name.label("workflow"),
            )
            .join_from(steps, workflows, (workflows.c.id == steps.c.workflow_id) & (workflows.c.tenant_id == steps.c.tenant_id))
            .where(
                steps.c.tenant_id == self._tenant,
                workflows.c.deleted_at.is_(None),
                steps.c.name.icontains(words, autoescape=True),
                steps.c.workflow_id.is_distinct_from(uuid_of(but)),
            )
            .order_by(steps.c.name.istartswith(words, autoescape=True).desc(), steps.c.name, workflows.c.name, steps.c.id)
            .limit(limit)
        )
        return [StepHit(**{**row, "id": str(row["id"]), "workflow_id": str(row["workflow_id"])}) for row in found]

    async def workflow_name(self, workflow_id: str) -> str:
        """Raises WorkflowNotFound."""
        row = await self._transaction.read_one(
            select(workflows.c.name).where(
                workflows.c.tenant_id == self._tenant, workflows.c.id == uuid_of(workflow_id), workflows.c.deleted_at.is_(None)
            )
        )
        if row is None:
            raise WorkflowNotFound
        return str(row["name"])

    async def uses(self, subject: Subject) -> list[Use]:
        """Every place that uses it, the draft and the latest version of a workflow told as one where they agree."""
        given = {"tenant": self._tenant, "id": subject.id, "name": subject.name or subject.id}
        found: dict[tuple[str, str, str], Use] = {}
        for statement, config, type in ((_DRAFTS, "steps.config", "steps.type"), (_VERSIONS, "(step -> 'config')", "(step ->> 'type')")):
            may = _MAY[subject.kind].format(config=config, type=type)
            for use in _checked(subject, await self._transaction.read(text(statement.format(may=may)), given)):
                key = (use.workflow_id, use.id, use.place)
                known = found.get(key)
                found[key] = use if known is None else replace(known, version=use.version)
        in_order = sorted(found.values(), key=lambda use: (use.workflow.casefold(), use.workflow_id))
        return [*in_order, *await self._others(subject)]

    async def _others(self, subject: Subject) -> list[Use]:
        if subject.kind == "workflow":
            return [*await self._triggers(schedules, "schedule", subject), *await self._triggers(webhooks, "webhook", subject)]
        if subject.kind == "secret":
            rows = await self._transaction.read(
                select(adapters.c.id, adapters.c.name, adapters.c.config)
                .where((adapters.c.tenant_id == self._tenant) | adapters.c.tenant_id.is_(None), adapters.c.config.is_not(None))
                .order_by(adapters.c.name)
            )
            named = [(row, next(secret_places(subject.id, row["config"], "/config"), "")) for row in rows]
            return [Use("adapter", row["id"], row["name"], place=place) for row, place in named if place]
        return []

    async def _triggers(self, table: Table, kind: UserKind, subject: Subject) -> list[Use]:
        rows = await self._transaction.read(
            select(table.c.id, table.c.name, table.c.workflow_version)
            .where(table.c.tenant_id == self._tenant, table.c.workflow_id == uuid_of(subject.id), table.c.deleted_at.is_(None))
            .order_by(table.c.name, table.c.id)
        )
        return [Use(kind, str(row["id"]), row["name"], version=row["workflow_version"]) for row in rows]


def _checked(subject: Subject, rows: Rows) -> list[Use]:
    return [
        _use(row, place)
        for row in rows
        if isinstance(row["config"], dict)
        for place in places_in_step(subject, row["type"] or "", row["config"])
    ]


def _use(row: Row, place: str) -> Use:
    version = row["version"]
    return Use(
        "step",
        row["id"],
        row["name"] or "",
        workflow_id=str(row["workflow_id"]),
        workflow=row["workflow"],
        type=row["type"] or "",
        place=place,
        in_draft=version == 0,
        version=version,
    )

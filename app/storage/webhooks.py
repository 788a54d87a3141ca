"""Webhooks and their deliveries as rows, for the people who look after them. What arrives is written by `deliveries`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, insert, null, select, text, update

from app.domain.access import Actor
from app.domain.webhooks import DeliveryRow, WebhookNotFound, WebhookPlan, WebhookRow
from app.storage.bell import ring
from app.storage.database import Transaction
from app.storage.deliveries_sql import LISTENER, LISTENERS
from app.storage.ids import text_of, uuid_of
from app.storage.tables import runs, users, webhook_deliveries, webhooks, workflows


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """The signing keys of a webhook as they are kept."""

    current: str
    previous: str | None


class Webhooks:
    """The webhooks of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)
        self._user = uuid_of(actor.user_id)

    async def list(self, *, workflow_id: str | None = None, search: str = "", limit: int = 500, offset: int = 0) -> list[WebhookRow]:
        """By name."""
        wanted: list[ColumnElement[bool]] = [webhooks.c.tenant_id == self._tenant, webhooks.c.deleted_at.is_(None)]
        if workflow_id is not None:
            wanted.append(webhooks.c.workflow_id == uuid_of(workflow_id))
        if search:
            wanted.append(webhooks.c.name.icontains(search, autoescape=True) | workflows.c.name.icontains(search, autoescape=True))
        rows = await self._transaction.read(_rows().where(*wanted).order_by(webhooks.c.name, webhooks.c.id).limit(limit).offset(offset))
        return [_row(row) for row in rows]

    async def get(self, webhook_id: str, *, lock: bool = False) -> WebhookRow:
        """Raises WebhookNotFound."""
        statement = _rows().where(self._mine(webhook_id))
        row = await self._transaction.read_one(statement.with_for_update(of=webhooks, key_share=True) if lock else statement)
        if row is None:
            raise WebhookNotFound
        return _row(row)

    async def any_enabled(self) -> bool:
        """Whether anything may be delivered, to any tenant."""
        enabled = select(webhooks.c.id).where(webhooks.c.enabled, webhooks.c.deleted_at.is_(None)).limit(1)
        return await self._transaction.read_one(enabled) is not None

    async def listeners(self) -> Sequence[str]:
        """Where the listeners on this database are reached, the first to come first."""
        rows = await self._transaction.read(text(LISTENERS))
        return list(dict.fromkeys(row["application_name"].removeprefix(LISTENER) for row in rows))

    async def keys(self, webhook_id: str) -> SealedKeys:
        row = await self._transaction.read_one(select(webhooks.c.secret, webhooks.c.previous_secret).where(self._mine(webhook_id)))
        if row is None:
            raise WebhookNotFound
        return SealedKeys(row["secret"], row["previous_secret"])

    async def any_sealed(self) -> str | None:
        """Some sealed key of the tenant, so that the next one shares its data key."""
        row = await self._transaction.read_one(
            select(webhooks.c.secret).where(webhooks.c.tenant_id == self._tenant).order_by(webhooks.c.created_at.desc()).limit(1)
        )
        return row["secret"] if row else None

    async def add(self, webhook_id: str, plan: WebhookPlan, *, sealed: str, enabled: bool) -> None:
        values = {
            **_values(plan),
            "id": UUID(webhook_id),
            "tenant_id": self._tenant,
            "secret": sealed,
            "enabled": enabled,
            "created_by": self._user,
        }
        await self._transaction.write(insert(webhooks).values(values))
        await self._ring(webhook_id)

    async def change(self, webhook_id: str, plan: WebhookPlan) -> None:
        await self._set(webhook_id, _values(plan))

    async def rotate(self, webhook_id: str, *, sealed: str, overlap: timedelta) -> None:
        """Another signing key; the one before is taken for `overlap` longer."""
        keeps = overlap > timedelta()
        await self._set(
            webhook_id,
            {
                "secret": sealed,
                "previous_secret": webhooks.c.secret if keeps else null(),
                "previous_valid_until": func.clock_timestamp() + overlap if keeps else null(),
            },
        )

    async def enable(self, webhook_id: str, enabled: bool) -> None:
        await self._set(webhook_id, {"enabled": enabled})

    async def delete(self, webhook_id: str) -> None:
        """Soft: its runs and deliveries stay."""
        await self._set(webhook_id, {"deleted_at": func.now()})

    async def deliveries(self, webhook_id: str, *, limit: int = 100, before: datetime | None = None) -> Sequence[DeliveryRow]:
        """Newest first; `before` is when the last one of the page before arrived."""
        row, first = webhook_deliveries.c, runs.alias("first")
        is_first = and_(row.verdict == "duplicate", first.c.webhook_id == row.webhook_id, first.c.idempotency_key == row.message_id)
        run = func.coalesce(runs.c.id, first.c.id).label("run")
        statement = (
            select(webhook_deliveries, run, func.coalesce(runs.c.status, first.c.status).label("run_status"))
            .outerjoin_from(webhook_deliveries, runs, runs.c.id == row.run_id)
            .outerjoin(first, is_first)
            .where(webhook_deliveries.c.webhook_id == uuid_of(webhook_id), webhook_deliveries.c.tenant_id == self._tenant)
            .order_by(webhook_deliveries.c.received_at.desc(), webhook_deliveries.c.id)
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(webhook_deliveries.c.received_at < before)
        return [_delivery(row) for row in await self._transaction.read(statement)]

    async def _set(self, webhook_id: str, values: Mapping[str, Any]) -> None:
        done = await self._transaction.write(update(webhooks).where(self._mine(webhook_id)).values(values))
        if done.rowcount != 1:
            raise WebhookNotFound
        await self._ring(webhook_id)

    async def _ring(self, webhook_id: str) -> None:
        await self._transaction.signal(ring(str(self._tenant), "webhook", webhook_id))

    def _mine(self, webhook_id: str) -> ColumnElement[bool]:
        return and_(webhooks.c.id == uuid_of(webhook_id), webhooks.c.tenant_id == self._tenant, webhooks.c.deleted_at.is_(None))


def _rows() -> Select[Any]:
    return (
        select(webhooks, workflows.c.name.label("workflow_name"), users.c.email.label("creator"))
        .join_from(webhooks, workflows, workflows.c.id == webhooks.c.workflow_id)
        .outerjoin(users, users.c.id == webhooks.c.created_by)
    )


def _values(plan: WebhookPlan) -> dict[str, Any]:
    return {
        "workflow_id": UUID(plan.workflow_id),
        "name": plan.name,
        "description": plan.description or None,
        "workflow_version": plan.workflow_version,
        "signature": plan.signature,
        "input_mapping": dict(plan.input_mapping) if plan.input_mapping is not None else None,
        "respond_within_ms": plan.respond_within_ms,
        "rate_limit": plan.rate_limit,
    }


def _row(row: Mapping[str, Any]) -> WebhookRow:
    plan = WebhookPlan(
        workflow_id=str(row["workflow_id"]),
        name=row["name"],
        workflow_version=row["workflow_version"] or 0,
        description=row["description"] or "",
        signature=row["signature"],
        input_mapping=row["input_mapping"] if isinstance(row["input_mapping"], dict) else None,
        respond_within_ms=row["respond_within_ms"],
        rate_limit=row["rate_limit"],
    )
    names = ("workflow_name", "enabled", "trigger_count", "last_triggered_at", "previous_valid_until", "created_at", "updated_at")
    return WebhookRow(
        id=str(row["id"]),
        plan=plan,
        created_by=row["creator"],
        last_payload=row["last_payload"],
        **{name: row[name] for name in names},
    )


def _delivery(row: Mapping[str, Any]) -> DeliveryRow:
    names = ("message_id", "received_at", "verdict", "status_code", "reason", "run_status", "payload", "body_bytes", "took_ms")
    return DeliveryRow(id=str(row["id"]), run_id=text_of(row["run"]), headers=row["headers"] or {}, **{name: row[name] for name in names})

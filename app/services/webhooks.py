"""Webhooks: made, changed, given another secret, switched, deleted, and what arrived at them. A secret is told once and kept sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_bytes
from uuid import uuid4

from app.domain.access import Actor, Permission
from app.domain.deliveries import SIGNATURE_FORMS, check_mapping, mapped, secret_of
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.domain.webhooks import LONGEST_REPLY_MS, DeliveryRow, NewWebhook, WebhookInvalid, WebhookPlan, WebhookRow
from app.platform.vault import Place
from app.services.credentials import VaultDoor
from app.storage.unit_of_work import UnitOfWork, UnitsOfWork

SIGNING_KEY = "webhook signing key"
"""What a webhook's sealed secret is for; it opens nowhere else."""
KEY_BYTES = 32
DEFAULT_OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=30)

Rows = list[WebhookRow]  # inside the class `list` is a method


@dataclass(frozen=True, slots=True)
class MappingTrial:
    """What a mapping makes of a payload: the input, notes on paths that found nothing, and what the input schema says of it."""

    input: Json
    notes: tuple[str, ...]
    problems: tuple[str, ...]


class WebhookUseCases:
    def __init__(self, unit_of_work: UnitsOfWork, schemas: SchemaChecker, door: VaultDoor) -> None:
        self._unit_of_work, self._schemas, self._door = unit_of_work, schemas, door

    async def list(self, actor: Actor, *, workflow_id: str | None = None, search: str = "", limit: int = 500) -> Rows:
        """By name."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return await uow.webhooks.list(workflow_id=workflow_id, search=search, limit=limit)

    async def get(self, actor: Actor, webhook_id: str) -> WebhookRow:
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return await uow.webhooks.get(webhook_id)

    async def any_enabled(self, actor: Actor) -> bool:
        """Whether a listener has anything to listen for."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return await uow.webhooks.any_enabled()

    async def listeners(self, actor: Actor) -> Sequence[str]:
        """Base URLs at which webhooks are listened for just now, by any process on this database."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            return await uow.webhooks.listeners()

    async def create(self, actor: Actor, plan: WebhookPlan, *, enabled: bool = True) -> NewWebhook:
        """A new webhook, and its secret, which nothing tells again.

        Raises:
            WebhookInvalid, MappingInvalid: nothing was kept.
            VersionNotFound: there is no such published version.
        """
        plan = _checked(plan)
        vault = await self._door.vault()
        webhook_id, secret = str(uuid4()), secret_of(token_bytes(KEY_BYTES))
        async with self._unit_of_work(actor, Permission.WEBHOOK_EDIT) as uow:
            await uow.workflows.version(plan.workflow_id, plan.workflow_version or None)
            place = Place(actor.tenant_id, webhook_id, SIGNING_KEY)
            sealed = vault.seal(secret, place, beside=await uow.webhooks.any_sealed())
            await uow.webhooks.add(webhook_id, plan, sealed=sealed, enabled=enabled)
            uow.audit("create", "webhook", webhook_id, name=plan.name, workflow=plan.workflow_id)
        return NewWebhook(webhook_id, secret)

    async def change(self, actor: Actor, webhook_id: str, plan: WebhookPlan) -> WebhookRow:
        """Give a webhook another plan; its workflow and secret stay. See `create`."""
        plan = _checked(plan)
        async with self._unit_of_work(actor, Permission.WEBHOOK_EDIT) as uow:
            before = await uow.webhooks.get(webhook_id, lock=True)
            if plan.workflow_id != before.plan.workflow_id:
                raise WebhookInvalid("A webhook keeps its workflow; make a new one for another workflow.")
            await uow.workflows.version(plan.workflow_id, plan.workflow_version or None)
            await uow.webhooks.change(webhook_id, plan)
            changed = [name for name in WebhookPlan.__slots__ if getattr(before.plan, name) != getattr(plan, name)]
            uow.audit("update", "webhook", webhook_id, changed=changed)
            return await uow.webhooks.get(webhook_id)

    async def rotate(self, actor: Actor, webhook_id: str, *, overlap: timedelta = DEFAULT_OVERLAP) -> NewWebhook:
        """A new secret; the one before is taken for `overlap` longer (none: not at all). It is told once."""
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            raise WebhookInvalid(f"The old secret may be taken for 0 to {LONGEST_OVERLAP.days} days longer.")
        vault = await self._door.vault()
        secret = secret_of(token_bytes(KEY_BYTES))
        async with self._unit_of_work(actor, Permission.WEBHOOK_EDIT) as uow:
            await uow.webhooks.get(webhook_id, lock=True)
            keys = await uow.webhooks.keys(webhook_id)
            sealed = vault.seal(secret, Place(actor.tenant_id, webhook_id, SIGNING_KEY), beside=keys.current)
            await uow.webhooks.rotate(webhook_id, sealed=sealed, overlap=overlap)
            uow.audit("update", "webhook", webhook_id, change="rotate", overlap_s=int(overlap.total_seconds()))
        return NewWebhook(webhook_id, secret)

    async def enable(self, actor: Actor, webhook_id: str, enabled: bool = True) -> None:
        """Switch it on or off. Off: signed deliveries are told so and make no run."""
        async with self._unit_of_work(actor, Permission.WEBHOOK_EDIT) as uow:
            if (await uow.webhooks.get(webhook_id, lock=True)).enabled != enabled:
                await uow.webhooks.enable(webhook_id, enabled)
                uow.audit("update", "webhook", webhook_id, change="enable" if enabled else "disable")

    async def delete(self, actor: Actor, webhook_id: str) -> None:
        """Its address is as if it had never been; its runs and deliveries stay."""
        async with self._unit_of_work(actor, Permission.WEBHOOK_EDIT) as uow:
            row = await uow.webhooks.get(webhook_id, lock=True)
            await uow.webhooks.delete(webhook_id)
            uow.audit("delete", "webhook", webhook_id, name=row.plan.name)

    async def deliveries(self, actor: Actor, webhook_id: str, *, limit: int = 100, before: datetime | None = None) -> Sequence[DeliveryRow]:
        """What arrived, newest first."""
        async with self._unit_of_work(actor, Permission.SCHEDULE_VIEW) as uow:
            await uow.webhooks.get(webhook_id)
            return await uow.webhooks.deliveries(webhook_id, limit=limit, before=before)

    async def try_mapping(
        self, actor: Actor, workflow_id: str, mapping: Mapping[str, str] | None, payload: Json, *, version: int = 0
    ) -> MappingTrial:
        """What a mapping would make of a payload, and whether the workflow would take it. Nothing is kept.

        Raises:
            MappingInvalid, PathFailed.
        """
        made = await asyncio.to_thread(mapped, check_mapping(dict(mapping) if mapping is not None else None), payload)
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            schema = await _schema(uow, workflow_id, version)
        problems = self._schemas.check(schema, made.input) if schema is not None else []
        return MappingTrial(made.input, made.notes, tuple(problems))


async def _schema(uow: UnitOfWork, workflow_id: str, version: int) -> Json:
    schema: Json = (await uow.workflows.version(workflow_id, version or None)).document.get("input_schema")
    return schema


def _checked(plan: WebhookPlan) -> WebhookPlan:
    name = plan.name.strip()
    if not 1 <= len(name) <= 255:
        raise WebhookInvalid("A webhook's name has 1 to 255 characters.")
    if plan.signature not in SIGNATURE_FORMS:
        raise WebhookInvalid(f"The form of signature is one of {', '.join(SIGNATURE_FORMS)}.")
    if plan.workflow_version < 0:
        raise WebhookInvalid("The version is a published one's number, or 0 for the latest.")
    if plan.respond_within_ms is not None and not 1 <= plan.respond_within_ms <= LONGEST_REPLY_MS:
        raise WebhookInvalid(f"The sender may wait for 1 to {LONGEST_REPLY_MS:,} ms.")
    if plan.rate_limit is not None and not 1 <= plan.rate_limit <= 10_000_000:
        raise WebhookInvalid("The limit is between 1 and 10,000,000 deliveries a minute.")
    mapping = check_mapping(dict(plan.input_mapping) if plan.input_mapping is not None else None)
    return replace(plan, name=name, input_mapping=mapping)

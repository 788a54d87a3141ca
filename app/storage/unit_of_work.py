"""The one door to the database: permission, tenant, audit, and then commit or nothing.

    async with unit_of_work(actor, Permission.WORKFLOW_EDIT) as uow:
        draft = await uow.workflows.get(workflow_id)
        …
        uow.audit("update", "workflow", workflow_id, revision=revision)

Leaving the block commits; an exception rolls back. A block that wrote something and said nothing to the audit log is
a bug and is rolled back. Audit entries are written last, as each locks its tenant's chain until the commit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import func, insert, select

from app.domain.access import Actor, Permission, check
from app.domain.json_value import Json
from app.storage.access import Access
from app.storage.bell import BellKind, ring
from app.storage.database import Database, Transaction
from app.storage.finding import Finder
from app.storage.ids import uuid_of
from app.storage.pauses import Pauses
from app.storage.presence import Presence
from app.storage.publications import Publications
from app.storage.records import Records
from app.storage.runs import Runs
from app.storage.schedules import Schedules
from app.storage.tables import audit_logs
from app.storage.webhooks import Webhooks
from app.storage.workflows import Workflows


class UnauditedWrite(RuntimeError):
    """A unit of work changed rows without an audit entry: a bug of the use case, rolled back."""


class UnitOfWork:
    """One transaction of one actor in one tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self.actor = actor
        self.tenant_id = actor.tenant_id
        self.workflows = Workflows(transaction, actor)
        self.runs = Runs(transaction, actor)
        self.access = Access(transaction, actor)
        self.pauses = Pauses(transaction, actor)
        self.records = Records(transaction, actor)
        self.presence = Presence(transaction, actor)
        self.finding = Finder(transaction, actor)
        self.schedules = Schedules(transaction, actor)
        self.webhooks = Webhooks(transaction, actor)
        self.publications = Publications(transaction, actor)
        self._transaction = transaction
        self._entries: list[dict[str, object]] = []

    def audit(self, action: str, resource_type: str, resource_id: str | None = None, **metadata: Json | list[str]) -> None:
        """Say what was done; kept when the unit of work commits. `metadata` must hold no secret.

        The column for the resource takes UUIDs: an id of another kind (an adapter's) goes to the metadata as `id`.
        """
        key = uuid_of(resource_id)
        details = metadata if key is not None or resource_id is None else {"id": resource_id, **metadata}
        self._entries.append(
            {
                "tenant_id": UUID(self.tenant_id),
                "actor_id": uuid_of(self.actor.user_id),
                "actor_email": self.actor.email,
                "action": action,
                "resource_type": resource_type,
                "resource_id": key,
                "metadata": details or None,
                "ip_address": self.actor.ip_address,
                "user_agent": self.actor.user_agent,
            }
        )

    async def notify(self, kind: BellKind, id: str) -> None:
        """Ring the doorbell at commit, for changes whose repository does not ring by itself."""
        await self._transaction.signal(ring(self.tenant_id, kind, id))

    async def finish(self) -> None:
        """Write the audit entries. Called by `UnitsOfWork` just before the commit."""
        if self._transaction.wrote and not self._entries:
            raise UnauditedWrite("rows were changed without an audit entry")
        for entry in self._entries:
            await self._transaction.write(insert(audit_logs), entry)


class UnitsOfWork:
    """Opens units of work on a database; called `unit_of_work` where it is held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def __call__(self, actor: Actor, permission: Permission) -> AsyncIterator[UnitOfWork]:
        """A unit of work of `actor`, who needs `permission`.

        Raises:
            PermissionDenied: before anything is read.
        """
        check(actor, permission)
        async with self._database.transaction() as transaction:
            await transaction.signal(select(func.set_config("app.tenant_id", actor.tenant_id, True)))
            uow = UnitOfWork(transaction, actor)
            yield uow
            await uow.finish()

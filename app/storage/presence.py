"""Who has a workflow open, as rows that live by their heartbeat, and what was saved since."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.domain.access import Actor
from app.domain.presence import EXPIRES_S, Present
from app.storage.bell import ring
from app.storage.database import Transaction
from app.storage.ids import uuid_of
from app.storage.tables import audit_logs, users, workflows
from app.storage.tables_editing import editing_sessions


class Presence:
    """The open workflows of the actor's tenant. Nothing here is an act for the audit log: a heartbeat changes no one's data."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction, self._actor = transaction, actor
        self._tenant = UUID(actor.tenant_id)

    async def beat(self, workflow_id: str, session_id: str) -> None:
        """This window still has it open; the first time, others are told. What was not heard of for long goes."""
        stale = editing_sessions.c.seen_at < func.now() - timedelta(seconds=EXPIRES_S)
        await self._transaction.mark(delete(editing_sessions).where(self._of(workflow_id), stale))
        known = await self._transaction.read_one(select(editing_sessions.c.id).where(self._mine(session_id)))
        put = insert(editing_sessions).values(
            id=UUID(session_id), tenant_id=self._tenant, workflow_id=uuid_of(workflow_id), user_id=uuid_of(self._actor.user_id)
        )
        again = put.on_conflict_do_update(
            index_elements=["id"], set_={"seen_at": func.now()}, where=editing_sessions.c.tenant_id == self._tenant
        )
        await self._transaction.mark(again)
        if known is None:
            await self._transaction.signal(ring(str(self._tenant), "editing", workflow_id))

    async def leave(self, workflow_id: str, session_id: str) -> None:
        await self._transaction.mark(delete(editing_sessions).where(self._mine(session_id)))
        await self._transaction.signal(ring(str(self._tenant), "editing", workflow_id))

    async def others(self, workflow_id: str, session_id: str) -> tuple[Present, ...]:
        """The other windows that were heard of lately, the longest there first."""
        alive = editing_sessions.c.seen_at >= func.now() - timedelta(seconds=EXPIRES_S)
        rows = await self._transaction.read(
            select(editing_sessions.c.id, editing_sessions.c.user_id, editing_sessions.c.opened_at, users.c.name, users.c.email)
            .outerjoin_from(editing_sessions, users, users.c.id == editing_sessions.c.user_id)
            .where(self._of(workflow_id), alive, editing_sessions.c.id != UUID(session_id))
            .order_by(editing_sessions.c.opened_at, editing_sessions.c.id)
        )
        me = uuid_of(self._actor.user_id)
        return tuple(
            Present(str(row["id"]), row["name"] or row["email"] or "Someone", row["user_id"] == me, row["opened_at"]) for row in rows
        )

    async def revision(self, workflow_id: str) -> int | None:
        """The revision of the draft; None when there is none, or it is deleted."""
        row = await self._transaction.read_one(
            select(workflows.c.revision).where(
                workflows.c.id == uuid_of(workflow_id), workflows.c.tenant_id == self._tenant, workflows.c.deleted_at.is_(None)
            )
        )
        return int(row["revision"]) if row is not None else None

    async def last_save(self, workflow_id: str) -> tuple[str, datetime | None, bool]:
        """Who changed the workflow last, by name, when, and whether that was this person: the audit log knows."""
        row = await self._transaction.read_one(
            select(audit_logs.c.actor_id, audit_logs.c.actor_email, audit_logs.c.created_at, users.c.name)
            .outerjoin_from(audit_logs, users, users.c.id == audit_logs.c.actor_id)
            .where(
                audit_logs.c.tenant_id == self._tenant,
                audit_logs.c.resource_type == "workflow",
                audit_logs.c.resource_id == uuid_of(workflow_id),
                audit_logs.c.action == "update",
            )
            .order_by(audit_logs.c.seq.desc())
            .limit(1)
        )
        if row is None:
            return "", None, False
        is_me = row["actor_id"] is not None and row["actor_id"] == uuid_of(self._actor.user_id)
        return row["name"] or row["actor_email"] or "", row["created_at"], is_me

    def _of(self, workflow_id: str) -> ColumnElement[bool]:
        return and_(editing_sessions.c.tenant_id == self._tenant, editing_sessions.c.workflow_id == uuid_of(workflow_id))

    def _mine(self, session_id: str) -> ColumnElement[bool]:
        return and_(editing_sessions.c.tenant_id == self._tenant, editing_sessions.c.id == UUID(session_id))

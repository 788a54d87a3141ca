"""Tenants, users and memberships as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domain.access import Actor, Role
from app.domain.json_value import Json
from app.storage.database import Transaction
from app.storage.ids import uuid_of
from app.storage.tables import memberships, tenants, users
from app.storage.tables_base import Document


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    name: str
    slug: str
    settings: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class User:
    id: str
    tenant_id: str
    email: str
    name: str | None
    role: Role


class Access:
    """The actor's own tenant and its users."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)

    async def tenant(self) -> Tenant | None:
        """The actor's tenant; None when it is deleted."""
        row = await self._transaction.read_one(select(tenants).where(tenants.c.id == self._tenant, tenants.c.deleted_at.is_(None)))
        return Tenant(str(row["id"]), row["name"], row["slug"], row["settings"] or {}) if row else None

    async def change_settings(self, settings: Mapping[str, Json]) -> None:
        """Set these of the tenant's settings; the others stay."""
        await self._transaction.write(
            update(tenants)
            .where(tenants.c.id == self._tenant)
            .values(settings=func.coalesce(tenants.c.settings, literal({}, Document)).concat(literal(dict(settings), Document)))
        )

    async def users(self) -> list[User]:
        rows = await self._transaction.read(select(users).where(users.c.tenant_id == self._tenant).order_by(users.c.email))
        return [_user(row) for row in rows]

    async def user(self, user_id: str) -> User | None:
        row = await self._transaction.read_one(select(users).where(users.c.id == uuid_of(user_id), users.c.tenant_id == self._tenant))
        return _user(row) if row else None

    async def user_by_email(self, email: str) -> User | None:
        row = await self._transaction.read_one(select(users).where(users.c.email == email, users.c.tenant_id == self._tenant))
        return _user(row) if row else None

    async def add_user(self, *, user_id: str, email: str, name: str | None, role: Role) -> bool:
        """Keep a user of the tenant; False when the e-mail address is there already (two first starts at once)."""
        added = await self._transaction.write(
            upsert(users)
            .values(id=UUID(user_id), tenant_id=self._tenant, email=email, name=name, role=role.value)
            .on_conflict_do_nothing(index_elements=["tenant_id", "email"])
            .returning(users.c.id)
        )
        return added.first() is not None

    async def logged_in(self, user_id: str) -> None:
        """Note the time of a login."""
        await self._transaction.write(
            update(users).where(users.c.id == uuid_of(user_id), users.c.tenant_id == self._tenant).values(last_login_at=func.now())
        )

    async def grant(self, *, user_id: str, role: Role) -> None:
        """Let the database login of this connection act for the user in the tenant; renews a disabled membership."""
        granted = upsert(memberships).values(login=func.session_user(), user_id=UUID(user_id), tenant_id=self._tenant, role=role.value)
        await self._transaction.write(
            granted.on_conflict_do_update(
                index_elements=["login", "user_id", "tenant_id"], set_={"role": granted.excluded.role, "disabled_at": None}
            )
        )


def _user(row: Mapping[str, Any]) -> User:
    return User(str(row["id"]), str(row["tenant_id"]), row["email"], row["name"], Role(row["role"]))

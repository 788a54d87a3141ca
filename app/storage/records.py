"""What stands beside workflows, as rows: adapters, sealed secrets, the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domain.access import Actor
from app.domain.json_value import Json
from app.storage.bell import ring
from app.storage.database import Transaction
from app.storage.errors import AlreadyExists
from app.storage.ids import text_of, uuid_of
from app.storage.tables import adapters, audit_logs, secrets, users


@dataclass(frozen=True, slots=True)
class AdapterRow:
    """An adapter as a tenant sees it; `config` are the defaults of its steps, where templates may name secrets and nothing else."""

    id: str
    name: str
    description: str | None
    type: str
    config: Mapping[str, Json] | None
    input_schema: Json
    output_schema: Json
    enabled: bool
    is_global: bool


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret in a list: never its value. `created_by` is an e-mail address."""

    id: str
    name: str
    key_id: str | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret as it is kept; opening it needs the vault, and its tenant, id and name. `seen_used` says that a use was noted lately."""

    id: str
    name: str
    sealed: str
    key_id: str | None
    seen_used: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    seq: int
    actor_id: str | None
    actor_email: str | None
    action: str
    resource_type: str
    resource_id: str | None
    metadata: Json
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the tenant's chain is whole. `first_bad` is the number of the first entry that is changed, missing or foreign."""

    entries: int
    first_bad: int | None

    @property
    def is_whole(self) -> bool:
        return self.first_bad is None


_UNSEEN = func.coalesce(secrets.c.last_used_at < func.now() - timedelta(minutes=1), true())


class Records:
    """The records of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)
        self._user = uuid_of(actor.user_id)

    async def adapters(self) -> list[AdapterRow]:
        """Everyone's and the tenant's own."""
        visible = or_(adapters.c.tenant_id == self._tenant, adapters.c.tenant_id.is_(None))
        rows = await self._transaction.read(select(adapters).where(visible).order_by(adapters.c.tenant_id.nulls_first(), adapters.c.id))
        names = ("id", "name", "description", "type", "config", "input_schema", "output_schema", "enabled")
        return [AdapterRow(**{name: row[name] for name in names}, is_global=row["tenant_id"] is None) for row in rows]

    async def adapter_defaults(self) -> dict[str, Mapping[str, Json]]:
        """What each adapter gives to steps that leave it out, where it gives something."""
        visible = or_(adapters.c.tenant_id == self._tenant, adapters.c.tenant_id.is_(None))
        rows = await self._transaction.read(select(adapters.c.id, adapters.c.config).where(visible, adapters.c.config.is_not(None)))
        return {row["id"]: row["config"] for row in rows if isinstance(row["config"], dict)}

    async def secrets(self) -> list[SecretRow]:
        rows = await self._transaction.read(
            select(
                secrets.c.id,
                secrets.c.name,
                secrets.c.key_id,
                users.c.email.label("created_by"),
                secrets.c.created_at,
                secrets.c.updated_at,
                secrets.c.last_used_at,
            )
            .outerjoin_from(secrets, users, users.c.id == secrets.c.created_by)
            .where(secrets.c.tenant_id == self._tenant)
            .order_by(secrets.c.name)
        )
        return [SecretRow(**{**row, "id": str(row["id"])}) for row in rows]

    async def sealed_secrets(self, names: Sequence[str] | None = None) -> list[SealedSecret]:
        """Those of the named secrets that exist; without names all of them."""
        wanted: list[ColumnElement[bool]] = [secrets.c.tenant_id == self._tenant]
        if names is not None:
            wanted.append(secrets.c.name.in_(names))
        names_and_values = (secrets.c.id, secrets.c.name, secrets.c.encrypted_value, secrets.c.key_id, (~_UNSEEN).label("seen"))
        rows = await self._transaction.read(select(*names_and_values).where(*wanted).order_by(secrets.c.name))
        return [SealedSecret(str(row["id"]), row["name"], row["encrypted_value"], row["key_id"], bool(row["seen"])) for row in rows]

    async def lock_secret(self, name: str) -> str | None:
        """The id of a secret, which nobody else changes until this transaction ends; its value is sealed to that id."""
        row = await self._transaction.read_one(
            select(secrets.c.id).where(secrets.c.tenant_id == self._tenant, secrets.c.name == name).with_for_update()
        )
        return text_of(row["id"]) if row else None

    async def put_secret(self, *, secret_id: str, name: str, sealed: str, key_id: str) -> bool:
        """Keep a sealed value; True when the secret is new.

        Raises:
            AlreadyExists: name and id do not belong together (two programs made it at once): lock, seal and put again.
        """
        put = upsert(secrets).values(
            id=UUID(secret_id), tenant_id=self._tenant, name=name, encrypted_value=sealed, key_id=key_id, created_by=self._user
        )
        done = await self._transaction.write(
            put.on_conflict_do_update(
                index_elements=["id"],
                set_={"encrypted_value": put.excluded.encrypted_value, "key_id": put.excluded.key_id},
                where=(secrets.c.tenant_id == self._tenant) & (secrets.c.name == name),
            ).returning(text("xmax = 0"))
        )
        is_new = done.scalar_one_or_none()
        if is_new is None:
            raise AlreadyExists("pk_secrets")
        await self._transaction.signal(ring(str(self._tenant), "secret", secret_id))
        return bool(is_new)

    async def delete_secret(self, name: str) -> str | None:
        """The id of the secret that is gone; None when there was none."""
        gone = await self._transaction.write(
            delete(secrets).where(secrets.c.tenant_id == self._tenant, secrets.c.name == name).returning(secrets.c.id)
        )
        secret_id = text_of(gone.scalar_one_or_none())
        if secret_id is not None:
            await self._transaction.signal(ring(str(self._tenant), "secret", secret_id))
        return secret_id

    async def secrets_used(self, names: Sequence[str]) -> None:
        """Note that a run used them just now, unless that was noted within the last minute. A secret that is being changed is left out."""
        mine = select(secrets.c.id).where(secrets.c.tenant_id == self._tenant, secrets.c.name.in_(names), _UNSEEN)
        free = mine.with_for_update(skip_locked=True).scalar_subquery()
        await self._transaction.mark(update(secrets).where(secrets.c.id.in_(free)).values(last_used_at=func.now()))

    async def audit_entries(self, *, limit: int = 100, before: int | None = None) -> list[AuditEntry]:
        """Newest first; `before` is the number of the last entry of the page before."""
        wanted = select(audit_logs).where(audit_logs.c.tenant_id == self._tenant)
        if before is not None:
            wanted = wanted.where(audit_logs.c.seq < before)
        rows = await self._transaction.read(wanted.order_by(audit_logs.c.seq.desc()).limit(limit))
        names = ("seq", "actor_email", "action", "resource_type", "metadata", "created_at")
        return [
            AuditEntry(**{name: row[name] for name in names}, actor_id=text_of(row["actor_id"]), resource_id=text_of(row["resource_id"]))
            for row in rows
        ]

    async def verify_audit(self) -> AuditVerdict:
        """Recompute the tenant's chain from its first entry to its head."""
        row = await self._transaction.read_one(_CHAIN, {"tenant": self._tenant})
        assert row is not None  # aggregates without GROUP BY give one row
        return AuditVerdict(row["entries"], row["first_bad"])


_CHAIN = text(
    """
    WITH chain AS (
        SELECT seq, hash, prev_hash, hash = audit_entry_hash(entry) AS own,
               lag(hash, 1, repeat('0', 64)) OVER (ORDER BY seq) AS before, row_number() OVER (ORDER BY seq) AS place
        FROM audit_logs AS entry WHERE tenant_id = :tenant
    ), head AS (
        SELECT seq, hash FROM audit_heads WHERE tenant_id = :tenant
    )
    SELECT (SELECT count(*) FROM chain) AS entries, coalesce(
        (SELECT min(place) FROM chain WHERE NOT own OR prev_hash <> before OR seq <> place),
        -- Every entry is good: then the chain must end where its head says.
        (SELECT coalesce((SELECT max(seq) FROM chain), 0) + 1
         WHERE coalesce((SELECT hash FROM chain ORDER BY seq DESC LIMIT 1), repeat('0', 64))
               IS DISTINCT FROM coalesce((SELECT hash FROM head), repeat('0', 64)))
    ) AS first_bad
    """
)

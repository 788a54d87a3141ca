"""What stands beside workflows: the audit log, and which adapters a tenant may use."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.domain.access import Actor, Permission, Role
from app.domain.json_value import Json
from app.storage.database import with_reconnect
from app.storage.records import AdapterRow, AuditEntry, AuditVerdict
from app.storage.unit_of_work import UnitsOfWork

FRESH_S = 5.0
"""How long an adapter that was switched off may still be used."""

T = TypeVar("T")
_NOTHING: Mapping[str, Json] = {}


class RecordUseCases:
    def __init__(self, unit_of_work: UnitsOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def adapters(self, actor: Actor) -> Sequence[AdapterRow]:
        """Everyone's and the tenant's own."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.records.adapters()

    async def audit_entries(self, actor: Actor, *, limit: int = 100, before: int | None = None) -> Sequence[AuditEntry]:
        """Newest first; `before` is the number of the last entry of the page before."""
        async with self._unit_of_work(actor, Permission.AUDIT_READ) as uow:
            return await uow.records.audit_entries(limit=limit, before=before)

    async def verify_audit(self, actor: Actor) -> AuditVerdict:
        """Whether the tenant's chain is whole."""
        async with self._unit_of_work(actor, Permission.AUDIT_READ) as uow:
            return await uow.records.verify_audit()


@dataclass(frozen=True, slots=True)
class _Read(Generic[T]):
    """The adapters of one tenant: those that may be used, and what each gives to steps that leave it out."""

    at: float
    made: Mapping[str, T]
    defaults: Mapping[str, Mapping[str, Json]]


class AdapterShelf(Generic[T]):
    """The adapters of each tenant, as its rows say: read again after some seconds, patiently while the database is away.

    `make` gives what is taken from the shelf for an adapter's row and the tenant's allow-list of private addresses; None: the program
    has no such adapter.
    """

    def __init__(self, unit_of_work: UnitsOfWork, make: Callable[[AdapterRow, frozenset[str]], T | None]) -> None:
        self._unit_of_work, self._make = unit_of_work, make
        self._read: dict[str, _Read[T]] = {}

    async def take(self, tenant_id: str, adapter_id: str) -> T | None:
        """None when there is none of that id, or it is switched off."""
        return (await self._fresh(tenant_id)).made.get(adapter_id)

    async def defaults(self, tenant_id: str, adapter_id: str) -> Mapping[str, Json]:
        """What the adapter gives to steps that leave it out."""
        return (await self._fresh(tenant_id)).defaults.get(adapter_id, _NOTHING)

    async def _fresh(self, tenant_id: str) -> _Read[T]:
        found = self._read.get(tenant_id)
        if found is None or time.monotonic() - found.at > FRESH_S:
            found = self._read[tenant_id] = await with_reconnect(lambda: self._of(tenant_id))
        return found

    async def _of(self, tenant_id: str) -> _Read[T]:
        async with self._unit_of_work(Actor(tenant_id, Role.OPERATOR), Permission.RUN_START) as uow:
            rows = await uow.records.adapters()
            tenant = await uow.access.tenant()
        allow = _host_ports(tenant.settings.get("egress_allow") if tenant else None)
        made = {row.id: self._make(row, allow) for row in rows if row.enabled}
        usable = {id: taken for id, taken in made.items() if taken is not None}
        return _Read(time.monotonic(), usable, {row.id: row.config for row in rows if isinstance(row.config, Mapping)})


def _host_ports(value: Json) -> frozenset[str]:
    return frozenset(entry.strip().lower() for entry in value if isinstance(entry, str)) if isinstance(value, list) else frozenset()

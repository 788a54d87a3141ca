"""Secrets: set, listed by name, deleted; handed to steps, and masked wherever they would appear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

from app.domain.access import Actor, Permission, Role
from app.domain.credentials import Redactor, SecretNotFound, check_secret_name, check_secret_value
from app.domain.json_value import Json
from app.platform.vault import Place, Vault, key_id_of
from app.storage.database import with_reconnect
from app.storage.errors import AlreadyExists
from app.storage.records import SealedSecret, SecretRow
from app.storage.unit_of_work import UnitOfWork, UnitsOfWork


class VaultDoor:
    """The vault, opened when it is first needed: the key may lie in a key store that asks."""

    def __init__(self, open_vault: Callable[[], Vault]) -> None:
        self._open_vault = open_vault
        self._vault: Vault | None = None
        self._alone = asyncio.Lock()

    async def vault(self) -> Vault:
        async with self._alone:
            if self._vault is None:
                self._vault = await asyncio.to_thread(self._open_vault)
            return self._vault


class CredentialUseCases:
    """Write only: nothing here gives a value back."""

    def __init__(self, unit_of_work: UnitsOfWork, door: VaultDoor) -> None:
        self._unit_of_work, self._door = unit_of_work, door

    async def list(self, actor: Actor) -> Sequence[SecretRow]:
        async with self._unit_of_work(actor, Permission.SECRET_WRITE) as uow:
            return await uow.records.secrets()

    async def set(self, actor: Actor, name: str, value: str) -> bool:
        """Keep a value under a name; True when the name is new.

        Raises:
            SecretNameInvalid, SecretRefused.
        """
        check_secret_name(name)
        check_secret_value(value)
        vault = await self._door.vault()
        try:
            return await self._set(actor, vault, name, value)
        except AlreadyExists:  # someone made the same name just now: theirs is sealed to another id, and is replaced
            return await self._set(actor, vault, name, value)

    async def _set(self, actor: Actor, vault: Vault, name: str, value: str) -> bool:
        async with self._unit_of_work(actor, Permission.SECRET_WRITE) as uow:
            secret_id = await uow.records.lock_secret(name) or str(uuid4())
            sealed = vault.seal(value, Place(actor.tenant_id, secret_id, name), beside=await _any_sealed(uow))
            is_new = await uow.records.put_secret(secret_id=secret_id, name=name, sealed=sealed, key_id=key_id_of(sealed))
            uow.audit("create" if is_new else "update", "secret", secret_id, name=name)
        return is_new

    async def delete(self, actor: Actor, name: str) -> None:
        """Raises SecretNotFound when there is none."""
        async with self._unit_of_work(actor, Permission.SECRET_WRITE) as uow:
            secret_id = await uow.records.delete_secret(name)
            if secret_id is None:
                raise SecretNotFound(f"There is no secret named {name:.80}; `orchestrion secrets list` shows what there is.")
            uow.audit("delete", "secret", secret_id, name=name)


async def _any_sealed(uow: UnitOfWork) -> str | None:
    sealed = await uow.records.sealed_secrets()
    return sealed[0].sealed if sealed else None


class SecretBox:
    """The engine's `Secrets`: opens what a step names, and remembers every value it handed out, to mask it for ever after.

    Patient while the database is away: a step must not fail for that. That a secret was used is noted at most once a minute.
    """

    def __init__(self, unit_of_work: UnitsOfWork, door: VaultDoor) -> None:
        self._unit_of_work, self._door = unit_of_work, door
        self._redactor = Redactor()

    async def values(self, tenant_id: str, names: Sequence[str]) -> Mapping[str, str]:
        """Those of the named secrets that exist."""
        found = await with_reconnect(lambda: self._sealed(tenant_id, names))
        if not found:
            return {}
        vault = await self._door.vault()
        opened = {secret.name: vault.open(secret.sealed, Place(tenant_id, secret.id, secret.name)) for secret in found}
        self._redactor = self._redactor.including(opened.items())
        return opened

    async def _sealed(self, tenant_id: str, names: Sequence[str]) -> Sequence[SealedSecret]:
        async with self._unit_of_work(Actor(tenant_id, Role.OPERATOR), Permission.RUN_START) as uow:
            found = await uow.records.sealed_secrets(names)
            if unseen := [secret.name for secret in found if not secret.seen_used]:
                await uow.records.secrets_used(unseen)
        return found

    def mask(self, value: Json) -> Json:
        return self._redactor.value(value)

    def mask_text(self, text: str) -> str:
        return self._redactor.text(text)

"""Signing in: who works from now on, in which tenant, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.access import Actor, Permission
from app.services.access import AccessUseCases


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person at work. `may` is what their role allows, for menus; the services ask for themselves."""

    actor: Actor
    tenant: str
    may: frozenset[Permission]


class SessionUseCases:
    def __init__(self, access: AccessUseCases) -> None:
        self._access = access

    async def sign_in(self) -> SignedIn:
        """The local person, who needs no password: the operating system has asked for it."""
        actor = await self._access.local_actor()
        tenant = await self._access.tenant(actor)
        return SignedIn(actor, tenant.name if tenant else "", frozenset(filter(actor.may, Permission)))

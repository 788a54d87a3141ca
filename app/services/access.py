"""Who works here: the tenant, its users, and the person at this machine."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from app.domain.access import DEFAULT_TENANT_ID, Actor, Permission, Role
from app.domain.json_value import Json
from app.storage.access import Tenant, User
from app.storage.unit_of_work import UnitsOfWork


class AccessUseCases:
    def __init__(self, unit_of_work: UnitsOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def local_actor(self) -> Actor:
        """The operating system's user as tenant_admin of the default tenant; made at the first start."""
        actor, _ = await self.welcome()
        return actor

    async def welcome(self) -> tuple[Actor, bool]:
        """The local actor, and whether it was made just now."""
        is_new = False
        login = local_login()
        email = f"{login}@localhost"
        program = Actor(DEFAULT_TENANT_ID, Role.TENANT_ADMIN)
        async with self._unit_of_work(program, Permission.USER_MANAGE) as uow:
            user = await uow.access.user_by_email(email)
            if user is None:
                user_id = str(uuid5(UUID(DEFAULT_TENANT_ID), email))
                is_new = await uow.access.add_user(user_id=user_id, email=email, name=login, role=Role.TENANT_ADMIN)
                if is_new:
                    await uow.access.grant(user_id=user_id, role=Role.TENANT_ADMIN)
                uow.audit("create", "user", user_id, email=email, role=Role.TENANT_ADMIN.value)
                user = await uow.access.user_by_email(email)
        assert user is not None, "a user that was added or found is there"
        return Actor(user.tenant_id, user.role, user.id, user.email), is_new

    async def tenant(self, actor: Actor) -> Tenant | None:
        """The actor's tenant; None when it is deleted."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.access.tenant()

    async def users(self, actor: Actor) -> Sequence[User]:
        async with self._unit_of_work(actor, Permission.USER_MANAGE) as uow:
            return await uow.access.users()

    async def change_settings(self, actor: Actor, settings: Mapping[str, Json]) -> None:
        """Set these of the tenant's settings; the others stay."""
        async with self._unit_of_work(actor, Permission.TENANT_SETTINGS) as uow:
            await uow.access.change_settings(settings)
            uow.audit("update", "tenant", actor.tenant_id, settings=sorted(settings))


def local_login() -> str:
    """The name of the operating system's user; a number where the system has no name for it, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user-{os.getuid()}" if hasattr(os, "getuid") else "user"

"""What the window works with once the database is up."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.domain.catalog import Catalog
    from app.domain.draft_journal import DraftLogs
    from app.services import Services
    from app.ui.bridge import Bridge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """Who works, with which services and kinds of steps. `bridge` is the way to run any of the services' coroutines.

    `drafts` keeps edits on this machine until they are saved; without it nothing is kept.
    """

    bridge: Bridge
    services: Services
    actor: Actor
    catalog: Catalog
    drafts: DraftLogs | None = None

    async def call(self, use_case: Callable[..., Coroutine[Any, Any, T]], *arguments: object, **named: object) -> T:
        """Run one use case as this actor on the engine thread."""
        return await self.bridge.call(use_case(self.actor, *arguments, **named))

"""What starts runs by itself in this process: the schedule daemon and the webhook listener, with their connections."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.domain.errors import AppError
from app.domain.json_schema import SchemaChecker
from app.runtime.listen_address import ListenAddress, parse_address
from app.runtime.schedule_daemon import ScheduleDaemon
from app.services.credentials import VaultDoor
from app.services.firing import FiringUseCases
from app.services.receiving import Receiving
from app.storage.deliveries import PostgresDeliveries
from app.storage.firing import PostgresFiring
from app.storage.link import Failpoint
from app.storage.notifications import RESYNC, RUN, Bell, Ring

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.runtime.webhook_listener import WebhookListener
    from app.services.webhooks import WebhookUseCases

logger = logging.getLogger(__name__)

AGAIN_S = 10.0

Listens = Literal["always", "when_needed"]


@dataclass(slots=True)
class ListenerState:
    """How the listener stands, for people. `error` is the sentence why it does not listen though it should."""

    is_listening: bool = False
    address: str = ""
    base_url: str = ""
    error: str = ""


@dataclass(slots=True)
class TriggerRoom:
    """Between `open` and `close`. With `when_needed` the listener is off while no webhook is enabled."""

    daemon: ScheduleDaemon
    address: ListenAddress
    state: ListenerState
    _firing: PostgresFiring
    _deliveries: PostgresDeliveries
    _receiving: Receiving
    _listens: Listens
    _webhooks: WebhookUseCases
    _actor: Actor
    listener: WebhookListener | None = None
    _unsubscribe: list[Any] = field(default_factory=list)
    _settling: asyncio.Task[None] | None = None
    _retry: asyncio.TimerHandle | None = None
    _again: bool = False

    @classmethod
    async def open(
        cls,
        url: str,
        bell: Bell,
        *,
        listen: str,
        public_url: str | None,
        listens: Listens,
        webhooks: WebhookUseCases,
        actor: Actor,
        schemas: SchemaChecker,
        door: VaultDoor,
        failpoint: Failpoint,
    ) -> TriggerRoom:
        """Look for due schedules, and listen. A database that is just away is waited for beside this: who executes runs goes on.

        Raises:
            ListenAddressInvalid, AddressTaken: with `always`, when nothing can listen there.
        """
        address = parse_address(listen, public_url=public_url)
        firing, deliveries = PostgresFiring(url, failpoint=failpoint), PostgresDeliveries(url, failpoint=failpoint)
        receiving = Receiving(deliveries, schemas, door)
        daemon = ScheduleDaemon(FiringUseCases(firing, schemas), asyncio.get_running_loop())
        state = ListenerState(address=address.text, base_url=address.base_url)
        room = cls(daemon, address, state, firing, deliveries, receiving, listens, webhooks, actor)
        try:
            deliveries.start()
            room._unsubscribe = [
                bell.subscribe(lambda ring: daemon.wake(), kinds=("schedule",)),
                bell.subscribe(room._on_change, kinds=("webhook", "workflow")),
                bell.subscribe(room._on_run, kinds=(RUN,)),
            ]
            if listens == "always":
                await room._settle(strict=True)
            else:
                await room._settle_soon()
        except BaseException:
            await room.close()
            raise
        daemon.start()
        return room

    async def close(self) -> None:
        """From the outside in: no new delivery, no new look, then the connections."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        if self._retry is not None:
            self._retry.cancel()
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
        if self.listener is not None:
            await self.listener.stop()
        await asyncio.to_thread(self.daemon.stop)
        await asyncio.gather(self._firing.close(), self._deliveries.close())

    def _on_change(self, ring: Ring) -> None:
        if ring.kind == "webhook":
            self._receiving.forget(ring.id)
        else:
            self._receiving.forget()
        if ring.kind in ("webhook", RESYNC) and self._listens == "when_needed":
            self._settle_soon()

    def _settle_soon(self) -> asyncio.Task[None]:
        self._again = True
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_again(), name="webhook listener, on or off")
        return self._settling

    def _settle_later(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._retry = asyncio.get_running_loop().call_later(AGAIN_S, self._settle_soon)

    def _on_run(self, ring: Ring) -> None:
        if ring.kind == RUN:
            self._receiving.hear(ring.id)

    async def _settle_again(self) -> None:
        while self._again:
            self._again = False
            try:
                await self._settle(strict=False)
            except AppError as error:
                logger.warning("whether to listen is not known: %s", error.code)
                self._settle_later()

    async def _settle(self, *, strict: bool) -> None:
        """Listen when it should, and say how it stands."""
        wanted = self._listens == "always" or await self._webhooks.any_enabled(self._actor)
        if wanted and self.listener is None:
            try:
                await self._listen()
            except AppError as error:
                if strict:
                    raise
                logger.warning("webhooks are not listened for: %s", error)
                self.state.error = str(error)
                self._settle_later()  # whoever has the port may let it go
        elif not wanted and self.listener is not None:
            await self._deliveries.announce(None)
            await self.listener.stop()
            self.listener = None
            self.state.is_listening = False

    async def _listen(self) -> None:
        # Heavy to import: most desktops have no webhook.
        from app.runtime.webhook_listener import WebhookListener

        listener = WebhookListener(self._receiving, self.address)
        await listener.start()
        self.listener = listener
        self.state.is_listening, self.state.error = True, ""
        self.state.address, self.state.base_url = listener.address.text, listener.address.base_url
        await self._deliveries.announce(listener.address.base_url)

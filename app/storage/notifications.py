"""The listening end of the doorbell: ids of what changed, and a call to read everything again after a gap.

NOTIFY carries ids only and may be lost with its connection; a lost bell is a slower refresh, never a lie.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.domain.json_value import Json, JsonRejected, dumps, loads
from app.storage.bell import CHANNEL
from app.storage.direct import notifications
from app.storage.link import Connection, connect, is_passing, waits

logger = logging.getLogger(__name__)

KEEPALIVE_S = 15.0
LONGEST_PAYLOAD_BYTES = 7_900
"""PostgreSQL takes less than 8,000 bytes."""
MOST_UNHEARD = 10_000

RUN = "run"
CANCEL = "cancel"
DUE = "due"
ANSWER = "answer"
RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class Ring:
    """One thing that changed.

    kind: ``run`` (a run or its journal changed), ``cancel`` (someone asked to cancel it), ``due`` (a run may be claimable now: the
    workers' call), ``resync`` (nobody knows what was missed: read again whatever is shown; without ids), or another kind of row.
    """

    kind: str
    tenant_id: str = ""
    id: str = ""


def payloads(rings: Iterable[Ring]) -> list[str]:
    """The rings as payloads for pg_notify: each ring once, ids of one tenant and kind together while they fit."""
    ids: dict[tuple[str, str], dict[str, None]] = {}
    for ring in rings:
        ids.setdefault((ring.tenant_id, ring.kind), {})[ring.id] = None
    return payloads_of(ids)


def payloads_of(ids: Mapping[tuple[str, str], Mapping[str, None]]) -> list[str]:
    """The same from ids by (tenant, kind)."""
    texts = []
    for (tenant_id, kind), several in ids.items():
        names = list(several)
        room = (LONGEST_PAYLOAD_BYTES - len(dumps({"t": tenant_id, "k": kind, "id": []}))) // (max(map(len, names)) + 3)
        for start in range(0, len(names), room):
            part: list[Json] = [*names[start : start + room]]
            texts.append(dumps({"t": tenant_id, "k": kind, "id": part[0] if len(part) == 1 else part}))
    return texts


def heard(payload: str, kinds: frozenset[str] | None = None) -> list[Ring]:
    """The rings of a payload, of these kinds or of all; none for one that is not ours."""
    if kinds is not None and not any(kind in payload for kind in kinds):
        return []  # most rings of a busy process are its own, and tell it nothing
    try:
        said = loads(payload)
    except JsonRejected:
        return []
    if not isinstance(said, Mapping) or not isinstance(said.get("k"), str):
        return []
    if kinds is not None and said["k"] not in kinds:
        return []
    ids = said.get("id")
    return [Ring(str(said["k"]), str(said.get("t") or ""), str(id)) for id in (ids if isinstance(ids, list) else [ids]) if id is not None]


@dataclass(frozen=True, slots=True)
class _Ear:
    hear: Callable[[Ring], None]
    kinds: frozenset[str] | None


class Bell:
    """Listens on a connection of its own, from `open` to `close`. After each (re)connection it tells ``resync`` first."""

    def __init__(self, url: str, *, keepalive_s: float = KEEPALIVE_S) -> None:
        self._url, self._keepalive_s = url, keepalive_s
        self._ears: dict[int, _Ear] = {}
        self._next_ear = 0
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and listen.

        Raises:
            DatabaseUnavailable: nobody answers.
        """
        first = await self._connected()
        self._task = asyncio.create_task(self._listen(first), name="bell")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def subscribe(self, hear: Callable[[Ring], None], *, kinds: Iterable[str] | None = None) -> Callable[[], None]:
        """Call `hear` on the event loop for each ring, of these kinds (``resync`` always) or of all; the returned function ends that."""
        ear = self._next_ear
        self._next_ear += 1
        self._ears[ear] = _Ear(hear, None if kinds is None else frozenset({*kinds, RESYNC}))

        def unsubscribe() -> None:
            self._ears.pop(ear, None)

        return unsubscribe

    @asynccontextmanager
    async def rings(self) -> AsyncIterator[AsyncIterator[Ring]]:
        """All rings from now on, as an iterator. Who falls 10,000 behind hears one ``resync`` instead of them."""
        unheard: deque[Ring] = deque()
        arrived = asyncio.Event()

        def hear(ring: Ring) -> None:
            if len(unheard) >= MOST_UNHEARD:
                unheard.clear()
                ring = Ring(RESYNC)
            unheard.append(ring)
            arrived.set()

        async def each() -> AsyncIterator[Ring]:
            while True:
                while unheard:
                    yield unheard.popleft()
                arrived.clear()
                await arrived.wait()

        unsubscribe = self.subscribe(hear)
        try:
            yield each()
        finally:
            unsubscribe()

    async def _listen(self, connection: Connection) -> None:
        while True:
            self._tell([Ring(RESYNC)])
            try:
                async with connection:
                    await self._hear(connection)
            except Exception as error:
                if not is_passing(error):
                    raise
                logger.warning("bell: the connection broke, connecting again")
            connection = await self._again()

    async def _hear(self, connection: Connection) -> None:
        def hear(payload: str) -> None:
            if rings := heard(payload, self._wanted()):
                self._tell(rings)

        connection.add_notify_handler(lambda notify: hear(notify.payload))  # what comes along with the answer below
        while True:
            await notifications(connection, hear, silence_s=self._keepalive_s)
            # Silence may be a dead connection; an answer shows that it is not.
            await connection.execute("SELECT 1")

    async def _again(self) -> Connection:
        for wait_s in waits():
            await asyncio.sleep(wait_s)
            try:
                return await self._connected()
            except Exception as error:
                if not is_passing(error):
                    raise
        raise AssertionError("there is always another attempt")

    async def _connected(self) -> Connection:
        connection = await connect(self._url, name="orchestrion bell")
        try:
            await connection.execute(f"LISTEN {CHANNEL}")
        except BaseException:
            await connection.close()
            raise
        return connection

    def _tell(self, rings: Sequence[Ring]) -> None:
        """Rings of one payload: all of one kind."""
        loop = asyncio.get_running_loop()
        for ear in list(self._ears.values()):
            if ear.kinds is None or rings[0].kind in ear.kinds:
                loop.call_soon(_tell_all, ear.hear, rings)  # what a listener raises is its own, and never ends the listening

    def _wanted(self) -> frozenset[str] | None:
        """The kinds that anybody wants to hear; None for all."""
        kinds: set[str] = set()
        for ear in self._ears.values():
            if ear.kinds is None:
                return None
            kinds |= ear.kinds
        return frozenset(kinds)


def _tell_all(hear: Callable[[Ring], None], rings: Sequence[Ring]) -> None:
    for ring in rings:
        hear(ring)

"""What a listener does with a delivery: find the webhook, check the signature, map and check the payload, make the run, answer.

Nothing of a delivery is parsed before its signature holds. Whoever cannot sign learns nothing: an unknown webhook, a deleted one and
a wrong signature give the same answer after the same work.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.deliveries import SignatureRefused, Signed, mapped, verify
from app.domain.errors import AppError, DatabaseUnavailable
from app.domain.json_gate import receive
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.domain.runs import RunStatus
from app.domain.webhooks import DEFAULT_RATE_LIMIT, reply_of
from app.platform.vault import Place, VaultBroken
from app.services.credentials import VaultDoor
from app.services.webhooks import SIGNING_KEY
from app.storage.deliveries import Arrival, Hook, PostgresDeliveries, Written

logger = logging.getLogger(__name__)

KNOWN_HOOKS = 10_000
KNOWN_FOR_S = 5.0
COMMIT_WITHIN_S = 10.0
READY_WITHIN_S = 1.0
BURST_S = 10.0
LOOK_AT_RUN_S = 1.0
SHOWN_HEADERS = 40
SHOWN_PROBLEMS = 20
REFUSED_ROWS_A_MINUTE = 60
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-webhook-signature", "webhook-signature"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; the body is JSON, None for an empty one."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    """A webhook as it was read, or that there is none; its opened keys; and how many it may still take."""

    hook: Hook | None
    keys: tuple[str, ...]
    read_at: float


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What came: headers by lower-case name, the bytes of the body, and the reading of `time.perf_counter` at its first byte."""

    headers: Mapping[str, str]
    body: bytes
    begun_at: float


class _Bucket:
    """So many a minute, with a burst of ten seconds' worth."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        self._most = max(1.0, a_minute * BURST_S / 60)
        self._left, self._at = self._most, time.monotonic()

    def take(self) -> float:
        """0 when there was one left; else the seconds until there is."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self.a_minute / 60)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * 60 / self.a_minute


class Receiving:
    """One listener's use case."""

    def __init__(self, deliveries: PostgresDeliveries, schemas: SchemaChecker, door: VaultDoor) -> None:
        self._deliveries, self._schemas, self._door = deliveries, schemas, door
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._limits: OrderedDict[str, _Bucket] = OrderedDict()
        self._refusals: OrderedDict[str, _Bucket] = OrderedDict()
        self._watched: dict[str, asyncio.Event] = {}
        self._ahead_s = 0.0

    def forget(self, webhook_id: str | None = None) -> None:
        """A webhook (None: any, or a workflow) has changed: it is read again."""
        if webhook_id is None:
            self._known.clear()
        else:
            self._known.pop(webhook_id, None)

    def hear(self, run_id: str) -> None:
        """A run has news; whoever waits for its end looks."""
        if (event := self._watched.get(run_id)) is not None:
            event.set()

    async def is_ready(self) -> bool:
        """Whether the database answers."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._deliveries.ping()
        except (TimeoutError, DatabaseUnavailable):
            return False
        return True

    async def receive(self, webhook_id: str, headers: Mapping[str, str], body: bytes, *, begun_at: float | None = None) -> Answer:
        """The answer to one delivery. A run that it promises is committed.

        `headers` have lower-case names; one that came twice is told as an empty text. `begun_at` is what `time.perf_counter` said at
        its first byte; None: now. The database may be away: 503.
        """
        delivery = _Delivery(headers, body, time.perf_counter() if begun_at is None else begun_at)
        try:
            async with asyncio.timeout(COMMIT_WITHIN_S):
                outcome = await self._taken(webhook_id.lower(), delivery)
        except (TimeoutError, DatabaseUnavailable):
            return Answer(503, {"error": "The database does not answer; deliver it again."}, {"Retry-After": "5"})
        if isinstance(outcome, Answer):
            return outcome
        hook, written = outcome
        if hook.respond_within_ms is not None and written.run_id is not None:
            return await self._reply(written.run_id, hook.respond_within_ms / 1000)
        return _accepted(written)

    async def _taken(self, webhook_id: str, delivery: _Delivery) -> Answer | tuple[Hook, Written]:
        while True:
            known = await self._look_up(webhook_id)
            hook = known.hook
            try:
                form = hook.signature if hook is not None else "timestamped"
                signed = verify(form, known.keys, delivery.headers, delivery.body, now_s=time.time() + self._ahead_s)
            except SignatureRefused:
                if hook is not None and self._bucket(self._refusals, hook.id, REFUSED_ROWS_A_MINUTE).take() == 0:
                    self._deliveries.write_soon(_unsigned(hook, delivery))
                return Answer(401, {"error": "The signature does not fit."})
            assert hook is not None, "only a webhook that is there has keys"
            arrival = self._judged(hook, signed, delivery)
            if isinstance(arrival, Answer):
                return arrival
            if arrival.verdict == "refused":
                self._deliveries.write_soon(arrival)
                return Answer(arrival.status_code, _problems(arrival))
            written = await self._deliveries.write(arrival)
            if written.verdict != "stale":
                return hook, written
            self.forget(webhook_id)

    def _judged(self, hook: Hook, signed: Signed, delivery: _Delivery) -> Arrival | Answer:
        """A signed delivery: what is to be written of it, or the answer when it is one too many."""
        wait_s = self._bucket(self._limits, hook.id, hook.rate_limit or DEFAULT_RATE_LIMIT).take()
        if wait_s:
            return Answer(429, {"error": "Too many deliveries; try again later."}, {"Retry-After": str(math.ceil(wait_s))})
        shown = {name: value for name, value in list(delivery.headers.items())[:SHOWN_HEADERS] if name not in _SECRET_HEADERS}

        def refused(status: int, reason: str, payload: Json = None) -> Arrival:
            return Arrival(
                hook=hook,
                verdict="refused",
                message_id=signed.message_id,
                status_code=status,
                reason=reason,
                headers=shown,
                payload=payload,
                body_bytes=len(delivery.body),
                begun_at=delivery.begun_at,
            )

        if not hook.is_open:
            return refused(409, "This webhook is switched off.")
        if hook.version is None:
            wanted = f"version {hook.wanted_version}" if hook.wanted_version else "version"
            return refused(409, f"The workflow has no published {wanted}.")
        try:
            payload, _ = receive(delivery.body)
            made = mapped(hook.mapping, payload)
        except AppError as error:
            return refused(400 if not delivery.body or error.code.startswith("json") else 422, str(error))
        reasons = self._schemas.check(hook.input_schema, made.input) if hook.input_schema is not None else []
        if reasons:
            return refused(422, "\n".join(reasons[:SHOWN_PROBLEMS]), payload)
        return Arrival(
            hook=hook,
            verdict="accepted",
            message_id=signed.message_id,
            status_code=202,
            reason=" ".join(made.notes) or None,
            input=made.input,
            headers=shown,
            payload=payload,
            body_bytes=len(delivery.body),
            begun_at=delivery.begun_at,
        )

    async def _reply(self, run_id: str, within_s: float) -> Answer:
        """The run's own answer, if it ends in time."""
        event = self._watched.setdefault(run_id, asyncio.Event())
        try:
            async with asyncio.timeout(within_s):
                while True:
                    event.clear()
                    end = await self._deliveries.end(run_id)
                    if RunStatus(end.status).is_terminal:
                        break
                    try:
                        async with asyncio.timeout(LOOK_AT_RUN_S):
                            await event.wait()
                    except TimeoutError:
                        continue
        except (TimeoutError, DatabaseUnavailable):
            return Answer(202, {"run_id": run_id, "status": "running"})
        finally:
            self._watched.pop(run_id, None)
        named = {"X-Run-Id": run_id}
        if end.status != RunStatus.COMPLETED:
            return Answer(500, {"run_id": run_id, "status": end.status, "error": end.error}, named)
        reply = reply_of(end.output)
        return Answer(reply.status, reply.body, {**reply.headers, **named})

    async def _look_up(self, webhook_id: str) -> _Known:
        now = time.monotonic()
        known = self._known.get(webhook_id)
        if known is not None and now - known.read_at < KNOWN_FOR_S and not _has_expired(known, time.time() + self._ahead_s):
            self._known.move_to_end(webhook_id)
            return known
        hook = await self._deliveries.hook(webhook_id)
        keys: tuple[str, ...] = ()
        if hook is not None:
            self._ahead_s = hook.now_s - time.time()
            keys = await self._keys(hook)
        known = self._known[webhook_id] = _Known(hook, keys, now)
        if len(self._known) > KNOWN_HOOKS:
            self._known.popitem(last=False)
        return known

    async def _keys(self, hook: Hook) -> tuple[str, ...]:
        vault = await self._door.vault()
        place = Place(hook.tenant_id, hook.id, SIGNING_KEY)
        opened: list[str] = []
        for sealed in (hook.sealed, hook.previous_sealed):
            if sealed is None:
                continue
            try:
                opened.append(vault.open(sealed, place))
            except VaultBroken as error:
                logger.error("the signing key of webhook %s cannot be opened: %s", hook.id, error.code)
        return tuple(opened)

    @staticmethod
    def _bucket(buckets: OrderedDict[str, _Bucket], webhook_id: str, a_minute: int) -> _Bucket:
        bucket = buckets.get(webhook_id)
        if bucket is None or bucket.a_minute != a_minute:
            bucket = buckets[webhook_id] = _Bucket(a_minute)
            if len(buckets) > KNOWN_HOOKS:
                buckets.popitem(last=False)
        return bucket


def _unsigned(hook: Hook, delivery: _Delivery) -> Arrival:
    """What is kept of a delivery whose signature does not hold: how large it was, and nothing that it says."""
    return Arrival(
        hook=hook,
        verdict="refused",
        message_id=None,
        status_code=401,
        reason="The signature does not fit, or is more than 300 s old.",
        body_bytes=len(delivery.body),
        begun_at=delivery.begun_at,
    )


def _has_expired(known: _Known, now_s: float) -> bool:
    """The secret before the last rotation is no longer taken."""
    return known.hook is not None and len(known.keys) > 1 and (known.hook.previous_until_s or 0.0) <= now_s


def _accepted(written: Written) -> Answer:
    body: dict[str, Json] = {"run_id": written.run_id, "status": written.run_status}
    return Answer(202, body if written.verdict == "accepted" else {**body, "duplicate": True})


def _problems(arrival: Arrival) -> Json:
    reasons: list[Json] = [*(arrival.reason or "").split("\n")]
    return {"error": reasons[0], "problems": reasons} if arrival.status_code == 422 else {"error": reasons[0]}

"""Which runs are this worker's: claims with a fence and a lease, taken in batches, never more than a tenant may run at once.

A claim is an owner, a lease in database time, and a fence: the number of the claim, which every write names. Whoever claims after us
has a larger one, and what we still write is refused. That a dead worker's session is gone is a hint to be quick; the fence decides.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast

from app.domain.json_value import Json, dumps, loads
from app.domain.run_requests import RunRequest
from app.domain.runs import StepFailure
from app.engine.ports import ClaimedRun, Heartbeat, RunHandle
from app.storage import claims_sql as sql
from app.storage.definitions import Definitions
from app.storage.link import Connection, Failpoint, Link, no_failpoint
from app.storage.notifications import DUE, RUN, Ring, payloads

LEASE_S = 10.0
RESTART_GRACE_S = 3.0
DEFAULT_MOST_RUNS = 10
FORGET_S = 30.0
"""A run that no heartbeat has named for this long is not held by this process any more, whatever the database says."""
LONGEST_SLEEP_S = 100 * 365.25 * 86_400


class PostgresRunQueue:
    """The `RunQueue` of one worker, on a connection of its own whose session lock tells the others that it lives."""

    def __init__(self, url: str, *, name: str, lease_s: float = LEASE_S, failpoint: Failpoint = no_failpoint) -> None:
        """`name` is who this worker is for people, such as host and process; a random number makes it unique.

        Failpoints: ``claim.before_commit`` and ``claim.after_commit`` of claims that got something.
        """
        self._number = secrets.randbelow(2**31 - 1) + 1
        self.owner = f"{name}#{self._number}"
        self._lease_s, self._failpoint = lease_s, failpoint
        self._definitions = Definitions()
        self._link = Link(url, name="orchestrion worker", on_connect=self._show_life)
        # The runs of the last two heartbeats, and what was claimed after each: a heartbeat's list may be older than a claim.
        self._held: deque[set[str]] = deque([set(), set()], maxlen=2)
        self._heard_at = time.monotonic()
        self._beating = 0

    async def open(self) -> None:
        """Connect and show life.

        Raises:
            DatabaseUnavailable: nobody answers.
        """
        await self._link.open()

    async def close(self) -> None:
        """Runs still claimed are taken up by others at once."""
        await self._link.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def claim(self, *, limit: int) -> Sequence[ClaimedRun]:
        """Take due runs: first those whose worker died or gave them back, then by priority and age what is pending or has slept enough.

        `takeovers` of a claimed run counts the takeovers from dead workers, this one included, since a step last completed and with
        the same step in flight; it is 0 for a run whose workers never died, or died while it did nothing but wait.
        """
        return await self._claim(limit=limit, only=None)

    async def claim_one(self, run_id: str) -> ClaimedRun | None:
        """Take this run and no other; None when it is not due, is another's, or its tenant has no free place now."""
        found = await self._claim(limit=1, only=run_id)
        return found[0] if found else None

    async def heartbeat(self, runs: Sequence[RunHandle]) -> Heartbeat:
        """Prolong the leases. To be called every 2 s with all runs in hand, also with none."""
        self._held.append({run.claim_id for run in runs})
        self._beating += 1
        try:
            rows = await self._link.run(lambda connection: self._beat(connection, runs))
        finally:
            self._beating -= 1
            self._heard_at = time.monotonic()
        return Heartbeat(
            frozenset(str(id) for id, lost, _, _ in rows if lost),
            frozenset(str(id) for id, lost, cancel, _ in rows if cancel and not lost),
            {str(id): answers for id, lost, _, answers in rows if answers and not lost},
        )

    async def give_back(self, run: RunHandle, *, wake_in_s: float | None = None, answers: int = 0) -> None:
        """Let another worker (or a later moment) take the run up; None: at once. A run whose fence is lost stays where it is.

        A run that people have answered more often than `answers` times does not sleep.
        """
        rings = payloads([Ring(RUN, run.tenant_id, run.run_id), *([Ring(DUE, run.tenant_id, run.run_id)] if wake_in_s is None else [])])
        values = {
            "id": run.claim_id,
            "fence": run.fence,
            "answers": answers,
            "wake_in_s": None if wake_in_s is None else min(max(wake_in_s, 0.0), LONGEST_SLEEP_S),
            "rings": dumps([*rings]),
        }

        async def work(connection: Connection) -> None:
            await connection.execute(sql.GIVE_BACK, values)

        await self._link.run(work)
        self.forget(run)

    def forget(self, run: RunHandle) -> None:
        for held in self._held:
            held.discard(run.claim_id)

    async def _show_life(self, connection: Connection) -> None:
        await connection.execute(sql.LOCK_SESSION, {"session_class": sql.SESSION_CLASS, "number": self._number})

    async def _claim(self, *, limit: int, only: str | None) -> list[ClaimedRun]:
        if limit <= 0:
            return []

        async def work(connection: Connection) -> list[ClaimedRun]:
            async with connection.pipeline(), connection.transaction():  # BEGIN and COMMIT go along with the statements
                tenants = await (await connection.execute(sql.LOCK_TENANTS, {"only": only})).fetchall()
                rows = await (await connection.execute(sql.CLAIM, self._values(tenants, limit, only))).fetchall()
                claimed = [run for row in rows if (run := await self._complete(connection, _claimed(row))) is not None]
                if rows:
                    rings = payloads(Ring(RUN, str(row[1]), str(row[0])) for row in rows)
                    await connection.execute(sql.RING, {"rings": dumps([*rings])})
                    await self._failpoint("claim.before_commit")
            if rows:
                await self._failpoint("claim.after_commit")
            self._held[-1].update(run.handle.run_id for run in claimed)
            self._heard_at = time.monotonic()
            return claimed

        return await self._link.run(work)

    def _values(self, tenants: Sequence[Sequence[Any]], limit: int, only: str | None) -> dict[str, Any]:
        return {
            "only": only,
            "tenants": [id for (id,) in tenants],
            "limit": limit,
            "owner": self.owner,
            "held": sorted(self._in_hand()),
            "lease_s": self._lease_s,
            "grace_s": RESTART_GRACE_S,
            "session_class": sql.SESSION_CLASS,
            "default_most": DEFAULT_MOST_RUNS,
        }

    def _in_hand(self) -> set[str]:
        """Our runs that are not to be taken from ourselves, even when their lease ran out: the machine slept, the database was away."""
        if self._beating == 0 and time.monotonic() - self._heard_at > FORGET_S:
            return set()
        return set().union(*self._held)

    async def _beat(self, connection: Connection, runs: Sequence[RunHandle]) -> list[tuple[Any, ...]]:
        if not runs:
            return []
        values = {"ids": [run.claim_id for run in runs], "fences": [run.fence for run in runs], "lease_s": self._lease_s}
        return await (await connection.execute(sql.HEARTBEAT, values)).fetchall()

    async def _complete(self, connection: Connection, run: ClaimedRun) -> ClaimedRun | None:
        """The run with its definition; a run whose version does not exist fails here and now."""
        if run.definition:
            return run
        version = cast(int, run.run["workflow_version"])
        definition = await self._definitions.of(connection, run.handle.workflow_id, version)
        if definition is not None:
            return replace(run, definition=definition)
        message = f"There is no version {version} of this workflow to run; publish it and start the run again."
        error = StepFailure("ValidationError", message, retryable=False).to_json()
        names = {"id": run.handle.run_id, "fence": run.handle.fence, "message": message, "error": dumps(cast(Json, error))}
        await connection.execute(sql.FAIL, names)
        return None


def _claimed(row: Sequence[Any]) -> ClaimedRun:
    id, tenant_id, workflow_id, version, fence, mode, triggered_by, started_at, *rest = row
    input, definition, takeovers, cancel, elapsed_s, depth, is_new, request, answers = rest
    run_id = str(id)
    return ClaimedRun(
        handle=RunHandle(run_id, str(tenant_id), str(workflow_id), run_id, fence),
        definition=cast(dict[str, Json], loads(definition)) if definition is not None else {},
        input=loads(input) if input is not None else None,
        mode=mode,
        run=run_scope(run_id, mode=mode, workflow_id=workflow_id, version=version, triggered_by=triggered_by, started_at=started_at),
        depth=depth,
        takeovers=takeovers,
        elapsed_s=elapsed_s,
        cancel_requested=cancel,
        is_new=is_new,
        request=RunRequest.from_json(request),
        answers=answers,
    )


def run_scope(run_id: str, *, mode: str, workflow_id: Any, version: int, triggered_by: str, started_at: datetime) -> dict[str, Json]:
    """What expressions see as `run` (semantics, section 2)."""
    return {
        "id": run_id,
        "mode": mode,
        "workflow_id": str(workflow_id),
        "workflow_version": version,
        "triggered_by": triggered_by,
        "started_at": started_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }

"""Schedules that are due, across all tenants: locked, judged by whoever asks, and written with their runs in one statement.

A side door like the queue's, for the schedule daemon alone. A schedule is held by one daemon at a time; others pass over it. The
write names the tick it was judged at, and a tick has one run at most, whatever else happens (`UNIQUE (schedule_id, scheduled_for)`).
All times are the database's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

from app.domain.json_value import Json, dumps, loads
from app.domain.ticks import MisfirePolicy, OverlapPolicy, Tick
from app.storage.link import Connection, Failpoint, Link, no_failpoint
from app.storage.notifications import DUE, Ring, payloads

# Locked rows are passed over: another daemon has them, or someone is editing. What is read beside a schedule is read again with it
# when it changed meanwhile. A workflow is share-locked, so that a deletion that has returned is never followed by a run.
_DUE = """
SELECT s.id, s.tenant_id, s.workflow_id, s.name, s.cron_expression, s.timezone, s.input::text, s.next_run_at, s.misfire_policy,
    s.overlap_policy, s.grace_seconds, s.created_by,
    w.deleted_at IS NOT NULL, t.deleted_at IS NOT NULL,
    v.version, v.definition ->> 'input_schema',
    EXISTS (SELECT FROM runs r WHERE r.schedule_id = s.id AND r.status IN ('pending', 'running')),
    s.created_by IS NOT NULL
        AND EXISTS (SELECT FROM memberships m WHERE m.user_id = s.created_by AND m.tenant_id = s.tenant_id)
        AND NOT EXISTS (SELECT FROM memberships m WHERE m.user_id = s.created_by AND m.tenant_id = s.tenant_id AND m.disabled_at IS NULL),
    s.workflow_version
FROM schedules s
JOIN workflows w ON w.id = s.workflow_id
JOIN tenants t ON t.id = s.tenant_id
LEFT JOIN LATERAL (
    SELECT v.version, v.definition FROM workflow_versions v
    WHERE v.workflow_id = s.workflow_id AND (coalesce(s.workflow_version, 0) = 0 OR v.version = s.workflow_version)
    ORDER BY v.version DESC LIMIT 1
) AS v ON true
WHERE s.status = 'active' AND s.deleted_at IS NULL AND (s.next_run_at <= %(now)s OR s.next_run_at IS NULL)
    AND s.id <> ALL (%(unfit)s::uuid[])
ORDER BY s.next_run_at NULLS LAST LIMIT %(limit)s
FOR NO KEY UPDATE OF s SKIP LOCKED FOR SHARE OF w SKIP LOCKED"""

_WRITE = """
WITH tick AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(ticks)s::json) AS g(run_id uuid, schedule_id uuid, tenant_id uuid, workflow_id uuid, version int,
        scheduled_for timestamptz, outcome text, reason text, input jsonb, created_by uuid, place int)
), made AS (
    INSERT INTO runs
        (id, tenant_id, workflow_id, workflow_version, mode, input, triggered_by, triggered_by_user, schedule_id, scheduled_for)
    SELECT run_id, tenant_id, workflow_id, version, 'production', input, 'schedule', created_by, schedule_id, scheduled_for
    FROM tick WHERE outcome = 'run' ORDER BY place
    ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
    RETURNING id, tenant_id, schedule_id, scheduled_for
), noted AS (
    INSERT INTO schedule_ticks (tenant_id, schedule_id, scheduled_for, outcome, reason)
    SELECT tenant_id, schedule_id, scheduled_for, outcome, reason FROM tick ORDER BY place
    ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
), audited AS (
    INSERT INTO audit_logs (tenant_id, action, resource_type, resource_id, metadata)
    SELECT tenant_id, 'execute', 'run', id, jsonb_build_object('schedule', schedule_id, 'scheduled_for', scheduled_for)
    FROM made ORDER BY tenant_id, scheduled_for
), advanced AS (
    UPDATE schedules s SET next_run_at = a.next_run_at, run_count = s.run_count + coalesce(m.number, 0),
        last_run_at = coalesce(m.at, s.last_run_at), last_run_id = coalesce(m.id, s.last_run_id)
    FROM json_to_recordset(%(schedules)s::json) AS a(id uuid, judged_at timestamptz, next_run_at timestamptz)
    LEFT JOIN LATERAL (
        SELECT count(*) AS number, max(scheduled_for) AS at, (array_agg(id ORDER BY scheduled_for DESC))[1] AS id
        FROM made WHERE made.schedule_id = a.id
    ) AS m ON true
    WHERE s.id = a.id AND s.next_run_at IS NOT DISTINCT FROM a.judged_at
    RETURNING s.id
)
SELECT (SELECT coalesce(array_agg(id::text), '{}') FROM made), (SELECT count(*) FROM advanced)"""

_RING = "SELECT pg_notify('orchestrion', p) FROM json_array_elements_text(%(rings)s::json) AS p"
_NOW = "SELECT coalesce(%(now)s::timestamptz, clock_timestamp())"
_NEXT = """
SELECT extract(epoch FROM min(next_run_at) - %(now)s::timestamptz)::float8 FROM schedules
WHERE status = 'active' AND deleted_at IS NULL AND next_run_at IS NOT NULL"""


MOST_TICKS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSchedule:
    """A due schedule, held until its batch is written. `next_run_at` None: it was never computed (a row made by plain SQL).

    `version` is the published version that runs, None where there is none; `input_schema` is that version's.
    """

    id: str
    tenant_id: str
    workflow_id: str
    name: str
    cron_expression: str
    timezone: str
    input: Json
    next_run_at: datetime | None
    misfire_policy: MisfirePolicy
    overlap_policy: OverlapPolicy
    grace: timedelta
    created_by: str | None
    workflow_is_gone: bool
    tenant_is_gone: bool
    wanted_version: int
    version: int | None
    input_schema: Json
    is_busy: bool
    creator_is_disabled: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a held schedule's ticks. `next_run_at` None: its line cannot be understood, so it has no next tick."""

    schedule: HeldSchedule
    ticks: Sequence[Tick]
    next_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fired:
    """What one look did. `next_in_s`: until the next tick of any schedule, negative when some is overdue; None when there is none."""

    schedules: int
    run_ids: tuple[str, ...]
    next_in_s: float | None


class PostgresFiring:
    """One daemon's connection, which is made at its first look."""

    def __init__(self, url: str, *, failpoint: Failpoint = no_failpoint) -> None:
        """Failpoints: ``fire.before_commit`` and ``fire.after_commit`` of looks that found something due."""
        self._link = Link(url, name="orchestrion schedules")
        self._failpoint = failpoint

    async def close(self) -> None:
        await self._link.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def look(
        self,
        judge: Callable[[HeldSchedule, datetime], Judged],
        *,
        limit: int,
        unfit: Sequence[str] = (),
        now: Callable[[], datetime] | None = None,
    ) -> Fired:
        """Hold up to `limit` due schedules, have each judged at the database's time (or at `now`'s), and write it all, or nothing.

        `unfit` are ids of schedules without a next tick that need not be judged again. Waits for a database that is away.
        """

        async def work(connection: Connection) -> Fired:
            return await self._look(connection, judge, limit=limit, unfit=unfit, now=now() if now is not None else None)

        return await self._link.run(work)

    async def _look(
        self,
        connection: Connection,
        judge: Callable[[HeldSchedule, datetime], Judged],
        *,
        limit: int,
        unfit: Sequence[str],
        now: datetime | None,
    ) -> Fired:
        made: tuple[str, ...] = ()
        async with connection.transaction():
            (at,) = await _one(connection, _NOW, {"now": now})
            cursor = await connection.execute(_DUE, {"now": at, "limit": limit, "unfit": list(unfit)})
            held = [_held(row) for row in await cursor.fetchall()]
            if held:
                made = await _written(connection, _judged(held, at, judge))
                await self._failpoint("fire.before_commit")
        if held:
            await self._failpoint("fire.after_commit")
        (at,) = await _one(connection, _NOW, {"now": now})
        (next_in_s,) = await _one(connection, _NEXT, {"now": at})
        return Fired(len(held), made, next_in_s)


def _judged(held: Sequence[HeldSchedule], at: datetime, judge: Callable[[HeldSchedule, datetime], Judged]) -> list[Judged]:
    """The verdicts on as many as fit one statement; the others stay due. After days without anybody there are very many ticks."""
    judged: list[Judged] = []
    ticks = 0
    for schedule in held:
        verdict = judge(schedule, at)
        if judged and ticks + len(verdict.ticks) > MOST_TICKS:
            break
        judged.append(verdict)
        ticks += len(verdict.ticks)
    return judged


async def _written(connection: Connection, judged: Sequence[Judged]) -> tuple[str, ...]:
    ticks: list[Json] = []
    schedules: list[Json] = []
    for each in judged:
        schedule = each.schedule
        schedules.append({"id": schedule.id, "judged_at": _text(schedule.next_run_at), "next_run_at": _text(each.next_run_at)})
        for tick in each.ticks:
            ticks.append(
                {
                    "run_id": str(uuid4()),
                    "schedule_id": schedule.id,
                    "tenant_id": schedule.tenant_id,
                    "workflow_id": schedule.workflow_id,
                    "version": schedule.version,
                    "scheduled_for": _text(tick.scheduled_for),
                    "outcome": tick.outcome,
                    "reason": tick.reason,
                    "input": schedule.input if tick.outcome == "run" else None,
                    "created_by": schedule.created_by,
                    "place": len(ticks),
                }
            )
    made, _ = await _one(connection, _WRITE, {"ticks": dumps(ticks), "schedules": dumps(schedules)})
    run_ids = set(made)
    rings: dict[Ring, None] = {}
    for each in judged:
        rings[Ring("schedule", each.schedule.tenant_id, each.schedule.id)] = None
    for given in ticks:
        assert isinstance(given, dict)
        if given["run_id"] in run_ids:
            rings[Ring("run", str(given["tenant_id"]), str(given["run_id"]))] = None
            rings[Ring(DUE, str(given["tenant_id"]), "due")] = None
    texts: list[Json] = [*payloads(rings)]
    await connection.execute(_RING, {"rings": dumps(texts)})
    return tuple(made)


async def _one(connection: Connection, statement: str, values: dict[str, object]) -> tuple[Any, ...]:
    row = await (await connection.execute(statement, values)).fetchone()
    assert row is not None
    return row


def _held(row: tuple[Any, ...]) -> HeldSchedule:
    schema = row[15]
    return HeldSchedule(
        id=str(row[0]),
        tenant_id=str(row[1]),
        workflow_id=str(row[2]),
        name=row[3],
        cron_expression=row[4],
        timezone=row[5],
        input=loads(row[6]) if row[6] is not None else None,
        next_run_at=row[7],
        misfire_policy=cast("MisfirePolicy", row[8]),
        overlap_policy=cast("OverlapPolicy", row[9]),
        grace=timedelta(seconds=row[10]),
        created_by=str(row[11]) if row[11] is not None else None,
        workflow_is_gone=row[12],
        tenant_is_gone=row[13],
        version=row[14],
        input_schema=loads(schema) if schema is not None else None,
        is_busy=row[16],
        creator_is_disabled=row[17],
        wanted_version=row[18],
    )


def _text(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat() if time is not None else None

"""Schedules and their ticks as rows. What is due is found and fired by `firing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domain.access import Actor
from app.domain.schedules import PastCost, ScheduleNotFound, SchedulePlan, ScheduleRow, TickRow
from app.storage.bell import ring
from app.storage.database import Transaction
from app.storage.ids import text_of, uuid_of
from app.storage.tables import runs, schedule_ticks, schedules, users, workflows

_PLAN = (
    "name",
    "cron_expression",
    "timezone",
    "workflow_version",
    "input",
    "misfire_policy",
    "overlap_policy",
    "grace_seconds",
)

_PAST_COST = text("""
WITH last AS (
    SELECT id FROM runs
    WHERE schedule_id = :id AND tenant_id = :tenant AND scheduled_for IS NOT NULL AND status = 'completed'
    ORDER BY scheduled_for DESC LIMIT :runs
), whole AS (
    SELECT id FROM last UNION SELECT r.id FROM runs r JOIN last ON r.root_run_id = last.id
)
SELECT (SELECT count(*) FROM last) AS runs,
    coalesce(sum(CASE jsonb_typeof(s.usage -> 'cost_usd') WHEN 'number' THEN CAST(s.usage ->> 'cost_usd' AS numeric) END), 0) AS usd,
    count(*) FILTER (WHERE jsonb_typeof(s.usage) = 'object' AND coalesce(jsonb_typeof(s.usage -> 'cost_usd'), '') <> 'number') AS unpriced
FROM whole LEFT JOIN step_runs s ON s.run_id = whole.id""")


class Schedules:
    """The schedules of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)
        self._user = uuid_of(actor.user_id)

    async def list(
        self, *, workflow_id: str | None = None, status: str | None = None, search: str = "", limit: int = 500, offset: int = 0
    ) -> list[ScheduleRow]:
        """The next to come first; those without a next tick last."""
        wanted: list[ColumnElement[bool]] = [schedules.c.tenant_id == self._tenant, schedules.c.deleted_at.is_(None)]
        if workflow_id is not None:
            wanted.append(schedules.c.workflow_id == uuid_of(workflow_id))
        if status is not None:
            wanted.append(schedules.c.status == status)
        if search:
            wanted.append(schedules.c.name.icontains(search, autoescape=True) | workflows.c.name.icontains(search, autoescape=True))
        rows = await self._transaction.read(
            _rows()
            .where(*wanted)
            .order_by(schedules.c.status, schedules.c.next_run_at.nulls_last(), schedules.c.name, schedules.c.id)
            .limit(limit)
            .offset(offset)
        )
        return [_row(row) for row in rows]

    async def get(self, schedule_id: str, *, lock: bool = False) -> ScheduleRow:
        """With `lock` no daemon fires it and nobody changes it until this transaction ends.

        Raises:
            ScheduleNotFound.
        """
        statement = _rows().where(self._mine(schedule_id))
        if lock:
            statement = statement.with_for_update(of=schedules, key_share=True)
        row = await self._transaction.read_one(statement)
        if row is None:
            raise ScheduleNotFound
        return _row(row)

    async def due_schedules(self) -> Sequence[ScheduleRow]:
        """Active schedules whose next tick has come by the database's clock, the longest due first."""
        due = and_(schedules.c.status == "active", schedules.c.deleted_at.is_(None), schedules.c.next_run_at <= func.now())
        rows = await self._transaction.read(_rows().where(schedules.c.tenant_id == self._tenant, due).order_by(schedules.c.next_run_at))
        return [_row(row) for row in rows]

    async def now(self) -> datetime:
        """The database's time."""
        row = await self._transaction.read_one(select(func.clock_timestamp().label("now")))
        assert row is not None
        now: datetime = row["now"]
        return now

    async def add(self, plan: SchedulePlan, *, next_run_at: datetime) -> str:
        values = {**_values(plan), "tenant_id": self._tenant, "next_run_at": next_run_at, "created_by": self._user}
        added = await self._transaction.write(insert(schedules).values(values).returning(schedules.c.id))
        schedule_id = str(added.scalar_one())
        await self._ring(schedule_id)
        return schedule_id

    async def change(self, schedule_id: str, plan: SchedulePlan, *, next_run_at: datetime | None) -> None:
        await self._set(schedule_id, {**_values(plan), "next_run_at": next_run_at})

    async def set_status(self, schedule_id: str, status: str, *, next_run_at: datetime | None) -> None:
        await self._set(schedule_id, {"status": status, "next_run_at": next_run_at})

    async def delete(self, schedule_id: str) -> None:
        """Soft: its runs and ticks stay."""
        await self._set(schedule_id, {"deleted_at": func.now(), "next_run_at": None})

    async def restore(self, schedule_id: str, *, next_run_at: datetime | None) -> None:
        """Bring back one that was deleted."""
        await self._set(schedule_id, {"deleted_at": None, "next_run_at": next_run_at}, deleted=True)

    async def deleted(self, schedule_id: str) -> ScheduleRow:
        row = await self._transaction.read_one(_rows().where(self._mine(schedule_id, deleted=True)))
        if row is None:
            raise ScheduleNotFound
        return _row(row)

    async def ticks(
        self, schedule_id: str, *, limit: int = 100, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[TickRow]:
        """Newest first, with the runs they made; of `start` to `end` when given."""
        of_tick = and_(runs.c.schedule_id == schedule_ticks.c.schedule_id, runs.c.scheduled_for == schedule_ticks.c.scheduled_for)
        statement = (
            select(
                schedule_ticks.c.scheduled_for,
                schedule_ticks.c.outcome,
                schedule_ticks.c.reason,
                runs.c.id.label("run_id"),
                runs.c.status.label("run_status"),
            )
            .outerjoin_from(schedule_ticks, runs, of_tick)
            .where(schedule_ticks.c.schedule_id == uuid_of(schedule_id), schedule_ticks.c.tenant_id == self._tenant)
            .order_by(schedule_ticks.c.scheduled_for.desc())
            .limit(limit)
        )
        if start is not None:
            statement = statement.where(schedule_ticks.c.scheduled_for >= start)
        if end is not None:
            statement = statement.where(schedule_ticks.c.scheduled_for <= end)
        return [TickRow(**{**row, "run_id": text_of(row["run_id"])}) for row in await self._transaction.read(statement)]

    async def last_ticks(self, each: int) -> Mapping[str, Sequence[TickRow]]:
        """The newest ticks of every schedule, oldest first, by schedule id."""
        number = func.row_number().over(partition_by=schedule_ticks.c.schedule_id, order_by=schedule_ticks.c.scheduled_for.desc())
        ranked = (
            select(schedule_ticks, number.label("place"))
            .join(schedules, schedules.c.id == schedule_ticks.c.schedule_id)
            .where(schedule_ticks.c.tenant_id == self._tenant, schedules.c.deleted_at.is_(None))
            .subquery()
        )
        of_tick = and_(runs.c.schedule_id == ranked.c.schedule_id, runs.c.scheduled_for == ranked.c.scheduled_for)
        rows = await self._transaction.read(
            select(
                ranked.c.schedule_id,
                ranked.c.scheduled_for,
                ranked.c.outcome,
                ranked.c.reason,
                runs.c.id.label("run_id"),
                runs.c.status.label("run_status"),
            )
            .outerjoin_from(ranked, runs, of_tick)
            .where(ranked.c.place <= each)
            .order_by(ranked.c.scheduled_for)
        )
        found: dict[str, list[TickRow]] = {}
        for row in rows:
            tick = TickRow(row["scheduled_for"], row["outcome"], row["reason"], text_of(row["run_id"]), row["run_status"])
            found.setdefault(str(row["schedule_id"]), []).append(tick)
        return found

    async def times_with_run(self, schedule_id: str, *, start: datetime, end: datetime) -> frozenset[datetime]:
        rows = await self._transaction.read(
            select(runs.c.scheduled_for).where(
                runs.c.tenant_id == self._tenant,
                runs.c.schedule_id == uuid_of(schedule_id),
                runs.c.scheduled_for.between(start, end),
            )
        )
        return frozenset(row["scheduled_for"] for row in rows)

    async def past_cost(self, schedule_id: str, *, runs: int) -> PastCost:
        """Of the last so many that completed, with the runs that they made."""
        row = await self._transaction.read_one(_PAST_COST, {"id": uuid_of(schedule_id), "tenant": self._tenant, "runs": runs})
        assert row is not None
        return PastCost(row["runs"], None if row["unpriced"] else float(row["usd"]))

    async def note_run(self, schedule_id: str, scheduled_for: datetime, *, reason: str) -> None:
        """A tick has its run after all."""
        tick = upsert(schedule_ticks).values(
            tenant_id=self._tenant, schedule_id=uuid_of(schedule_id), scheduled_for=scheduled_for, outcome="run", reason=reason
        )
        await self._transaction.write(
            tick.on_conflict_do_update(index_elements=["schedule_id", "scheduled_for"], set_={"outcome": "run", "reason": reason})
        )

    async def count_runs(self, schedule_id: str, number: int, *, last_id: str, last_at: datetime | None = None) -> None:
        """Runs that a person asked this schedule for."""
        values: dict[str, Any] = {"run_count": schedules.c.run_count + number, "last_run_id": UUID(last_id)}
        values["last_run_at"] = last_at if last_at is not None else func.now()
        await self._set(schedule_id, values)

    async def unfinished_run(self, schedule_id: str) -> str | None:
        """The id of a run of this schedule that has not ended, the newest one."""
        row = await self._transaction.read_one(
            select(runs.c.id)
            .where(
                runs.c.tenant_id == self._tenant,
                runs.c.schedule_id == uuid_of(schedule_id),
                runs.c.status.in_(("pending", "running")),
            )
            .order_by(runs.c.created_at.desc())
            .limit(1)
        )
        return str(row["id"]) if row else None

    async def _set(self, schedule_id: str, values: Mapping[str, Any], *, deleted: bool = False) -> None:
        done = await self._transaction.write(update(schedules).where(self._mine(schedule_id, deleted=deleted)).values(values))
        if done.rowcount != 1:
            raise ScheduleNotFound
        await self._ring(schedule_id)

    async def _ring(self, schedule_id: str) -> None:
        await self._transaction.signal(ring(str(self._tenant), "schedule", schedule_id))

    def _mine(self, schedule_id: str, *, deleted: bool = False) -> ColumnElement[bool]:
        gone = schedules.c.deleted_at.is_not(None) if deleted else schedules.c.deleted_at.is_(None)
        return and_(schedules.c.id == uuid_of(schedule_id), schedules.c.tenant_id == self._tenant, gone)


def _rows() -> Select[Any]:
    return (
        select(schedules, workflows.c.name.label("workflow_name"), users.c.email.label("creator"))
        .join_from(schedules, workflows, workflows.c.id == schedules.c.workflow_id)
        .outerjoin(users, users.c.id == schedules.c.created_by)
    )


def _values(plan: SchedulePlan) -> dict[str, Any]:
    values = asdict(plan)
    return {**values, "input": plan.input, "workflow_id": UUID(plan.workflow_id), "description": plan.description or None}


def _row(row: Mapping[str, Any]) -> ScheduleRow:
    plan = SchedulePlan(workflow_id=str(row["workflow_id"]), description=row["description"] or "", **{name: row[name] for name in _PLAN})
    names = ("workflow_name", "status", "next_run_at", "last_run_at", "run_count", "created_at", "updated_at")
    return ScheduleRow(
        id=str(row["id"]),
        plan=plan,
        last_run_id=text_of(row["last_run_id"]),
        created_by=row["creator"],
        **{name: row[name] for name in names},
    )

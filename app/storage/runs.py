"""Runs as rows: added, listed, read with their journal, asked to stop. Their progress is written by the journal alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy import column as sql_column

from app.domain.access import Actor
from app.domain.errors import RunNotFound
from app.domain.json_value import Json
from app.domain.partial import Taken
from app.domain.run_requests import WHOLE, RunRequest
from app.domain.runs import GroupRunRow, RunChanges, RunDetail, RunRow, RunStatus, StepRunRow
from app.storage.bell import BellKind, ring
from app.storage.database import Transaction
from app.storage.ids import uuid_of
from app.storage.run_rows import RUN_COLUMNS, error_of, group_run_row, run_row, step_run_row
from app.storage.tables import block_group_runs, runs, step_runs, workflow_versions, workflows

TERMINAL = ("completed", "failed", "cancelled")
RESERVED_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run to be queued. `definition` is the draft's snapshot of a test run; a production run names its version instead."""

    workflow_id: str
    workflow_version: int
    mode: str
    input: Json
    definition: Mapping[str, Json] | None = None
    triggered_by: str = "manual"
    priority: int = 0
    resumed_from: str | None = None
    schedule_id: str | None = None
    scheduled_for: datetime | None = None
    webhook_id: str | None = None
    idempotency_key: str | None = None
    id: str | None = None
    request: RunRequest = WHOLE
    reserved_for: str | None = None
    """Owner of a queue: for the first seconds no other worker claims the run."""


class Runs:
    """The runs of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)
        self._user = uuid_of(actor.user_id)

    async def add(self, run: NewRun) -> str:
        """Queue a pending run; its id. It starts when a worker claims it.

        Raises:
            AlreadyExists: the tick or the delivery has its run already.
        """
        values: dict[str, Any] = {
            "tenant_id": self._tenant,
            "workflow_id": UUID(run.workflow_id),
            "workflow_version": run.workflow_version,
            "mode": run.mode,
            "input": run.input,
            "definition": dict(run.definition) if run.definition is not None else None,
            "triggered_by": run.triggered_by,
            "triggered_by_user": self._user,
            "priority": run.priority,
            "resumed_from": uuid_of(run.resumed_from),
            "schedule_id": uuid_of(run.schedule_id),
            "scheduled_for": run.scheduled_for,
            "webhook_id": uuid_of(run.webhook_id),
            "idempotency_key": run.idempotency_key,
        }
        if run.request != WHOLE:
            values["request"] = run.request.to_json()
        if run.id is not None:
            values["id"] = UUID(run.id)
        if run.reserved_for is not None:
            values |= {"owner": run.reserved_for, "lease_until": func.now() + timedelta(seconds=RESERVED_S)}
        key = (await self._transaction.write(insert(runs).values(values).returning(runs.c.id))).scalar_one()
        await self._ring(str(key), "run", "due")
        return str(key)

    async def list(
        self,
        *,
        status: str | None = None,
        workflow_id: str | None = None,
        mode: str | None = None,
        children: bool = False,
        parent_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[RunRow]:
        """Newest first. `children` shows the runs of subflows and map items too, `parent_id` only those that a run made."""
        conditions = self._filter(status=status, workflow_id=workflow_id, mode=mode, children=children or parent_id is not None)
        if parent_id is not None:
            conditions = [*conditions, runs.c.parent_run_id == uuid_of(parent_id)]
        rows = await self._transaction.read(
            self._rows().where(*conditions).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit).offset(offset)
        )
        return [run_row(row) for row in rows]

    async def count(
        self, *, status: str | None = None, workflow_id: str | None = None, mode: str | None = None, children: bool = False
    ) -> int:
        conditions = self._filter(status=status, workflow_id=workflow_id, mode=mode, children=children)
        row = await self._transaction.read_one(select(func.count().label("number")).select_from(runs).where(*conditions))
        return int(row["number"]) if row else 0

    async def count_by_status(self, since: datetime) -> dict[str, int]:
        """How many runs made since then stand at each status, subflows included."""
        rows = await self._transaction.read(
            select(runs.c.status, func.count().label("number"))
            .where(runs.c.tenant_id == self._tenant, runs.c.created_at >= since)
            .group_by(runs.c.status)
        )
        return {row["status"]: row["number"] for row in rows}

    async def latest_of(self, workflow_id: str) -> RunRow | None:
        """The newest run of a workflow, those of its use as a subflow aside."""
        found = await self.list(workflow_id=workflow_id, limit=1)
        return found[0] if found else None

    async def row(self, run_id: str) -> RunRow:
        """One line of the list."""
        row = await self._transaction.read_one(self._rows().where(self._mine(run_id)))
        if row is None:
            raise RunNotFound
        return run_row(row)

    async def get(self, run_id: str, *, values: bool = True) -> RunDetail:
        """The run with its whole journal, oldest first. Without `values` inputs and outputs of steps and groups are left out."""
        version = and_(
            workflow_versions.c.workflow_id == runs.c.workflow_id,
            workflow_versions.c.version == runs.c.workflow_version,
            workflow_versions.c.tenant_id == runs.c.tenant_id,
        )
        document = func.coalesce(runs.c.definition, workflow_versions.c.definition).label("document")
        # The run before its rows: a run that is seen to have ended is then seen with everything it wrote.
        row = await self._transaction.read_one(
            self._rows(runs.c.input, runs.c.output, runs.c.error_detail, runs.c.request, document)
            .outerjoin(workflow_versions, version)
            .where(self._mine(run_id))
        )
        if row is None:
            raise RunNotFound
        return RunDetail(
            run=run_row(row),
            input=row["input"],
            output=row["output"],
            error=error_of(row),
            definition=row["document"] or {},
            request=RunRequest.from_json(row["request"]),
            steps=await self._steps(run_id, since=0, values=values),
            groups=await self._groups(run_id, since=0, values=values),
        )

    async def changes(self, run_id: str, since: int, *, values: bool = True) -> RunChanges:
        """What changed in the run after change number `since` (0: everything), and the number to ask from next.

        Nothing is lost although numbers are seen in the order of commits: a run has one writer at a time. The number to ask from is
        looked up first, in one statement, and rows beyond it are left for the next time: steps and groups are read one after the
        other, and what is committed between the two must not be passed over.
        """
        row = await self._transaction.read_one(self._rows(runs.c.output, runs.c.error_detail).where(self._mine(run_id)))
        if row is None:
            raise RunNotFound
        upto = max(since, await self._newest_change(run_id))
        found_steps = await self._steps(run_id, since=since, upto=upto, values=values)
        found_groups = await self._groups(run_id, since=since, upto=upto, values=values)
        return RunChanges(
            seq=upto,
            run=run_row(row),
            steps=found_steps,
            groups=found_groups,
            output=row["output"],
            error=error_of(row),
        )

    async def step_run(self, run_id: str, path: str, attempt: int) -> StepRunRow | None:
        """One attempt with its values."""
        rows = await self._transaction.read(
            self._step_rows(run_id, values=True).where(step_runs.c.path == path, step_runs.c.attempt == attempt)
        )
        return step_run_row(rows[0]) if rows else None

    async def has_snapshot(self, run_id: str) -> bool:
        """Whether the run executes a snapshot of its own and not a published version."""
        row = await self._transaction.read_one(select(runs.c.definition.is_not(None).label("has")).where(self._mine(run_id)))
        return row is not None and bool(row["has"])

    async def copy_journal(self, source_id: str, target_id: str, places: Sequence[Taken]) -> int:
        """Begin the journal of a run with rows of another run; how many there were."""
        records: list[Json] = [{"path": place.path, "attempt": place.attempt, "at": place.to} for place in places]
        chosen = func.json_to_recordset(bindparam(None, records, type_=JSON))
        columns = sql_column("path", Text), sql_column("attempt", Integer), sql_column("at", Text)
        given = chosen.table_valued(*columns, name="given").render_derived(with_types=True)
        own = {"id", "run_id", "seq", "created_at", "path"}
        names = [column.name for column in step_runs.c if column.name not in own]
        rows = (
            select(literal(UUID(target_id)), given.c.at, *(step_runs.c[name] for name in names))
            .join_from(step_runs, given, and_(given.c.path == step_runs.c.path, given.c.attempt == step_runs.c.attempt))
            .where(step_runs.c.run_id == uuid_of(source_id), step_runs.c.tenant_id == self._tenant)
            .order_by(step_runs.c.seq)
        )
        copied = await self._transaction.write(insert(step_runs).from_select(["run_id", "path", *names], rows))
        return copied.rowcount

    async def request_cancel(self, run_id: str) -> RunStatus:
        """Ask for an end; the status after. A run that no worker ever took up ends here and now; an ended one stays as it is.

        A sleeping run is woken, as its `finally` roles must run.
        """
        never_started = and_(runs.c.status == "pending", runs.c.started_at.is_(None), runs.c.owner.is_(None))
        asked = await self._transaction.write(
            update(runs)
            .where(self._mine(run_id), runs.c.status.not_in(TERMINAL))
            .values(
                cancel_requested_at=func.coalesce(runs.c.cancel_requested_at, func.now()),
                status=case((never_started, literal("cancelled")), else_=runs.c.status),
                completed_at=case((never_started, func.now()), else_=runs.c.completed_at),
                wake_at=case((runs.c.wake_at.is_not(None), func.now()), else_=null()),
            )
            .returning(runs.c.status)
        )
        status = asked.scalar_one_or_none()
        if status is None:
            return RunStatus((await self.row(run_id)).status)
        await self._ring(run_id, "run", "cancel", "due")
        return RunStatus(status)

    async def _ring(self, run_id: str, *kinds: BellKind) -> None:
        for kind in kinds:
            await self._transaction.signal(ring(str(self._tenant), kind, run_id))

    def _mine(self, run_id: str) -> ColumnElement[bool]:
        return and_(runs.c.id == uuid_of(run_id), runs.c.tenant_id == self._tenant)

    def _rows(self, *more: ColumnElement[Any]) -> Select[Any]:
        joined = and_(workflows.c.id == runs.c.workflow_id, workflows.c.tenant_id == runs.c.tenant_id)
        return select(*RUN_COLUMNS, workflows.c.name.label("workflow"), *more).join_from(runs, workflows, joined)

    def _filter(self, *, status: str | None, workflow_id: str | None, mode: str | None, children: bool) -> Sequence[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = [runs.c.tenant_id == self._tenant]
        if status is not None:
            conditions.append(runs.c.status == status)
        if workflow_id is not None:
            conditions.append(runs.c.workflow_id == uuid_of(workflow_id))
        if mode is not None:
            conditions.append(runs.c.mode == mode)
        if not children:
            conditions.append(runs.c.parent_run_id.is_(None))
        return conditions

    def _step_rows(self, run_id: str, *, values: bool) -> Select[Any]:
        shown = [column for column in step_runs.c if values or column.name not in ("input", "output")]
        return select(*shown).where(step_runs.c.run_id == uuid_of(run_id), step_runs.c.tenant_id == self._tenant)

    async def _newest_change(self, run_id: str) -> int:
        key = uuid_of(run_id)
        newest = [
            select(func.coalesce(func.max(table.c.seq), 0))
            .where(table.c.run_id == key, table.c.tenant_id == self._tenant)
            .scalar_subquery()
            for table in (step_runs, block_group_runs)
        ]
        row = await self._transaction.read_one(select(func.greatest(*newest).label("seq")))
        return int(row["seq"]) if row else 0

    async def _steps(self, run_id: str, *, since: int, values: bool, upto: int | None = None) -> tuple[StepRunRow, ...]:
        wanted = self._step_rows(run_id, values=values).order_by(step_runs.c.created_at, step_runs.c.seq)
        if upto is not None:
            wanted = wanted.where(step_runs.c.seq > since, step_runs.c.seq <= upto)
        return tuple(step_run_row(row) for row in await self._transaction.read(wanted))

    async def _groups(self, run_id: str, *, since: int, values: bool, upto: int | None = None) -> tuple[GroupRunRow, ...]:
        shown = [column for column in block_group_runs.c if values or column.name not in ("input", "output")]
        wanted = (
            select(*shown)
            .where(block_group_runs.c.run_id == uuid_of(run_id), block_group_runs.c.tenant_id == self._tenant)
            .order_by(block_group_runs.c.created_at, block_group_runs.c.seq)
        )
        if upto is not None:
            wanted = wanted.where(block_group_runs.c.seq > since, block_group_runs.c.seq <= upto)
        return tuple(group_run_row(row) for row in await self._transaction.read(wanted))

"""The runs of subflows and map items: found by parent and path, or made once.

A child's id follows from its parent and path, so a resumed parent finds the child it made before. A child that is waited for belongs to
the claim of its root: no worker claims it by itself. One that is not waited for is an ordinary pending run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from uuid import UUID, uuid5

from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json, dumps, loads
from app.domain.runs import RunStatus, StepFailure
from app.engine.ports import ChildRequest, ChildRun, ClaimedRun, FenceLost, RunEnd, RunHandle, StepError
from app.storage.claims import run_scope
from app.storage.definitions import Definitions
from app.storage.link import Connection, Failpoint, Link, no_failpoint
from app.storage.notifications import DUE, RUN, Ring, payloads

MAX_DEPTH: Final = 16

_FIND: Final = """
SELECT r.id, r.workflow_id, r.workflow_version, r.status, r.triggered_by, coalesce(r.started_at, r.created_at),
    r.input::text, r.output::text, r.error_detail, extract(epoch FROM clock_timestamp() - coalesce(r.started_at, r.created_at))::float8
FROM runs r WHERE r.id = %(child)s AND r.tenant_id = %(tenant)s"""

# By id or by name; the newest of that name.
_RESOLVE: Final = """
SELECT w.id, v.version FROM (
    SELECT id FROM workflows
    WHERE tenant_id = %(tenant)s AND deleted_at IS NULL AND (id = %(id)s::uuid OR name = %(name)s)
    ORDER BY id = %(id)s::uuid DESC NULLS LAST, created_at DESC LIMIT 1
) AS w LEFT JOIN LATERAL (
    SELECT version FROM workflow_versions
    WHERE workflow_id = w.id AND (%(version)s::int IS NULL OR version = %(version)s::int) ORDER BY version DESC LIMIT 1
) AS v ON true"""

_INSERT: Final = """
WITH held AS MATERIALIZED (
    SELECT id FROM runs WHERE id = %(claim)s AND fence = %(fence)s AND status = 'running' FOR KEY SHARE
), parent AS MATERIALIZED (
    SELECT p.triggered_by, p.triggered_by_user FROM runs p WHERE p.id = %(parent)s
), made AS (
    INSERT INTO runs (id, tenant_id, workflow_id, workflow_version, status, mode, input, triggered_by, triggered_by_user,
        started_at, parent_run_id, parent_path, root_run_id, priority)
    SELECT %(child)s::uuid, %(tenant)s::uuid, %(workflow)s::uuid, %(version)s, %(status)s, %(mode)s, %(input)s::jsonb,
        CASE WHEN %(wait)s THEN 'subflow' ELSE parent.triggered_by END, parent.triggered_by_user,
        CASE WHEN %(wait)s THEN clock_timestamp() END, %(parent)s::uuid, %(path)s, CASE WHEN %(wait)s THEN %(claim)s::uuid END,
        (SELECT priority FROM runs WHERE id = %(claim)s)
    FROM parent WHERE EXISTS (SELECT FROM held)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM made),
    (SELECT count(pg_notify('orchestrion', p)) FROM json_array_elements_text(%(rings)s::json) AS p)"""


@dataclass(frozen=True, slots=True)
class _Found:
    """A child's row."""

    workflow_id: str
    version: int
    claimed_run: Mapping[str, Json]
    input: Json
    elapsed_s: float
    ended: RunEnd | None


class PostgresChildren:
    """The `Children` of a process. `link` is shared with whoever reads little, such as the journal's `reading`."""

    def __init__(self, link: Link, schemas: SchemaChecker, *, failpoint: Failpoint = no_failpoint) -> None:
        """Failpoints: ``child.before_commit`` and ``child.after_commit`` where a child is made."""
        self._link, self._schemas, self._failpoint = link, schemas, failpoint
        self._definitions = Definitions()

    async def open_child(self, parent: ClaimedRun, path: str, request: ChildRequest, input: Json) -> ChildRun:
        """Find the child of this parent and path, or make it.

        Raises:
            StepError: a SubflowError; there is no such workflow or version, the input does not fit its schema, or it is too deep.
            FenceLost: the parent is another worker's.
        """

        async def work(connection: Connection) -> ChildRun:
            names = {"child": child_id(parent.handle.run_id, path), "tenant": parent.handle.tenant_id}
            found = await self._found(connection, names, parent.mode)
            if found is None:
                await self._make(connection, names, parent, path, request, input)
                found = await self._found(connection, names, parent.mode)
            assert found is not None, "a child that was made is there"
            definition = await self._definitions.of(connection, found.workflow_id, found.version)
            if definition is None:
                _refuse(request, path, f"Version {found.version} of “{request.workflow_id}” is gone.")
            handle = RunHandle(names["child"], parent.handle.tenant_id, found.workflow_id, parent.handle.claim_id, parent.handle.fence)
            claimed = ClaimedRun(
                handle, definition, found.input, parent.mode, found.claimed_run, depth=parent.depth + 1, elapsed_s=found.elapsed_s
            )
            return ChildRun(claimed, found.ended)

        return await self._link.run(work)

    async def _found(self, connection: Connection, names: Mapping[str, str], mode: str) -> _Found | None:
        row = await (await connection.execute(_FIND, names)).fetchone()
        if row is None:
            return None
        id, workflow_id, version, status, triggered_by, started_at, input, output, error, elapsed_s = row
        scope = run_scope(str(id), mode=mode, workflow_id=workflow_id, version=version, triggered_by=triggered_by, started_at=started_at)
        ended = RunEnd(status, _value(output), error) if RunStatus(status).is_terminal else None
        return _Found(str(workflow_id), version, scope, _value(input), elapsed_s, ended)

    async def _make(
        self, connection: Connection, names: Mapping[str, str], parent: ClaimedRun, path: str, request: ChildRequest, input: Json
    ) -> None:
        if parent.depth + 1 > MAX_DEPTH:
            _refuse(request, path, f"Sub-workflows are nested deeper than {MAX_DEPTH}.")
        workflow_id, version = await self._resolved(connection, parent.handle.tenant_id, path, request)
        definition = await self._definitions.of(connection, workflow_id, version)
        schema = definition.get("input_schema") if definition else None
        reasons = self._schemas.check(schema, input) if schema is not None else []
        if reasons:
            _refuse(request, path, f"The input does not fit the input schema of “{request.workflow_id}”: {'; '.join(reasons[:3])}")
        handle = parent.handle
        rings = [Ring(RUN, handle.tenant_id, names["child"])] + ([] if request.wait else [Ring(DUE, handle.tenant_id, names["child"])])
        values = {
            **names,
            "claim": handle.claim_id,
            "fence": handle.fence,
            "parent": handle.run_id,
            "path": path,
            "workflow": workflow_id,
            "version": version,
            "mode": parent.mode,
            "status": "running" if request.wait else "pending",
            "wait": request.wait,
            "input": None if input is None else dumps(input),
            "rings": dumps([*payloads(rings)]),
        }
        await self._failpoint("child.before_commit")
        answer = await (await connection.execute(_INSERT, values)).fetchone()
        await self._failpoint("child.after_commit")
        if answer is None or not answer[0]:
            raise FenceLost()

    async def _resolved(self, connection: Connection, tenant_id: str, path: str, request: ChildRequest) -> tuple[str, int]:
        wanted = request.version or None
        values = {"tenant": tenant_id, "id": _uuid_or_none(request.workflow_id), "name": request.workflow_id, "version": wanted}
        row: Sequence[Any] | None = await (await connection.execute(_RESOLVE, values)).fetchone()
        if row is None:
            _refuse(request, path, f"There is no workflow “{request.workflow_id}” to run.")
        workflow_id, version = row
        if version is None and wanted is None:
            _refuse(request, path, f"The workflow “{request.workflow_id}” has no published version; publish it first.")
        if version is None:
            _refuse(request, path, f"The workflow “{request.workflow_id}” has no version {wanted}.")
        return str(workflow_id), version


def child_id(parent_run_id: str, path: str) -> str:
    """The id of the run that `parent_run_id` makes at `path`, always the same one."""
    return str(uuid5(UUID(parent_run_id), path))


def _refuse(request: ChildRequest, path: str, message: str) -> NoReturn:
    raise StepError(StepFailure("SubflowError", message, request.step, path, retryable=False))


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _value(text: str | None) -> Json:
    return None if text is None else loads(text)

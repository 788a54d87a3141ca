"""Workflows and runs as rows, made and read directly, for the tests of journal, claims and children."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from app.domain.json_value import Json, dumps
from app.engine.ports import ClaimedRun, GroupWrite, RunHandle, StepWrite

TENANT = "00000000-0000-0000-0000-000000000001"
STEP = "11111111-1111-4111-8111-111111111111"
GROUP = "22222222-2222-4222-8222-222222222222"
DEFINITION: dict[str, Json] = {
    "format": "orchestrion/1",
    "name": "World",
    "steps": [],
    "edges": [],
    "block_groups": [{"id": GROUP, "name": "Each", "type": "foreach", "config": {}}],
}


class World:
    """One database, looked at from outside."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def one(self, sql: str, *values: Any) -> Any:
        rows = self.rows(sql, *values)
        return next(iter(rows[0].values())) if rows else None

    def tenant(self, most_runs: int | None = 10) -> str:
        id = str(uuid4())
        settings = "{}" if most_runs is None else dumps({"max_concurrent_runs": most_runs})
        self.rows("INSERT INTO tenants (id, name, slug, settings) VALUES (%s, 'T', %s, %s)", id, id, settings)
        return id

    def workflow(self, *, tenant: str = TENANT, name: str = "World", versions: Sequence[dict[str, Json]] = (DEFINITION,)) -> str:
        id = str(uuid4())
        self.rows("INSERT INTO workflows (id, tenant_id, name) VALUES (%s, %s, %s)", id, tenant, name)
        for number, definition in enumerate(versions, start=1):
            self.rows("INSERT INTO workflow_versions (workflow_id, version, definition) VALUES (%s, %s, %s)", id, number, dumps(definition))
        return id

    def runs(self, number: int, workflow: str, *, tenant: str = TENANT, **columns: Any) -> list[str]:
        """Pending runs of version 1, the oldest first."""
        names = ["tenant_id", "workflow_id", "workflow_version", *columns]
        values = [tenant, workflow, 1, *columns.values()]
        marks = ", ".join(["%s"] * len(values))
        with psycopg.connect(self.url, autocommit=True) as connection:
            statement = f"INSERT INTO runs ({', '.join(names)}, created_at) VALUES ({marks}, clock_timestamp()) RETURNING id::text"
            return [connection.execute(statement, values).fetchone()[0] for _ in range(number)]

    def claimed(self, workflow: str, *, tenant: str = TENANT, fence: int = 1, **columns: Any) -> RunHandle:
        """A run as if some worker had claimed it."""
        columns = {"status": "running", "owner": "tester", "lease_until": "2999-01-01", "fence": fence, **columns}
        (run,) = self.runs(1, workflow, tenant=tenant, **columns)
        return RunHandle(run, tenant, workflow, run, fence)

    def run(self, run_id: str) -> dict[str, Any]:
        return self.rows("SELECT * FROM runs WHERE id = %s", run_id)[0]

    def steps(self, run_id: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM step_runs WHERE run_id = %s ORDER BY seq", run_id)

    def groups(self, run_id: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM block_group_runs WHERE run_id = %s ORDER BY seq", run_id)


def step(path: str, status: str = "completed", attempt: int = 1, **more: Any) -> StepWrite:
    ended = None if status in ("running", "waiting", "pending") else 0.0
    return StepWrite(path, attempt, STEP, "Step", "tool", status, **{"started_ago_s": 0.0, "completed_ago_s": ended, **more})


def group(path: str, status: str = "completed", **more: Any) -> GroupWrite:
    return GroupWrite(path, GROUP, more.pop("role", "body"), more.pop("iteration", 0), status, **more)


def ids(claimed: Sequence[ClaimedRun]) -> list[str]:
    return [run.handle.run_id for run in claimed]


async def eventually(question: Callable[[], Any], *, within_s: float = 20.0) -> Any:
    """The first true answer."""
    async with asyncio.timeout(within_s):
        while not (answer := question()):
            await asyncio.sleep(0.02)
    return answer

"""In-memory twins of the engine's ports: a journal, children, secrets and an engine around them. Real classes, no database."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from app.domain.breakpoints import Answer, Breakpoint, Command
from app.domain.json_value import Given, Json, size_bytes
from app.domain.run_requests import WHOLE, RunRequest
from app.domain.runs import StepFailure
from app.engine.activity import Activity
from app.engine.ports import (
    LARGE_VALUE_BYTES,
    ChildRequest,
    ChildRun,
    ClaimedRun,
    GroupWrite,
    Recorded,
    RunEnd,
    RunHandle,
    StepError,
    StepWrite,
    ValueRef,
    Write,
)
from app.engine.run import Engine, no_failpoint
from app.engine.step import StepExecutor


@dataclass
class MemoryJournal:
    """Keeps rows in dicts by run. `commits` counts writes; `started` names the paths whose runner ran."""

    steps: dict[tuple[str, str, int], StepWrite] = field(default_factory=dict)
    groups: dict[tuple[str, str], GroupWrite] = field(default_factory=dict)
    ends: dict[str, RunEnd] = field(default_factory=dict)
    due: dict[tuple[str, str], float] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    """When each completed path was under way, by the process's clock."""
    commits: int = 0
    answers: int = 0
    started: list[str] = field(default_factory=list)
    fail_after: int | None = None
    """After this many commits every write hangs for ever: what a kill looks like to the run."""

    async def load(self, run: RunHandle) -> Sequence[Recorded]:
        rows = []
        for (run_id, path, attempt), row in sorted(self.steps.items(), key=lambda item: item[0][2]):
            if run_id != run.run_id:
                continue
            status = row.status
            if status in {"running", "pending"}:
                status = "lost"
                self.steps[(run_id, path, attempt)] = replace(row, status="lost")
            output: Any = row.output
            if status == "completed" and size_bytes(output) > LARGE_VALUE_BYTES:
                output = ValueRef(path, size_bytes(output))
            left = self.due.get((run_id, path))
            rows.append(
                Recorded(path, attempt, status, output, dict(row.error) if row.error else None, left if status == "waiting" else None)
            )
        return rows

    async def write(self, run: RunHandle, writes: Sequence[Write]) -> None:
        if self.fail_after is not None and self.commits >= self.fail_after:
            await asyncio.get_running_loop().create_future()
        self.commits += 1
        for write in writes:
            self._put(run, write)
        await asyncio.sleep(0)

    def write_soon(self, run: RunHandle, write: StepWrite | GroupWrite) -> None:
        if isinstance(write, StepWrite) and write.status == "running":
            self.started.append(write.path)
        if self.fail_after is None or self.commits < self.fail_after:
            self._put(run, write)

    def _put(self, run: RunHandle, write: Write) -> None:
        if isinstance(write, RunEnd):
            self.ends.setdefault(run.run_id, write)
        elif isinstance(write, GroupWrite):
            key = (run.run_id, write.path)
            old = self.groups.get(key)
            self.groups[key] = write if old is None else replace(write, input=write.input if write.input is not None else old.input)
        else:
            step_key = (run.run_id, write.path, write.attempt)
            found = self.steps.get(step_key)
            if found is not None and found.status in {"completed", "failed", "skipped", "cancelled"}:
                return
            self.steps[step_key] = write
            if write.status == "completed" and write.started_ago_s is not None:
                now = time.monotonic()
                self.spans[write.path] = (now - write.started_ago_s, now - (write.completed_ago_s or 0))

    async def read_output(self, run: RunHandle, ref: ValueRef) -> Json:
        run_id = ref.run_id or run.run_id
        return next(
            row.output for (id, path, _), row in self.steps.items() if (id, path) == (run_id, ref.path) and row.status == "completed"
        )

    async def answer(self, run: RunHandle, path: str) -> Answer | None:
        row = self.steps.get((run.run_id, path, 1))
        return Answer.from_json(row.output) if row is not None and row.status == "completed" else None

    def give_answer(
        self,
        run_id: str,
        path: str,
        command: Command = "resume",
        changed: Given | None = None,
        breakpoints: tuple[Breakpoint, ...] | None = None,
    ) -> None:
        """What a person says where the run pauses; the run is to be told besides."""
        self.answers += 1
        row = self.steps.pop((run_id, path, 1))
        assert row.status == "waiting"
        self.steps[run_id, path, 1] = replace(row, status="completed", output=Answer(command, self.answers, changed, breakpoints).to_json())

    def paused_at(self, run_id: str) -> list[str]:
        return [path for (id, path, _), row in self.steps.items() if id == run_id and row.type == "breakpoint" and row.status == "waiting"]

    async def wait(self, run: RunHandle, row: StepWrite, *, seconds: float | None, until: str | None) -> float:
        left = seconds if seconds is not None else 0.0
        if until is not None:
            left = (datetime.fromisoformat(until.replace("Z", "+00:00")) - datetime.now(UTC)).total_seconds()
        self._put(run, row)
        self.due[(run.run_id, row.path)] = left
        return left

    # What tests ask

    def rows(self, run_id: str) -> list[StepWrite]:
        return [row for (id, path, _), row in self.steps.items() if id == run_id and "#" not in path]

    def ran(self, run_id: str) -> list[str]:
        return sorted(row.path for row in self.rows(run_id) if row.status == "completed")

    def kill(self) -> MemoryJournal:
        """What a new process finds after this one was killed."""
        return MemoryJournal(
            steps=dict(self.steps), groups=dict(self.groups), ends=dict(self.ends), due=dict(self.due), answers=self.answers
        )


@dataclass
class MemorySecrets:
    known: dict[str, str] = field(default_factory=dict)

    async def values(self, tenant_id: str, names: Sequence[str]) -> Mapping[str, str]:
        return {name: self.known[name] for name in names if name in self.known}

    def mask(self, value: Json) -> Json:
        if isinstance(value, str):
            for secret in self.known.values():
                value = value.replace(secret, "••••••")
            return value
        if isinstance(value, list):
            return [self.mask(item) for item in value]
        if isinstance(value, dict):
            return {key: self.mask(item) for key, item in value.items()}
        return value


@dataclass
class MemoryChildren:
    """Children by workflow id; `ended` keeps their ends between interpretations."""

    workflows: dict[str, dict[str, Any]] = field(default_factory=dict)
    journal: MemoryJournal | None = None
    detached: list[str] = field(default_factory=list)

    async def open_child(self, parent: ClaimedRun, path: str, request: ChildRequest, input: Json) -> ChildRun:
        definition = self.workflows.get(request.workflow_id)
        if definition is None:
            message = f"There is no workflow “{request.workflow_id}” to run."
            raise StepError(StepFailure("SubflowError", message, request.step, path, retryable=False))
        run_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{parent.handle.run_id}{path}"))
        claimed = claim(definition, input, run_id=run_id, mode=parent.mode, depth=parent.depth + 1)
        if not request.wait:
            self.detached.append(run_id)
        return ChildRun(claimed, self.journal.ends.get(run_id) if self.journal else None)


def claim(
    definition: Mapping[str, Any],
    input: Json,
    *,
    run_id: str | None = None,
    mode: Any = "test",
    depth: int = 0,
    takeovers: int = 0,
    request: RunRequest = WHOLE,
) -> ClaimedRun:
    run_id = run_id or str(uuid.uuid4())
    handle = RunHandle(run_id, "tenant", "workflow", run_id, 1)
    run = {
        "id": run_id,
        "mode": mode,
        "workflow_id": "workflow",
        "workflow_version": 1,
        "triggered_by": "manual",
        "started_at": "2026-01-01T00:00:00Z",
    }
    return ClaimedRun(handle, definition, input, mode, run, depth=depth, takeovers=takeovers, request=request)


def make_engine(
    journal: MemoryJournal | None = None,
    *,
    secrets: MemorySecrets | None = None,
    children: MemoryChildren | None = None,
    runners: Mapping[str, Any] | None = None,
    failpoint: Any = no_failpoint,
    egress: Any = None,
    adapter_defaults: Mapping[str, Mapping[str, Json]] | None = None,
) -> Engine:
    """An engine on the real step types, groups and adapters, with everything else in memory.

    `egress`: one that may reach a test's server. `adapter_defaults`: what the tenant's adapters give to steps, by their id.
    """
    from app.adapters.egress import Egress
    from app.adapters.registry import ADAPTER_TYPES, builtin_adapters
    from app.domain.catalog import Catalog
    from app.domain.json_schema import SchemaChecker
    from app.groups import GROUP_TYPES
    from app.steps import STEP_TYPES
    from app.steps.llm import LlmRunner
    from app.steps.tool import TakenAdapter, ToolRunner
    from app.steps.transform import TransformRunner

    journal = journal or MemoryJournal()
    secrets = secrets or MemorySecrets()
    children = children or MemoryChildren()
    children.journal = journal
    adapters = builtin_adapters(egress or Egress())

    class Shelf:
        async def take(self, tenant_id: str, adapter_id: str) -> TakenAdapter | None:
            adapter = adapters.get(adapter_id)
            return None if adapter is None else TakenAdapter(adapter, frozenset())

        async def defaults(self, tenant_id: str, adapter_id: str) -> Mapping[str, Json]:
            return (adapter_defaults or {}).get(adapter_id, {})

    def mask(text: str) -> str:
        return str(secrets.mask(text))

    schemas, shelf = SchemaChecker(), Shelf()
    catalog = Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES)
    all_runners = {
        "transform": TransformRunner(),
        "tool": ToolRunner(shelf, mask),
        "llm": LlmRunner(shelf, schemas, mask),
        **(runners or {}),
    }
    executor = StepExecutor(catalog, all_runners, secrets, shelf, asyncio.Semaphore(50), failpoint)
    return Engine(catalog, all_runners, journal, children, secrets, executor, schemas, failpoint)


async def run_definition(
    definition: Mapping[str, Any], input: Json, *, mode: str = "test", engine: Engine | None = None, request: RunRequest = WHOLE
) -> tuple[RunEnd, MemoryJournal, str]:
    """Run a document to its end: the end, the journal and the run's id."""
    engine = engine or make_engine()
    claimed = claim(definition, input, mode=mode, request=request)
    end = await engine.run_claimed(claimed, Activity())
    journal = engine.journal
    assert isinstance(journal, MemoryJournal)
    return end, journal, claimed.handle.run_id

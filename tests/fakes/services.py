"""Services that keep everything in memory: real classes with the coroutines of the real ones, for tests of the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.domain.access import Actor
from app.domain.breakpoints import Breakpoint
from app.domain.catalog import Catalog
from app.domain.definition_file import parse_definition
from app.domain.drafts import VersionRow
from app.domain.edits import GraphEdit
from app.domain.errors import DefinitionInvalid, RunNotFound, WorkflowConflict, WorkflowNotFound
from app.domain.habits import Following
from app.domain.json_value import Json
from app.domain.problems import Problem
from app.domain.runs import GroupRunRow, RunChanges, RunDetail, RunRow, StepRunRow, WorkflowRow
from app.domain.validation import validate
from app.domain.workflow import Definition, definition_to_json
from app.services.workflows import OpenWorkflow
from tests.fakes.credentials import FakeCredentials
from tests.fakes.finding import FakeFinding
from tests.fakes.habits import followings_in
from tests.fakes.presence import FakePresence
from tests.fakes.publishing import FakePublishing
from tests.fakes.run_parts import FakeRunParts

NOW = datetime(2026, 5, 4, 12, 31, 58, tzinfo=UTC)


@dataclass
class Kept:
    """One workflow as the fake keeps it."""

    definition: Definition
    revision: int = 1
    version: int = 0
    status: str = "draft"
    deleted: bool = False
    updated_at: datetime = NOW
    published_at: datetime | None = None


class FakeWorkflows:
    """`failure`, when set, is raised by every call: a database that is gone."""

    def __init__(self, catalog: Catalog) -> None:
        self.kept: dict[str, Kept] = {}
        self.rows: dict[str, WorkflowRow] = {}
        self.failure: Exception | None = None
        self.notes: list[str] = []
        self.published: dict[str, list[tuple[VersionRow, Definition]]] = {}
        self._catalog = catalog

    def add(self, definition: Definition, *, id: str | None = None, **more: object) -> str:
        """Put a workflow in; `more` are fields of its row in the list."""
        key = id or str(uuid4())
        self.kept[key] = Kept(definition)
        self.rows[key] = replace(self._row(key), **more)
        if more.get("status") == "published":
            self.kept[key].status, self.kept[key].version = "published", self.rows[key].version
        return key

    def _row(self, id: str) -> WorkflowRow:
        kept = self.kept[id]
        row = self.rows.get(id) or WorkflowRow(id, "", "", "draft", 1, 1, kept.updated_at)
        return replace(
            row,
            name=kept.definition.name,
            description=kept.definition.description,
            step_count=len(kept.definition.graph.steps),
            revision=kept.revision,
            status=kept.status if kept.version else row.status,
            version=kept.version or row.version,
            published_at=kept.published_at or row.published_at,
        )

    def _found(self, id: str) -> Kept:
        if self.failure is not None:
            raise self.failure
        if id not in self.kept or self.kept[id].deleted:
            raise WorkflowNotFound
        return self.kept[id]

    async def list(self, actor: Actor, *, search: str = "", limit: int = 100, offset: int = 0) -> list[WorkflowRow]:
        if self.failure is not None:
            raise self.failure
        rows = [self._row(id) for id, kept in self.kept.items() if not kept.deleted]
        return [row for row in rows if search.casefold() in row.name.casefold()][offset : offset + limit]

    async def find(self, actor: Actor, name_or_id: str) -> str:
        found = [id for id, kept in self.kept.items() if not kept.deleted and name_or_id in (id, kept.definition.name)]
        if not found:
            raise WorkflowNotFound
        return found[0]

    async def keep(self, actor: Actor, definition: Definition, *, by_name: bool = False) -> str:
        return self.add(definition)

    async def open(self, actor: Actor, workflow_id: str) -> OpenWorkflow:
        kept = self._found(workflow_id)
        problems = tuple(validate(kept.definition, self._catalog))
        return OpenWorkflow(workflow_id, kept.definition, kept.revision, kept.version, kept.status, problems)

    async def create(self, actor: Actor, name: str = "Untitled workflow", *, description: str = "") -> str:
        return self.add(Definition(name, description=description))

    async def import_document(self, actor: Actor, document: Json, *, keep_as_draft: bool = False) -> str:
        definition, problems = parse_definition(document)
        if definition is None:
            raise DefinitionInvalid(problems)
        return self.add(definition)

    async def habits(self, actor: Actor, *, besides: str | None = None) -> Sequence[Following]:
        return followings_in(kept.definition.graph for id, kept in self.kept.items() if id != besides and not kept.deleted)

    async def validate(self, actor: Actor, definition: Definition) -> Sequence[Problem]:
        return validate(definition, self._catalog)

    async def versions(self, actor: Actor, workflow_id: str) -> Sequence[VersionRow]:
        return [row for row, _ in reversed(self.published.get(workflow_id, []))]

    async def export(self, actor: Actor, workflow_id: str, *, version: int | None = None) -> dict[str, object]:
        definitions = [definition for row, definition in self.published.get(workflow_id, []) if row.version == version]
        return definition_to_json(definitions[0] if definitions else self._found(workflow_id).definition)

    async def delete(self, actor: Actor, workflow_id: str) -> None:
        self._found(workflow_id).deleted = True

    async def restore(self, actor: Actor, workflow_id: str) -> None:
        self.kept[workflow_id].deleted = False


class FakeEditing:
    """Applies edits to what `FakeWorkflows` keeps. `failure` is raised by the next saves until it is taken away."""

    def __init__(self, workflows: FakeWorkflows) -> None:
        self._workflows = workflows
        self.saved: list[GraphEdit] = []
        self.failure: Exception | None = None

    async def save(self, actor: Actor, workflow_id: str, edits: Sequence[GraphEdit], base_revision: int) -> int:
        if self.failure is not None:
            raise self.failure
        kept = self._workflows.kept[workflow_id]
        if kept.revision != base_revision:
            raise WorkflowConflict(opened=base_revision, current=kept.revision)
        graph = kept.definition.graph
        for edit in edits:
            graph = edit.apply(graph)
        self.saved += edits
        kept.definition, kept.revision = Definition.of(graph), kept.revision + 1
        return kept.revision


@dataclass
class FakeRun:
    """One run and what is known of it; a test moves it on."""

    row: RunRow
    input: Json
    definition: Mapping[str, object]
    steps: list[StepRunRow] = field(default_factory=list)
    groups: list[GroupRunRow] = field(default_factory=list)
    output: Json = None
    error: Json = None


class FakeRuns(FakeRunParts):
    """Runs stand still until a test moves them with `step`, `group` and `end`."""

    def __init__(self, workflows: FakeWorkflows) -> None:
        super().__init__()
        self._workflows = workflows
        self.runs: dict[str, FakeRun] = {}
        self.cancelled: list[str] = []
        self.refuse_input: Exception | None = None
        self.clock = NOW
        self._seq = 0

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def add(self, workflow_id: str, *, id: str | None = None, input: Json = None, **more: object) -> str:
        definition = self._workflows.kept[workflow_id].definition
        key = id or str(uuid4())
        row = RunRow(key, workflow_id, definition.name, 0, "running", "test", "manual", self.clock, self.clock)
        row = replace(row, steps_total=len(definition.graph.steps), **more)
        self.runs[key] = FakeRun(row, input, definition_to_json(definition))
        return key

    def step(
        self, run_id: str, step_id: str, status: str, *, path: str = "", took: float | None = None, at: float = 0, **more: object
    ) -> None:
        """One attempt of a step is now like this; `at` and `took` are seconds since the run's start and since its own."""
        run = self.runs[run_id]
        step = next(item for item in run.definition["steps"] if item["id"] == step_id)  # type: ignore[attr-defined]
        start = run.row.started_at + timedelta(seconds=at)
        row = StepRunRow(path or f"/{step_id}", step_id, step["name"], step["type"], status, 1, started_at=start, seq=self._next())
        if took is not None:
            row = replace(row, completed_at=start + timedelta(seconds=took), duration_ms=round(took * 1000))
        row = replace(row, **more)
        run.steps = [other for other in run.steps if (other.path, other.attempt) != (row.path, row.attempt)] + [row]

    def group(self, run_id: str, group_id: str, status: str, *, path: str, role: str = "body", at: float = 0, **more: object) -> None:
        run = self.runs[run_id]
        start = run.row.started_at + timedelta(seconds=at)
        row = replace(GroupRunRow(path, group_id, role, 0, status, started_at=start, seq=self._next()), **more)
        run.groups = [other for other in run.groups if (other.path, other.role) != (row.path, row.role)] + [row]

    def end(self, run_id: str, status: str, *, output: Json = None, error: Json = None, took: float = 1.0) -> None:
        run = self.runs[run_id]
        sentence = error.get("message") if isinstance(error, dict) else None
        end = run.row.started_at + timedelta(seconds=took)
        run.row = replace(run.row, status=status, completed_at=end, error=sentence, seq=self._next())
        run.output, run.error = output, error

    async def start(
        self, actor: Actor, workflow_id: str, input: Json, mode: str, *, version: int = 0, breakpoints: Sequence[Breakpoint] = ()
    ) -> str:
        self.breakpoints = tuple(breakpoints)
        if self.refuse_input is not None:
            refusal, self.refuse_input = self.refuse_input, None
            raise refusal
        return self.add(workflow_id, input=input, mode=mode, workflow_version=version)

    async def cancel(self, actor: Actor, run_id: str) -> None:
        self.cancelled.append(run_id)
        self.end(run_id, "cancelled")

    async def list(self, actor: Actor, *, status: str | None = None, limit: int = 100, offset: int = 0) -> list[RunRow]:
        if self._workflows.failure is not None:
            raise self._workflows.failure
        rows = [run.row for run in self.runs.values() if status is None or run.row.status == status]
        return sorted(rows, key=lambda row: row.created_at, reverse=True)[offset : offset + limit]

    async def show(self, actor: Actor, run_id: str) -> RunDetail:
        run = self._found(run_id)
        rows = tuple(run.steps), tuple(run.groups)
        return RunDetail(run.row, run.input, run.output, run.error, run.definition, *rows, self.pauses_of(run_id))

    async def changes(self, actor: Actor, run_id: str, since: int) -> RunChanges:
        run = self._found(run_id)
        steps = tuple(row for row in run.steps if row.seq > since)
        groups = tuple(row for row in run.groups if row.seq > since)
        newest = max([since, run.row.seq, *(row.seq for row in steps), *(row.seq for row in groups)])
        return RunChanges(newest, run.row, steps, groups, run.output, run.error, self.pauses_of(run_id))

    def _found(self, run_id: str) -> FakeRun:
        if run_id not in self.runs:
            raise RunNotFound
        return self.runs[run_id]


class FakeServices:
    """All of them, over one memory."""

    def __init__(self, catalog: Catalog) -> None:
        self.workflows = FakeWorkflows(catalog)
        self.editing = FakeEditing(self.workflows)
        self.presence = FakePresence(self.workflows)
        self.runs = FakeRuns(self.workflows)
        self.credentials = FakeCredentials()
        self.publishing = FakePublishing(self.workflows, catalog)
        self.finding = FakeFinding(self.workflows)

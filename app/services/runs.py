"""Runs: started, listed, read, asked to stop, and taken up again as new runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from app.domain.access import Actor, Permission, check
from app.domain.breakpoints import Breakpoint, Command
from app.domain.catalog import Catalog
from app.domain.definition_file import read_definition
from app.domain.errors import DefinitionInvalid, InputRefused
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Given, Json
from app.domain.partial import Taken
from app.domain.problems import has_errors
from app.domain.resumption import kept_places
from app.domain.run_requests import Part, RunRequest
from app.domain.runs import GroupRunRow, RunChanges, RunDetail, RunRow, RunStatus, StepRunRow
from app.domain.workflow import definition_to_json
from app.services.checking import surroundings
from app.services.errors import NothingToResume, PauseOver, RunStillGoing
from app.services.run_parts import StepData, fitting, new_part, step_data
from app.storage.runs import NewRun
from app.storage.unit_of_work import UnitOfWork, UnitsOfWork

Mode = Literal["test", "production"]
REMEMBERED_SIZES = 1000
T = TypeVar("T", StepRunRow, GroupRunRow)


class RunUseCases:
    def __init__(self, unit_of_work: UnitsOfWork, catalog: Catalog, schemas: SchemaChecker) -> None:
        self._unit_of_work, self._catalog, self._schemas = unit_of_work, catalog, schemas
        self._sizes: OrderedDict[str, int] = OrderedDict()

    async def start(
        self,
        actor: Actor,
        workflow_id: str,
        input: Json,
        mode: Mode = "production",
        *,
        version: int | None = None,
        of_draft: bool = False,
        breakpoints: Sequence[Breakpoint] = (),
        reserved_for: str | None = None,
    ) -> str:
        """Queue a run; its id. It starts when a worker claims it.

        A production run is of a published version (None or 0: the latest), a test run of the draft as it is now. `of_draft` is a
        production run of the draft. `reserved_for` is the owner of the queue that is going to claim it. It pauses at `breakpoints`, in
        production only for who may resume runs.

        Raises:
            InputRefused, InputTooLarge: no run was made.
            VersionNotFound: nothing was published.
            DefinitionInvalid: the draft has errors.
        """
        given = fitting(input)
        if breakpoints and mode == "production":
            check(actor, Permission.RUN_RESUME)
        async with self._unit_of_work(actor, Permission.RUN_START) as uow:
            if mode == "test" or of_draft:
                new = await self._of_draft(uow, workflow_id, given, mode)
            else:
                published = await uow.workflows.version(workflow_id, version)
                self._accept(published.document.get("input_schema"), given)
                new = NewRun(workflow_id=workflow_id, workflow_version=published.version, mode=mode, input=given)
            new = replace(new, reserved_for=reserved_for, request=RunRequest(breakpoints=tuple(breakpoints)))
            run_id = await uow.runs.add(new)
            uow.audit("execute", "run", run_id, workflow=workflow_id, version=new.workflow_version, mode=mode)
        return run_id

    async def _of_draft(self, uow: UnitOfWork, workflow_id: str, given: Json, mode: str) -> NewRun:
        draft = await uow.workflows.get(workflow_id)
        problems = (await surroundings(uow, self._catalog)).problems(draft.definition)
        if has_errors(problems):
            raise DefinitionInvalid(problems)
        self._accept(draft.definition.input_schema, given)
        document = definition_to_json(draft.definition)
        return NewRun(workflow_id=workflow_id, workflow_version=draft.version, mode=mode, input=given, definition=document)

    def _accept(self, schema: Json, given: Json) -> None:
        reasons = self._schemas.check(schema, given) if schema is not None else []
        if reasons:
            raise InputRefused(reasons)

    async def list(
        self,
        actor: Actor,
        *,
        status: str | None = None,
        workflow_id: str | None = None,
        mode: str | None = None,
        children: bool = False,
        parent_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[RunRow]:
        """Newest first. `children` shows the runs of sub-workflows and map items too, `parent_id` only those that one run made.

        Raises:
            RunNotFound: there is no such parent.
        """
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            if parent_id is not None:
                await uow.runs.row(parent_id)
            return await uow.runs.list(
                status=status, workflow_id=workflow_id, mode=mode, children=children, parent_id=parent_id, limit=limit, offset=offset
            )

    async def count(
        self, actor: Actor, *, status: str | None = None, workflow_id: str | None = None, mode: str | None = None, children: bool = False
    ) -> int:
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            return await uow.runs.count(status=status, workflow_id=workflow_id, mode=mode, children=children)

    async def row(self, actor: Actor, run_id: str) -> RunRow:
        """One line of the list."""
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            return await uow.runs.row(run_id)

    async def show(self, actor: Actor, run_id: str) -> RunDetail:
        """The run with its whole journal and what it executes; the engine's own decisions are left out."""
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            detail = await uow.runs.get(run_id)
            pauses = await uow.pauses.of(run_id)
        steps = detail.definition.get("steps")
        self._remember(run_id, len(steps) if isinstance(steps, list) else 0)
        return replace(detail, run=self._sized(detail.run), steps=_shown(detail.steps), groups=_shown(detail.groups), pauses=pauses)

    async def changes(self, actor: Actor, run_id: str, since: int, *, values: bool = True) -> RunChanges:
        """What is new since change number `since` (0: everything)."""
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            changes = await uow.runs.changes(run_id, since, values=values)
            pauses = await uow.pauses.of(run_id) if values and changes.run.may_pause else ()
        return replace(changes, run=self._sized(changes.run), steps=_shown(changes.steps), groups=_shown(changes.groups), pauses=pauses)

    async def cancel(self, actor: Actor, run_id: str) -> RunStatus:
        """Ask the run to end; its status now. One that has ended stays as it is."""
        async with self._unit_of_work(actor, Permission.RUN_CANCEL) as uow:
            status = RunStatus((await uow.runs.row(run_id)).status)
            if status.is_terminal:
                return status
            status = await uow.runs.request_cancel(run_id)
            uow.audit("update", "run", run_id, change="cancel")
        return status

    async def resume(self, actor: Actor, run_id: str, *, reserved_for: str | None = None) -> str:
        """A new run that goes on where a failed or cancelled one stopped, with its journal up to there; the new run's id.

        Raises:
            RunStillGoing, NothingToResume.
        """
        async with self._unit_of_work(actor, Permission.RUN_RESUME) as uow:
            old = await uow.runs.get(run_id)
            if not RunStatus(old.run.status).is_terminal:
                raise RunStillGoing
            if old.run.status == RunStatus.COMPLETED:
                raise NothingToResume
            definition = read_definition(dict(old.definition))
            snapshot = dict(old.definition) if await uow.runs.has_snapshot(run_id) else None
            new_id = await uow.runs.add(
                NewRun(
                    workflow_id=old.run.workflow_id,
                    workflow_version=old.run.workflow_version,
                    mode=old.run.mode,
                    input=old.input,
                    definition=snapshot,
                    resumed_from=run_id,
                    request=old.request,
                    reserved_for=reserved_for,
                )
            )
            places = kept_places(definition.graph, old.steps, old.groups, old.error)
            copied = await uow.runs.copy_journal(run_id, new_id, [Taken(path, attempt, path) for path, attempt in places]) if places else 0
            uow.audit("execute", "run", new_id, resumed_from=run_id, copied=copied)
        return new_id

    async def start_part(self, actor: Actor, workflow_id: str, part: Part, *, reserved_for: str | None = None) -> str:
        """Queue a test run of a part of the draft; the new run's id.

        Raises:
            PlaceUnknown, DefinitionInvalid, PartRefused, NothingToStartFrom, RunStillGoing, InputTooLarge, InputRefused.
        """
        async with self._unit_of_work(actor, Permission.RUN_START) as uow:
            new = await new_part(uow, self._catalog, workflow_id, part)
            if part.kind == "to":
                self._accept((new.run.definition or {}).get("input_schema"), new.run.input)
            run_id = await uow.runs.add(replace(new.run, reserved_for=reserved_for))
            copied = sum([await uow.runs.copy_journal(source.run_id, run_id, source.places) for source in new.sources if source.places])
            uow.audit(
                "execute", "run", run_id, workflow=workflow_id, mode="test", part=part.kind, place=new.run.request.path, copied=copied
            )
        return run_id

    async def answer(
        self,
        actor: Actor,
        run_id: str,
        path: str,
        command: Command,
        changed: Given | None = None,
        *,
        breakpoints: Sequence[Breakpoint] | None = None,
    ) -> None:
        """Let a run go on where it pauses at `path` (a pause's), with the data as it was changed; from now on with these breakpoints.

        Raises:
            PauseOver: it does not pause there.
            InputTooLarge.
        """
        value = Given(fitting(changed.value)) if changed is not None else None
        async with self._unit_of_work(actor, Permission.RUN_RESUME) as uow:
            await uow.runs.row(run_id)
            points = None if breakpoints is None else tuple(breakpoints)
            if not await uow.pauses.answer(run_id, path, command, value, points):
                raise PauseOver
            uow.audit("update", "run", run_id, change=command, place=path, edited=value is not None)

    async def step_data(self, actor: Actor, workflow_id: str, part: Part) -> StepData:
        """What there is to test one step with."""
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            return await step_data(uow, workflow_id, part)

    def _remember(self, run_id: str, size: int) -> None:
        self._sizes[run_id] = size
        if len(self._sizes) > REMEMBERED_SIZES:
            self._sizes.popitem(last=False)

    def _sized(self, run: RunRow) -> RunRow:
        """How many steps the workflow has, where it was read once."""
        return replace(run, steps_total=None if run.is_partial else self._sizes.get(run.id))


def _shown(rows: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(row for row in rows if "#" not in row.path)

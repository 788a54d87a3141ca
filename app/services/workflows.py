"""Workflows: listed, opened, kept, published, exported, deleted and brought back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from app.domain.access import Actor, Permission
from app.domain.catalog import Catalog
from app.domain.definition_file import check_details, parse_definition, with_ids
from app.domain.drafts import Version, VersionRow
from app.domain.errors import DefinitionInvalid, WorkflowNotFound
from app.domain.habits import Following
from app.domain.json_gate import DEFINITION_NODES, normalise
from app.domain.json_value import Json
from app.domain.problems import Problem
from app.domain.runs import WorkflowRow
from app.domain.validation import validate
from app.domain.workflow import Definition, definition_to_json
from app.services.checking import surroundings
from app.services.errors import NameAmbiguous
from app.services.publishing import PublishingUseCases
from app.storage.errors import AlreadyExists
from app.storage.unit_of_work import UnitOfWork, UnitsOfWork

PURGE_BATCH = 1000
_NOT_KEPT = frozenset({"dangling_edge", "duplicate_edge", "self_edge", "cycle", "group_cycle", "bad_role", "crosses_roles", "limit"})
"""Errors that the canvas could not even draw; all others may stand in a draft until they are fixed."""


@dataclass(frozen=True, slots=True)
class OpenWorkflow:
    """A draft as the builder opens it. `version` is the latest published one, 0 when there is none."""

    id: str
    definition: Definition
    revision: int
    version: int
    status: str
    problems: tuple[Problem, ...] = ()


class WorkflowUseCases:
    def __init__(self, unit_of_work: UnitsOfWork, catalog: Catalog) -> None:
        self._unit_of_work, self._catalog = unit_of_work, catalog
        self._publishing = PublishingUseCases(unit_of_work, catalog)

    async def list(
        self,
        actor: Actor,
        *,
        search: str = "",
        status: str | None = None,
        deleted: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[WorkflowRow]:
        """Last changed first."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.workflows.list(search=search, status=status, deleted=deleted, limit=limit, offset=offset)

    async def count(self, actor: Actor, *, search: str = "", status: str | None = None, deleted: bool = False) -> int:
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.workflows.count(search=search, status=status, deleted=deleted)

    async def find(self, actor: Actor, name_or_id: str) -> str:
        """The id of the workflow that is called so.

        Raises:
            WorkflowNotFound, NameAmbiguous.
        """
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            named = await uow.workflows.called(name_or_id)
        if not named:
            raise WorkflowNotFound(f"There is no workflow called “{name_or_id:.80}”; `orchestrion list` shows what there is.")
        if len(named) > 1:
            raise NameAmbiguous(name_or_id, named)
        return named[0]

    async def open(self, actor: Actor, workflow_id: str) -> OpenWorkflow:
        """The draft with what is wrong with it."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            draft = await uow.workflows.get(workflow_id)
            around = await surroundings(uow, self._catalog)
        problems = tuple(around.problems(draft.definition))
        return OpenWorkflow(draft.id, draft.definition, draft.revision, draft.version - 1, draft.status, problems)

    async def habits(self, actor: Actor, *, besides: str | None = None) -> Sequence[Following]:
        """Which kinds of steps follow which in the workflows changed last, one of them left out."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.workflows.followings(besides=besides)

    async def create(self, actor: Actor, name: str = "Untitled workflow", *, description: str = "") -> str:
        """A new, empty draft; its id."""
        definition = Definition(name=name, description=description)
        if problems := check_details(definition.graph.details):
            raise DefinitionInvalid(problems)
        async with self._unit_of_work(actor, Permission.WORKFLOW_EDIT) as uow:
            workflow_id = await uow.workflows.create(definition)
            uow.audit("create", "workflow", workflow_id, name=name)
        return workflow_id

    async def import_document(self, actor: Actor, document: Json, *, keep_as_draft: bool = False) -> str:
        """Keep a document as a draft; the workflow's id. With `keep_as_draft` it replaces the draft of its name, if there is one.

        Raises:
            DefinitionInvalid: it cannot be read, or could not even be drawn. Other errors may wait in the draft.
            JsonRejected: it is too large or too deep.
        """
        clean, _ = normalise(document, max_nodes=DEFINITION_NODES)
        definition, problems = parse_definition(clean)
        if definition is None or problems:
            raise DefinitionInvalid(problems)
        return await self.keep(actor, definition, by_name=keep_as_draft)

    async def keep(self, actor: Actor, definition: Definition, *, by_name: bool = False) -> str:
        """Keep a definition as a draft, under ids of its own; the workflow's id. See `import_document`."""
        refused = [problem for problem in validate(definition, self._catalog) if _is_refused(problem, definition)]
        if refused:
            raise DefinitionInvalid(refused)
        try:
            return await self._keep(actor, definition, by_name=by_name, only_own_ids=False)
        except AlreadyExists:  # an id of the file stands in a tenant that this actor does not see
            return await self._keep(actor, definition, by_name=by_name, only_own_ids=True)

    async def _keep(self, actor: Actor, definition: Definition, *, by_name: bool, only_own_ids: bool) -> str:
        async with self._unit_of_work(actor, Permission.WORKFLOW_EDIT) as uow:
            found = await uow.workflows.hold_name(definition.name) if by_name else []
            if len(found) > 1:
                raise NameAmbiguous(definition.name, found)
            workflow_id = found[0] if found else str(uuid4())
            kept = await _with_own_ids(uow, definition, workflow_id, only_own_ids=only_own_ids)
            if not found:
                await uow.workflows.create(kept, workflow_id=workflow_id)
                uow.audit("create", "workflow", workflow_id, name=definition.name)
                return workflow_id
            draft = await uow.workflows.get(workflow_id, lock=True)
            if definition_to_json(draft.definition) != definition_to_json(kept):
                revision = await uow.workflows.save(workflow_id, kept, base_revision=draft.revision)
                uow.audit("update", "workflow", workflow_id, revision=revision)
        return workflow_id

    async def validate(self, actor: Actor, definition: Definition) -> Sequence[Problem]:
        """All that is wrong with it, missing sub-workflows included."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            around = await surroundings(uow, self._catalog)
        return around.problems(definition)

    async def publish(self, actor: Actor, workflow_id: str, note: str = "") -> int:
        """Make the draft the next version; its number. See `PublishingUseCases`."""
        return await self._publishing.publish(actor, workflow_id, note)

    async def export(self, actor: Actor, workflow_id: str, *, version: int | None = None) -> dict[str, Any]:
        """The document of the draft, or of a published version (0: the latest)."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            if version is None:
                return definition_to_json((await uow.workflows.get(workflow_id)).definition)
            return (await uow.workflows.version(workflow_id, version)).document

    async def versions(self, actor: Actor, workflow_id: str) -> Sequence[VersionRow]:
        """The published versions, newest first."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.workflows.versions(workflow_id)

    async def version(self, actor: Actor, workflow_id: str, number: int | None = None) -> Version:
        """One published version; 0 or None is the latest."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.workflows.version(workflow_id, number)

    async def delete(self, actor: Actor, workflow_id: str) -> None:
        """Soft delete: it leaves the lists and starts no more runs; `restore` brings it back."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_DELETE) as uow:
            await uow.workflows.delete(workflow_id)
            uow.audit("delete", "workflow", workflow_id)

    async def restore(self, actor: Actor, workflow_id: str) -> None:
        async with self._unit_of_work(actor, Permission.WORKFLOW_DELETE) as uow:
            await uow.workflows.restore(workflow_id)
            uow.audit("update", "workflow", workflow_id, restored=True)

    async def purge(self, actor: Actor, workflow_id: str) -> int:
        """Delete for good, its ended runs first and in batches; how many runs went with it.

        Raises:
            StillReferenced: a run of it has not ended.
        """
        removed = 0
        while True:
            async with self._unit_of_work(actor, Permission.WORKFLOW_PURGE) as uow:
                batch = await uow.workflows.purge_runs(workflow_id, limit=PURGE_BATCH)
                uow.audit("delete", "workflow", workflow_id, runs=batch)
            removed += batch
            if batch == 0:
                break
        async with self._unit_of_work(actor, Permission.WORKFLOW_PURGE) as uow:
            await uow.workflows.purge(workflow_id)
            uow.audit("delete", "workflow", workflow_id, for_good=True)
        return removed


def _is_refused(problem: Problem, definition: Definition) -> bool:
    if problem.severity != "error":
        return False
    return problem.code in _NOT_KEPT or (problem.code == "unknown_type" and problem.id in definition.graph.groups)


async def _with_own_ids(uow: UnitOfWork, definition: Definition, workflow_id: str, *, only_own_ids: bool) -> Definition:
    """Ids that are no UUIDs, or another workflow's, become ones that follow from the workflow and the old id."""
    graph = definition.graph
    ids = [*graph.steps, *graph.edges, *graph.groups, *graph.notes]
    good = [] if only_own_ids else [id for id in ids if _is_uuid(id)]
    kept = set(good) - await uow.workflows.taken_ids(good, workflow_id=workflow_id)
    if len(kept) == len(ids):
        return definition
    return with_ids(definition, lambda _kind, id: id if id in kept else str(uuid5(UUID(workflow_id), id)))


def _is_uuid(id: str) -> bool:
    try:
        return str(UUID(id)) == id
    except ValueError:
        return False

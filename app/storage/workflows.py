"""Workflows as rows: drafts that are saved whole under optimistic locking, and published versions that never change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, and_, any_, delete, exists, func, insert, literal, select, update

from app.domain.access import Actor
from app.domain.differences import Counts
from app.domain.drafts import Draft, Version, VersionRow
from app.domain.errors import VersionNotFound, WorkflowConflict, WorkflowNotFound
from app.domain.habits import Following
from app.domain.runs import WorkflowRow
from app.domain.workflow import Definition, definition_to_json
from app.storage.bell import ring
from app.storage.database import Transaction
from app.storage.graph_rows import graph_of, notes_document
from app.storage.graphs import StoredGraph, make_equal, stored_graph
from app.storage.habits import followings
from app.storage.ids import text_of, uuid_of
from app.storage.tables import block_groups, edges, runs, schedules, steps, users, webhooks, workflow_versions, workflows
from app.storage.tables_base import Uuid
from app.storage.workflow_listing import listing, matching

Ids = list[str]  # inside the class `list` is a method


class Workflows:
    """The workflows of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)
        self._user = uuid_of(actor.user_id)

    async def list(
        self, *, search: str = "", status: str | None = None, deleted: bool = False, limit: int = 100, offset: int = 0
    ) -> list[WorkflowRow]:
        """Last changed first; `search` is looked for in names and descriptions. `deleted`: the soft-deleted ones instead."""
        rows = await self._transaction.read(
            listing(self._tenant)
            .where(*matching(self._tenant, search=search, status=status, deleted=deleted))
            .order_by(workflows.c.updated_at.desc(), workflows.c.id)
            .limit(limit)
            .offset(offset)
        )
        return [WorkflowRow(**{**row, "id": str(row["id"]), "last_run_id": text_of(row["last_run_id"])}) for row in rows]

    async def count(self, *, search: str = "", status: str | None = None, deleted: bool = False) -> int:
        conditions = matching(self._tenant, search=search, status=status, deleted=deleted)
        row = await self._transaction.read_one(select(func.count().label("number")).select_from(workflows).where(*conditions))
        return int(row["number"]) if row else 0

    async def get(self, workflow_id: str, *, lock: bool = False) -> Draft:
        """The draft with its whole graph. With `lock` nobody else saves or publishes it until this transaction ends."""
        statement = select(workflows).where(self._alive(workflow_id))
        row = await self._transaction.read_one(statement.with_for_update() if lock else statement)
        if row is None:
            raise WorkflowNotFound
        return _draft(row, await stored_graph(self._transaction, tenant_id=self._tenant, workflow_id=row["id"]))

    async def called(self, name_or_id: str) -> Ids:
        """The ids of the workflows that are called so, the last changed first; an id means itself, whatever others are named."""
        mine = (workflows.c.tenant_id == self._tenant, workflows.c.deleted_at.is_(None))
        key = uuid_of(name_or_id)
        if key is not None and await self._transaction.read_one(select(workflows.c.id).where(*mine, workflows.c.id == key)) is not None:
            return [str(key)]
        rows = await self._transaction.read(
            select(workflows.c.id).where(*mine, workflows.c.name == name_or_id).order_by(workflows.c.updated_at.desc(), workflows.c.id)
        )
        return [str(row["id"]) for row in rows]

    async def hold_name(self, name: str) -> Ids:
        """The ids of the workflows of that name; who also holds it waits until this transaction ends, so that two imports make one."""
        await self._transaction.signal(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{self._tenant} {name}", 0))))
        rows = await self._transaction.read(
            select(workflows.c.id).where(workflows.c.tenant_id == self._tenant, workflows.c.name == name, workflows.c.deleted_at.is_(None))
        )
        return [str(row["id"]) for row in rows]

    async def taken_ids(self, ids: Collection[str], *, workflow_id: str) -> set[str]:
        """Those of `ids` that steps, edges or groups of the tenant's other workflows have, drafts in the bin included."""
        keys = [UUID(id) for id in ids]
        taken: set[str] = set()
        for table in (steps, edges, block_groups):
            rows = await self._transaction.read(
                select(table.c.id).where(
                    table.c.tenant_id == self._tenant,
                    table.c.workflow_id != UUID(workflow_id),
                    table.c.id == any_(literal(keys, ARRAY(Uuid))),
                )
            )
            taken.update(str(row["id"]) for row in rows)
        return taken

    async def create(self, definition: Definition, *, workflow_id: str | None = None) -> str:
        """Keep a new draft; its id. The ids of the definition must be UUIDs that no other workflow uses.

        Raises:
            AlreadyExists: one of the ids is taken.
        """
        values: dict[str, Any] = _columns(definition) | {"tenant_id": self._tenant, "created_by": self._user}
        if workflow_id is not None:
            values["id"] = UUID(workflow_id)
        key: UUID = (await self._transaction.write(insert(workflows).values(values).returning(workflows.c.id))).scalar_one()
        await make_equal(self._transaction, StoredGraph(), definition.graph, tenant_id=self._tenant, workflow_id=key)
        await self._ring(str(key))
        return str(key)

    async def save(self, workflow_id: str, definition: Definition, *, base_revision: int) -> int:
        """Make the draft equal to `definition`, which was made from `base_revision`; the new revision.

        Raises:
            WorkflowConflict: someone else saved meanwhile; nothing was changed.
            WorkflowNotFound: there is none, or it is deleted.
        """
        saved = await self._transaction.write(
            update(workflows)
            .where(self._alive(workflow_id), workflows.c.revision == base_revision)
            .values(_columns(definition) | {"revision": workflows.c.revision + 1})
            .returning(workflows.c.id, workflows.c.revision)
        )
        row = saved.mappings().one_or_none()
        if row is None:
            raise await self._why_not(workflow_id, base_revision)
        stored = await stored_graph(self._transaction, tenant_id=self._tenant, workflow_id=row["id"])
        await make_equal(self._transaction, stored, definition.graph, tenant_id=self._tenant, workflow_id=row["id"])
        await self._ring(workflow_id)
        return int(row["revision"])

    async def publish(self, draft: Draft, *, note: str | None = None, changes: Counts | None = None) -> Version:
        """Keep the draft, as it was read, as the next version; get it with `lock`, validate it, then publish.

        The first version is number 1; `workflows.version` is the number the draft will get next.

        Raises:
            WorkflowConflict: someone else saved since the draft was read.
        """
        key = UUID(draft.id)
        newest = select(func.max(workflow_versions.c.version)).where(
            workflow_versions.c.workflow_id == key, workflow_versions.c.tenant_id == self._tenant
        )
        # A guard against versions that were put in by hand: the number is always a new one.
        next_number = func.greatest(workflows.c.version, func.coalesce(newest.scalar_subquery(), 0) + 1)
        published = await self._transaction.write(
            update(workflows)
            .where(self._alive(draft.id), workflows.c.revision == draft.revision)
            .values(status="published", version=next_number + 1, published_at=func.now())
            .returning(workflows.c.version, workflows.c.published_at)
        )
        row = published.mappings().one_or_none()
        if row is None:
            raise await self._why_not(draft.id, draft.revision)
        version = Version(draft.id, row["version"] - 1, definition_to_json(draft.definition), note, row["published_at"])
        await self._transaction.write(
            insert(workflow_versions).values(
                tenant_id=self._tenant,
                workflow_id=key,
                version=version.version,
                definition=version.document,
                published_by=self._user,
                published_at=version.published_at,
                note=note,
                changes=asdict(changes) if changes is not None else None,
            )
        )
        await self._ring(draft.id)
        return version

    async def next_version(self, workflow_id: str) -> int:
        """The number under which the draft would be published.

        Raises:
            WorkflowNotFound.
        """
        row = await self._transaction.read_one(select(workflows.c.version).where(self._alive(workflow_id)))
        if row is None:
            raise WorkflowNotFound
        return int(row["version"])

    async def versions(self, workflow_id: str) -> Sequence[VersionRow]:
        """The published versions, newest first."""
        rows = await self._transaction.read(
            select(
                workflow_versions.c.version,
                workflow_versions.c.note,
                users.c.email.label("published_by"),
                workflow_versions.c.published_at,
                workflow_versions.c.changes,
                workflow_versions.c.published_by.label("published_by_id"),
            )
            .outerjoin_from(workflow_versions, users, users.c.id == workflow_versions.c.published_by)
            .where(self._version_of(workflow_id))
            .order_by(workflow_versions.c.version.desc())
        )
        return [_version_row(row) for row in rows]

    async def version(self, workflow_id: str, number: int | None = None) -> Version:
        """A published version of a workflow that is not deleted; 0 or None is the latest.

        Raises:
            WorkflowNotFound, VersionNotFound.
        """
        if await self._transaction.read_one(select(workflows.c.id).where(self._alive(workflow_id))) is None:
            raise WorkflowNotFound
        wanted = select(workflow_versions).where(self._version_of(workflow_id)).order_by(workflow_versions.c.version.desc()).limit(1)
        row = await self._transaction.read_one(wanted.where(workflow_versions.c.version == number) if number else wanted)
        if row is None:
            raise VersionNotFound
        return Version(str(row["workflow_id"]), row["version"], row["definition"], row["note"], row["published_at"])

    async def callable(self) -> frozenset[str]:
        """Ids and names of the workflows that have a published version: what a subflow may name."""
        version = and_(workflow_versions.c.workflow_id == workflows.c.id, workflow_versions.c.tenant_id == workflows.c.tenant_id)
        rows = await self._transaction.read(
            select(workflows.c.id, workflows.c.name).where(
                workflows.c.tenant_id == self._tenant, workflows.c.deleted_at.is_(None), exists().where(version)
            )
        )
        return frozenset(text for row in rows for text in (str(row["id"]), row["name"]))

    async def followings(self, *, besides: str | None = None) -> Sequence[Following]:
        """Which kinds of steps follow which in the workflows changed last, one of them left out; the most frequent first."""
        rows = await self._transaction.read(followings(self._tenant, besides=uuid_of(besides) if besides is not None else None))
        return [Following(row["before"], row["after"], row["workflows"]) for row in rows]

    async def delete(self, workflow_id: str) -> None:
        """Soft delete: it leaves the lists and starts no more runs, until `restore`."""
        await self._mark(self._alive(workflow_id), workflow_id, deleted_at=func.now())

    async def restore(self, workflow_id: str) -> None:
        """Bring a soft-deleted one back."""
        deleted = and_(workflows.c.id == uuid_of(workflow_id), workflows.c.tenant_id == self._tenant, workflows.c.deleted_at.is_not(None))
        await self._mark(deleted, workflow_id, deleted_at=None)

    async def purge_runs(self, workflow_id: str, *, limit: int = 1000) -> int:
        """Delete up to `limit` of its ended runs with their journal; how many. Call until 0, each time in a unit of its own."""
        chosen = (
            select(runs.c.id)
            .where(
                runs.c.workflow_id == uuid_of(workflow_id),
                runs.c.tenant_id == self._tenant,
                runs.c.status.in_(("completed", "failed", "cancelled")),
            )
            .limit(limit)
        )
        ids = [row["id"] for row in await self._transaction.read(chosen.with_for_update())]
        await self._transaction.write(
            update(schedules).where(schedules.c.tenant_id == self._tenant, schedules.c.last_run_id.in_(ids)).values(last_run_id=None)
        )
        await self._transaction.write(delete(runs).where(runs.c.tenant_id == self._tenant, runs.c.id.in_(ids)))
        return len(ids)

    async def purge(self, workflow_id: str) -> None:
        """Delete for good a workflow whose runs are gone, with its versions, schedules and webhooks.

        Raises:
            StillReferenced: it still has runs; `purge_runs` first.
        """
        key = uuid_of(workflow_id)
        for table in (schedules, webhooks, workflow_versions):
            await self._transaction.write(delete(table).where(table.c.workflow_id == key, table.c.tenant_id == self._tenant))
        gone = await self._transaction.write(delete(workflows).where(workflows.c.id == key, workflows.c.tenant_id == self._tenant))
        if gone.rowcount == 0:
            raise WorkflowNotFound
        await self._ring(workflow_id)

    def _alive(self, workflow_id: str) -> ColumnElement[bool]:
        return and_(workflows.c.id == uuid_of(workflow_id), workflows.c.tenant_id == self._tenant, workflows.c.deleted_at.is_(None))

    def _version_of(self, workflow_id: str) -> ColumnElement[bool]:
        return and_(workflow_versions.c.workflow_id == uuid_of(workflow_id), workflow_versions.c.tenant_id == self._tenant)

    async def _why_not(self, workflow_id: str, base_revision: int) -> WorkflowNotFound | WorkflowConflict:
        row = await self._transaction.read_one(select(workflows.c.revision).where(self._alive(workflow_id)))
        return WorkflowNotFound() if row is None else WorkflowConflict(opened=base_revision, current=row["revision"])

    async def _mark(self, which: ColumnElement[bool], workflow_id: str, **values: Any) -> None:
        marked = await self._transaction.write(update(workflows).where(which).values(**values))
        if marked.rowcount == 0:
            raise WorkflowNotFound
        await self._ring(workflow_id)

    async def _ring(self, workflow_id: str) -> None:
        await self._transaction.signal(ring(str(self._tenant), "workflow", workflow_id))


def _version_row(row: Mapping[str, Any]) -> VersionRow:
    changes = row["changes"]
    return VersionRow(**{**row, "changes": Counts(**changes) if changes else None, "published_by_id": text_of(row["published_by_id"])})


def _columns(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "description": definition.description,
        "input_schema": definition.input_schema,
        "output_schema": definition.output_schema,
        "settings": dict(definition.settings),
        "notes": notes_document(definition.graph),
    }


def _draft(row: Mapping[str, Any], stored: StoredGraph) -> Draft:
    graph = graph_of(steps=stored.steps, edges=stored.edges, groups=stored.groups, notes=row["notes"])
    definition = Definition(
        name=row["name"],
        graph=graph,
        description=row["description"] or "",
        input_schema=row["input_schema"],
        output_schema=row["output_schema"],
        settings=row["settings"],
    )
    return Draft(
        id=str(row["id"]),
        definition=definition,
        **{name: row[name] for name in ("revision", "version", "status", "created_at", "updated_at", "published_at", "deleted_at")},
    )

"""The graph of a draft in its tables: read whole, made equal to a wanted one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domain.workflow import Graph
from app.storage.database import Rows, Transaction
from app.storage.errors import AlreadyExists
from app.storage.graph_rows import Changes, changes, edge_record, group_record, step_record
from app.storage.recordset import Record, insert_all, records_of, update_all
from app.storage.tables import block_groups, edges, steps


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """The rows of one draft, each kind in the order of the definition; groups that left the draft are not among them."""

    steps: Rows = ()
    edges: Rows = ()
    groups: Rows = ()


async def stored_graph(transaction: Transaction, *, tenant_id: UUID, workflow_id: UUID) -> StoredGraph:
    async def rows_of(table: Table) -> Rows:
        mine = select(table).where(table.c.workflow_id == workflow_id, table.c.tenant_id == tenant_id)
        if "deleted_at" in table.c:
            mine = mine.where(table.c.deleted_at.is_(None))
        return await transaction.read(mine.order_by(table.c.ordinal, table.c.created_at, table.c.id))

    return StoredGraph(steps=await rows_of(steps), edges=await rows_of(edges), groups=await rows_of(block_groups))


async def make_equal(transaction: Transaction, stored: StoredGraph, graph: Graph, *, tenant_id: UUID, workflow_id: UUID) -> None:
    """Change only the rows that differ: groups before the steps in them, steps before their edges; what goes, the other way round.

    Raises:
        AlreadyExists: an id belongs to another workflow, or two edges join the same steps.
        StillReferenced: an edge, step or group names one that is not in the graph.
    """
    writer = _Writer(transaction, tenant_id, workflow_id)
    of_groups = changes(stored.groups, map(group_record, graph.groups.values()))
    of_steps = changes(stored.steps, map(step_record, graph.steps.values()))
    of_edges = _rewired(stored.edges, changes(stored.edges, map(edge_record, graph.edges.values())))
    await writer.put_groups(of_groups.added)
    await writer.change(block_groups, of_groups.changed)
    await writer.remove(edges, of_edges.removed)
    await writer.add(steps, of_steps.added)
    await writer.change(steps, of_steps.changed)
    await writer.remove(steps, of_steps.removed)
    await writer.change(edges, of_edges.changed)
    await writer.add(edges, of_edges.added)
    await writer.retire_groups(of_groups.removed)


def _rewired(stored: Rows, found: Changes) -> Changes:
    """An edge that joins other steps than before goes and comes again: two that swap their ends would collide as updates."""
    before = {str(row["id"]): (str(row["source_step_id"]), str(row["target_step_id"])) for row in stored}
    moved: list[Record] = []
    kept: list[Record] = []
    for record in found.changed:
        ends = (str(UUID(str(record["source_step_id"]))), str(UUID(str(record["target_step_id"]))))
        (kept if before[str(UUID(str(record["id"])))] == ends else moved).append(record)
    return Changes([*found.added, *moved], kept, [*found.removed, *(UUID(str(record["id"])) for record in moved)])


@dataclass(frozen=True, slots=True)
class _Writer:
    transaction: Transaction
    tenant_id: UUID
    workflow_id: UUID

    @property
    def _own(self) -> dict[str, Any]:
        return {"tenant_id": str(self.tenant_id), "workflow_id": str(self.workflow_id)}

    @property
    def _where(self) -> Mapping[str, Any]:
        return {"tenant_id": self.tenant_id, "workflow_id": self.workflow_id}

    async def add(self, table: Table, records: list[Record]) -> None:
        if records:
            await self.transaction.write(insert_all(table, [{**self._own, **record} for record in records]))

    async def change(self, table: Table, records: list[Record]) -> None:
        if records:
            await self.transaction.write(update_all(table, records, where=self._where))

    async def remove(self, table: Table, ids: list[UUID]) -> None:
        if ids:
            await self.transaction.write(
                delete(table).where(table.c.id.in_(ids), *(table.c[name] == value for name, value in self._where.items()))
            )

    async def put_groups(self, records: list[Record]) -> None:
        """Insert, or bring back one that had left the draft and stayed for the sake of its runs."""
        if not records:
            return
        names, chosen = records_of(block_groups, [{**self._own, **record} for record in records])
        put = upsert(block_groups).from_select(names, chosen)
        back = put.on_conflict_do_update(
            index_elements=["id"],
            set_={name: put.excluded[name] for name in names if name not in ("id", *self._own)} | {"deleted_at": None},
            where=(block_groups.c.tenant_id == self.tenant_id)
            & (block_groups.c.workflow_id == self.workflow_id)
            & block_groups.c.deleted_at.is_not(None),
        )
        if len((await self.transaction.write(back.returning(block_groups.c.id))).all()) < len(records):
            raise AlreadyExists("pk_block_groups")

    async def retire_groups(self, ids: list[UUID]) -> None:
        """Groups that left the draft stay as rows: runs of published versions refer to them, and the seed's foreign key would
        take those runs' history away with them."""
        if ids:
            await self.transaction.write(
                update(block_groups)
                .where(block_groups.c.id.in_(ids), *(block_groups.c[name] == value for name, value in self._where.items()))
                .values(deleted_at=func.now(), parent_group_id=None, group_role=None)
            )

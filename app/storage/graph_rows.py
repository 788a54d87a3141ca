"""A graph as rows: what a definition's steps, edges and groups look like in the tables, and what a save has to change.

The order of the definition is kept in `ordinal`. Ordinals only have to rise, so a save renumbers as few rows as it can:
appending touches no other row, and only an insertion in the middle moves some.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.json_value import Json, canonical
from app.domain.workflow import BlockGroup, Edge, Graph, Note, Position, Size, Step, note_to_json
from app.storage.recordset import Record

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes the stored rows of one table equal to the wanted ones."""

    added: list[Record]
    changed: list[Record]
    removed: list[UUID]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def step_record(step: Step) -> dict[str, Json]:
    return {
        "id": step.id,
        "name": step.name,
        "type": step.type,
        "config": dict(step.config),
        "position_x": step.position.x,
        "position_y": step.position.y,
        "block_group_id": step.block_group_id,
        "group_role": step.group_role,
    }


def edge_record(edge: Edge) -> dict[str, Json]:
    return {
        "id": edge.id,
        "source_step_id": edge.source_step_id,
        "target_step_id": edge.target_step_id,
        "condition": edge.condition,
    }


def group_record(group: BlockGroup) -> dict[str, Json]:
    return {
        "id": group.id,
        "name": group.name,
        "type": group.type,
        "config": dict(group.config),
        "parent_group_id": group.parent_group_id,
        "group_role": group.group_role,
        "position_x": group.position.x,
        "position_y": group.position.y,
        "width": group.size.width,
        "height": group.size.height,
    }


def notes_document(graph: Graph) -> list[Json]:
    return [note_to_json(note) for note in graph.notes.values()]


def graph_of(*, steps: Iterable[Row], edges: Iterable[Row], groups: Iterable[Row], notes: Json) -> Graph:
    """The graph of stored rows, each kind in the order of the definition."""
    return Graph(
        steps={step.id: step for step in map(_step, steps)},
        edges={edge.id: edge for edge in map(_edge, edges)},
        groups={group.id: group for group in map(_group, groups)},
        notes={note.id: note for note in map(_note, notes if isinstance(notes, list) else [])},
    )


def changes(stored: Iterable[Row], wanted: Iterable[Record]) -> Changes:
    """Compare by value, JSON canonically: true is not 1, and the order of keys says nothing."""
    before = {str(row["id"]): row for row in stored}
    added: list[Record] = []
    changed: list[Record] = []
    last = 0
    for record in wanted:
        row = before.pop(_plain_id(record), None)
        ordinal = row["ordinal"] if row is not None and row["ordinal"] > last else last + 1
        last = ordinal
        numbered = {**record, "ordinal": ordinal}
        if row is None:
            added.append(numbered)
        elif not _same(row, numbered):
            changed.append(numbered)
    return Changes(added, changed, [row["id"] for row in before.values()])


def _plain_id(record: Record) -> str:
    return str(UUID(str(record["id"])))


def _same(row: Row, record: Record) -> bool:
    return all(_equal(row[name], value) for name, value in record.items())


def _equal(stored: Any, wanted: Json) -> bool:
    if isinstance(stored, UUID):
        return wanted is not None and stored == UUID(str(wanted))
    if isinstance(wanted, dict | list):
        return canonical(stored) == canonical(wanted)
    return bool(stored == wanted)


def _step(row: Row) -> Step:
    return Step(
        id=str(row["id"]),
        name=row["name"],
        type=row["type"],
        config=row["config"],
        position=Position(row["position_x"] or 0, row["position_y"] or 0),
        block_group_id=_text_id(row["block_group_id"]),
        group_role=row["group_role"],
    )


def _edge(row: Row) -> Edge:
    return Edge(
        id=str(row["id"]),
        source_step_id=str(row["source_step_id"]),
        target_step_id=str(row["target_step_id"]),
        condition=row["condition"],
    )


def _group(row: Row) -> BlockGroup:
    return BlockGroup(
        id=str(row["id"]),
        name=row["name"],
        type=row["type"],
        config=row["config"],
        parent_group_id=_text_id(row["parent_group_id"]),
        group_role=row["group_role"],
        position=Position(row["position_x"] or 0, row["position_y"] or 0),
        size=Size(row["width"] if row["width"] is not None else 400, row["height"] if row["height"] is not None else 300),
    )


def _note(document: Any) -> Note:
    position, size = document.get("position") or {}, document.get("size") or {}
    return Note(
        id=document["id"],
        text=document.get("text", ""),
        position=Position(position.get("x", 0), position.get("y", 0)),
        size=Size(size.get("width", 200), size.get("height", 120)),
        colour=document.get("colour", "yellow"),
    )


def _text_id(value: UUID | None) -> str | None:
    return str(value) if value is not None else None

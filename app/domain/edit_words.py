"""An act of the history in words: “Rename · Draft reply”, “Move · 3 elements”."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.edits import (
    AddElements,
    Batch,
    Connect,
    Element,
    GraphEdit,
    MoveElements,
    RemoveElements,
    Rename,
    Reparent,
    ReplaceElements,
    Resize,
    SetCondition,
    SetConfig,
    SetNoteText,
    label_of,
)
from app.domain.workflow import BlockGroup, Edge, Graph, Note, Step

_MOST = 200
"""Of edits that name more elements than these, only how many is said."""


def words_of(edit: GraphEdit, back: GraphEdit, graph: Graph) -> str:
    """What was done and to what. Names are those of the edit or its inverse, else those that `graph` has now."""
    label = label_of(edit)
    named = {element.id: element for side in (edit, back) for element in _elements(side)}
    ids = [id for id in dict.fromkeys(ids_in(edit)) if not isinstance(named.get(id) or graph.element(id), Edge)] or list(
        dict.fromkeys(ids_in(edit))
    )
    if not ids or len(ids) > _MOST:
        return label if not ids else f"{label} · {len(ids):,} elements"
    if len(ids) > 1:
        return f"{label} · {len(ids)} elements"
    name = _name(graph.element(ids[0]) or named.get(ids[0]), graph)
    return f"{label} · {name}" if name else label


def _name(element: Element | None, graph: Graph) -> str:
    match element:
        case Step() | BlockGroup():
            return element.name
        case Note():
            return next((line.strip("#*- ") for line in element.text.splitlines() if line.strip("#*- ")), "Note")[:60]
        case Edge():
            ends = (graph.steps.get(element.source_step_id), graph.steps.get(element.target_step_id))
            return " → ".join(step.name if step is not None else "?" for step in ends)
    return ""


def ids_in(edit: GraphEdit) -> Iterator[str]:
    """The elements that an edit names."""
    match edit:
        case Batch():
            for part in edit.edits:
                yield from ids_in(part)
        case AddElements() | ReplaceElements():
            yield from (element.id for element in edit.elements)
        case RemoveElements() | Reparent():
            yield from edit.ids
        case MoveElements():
            yield from (id for id, _ in edit.positions)
        case Rename() | SetConfig() | SetNoteText() | Resize():
            yield edit.id
        case SetCondition():
            yield edit.edge_id
        case Connect():
            yield edit.edge.id


def _elements(edit: GraphEdit) -> Iterator[Element]:
    match edit:
        case Batch():
            for part in edit.edits:
                yield from _elements(part)
        case AddElements() | ReplaceElements():
            yield from edit.elements
        case Connect():
            yield edit.edge

"""What the canvas does to groups, places and notes is kept as it was drawn: the database's rows say what the window's graph says."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from app.domain.access import Actor
from app.domain.edits import AddElements, Batch, GraphEdit, MoveElements, Reparent, ReplaceElements, Resize, SetConfig
from app.domain.layout.arranging import arranged
from app.domain.regrouping import group_edit, retyping, ungroup_edit
from app.domain.reshaping import with_new_room
from app.domain.room import with_room
from app.domain.workflow import BlockGroup, Graph, Note, Position, Size, definition_to_json
from app.services import Services
from tests.catalog import CATALOG
from tests.ui.samples import ticket_triage


def named(graph: Graph, name: str) -> str:
    return next(id for part in (graph.steps, graph.groups) for id, each in part.items() if each.name == name)


def regrouped(graph: Graph) -> list[GraphEdit]:
    """A group around two steps, then another type for it, then it is gone again."""
    new_id = str(uuid4())
    ids = (named(graph, "Search docs"), named(graph, "Rerank results"))
    first = group_edit(graph, CATALOG, ids, "foreach", new_id=new_id)
    graph = first.apply(graph)
    second = retyping(graph, CATALOG, new_id, "switch_case").edit
    graph = second.apply(graph)
    third = with_new_room(graph, CATALOG, SetConfig(new_id, {"expression": "$.a", "cases": ["x", "y", "z"]}))
    graph = third.apply(graph)
    return [first, second, third, ungroup_edit(graph, (new_id,))]


def nested(graph: Graph) -> list[GraphEdit]:
    """One group into another's lane, with room for it, and out of a group that then goes with all that is left in it."""
    refund, each = named(graph, "Refund with fallback"), named(graph, "For each attachment")
    into = with_room(
        graph, CATALOG, (MoveElements(((each, Position(760, 500)),)), Reparent((each,), refund, "finally")), (each,), text="Move"
    )
    graph = into.apply(graph)
    return [into, ungroup_edit(graph, (refund,))]


def tidied(graph: Graph) -> list[GraphEdit]:
    edit = arranged(graph, CATALOG)
    assert edit is not None
    return [edit]


def noted(graph: Graph) -> list[GraphEdit]:
    note = Note(str(uuid4()), "# Hi\n- **there**", Position(-40, 8), Size(208, 144), "pink")
    blue = Note(note.id, note.text, note.position, note.size, "blue")
    return [AddElements((note,)), Batch((ReplaceElements((blue,)), Resize(note.id, Position(-48, 0), Size(216, 152))), "Colour note")]


def deep(graph: Graph) -> list[GraphEdit]:
    """Twenty groups in one another, outer ones first, around one step."""
    around: tuple[str | None, str | None] = (None, None)
    made = []
    for level in range(20):
        made.append(
            BlockGroup(str(uuid4()), f"Level {level}", "while", {"condition": "true"}, *around, Position(level * 30, 2000), Size(900, 700))
        )
        around = made[-1].id, "body"
    return [
        AddElements(tuple(made)),
        Reparent((named(graph, "Send reply"),), *around),
        ungroup_edit(AddElements(tuple(made)).apply(graph), (made[3].id,)),
    ]


@pytest.mark.parametrize("drawn", [regrouped, nested, tidied, noted, deep], ids=lambda drawn: drawn.__name__)
async def test_what_was_drawn_is_what_is_opened_again(services: Services, admin: Actor, drawn: Callable[[Graph], list[GraphEdit]]) -> None:
    workflow_id = await services.workflows.import_document(admin, definition_to_json(ticket_triage()))
    opened = await services.workflows.open(admin, workflow_id)
    graph, revision = opened.definition.graph, opened.revision
    for edit in drawn(graph):
        revision = await services.editing.save(admin, workflow_id, [edit], revision)
        graph = edit.apply(graph)
        again = await services.workflows.open(admin, workflow_id)
        assert again.definition.graph == graph
        assert [list(part) for part in (again.definition.graph.steps, again.definition.graph.groups)] == [
            list(graph.steps),
            list(graph.groups),
        ]

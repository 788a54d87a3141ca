"""Editing: the same pure edits that the canvas applied, applied to what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from app.domain.access import Actor, Permission
from app.domain.edits import GraphEdit
from app.domain.errors import DefinitionInvalid, EditRefused, WorkflowConflict
from app.domain.json_gate import DEFINITION_NODES, normalise
from app.domain.json_value import JsonRejected
from app.domain.problems import Problem
from app.domain.validation import MAX_STEPS
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Note, Step, details_to_json, graph_to_json
from app.storage.unit_of_work import UnitsOfWork

T = TypeVar("T", Step, Edge, BlockGroup, Note)


class EditingUseCases:
    def __init__(self, unit_of_work: UnitsOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def save(self, actor: Actor, workflow_id: str, edits: Sequence[GraphEdit], base_revision: int) -> int:
        """Apply `edits`, in order, to the draft as it was at `base_revision`; the new revision. All of them or, on an error, none.

        Raises:
            WorkflowConflict: someone else saved meanwhile.
            EditRefused: an edit does not fit the graph.
        """
        if not edits:
            return base_revision
        async with self._unit_of_work(actor, Permission.WORKFLOW_EDIT) as uow:
            draft = await uow.workflows.get(workflow_id, lock=True)
            if draft.revision != base_revision:
                raise WorkflowConflict(opened=base_revision, current=draft.revision)
            graph = draft.definition.graph
            for edit in edits:
                graph = edit.apply(graph)
            if len(graph.steps) > MAX_STEPS:
                message = f"The workflow would have {len(graph.steps):,} steps; at most {MAX_STEPS:,} are allowed."
                raise DefinitionInvalid([Problem("error", "limit", message)])
            _check_text(draft.definition.graph, graph)
            revision = await uow.workflows.save(workflow_id, Definition.of(graph), base_revision=base_revision)
            uow.audit("update", "workflow", workflow_id, revision=revision, edits=[edit.label for edit in edits[:50]])
        return revision


def _check_text(before: Graph, after: Graph) -> None:
    """What was added or changed must be text and numbers that a database keeps.

    Raises:
        EditRefused: NUL, half a character, NaN, or JSON that is too deep.
    """
    changed = graph_to_json(_changed(before, after))
    if after.details is not before.details:
        changed.update(details_to_json(after.details))
    try:
        _, replaced = normalise(changed, max_nodes=DEFINITION_NODES)
    except JsonRejected as error:
        raise EditRefused(f"This change cannot be kept: {error}") from error
    if replaced:
        raise EditRefused(f"This change cannot be kept: {replaced[0]}")


def _changed(before: Graph, after: Graph) -> Graph:
    """Only those elements of `after` that are not the very same ones in `before`."""

    def of(old: Mapping[str, T], new: Mapping[str, T]) -> dict[str, T]:
        return {id: element for id, element in new.items() if old.get(id) is not element}

    return Graph(
        of(before.steps, after.steps), of(before.edges, after.edges), of(before.groups, after.groups), of(before.notes, after.notes)
    )

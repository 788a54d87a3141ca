"""The graph being edited: the only thing that changes. Views hear what changed, never what was asked.

Every change is a `GraphEdit` pushed here; undo and redo go through one command class that holds its edit and the inverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.domain.edits import GraphEdit, label_of
from app.domain.problems import Problem
from app.domain.workflow import Graph

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids of one kind of element that came, changed or went."""

    added: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    @property
    def present(self) -> frozenset[str]:
        """What is there now and was not, or was different, before."""
        return self.added | self.changed

    @property
    def all(self) -> frozenset[str]:
        return self.added | self.changed | self.removed

    @property
    def count(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)


@dataclass(frozen=True, slots=True)
class GraphChange:
    """One change of the graph. `edit` led from `before` to `after` (an undo's edit is the inverse); None: another graph was opened."""

    before: Graph
    after: Graph
    edit: GraphEdit | None
    steps: Difference
    groups: Difference
    edges: Difference
    notes: Difference
    details: bool = False
    """The workflow says something else of itself: its name, description, schemas or settings."""

    @property
    def count(self) -> int:
        """How many elements came, changed or went."""
        return self.steps.count + self.groups.count + self.edges.count + self.notes.count


def difference(before: Mapping[str, T], after: Mapping[str, T]) -> Difference:
    """What changed between two parts of a graph. Elements that are the same object are equal: graphs share what they keep."""
    if before is after:
        return Difference()
    return Difference(
        added=frozenset(key for key in after if key not in before),
        changed=frozenset(key for key, value in after.items() if key in before and before[key] is not value and before[key] != value),
        removed=frozenset(key for key in before if key not in after),
    )


def change_between(before: Graph, after: Graph, edit: GraphEdit | None) -> GraphChange:
    return GraphChange(
        before,
        after,
        edit,
        steps=difference(before.steps, after.steps),
        groups=difference(before.groups, after.groups),
        edges=difference(before.edges, after.edges),
        notes=difference(before.notes, after.notes),
        details=before.details is not after.details,
    )


class GraphModel(QObject):
    """One graph with its history and its problems."""

    changed = Signal(object)
    problems_changed = Signal()

    def __init__(self, graph: Graph | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.graph = graph if graph is not None else Graph()
        self.undo_stack = QUndoStack(self)
        self._problems: tuple[Problem, ...] = ()

    def push(self, edit: GraphEdit, *, merge_key: str = "") -> None:
        """Apply an edit and remember how to undo it.

        Edits in a row with the same `merge_key` become one undo: each must overwrite just what the one before it wrote,
        as moves of one selection or texts of one field do.

        Raises:
            EditRefused: the edit does not fit the graph; nothing has changed.
        """
        after = edit.apply(self.graph)
        self.undo_stack.push(EditCommand(self, edit, edit.invert(self.graph), after=after, merge_key=merge_key))

    def open(self, graph: Graph) -> None:
        """Show another graph; the history starts anew."""
        before, self.graph = self.graph, graph
        self.undo_stack.clear()
        self.changed.emit(change_between(before, graph, None))

    def become(self, graph: Graph, edit: GraphEdit) -> None:
        """Take the result of an edit. For `EditCommand` only; everyone else pushes."""
        before, self.graph = self.graph, graph
        self.changed.emit(change_between(before, graph, edit))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    def set_problems(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        if found != self._problems:
            self._problems = found
            self.problems_changed.emit()


class EditCommand(QUndoCommand):
    """Any GraphEdit on the undo stack, with the inverse taken from the graph it was about to change.

    It has no children: QUndoCommand children crash in PySide6. A change of many parts is a `Batch`.
    """

    _MERGEABLE = 1

    def __init__(self, model: GraphModel, edit: GraphEdit, inverse: GraphEdit, *, after: Graph, merge_key: str) -> None:
        super().__init__(label_of(edit))
        self._model, self._edit, self._inverse = model, edit, inverse
        self._after: Graph | None = after
        self._merge_key = merge_key

    def redo(self) -> None:
        after, self._after = self._after, None
        self._model.become(after if after is not None else self._edit.apply(self._model.graph), self._edit)

    def undo(self) -> None:
        self._model.become(self._inverse.apply(self._model.graph), self._inverse)

    def id(self) -> int:
        return self._MERGEABLE if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditCommand) or other._merge_key != self._merge_key:
            return False
        self._edit = other._edit
        return True

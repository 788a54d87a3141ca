"""The graph being edited: the only thing that changes. Views hear what changed, never what was asked.

Every change is a `GraphEdit` pushed here; undo and redo go through one command class that holds its edit and the inverse.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.domain.draft_journal import Done, Dropped, Redone, Undone
from app.domain.edits import GraphEdit, label_of
from app.domain.errors import EditRefused
from app.domain.history import MOST_ENTRIES, Entry, History, exactly
from app.domain.problems import Problem
from app.domain.routes import changed_routes
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
    rerouted: frozenset[str] = frozenset()
    """The edges that are led another way."""
    elsewhere: bool = False
    """Someone else did it, and it is saved already."""

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


def change_between(before: Graph, after: Graph, edit: GraphEdit | None, *, elsewhere: bool = False) -> GraphChange:
    return GraphChange(
        before,
        after,
        edit,
        steps=difference(before.steps, after.steps),
        groups=difference(before.groups, after.groups),
        edges=difference(before.edges, after.edges),
        notes=difference(before.notes, after.notes),
        details=before.details is not after.details,
        rerouted=changed_routes(before.details, after.details),
        elsewhere=elsewhere,
    )


class GraphModel(QObject):
    """One graph with its history and its problems."""

    changed = Signal(object)
    recorded = Signal(object)
    """What a person did, as the draft journal keeps it: after `changed`, with `history` as it is then."""
    refused = Signal(str)
    """An undo or redo was refused, with the reason; it is out of the history."""
    problems_changed = Signal()

    def __init__(self, graph: Graph | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.graph = graph if graph is not None else Graph()
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_ENTRIES)
        self.history = History()
        self.is_shared = False
        """Others' changes came in after some entry of the history was made."""
        self._may_merge = True
        self._merged = self._is_restoring = False
        self._problems: tuple[Problem, ...] = ()

    def push(self, edit: GraphEdit, *, merge_key: str = "") -> None:
        """Apply an edit and remember how to undo it.

        Edits with the same `merge_key` that follow each other within a second become one undo: each must overwrite just
        what the one before it wrote, as moves of one selection or texts of one field do.

        Raises:
            EditRefused: the edit does not fit the graph; nothing has changed.
        """
        after = edit.apply(self.graph)
        entry = Entry(edit, edit.invert(self.graph), time.time(), merge_key)
        self._merged = False
        self.undo_stack.push(EditCommand(self, entry, after=after))
        self._may_merge = True
        self.history = self.history.done(entry, merged=self._merged)
        self.recorded.emit(Done(entry, self._merged))

    def open(self, graph: Graph, history: History | None = None, *, is_shared: bool = False) -> None:
        """Show another graph, with the history that led to it; without one it starts anew."""
        before, self.graph = self.graph, graph
        self._restore(history if history is not None else History())
        self.is_shared = is_shared
        self.changed.emit(change_between(before, graph, None))

    def step_towards(self, index: int) -> bool:
        """One undo or redo towards this place of the history; False when one is there, or the step was refused."""
        before = self.history
        if index == before.index or not 0 <= index <= len(before.entries):
            return False
        self.undo_stack.undo() if index < before.index else self.undo_stack.redo()
        return len(self.history.entries) == len(before.entries)

    def take_over(self, edit: GraphEdit) -> None:
        """Apply what someone else did. It is no part of the history; undo is exact beside it, or refused."""
        before, self.graph = self.graph, edit.apply(self.graph)
        self.is_shared, self._may_merge = True, False
        self.changed.emit(change_between(before, self.graph, edit, elsewhere=True))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    def set_problems(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        if found != self._problems:
            self._problems = found
            self.problems_changed.emit()

    # For `EditCommand` only; everyone else pushes

    def become(self, graph: Graph, edit: GraphEdit) -> None:
        """Take the result of an edit."""
        before, self.graph = self.graph, graph
        self.changed.emit(change_between(before, graph, edit))

    def may_merge(self, entry: Entry, later: Entry) -> bool:
        self._merged = self._may_merge and not self._is_restoring and entry.takes(later)
        return self._merged

    def go(self, edit: GraphEdit, back: GraphEdit, *, forward: bool) -> bool:
        """One step of undo or redo; False when it is refused, and then it leaves the history."""
        if self._is_restoring:
            return True
        try:
            after = exactly(self.graph, edit, back) if self.is_shared else edit.apply(self.graph)
        except EditRefused as refusal:
            self.history = self.history.without_next(forward=forward)
            self.recorded.emit(Dropped(forward))
            self.refused.emit(str(refusal))
            return False
        self._may_merge = False
        self.become(after, edit)
        self.history = self.history.redone() if forward else self.history.undone()
        self.recorded.emit(Redone(time.time()) if forward else Undone(time.time()))
        return True

    def _restore(self, history: History) -> None:
        self._is_restoring = True
        self.undo_stack.clear()
        self.undo_stack.blockSignals(True)
        for entry in history.entries:
            self.undo_stack.push(EditCommand(self, entry))
        self.undo_stack.setIndex(history.index)
        self.undo_stack.blockSignals(False)
        self._is_restoring = self._may_merge = False
        self.history = history
        self.undo_stack.indexChanged.emit(history.index)


class EditCommand(QUndoCommand):
    """Any GraphEdit on the undo stack, with the inverse taken from the graph it was about to change.

    It has no children: QUndoCommand children crash in PySide6. A change of many parts is a `Batch`. With `after` it is
    new and this is the graph it leads to; without, it was done before the workflow was opened.
    """

    _MERGEABLE = 1

    def __init__(self, model: GraphModel, entry: Entry, *, after: Graph | None = None) -> None:
        super().__init__(label_of(entry.edit))
        self._model, self._entry, self._after = model, entry, after

    def redo(self) -> None:
        after, self._after = self._after, None
        if after is not None:
            self._model.become(after, self._entry.edit)
        elif not self._model.go(self._entry.edit, self._entry.back, forward=True):
            self.setObsolete(True)

    def undo(self) -> None:
        if not self._model.go(self._entry.back, self._entry.edit, forward=False):
            self.setObsolete(True)

    def id(self) -> int:
        return self._MERGEABLE if self._entry.key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditCommand) or not self._model.may_merge(self._entry, other._entry):
            return False
        self._entry = self._entry.with_later(other._entry)
        return True

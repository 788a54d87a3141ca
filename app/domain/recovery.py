"""What a draft journal has that the database has not: the edits to be offered after a crash."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.differences import Differences, differences
from app.domain.draft_journal import Draft
from app.domain.edit_between import alike
from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.domain.history import History
from app.domain.merge import merge
from app.domain.workflow import Definition, Graph


@dataclass(frozen=True, slots=True)
class Recovered:
    """Edits that no save had taken. `waiting` leads from `base`, which the database had at `revision`, to `graph`.

    `current` is what the database has now, at `current_revision`; it is the base unless someone else saved meanwhile.
    `lost` is what the edits come to, as differences from the base.
    """

    base: Graph
    revision: int
    waiting: tuple[GraphEdit, ...]
    graph: Graph
    current: Graph
    current_revision: int
    lost: Differences
    at_s: float
    was_closed: bool

    @property
    def is_conflict(self) -> bool:
        return self.revision != self.current_revision


@dataclass(frozen=True, slots=True)
class Resumed:
    """How an opened workflow goes on: what to show, with which history, and what is to be offered."""

    graph: Graph
    history: History = field(default_factory=History)
    is_shared: bool = False
    recovered: Recovered | None = None


def resumed(draft: Draft, current: Graph, revision: int) -> Resumed:
    """A journal that was left behind against what the database has now."""
    if alike(draft.graph, current):  # all of it was saved, whatever the journal knows of it
        return Resumed(draft.graph, draft.history)
    if not draft.waiting:
        return Resumed(current, draft.history, is_shared=True)
    base, arrived = _reached(draft, current)
    if base is not None:
        waiting = draft.waiting[arrived:]
        lost = differences(Definition.of(base), Definition.of(draft.graph))
        found = Recovered(base, revision, waiting, draft.graph, base, revision, lost, draft.last_at_s, draft.was_closed)
        return Resumed(draft.graph, draft.history, recovered=found)
    lost = differences(Definition.of(draft.base), Definition.of(draft.graph))
    if not lost:  # what was done and undone again; someone else has saved since
        return Resumed(current, draft.history, is_shared=True)
    known = min(draft.revision, revision - 1)
    found = Recovered(draft.base, known, draft.waiting, draft.graph, current, revision, lost, draft.last_at_s, draft.was_closed)
    return Resumed(draft.graph, draft.history, recovered=found)


def on_top(draft: Draft, current: Graph, revision: int) -> Recovered | None:
    """The edits of another journal on top of what is there now; None when nothing of them is missing, or both do not fit together.

    Where both set the same the recovered ones are shown: discarding them gives back what was there.
    """
    if alike(draft.graph, current):
        return None
    first = merge(draft.base, draft.graph, current)
    if first.faults or alike(first.graph, current):
        return None
    lost = differences(Definition.of(current), Definition.of(first.graph))
    if not lost:
        return None
    return Recovered(current, revision, (), first.graph, current, revision, lost, draft.last_at_s, draft.was_closed)


def _reached(draft: Draft, current: Graph) -> tuple[Graph | None, int]:
    """Where in the journal the database is: at its base, or at a save that had arrived before it could be noted."""
    graph = draft.base
    if alike(graph, current):
        return graph, 0
    for count, edit in enumerate(draft.waiting, start=1):
        try:
            graph = edit.apply(graph)
        except EditRefused:
            return None, 0
        if count in draft.sendings and alike(graph, current):
            return graph, count
    return None, 0

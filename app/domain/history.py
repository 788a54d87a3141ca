"""What was done to a workflow and can be taken back: entries with their inverses, and how far one has gone back.

The same value stands behind the undo stack of a window and in the draft journal, so that a restart goes on where one was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.domain.edit_between import alike
from app.domain.edits import GraphEdit, label_of
from app.domain.errors import EditRefused
from app.domain.integrity import broken
from app.domain.workflow import Graph

MOST_ENTRIES = 1000
BURST_S = 1.0
"""Edits of one merge key that follow each other within this time are one act."""


class HistoryOutdated(EditRefused):
    """Someone else changed what this step of the history is about, so it cannot be taken back exactly."""

    code = "edit.outdated"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `back` undoes it; `at_s` is when it was done, in seconds since 1970; edits of one `key` in a row may become one."""

    edit: GraphEdit
    back: GraphEdit
    at_s: float
    key: str = ""

    @property
    def label(self) -> str:
        return label_of(self.edit)

    def takes(self, later: Entry) -> bool:
        """Whether a later entry continues this one: the same key, and no pause between."""
        return bool(self.key) and later.key == self.key and 0 <= later.at_s - self.at_s <= BURST_S

    def with_later(self, later: Entry) -> Entry:
        """Both as one; the later edit overwrites all that the earlier one wrote."""
        return replace(self, edit=later.edit, at_s=later.at_s)


@dataclass(frozen=True, slots=True)
class History:
    """`entries` from the oldest; those from `index` on are undone."""

    entries: tuple[Entry, ...] = ()
    index: int = 0

    @property
    def can_undo(self) -> bool:
        return self.index > 0

    @property
    def can_redo(self) -> bool:
        return self.index < len(self.entries)

    def done(self, entry: Entry, *, merged: bool = False) -> History:
        """With one more act; what was undone is gone. `merged`: it continued the one before it."""
        kept = self.entries[: self.index]
        kept = (*kept[:-1], kept[-1].with_later(entry)) if merged else (*kept, entry)
        kept = kept[-MOST_ENTRIES:]
        return History(kept, len(kept))

    def undone(self) -> History:
        return replace(self, index=max(0, self.index - 1))

    def redone(self) -> History:
        return replace(self, index=min(len(self.entries), self.index + 1))

    def without_next(self, *, forward: bool) -> History:
        """Without the entry that would be redone next, or undone next."""
        at = self.index if forward else self.index - 1
        return History(self.entries[:at] + self.entries[at + 1 :], self.index if forward else at)

    def shortened(self) -> History:
        """Without its oldest entry; where all are undone, without the last one that could be redone."""
        if self.index > 0:
            return History(self.entries[1:], self.index - 1)
        return History(self.entries[:-1], 0)

    def path_to(self, index: int) -> Iterator[bool]:
        """What leads from here to `index`: True for each redo, False for each undo."""
        yield from (index > self.index for _ in range(abs(index - self.index)))


def exactly(graph: Graph, edit: GraphEdit, back: GraphEdit) -> Graph:
    """`graph` after `edit`, if `back` would give this very graph back from there and nothing is broken by it.

    Asked before undo and redo once others' changes came in between: an inverse was made for the graph of its time.

    Raises:
        HistoryOutdated: it would overwrite what someone else did, or leave the graph broken.
    """
    try:
        after = edit.apply(graph)
        again = back.apply(after)
    except (EditRefused, KeyError) as error:
        raise HistoryOutdated from error
    if not alike(again, graph) or (_is_rebuilt(graph, after) and broken(after) and not broken(graph)):
        raise HistoryOutdated
    return after


def _is_rebuilt(before: Graph, after: Graph) -> bool:
    """Whether connections, groups, or what stands in them are others; all else cannot break a graph."""
    if before.edges is not after.edges or before.groups is not after.groups or len(before.steps) != len(after.steps):
        return True
    for id, step in after.steps.items():
        was = before.steps.get(id)
        if was is not step and (was is None or (was.block_group_id, was.group_role) != (step.block_group_id, step.group_role)):
            return True
    return False

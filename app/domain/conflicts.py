"""A save that was refused: what both did since they were the same, and what both together would be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.differences import Differences, ElementDifference, differences
from app.domain.edit_between import in_own_words
from app.domain.merge import Choices, Clash, Merge, merge
from app.domain.presence import Newer
from app.domain.workflow import Definition, Graph


@dataclass(frozen=True, slots=True)
class Conflict:
    """`base` is what both started from; `revision` is that of `theirs`, `who` saved it."""

    base: Graph
    mine: Graph
    theirs: Graph
    revision: int
    who: str
    saved_at: datetime | None
    my_changes: Differences
    their_changes: Differences
    merged: Merge

    @property
    def clashes(self) -> tuple[Clash, ...]:
        return self.merged.clashes

    @property
    def total(self) -> int:
        """How many changes there are on both sides."""
        return self.my_changes.counts.total + self.their_changes.counts.total

    @property
    def fitting(self) -> int:
        """How many of them are asked nothing about."""
        return self.total - sum(self.clashes_with(item) for side in (self.my_changes, self.their_changes) for item in side.items)

    def clashes_with(self, item: ElementDifference) -> bool:
        return any(clash.id == item.id for clash in self.clashes)

    def under(self, choices: Choices) -> Merge:
        return merge(self.base, self.mine, self.theirs, choices)


def conflict_between(base: Graph, mine: Graph, newer: Newer) -> Conflict:
    """The conflict of a draft with what someone else saved."""
    theirs = in_own_words(newer.definition.graph, mine)
    start = in_own_words(base, mine)
    return Conflict(
        base=start,
        mine=mine,
        theirs=theirs,
        revision=newer.revision,
        who=newer.who,
        saved_at=newer.saved_at,
        my_changes=differences(Definition.of(start), Definition.of(mine)),
        their_changes=differences(Definition.of(start), Definition.of(theirs)),
        merged=merge(start, mine, theirs),
    )


def copy_of(graph: Graph, *, longest_name: int = 255) -> Definition:
    """The same as a workflow of its own: “Ticket triage (copy)”."""
    ending = " (copy)"
    name = graph.details.name[: longest_name - len(ending)] + ending
    return Definition.of(replace(graph, details=replace(graph.details, name=name)))

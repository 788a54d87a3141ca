"""Which kinds of steps follow which, counted as the database does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from app.domain.habits import Following, habit_of
from app.domain.workflow import Graph


def followings_in(graphs: Iterable[Graph]) -> Sequence[Following]:
    counted: Counter[tuple[str, str]] = Counter()
    for graph in graphs:
        steps = graph.steps
        ends = ((steps[edge.source_step_id], steps[edge.target_step_id]) for edge in graph.edges.values())
        counted.update({(habit_of(a.type, a.config), habit_of(b.type, b.config)) for a, b in ends})
    return [Following(before, after, number) for (before, after), number in counted.most_common()]

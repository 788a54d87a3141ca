"""Names that are still free: keys decide, not spelling."""

from __future__ import annotations

from app.domain.keys import key_of
from app.domain.workflow import Graph


def free_name(graph: Graph, title: str) -> str:
    """The title, or the title with the first number that no step or group has taken."""
    taken = {key_of(element.name) for part in (graph.steps, graph.groups) for element in part.values()}
    if key_of(title) not in taken:
        return title
    number = 2
    while key_of(f"{title} {number}") in taken:
        number += 1
    return f"{title} {number}"

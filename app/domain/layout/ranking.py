"""In which column each node stands: as far left as what leads to it allows, but no further from what it leads to than need be."""

from __future__ import annotations

from collections.abc import Sequence


def ranked(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The column of each node, from 0; of every link the target stands to the right, but for links that close a circle."""
    onward: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in links:
        onward[source].append(target)
        waiting[target] += 1
    order = _in_order(count, onward, waiting)
    at = [0] * count
    for index, node in enumerate(order):
        at[node] = index
    forward = [[target for target in onward[node] if at[target] > at[node]] for node in range(count)]
    ranks = [0] * count
    for node in order:
        after = ranks[node] + 1
        for target in forward[node]:
            ranks[target] = max(ranks[target], after)
    incoming = [0] * count
    for targets in forward:
        for target in targets:
            incoming[target] += 1
    for node in reversed(order):
        if forward[node] and incoming[node] < len(forward[node]):
            ranks[node] = min(ranks[target] for target in forward[node]) - 1
    lowest = min(ranks, default=0)
    return [rank - lowest for rank in ranks]


def _in_order(count: int, onward: Sequence[Sequence[int]], waiting: Sequence[int]) -> list[int]:
    """Sources before targets, ties in document order; where a circle stops it, its first node goes ahead."""
    left = list(waiting)
    ready = [node for node in range(count) if not left[node]]
    order: list[int] = []
    done = [False] * count
    start = 0
    while len(order) < count:
        if not ready:
            while done[start]:
                start += 1
            ready.append(start)
        for node in ready:
            done[node] = True
        following: list[int] = []
        for node in ready:
            order.append(node)
            for target in onward[node]:
                left[target] -= 1
                if left[target] == 0 and not done[target]:
                    following.append(target)
        ready = following
    return order

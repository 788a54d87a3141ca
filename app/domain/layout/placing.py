"""How high each node stands: its wires as straight as the order in the columns allows.

Each column in turn is moved to where the wires from its neighbours would be level. What would overlap is averaged: the
heights nearest to the wanted ones that keep the order are an isotonic regression, found by pooling neighbours that
violate it (Barlow and others, 1972).
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.layout.ordering import Order, Sized
from app.domain.measures import GRID

BEND_GAP = 16.0
# A bend pulls its neighbours harder: long wires should be straight, short ones may lean.
BEND_PULL = 4.0
# So does a wire that begins beside something wider by so much: sloping, it would lead through it.
PASSING_PULL, ASIDE = 64.0, 48.0
SWEEPS, FEW_SWEEPS, MANY_ITEMS = 6, 4, 8000

Pull = tuple[int, float, float]
"""A neighbour, the difference of tops at which the wire is level, and how much that counts."""


def placed(blocks: Sequence[Sized], order: Order, *, gap: float) -> list[float]:
    """The top of each node, from 0 on; where wires come in lies on the grid."""
    count = len(blocks)
    heights = [block.height for block in blocks] + [0.0] * (order.items - count)
    incoming, outgoing = _pulls(blocks, order)
    offsets = [_offsets(column, heights, count, gap) for column in order.columns]
    tops = [0.0] * order.items
    for column, offset in zip(order.columns, offsets, strict=True):
        for item, start in zip(column, offset, strict=True):
            tops[item] = start
    columns = len(order.columns)
    for sweep in range(FEW_SWEEPS if order.items > MANY_ITEMS else SWEEPS):
        forward = sweep % 2 == 0
        for rank in range(1, columns) if forward else range(columns - 2, -1, -1):
            _settle(order.columns[rank], offsets[rank], incoming if forward else outgoing, tops)
    for rank in range(columns):  # at last each column between its neighbours on both sides
        _settle(order.columns[rank], offsets[rank], incoming, tops, outgoing)
    inlets = [block.inlet for block in blocks]
    levels = [round((tops[each] + inlets[each]) / GRID) * GRID - inlets[each] for each in range(count)]
    lowest = min(levels) // GRID * GRID
    return [level - lowest for level in levels]


def _pulls(blocks: Sequence[Sized], order: Order) -> tuple[list[list[Pull]], list[list[Pull]]]:
    count = len(blocks)
    incoming: list[list[Pull]] = [[] for _ in range(order.items)]
    outgoing: list[list[Pull]] = [[] for _ in range(order.items)]
    for column, pieces in zip(order.columns, order.pieces, strict=True):
        width = max((blocks[item].width for item in column if item < count), default=0.0)
        for source, outlet, target, inlet in pieces:
            weight = BEND_PULL
            if source < count and target < count:
                weight = PASSING_PULL if blocks[source].width + ASIDE < width else 1.0
            incoming[target].append((source, outlet - inlet, weight))
            outgoing[source].append((target, inlet - outlet, weight))
    return incoming, outgoing


def _offsets(column: Sequence[int], heights: Sequence[float], count: int, gap: float) -> list[float]:
    """Where each item of a column begins when they stand as close as they may."""
    starts: list[float] = []
    end = 0.0
    before = -1
    for item in column:
        if before >= 0:
            end += gap if before < count and item < count else BEND_GAP
        starts.append(end)
        end += heights[item]
        before = item
    return starts


def _settle(
    column: Sequence[int],
    offsets: Sequence[float],
    pulls: Sequence[Sequence[Pull]],
    tops: list[float],
    others: Sequence[Sequence[Pull]] = (),
) -> None:
    """Put a column where its neighbours want it."""
    # Runs of items that stand as close as they may: their mean wish, its weight, and how many they are.
    means: list[float] = []
    weights: list[float] = []
    sizes: list[int] = []
    for item, offset in zip(column, offsets, strict=True):
        wish = weight = 0.0
        for other, level, pull in pulls[item]:
            wish += (tops[other] + level) * pull
            weight += pull
        if others:
            for other, level, pull in others[item]:
                wish += (tops[other] + level) * pull
                weight += pull
        if weight:
            wish /= weight
        else:  # nothing pulls: stay, but give way
            wish, weight = tops[item], 0.05
        mean, size = wish - offset, 1
        while means and means[-1] > mean:
            total = weights[-1] + weight
            mean = (means[-1] * weights[-1] + mean * weight) / total
            weight, size = total, size + sizes[-1]
            means.pop()
            weights.pop()
            sizes.pop()
        means.append(mean)
        weights.append(weight)
        sizes.append(size)
    at = 0
    for mean, size in zip(means, sizes, strict=True):
        for index in range(at, at + size):
            tops[column[index]] = mean + offsets[index]
        at += size

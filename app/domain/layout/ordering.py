"""In which order nodes stand in their columns: as they were read, unless another order lets fewer wires cross.

A wire that spans several columns has a bend in each between, so that it finds its way among the nodes. Bends are numbers
from the count of nodes on. Sweeps of barycentres go to and fro; the best order that was seen is kept, the first wins ties.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

SWEEPS = 8
# Larger graphs get fewer: each sweep costs as much as all wires.
FEW_SWEEPS, MANY_ITEMS = 4, 8000


class Sized(Protocol):
    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...

    @property
    def y(self) -> float: ...

    @property
    def inlet(self) -> float: ...


class Linked(Protocol):
    @property
    def source(self) -> int: ...

    @property
    def target(self) -> int: ...

    @property
    def outlet(self) -> float: ...


Piece = tuple[int, float, int, float]
"""A stretch of a wire between neighbouring columns: from an item at a height below its top, to an item at a height."""


@dataclass(frozen=True, slots=True)
class Order:
    """The items of each column from top to bottom, and the pieces of wires between each column and the next."""

    columns: list[list[int]]
    pieces: list[list[Piece]]
    items: int


def ordered(blocks: Sequence[Sized], wires: Sequence[Linked], ranks: Sequence[int], longest: int) -> Order:
    """The order with the fewest crossings found; wires over more than `longest` columns bend nowhere and are left out."""
    columns, pieces, heights = _with_bends(blocks, wires, ranks, longest)
    items = len(heights)
    best = [list(column) for column in columns]
    least = _crossings(columns, pieces, heights)
    incoming, outgoing = _neighbours(items, pieces, heights)
    for sweep in range(FEW_SWEEPS if items > MANY_ITEMS else SWEEPS):
        if least == 0:
            break
        forward = sweep % 2 == 0
        path = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
        at = _places(columns, items)
        for rank in path:
            _by_barycentre(columns[rank], incoming if forward else outgoing, at)
        count = _crossings(columns, pieces, heights)
        if count < least:
            least, best = count, [list(column) for column in columns]
    return Order(best, pieces, items)


def _with_bends(
    blocks: Sequence[Sized], wires: Sequence[Linked], ranks: Sequence[int], longest: int
) -> tuple[list[list[int]], list[list[Piece]], list[float]]:
    """Columns in the order of where things stood, with the bends of long wires, and all heights."""
    count = max(ranks) + 1
    columns: list[list[int]] = [[] for _ in range(count)]
    heights = [block.height for block in blocks]
    stood = [block.y + block.height / 2 for block in blocks]
    for each, rank in enumerate(ranks):
        columns[rank].append(each)
    pieces: list[list[Piece]] = [[] for _ in range(count)]
    for wire in wires:
        start, end = ranks[wire.source], ranks[wire.target]
        if end <= start or end - start > longest:
            continue
        here, outlet = wire.source, wire.outlet
        for rank in range(start + 1, end):
            bend = len(heights)
            heights.append(0.0)
            share = (rank - start) / (end - start)
            stood.append(stood[wire.source] * (1 - share) + stood[wire.target] * share)
            columns[rank].append(bend)
            pieces[rank - 1].append((here, outlet, bend, 0.0))
            here, outlet = bend, 0.0
        pieces[end - 1].append((here, outlet, wire.target, blocks[wire.target].inlet))
    for column in columns:
        column.sort(key=stood.__getitem__)
    return columns, pieces, heights


Weighted = list[list[tuple[int, float]]]
"""For each item its neighbours on one side, with how far down the neighbour the wire stands, 0 to 1."""


def _neighbours(items: int, pieces: Sequence[Sequence[Piece]], heights: Sequence[float]) -> tuple[Weighted, Weighted]:
    incoming: Weighted = [[] for _ in range(items)]
    outgoing: Weighted = [[] for _ in range(items)]
    for column in pieces:
        for source, outlet, target, inlet in column:
            incoming[target].append((source, outlet / heights[source] if heights[source] else 0.5))
            outgoing[source].append((target, inlet / heights[target] if heights[target] else 0.5))
    return incoming, outgoing


def _places(columns: Sequence[Sequence[int]], items: int) -> list[float]:
    at = [0.0] * items
    for column in columns:
        for index, item in enumerate(column):
            at[item] = float(index)
    return at


def _by_barycentre(column: list[int], neighbours: Weighted, at: list[float]) -> None:
    """Sort a column by where its neighbours on one side stand; an item without any keeps its place among the others."""
    wanted: dict[int, float] = {}
    before = -1.0
    for item in column:
        beside = neighbours[item]
        if beside:
            before = sum(at[other] + share for other, share in beside) / len(beside)
        wanted[item] = before
    column.sort(key=wanted.__getitem__)
    for index, item in enumerate(column):
        at[item] = float(index)


def _crossings(columns: Sequence[Sequence[int]], pieces: Sequence[Sequence[Piece]], heights: Sequence[float]) -> int:
    """How many pairs of wires cross."""
    at = _places(columns, len(heights))
    total = 0
    for column in pieces:
        ends = sorted(
            (at[source] + (outlet / heights[source] if heights[source] else 0.5), at[target]) for source, outlet, target, _ in column
        )
        seen: list[float] = []
        for _, end in ends:
            total += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return total

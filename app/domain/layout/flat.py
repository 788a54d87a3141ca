"""One flat graph laid out in columns: what leads to what stands to its right, in the order in which it was read before.

Nodes are numbers 0, 1, … in document order. Each part that hangs together is laid out by itself; the parts are then set
side by side in rows. Coordinates are px from the corner of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from app.domain.layout.ordering import ordered
from app.domain.layout.placing import placed
from app.domain.layout.ranking import ranked
from app.domain.measures import GRID

COLUMN_GAP = 72
ROW_GAP = 32
PART_GAP = 64
LABEL_ROOM = 48
# How wide rows of parts become: this many times as wide as high.
ASPECT = 1.7
MOST_STACKED = 8
# So few nodes that stand alone are set below one another.
MOST_BELOW = 4
# A way that is longer than this many columns on the average is not kept clear: its bends would outnumber the nodes.
MOST_BENDS = 6

Tick = Callable[[int], None]
"""Told how many nodes are done since it was last told; it may raise to give the layout up."""


@dataclass(frozen=True, slots=True)
class Block:
    """A node: its size, how far below its top wires come in, and where it stood."""

    width: float
    height: float
    inlet: float
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Wire:
    """A link: from the height `outlet` below its source's top; its words need `label` px."""

    source: int
    target: int
    outlet: float
    label: float = 0.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """The corners of all blocks, and how wide and high they are together."""

    corners: tuple[tuple[float, float], ...]
    width: float
    height: float


def laid_out(blocks: Sequence[Block], wires: Sequence[Wire], tick: Tick = lambda done: None) -> Sheet:
    """Where the blocks come to stand. Wires of a circle, which only a broken draft has, may lead to the left."""
    corners: list[tuple[float, float]] = [(0.0, 0.0)] * len(blocks)
    parts = [(part, _part(blocks, part, among, tick)) for part, among in _parts(blocks, wires)]
    # Side by side, parts look as if one led to the other: only many of them, or nodes that stand alone, share a row.
    several = [part for part in parts if len(part[0]) > 1]
    alone = [part for part in parts if len(part[0]) == 1]
    stacked = len(several) <= MOST_STACKED
    total = sum((sheet.width + PART_GAP) * (sheet.height + PART_GAP) for _, sheet in parts)
    room = max([sheet.width for _, sheet in parts] + [0.0 if stacked and several else sqrt(total) * ASPECT], default=0.0)
    left = top = lowest = widest = 0.0
    for part, sheet in several + alone:
        first_alone = bool(alone) and part is alone[0][0]
        breaks = (stacked and (len(part) > 1 or first_alone)) or (len(part) == 1 and len(alone) <= MOST_BELOW)
        if left and (breaks or left + sheet.width > room):
            gap = ROW_GAP if len(part) == 1 and not first_alone else PART_GAP
            left, top = 0.0, _on_grid(lowest + gap)
        for number, (x, y) in zip(part, sheet.corners, strict=True):
            corners[number] = left + x, top + y
        widest, lowest = max(widest, left + sheet.width), max(lowest, top + sheet.height)
        left = _on_grid(left + sheet.width + PART_GAP)
    return Sheet(tuple(corners), widest, lowest)


def _part(blocks: Sequence[Block], part: Sequence[int], wires: Sequence[Wire], tick: Tick) -> Sheet:
    """One part, numbered anew."""
    number = {old: new for new, old in enumerate(part)}
    own = [blocks[old] for old in part]
    links = [Wire(number[wire.source], number[wire.target], wire.outlet, wire.label) for wire in wires]
    if len(own) == 1:
        tick(1)
        return Sheet(((0.0, -own[0].inlet % GRID),), own[0].width, own[0].height + -own[0].inlet % GRID)
    ranks = ranked(len(own), [(wire.source, wire.target) for wire in links])
    columns = max(ranks) + 1
    long = _kept_clear(ranks, links, len(own))
    order = ordered(own, links, ranks, long)
    tick(len(own) // 2)
    tops = placed(own, order, gap=ROW_GAP)
    tick(len(own) - len(own) // 2)
    lefts = _lefts(own, links, ranks, columns)
    corners = tuple((lefts[ranks[each]], tops[each]) for each in range(len(own)))
    right = max(x + block.width for (x, _), block in zip(corners, own, strict=True))
    bottom = max(y + block.height for (_, y), block in zip(corners, own, strict=True))
    return Sheet(corners, right, bottom)


def _kept_clear(ranks: Sequence[int], wires: Sequence[Wire], count: int) -> int:
    """Up to how many columns a wire may span to be given room of its own among the nodes it passes."""
    spans = sorted(ranks[wire.target] - ranks[wire.source] for wire in wires)
    bends = 0
    for span in spans:
        bends += max(span - 1, 0)
        if bends > MOST_BENDS * count + 200:
            return max(span - 1, 1)
    return spans[-1] if spans else 1


def _lefts(blocks: Sequence[Block], wires: Sequence[Wire], ranks: Sequence[int], columns: int) -> list[float]:
    widths = [0.0] * columns
    gaps = [float(COLUMN_GAP)] * columns
    for rank, block in zip(ranks, blocks, strict=True):
        widths[rank] = max(widths[rank], block.width)
    for wire in wires:
        rank = ranks[wire.source]
        if wire.label and ranks[wire.target] == rank + 1:
            # A narrow source in a wide column has that much more room for its words.
            room = widths[rank] - blocks[wire.source].width
            gaps[rank] = max(gaps[rank], wire.label + LABEL_ROOM - room)
    lefts = [0.0]
    for width, gap in zip(widths, gaps, strict=True):
        lefts.append(_on_grid(lefts[-1] + width + gap))
    return lefts


def _parts(blocks: Sequence[Block], wires: Sequence[Wire]) -> list[tuple[list[int], list[Wire]]]:
    """The numbers and wires of what hangs together; the part that was read first comes first."""
    root = list(range(len(blocks)))

    def find(each: int) -> int:
        while root[each] != each:
            root[each] = root[root[each]]
            each = root[each]
        return each

    for wire in wires:
        root[find(wire.source)] = find(wire.target)
    members: dict[int, list[int]] = {}
    among: dict[int, list[Wire]] = {}
    for each in range(len(blocks)):
        members.setdefault(find(each), []).append(each)
    for wire in wires:
        among.setdefault(find(wire.source), []).append(wire)
    found = [(part, among.get(key, [])) for key, part in members.items()]
    found.sort(key=lambda pair: (min(blocks[each].y for each in pair[0]), min(blocks[each].x for each in pair[0])))
    return found


def _on_grid(value: float) -> float:
    return -(-value // GRID) * GRID

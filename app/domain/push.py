"""Push: what a grown or dropped element comes to cover is moved aside, with all that stands behind it on that side.

All of it moves in one direction by the same amount, so nothing that stood apart comes to overlap. Then the lanes of the
group around keep their distance, that group grows to hold them, and what it comes to cover gives way in turn.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from math import inf

from app.domain.ground import DOWN, RIGHT, SIDES, UP, Ground, Side, overlap
from app.domain.lanes import ABOVE, BELOW, LANE_HEIGHT, Box, padding_top, smallest_box

# What a pushed element keeps free before what pushes it; never more than it had.
GAP = 24
# A detour to the left or upward must be this much shorter: workflows read to the right and down.
AGAINST_READING = 1.5
# Nesting ends at 32; a loop of groups in a broken draft ends here too.
DEEPEST = 64
# So many groups in a row a step is led out of; then it stays where it is.
MOST_BORDERS = 4


def grow(ground: Ground, id: str, old: Box, *, depth: int = 0) -> None:
    """`id` has grown from `old` to the box it has in `ground`: what it comes to cover gives way on each side that grew."""
    new, reached = ground.box(id), old
    for side in SIDES:
        onward = side.grown(reached, new)
        if side.ends(onward)[1] > side.ends(reached)[1]:
            _push(ground, id, side, reached, onward)
            _part_lanes(ground, id, side, before={id: reached}, after=onward)
        reached = onward
    hold(ground, ground.around(id), depth=depth + 1)


def drop(
    ground: Ground,
    id: str,
    *,
    old: Box | None,
    others: frozenset[str] = frozenset(),
    pushes: bool = True,
    same_lane: bool = True,
    clears: bool = False,
) -> None:
    """`id` was put where it is in `ground`; `old` is where it stood before among the same neighbours, if it did, in the same lane or not.

    What it covers, and did not cover before, gives way in the direction that needs least. `others` were put down together
    with it and keep their places to each other. Without `pushes` only lanes and groups around make room. With `clears` a step
    that lies across a group's border is led out of it.
    """
    in_lane = old if same_lane else None
    _leave_label(ground, id, in_lane)
    if clears and id in ground.graph.steps:
        _leave_borders(ground, id, old)
    new = ground.box(id)
    covered = [each for each in ground.overlapping(ground.around(id), new) if each != id and each not in others] if pushes else []
    if old is not None:
        covered = [each for each in covered if not overlap(ground.box(each), old)]
    if covered:
        ways = {side: _way(ground, covered, side, new) for side in SIDES}
        side = min(ways, key=lambda each: ways[each] * (1 if each in (RIGHT, DOWN) else AGAINST_READING))
        _move(ground, covered, side, ways[side], but=id)
    _part_lanes(ground, id, DOWN, before={id: in_lane} if in_lane is not None else {}, after=new)
    hold(ground, ground.around(id))


def _leave_label(ground: Ground, id: str, old: Box | None) -> None:
    """What was put too high in its lane stands below the lane's label and what is in the lane above."""
    group_id = ground.around(id)
    if group_id is None or len(roles := ground.roles(group_id)) == 1 or (role := ground.graph.parent_of(id)[1]) not in roles:
        return
    box, place = ground.box(id), roles.index(role)
    least = ground.box(group_id)[1] + padding_top(roles)
    by_role = ground.by_role(group_id)
    filled = [at for at in range(place) if by_role.get(roles[at])]
    if filled:
        lowest = max(y + height for at in filled for _, y, _, height in by_role[roles[at]])
        least = lowest + BELOW + ABOVE + (place - filled[-1] - 1) * LANE_HEIGHT
    if old is not None:
        least = min(least, old[1])
    if box[1] < least:
        ground.shift(id, 0, least - box[1])


def _leave_borders(ground: Ground, id: str, old: Box | None) -> None:
    """A step that was put across the border of a group beside it stands clear of it, by the shortest way."""
    for _ in range(MOST_BORDERS):
        box = ground.box(id)
        over = [each for each in ground.overlapping(ground.around(id), box) if each in ground.graph.groups and each not in ground.folded]
        group = next((each for each in over if old is None or not overlap(ground.box(each), old)), None)
        if group is None:
            return
        ways = {side: side.ends(ground.box(group))[1] + GAP - side.ends(box)[0] for side in SIDES}
        side = min(ways, key=ways.__getitem__)
        ground.shift(id, side.dx * ways[side], side.dy * ways[side])


def hold(ground: Ground, group_id: str | None, *, depth: int = 0) -> None:
    """Let a group grow around what stands in it, push with what it gained, and so on outward. A folded one shows no more than before."""
    if group_id is None or group_id in ground.folded or depth > DEEPEST:
        return
    now = ground.box(group_id)
    needed = smallest_box(ground.roles(group_id), now, ground.by_role(group_id))
    if needed != now:
        ground.put(group_id, needed)
        grow(ground, group_id, now, depth=depth)


def hold_only(ground: Ground, group_id: str | None) -> None:
    """Groups around grow, from the inside out, and nothing is pushed."""
    seen: set[str] = set()
    while group_id is not None and group_id not in ground.folded and group_id not in seen:
        seen.add(group_id)
        ground.put(group_id, smallest_box(ground.roles(group_id), ground.box(group_id), ground.by_role(group_id)))
        group_id = ground.around(group_id)


def _push(ground: Ground, id: str, side: Side, old: Box, new: Box) -> None:
    """One side of `id` went from `old` to `new`."""
    edge, reached = side.ends(old)[1], side.ends(new)[1]
    low, high = side.across(new)
    pushed: list[str] = []
    way = 0.0
    for near, start, end, each in ground.beginning(ground.around(id), side, edge, reached + GAP):
        if each != id and start < high and end > low:
            wanted = reached + min(GAP, near - edge) - near
            if wanted > 0:
                pushed.append(each)
                way = max(way, wanted)
    _move(ground, pushed, side, way, but=id)


def _way(ground: Ground, covered: Iterable[str], side: Side, box: Box) -> float:
    far = side.ends(box)[1]
    return max(far + GAP - side.ends(ground.box(each))[0] for each in covered)


def _move(ground: Ground, pushed: Sequence[str], side: Side, way: float, *, but: str) -> None:
    """Move these, and all that stands behind one that moves, by the same way."""
    if not pushed or way <= 0:
        return
    first = min(side.ends(ground.box(each))[0] for each in pushed)
    chosen = set(pushed)
    bands = Bands()
    for _, low, high, each in ground.beginning(ground.around(but), side, first, inf):
        if each != but and (each in chosen or bands.touch(low, high)):
            bands.add(low, high)
            ground.shift(each, side.dx * way, side.dy * way)


class Bands:
    """Stretches of a line, kept apart and in order."""

    def __init__(self) -> None:
        self._lows: list[float] = []
        self._highs: list[float] = []

    def touch(self, low: float, high: float) -> bool:
        """Whether some stretch overlaps the one from `low` to `high`; ends that meet do not."""
        at = bisect_left(self._lows, high) - 1
        return at >= 0 and self._highs[at] > low

    def add(self, low: float, high: float) -> None:
        start = bisect_left(self._highs, low)
        end = bisect_left(self._lows, high)
        if start < end:
            low, high = min(low, self._lows[start]), max(high, self._highs[end - 1])
        self._lows[start:end], self._highs[start:end] = [low], [high]


def _part_lanes(ground: Ground, id: str, side: Side, *, before: dict[str, Box], after: Box) -> None:
    """Keep the lanes of the group around apart when `id` reaches further up or down: the lanes beyond move as one."""
    group_id = ground.around(id)
    if group_id is None or side not in (DOWN, UP):
        return
    roles = list(ground.roles(group_id))
    role = ground.graph.parent_of(id)[1]
    if role not in roles or len(roles) == 1:
        return
    rank: Callable[[str], int] = {name: at for at, name in enumerate(roles if side is DOWN else reversed(roles))}.__getitem__
    mine = rank(role)
    beyond = {
        each: rank(found) - mine
        for each in ground.inside(group_id)
        if each != id and (found := ground.graph.parent_of(each)[1] or "") in roles and rank(found) > mine
    }
    if not beyond:
        return
    # What the next filled lane keeps free: its label's room and the end of this one, and each empty lane between.
    nearest = min(beyond, key=lambda each: (beyond[each], side.ends(ground.box(each))[0]))
    start = min(side.ends(ground.box(each))[0] for each in beyond)
    wanted: float = ABOVE + BELOW + (beyond[nearest] - 1) * LANE_HEIGHT
    if id in before:
        wanted = min(wanted, max(start - side.ends(before[id])[1], 0))
    way = side.ends(after)[1] + wanted - start
    if way > 0:
        _move(ground, list(beyond), side, way, but=id)

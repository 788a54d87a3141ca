"""Where the lanes of a group lie: one horizontal lane per role, stacked under the header in role order.

Lanes are not stored. They follow from the group's place and size and from where its children stand: the height is
shared evenly, and a border between two lanes gives way as far as the children on either side of it demand.
All numbers are canvas px; children are given as the top and bottom of each role's outermost boxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

HEADER = 46
LANE_HEIGHT = 100
PADDING = 24
PADDING_TOP = 52
# What a child keeps free above itself (lane label and the chip that hangs over the node) and below.
ABOVE = 40
BELOW = 16

Extent = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Lane:
    """The strip of one role, from `top` to `bottom`."""

    role: str
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def lanes_of(roles: Sequence[str], *, top: float, bottom: float, children: Mapping[str, Extent]) -> tuple[Lane, ...]:
    """The lanes of a group whose box reaches from `top` to `bottom`, without gaps from the header to the lower border."""
    count = len(roles)
    start = min(top + HEADER, bottom)
    borders = [start]
    for index in range(1, count):
        even = borders[-1] + (bottom - borders[-1]) / (count - index + 1)
        upper, lower = _free_between(roles, index, bottom, children, empty_height=LANE_HEIGHT)
        if upper > lower:  # no room for empty lanes between
            upper, lower = _free_between(roles, index, bottom, children, empty_height=0)
        if upper <= lower:
            border = min(max(even, upper), lower)
        else:  # too close for both, or overlapping: what there is, divided in the same proportion
            upper, lower = upper - BELOW, lower + ABOVE
            border = upper + (lower - upper) * BELOW / (ABOVE + BELOW)
        borders.append(min(max(border, borders[-1]), bottom))
    borders.append(bottom)
    return tuple(Lane(role, borders[i], borders[i + 1]) for i, role in enumerate(roles))


def _free_between(roles: Sequence[str], index: int, bottom: float, children: Mapping[str, Extent], *, empty_height: float) -> Extent:
    """Between which heights the border above lane `index` may lie: below what is above it, above what is below it."""
    upper, lower = -inf, bottom
    for role in roles[:index]:
        upper = max(upper, children[role][1] + BELOW) if role in children else upper + empty_height
    for role in reversed(roles[index:]):
        lower = min(lower, children[role][0] - ABOVE) if role in children else lower - empty_height
    return upper, lower


def lane_at(lanes: Sequence[Lane], y: float) -> Lane | None:
    """The lane a point of the group falls into; the header counts for the first, what lies below for the last."""
    for lane in lanes:
        if y < lane.bottom:
            return lane
    return lanes[-1] if lanes else None


def padding_top(roles: Sequence[str]) -> float:
    """What the first child keeps free of the group's top: the header, and the label where there are lanes to tell apart."""
    return PADDING_TOP if len(roles) == 1 else HEADER + ABOVE


def smallest_box(roles: Sequence[str], box: Box, children: Mapping[str, Sequence[Box]]) -> Box:
    """`box` (x, y, width, height) grown just enough that every child has its padding and every empty lane at the end its height.

    It never shrinks, and grows to the left or upward only where a child stands there.
    """
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    above = padding_top(roles)
    for boxes in children.values():
        for x, y, width, height in boxes:
            left, top = min(left, x - PADDING), min(top, y - above)
            right, bottom = max(right, x + width + PADDING), max(bottom, y + height + PADDING)
    filled = [index for index, role in enumerate(roles) if children.get(role)]
    if filled:
        lowest = max(y + height for boxes in children.values() for _, y, _, height in boxes)
        empty_below = len(roles) - 1 - filled[-1]
        bottom = max(bottom, lowest + BELOW + empty_below * LANE_HEIGHT)
    else:
        bottom = max(bottom, top + HEADER + len(roles) * LANE_HEIGHT)
    return left, top, right - left, bottom - top

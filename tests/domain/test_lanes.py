"""Lanes follow from the group's box and its children."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lanes import ABOVE, BELOW, HEADER, LANE_HEIGHT, lane_at, lanes_of, smallest_box

ROLES = ("try", "catch", "finally")


def borders(lanes):
    return [lane.top for lane in lanes] + [lanes[-1].bottom]


def test_empty_lanes_share_the_height_evenly() -> None:
    assert borders(lanes_of(ROLES, top=0, bottom=346, children={})) == [46, 146, 246, 346]


def test_a_single_role_fills_the_group() -> None:
    (lane,) = lanes_of(("body",), top=10, bottom=300, children={"body": (100, 164)})
    assert (lane.top, lane.bottom) == (10 + HEADER, 300)


def test_a_border_gives_way_to_the_children_above_it() -> None:
    first, second, third = lanes_of(ROLES, top=0, bottom=346, children={"try": (60, 200)})
    assert first.bottom == 200 + BELOW
    assert second.height == third.height


def test_a_border_gives_way_to_the_children_below_it() -> None:
    first, second, _ = lanes_of(ROLES, top=0, bottom=346, children={"try": (60, 70), "catch": (130, 194)})
    assert first.bottom == second.top == 130 - ABOVE


def test_children_that_overlap_across_lanes_still_give_ordered_lanes() -> None:
    lanes = lanes_of(ROLES, top=0, bottom=346, children={"try": (60, 200), "catch": (90, 154), "finally": (50, 60)})
    assert borders(lanes) == sorted(borders(lanes))


def test_an_empty_lane_between_two_filled_ones_keeps_its_height() -> None:
    lanes = lanes_of(ROLES, top=0, bottom=420, children={"try": (86, 150), "finally": (310, 374)})
    assert borders(lanes) == [46, 170, 270, 420]


@given(
    st.lists(st.tuples(st.floats(-500, 900), st.floats(0, 400)), min_size=1, max_size=6),
    st.floats(-1000, 1000),
    st.floats(1, 2000),
)
def test_lanes_cover_the_group_in_order_whatever_stands_in_it(extents, top, height) -> None:
    roles = [f"case_{i}" for i in range(len(extents))]
    children = {role: (y, y + h) for role, (y, h) in zip(roles, extents, strict=True) if h > 50}
    lanes = lanes_of(roles, top=top, bottom=top + height, children=children)
    assert [lane.role for lane in lanes] == roles
    assert borders(lanes) == sorted(borders(lanes))
    assert lanes[-1].bottom == pytest.approx(top + height)


def test_a_point_in_the_header_counts_for_the_first_lane_and_one_below_for_the_last() -> None:
    lanes = lanes_of(ROLES, top=0, bottom=346, children={})
    assert [lane_at(lanes, y).role for y in (5, 100, 150, 300, 900)] == ["try", "try", "catch", "finally", "finally"]


def test_a_group_grows_around_its_children_and_keeps_room_for_empty_lanes() -> None:
    x, y, width, height = smallest_box(ROLES, (0, 0, 200, 100), {"try": [(180, 60, 192, 64)]})
    assert (x, y, width) == (0, 60 - HEADER - ABOVE, 180 + 192 + 24)
    assert y + height == 124 + BELOW + 2 * LANE_HEIGHT


def test_a_group_grows_to_the_left_and_upward_only_for_a_child_that_stands_there() -> None:
    assert smallest_box(("body",), (0, 0, 400, 300), {"body": [(-10, 20, 192, 64)]}) == (-34, -32, 434, 332)
    assert smallest_box(("body",), (0, 0, 400, 300), {"body": [(50, 100, 192, 64)]}) == (0, 0, 400, 300)

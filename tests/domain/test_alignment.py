"""Lining boxes up, and spreading them."""

from __future__ import annotations

import pytest

from app.domain.alignment import Side, aligned, distributed

BOXES = {"a": (0.0, 0.0, 100.0, 50.0), "b": (40.0, 80.0, 60.0, 50.0), "c": (200.0, 300.0, 200.0, 100.0)}


@pytest.mark.parametrize(
    ("side", "corners"),
    [
        ("left", {"a": (0, 0), "b": (0, 80), "c": (0, 300)}),
        ("right", {"a": (300, 0), "b": (340, 80), "c": (200, 300)}),
        ("centre", {"a": (150, 0), "b": (170, 80), "c": (100, 300)}),
        ("top", {"a": (0, 0), "b": (40, 0), "c": (200, 0)}),
        ("bottom", {"a": (0, 350), "b": (40, 350), "c": (200, 300)}),
        ("middle", {"a": (0, 175), "b": (40, 175), "c": (200, 150)}),
    ],
)
def test_boxes_line_up_with_the_outermost(side: Side, corners: dict[str, tuple[float, float]]) -> None:
    assert aligned(BOXES, side) == corners


def test_gaps_become_equal_and_the_ends_stay() -> None:
    assert distributed(BOXES, "down") == {"a": (0, 0), "b": (40, 150), "c": (200, 300)}
    assert distributed(BOXES, "across") == {"a": (0, 0), "b": (120, 80), "c": (200, 300)}


def test_two_boxes_have_nothing_to_spread() -> None:
    two = {key: BOXES[key] for key in "ab"}
    assert distributed(two, "down") == {"a": (0, 0), "b": (40, 80)}

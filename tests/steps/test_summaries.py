"""The second line of a step on the canvas."""

from __future__ import annotations

import pytest

from app.steps.transform import TRANSFORM
from app.steps.wait import WAIT


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ({"paid": False, "message": "{{ $.text }}"}, "paid, message"),
        ("{{ $.text }}", "{{ $.text }}"),
        ([1, 2], "[1,2]"),
        ({}, "{}"),
        (None, "null"),
        ({f"key{n}": n for n in range(100)}, ", ".join(f"key{n}" for n in range(100))[:80]),
    ],
)
def test_a_transform_shows_what_it_makes(output: object, shown: str) -> None:
    assert TRANSFORM.summary({"output": output}) == shown  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("config", "shown"),
    [
        ({"duration_ms": 259_200_000}, "3 days"),
        ({"duration_ms": 3_600_000}, "1 hour"),
        ({"duration_ms": 5_400_000}, "90 minutes"),
        ({"duration_ms": 1500}, "1.5 s"),
        ({"duration_ms": 0}, "0 s"),
        ({"until": "2026-05-04T09:00:00Z"}, "until 2026-05-04T09:00:00Z"),
        ({"duration_ms": "{{ $.pause }}"}, "{{ $.pause }}"),
    ],
)
def test_a_wait_tells_how_long_in_words(config: dict[str, object], shown: str) -> None:
    assert WAIT.summary(config) == shown  # type: ignore[arg-type]

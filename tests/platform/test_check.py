"""The size limits of the house are counted as they are meant."""

from __future__ import annotations

from pathlib import Path

from tests.check import LONGEST_FUNCTION, LONGEST_MODULE, oversized


def test_a_long_module_and_a_long_function_are_named_with_their_place(place: Path) -> None:
    top = place / "app"
    top.mkdir()
    (top / "long.py").write_text("x = 1\n" * (LONGEST_MODULE + 1))
    (top / "deep.py").write_text("class A:\n    def b(self):\n" + "        x = 1\n" * LONGEST_FUNCTION)
    (top / "fine.py").write_text("def c():\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1))
    assert list(oversized(top)) == [
        "app/deep.py:2: b has 61 lines, at most 60",
        "app/long.py: 401 lines, at most 400",
    ]

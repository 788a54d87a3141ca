"""Keys of names (semantics.md, section 1)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.keys import key_of, unique_keys


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Fetch page", "fetch_page"),
        ("fetch_page", "fetch_page"),
        ("  A -- b!  ", "a_b"),
        ("3rd try", "_3rd_try"),
        ("Größe", "gr_e"),
        ("__x__", "x"),
        ("!?", ""),
        ("日本", ""),
    ],
)
def test_a_key_is_what_is_left_of_a_name(name: str, key: str) -> None:
    assert key_of(name) == key


@given(st.text(max_size=40))
def test_a_key_can_stand_in_an_expression_and_is_its_own_key(name: str) -> None:
    key = key_of(name)
    assert re.fullmatch(r"([a-z_][a-z0-9_]*)?", key)
    assert key_of(key) == key or key.startswith("_")


def test_a_name_without_a_key_gets_a_number() -> None:
    assert unique_keys([("!", "step"), ("?", "step"), ("…", "group"), ("step 1", "step")]) == (
        ["step_2", "step_3", "group_1", "step_1"],
        [],
    )


def test_names_that_share_a_key_clash() -> None:
    assert unique_keys([("A b", "step"), ("c", "group"), ("a-B", "group"), ("a b", "step")]) == (
        ["a_b", "c", "a_b", "a_b"],
        [(0, 2), (0, 3)],
    )

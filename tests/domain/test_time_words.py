"""Lengths of time in words, both ways, and what a retry policy does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.step_configs import RetryPolicy
from app.domain.time_words import from_words, in_words, retry_words


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("30 s", 30_000),
        ("1m30s", 90_000),
        ("1.5 s", 1_500),
        ("250", 250),
        ("2 hours", 7_200_000),
        ("1 min 30 s", 90_000),
        ("1 d", 86_400_000),
    ],
)
def test_lengths_of_time_are_read(text: str, milliseconds: int) -> None:
    assert from_words(text) == milliseconds


@pytest.mark.parametrize("text", ["", "soon", "5 parsecs", "1 2 s", "s"])
def test_what_is_no_length_of_time_is_none(text: str) -> None:
    assert from_words(text) is None


@given(st.integers(0, 10**10))
def test_what_is_written_is_read_again(milliseconds: int) -> None:
    assert from_words(in_words(milliseconds)) == milliseconds


def test_a_policy_is_told_as_it_will_go() -> None:
    assert retry_words(RetryPolicy()) == "One try, no retry"
    assert retry_words(RetryPolicy(max_attempts=3)) == "3 tries, waits 1 s, 2 s"
    assert retry_words(RetryPolicy(max_attempts=9, backoff=10, max_interval_ms=5_000)) == "9 tries, waits 1 s, 5 s, 5 s, 5 s, …"

"""A cron line in words."""

from __future__ import annotations

import random

import pytest

from app.domain.cron_words import in_words
from app.domain.triggers import parse_cron
from tests.domain.test_triggers import random_line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("0 * * * *", "At minute 0 of every hour"),
        ("@daily", "Every day at 00:00"),
        ("0 9 * * MON-FRI", "At 09:00, Monday to Friday"),
        ("15 10,14 * jan,jul *", "At 10:15 and 14:15, in January and July"),
        ("*/5 9-17 * * *", "Every 5 minutes between 09:00 and 17:59"),
        ("30 2 1 * *", "At 02:30, on the 1st of the month"),
        ("0 0 13 * 5", "At 00:00, on the 13th of the month or on Friday"),
        ("0 12 */2 * *", "At 12:00, on every 2nd day of the month"),
        ("0 8 * * 7", "At 08:00, on Sunday"),
    ],
)
def test_words(line: str, words: str) -> None:
    assert in_words(line) == words


def test_every_valid_line_has_words() -> None:
    rng = random.Random(20_261_127)
    for _ in range(2_000):
        line = parse_cron(random_line(rng), "UTC").line
        words = in_words(line)
        assert words[0].isupper() and "None" not in words, line

"""What is said of a schedule's times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.ui.triggers.words import change_of_clocks

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


def nine_in(zone: str, *days: tuple[int, int]) -> list[datetime]:
    return [datetime(2026, month, day, 9, tzinfo=ZoneInfo(zone)).astimezone(UTC) for month, day in days]


@pytest.mark.parametrize(
    ("times", "note"),
    [
        (
            nine_in("America/New_York", (3, 26), (3, 27), (3, 30), (3, 31)),
            "From 30 March an hour later here: Berlin changes its clocks on 29 March.",
        ),
        (
            nine_in("America/New_York", (3, 6), (3, 9)),
            "From 9 March an hour earlier here: New York changes its clocks on 8 March.",
        ),
        (nine_in("America/New_York", (3, 2), (4, 2)), ""),  # both have changed meanwhile
        (nine_in("America/New_York", (3, 2), (3, 3)), ""),
        ([], ""),
    ],
)
def test_a_change_of_clocks_between_two_times_is_told_with_its_day_and_whose_it_is(times: list[datetime], note: str) -> None:
    assert change_of_clocks(times, there=NEW_YORK, here=BERLIN) == note

"""What is said of a schedule's times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.ui.triggers.words import change_of_clocks

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


def note(*days: tuple[int, int]) -> str:
    """Of nine o'clock in New York on some days of 2026, read in Berlin."""
    times = [datetime(2026, month, day, 9, tzinfo=NEW_YORK).astimezone(UTC) for month, day in days]
    return change_of_clocks(times, there=NEW_YORK, here=BERLIN)


def test_a_change_of_clocks_between_two_times_is_told_with_its_day_and_whose_it_is() -> None:
    later = "From 30 March an hour later here: Berlin changes its clocks on 29 March."
    assert note((3, 26), (3, 27), (3, 30), (3, 31)) == later
    assert note((3, 6), (3, 9)) == "From 9 March an hour earlier here: New York changes its clocks on 8 March."
    assert note((3, 2), (4, 2)) == ""  # both have changed meanwhile
    assert note((3, 2), (3, 3)) == note() == ""

"""One timer tells of all that goes on for longer than a moment."""

from __future__ import annotations

import asyncio

from app.engine.long_ones import LongOnes


async def test_only_what_goes_on_for_longer_is_told_once_and_in_order() -> None:
    long_ones, told = LongOnes(0.03), []
    for name in ("first", "short", "second"):
        long_ones.begin(name, lambda name=name: told.append(name))
    long_ones.end("short")
    await asyncio.sleep(0.02)
    assert told == []
    long_ones.begin("later", lambda: told.append("later"))
    await asyncio.sleep(0.02)
    assert told == ["first", "second"]
    await asyncio.sleep(0.05)
    assert told == ["first", "second", "later"]
    for name in ("first", "later", "never began"):
        long_ones.end(name)


async def test_something_new_is_told_after_a_time_with_nothing_under_way() -> None:
    long_ones, told = LongOnes(0.01), []
    long_ones.begin("a", lambda: told.append("a"))
    long_ones.end("a")
    await asyncio.sleep(0.03)
    long_ones.begin("b", lambda: told.append("b"))
    await asyncio.sleep(0.03)
    assert told == ["b"]

"""One timer tells of all that goes on for longer than a moment."""

from __future__ import annotations

import asyncio

from app.engine.long_ones import LongOnes


async def until_told(told: list[str], count: int) -> None:
    async with asyncio.timeout(30):
        while len(told) < count:
            await asyncio.sleep(0.001)


async def test_only_what_goes_on_for_longer_is_told_once_and_in_order() -> None:
    long_ones, told = LongOnes(0.01), []
    for name in ("first", "short", "second"):
        long_ones.begin(name, lambda name=name: told.append(name))
    long_ones.end("short")
    await until_told(told, 2)
    long_ones.begin("later", lambda: told.append("later"))
    await until_told(told, 3)
    assert told == ["first", "second", "later"]
    for name in ("first", "later", "never began"):
        long_ones.end(name)


async def test_something_new_is_told_after_a_time_with_nothing_under_way() -> None:
    long_ones, told = LongOnes(0.001), []
    long_ones.begin("a", lambda: told.append("a"))
    long_ones.end("a")
    await asyncio.sleep(0.01)
    long_ones.begin("b", lambda: told.append("b"))
    await until_told(told, 1)
    assert told == ["b"]


async def test_nothing_is_told_before_its_moment() -> None:
    long_ones, told = LongOnes(3600), []
    long_ones.begin("a", lambda: told.append("a"))
    await asyncio.sleep(0.02)
    assert told == []

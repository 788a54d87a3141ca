"""Workers killed at random, several side by side: no completed step runs again, no run is lost, and others take over at once."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.durability.robots import stage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

TAKEOVER_S = 12.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done: `runs` are put in evenly while workers die."""

    kills: int
    runs: int
    workers: int = 3


FAST = pytest.param(Scale(100, 400), id="fast")
SOAK = pytest.param(Scale(2000, 10_000), id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(3600)])


@pytest.mark.parametrize("scale", [FAST, SOAK])
async def test_workers_killed_at_random_lose_nothing_and_repeat_only_what_was_in_flight(
    scale: Scale, record_property: Callable[[str, object], None]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with stage(takes_ms=25) as made:
        names = sorted(made.ground.workflows)
        workers = [await made.fork() for _ in range(scale.workers)]
        for kill in range(scale.kills):
            for _ in range(scale.runs * (kill + 1) // scale.kills - scale.runs * kill // scale.kills):
                made.ground.queue(dice.choice(names))
            await asyncio.sleep(dice.uniform(0.0, 0.4))
            victim = dice.choice(await made.victims(workers))
            await made.crash(victim)
            workers[workers.index(victim)] = await made.fork()
        await made.all_ended(within_s=60)
        verdict = made.judge()
        takeovers = made.recoveries()
        figures = f"{scale.kills} random kills of {scale.workers} workers, seed {seed}: {verdict}; {takeovers}"
        record_property("figures", f"durability: {figures}")
        assert verdict.broken == []
        assert takeovers.p99 <= TAKEOVER_S

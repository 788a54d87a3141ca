"""PostgreSQL stopped at once or killed while runs are under way, now and then a worker with it: all goes on when it is up again."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.durability.nursery import Child
from tests.e2e.durability.robots import Stage, stage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

BACK_S = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    stops: int
    runs: int
    workers: int = 2


FAST = pytest.param(Scale(6, 120), id="fast")
SOAK = pytest.param(Scale(200, 4_000), id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(3600)])


@pytest.mark.parametrize("scale", [FAST, SOAK])
async def test_the_database_stopped_or_killed_under_runs_loses_none_of_them(
    scale: Scale, record_property: Callable[[str, object], None]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with stage(takes_ms=40) as made:
        names = sorted(made.ground.workflows)
        workers = [await made.fork() for _ in range(scale.workers)]
        for stop in range(scale.stops):
            await made.all_up(workers)
            for _ in range(scale.runs // scale.stops):
                made.ground.queue(dice.choice(names))
            await asyncio.sleep(dice.uniform(0.1, 0.6))
            with_it = dice.randrange(scale.workers) if stop % 3 == 2 else None
            await _struck(made, workers, with_it, killed=stop % 2 == 1, down_s=dice.uniform(0.0, 1.0))
            await made.all_ended(within_s=60)
        verdict = made.judge()
        back = made.recoveries()
        figures = f"PostgreSQL stopped at once or killed {scale.stops} times, seed {seed}: {verdict}; {back} since it was up"
        record_property("figures", f"durability: {figures}")
        assert verdict.broken == []
        assert back.p99 <= BACK_S


async def _struck(made: Stage, workers: list[Child], with_it: int | None, *, killed: bool, down_s: float) -> None:
    server = made.ground.server
    before, begun = made.ground.look(), time.time()
    await asyncio.to_thread(server.kill if killed else server.stop_immediately)
    if with_it is not None:
        await workers[with_it].kill()
    await asyncio.sleep(down_s)
    await asyncio.to_thread(server.start)
    made.note_restart(before, begun=begun)
    if with_it is not None:
        workers[with_it] = await made.fork()

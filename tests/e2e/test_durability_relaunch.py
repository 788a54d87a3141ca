"""`orchestrion serve`, killed and started again, or its database killed under it, goes on by itself."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.durability.robots import LOOK_AGAIN_S, Stage, stage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

RELAUNCH_S = 5.0
BACK_S = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    relaunches: int
    strikes: int
    runs_each: int = 5


FAST = pytest.param(Scale(6, 2), id="fast")
SOAK = pytest.param(Scale(300, 100), id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(3600)])


@pytest.mark.parametrize("scale", [FAST, SOAK])
async def test_serve_takes_unfinished_runs_up_by_itself(scale: Scale, record_property: Callable[[str, object], None]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with stage(takes_ms=60) as made:
        program = await made.serve()
        for _ in range(scale.relaunches):
            await _under_way(made, scale.runs_each, dice)
            await made.crash(program)
            program = await made.serve()
            await made.all_ended(within_s=30)
        for _ in range(scale.strikes):
            await _under_way(made, scale.runs_each, dice)
            await _database_killed(made)
            await made.all_ended(within_s=30)
        assert await program.stop() == 0
        verdict = made.judge()
        relaunched, back = made.recoveries(made.crashes[: scale.relaunches]), made.recoveries(made.crashes[scale.relaunches :])
        figures = f"{scale.relaunches} kills and starts of serve and {scale.strikes} kills of its database, seed {seed}: {verdict}"
        record_property("figures", f"durability: {figures}; relaunched, {relaunched}; after its database's death, {back}")
        assert verdict.broken == []
        assert relaunched.p99 <= RELAUNCH_S
        assert back.p99 <= BACK_S


async def _under_way(made: Stage, runs: int, dice: random.Random) -> None:
    """Runs of any kind, somewhere in their middle; the first may have ended before the last began."""
    queued = {id for _ in range(runs) for id in made.ground.queue(dice.choice(sorted(made.ground.workflows)))}
    while made.ground.ask("SELECT count(*) FROM runs WHERE id = ANY (%s::uuid[]) AND started_at IS NULL", [[*queued]]) != [(0,)]:
        await asyncio.sleep(LOOK_AGAIN_S)
    await asyncio.sleep(dice.uniform(0.0, 0.2))


async def _database_killed(made: Stage) -> None:
    """Nobody but the program itself starts it again."""
    before, begun = made.ground.look(), time.time()
    await asyncio.to_thread(made.ground.server.kill)
    while not made.ground.answers():
        await asyncio.sleep(LOOK_AGAIN_S)
    made.note_restart(before, begun=begun)
    await asyncio.to_thread(made.ground.server.start)  # it runs: this says only that we use it too

"""Killed before or after any commit of the six reference workflows, a run ends as if nothing had been."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import pytest

from tests.e2e.durability.robots import Stage, stage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

AT_EVERY_COMMIT = ("journal.before_commit", "journal.after_commit")
IN_THE_ENGINE = ("step.before_commit", "step.after_commit", "run.before_end", "run.after_end")
SIDE_BY_SIDE = 3
KILLED = -9


@pytest.mark.parametrize(
    "failpoints", [pytest.param(AT_EVERY_COMMIT, id="commit"), pytest.param(IN_THE_ENGINE, id="engine", marks=pytest.mark.soak)]
)
async def test_killed_before_and_after_every_commit_runs_end_the_same_and_nothing_completed_runs_again(
    failpoints: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    async with stage() as made:
        places = asyncio.Semaphore(SIDE_BY_SIDE)

        async def every_time(name: str, failpoint: str) -> int:
            """Kill a run at the first, second, … time it passes the failpoint, until one passes it less often and ends."""
            async with places:
                n = 0
                while await _dies(made, name, f"{failpoint}:{n + 1}:kill"):
                    n += 1
                return n

        kills = await asyncio.gather(*(every_time(name, failpoint) for name in made.ground.workflows for failpoint in failpoints))
        assert min(kills) > 0
        begin = time.monotonic()
        await made.fork()
        await made.all_ended(within_s=30)
        recovered_s = time.monotonic() - begin
        verdict = made.judge()
        figures = f"{sum(kills)} kills before and after every commit: {verdict}; all went on within {recovered_s:.1f} s"
        record_property("figures", f"durability: {figures}")
        assert verdict.broken == []


async def _dies(made: Stage, name: str, failpoint: str) -> bool:
    (run_id,) = made.ground.queue(name)
    child = await made.fork("--only", run_id, failpoint=failpoint)
    status = await child.ended
    assert status in (0, KILLED)
    if status == KILLED:
        made.note_crash(child, of=run_id)
    return status == KILLED

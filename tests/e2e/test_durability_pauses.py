"""Workers killed while runs pause at breakpoints and are stepped through: no completed step runs again, no pause and no answer is lost."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import Callable

import pytest

from app.backend import CATALOG
from app.domain.access import DEFAULT_TENANT_ID, Actor, Role
from app.domain.breakpoints import Command
from app.domain.json_schema import SchemaChecker
from app.services.errors import PauseOver
from app.services.runs import RunUseCases
from app.storage.database import Database
from app.storage.unit_of_work import UnitsOfWork
from tests.e2e.durability.ground import Ground
from tests.e2e.durability.robots import stage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

OPERATOR = Actor(DEFAULT_TENANT_ID, Role.OPERATOR)
KILLS, RUNS = 20, 6


def waiting(ground: Ground) -> list[tuple[str, str]]:
    """(run, path) of every open pause."""
    return [
        (run, path)
        for run, path in ground.ask(
            "SELECT s.run_id::text, s.path FROM step_runs s JOIN runs r ON r.id = s.run_id"
            " WHERE s.status = 'waiting' AND s.step_type = 'breakpoint' AND r.status = 'running' ORDER BY s.path, s.run_id"
        )
    ]


async def test_killed_while_they_pause_runs_pause_again_and_repeat_nothing(record_property: Callable[[str, object], None]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with stage(takes_ms=10) as made:
        ground = made.ground
        for name in sorted(ground.workflows) * (RUNS // 6):
            (run,) = ground.queue(name)
            steps = ground.ask("SELECT definition -> 'steps' FROM workflow_versions WHERE workflow_id = %s", [ground.workflows[name]])[0][0]
            points = [{"node": step["id"], "when": dice.choice(["before", "after"])} for step in steps]
            ground.ask("UPDATE runs SET request = %s WHERE id = %s", [json.dumps({"kind": "whole", "breakpoints": points}), run])
        database = Database(ground.url)
        await database.connect()
        runs = RunUseCases(UnitsOfWork(database), CATALOG, SchemaChecker())
        commands: list[Command] = ["resume", "step", "into"]
        answers = 0

        async def answer_one() -> None:
            nonlocal answers
            if open_now := waiting(ground):
                run, path = dice.choice(open_now)
                try:
                    await runs.answer(OPERATOR, run, path, dice.choice(commands))
                    answers += 1
                except PauseOver:  # its run was failing just then
                    pass

        workers = [await made.fork() for _ in range(2)]
        for _ in range(KILLS):
            for _ in range(dice.randrange(1, 4)):
                await answer_one()
            await asyncio.sleep(dice.uniform(0.0, 0.15))
            victim = dice.choice(await made.victims(workers))
            await made.crash(victim)
            workers[workers.index(victim)] = await made.fork()
        until = time.monotonic() + 60
        while ground.open_runs():
            assert time.monotonic() < until, f"runs are stuck at {waiting(ground)}"
            await answer_one()
            await asyncio.sleep(0.01)
        await database.dispose()
        verdict = made.judge()
        record_property(
            "figures", f"durability: {KILLS} kills of 2 workers while {RUNS} runs paused {answers} times, seed {seed}: {verdict}"
        )
        print(verdict, answers)
        assert verdict.broken == []
        assert answers > RUNS

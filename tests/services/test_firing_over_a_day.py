"""A simulated day: the database's clock jumps by seconds to days, three daemons are never quite together, and every tick has its row."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.domain.access import DEFAULT_TENANT_ID
from app.domain.json_schema import SchemaChecker
from app.domain.ticks import times_between
from app.domain.triggers import parse_cron
from app.services.firing import FiringUseCases
from app.storage.firing import PostgresFiring
from tests.storage.runs_world import DEFINITION, World

LINES = ("*/5 * * * *", "0 * * * *", "7-59/13 3-20 * * *", "30 1 * * *")
POLICIES = (("once", "skip"), ("skip", "allow"), ("all", "queue"), ("all", "skip"))
SKEWS = (timedelta(seconds=-30), timedelta(), timedelta(seconds=30))


async def test_every_tick_of_a_day_with_jumping_clocks_has_a_run_or_a_reason_and_none_twice(
    database_url: str, record_property: Callable[[str, object], None]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    world = World(database_url)
    workflow_id = world.workflow(versions=[DEFINITION])
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    ids = {}
    for line in LINES:
        for misfire, overlap in POLICIES:
            first = parse_cron(line, "UTC").next_due(after=begin)
            key = world.one(
                "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, misfire_policy, overlap_policy, next_run_at)"
                " VALUES (%s, %s, 'd', %s, %s, %s, %s) RETURNING id::text",
                DEFAULT_TENANT_ID, workflow_id, line, misfire, overlap, first,
            )  # fmt: skip
            ids[key] = line
    doors = [PostgresFiring(database_url) for _ in SKEWS]
    elapsed, ahead, furthest, jumps = timedelta(), timedelta(), begin, 0
    while elapsed < timedelta(hours=24):
        for door, skew in zip(doors, SKEWS):
            now = begin + elapsed + ahead + skew
            furthest = max(furthest, now)
            fired = await door.look(FiringUseCases(door, SchemaChecker()).judged, limit=100, now=lambda now=now: now)
            if fired.run_ids and dice.random() < 0.8:  # most runs end before the next tick
                world.rows("UPDATE runs SET status = 'completed' WHERE id = ANY (%s::uuid[])", list(fired.run_ids))
        elapsed += timedelta(seconds=dice.uniform(60, 600))
        if dice.random() < 0.1:
            jumps += 1
            jump = timedelta(seconds=dice.choice((1, 30, 600, 3_600, 86_400, 3 * 86_400)))
            ahead += -jump if dice.random() < 0.5 and ahead - jump > -elapsed else jump
    for door in doors:
        await door.close()
    missing = twice = ticks = 0
    for key, line in ids.items():
        expected = set(times_between(parse_cron(line, "UTC"), start=begin + timedelta(seconds=1), end=furthest))
        rows = world.rows("SELECT scheduled_for, outcome, reason FROM schedule_ticks WHERE schedule_id = %s", key)
        runs = world.rows("SELECT scheduled_for FROM runs WHERE schedule_id = %s", key)
        ticks += len(rows)
        missing += len(expected - {row["scheduled_for"] for row in rows})
        twice += len(runs) - len({run["scheduled_for"] for run in runs})
        assert {row["scheduled_for"] for row in rows if row["outcome"] == "run"} == {run["scheduled_for"] for run in runs}
        assert all(row["reason"] for row in rows if row["outcome"] != "run")
    figures = f"a day with {jumps} jumps of the clock and 3 skewed daemons, seed {seed}: {ticks:,} ticks, {missing} without a row, {twice} runs twice"
    record_property("figures", f"schedules: {figures}")
    print(figures)
    assert (missing, twice) == (0, 0)

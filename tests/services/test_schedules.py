"""Schedules on a real database: who may, what is refused, what is audited, and what a tick leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.access import Actor, PermissionDenied, Role
from app.domain.errors import InputRefused, VersionNotFound
from app.domain.json_schema import SchemaChecker
from app.domain.schedules import ScheduleInvalid, ScheduleNotFound, SchedulePlan
from app.domain.triggers import CronInvalid, NeverDue, ZoneUnknown
from app.services.firing import FiringUseCases
from app.services.schedules import BackfillRefused, RunUnderWay, ScheduleUseCases
from app.storage.firing import PostgresFiring
from app.storage.unit_of_work import UnitsOfWork
from tests.storage.conftest import actor_in
from tests.storage.runs_world import TENANT, World

WITH_SCHEMA = {
    "format": "orchestrion/1",
    "name": "World",
    "input_schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    "steps": [],
    "edges": [],
    "block_groups": [],
}


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
def stranger(database_url: str) -> Actor:
    """A tenant_admin of another tenant."""
    other = World(database_url).tenant()
    return actor_in(database_url, other, "stranger@example.org")


@pytest.fixture
def workflow(world: World) -> str:
    return world.workflow(versions=[WITH_SCHEMA])


@pytest.fixture
def plan(workflow: str) -> SchedulePlan:
    return SchedulePlan(workflow_id=workflow, name="Nightly", cron_expression="0 2 * * *", timezone="Europe/Berlin", input={"name": "Ada"})


@pytest.fixture
def schedules(unit_of_work: UnitsOfWork) -> ScheduleUseCases:
    return ScheduleUseCases(unit_of_work, SchemaChecker())


@pytest.fixture
async def firing(database_url: str) -> AsyncIterator[FiringUseCases]:
    async with PostgresFiring(database_url) as door:
        yield FiringUseCases(door, SchemaChecker())


def due(world: World, schedule_id: str, *, minutes_ago: float = 0, **columns: object) -> datetime:
    """Make its next tick a whole minute some time ago."""
    at = world.one("SELECT date_trunc('minute', clock_timestamp()) - %s * interval '1 minute'", minutes_ago)
    world.rows("UPDATE schedules SET next_run_at = %s WHERE id = %s", at, schedule_id)
    for name, value in columns.items():
        world.rows(f"UPDATE schedules SET {name} = %s WHERE id = %s", value, schedule_id)
    return at


def runs_of(world: World, schedule_id: str) -> list[dict]:
    return world.rows("SELECT * FROM runs WHERE schedule_id = %s ORDER BY scheduled_for", schedule_id)


def outcomes(world: World, schedule_id: str) -> list[str]:
    rows = world.rows("SELECT outcome FROM schedule_ticks WHERE schedule_id = %s ORDER BY scheduled_for", schedule_id)
    return [row["outcome"] for row in rows]


async def test_a_schedule_is_kept_with_its_next_time_in_its_zone(schedules, admin, plan) -> None:
    row = await schedules.get(admin, await schedules.create(admin, plan))
    assert row.plan == plan
    assert row.next_run_at is not None
    from zoneinfo import ZoneInfo

    assert f"{row.next_run_at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" == "02:00"
    assert row.next_run_at > datetime.now(UTC)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"cron_expression": "0 0 30 2 *"}, NeverDue),
        ({"cron_expression": "* * * *"}, CronInvalid),
        ({"timezone": "Mars/Olympus"}, ZoneUnknown),
        ({"input": {}}, InputRefused),
        ({"name": "  "}, ScheduleInvalid),
        ({"misfire_policy": "never"}, ScheduleInvalid),
        ({"overlap_policy": "x"}, ScheduleInvalid),
        ({"grace_seconds": -1}, ScheduleInvalid),
        ({"workflow_version": 9}, VersionNotFound),
    ],
)
async def test_what_cannot_work_is_refused_and_nothing_is_kept(schedules, admin, plan, world, change, error) -> None:
    with pytest.raises(error):
        await schedules.create(admin, replace(plan, **change))
    assert world.one("SELECT count(*) FROM schedules") == 0


async def test_roles(schedules, admin, plan) -> None:
    schedule_id = await schedules.create(admin, plan)
    viewer, operator = replace(admin, role=Role.VIEWER), replace(admin, role=Role.OPERATOR)
    assert [row.id for row in await schedules.list(viewer)] == [schedule_id]
    for refused in (
        schedules.create(operator, plan),
        schedules.change(operator, schedule_id, plan),
        schedules.delete(operator, schedule_id),
        schedules.pause(viewer, schedule_id),
        schedules.run_now(viewer, schedule_id),
    ):
        with pytest.raises(PermissionDenied):
            await refused
    await schedules.pause(operator, schedule_id)
    await schedules.resume(operator, schedule_id)
    await schedules.run_now(operator, schedule_id)


async def test_another_tenant_sees_and_reaches_nothing(schedules, admin, stranger, plan) -> None:
    schedule_id = await schedules.create(admin, plan)
    assert await schedules.list(stranger) == []
    for reached in (schedules.get, schedules.pause, schedules.delete, schedules.run_now, schedules.ticks):
        with pytest.raises(ScheduleNotFound):
            await reached(stranger, schedule_id)


async def test_everything_that_changes_is_audited(schedules, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, plan)
    await schedules.change(admin, schedule_id, replace(plan, name="Other"))
    await schedules.pause(admin, schedule_id)
    await schedules.resume(admin, schedule_id)
    await schedules.run_now(admin, schedule_id)
    await schedules.delete(admin, schedule_id)
    await schedules.restore(admin, schedule_id)
    actions = [row["action"] for row in world.rows("SELECT action FROM audit_logs WHERE resource_type <> 'user' ORDER BY seq")]
    assert actions == ["create", "update", "update", "update", "execute", "delete", "update"]


async def test_a_due_schedule_makes_one_run_a_tick_and_its_counters(schedules, firing, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, plan)
    at = due(world, schedule_id)
    fired = await firing.fire_due()
    (run,) = runs_of(world, schedule_id)
    assert fired.run_ids == (str(run["id"]),)
    assert (run["input"], run["triggered_by"], run["mode"], run["scheduled_for"], run["workflow_version"]) == (
        {"name": "Ada"}, "schedule", "production", at, 1,
    )  # fmt: skip
    row = await schedules.get(admin, schedule_id)
    assert (row.run_count, row.last_run_at, row.last_run_id) == (1, at, str(run["id"]))
    assert row.next_run_at is not None and row.next_run_at > at
    (tick,) = await schedules.ticks(admin, schedule_id)
    assert (tick.outcome, tick.run_id, tick.scheduled_for) == ("run", str(run["id"]), at)
    assert world.one("SELECT count(*) FROM audit_logs WHERE action = 'execute' AND resource_id = %s", run["id"]) == 1
    again = await firing.fire_due()
    assert again.schedules == 0


async def test_a_row_of_plain_sql_fires_like_any_other(firing, world, workflow) -> None:
    insert = "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, input{more}) VALUES (%s, %s, 'x', '* * * * *', '{{\"name\": \"x\"}}'{values}) RETURNING id::text"
    due_now = world.one(insert.format(more=", next_run_at", values=", now() - interval '1 second'"), TENANT, workflow)
    never_computed = world.one(insert.format(more="", values=""), TENANT, workflow)
    await firing.fire_due()
    assert len(runs_of(world, due_now)) == 1
    assert runs_of(world, never_computed) == []
    assert world.one("SELECT next_run_at > now() FROM schedules WHERE id = %s", never_computed)


async def test_a_line_that_cannot_be_understood_is_told_and_looked_at_once(schedules, firing, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, plan)
    due(world, schedule_id, cron_expression="every day")
    await firing.fire_due()
    assert (await firing.fire_due()).schedules == 0
    row = await schedules.get(admin, schedule_id)
    assert row.next_run_at is None and "five fields" in row.error
    (tick,) = await schedules.ticks(admin, schedule_id)
    assert tick.outcome == "missed" and tick.reason == row.error


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("UPDATE workflows SET deleted_at = now() WHERE id = %(workflow)s", "The workflow was deleted."),
        ("DELETE FROM workflow_versions WHERE workflow_id = %(workflow)s", "never published"),
        ("UPDATE schedules SET workflow_version = 7 WHERE workflow_id = %(workflow)s", "no published version 7"),
        ("UPDATE schedules SET input = '{}' WHERE workflow_id = %(workflow)s", "does not fit"),
        ("UPDATE tenants SET deleted_at = now()", "tenant was deleted"),
    ],
)
async def test_what_cannot_run_makes_no_run_and_says_why(schedules, firing, admin, plan, world, spoil, reason) -> None:
    schedule_id = await schedules.create(admin, plan)
    due(world, schedule_id)
    import psycopg

    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute(spoil, {"workflow": plan.workflow_id})
    await firing.fire_due()
    assert runs_of(world, schedule_id) == []
    (row,) = world.rows("SELECT outcome, reason FROM schedule_ticks WHERE schedule_id = %s", schedule_id)
    assert row["outcome"] == "missed" and reason in row["reason"]


async def test_a_disabled_creator_never_fires(schedules, firing, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, plan)
    world.rows(
        "INSERT INTO memberships (login, user_id, tenant_id, role) VALUES ('other', %s, %s, 'builder')",
        admin.user_id,
        TENANT,
    )
    world.rows("UPDATE memberships SET disabled_at = now()")
    due(world, schedule_id)
    await firing.fire_due()
    assert runs_of(world, schedule_id) == [] and outcomes(world, schedule_id) == ["missed"]
    world.rows("UPDATE memberships SET disabled_at = NULL")
    due(world, schedule_id)
    world.rows("DELETE FROM schedule_ticks")
    await firing.fire_due()
    assert outcomes(world, schedule_id) == ["run"]


async def test_paused_and_deleted_schedules_never_fire(schedules, firing, admin, plan, world) -> None:
    paused, deleted = [await schedules.create(admin, replace(plan, name=name)) for name in ("a", "b")]
    due(world, paused), due(world, deleted)
    await schedules.pause(admin, paused)
    await schedules.delete(admin, deleted)
    assert (await firing.fire_due()).schedules == 0
    assert await schedules.resume(admin, paused) > datetime.now(UTC)


async def test_overlap_is_skipped_queued_or_allowed(schedules, firing, admin, plan, world) -> None:
    ids = {
        policy: await schedules.create(admin, replace(plan, name=policy, overlap_policy=policy)) for policy in ("skip", "queue", "allow")
    }
    for seconds in (20, 10):
        for schedule_id in ids.values():
            due(world, schedule_id, minutes_ago=-1)
            world.rows("UPDATE schedules SET next_run_at = now() - %s * interval '1 second' WHERE id = %s", seconds, schedule_id)
        await firing.fire_due()
    assert {policy: outcomes(world, schedule_id) for policy, schedule_id in ids.items()} == {
        "skip": ["run", "overlapped"],
        "queue": ["run", "run"],
        "allow": ["run", "run"],
    }


async def test_queued_runs_of_a_schedule_are_claimed_one_after_the_other(schedules, firing, admin, plan, world) -> None:
    from app.storage.claims import PostgresRunQueue

    queue_id = await schedules.create(admin, replace(plan, overlap_policy="queue", misfire_policy="all", cron_expression="* * * * *"))
    due(world, queue_id, minutes_ago=2)
    await firing.fire_due()
    times = [run["scheduled_for"] for run in runs_of(world, queue_id)]
    assert len(times) >= 3
    async with PostgresRunQueue(world.url, name="test") as queue:
        for time in times:
            claimed = await queue.claim(limit=10)
            assert [world.run(run.handle.run_id)["scheduled_for"] for run in claimed] == [time]
            world.rows("UPDATE runs SET status = 'completed', owner = NULL WHERE id = %s", claimed[0].handle.run_id)
        assert await queue.claim(limit=10) == []


async def test_ten_racing_looks_make_one_run_of_each_tick(schedules, admin, plan, world, database_url) -> None:
    ids = [await schedules.create(admin, replace(plan, name=f"n{number}")) for number in range(60)]
    for schedule_id in ids:
        due(world, schedule_id)
    doors = [PostgresFiring(database_url) for _ in range(5)]
    await asyncio.gather(*(FiringUseCases(door, SchemaChecker()).fire_due(limit=20) for door in doors for _ in range(4)))
    await asyncio.gather(*(door.close() for door in doors))
    assert world.one("SELECT count(*) FROM runs") == 60
    assert world.one("SELECT count(DISTINCT schedule_id) FROM runs") == 60
    assert world.one("SELECT count(*) FROM schedule_ticks WHERE outcome = 'run'") == 60
    assert world.one("SELECT count(*) FROM schedules WHERE run_count = 1 AND last_run_id IS NOT NULL") == 60


async def test_run_now_stands_beside_the_ticks_and_asks_before_it_overlaps(schedules, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, plan)
    run_id = await schedules.run_now(admin, schedule_id)
    with pytest.raises(RunUnderWay):
        await schedules.run_now(admin, schedule_id)
    await schedules.run_now(admin, schedule_id, despite_overlap=True)
    assert world.run(run_id)["scheduled_for"] is None
    assert (await schedules.get(admin, schedule_id)).run_count == 2


async def test_what_a_backfill_would_cost_is_told_by_the_last_runs_and_the_runs_that_they_made(schedules, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, replace(plan, cron_expression="0 * * * *"))
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    async def told() -> str:
        return (await schedules.backfillable(admin, schedule_id, start=end - timedelta(hours=9), end=end)).cost_words

    assert "not known before one of its runs has ended" in await told()
    made = await schedules.backfill(admin, schedule_id, start=end - timedelta(hours=1), end=end, expected=2)
    world.rows("UPDATE runs SET status = 'completed'")
    assert await told() == "They cost nothing, by its last 2 runs."
    child = "INSERT INTO runs (tenant_id, workflow_id, workflow_version, root_run_id) SELECT tenant_id, workflow_id, 1, id FROM runs WHERE id = %s"
    world.rows(child, made[0])
    step = "INSERT INTO step_runs (run_id, step_id, step_name, path, usage) SELECT id, uuid_generate_v4(), 'S', '/s', %s FROM runs"
    world.rows(f"{step} WHERE id = %s OR root_run_id IS NOT NULL", '{"cost_usd": 0.25}', made[0])
    assert await told() == "They cost about $2.00, by its last 2 runs."  # 8 of them, at 0.50 for 2
    world.rows(f"{step} WHERE id = %s", '{"input_tokens": 7, "cost_usd": null}', made[1])
    assert "a model without a price" in await told()


async def test_backfill_makes_the_runs_that_were_not_made_and_no_other(schedules, admin, plan, world) -> None:
    schedule_id = await schedules.create(admin, replace(plan, cron_expression="0 * * * *", timezone="UTC"))
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    start = end - timedelta(hours=9)
    found = await schedules.backfillable(admin, schedule_id, start=start, end=end)
    assert (found.count, found.times[0], found.times[-1]) == (10, start, end)
    made = await schedules.backfill(admin, schedule_id, start=start, end=end, expected=10)
    assert len(made) == 10
    assert (await schedules.backfillable(admin, schedule_id, start=start, end=end)).count == 0
    assert outcomes(world, schedule_id) == ["run"] * 10
    with pytest.raises(BackfillRefused, match="by now, not 3"):
        await schedules.backfill(admin, schedule_id, start=start - timedelta(hours=5), end=end, expected=3)
    with pytest.raises(BackfillRefused, match="in the past"):
        await schedules.backfillable(admin, schedule_id, start=start, end=datetime.now(UTC) + timedelta(hours=2))
    assert (await schedules.backfillable(admin, schedule_id, start=start - timedelta(days=90), end=end)).is_cut


async def test_changing_the_line_moves_the_next_time_and_other_changes_leave_it(schedules, admin, plan) -> None:
    schedule_id = await schedules.create(admin, plan)
    before = (await schedules.get(admin, schedule_id)).next_run_at
    assert (await schedules.change(admin, schedule_id, replace(plan, name="Other"))).next_run_at == before
    assert (await schedules.change(admin, schedule_id, replace(plan, cron_expression="0 3 * * *"))).next_run_at != before


@pytest.mark.parametrize(
    "races", [pytest.param(100, id="fast"), pytest.param(1_000, id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
async def test_a_schedule_paused_changed_or_deleted_as_it_is_due_never_fires_stale(
    schedules, admin, plan, world, database_url, races: int
) -> None:
    """After the act has returned no run appears."""
    door = PostgresFiring(database_url)
    firing = FiringUseCases(door, SchemaChecker())
    stale = 0

    async def change(actor, schedule_id) -> None:
        await schedules.change(actor, schedule_id, replace(plan, name=f"{schedule_id} moved", cron_expression="0 3 1 1 *"))

    for number in range(races):
        schedule_id = await schedules.create(admin, replace(plan, name=f"r{number}"))
        due(world, schedule_id)
        act = (schedules.pause, schedules.delete, change)[number % 3]
        seen: list[int] = []

        async def stop(schedule_id=schedule_id, act=act, seen=seen) -> None:
            await act(admin, schedule_id)
            seen.append(len(runs_of(world, schedule_id)))

        await asyncio.gather(firing.fire_due(), stop())
        await firing.fire_due()
        stale += len(runs_of(world, schedule_id)) - seen[0]
    await door.close()
    assert stale == 0


async def test_the_calendar_lists_the_times_of_active_schedules(schedules, admin, plan) -> None:
    hourly = await schedules.create(admin, replace(plan, cron_expression="0 * * * *", timezone="UTC"))
    paused = await schedules.create(admin, plan)
    await schedules.pause(admin, paused)
    start = datetime(2026, 12, 1, tzinfo=UTC)
    (found,) = await schedules.occurrences(admin, start=start, end=start + timedelta(days=7))
    assert (found.schedule_id, len(found.times), found.is_cut) == (hourly, 169, False)
    (cut,) = await schedules.occurrences(admin, start=start, end=start + timedelta(days=7), each=10)
    assert (len(cut.times), cut.is_cut) == (10, True)


async def test_a_preview_has_words_and_five_times(schedules, admin) -> None:
    preview = await schedules.preview(admin, "*/15 * * * *", "UTC")
    assert preview.words == "Every 15 minutes"
    assert [b - a for a, b in zip(preview.times, preview.times[1:])] == [timedelta(minutes=15)] * 4

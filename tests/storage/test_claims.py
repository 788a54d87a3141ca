"""Claims: each run is one worker's, never more at once than its tenant may have, and a dead worker's runs go on elsewhere."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import psycopg
import pytest

from app.domain.json_value import dumps
from app.engine.ports import ClaimedRun, FenceLost, RunEnd, RunHandle, StepWrite
from app.platform.local_postgres import LocalPostgres
from app.storage.claims import PostgresRunQueue
from app.storage.journal import PostgresJournal
from tests.storage.runs_world import DEFINITION, TENANT, World, eventually, ids, step

NewQueue = Callable[[str], "asyncio.Future[PostgresRunQueue]"]


@pytest.fixture
def world(postgres_server: LocalPostgres, database_url: str) -> World:
    """Old enough that a session that is gone was not just thrown out by the start of the server."""
    world = World(database_url)
    while not world.one("SELECT pg_postmaster_start_time() < clock_timestamp() - interval '3.1 s'"):
        world.one("SELECT pg_sleep(0.1)")
    return world


@pytest.fixture
async def queues(world: World) -> AsyncIterator[Callable[[str], object]]:
    async with AsyncExitStack() as stack:

        async def opened(name: str, **more: float) -> PostgresRunQueue:
            return await stack.enter_async_context(PostgresRunQueue(world.url, name=name, **more))

        yield opened


def all_sessions_gone(world: World) -> None:
    """What `kill -9` of every worker leaves behind."""
    world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orchestrion worker' AND datname = current_database()"
    )


async def test_a_claimed_run_has_all_that_is_needed_to_run_it(world: World, queues) -> None:
    workflow = world.workflow()
    (run,) = world.runs(1, workflow, input=dumps({"n": 12345678901234567890123}), triggered_by="webhook")
    queue = await queues("a")
    (claimed,) = await queue.claim(limit=5)
    assert claimed.handle == RunHandle(run, TENANT, workflow, run, 1)
    assert claimed.definition == DEFINITION
    assert claimed.input == {"n": 12345678901234567890123}
    assert (claimed.mode, claimed.depth, claimed.takeovers, claimed.cancel_requested) == ("production", 0, 0, False)
    started = claimed.run.pop("started_at")  # type: ignore[attr-defined]
    assert claimed.run == {"id": run, "mode": "production", "workflow_id": workflow, "workflow_version": 1, "triggered_by": "webhook"}
    assert started.endswith("Z")
    row = world.run(run)
    assert (row["status"], row["owner"], row["fence"]) == ("running", queue.owner, 1)
    assert world.one("SELECT lease_until - clock_timestamp() BETWEEN '5 s' AND '10 s' FROM runs")
    assert await queue.claim(limit=5) == []


async def test_a_test_run_carries_its_own_snapshot(world: World, queues) -> None:
    snapshot = {**DEFINITION, "name": "Draft"}
    world.runs(1, world.workflow(versions=()), mode="test", definition=dumps(snapshot))
    (claimed,) = await (await queues("a")).claim(limit=1)
    assert (claimed.definition, claimed.mode) == (snapshot, "test")


async def test_a_run_without_its_version_fails_with_a_reason(world: World, queues) -> None:
    (run,) = world.runs(1, world.workflow(versions=()))
    (good,) = world.runs(1, world.workflow())
    assert ids(await (await queues("a")).claim(limit=5)) == [good]
    row = world.run(run)
    assert (row["status"], row["owner"]) == ("failed", None)
    assert "no version 1" in row["error"]
    assert row["error_detail"]["type"] == "ValidationError"


async def test_priority_comes_before_age(world: World, queues) -> None:
    workflow = world.workflow()
    old, young = world.runs(2, workflow)
    (urgent,) = world.runs(1, workflow, priority=5)
    queue = await queues("a")
    assert ids(await queue.claim(limit=2)) == [urgent, old]
    assert ids(await queue.claim(limit=2)) == [young]


async def test_children_are_their_root_s(world: World, queues) -> None:
    workflow = world.workflow()
    root = world.claimed(workflow)
    world.runs(2, workflow, root_run_id=root.run_id)
    assert await (await queues("a")).claim(limit=5) == []


async def test_a_chain_of_detached_runs_has_a_depth(world: World, queues) -> None:
    workflow = world.workflow()
    above = world.claimed(workflow)
    (middle,) = world.runs(1, workflow, status="completed", parent_run_id=above.run_id)
    world.runs(1, workflow, parent_run_id=middle)
    (claimed,) = await (await queues("a")).claim(limit=5)
    assert claimed.depth == 2


async def test_a_suspended_tenant_s_runs_rest(world: World, queues) -> None:
    tenant = world.tenant()
    world.runs(2, world.workflow(tenant=tenant), tenant=tenant)
    world.rows("UPDATE tenants SET deleted_at = now() WHERE id = %s", tenant)
    queue = await queues("a")
    assert await queue.claim(limit=5) == []
    world.rows("UPDATE tenants SET deleted_at = NULL WHERE id = %s", tenant)
    assert len(await queue.claim(limit=5)) == 2


async def test_one_run_can_be_claimed_by_its_id(world: World, queues) -> None:
    workflow = world.workflow()
    first, second = world.runs(2, workflow)
    a, b = await queues("a"), await queues("b")
    claimed = await a.claim_one(second)
    assert claimed is not None
    assert claimed.handle.run_id == second
    assert await b.claim_one(second) is None
    assert world.run(first)["status"] == "pending"


# Bounds


async def test_no_more_run_at_once_than_the_tenant_may_have(world: World, queues) -> None:
    small, usual = world.tenant(2), world.tenant(None)
    world.runs(5, world.workflow(tenant=small), tenant=small)
    world.runs(15, world.workflow(tenant=usual), tenant=usual)
    queue = await queues("a")
    claimed = [*await queue.claim(limit=100), *await queue.claim(limit=100)]
    assert Counter(run.handle.tenant_id for run in claimed) == {small: 2, usual: 10}


@pytest.mark.parametrize("setting", ['{"max_concurrent_runs": "many"}', '{"max_concurrent_runs": null}', "null", "[]"])
async def test_a_setting_that_is_no_number_means_the_default(world: World, queues, setting: str) -> None:
    tenant = world.tenant()
    world.rows("UPDATE tenants SET settings = %s WHERE id = %s", setting, tenant)
    world.runs(12, world.workflow(tenant=tenant), tenant=tenant)
    assert len(await (await queues("a")).claim(limit=100)) == 10


async def test_three_claimers_share_300_runs_without_a_double_and_never_above_the_limit(world: World, queues) -> None:
    limits = {world.tenant(5): 100, world.tenant(3): 100, world.tenant(10): 100}
    for tenant, number in limits.items():
        world.runs(number, world.workflow(tenant=tenant), tenant=tenant)
    workers = [await queues(name) for name in "abc"]
    taken: list[str] = []
    most: Counter[str] = Counter()
    allowed = {
        row["id"]: row["most"] for row in world.rows("SELECT id::text, (settings ->> 'max_concurrent_runs')::int AS most FROM tenants")
    }

    async def work(queue: PostgresRunQueue, journal: PostgresJournal) -> None:
        async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as look:
            while len(taken) < 300:
                claimed = await queue.claim(limit=4)
                taken.extend(ids(claimed))
                counts = await look.execute("SELECT tenant_id::text, count(*) FROM runs WHERE status = 'running' GROUP BY 1")
                for tenant, number in await counts.fetchall():
                    most[tenant] = max(most[tenant], number)
                await asyncio.gather(*(journal.write(run.handle, [step("/a"), RunEnd("completed")]) for run in claimed))

    async with PostgresJournal(world.url) as journal:
        await asyncio.gather(*(work(queue, journal) for queue in workers))
    assert len(taken) == len(set(taken)) == 300
    assert world.one("SELECT count(*) FROM runs WHERE status = 'completed' AND fence = 1") == 300
    for tenant in limits:
        assert 0 < most[tenant] <= allowed[tenant]


async def test_racing_claimers_fill_the_limit_exactly(world: World, queues) -> None:
    workers = [await queues(name) for name in "abc"]
    for _ in range(20):
        tenant = world.tenant(4)
        world.runs(12, world.workflow(tenant=tenant), tenant=tenant)
        claimed = await asyncio.gather(*(queue.claim(limit=3) for queue in workers))
        mine = [run for run in sum(map(list, claimed), []) if run.handle.tenant_id == tenant]
        assert len(mine) == len(set(ids(mine))) == 4
        world.rows("UPDATE runs SET status = 'completed' WHERE tenant_id = %s", tenant)


# Sleep


async def test_a_sleeping_run_holds_no_place_and_is_taken_up_when_due(world: World, queues) -> None:
    tenant = world.tenant(1)
    first, second = world.runs(2, world.workflow(tenant=tenant), tenant=tenant)
    queue = await queues("a")
    (claimed,) = await queue.claim(limit=5)
    assert claimed.handle.run_id == first
    await queue.give_back(claimed.handle, wake_in_s=3600)
    (other,) = await queue.claim(limit=5)
    assert other.handle.run_id == second
    assert await queue.claim(limit=5) == []
    world.rows("UPDATE runs SET wake_at = clock_timestamp() WHERE id = %s", first)
    assert await queue.claim(limit=5) == []  # the one place is taken
    async with PostgresJournal(world.url) as journal:
        await journal.write(other.handle, [RunEnd("completed")])
    (again,) = await queue.claim(limit=5)
    assert (again.handle.run_id, again.handle.fence, again.takeovers) == (first, 2, 0)
    assert world.run(first)["wake_at"] is None


async def test_a_run_that_waits_for_an_event_sleeps_without_an_end(world: World, queues) -> None:
    (run,) = world.runs(1, world.workflow())
    queue = await queues("a")
    (claimed,) = await queue.claim(limit=1)
    await queue.give_back(claimed.handle, wake_in_s=float("inf"))
    assert world.run(run)["wake_at"].year > 2100
    assert await queue.claim(limit=1) == []


async def test_an_answer_that_was_not_seen_keeps_a_run_from_sleeping(world: World, queues) -> None:
    seen, unseen = world.runs(2, world.workflow())
    queue = await queues("a")
    claimed = {run.handle.run_id: run for run in await queue.claim(limit=2)}
    world.rows("UPDATE runs SET answers = 2")
    beat = await queue.heartbeat([run.handle for run in claimed.values()])
    assert beat.answers == {seen: 2, unseen: 2}
    await queue.give_back(claimed[seen].handle, wake_in_s=float("inf"), answers=2)
    await queue.give_back(claimed[unseen].handle, wake_in_s=float("inf"), answers=1)
    (again,) = await queue.claim(limit=2)
    assert (again.handle.run_id, again.answers) == (unseen, 2)


async def test_a_run_that_is_given_back_goes_to_anyone_at_once(world: World, queues) -> None:
    workflow = world.workflow()
    tenant_full = world.runs(10, workflow)
    a, b = await queues("a"), await queues("b")
    claimed = await a.claim(limit=10)
    await a.give_back(claimed[3].handle)
    (taken,) = await b.claim(limit=5)
    assert taken.handle.run_id == tenant_full[3]
    assert (taken.handle.fence, taken.takeovers) == (2, 0)
    await a.give_back(claimed[3].handle)  # too late: it is another's
    assert world.run(tenant_full[3])["owner"] == b.owner


async def test_a_sleeper_that_is_to_be_cancelled_is_taken_up_without_a_place(world: World, queues) -> None:
    tenant = world.tenant(1)
    sleeper, _ = world.runs(2, world.workflow(tenant=tenant), tenant=tenant)
    queue = await queues("a")
    (claimed,) = await queue.claim(limit=1)
    await queue.give_back(claimed.handle, wake_in_s=3600)
    await queue.claim(limit=1)
    world.rows("UPDATE runs SET cancel_requested_at = now() WHERE id = %s", sleeper)
    (woken,) = await queue.claim(limit=5)
    assert (woken.handle.run_id, woken.cancel_requested) == (sleeper, True)
    assert world.one("SELECT count(*) FROM runs WHERE status = 'running' AND wake_at IS NULL AND tenant_id = %s", tenant) == 1


# Life and death


async def test_a_heartbeat_prolongs_and_tells_of_losses_and_cancellations(world: World, queues) -> None:
    workflow = world.workflow()
    world.runs(4, workflow)
    queue = await queues("a")
    kept, stolen, cancelled, ended = await queue.claim(limit=4)
    world.rows("UPDATE runs SET lease_until = clock_timestamp() + interval '1 s'")
    world.rows("UPDATE runs SET fence = 7, owner = 'other#1' WHERE id = %s", stolen.handle.run_id)
    world.rows("UPDATE runs SET cancel_requested_at = now() WHERE id = %s", cancelled.handle.run_id)
    async with PostgresJournal(world.url) as journal:
        await journal.write(ended.handle, [RunEnd("completed")])
    beat = await queue.heartbeat([run.handle for run in (kept, stolen, cancelled, ended)])
    assert beat.lost == {stolen.handle.run_id}
    assert beat.cancel == {cancelled.handle.run_id}
    prolonged = world.rows("SELECT id::text FROM runs WHERE lease_until > clock_timestamp() + interval '5 s'")
    assert {row["id"] for row in prolonged} == {kept.handle.run_id, cancelled.handle.run_id}
    assert (await queue.heartbeat([])).lost == frozenset()


async def test_a_heartbeat_does_not_wait_for_a_row_that_is_being_written(world: World, queues) -> None:
    world.runs(2, world.workflow())
    queue = await queues("a")
    one, two = await queue.claim(limit=2)
    async with await psycopg.AsyncConnection.connect(world.url) as other:
        await other.execute("SELECT FROM runs WHERE id = %s FOR UPDATE", [one.handle.run_id])
        async with asyncio.timeout(10):
            beat = await queue.heartbeat([one.handle, two.handle])
    assert beat.lost == frozenset()


async def test_a_lease_that_ran_out_lets_another_worker_in_and_the_first_one_out(world: World, queues) -> None:
    (run,) = world.runs(1, world.workflow())
    a, b = await queues("a"), await queues("b")
    (mine,) = await a.claim(limit=1)
    assert await b.claim(limit=1) == []
    world.rows("UPDATE runs SET lease_until = clock_timestamp() - interval '1 s'")
    assert await a.claim(limit=1) == []  # it is in our own hands: we only were late
    (theirs,) = await b.claim(limit=1)
    assert (theirs.handle.fence, theirs.takeovers) == (2, 1)
    async with PostgresJournal(world.url) as journal:
        with pytest.raises(FenceLost):
            await journal.write(mine.handle, [step("/a")])
        with pytest.raises(FenceLost):
            await journal.load(mine.handle)
        assert await journal.load(theirs.handle) == []
    assert (await a.heartbeat([mine.handle])).lost == {run}


async def test_a_run_this_worker_forgot_comes_back_when_its_lease_ran_out(world: World, queues) -> None:
    (run,) = world.runs(1, world.workflow())
    queue = await queues("a")
    await queue.claim(limit=1)
    for _ in range(2):
        await queue.heartbeat([])
    assert await queue.claim(limit=1) == []
    world.rows("UPDATE runs SET lease_until = clock_timestamp() - interval '1 s'")
    assert ids(await queue.claim(limit=1)) == [run]


async def test_a_killed_worker_s_runs_are_taken_at_once(world: World, queues) -> None:
    workflow = world.workflow()
    runs = world.runs(3, workflow)
    dead = PostgresRunQueue(world.url, name="dead")
    await dead.open()
    await dead.claim(limit=3)
    queue = await queues("b")
    assert await queue.claim(limit=5) == []
    await dead.close()  # the session is gone, as after `kill -9`; the leases are not
    claimed = await eventually_claimed(queue)
    assert sorted(ids(claimed)) == sorted(runs)
    assert {run.takeovers for run in claimed} == {1}


async def eventually_claimed(queue: PostgresRunQueue) -> list[ClaimedRun]:
    async with asyncio.timeout(20):
        while not (claimed := await queue.claim(limit=50)):
            await asyncio.sleep(0.02)
    return list(claimed)


async def test_a_worker_whose_connection_broke_shows_life_again(world: World, queues) -> None:
    (run,) = world.runs(1, world.workflow())
    a, b = await queues("a"), await queues("b")
    (mine,) = await a.claim(limit=1)
    all_sessions_gone(world)
    assert (await a.heartbeat([mine.handle])).lost == frozenset()
    assert await b.claim(limit=1) == []
    assert world.run(run)["owner"] == a.owner


async def test_takeovers_count_at_the_same_step_and_start_anew_after_progress(world: World, queues) -> None:
    world.runs(1, world.workflow())
    counted: list[int] = []

    async def life(*paths: str, completed: str | None = None) -> None:
        """A worker claims the run, perhaps completes a step, starts these, and dies."""
        async with PostgresRunQueue(world.url, name="mortal") as queue, PostgresJournal(world.url) as journal:
            (run,) = await eventually_claimed(queue)
            counted.append(run.takeovers)
            await journal.load(run.handle)
            if completed:
                await journal.write(run.handle, [step(completed, attempt=len(counted))])
            await journal.write(run.handle, [step(path, "running", attempt=len(counted)) for path in paths])

    await life("/a", "/b")
    await life("/a", "/b")
    await life()  # it died before it started anything
    await life("/a")
    await life("/b", completed="/a")
    await life("/b")
    await life("/c")  # /b was in flight
    await life("/c")
    assert counted == [0, 1, 2, 3, 4, 1, 2, 1]


async def test_a_run_that_only_waits_is_taken_up_as_often_as_its_workers_die(world: World, queues) -> None:
    world.runs(1, world.workflow())
    counted: list[int] = []

    async def life(*writes: StepWrite) -> None:
        async with PostgresRunQueue(world.url, name="mortal") as queue, PostgresJournal(world.url) as journal:
            (run,) = await eventually_claimed(queue)
            counted.append(run.takeovers)
            await journal.load(run.handle)
            for write in writes:
                if write.status == "waiting":
                    await journal.wait(run.handle, write, seconds=None, until=None)
                else:
                    await journal.write(run.handle, [write])

    await life()
    await life(step("/pause", "waiting"))
    for _ in range(6):  # more often than a run is taken up at one step
        await life()
    await life(step("/beside", "running"))
    await life()
    assert counted == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]


async def test_a_claim_whose_connection_breaks_is_made_again(world: World, queues) -> None:
    (run,) = world.runs(1, world.workflow())
    queue = await queues("a")
    await queue.claim(limit=0)
    all_sessions_gone(world)
    assert ids(await queue.claim(limit=5)) == [run]


@pytest.mark.parametrize("place", ["claim.before_commit", "claim.after_commit"])
async def test_a_claim_whose_answer_got_lost_is_nobody_s_for_long(world: World, place: str) -> None:
    """The connection breaks at the commit: the claim is made again at once, or comes back when its lease runs out."""
    (run,) = world.runs(1, world.workflow())
    broken: list[str] = []

    async def failpoint(name: str) -> None:
        if name == place and not broken:
            broken.append(name)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    async with PostgresRunQueue(world.url, name="a", lease_s=0.5, failpoint=failpoint) as queue:
        assert ids(await eventually_claimed(queue)) == [run]
    assert broken == [place]
    assert world.run(run)["fence"] == (1 if place == "claim.before_commit" else 2)


async def test_a_run_that_ends_makes_room_and_says_so(world: World, queues) -> None:
    tenant = world.tenant(1)
    first, second = world.runs(2, world.workflow(tenant=tenant), tenant=tenant)
    queue = await queues("a")
    (claimed,) = await queue.claim(limit=5)
    async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as listener, PostgresJournal(world.url) as journal:
        await listener.execute("LISTEN orchestrion")
        await journal.write(claimed.handle, [RunEnd("completed")])
        heard = [notify.payload async for notify in listener.notifies(timeout=10, stop_after=2)]
    assert dumps({"t": tenant, "k": "run", "id": first}) in heard
    assert dumps({"t": tenant, "k": "due", "id": first}) in heard
    assert ids(await queue.claim(limit=5)) == [second]
    await eventually(lambda: world.run(second)["status"] == "running")

"""The journal in PostgreSQL: what is written stays, in batches, under a fence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import psycopg
import pytest

from app.domain.errors import DatabaseUnavailable
from app.engine.ports import FenceLost, RunEnd, RunHandle, StepWrite, ValueRef
from app.storage.journal import PostgresJournal
from app.storage.journal_writer import JournalRefused
from tests.storage.runs_world import GROUP, TENANT, World, eventually, group, step


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
async def journal(world: World) -> AsyncIterator[PostgresJournal]:
    async with PostgresJournal(world.url) as journal:
        yield journal


async def test_what_was_written_is_loaded(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    error = {"type": "Timeout", "message": "Too slow.", "final": True}
    await journal.write(run, [step("/a", output={"n": 12345678901234567890123, "x": [1, None]}, input={"i": 1}, has_input=True)])
    await journal.write(run, [step("/b", "failed", error=error), step("/c", "skipped")])
    rows = {row.path: row for row in await journal.load(run)}
    assert rows["/a"].output == {"n": 12345678901234567890123, "x": [1, None]}
    assert (rows["/b"].status, rows["/b"].error) == ("failed", error)
    assert rows["/c"].status == "skipped"
    kept = {row["path"]: row for row in world.steps(run.run_id)}
    assert (kept["/b"]["error"], kept["/b"]["error_type"]) == ("Too slow.", "Timeout")
    assert kept["/a"]["input"] == {"i": 1}


async def test_times_are_the_database_s_minus_what_went_by_here(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/a", started_ago_s=3600.5, completed_ago_s=3600.0)])
    (row,) = world.steps(run.run_id)
    assert row["duration_ms"] == 500
    assert (row["completed_at"] - row["started_at"]).total_seconds() == pytest.approx(0.5, abs=0.01)
    assert world.one("SELECT abs(extract(epoch FROM clock_timestamp() - completed_at) - 3600) < 30 FROM step_runs")


async def test_a_completion_keeps_the_start_and_input_that_were_written_before(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/a", "running", input=[1], has_input=True, started_ago_s=100.0)])
    await journal.write(run, [step("/a", output=2, started_ago_s=None, completed_ago_s=0.0)])
    (row,) = world.steps(run.run_id)
    assert (row["status"], row["input"], row["output"]) == ("completed", [1], 2)
    assert 100_000 <= row["duration_ms"] < 160_000


async def test_a_row_written_soon_is_overtaken_in_the_same_batch(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    journal.write_soon(run, step("/a", "running", input=[1], has_input=True, started_ago_s=50.0))
    await journal.write(run, [step("/a", output=2, started_ago_s=None)])
    (row,) = world.steps(run.run_id)
    assert journal.writer.rows == 1
    assert (row["status"], row["input"]) == ("completed", [1])
    assert row["duration_ms"] >= 50_000


async def test_a_row_written_soon_is_seen_without_another_write(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    journal.write_soon(run, step("/long", "running"))
    await eventually(lambda: [row["status"] for row in world.steps(run.run_id)] == ["running"])


async def test_what_is_terminal_never_changes(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/a", output=1), group("/g", "failed")])
    for status in ("running", "waiting", "failed", "cancelled", "skipped"):
        await journal.write(run, [step("/a", status, output=2), group("/g", "completed", output=3)])
    (row,) = world.steps(run.run_id)
    assert (row["status"], row["output"]) == ("completed", 1)
    assert [row["status"] for row in world.groups(run.run_id)] == ["failed"]


async def test_another_output_for_a_completed_place_is_refused(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/a", output={"b": 1, "a": 2})])
    await journal.write(run, [step("/a", output={"a": 2, "b": 1})])  # equal: as after a lost answer
    with pytest.raises(JournalRefused, match="/a"):
        await journal.write(run, [step("/a", output=2)])
    with pytest.raises(JournalRefused):
        await journal.write(run, [step("/a", attempt=2, output=2)])
    assert len(world.steps(run.run_id)) == 1


async def test_a_large_output_travels_by_reference(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    large = {"text": "é" * 20_000}
    await journal.write(run, [step("/large", output=large), step("/small", output="x" * 1000)])
    rows = {row.path: row for row in await journal.load(run)}
    assert isinstance(rows["/large"].output, ValueRef)
    assert rows["/large"].output.bytes > 40_000
    assert rows["/small"].output == "x" * 1000
    assert await journal.read_output(run, ValueRef("/large", 1)) == large
    other = world.claimed(world.workflow())
    assert await journal.read_output(other, ValueRef("/large", 1, run_id=run.run_id)) == large
    with pytest.raises(JournalRefused, match="/nowhere"):
        await journal.read_output(run, ValueRef("/nowhere", 1))


async def test_rows_in_flight_at_a_crash_are_lost_and_waiting_ones_wait(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/flying", "running"), step("/done", output=1), step("/#first", output=0)])
    left = await journal.wait(run, step("/sleep", "waiting"), seconds=500, until=None)
    assert 490 < left <= 500
    taken = replace(run, fence=2)
    world.rows("UPDATE runs SET fence = 2 WHERE id = %s", run.run_id)
    rows = {row.path: row for row in await journal.load(taken)}
    assert {path: row.status for path, row in rows.items()} == {
        "/flying": "lost",
        "/done": "completed",
        "/#first": "completed",
        "/sleep": "waiting",
    }
    assert rows["/sleep"].wait_left_s is not None
    assert 480 < rows["/sleep"].wait_left_s <= 500
    with pytest.raises(FenceLost):
        await journal.load(run)


async def test_a_wait_keeps_its_due_time(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.wait(run, step("/w", "waiting", notes={"why": "rest"}), seconds=100, until=None)
    again = await journal.wait(run, step("/w", "waiting"), seconds=9000, until=None)
    assert again <= 100
    assert (await journal.wait(run, step("/late", "waiting"), seconds=None, until="2020-01-01T00:00:00Z")) < 0
    assert (await journal.wait(run, step("/event", "waiting"), seconds=None, until=None)) == float("inf")
    assert (await journal.wait(run, step("/ever", "waiting"), seconds=1e30, until=None)) > 1e9
    await journal.write(run, [step("/w", output=None, notes={"more": 1})])
    notes = next(row["notes"] for row in world.steps(run.run_id) if row["path"] == "/w")
    assert notes["why"] == "rest"
    assert notes["more"] == 1
    assert notes["due_at"].endswith("+00:00")
    with pytest.raises(ValueError, match="tomorrow"):
        await journal.wait(run, step("/bad", "waiting"), seconds=None, until="tomorrow")


async def test_a_wait_of_a_month_fits_its_row(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/w", started_ago_s=90 * 86_400.0, completed_ago_s=0.0)])
    await journal.write(run, [step("/v", "waiting", started_ago_s=90 * 86_400.0)])
    await journal.write(run, [step("/v", started_ago_s=None, completed_ago_s=0.0)])
    assert {row["duration_ms"] for row in world.steps(run.run_id)} == {2**31 - 1}


async def test_groups_leave_rows(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [group("/each[0]", "running", iteration=0, input=[1], started_ago_s=1.0)])
    await journal.write(
        run, [group("/each[0]", output=5, completed_ago_s=0.0), group("/each[1]", "failed", iteration=1, error={"message": "No."})]
    )
    first, second = world.groups(run.run_id)
    assert (first["path"], first["status"], first["input"], first["output"]) == ("/each[0]", "completed", [1], 5)
    assert (second["iteration"], second["error"], second["role"]) == (1, "No.", "body")
    assert str(first["block_group_id"]) == GROUP


# Batches


async def test_writers_of_many_runs_share_commits(world: World, journal: PostgresJournal) -> None:
    workflow = world.workflow()
    runs = [world.claimed(workflow) for _ in range(50)]
    await asyncio.gather(*(chain(journal, run, 20) for run in runs))
    assert world.one("SELECT count(*) FROM step_runs WHERE status = 'completed'") == 1000
    assert journal.writer.flushes <= 100
    # A row's xmin is the transaction that wrote it: so many commits there were.
    assert world.one("SELECT count(DISTINCT xmin::text) FROM step_runs") <= journal.writer.flushes


@pytest.mark.parametrize(("runs", "length", "flushes"), [(20, 1, 1), (100, 1, 2), (100, 10, 20)])
async def test_a_crowd_is_written_in_halves_so_that_one_goes_on_while_the_other_is_written(
    world: World, journal: PostgresJournal, runs: int, length: int, flushes: int
) -> None:
    workflow = world.workflow()
    handles = [world.claimed(workflow) for _ in range(runs)]
    await asyncio.gather(*(chain(journal, run, length) for run in handles))
    assert (journal.writer.rows, journal.writer.flushes) == (runs * length, flushes)


async def chain(journal: PostgresJournal, run: RunHandle, length: int) -> None:
    for number in range(length):
        await journal.write(run, [step(f"/s{number}", output=number)])


async def test_seq_only_grows_within_a_run(world: World, journal: PostgresJournal) -> None:
    workflow = world.workflow()
    runs = [world.claimed(workflow) for _ in range(10)]
    seen: list[int] = []

    async def watch() -> None:
        last = 0
        while len(seen) < 60:
            rows = world.rows("SELECT seq FROM step_runs WHERE run_id = %s AND seq > %s ORDER BY seq", runs[0].run_id, last)
            seen.extend(row["seq"] for row in rows)
            last = max([last, *(row["seq"] for row in rows)])
            await asyncio.sleep(0)

    await asyncio.gather(watch(), *(chain(journal, run, 60) for run in runs))
    assert seen == sorted(set(seen))
    assert len(seen) == 60


async def test_one_bad_row_fails_its_own_write_only(world: World, journal: PostgresJournal) -> None:
    workflow = world.workflow()
    good, bad, other = (world.claimed(workflow) for _ in range(3))
    results = await asyncio.gather(
        journal.write(good, [step("/a", output=1)]),
        journal.write(bad, [replace(step("/a"), name="n" * 300), step("/b")]),
        journal.write(bad, [replace(step("/c"), step_id="no uuid")]),
        journal.write(other, [step("/a", output=1), RunEnd("completed", output=1)]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), JournalRefused, JournalRefused, type(None)]
    assert world.steps(bad.run_id) == []
    assert len(world.steps(good.run_id)) == 1
    assert world.run(other.run_id)["status"] == "completed"


async def test_a_cancelled_writer_s_rows_are_written_all_the_same(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    task = asyncio.ensure_future(journal.write(run, [step("/a", output=1)]))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.write(run, [step("/b")])
    assert [row["path"] for row in world.steps(run.run_id)] == ["/a", "/b"]


async def test_values_of_any_size_are_written(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    big = "x" * 4_000_000
    await asyncio.gather(*(journal.write(run, [step(f"/{number}", output=big)]) for number in range(5)))
    assert world.one("SELECT sum(octet_length(output #>> '{}')) FROM step_runs") == 20_000_000


# Fences


async def test_a_lost_fence_is_told_to_its_own_writer_only(world: World, journal: PostgresJournal) -> None:
    workflow = world.workflow()
    mine, lost = world.claimed(workflow), world.claimed(workflow)
    world.rows("UPDATE runs SET fence = 2 WHERE id = %s", lost.run_id)
    journal.write_soon(lost, step("/soon", "running"))
    results = await asyncio.gather(
        journal.write(mine, [step("/a")]),
        journal.write(lost, [step("/a"), group("/g")]),
        journal.write(lost, [RunEnd("failed", error={"message": "No."})]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), FenceLost, FenceLost]
    assert world.steps(lost.run_id) == []
    assert world.groups(lost.run_id) == []
    assert world.run(lost.run_id)["status"] == "running"
    assert len(world.steps(mine.run_id)) == 1


async def test_a_takeover_waits_for_the_flush_under_way_or_the_flush_is_refused(world: World, journal: PostgresJournal) -> None:
    """100 takeovers against a writer that never stops: whatever was acknowledged under a fence was there when the next one began."""
    run = world.claimed(world.workflow())
    acknowledged: dict[int, int] = {}
    stop = False

    async def writer() -> None:
        handle, number = run, 0
        while not stop:
            try:
                await journal.write(handle, [step(f"/f{handle.fence}/s{number}", output=number)])
                acknowledged[handle.fence] = number
                number += 1
            except FenceLost:
                handle, number = replace(handle, fence=world.run(run.run_id)["fence"]), 0

    task = asyncio.ensure_future(writer())
    counted: dict[int, int] = {}
    async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as taker:
        for fence in range(1, 101):
            await asyncio.sleep(0.002)
            async with taker.transaction():
                await taker.execute("SELECT FROM runs WHERE id = %s FOR UPDATE", [run.run_id])
                await taker.execute("UPDATE runs SET fence = fence + 1 WHERE id = %s", [run.run_id])
            row = await (await taker.execute("SELECT count(*) FROM step_runs WHERE path LIKE %s", [f"/f{fence}/%"])).fetchone()
            counted[fence] = row[0]
    stop = True
    await task
    for fence, rows in counted.items():
        assert world.one("SELECT count(*) FROM step_runs WHERE path LIKE %s", f"/f{fence}/%") == rows
        assert acknowledged.get(fence, -1) < rows
    assert sum(counted.values()) > 0


async def test_a_child_is_written_under_the_claim_of_its_root(world: World, journal: PostgresJournal) -> None:
    workflow = world.workflow()
    root = world.claimed(workflow)
    (child_run,) = world.runs(1, workflow, status="running", root_run_id=root.run_id, parent_run_id=root.run_id, parent_path="/sub")
    child = RunHandle(child_run, TENANT, workflow, root.run_id, root.fence)
    await journal.write(child, [step("/a", output=1), RunEnd("completed", output=2)])
    assert (world.run(child_run)["status"], world.run(child_run)["output"]) == ("completed", 2)
    world.rows("UPDATE runs SET fence = 9 WHERE id = %s", root.run_id)
    with pytest.raises(FenceLost):
        await journal.write(child, [step("/b")])


# Ends


async def test_a_run_ends_once_and_takes_its_open_rows_along(world: World, journal: PostgresJournal) -> None:
    workflow = world.workflow()
    run = world.claimed(workflow)
    (child,) = world.runs(1, workflow, status="running", root_run_id=run.run_id)
    await journal.write(run, [step("/a", "running"), step("/w", "waiting"), step("/d", output=1), group("/g", "running")])
    await journal.write(replace(run, run_id=child), [step("/a", "running")])
    error = {"type": "HttpError", "message": "The server said 500.", "step": "A"}
    await journal.write(run, [RunEnd("failed", error=error)])
    row = world.run(run.run_id)
    assert (row["status"], row["error"], row["error_detail"]) == ("failed", "The server said 500.", error)
    assert (row["owner"], row["lease_until"]) == (None, None)
    assert row["completed_at"] is not None
    assert {row["path"]: row["status"] for row in world.steps(run.run_id)} == {"/a": "cancelled", "/w": "cancelled", "/d": "completed"}
    assert [row["status"] for row in world.groups(run.run_id)] == ["cancelled"]
    assert world.run(child)["status"] == "cancelled"
    assert [row["status"] for row in world.steps(child)] == ["cancelled"]
    for late in ([step("/late")], [RunEnd("completed", output=1)]):
        with pytest.raises(FenceLost):
            await journal.write(run, late)
    assert world.run(run.run_id)["status"] == "failed"
    assert len(world.steps(run.run_id)) == 3


async def test_the_last_step_and_the_end_may_share_a_write(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await journal.write(run, [step("/a", output=1), group("/g", output=1), RunEnd("completed", output=None)])
    assert (world.run(run.run_id)["status"], world.run(run.run_id)["output"]) == ("completed", None)
    assert [row["status"] for row in world.steps(run.run_id)] == ["completed"]


@pytest.mark.parametrize("end", [step("/a", attempt=2), step("/a", "failed", attempt=2, error={"message": "No.", "final": True})])
async def test_a_step_at_its_end_resets_the_count_of_takeovers(world: World, journal: PostgresJournal, end: StepWrite) -> None:
    run = world.claimed(world.workflow(), takeovers=3, takeover_path="/a")
    await journal.write(run, [step("/a", "failed", error={"message": "No.", "final": False})])
    assert world.run(run.run_id)["takeovers"] == 3
    await journal.write(run, [end])
    assert (world.run(run.run_id)["takeovers"], world.run(run.run_id)["takeover_path"]) == (0, None)


# Life


async def test_a_closed_journal_has_written_what_it_accepted(world: World) -> None:
    run = world.claimed(world.workflow())
    async with PostgresJournal(world.url) as journal:
        journal.write_soon(run, step("/soon", "running"))
        waiting = asyncio.ensure_future(journal.write(run, [step("/a")]))
        await asyncio.sleep(0)
    await waiting
    assert [row["path"] for row in world.steps(run.run_id)] == ["/soon", "/a"]
    with pytest.raises(DatabaseUnavailable):
        await journal.write(run, [step("/b")])


async def test_a_journal_without_a_server_says_so(place) -> None:
    with pytest.raises(DatabaseUnavailable):
        await PostgresJournal(f"postgresql://nobody@/none?host={place}").open()


async def test_a_failpoint_stands_before_and_after_each_commit(world: World) -> None:
    reached: list[str] = []

    async def failpoint(name: str) -> None:
        reached.append(name)

    run = world.claimed(world.workflow())
    async with PostgresJournal(world.url, failpoint=failpoint) as journal:
        await journal.write(run, [step("/a")])
        await journal.write(run, [step("/b")])
    assert reached == ["journal.before_commit", "journal.after_commit"] * 2


class LostAnswer:
    """A failpoint after which the connection seems broken, once; `meanwhile` is what happens before it is noticed."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self._meanwhile, self.lost = meanwhile, 0

    async def __call__(self, name: str) -> None:
        if name == "journal.after_commit" and self.lost == 0:
            self.lost += 1
            self._meanwhile()
            raise psycopg.OperationalError("server closed the connection unexpectedly")


async def test_a_batch_whose_answer_got_lost_is_not_written_twice(world: World) -> None:
    run = world.claimed(world.workflow())
    answer = LostAnswer()
    async with PostgresJournal(world.url, failpoint=answer) as journal:
        await journal.write(run, [step("/a", output={"n": 1.5}), group("/g", output=1), RunEnd("completed", output=1)])
    assert answer.lost == 1
    assert [row["status"] for row in world.steps(run.run_id)] == ["completed"]
    assert world.run(run.run_id)["status"] == "completed"


async def test_a_fence_lost_while_the_answer_was_lost_is_told(world: World) -> None:
    run = world.claimed(world.workflow())
    answer = LostAnswer(lambda: world.rows("UPDATE runs SET fence = fence + 1"))
    async with PostgresJournal(world.url, failpoint=answer) as journal:
        with pytest.raises(FenceLost):
            await journal.write(run, [step("/a", output=1)])


async def test_writes_one_after_the_other_wait_for_no_company(world: World, journal: PostgresJournal) -> None:
    run = world.claimed(world.workflow())
    await chain(journal, run, 50)
    assert journal.writer.flushes == 50

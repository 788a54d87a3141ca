"""Starting, resuming after a crash and moving on are one call: the journal decides, not the process."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.domain.errors import DatabaseUnavailable
from app.engine.activity import Activity
from app.engine.ports import RunEnd, StepContext, StepReturn
from app.engine.run import Engine
from tests.engine.workflows import INPUT, REFERENCE, chain, edge, group, step, tool, workflow
from tests.fakes.memory_engine import MemoryChildren, MemoryJournal, claim, make_engine


class CountedTools:
    """Runs the real tool runner and counts what really ran, outside the journal."""

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        self.inner = make_engine().runners["tool"]

    async def run(self, context: StepContext) -> StepReturn:
        self.effects[context.path] += 1
        return await self.inner.run(context)


async def run(engine: Engine, doc: dict[str, Any], run_id: str, *, mode: str = "production") -> RunEnd:
    return await engine.run_claimed(claim(doc, INPUT, run_id=run_id, mode=mode), Activity())


async def run_until_killed(engine: Engine, doc: dict[str, Any], run_id: str) -> None:
    """Run until the journal hangs, then drop the process: abandoned, cancelled, nothing written any more."""
    activity = Activity()
    task = asyncio.ensure_future(engine.run_claimed(claim(doc, INPUT, run_id=run_id, mode="production"), activity))
    await asyncio.wait([task], timeout=0.15)
    activity.abandon()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def straight(doc: dict[str, Any]) -> tuple[RunEnd, MemoryJournal, Counter[str]]:
    tools = CountedTools()
    journal = MemoryJournal()
    end = await run(make_engine(journal, runners={"tool": tools}), doc, "run")
    return end, journal, tools.effects


@pytest.mark.parametrize("name", REFERENCE)
async def test_killed_at_any_commit_a_run_ends_the_same_and_no_completed_step_runs_again(name: str) -> None:
    doc = REFERENCE[name]
    expected, whole, _ = await straight(doc)
    for commits in range(whole.commits):
        tools = CountedTools()
        journal = MemoryJournal(fail_after=commits)
        await run_until_killed(make_engine(journal, runners={"tool": tools}), doc, "run")
        found = journal.kill()
        completed = {row.path for row in found.rows("run") if row.status == "completed"}
        before = Counter(tools.effects)
        end = await run(make_engine(found, runners={"tool": tools}), doc, "run")
        assert (end.status, end.output) == (expected.status, expected.output), f"killed after {commits} commits"
        again = {path: tools.effects[path] - before[path] for path in completed}
        assert not any(again.values()), f"killed after {commits} commits, ran again: {again}"
        assert found.ran("run") == whole.ran("run")


async def test_a_resumed_run_skips_what_the_journal_holds() -> None:
    _, journal, _ = await straight(REFERENCE["sequence"])
    tools = CountedTools()
    end = await run(make_engine(journal.kill(), runners={"tool": tools}), REFERENCE["sequence"], "run")
    assert end.output == 3
    assert tools.effects == Counter()


async def test_the_winner_of_a_race_is_told_again_from_the_record() -> None:
    doc = workflow(
        step("s", output=1),
        tool("slow", response="slow", delay_ms=60),
        tool("fast", response="fast"),
        step("j", "join", mode="any", merge="first"),
        tool("end", response="{{ $ }}"),
        edges=[edge("s", "slow"), edge("s", "fast"), edge("slow", "j"), edge("fast", "j"), edge("j", "end")],
    )
    first, journal, _ = await straight(doc)
    found = journal.kill()
    assert first.output == "fast"
    for key in [key for key in found.steps if key[1] in {"/j", "/end"}]:
        del found.steps[key]
    end = await run(make_engine(found), doc, "run")
    assert end.output == "fast"


async def test_a_failure_on_record_is_raised_again_and_not_tried_again() -> None:
    tools = CountedTools()
    journal = MemoryJournal()
    doc = REFERENCE["guarded"]
    await run(make_engine(journal, runners={"tool": tools}), doc, "run")
    found = journal.kill()
    for key in [key for key in found.steps if key[1] == "/after"]:
        del found.steps[key]
    tools.effects.clear()
    end = await run(make_engine(found, runners={"tool": tools}), doc, "run")
    assert end.output == "caught boom!"
    assert tools.effects == Counter({"/after": 1})


async def test_cancel_reaches_steps_in_flight_and_finally_still_runs() -> None:
    doc = workflow(
        group("guard", "try_catch"),
        tool("long", "guard", "try", delay_ms=60_000),
        tool("tidy", "guard", "finally", response="tidied"),
        step("never", output=1),
        edges=[edge("long", "never")],
    )
    journal = MemoryJournal()
    engine = make_engine(journal)
    task = asyncio.ensure_future(run(engine, doc, "run"))
    while "/guard.try/long" not in journal.started:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    rows = {row.path: row.status for row in journal.rows("run")}
    assert rows["/guard.try/long"] == "cancelled"
    assert rows["/guard.finally/tidy"] == "completed"
    assert "/never" not in rows
    assert journal.ends["run"].status == "cancelled"


async def test_an_abandoned_run_leaves_no_end_and_no_finally_behind() -> None:
    doc = workflow(group("guard", "try_catch"), tool("long", "guard", "try", delay_ms=60_000), tool("tidy", "guard", "finally"))
    journal = MemoryJournal()
    await run_until_killed(make_engine(journal), doc, "run")
    assert journal.ends == {}
    assert journal.ran("run") == []


async def test_a_large_output_travels_by_reference_and_is_whole_at_the_end() -> None:
    big = "x" * 50_000
    doc = workflow(
        step("make", output=big),
        step("pass_on", "condition", expression="size($) == 50000"),
        step("end", output={"n": "{{ size($) }}", "text": "{{ $ }}"}),
        edges=[edge("make", "pass_on"), edge("pass_on", "end", "result")],
    )
    end, journal, _ = await straight(doc)
    assert end.status == "completed", end.error
    assert end.output == {"n": 50_000, "text": big}
    resumed = await run(make_engine(journal.kill()), doc, "run")
    assert resumed.output == end.output


async def test_a_subflow_is_resumed_in_its_own_journal() -> None:
    child = workflow(tool("inner", response={"got": "{{ input }}"}), name="child")
    doc = workflow(
        step("call", "subflow", workflow_id="child", input={"x": 1}), tool("end", response="{{ $.got }}"), edges=chain("call", "end")
    )
    tools = CountedTools()
    journal = MemoryJournal()
    children = MemoryChildren({"child": child})
    engine = make_engine(journal, children=children, runners={"tool": tools})
    end = await run(engine, doc, "run")
    assert end.output == {"x": 1}
    assert tools.effects == Counter({"/inner": 1, "/end": 1})
    found = journal.kill()
    del found.steps[("run", "/end", 1)]
    end = await run(make_engine(found, children=MemoryChildren({"child": child}), runners={"tool": tools}), doc, "run")
    assert end.output == {"x": 1}
    assert tools.effects == Counter({"/inner": 1, "/end": 2})


class CutOff:
    """Runs tools, but at one place finds the database gone."""

    def __init__(self, path: str) -> None:
        self._path, self._inner = path, make_engine().runners["tool"]

    async def run(self, context: StepContext) -> StepReturn:
        if context.path == self._path:
            await asyncio.sleep(0.01)
            raise DatabaseUnavailable("nobody answers")
        return await self._inner.run(context)


async def test_a_database_that_is_away_fails_no_step_and_cancels_none() -> None:
    doc = workflow(
        tool("gone", response=1),
        tool("long", response=2, delay_ms=100),
        step("end", "join"),
        edges=[edge("gone", "end"), edge("long", "end")],
    )
    journal = MemoryJournal()
    with pytest.raises(DatabaseUnavailable):
        await run(make_engine(journal, runners={"tool": CutOff("/gone")}), doc, "run")
    assert journal.ends == {}
    end = await asyncio.wait_for(run(make_engine(journal.kill()), doc, "run"), timeout=5)
    assert end.output == {"gone": 1, "long": 2}


async def test_after_five_takeovers_at_the_same_step_the_run_fails() -> None:
    journal = MemoryJournal()
    claimed = claim(REFERENCE["sequence"], INPUT, run_id="run", takeovers=5)
    end = await make_engine(journal).run_claimed(claimed, Activity())
    assert (end.status, (end.error or {})["type"]) == ("failed", "RecoveryLimit")

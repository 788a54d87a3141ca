"""Breakpoints in the interpreter: where a run pauses, what changes there, how it is stepped through, and that a kill forgets nothing."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.breakpoints import Breakpoint, Command
from app.domain.json_value import Given
from app.domain.run_requests import RunRequest
from app.engine.activity import Activity
from app.engine.ports import RunEnd, RunHandle, StepWrite
from tests.engine.parts import Counting
from tests.engine.test_reference import definitions
from tests.engine.workflows import chain, edge, group, step, tool, workflow
from tests.fakes.memory_engine import MemoryJournal, claim, make_engine, run_definition

Doc = Mapping[str, Any]
LINE = workflow(tool("a", response=1), tool("b", response="{{ $ + 1 }}"), tool("c", response="{{ $ + 1 }}"), edges=chain("a", "b", "c"))
LOOP = workflow(
    step("list", output=[1, 2]),
    group("each", "foreach"),
    tool("x", "each", response="{{ item * 2 }}"),
    tool("y", "each", response="{{ $ + 1 }}"),
    tool("end", response="{{ $.results }}"),
    edges=[edge("list", "x"), edge("x", "y"), edge("y", "end")],
)


class Debugged:
    """A run in memory that can be answered, killed and taken up again."""

    def __init__(self, doc: Doc, *points: Breakpoint) -> None:
        self.doc, self.request = doc, RunRequest(breakpoints=points)
        self.journal = MemoryJournal()
        self.effects: Counter[str] = Counter()
        self._activity = Activity()
        self._task: asyncio.Task[RunEnd] | None = None

    def start(self) -> None:
        self._activity = Activity()
        runners = {name: Counting(runner, self.effects) for name, runner in make_engine().runners.items()}
        engine = make_engine(self.journal, runners=runners)
        self._task = asyncio.create_task(engine.run_claimed(claim(self.doc, None, run_id="run", request=self.request), self._activity))

    async def paused(self) -> list[str]:
        """Where it pauses once nothing moves any more."""
        before: list[str] = []
        for _ in range(200):
            await asyncio.sleep(0.005)
            now = self.journal.paused_at("run")
            if now and now == before:
                return now
            before = now
            assert self._task is not None
            if self._task.done():
                return []
        raise AssertionError("it neither pauses nor ends")

    def answer(
        self, path: str, command: Command = "resume", changed: Given | None = None, points: tuple[Breakpoint, ...] | None = None
    ) -> None:
        self.journal.give_answer("run", path, command, changed, points)
        self._activity.hear()

    async def kill(self) -> None:
        self._activity.abandon()
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.journal = self.journal.kill()

    async def end(self) -> RunEnd:
        assert self._task is not None
        return await asyncio.wait_for(self._task, 5)


@asynccontextmanager
async def debugging(doc: Doc, *points: Breakpoint) -> AsyncIterator[Debugged]:
    run = Debugged(doc, *points)
    run.start()
    yield run
    if run._task is not None and not run._task.done():
        await run.kill()


async def test_a_run_pauses_before_a_step_and_goes_on_when_it_is_told_to() -> None:
    async with debugging(LINE, Breakpoint("b")) as run:
        assert await run.paused() == ["/b#before"]
        assert run.effects == Counter({"/a": 1})
        assert run.journal.steps["run", "/b#before", 1].input == 1
        run.answer("/b#before")
        assert (await run.end()).output == 3


async def test_a_changed_input_is_the_steps_and_both_are_in_the_journal() -> None:
    async with debugging(LINE, Breakpoint("b")) as run:
        await run.paused()
        run.answer("/b#before", changed=Given(41))
        assert (await run.end()).output == 43
        row = run.journal.steps["run", "/b#before", 1]
        assert (row.input, row.output["changed"]) == (1, 41)
        assert run.journal.steps["run", "/b", 1].input == 41


async def test_a_changed_output_is_what_follows_sees_and_the_steps_row_keeps_its_own() -> None:
    async with debugging(LINE, Breakpoint("b", "after")) as run:
        assert await run.paused() == ["/b#after"]
        run.answer("/b#after", changed=Given(100))
        assert (await run.end()).output == 101
        assert run.journal.steps["run", "/b", 1].output == 2


@pytest.mark.parametrize(("condition", "pauses"), [("$ == 1", True), ("$ > 1", False), ("", True)])
async def test_a_condition_decides_whether_it_pauses(condition: str, pauses: bool) -> None:
    async with debugging(LINE, Breakpoint("b", condition=condition)) as run:
        assert await run.paused() == (["/b#before"] if pauses else [])


async def test_a_condition_that_cannot_be_asked_pauses_and_says_so() -> None:
    async with debugging(LINE, Breakpoint("b", condition="$.nothing > 1")) as run:
        assert await run.paused() == ["/b#before"]
        notes = run.journal.steps["run", "/b#before", 1].notes
        assert notes is not None and "nothing" in str(notes["problem"])


async def test_step_pauses_at_the_next_step_and_goes_over_a_group() -> None:
    async with debugging(LOOP, Breakpoint("list")) as run:
        places = []
        while place := await run.paused():
            places += place
            run.answer(place[0], "step")
        assert places == ["/list#before", "/each#before", "/end#before"]
        assert (await run.end()).output == [3, 5]


async def test_into_pauses_at_the_first_step_of_a_group_and_stepping_goes_through_its_turns() -> None:
    async with debugging(LOOP, Breakpoint("each")) as run:
        places = await run.paused()
        run.answer(places[-1], "into")
        while place := await run.paused():
            places += place
            run.answer(place[0], "step")
        assert places == ["/each#before", "/each[0]/x#before", "/each[0]/y#before", "/each[1]/x#before", "/each[1]/y#before", "/end#before"]


async def test_stepping_goes_from_a_try_into_its_catch() -> None:
    doc = workflow(group("guard", "try_catch"), tool("risky", "guard", "try", error="no"), tool("tell", "guard", "catch"))
    async with debugging(doc, Breakpoint("risky")) as run:
        assert await run.paused() == ["/guard.try/risky#before"]
        run.answer("/guard.try/risky#before", "step")
        assert await run.paused() == ["/guard.catch/tell#before"]


async def test_resume_runs_on_to_the_next_breakpoint_in_a_loop() -> None:
    async with debugging(LOOP, Breakpoint("y", condition="index == 1")) as run:
        assert await run.paused() == ["/each[1]/y#before"]
        run.answer("/each[1]/y#before")
        assert await run.paused() == []


async def test_branches_pause_each_for_itself_while_others_run_on() -> None:
    doc = workflow(
        step("s", output=1), tool("left"), tool("right"), tool("free"), edges=[edge("s", "left"), edge("s", "right"), edge("s", "free")]
    )
    async with debugging(doc, Breakpoint("left"), Breakpoint("right")) as run:
        assert sorted(await run.paused()) == ["/left#before", "/right#before"]
        assert run.effects["/free"] == 1
        run.answer("/right#before")
        assert await run.paused() == ["/left#before"]
        assert run.effects["/right"] == 1


async def test_a_join_pauses_with_what_it_passes_on() -> None:
    doc = workflow(
        tool("a", response=1),
        tool("b", response=2),
        step("j", "join"),
        tool("end", response="{{ $ }}"),
        edges=[*chain("a", "j", "end"), edge("b", "j")],
    )
    async with debugging(doc, Breakpoint("j")) as run:
        await run.paused()
        assert run.journal.steps["run", "/j#before", 1].input == {"a": 1, "b": 2}
        run.answer("/j#before", changed=Given("merged by hand"))
        assert (await run.end()).output == "merged by hand"


async def test_killed_while_it_pauses_it_pauses_again_and_no_completed_step_runs_again() -> None:
    async with debugging(LINE, Breakpoint("b"), Breakpoint("c")) as run:
        assert await run.paused() == ["/b#before"]
        await run.kill()
        run.start()
        assert await run.paused() == ["/b#before"]
        run.answer("/b#before", changed=Given(10))
        assert await run.paused() == ["/c#before"]
        await run.kill()
        run.start()
        assert await run.paused() == ["/c#before"]
        run.answer("/c#before")
        assert (await run.end()).output == 12
        assert run.effects == Counter({"/a": 1, "/b": 1, "/c": 1})


@pytest.mark.parametrize("killed_at", range(7))
async def test_stepping_is_taken_up_where_it_was(killed_at: int) -> None:
    """Killed after any pause, before or after its answer, the same places come."""
    expected = ["/each#before", "/each[0]/x#before", "/each[0]/y#before", "/each[1]/x#before", "/each[1]/y#before", "/end#before"]
    for after_answer in (False, True):
        async with debugging(LOOP, Breakpoint("each")) as run:
            places = []
            while place := await run.paused():
                places += place
                if len(places) == killed_at and not after_answer:
                    await run.kill()
                    run.start()
                    assert await run.paused() == place
                if len(places) == killed_at and after_answer:
                    await run.kill()
                    run.answer(place[0], "into")
                    run.start()
                else:
                    run.answer(place[0], "into")
            assert places == expected
            assert set(run.effects.values()) == {1}


async def test_a_run_that_pauses_does_not_hold_a_worker() -> None:
    suspended = asyncio.Event()
    activity = Activity(on_suspend=suspended.set)
    request = RunRequest(breakpoints=(Breakpoint("b"),))
    task = asyncio.ensure_future(make_engine().run_claimed(claim(LINE, None, request=request), activity))
    await asyncio.wait_for(suspended.wait(), 5)
    assert activity.wake_in_s == float("inf")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_cancelled_while_it_pauses_it_ends_at_once() -> None:
    async with debugging(LINE, Breakpoint("b")) as run:
        await run.paused()
        assert run._task is not None
        run._task.cancel()
        await asyncio.gather(run._task, return_exceptions=True)
        assert run.journal.ends["run"].status == "cancelled"
        assert run.effects == Counter({"/a": 1})


async def test_breakpoints_that_are_set_while_it_pauses_count_from_then_on_also_after_a_kill() -> None:
    async with debugging(LINE, Breakpoint("a"), Breakpoint("b")) as run:
        assert await run.paused() == ["/a#before"]
        run.answer("/a#before", points=(Breakpoint("c", "after"), Breakpoint("c")))
        assert await run.paused() == ["/c#before"]
        await run.kill()
        run.start()
        assert await run.paused() == ["/c#before"]
        run.answer("/c#before")
        assert await run.paused() == ["/c#after"]
        run.answer("/c#after", points=())
        assert (await run.end()).output == 3


@pytest.mark.parametrize("kill", [False, True])
async def test_a_step_that_is_skipped_does_not_run_and_passes_its_input_on(kill: bool) -> None:
    async with debugging(LINE, Breakpoint("b"), Breakpoint("c")) as run:
        await run.paused()
        run.answer("/b#before", "skip", Given(10))
        assert await run.paused() == ["/c#before"]
        if kill:
            await run.kill()
            run.start()
            await run.paused()
        run.answer("/c#before")
        assert (await run.end()).output == 11
        assert run.effects == Counter({"/a": 1, "/c": 1})
        assert run.journal.steps["run", "/b", 1].notes == {"passed": True}


async def test_a_group_that_is_skipped_passes_its_input_on() -> None:
    async with debugging(LOOP, Breakpoint("each")) as run:
        await run.paused()
        run.answer("/each#before", "skip", Given({"results": "none"}))
        assert (await run.end()).output == "none"


class Answering(MemoryJournal):
    """Answers every pause at once, as the dice say, and changes nothing."""

    dice: random.Random = random.Random(0)

    async def wait(self, run: RunHandle, row: StepWrite, *, seconds: float | None, until: str | None) -> float:
        left = await super().wait(run, row, seconds=seconds, until=until)
        if row.type == "breakpoint":
            commands: list[Command] = ["resume", "step", "into"]
            self.give_answer(run.run_id, row.path, self.dice.choice(commands))
        return left


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), st.sampled_from([{}, {"v": 1}, [1, {"v": 2}], 3]), st.integers(0, 2**32))
async def test_a_run_that_is_debugged_ends_like_one_that_is_not(doc: dict[str, Any], input: Any, seed: int) -> None:
    end, plain, run_id = await run_definition(doc, input)
    dice = random.Random(seed)
    nodes = [node["id"] for node in [*doc["steps"], *doc["block_groups"]]]
    points = tuple(Breakpoint(node, dice.choice(["before", "after"])) for node in dice.sample(nodes, dice.randint(1, len(nodes))))
    journal = Answering()
    journal.dice = dice
    request = RunRequest(breakpoints=points)
    again = await make_engine(journal).run_claimed(claim(doc, input, run_id="run", request=request), Activity())
    assert (again.status, again.output) == (end.status, end.output)
    if end.status == "completed":
        assert journal.ran("run") == plain.ran(run_id)

"""Breakpoints through services, worker and PostgreSQL: a run pauses, is looked at, answered, cancelled; by those who may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.backend import Backend
from app.domain.access import Actor, PermissionDenied, Role
from app.domain.breakpoints import Breakpoint, Pause
from app.domain.json_value import Given
from app.domain.run_requests import Part
from app.domain.runs import RunDetail
from app.platform.settings import load_settings
from app.services.errors import InputTooLarge, PauseOver
from tests.services.conftest import document
from tests.services.test_resume import mock

LINE = document(mock("a", response={"n": 1}), mock("b", response="{{ $.n + 1 }}"), mock("c"), edges=[("a", "b"), ("b", "c")])


@pytest.fixture
async def working(database_url: str, place: Any, admin: Actor) -> AsyncIterator[Backend]:
    """A program that claims whatever is due, as the window and `serve` do."""
    backend = await Backend.open(load_settings(data_dir=place, database_url=database_url), role="work")
    yield backend
    await backend.close()


class Debugger:
    """One kept workflow, run with breakpoints."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.runs, self.actor = backend, backend.services.runs, backend.actor
        self.workflow, self.ids = "", {"": ""}

    async def keep(self, source: dict[str, Any]) -> None:
        self.workflow = await self.backend.services.workflows.import_document(self.actor, source)
        graph = (await self.backend.services.workflows.open(self.actor, self.workflow)).definition.graph
        self.ids = {step.name: step.id for step in graph.steps.values()}

    async def start(self, *at: str, mode: Any = "test", when: Any = "before", **more: Any) -> str:
        points = [Breakpoint(self.ids[name], when) for name in at]
        return await self.runs.start(self.actor, self.workflow, None, mode, breakpoints=points, **more)

    async def paused(self, run: str) -> Pause:
        async with asyncio.timeout(15):
            while True:
                detail = await self.runs.show(self.actor, run)
                if waiting := [pause for pause in detail.pauses if pause.is_open]:
                    return waiting[0]
                await asyncio.sleep(0.02)

    async def ended(self, run: str, *, seconds: float = 15) -> RunDetail:
        async with asyncio.timeout(seconds):
            while True:
                detail = await self.runs.show(self.actor, run)
                if detail.run.completed_at is not None:
                    return detail
                await asyncio.sleep(0.02)

    async def given_back(self, run: str) -> None:
        """Wait until no worker holds the run any more."""
        async with asyncio.timeout(15):
            while run in self.backend.worker.running or (await self.runs.row(self.actor, run)).waiting_until is None:
                await asyncio.sleep(0.02)


@pytest.fixture
async def debugger(working: Backend) -> Debugger:
    found = Debugger(working)
    await found.keep(LINE)
    return found


async def test_a_paused_run_shows_its_data_and_goes_on_with_what_was_changed(debugger: Debugger) -> None:
    run = await debugger.start("b")
    pause = await debugger.paused(run)
    assert (pause.path, pause.place, pause.name, pause.when, pause.data) == ("/b#before", "/b", "b", "before", {"n": 1})
    row = (await debugger.runs.list(debugger.actor))[0]
    assert (row.status, row.is_paused, row.is_edited) == ("running", True, False)
    await debugger.given_back(run)
    await debugger.runs.answer(debugger.actor, run, pause.path, "resume", Given({"n": 41}))
    done = await debugger.ended(run)
    assert (done.run.status, done.run.is_paused, done.run.is_edited) == ("completed", False, True)
    assert [step.output for step in done.steps] == [{"n": 1}, 42, 42]
    (over,) = done.pauses
    assert (over.data, over.answer and over.answer.changed) == ({"n": 1}, Given({"n": 41}))
    assert [step.path for step in done.steps] == ["/a", "/b", "/c"]


async def test_an_answer_before_the_run_was_given_back_is_not_slept_over(debugger: Debugger) -> None:
    for _ in range(5):
        run = await debugger.start("b")
        await debugger.runs.answer(debugger.actor, run, (await debugger.paused(run)).path, "resume")
        assert (await debugger.ended(run, seconds=3)).run.status == "completed"


async def test_a_run_that_is_in_hand_hears_its_answer_while_other_branches_go_on(debugger: Debugger) -> None:
    await debugger.keep(document(mock("a"), mock("b"), mock("slow", delay_ms=3000), name="Wide", edges=[("a", "b"), ("a", "slow")]))
    run = await debugger.start("b")
    await debugger.runs.answer(debugger.actor, run, (await debugger.paused(run)).path, "resume")
    async with asyncio.timeout(2):
        while "/b" not in {s.path for s in (await debugger.runs.show(debugger.actor, run)).steps if s.status == "completed"}:
            await asyncio.sleep(0.02)
    assert run in debugger.backend.worker.running
    await debugger.runs.cancel(debugger.actor, run)
    assert (await debugger.ended(run)).run.status == "cancelled"


async def test_stepping_is_one_answer_after_the_other(debugger: Debugger) -> None:
    run = await debugger.start("a")
    places = []
    for _ in range(3):
        pause = await debugger.paused(run)
        places.append(pause.place)
        await debugger.runs.answer(debugger.actor, run, pause.path, "step")
        with pytest.raises(PauseOver):
            await debugger.runs.answer(debugger.actor, run, pause.path, "step")
    assert places == ["/a", "/b", "/c"]
    assert (await debugger.ended(run)).run.status == "completed"


async def test_cancelled_while_it_sleeps_at_a_breakpoint_it_ends_at_once(debugger: Debugger) -> None:
    run = await debugger.start("b")
    pause = await debugger.paused(run)
    await debugger.given_back(run)
    await debugger.runs.cancel(debugger.actor, run)
    done = await debugger.ended(run, seconds=3)
    assert (done.run.status, [pause.is_open for pause in done.pauses]) == ("cancelled", [])
    with pytest.raises(PauseOver):
        await debugger.runs.answer(debugger.actor, run, pause.path, "resume")


async def test_the_time_in_which_it_pauses_does_not_count(debugger: Debugger) -> None:
    await debugger.keep({**LINE, "name": "Quick", "settings": {"run_timeout_ms": 1500}})
    run = await debugger.start("b")
    pause = await debugger.paused(run)
    await debugger.given_back(run)
    await asyncio.sleep(1.6)
    await debugger.runs.answer(debugger.actor, run, pause.path, "resume")
    assert (await debugger.ended(run)).run.status == "completed"


async def test_a_part_pauses_too_and_steps_that_it_takes_over_do_not(debugger: Debugger) -> None:
    before = await debugger.ended(await debugger.start())
    points = tuple(Breakpoint(debugger.ids[name], when) for name in ("a", "b", "c") for when in ("before", "after"))
    run = await debugger.runs.start_part(debugger.actor, debugger.workflow, Part("from", "c", before.run.id, breakpoints=points))
    pause = await debugger.paused(run)
    assert pause.path == "/c#before"
    await debugger.runs.answer(debugger.actor, run, pause.path, "resume")
    async with asyncio.timeout(5):
        while (pause := await debugger.paused(run)).path != "/c#after":
            await asyncio.sleep(0.02)
    await debugger.runs.answer(debugger.actor, run, pause.path, "resume", Given("by hand"))
    assert (await debugger.ended(run)).output == "by hand"


async def test_only_who_may_resume_runs_answers_and_it_is_on_record(debugger: Debugger, as_role: Any, audit: Any) -> None:
    run = await debugger.start("b")
    pause = await debugger.paused(run)
    with pytest.raises(PermissionDenied):
        await debugger.runs.answer(as_role(Role.VIEWER), run, pause.path, "resume")
    with pytest.raises(InputTooLarge):
        await debugger.runs.answer(debugger.actor, run, pause.path, "resume", Given("x" * 1_100_000))
    await debugger.runs.answer(as_role(Role.OPERATOR), run, pause.path, "resume")
    assert audit()[-1] == ("update", "run")
    assert (await debugger.ended(run)).run.status == "completed"


async def test_production_pauses_for_operators(debugger: Debugger) -> None:
    await debugger.backend.services.workflows.publish(debugger.actor, debugger.workflow)
    run = await debugger.start("b", mode="production")
    await debugger.runs.answer(debugger.actor, run, (await debugger.paused(run)).path, "resume")
    assert (await debugger.ended(run)).run.mode == "production"


async def test_too_much_data_is_neither_shown_nor_changed_and_the_run_goes_on(debugger: Debugger) -> None:
    await debugger.keep(
        document(mock("a", response="x" * 1_100_000), mock("b", response="{{ size($) }}"), name="Large", edges=[("a", "b")])
    )
    run = await debugger.start("b")
    pause = await debugger.paused(run)
    assert (pause.data, pause.is_large) == (None, True)
    await debugger.runs.answer(debugger.actor, run, pause.path, "resume")
    assert (await debugger.ended(run)).output == 1_100_000


async def test_a_step_is_skipped_and_the_breakpoints_are_those_of_the_answer(debugger: Debugger) -> None:
    run = await debugger.start("b")
    pause = await debugger.paused(run)
    points = [Breakpoint(debugger.ids["c"], "after")]
    await debugger.runs.answer(debugger.actor, run, pause.path, "skip", Given("by hand"), breakpoints=points)
    async with asyncio.timeout(5):
        while (pause := await debugger.paused(run)).path != "/c#after":
            await asyncio.sleep(0.02)
    await debugger.runs.answer(debugger.actor, run, pause.path, "resume")
    done = await debugger.ended(run)
    assert [(step.path, step.output, step.notes) for step in done.steps][1] == ("/b", "by hand", {"passed": True})

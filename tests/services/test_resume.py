"""A resumed run goes on where the old one stopped, through the real engine and journal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.backend import Backend
from app.domain.runs import RunDetail, RunStatus
from app.services.errors import NothingToResume
from app.worker import see_to_the_end
from tests.services.conftest import document, transform


def mock(name: str, *, group: str | None = None, role: str | None = None, **config: Any) -> dict[str, Any]:
    step = {"id": name, "name": name, "type": "tool", "config": {"adapter_id": "mock", **config}}
    return step | ({"block_group_id": group, "group_role": role} if group else {})


class Story:
    """Runs a document to its end, and resumes it after a secret was set: what failed for want of it then succeeds."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def run(self, source: dict[str, Any], mode: str = "test") -> RunDetail:
        services, actor = self.backend.services, self.backend.actor
        id = await services.workflows.import_document(actor, source, keep_as_draft=True)
        if mode == "production":
            await services.workflows.publish(actor, id)
        return await self._ended(await services.runs.start(actor, id, {"x": 1}, mode))

    async def resumed(self, old: RunDetail) -> RunDetail:
        return await self._ended(await self.backend.services.runs.resume(self.backend.actor, old.run.id))

    async def _ended(self, run: str) -> RunDetail:
        await see_to_the_end(self.backend, run)
        return await self.backend.services.runs.show(self.backend.actor, run)

    async def mend(self) -> None:
        await self.backend.services.credentials.set(self.backend.actor, "MISSING", "abcdefgh")


@pytest.fixture
def story(backend: Backend) -> Story:
    return Story(backend)


FAILS = {"response": "{{ secrets.MISSING == 'abcdefgh' }}"}


def completed(detail: RunDetail) -> dict[str, Any]:
    return {step.path: (step.completed_at, step.attempt) for step in detail.steps if step.status == "completed"}


@pytest.mark.parametrize("mode", ["test", "production"])
async def test_what_completed_is_taken_over_and_what_failed_runs(story: Story, mode: str) -> None:
    source = document(
        mock("first", response=1),
        mock("second", **FAILS),
        transform("third", "third", "done"),
        edges=[("first", "second"), ("second", "third")],
    )
    old = await story.run(source, mode)
    assert (old.run.status, [step.status for step in old.steps]) == ("failed", ["completed", "failed"])
    await story.mend()
    new = await story.resumed(old)
    assert (new.run.status, new.output, new.run.mode) == ("completed", "done", mode)
    assert completed(new)["/first"] == completed(old)["/first"]
    assert [(step.path, step.attempt) for step in new.steps] == [("/first", 1), ("/second", 1), ("/third", 1)]
    assert (await story.backend.services.runs.show(story.backend.actor, old.run.id)) == old


async def test_a_run_that_fails_again_can_be_resumed_again(story: Story) -> None:
    old = await story.run(document(mock("first", response=1), mock("second", **FAILS), edges=[("first", "second")]))
    again = await story.resumed(old)
    assert again.run.status == "failed"
    await story.mend()
    last = await story.resumed(again)
    assert last.run.status == "completed"
    assert completed(last)["/first"] == completed(old)["/first"]


async def test_a_completed_run_is_not_resumed(story: Story) -> None:
    old = await story.run(document())
    with pytest.raises(NothingToResume):
        await story.resumed(old)


async def test_a_caught_failure_stays_caught(story: Story) -> None:
    guard = {"id": "guard", "name": "guard", "type": "try_catch", "config": {}}
    source = document(
        mock("call", group="guard", role="try", error="no"),
        mock("tell", group="guard", role="catch", response="caught"),
        mock("clean", group="guard", role="finally", response="clean"),
        mock("after", **FAILS),
        edges=[("call", "after")],
        block_groups=[guard],
    )
    old = await story.run(source)
    assert [step.path for step in old.steps if step.status == "failed"] == ["/guard.try/call", "/after"]
    await story.mend()
    new = await story.resumed(old)
    assert new.run.status == "completed"
    assert {path: completed(new)[path] for path in completed(old)} == completed(old)
    assert [step.attempt for step in new.steps if step.path == "/guard.try/call"] == [1]


async def test_an_uncaught_failure_runs_again_with_its_finally(story: Story) -> None:
    guard = {"id": "guard", "name": "guard", "type": "try_catch", "config": {}}
    source = document(
        mock("before", group="guard", role="try", response=1),
        mock("call", group="guard", role="try", **FAILS),
        mock("clean", group="guard", role="finally", response="clean"),
        edges=[("before", "call")],
        block_groups=[guard],
    )
    old = await story.run(source)
    assert sorted(completed(old)) == ["/guard.finally/clean", "/guard.try/before"]
    await story.mend()
    new = await story.resumed(old)
    assert new.run.status == "completed"
    assert completed(new)["/guard.try/before"] == completed(old)["/guard.try/before"]
    assert completed(new)["/guard.finally/clean"] != completed(old)["/guard.finally/clean"]


async def test_collected_failures_of_a_loop_stay_and_finished_turns_are_not_repeated(story: Story) -> None:
    each = {"id": "each", "name": "each", "type": "foreach", "config": {"input_path": "$.items", "on_item_error": "collect"}}
    source = document(
        transform("list", "list", {"items": [1, 0, 3]}),
        mock("turn", group="each", role="body", response="{{ 6 / $.item }}"),
        mock("after", **FAILS),
        edges=[("list", "turn"), ("turn", "after")],
        block_groups=[each],
    )
    old = await story.run(source)
    await story.mend()
    new = await story.resumed(old)
    assert new.run.status == "completed"
    assert {path: completed(new)[path] for path in completed(old)} == completed(old)
    assert [step.status for step in new.steps if step.path == "/each[1]/turn"] == ["failed"]


async def test_a_loop_that_stopped_goes_on_at_the_turn_that_failed(story: Story) -> None:
    each = {"id": "each", "name": "each", "type": "foreach", "config": {"input_path": "$.items"}}
    source = document(
        transform("list", "list", {"items": [1, 2, 3]}),
        mock("turn", group="each", role="body", response="{{ $.item }}"),
        mock("second", group="each", role="body", **FAILS),
        edges=[("list", "turn"), ("turn", "second")],
        block_groups=[each],
    )
    source["edges"][1]["condition"] = "$ == 2"
    old = await story.run(source)
    assert sorted(completed(old)) == ["/each[0]/turn", "/each[1]/turn", "/list"]
    await story.mend()
    new = await story.resumed(old)
    assert new.run.status == "completed"
    assert {path: completed(new)[path] for path in completed(old)} == completed(old)
    assert sorted(completed(new)) == ["/each[0]/turn", "/each[1]/second", "/each[1]/turn", "/each[2]/turn", "/list"]


async def test_a_step_that_was_waiting_for_its_retry_begins_anew(story: Story) -> None:
    retry = {"max_attempts": 2, "initial_interval_ms": 1}
    source = document(mock("first", response=1), mock("call", retry=retry, fail_first_n=1, **FAILS), edges=[("first", "call")])
    old = await story.run(source)
    await story.mend()
    new = await story.resumed(old)
    assert [(step.path, step.attempt, step.status) for step in new.steps] == [
        ("/first", 1, "completed"),
        ("/call", 1, "failed"),
        ("/call", 2, "completed"),
    ]


async def test_a_cancelled_run_goes_on_with_the_step_that_was_cancelled(story: Story) -> None:
    backend = story.backend
    source = document(mock("first", response=1), mock("slow", delay_ms=2000, response=2), edges=[("first", "slow")])
    id = await backend.services.workflows.import_document(backend.actor, source)
    run = await backend.services.runs.start(backend.actor, id, {}, "test")
    seeing = asyncio.ensure_future(see_to_the_end(backend, run))
    await begun(backend, run, "/slow")
    await backend.services.runs.cancel(backend.actor, run)
    backend.worker.cancel(run)
    assert await seeing is RunStatus.CANCELLED
    old = await backend.services.runs.show(backend.actor, run)
    new = await story.resumed(old)
    assert (new.run.status, new.output) == ("completed", 2)
    assert completed(new)["/first"] == completed(old)["/first"]


async def begun(backend: Backend, run: str, path: str) -> None:
    async with asyncio.timeout(20):
        while path not in {step.path for step in (await backend.services.runs.show(backend.actor, run)).steps}:
            await asyncio.sleep(0.05)

"""The worker: bounded, cancellable, gives back what it cannot end, and never leaves a run running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.engine.ports import ClaimedRun, Heartbeat, Recorded, RunHandle
from app.engine.worker import Worker
from tests.engine.workflows import group, step, tool, workflow
from tests.fakes.memory_engine import MemoryJournal, claim, make_engine


@dataclass
class MemoryQueue:
    pending: list[ClaimedRun] = field(default_factory=list)
    given_back: list[tuple[str, float | None]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    lost: frozenset[str] = frozenset()
    cancel: frozenset[str] = frozenset()

    async def claim(self, *, limit: int) -> Sequence[ClaimedRun]:
        taken, self.pending = self.pending[:limit], self.pending[limit:]
        return taken

    async def heartbeat(self, runs: Sequence[RunHandle]) -> Heartbeat:
        return Heartbeat(self.lost, self.cancel)

    async def give_back(self, run: RunHandle, *, wake_in_s: float | None = None, answers: int = 0) -> None:
        self.given_back.append((run.run_id, wake_in_s))

    def forget(self, run: RunHandle) -> None:
        self.forgotten.append(run.run_id)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.ensure_future(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await task


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


LONG = workflow(group("g", "try_catch"), tool("long", "g", "try", delay_ms=60_000), tool("tidy", "g", "finally", response=1))


async def test_runs_are_claimed_and_end() -> None:
    journal = MemoryJournal()
    queue = MemoryQueue([claim(workflow(step("a", output=i)), {}, run_id=f"r{i}") for i in range(20)])
    async with working(Worker(make_engine(journal), queue, most_runs=3)):
        await until(lambda: len(journal.ends) == len(queue.forgotten) == 20)
    assert {id: end.output for id, end in journal.ends.items()} == {f"r{i}": i for i in range(20)}


async def test_no_more_than_so_many_at_once() -> None:
    queue = MemoryQueue([claim(LONG, {}, run_id=f"r{i}") for i in range(5)])
    worker = Worker(make_engine(), queue, most_runs=2, look_s=0.01)
    async with working(worker):
        await until(lambda: len(worker.running) == 2)
        await asyncio.sleep(0.05)
        assert len(worker.running) == 2
        assert len(queue.pending) == 3


async def test_cancel_ends_a_run_as_cancelled_after_its_finally() -> None:
    journal = MemoryJournal()
    worker = Worker(make_engine(journal), MemoryQueue([claim(LONG, {}, run_id="r")]))
    async with working(worker):
        await until(lambda: "/g.try/long" in journal.started)
        assert worker.cancel("r")
        await until(lambda: "r" in journal.ends)
    assert journal.ends["r"].status == "cancelled"
    assert journal.ran("r") == ["/g.finally/tidy"]


async def test_a_run_whose_cancel_came_before_it_was_claimed_ends_as_cancelled() -> None:
    journal = MemoryJournal()
    queue = MemoryQueue([replace(claim(LONG, {}, run_id="r"), cancel_requested=True)])
    async with working(Worker(make_engine(journal), queue)):
        await until(lambda: "r" in journal.ends)
    assert journal.ends["r"].status == "cancelled"


async def test_stop_gives_back_what_is_in_hand_and_writes_no_end() -> None:
    journal = MemoryJournal()
    queue = MemoryQueue([claim(LONG, {}, run_id="r")])
    async with working(Worker(make_engine(journal), queue)):
        await until(lambda: "/g.try/long" in journal.started)
    assert journal.ends == {}
    assert queue.given_back == [("r", None)]


async def test_a_run_that_only_waits_is_given_back_with_its_time() -> None:
    queue = MemoryQueue([claim(workflow(step("w", "wait", duration_ms=3_600_000)), {}, run_id="r", mode="production")])
    worker = Worker(make_engine(), queue)
    async with working(worker):
        await until(lambda: queue.given_back)
        assert worker.running == ()
    [(run_id, wake_in_s)] = queue.given_back
    assert run_id == "r"
    assert wake_in_s is not None
    assert 3500 < wake_in_s <= 3600


@pytest.mark.parametrize("broken", [{"format": "orchestrion/1", "name": 3}, {"name": "x", "steps": "none"}])
async def test_a_run_that_cannot_be_read_ends_as_failed(broken: dict[str, Any]) -> None:
    journal = MemoryJournal()
    async with working(Worker(make_engine(journal), MemoryQueue([claim(broken, {}, run_id="r")]))):
        await until(lambda: "r" in journal.ends)
    assert journal.ends["r"].status == "failed"


async def test_a_journal_that_breaks_ends_the_run_with_a_reason() -> None:
    class Unreadable(MemoryJournal):
        async def load(self, run: RunHandle) -> Sequence[Recorded]:
            raise ValueError("inner detail")

    journal = Unreadable()
    async with working(Worker(make_engine(journal), MemoryQueue([claim(LONG, {}, run_id="r")]))):
        await until(lambda: "r" in journal.ends)
    assert (journal.ends["r"].error or {})["type"] == "InternalError"
    assert "inner detail" not in str(journal.ends["r"].error)

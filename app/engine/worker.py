"""The worker: claims runs, runs a bounded number of them at once, keeps their claims alive, cancels and gives back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.errors import DatabaseUnavailable
from app.engine.activity import Activity
from app.engine.ports import ClaimedRun, FenceLost, RunEnd, RunQueue
from app.engine.run import Engine

logger = logging.getLogger(__name__)
HEARTBEAT_S = 2.0
LOOK_S = 1.0
LOOKING_SHARE = 0.2
"""Of a busy worker's time: what is rung for every run that ends is then heard together."""
DRAIN_S = 20.0


@dataclass
class _Active:
    claimed: ClaimedRun
    activity: Activity
    task: asyncio.Task[RunEnd | None]
    cancelling: bool = False


@dataclass
class Worker:
    """Owns the runs it claimed until they end, are given back, or are taken over.

    `look_s` is the longest time between two looks at the queue: `wake` makes it look at once, the database's clock decides what is due.
    """

    engine: Engine
    queue: RunQueue
    most_runs: int = 50
    look_s: float = LOOK_S
    on_change: Callable[[], None] | None = None
    _active: dict[str, _Active] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False

    @property
    def running(self) -> tuple[str, ...]:
        """The ids of the runs in hand."""
        return tuple(self._active)

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop`; then return when nothing is in hand any more."""
        heart = asyncio.create_task(self._heartbeats())
        try:
            while not self._stopping:
                self._wake.clear()  # before the look: what rings during it is heard after it
                begin = time.monotonic()
                await self._look()
                if self._active:
                    await asyncio.sleep((time.monotonic() - begin) * (1 / LOOKING_SHARE - 1))
                try:
                    async with asyncio.timeout(self.look_s):
                        await self._wake.wait()
                except TimeoutError:
                    continue
            await self._drained()
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)

    async def stop(self, *, drain_s: float = 0.0) -> None:
        """Claim no more; after `drain_s` seconds give back what is still in hand. `run` returns then."""
        self._stopping = True
        self._wake.set()
        tasks = [active.task for active in self._active.values()]
        if tasks and drain_s > 0:
            await asyncio.wait(tasks, timeout=drain_s)
        for active in list(self._active.values()):
            active.activity.abandon()
            active.task.cancel()
        await self._drained()

    def take(self, claimed: ClaimedRun) -> asyncio.Task[RunEnd | None]:
        """Run something that was already claimed for this worker. The task gives its end, or None when it was given back or lost."""
        holder: list[_Active] = []
        activity = Activity(on_suspend=lambda: self._suspend(holder[0]))
        activity.answers = claimed.answers
        task = asyncio.create_task(self._one(claimed, activity), name=f"run {claimed.handle.run_id}")
        active = _Active(claimed, activity, task)
        holder.append(active)
        self._active[claimed.handle.run_id] = active
        if claimed.cancel_requested:
            self.cancel(claimed.handle.run_id)
        return task

    def cancel(self, run_id: str) -> bool:
        """Cancel a run in hand: every step in flight, its child runs; `finally` roles still run. Whether it is in hand."""
        active = self._active.get(run_id)
        if active is None:
            return False
        if not active.cancelling:
            active.cancelling = True
            active.activity.stay()
            asyncio.get_running_loop().call_soon(active.task.cancel)
        return True

    def answered(self, run_id: str) -> None:
        """Somebody answered in this run: if it is in hand, whoever waits there looks."""
        if (active := self._active.get(run_id)) is not None:
            active.activity.hear()

    async def _drained(self) -> None:
        while self._active:
            await asyncio.wait([active.task for active in self._active.values()])
            await asyncio.sleep(0)

    async def _look(self) -> None:
        room = self.most_runs - len(self._active)
        if room <= 0:
            return
        try:
            for claimed in await self.queue.claim(limit=room):
                if claimed.handle.run_id in self._active:
                    continue
                self.take(claimed)
        except DatabaseUnavailable as error:
            logger.warning("claiming has to wait: %s", error)

    async def _heartbeats(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            handles = [active.claimed.handle for active in self._active.values()]
            try:
                beat = await self.queue.heartbeat(handles)
            except DatabaseUnavailable as error:
                logger.warning("a heartbeat has to wait: %s", error)
                continue
            for run_id in sorted(beat.lost):
                if (active := self._active.get(run_id)) is not None:
                    active.activity.abandon()
                    active.task.cancel()
            for run_id in sorted(beat.cancel):
                self.cancel(run_id)
            for run_id, answers in beat.answers.items():
                if (active := self._active.get(run_id)) is not None:
                    active.activity.hear(answers)

    def _suspend(self, active: _Active) -> None:
        active.task.cancel()

    async def _one(self, claimed: ClaimedRun, activity: Activity) -> RunEnd | None:
        run_id = claimed.handle.run_id
        try:
            return await self.engine.run_claimed(claimed, activity)
        except asyncio.CancelledError:
            await self._give_back(claimed, activity)
            return None
        except FenceLost:
            logger.info("run %s is another worker's now", run_id)
            return None
        except DatabaseUnavailable as error:
            logger.warning("run %s has to be taken up again: %s", run_id, error)
            return None
        except Exception as error:  # whatever it is, the run must not be held by a task that is gone
            logger.exception("run %s was dropped by its worker", run_id)
            await self._end_broken(claimed, activity, error)
            return None
        finally:
            if len(self._active) >= self.most_runs:
                self._wake.set()  # else nothing waits for a place of ours; one of the tenant's is rung for
            self._active.pop(run_id, None)
            self.queue.forget(claimed.handle)
            if self.on_change is not None:
                self.on_change()

    async def _end_broken(self, claimed: ClaimedRun, activity: Activity, error: Exception) -> None:
        try:
            await self.engine.end_broken(claimed, error)
        except Exception:  # not even its end can be written: somebody else may have more luck, after a while
            logger.exception("the end of run %s could not be written", claimed.handle.run_id)
            activity.abandon()
            await self._give_back(claimed, activity)

    async def _give_back(self, claimed: ClaimedRun, activity: Activity) -> None:
        """What was suspended or is drained goes back to the queue; what was cancelled has its end on record already."""
        if not activity.abandoned:
            return
        wake_in_s = activity.wake_in_s if activity.suspended else None
        try:
            await self.queue.give_back(claimed.handle, wake_in_s=wake_in_s, answers=activity.answers)
        except (DatabaseUnavailable, FenceLost) as error:
            logger.info("run %s could not be given back, its lease will run out: %s", claimed.handle.run_id, error)

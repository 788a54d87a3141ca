"""What every durability test does: a calm run of each workflow to know it by, processes, patience."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.e2e.durability.counter import Counter
from tests.e2e.durability.ground import Ground, Sight
from tests.e2e.durability.nursery import Child, Nursery
from tests.e2e.durability.verdict import Crash, Known, Recoveries, Verdict, completed_places, judge
from tests.e2e.durability.workflows import references

LOOK_AGAIN_S = 0.02
RUNS_AT_ONCE = 6
"""Of each worker, so that one death does not hit all runs."""
_WEARY = """
SELECT id::text FROM runs r WHERE status = 'running' AND takeovers > 2
    AND NOT EXISTS (SELECT FROM step_runs s WHERE s.run_id = r.id AND s.status = 'waiting')"""
_NUMBER = re.compile(r"\d+")


class Stuck(AssertionError):
    """Runs did not end although nothing hindered them any more."""


@dataclass
class Stage:
    """A ground, a counter and a nursery, and what is known of each workflow."""

    ground: Ground
    counter: Counter
    nursery: Nursery
    known: dict[str, Known] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)

    async def fork(self, *arguments: str, failpoint: str | None = None) -> Child:
        """A worker on the database, quickly."""
        return await self.nursery.fork(*arguments, environment=self._environment(DATABASE_URL=self.ground.url, FAILPOINT=failpoint or ""))

    async def serve(self) -> Child:
        """`orchestrion serve` on the data directory, as a user starts it."""
        return await self.nursery.start(sys.executable, "-m", "app", "serve", "--quiet", environment=self._environment(DATABASE_URL=""))

    def _environment(self, **more: str) -> Mapping[str, str]:
        ours = {"DATA_DIR": str(self.ground.directory), "EGRESS_ALLOW": self.counter.address, "WORKER_CONCURRENCY": str(RUNS_AT_ONCE)}
        return {f"ORCHESTRION_{name}": value for name, value in (ours | more).items()}

    async def crash(self, worker: Child) -> None:
        """`kill -9`, then look: what is completed now stays so, and what it had has to be taken up by others."""
        begun = time.time()
        await worker.kill()
        self.note_crash(worker, begun=begun)

    def note_crash(self, dead: Child, *, begun: float | None = None, of: str | None = None) -> None:
        """To be called when the process is gone. `begun` is when it was killed; None: nobody else can have gone on since."""
        at = time.time()
        seen = self.ground.look()
        orphans = frozenset(run_id for run_id, owner in seen.owners.items() if _is(dead, owner))
        self.crashes.append(Crash(at if begun is None else begun, at, seen, orphans, of))

    def note_restart(self, before: Sight, *, begun: float) -> None:
        """To be called when the database is up again: what was under way before has to go on. `begun` is when it was stopped."""
        at = time.time()
        self.crashes.append(Crash(begun, at, self.ground.look(), frozenset(before.owners)))

    async def victims(self, workers: Sequence[Child]) -> list[Child]:
        """Those who have runs, as a kill of another would hit nobody.

        After five takeovers at the same step a run fails, and a slow machine can be killed faster than it gets anywhere: whoever
        has a run that was taken up three times is left in peace until that moves, or pauses.
        """
        while True:
            owners = self.ground.look().owners
            weary = {owners[id] for (id,) in self.ground.ask(_WEARY) if id in owners}
            holders = [worker for worker in workers if any(_is(worker, owner) for owner in owners.values())]
            fit = [worker for worker in holders if not any(_is(worker, owner) for owner in weary)]
            if fit or not holders:
                return fit or list(workers)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def all_up(self, workers: Sequence[Child]) -> None:
        """Wait until as many workers look for runs and schedules; one that has not come so far ends when its database does."""
        looking = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'orchestrion schedules' AND datname = current_database()"
        while self.ground.ask(looking)[0][0] < len(workers):
            await asyncio.sleep(LOOK_AGAIN_S)

    async def all_ended(self, *, within_s: float) -> None:
        """Wait until no run is open any more."""
        end = time.monotonic() + within_s
        while left := self.ground.open_runs():
            if time.monotonic() > end:
                raise Stuck(f"{left} runs had not ended after {within_s:g} s")
            await asyncio.sleep(LOOK_AGAIN_S)

    def recoveries(self, crashes: Sequence[Crash] | None = None) -> Recoveries:
        """How long each run that a crash (of these, or any) left alone had to wait until something happened in it again."""
        moves: dict[str, list[float]] = {}
        for key, at in self.counter.effects():
            moves.setdefault(key.partition(":")[0], []).append(at)
        for id, at in self.ground.ask("SELECT id::text, extract(epoch FROM completed_at)::float8 FROM runs WHERE completed_at IS NOT NULL"):
            moves.setdefault(id, []).append(at)
        waited = []
        for crash in self.crashes if crashes is None else crashes:
            for run_id in crash.orphans:
                waited += [at - crash.at for at in sorted(moves.get(run_id, ())) if at >= crash.at][:1]
        return Recoveries(sorted(waited))

    def judge(self) -> Verdict:
        return judge(self.ground, self.counter.effects(), self.crashes, self.known)


def _is(worker: Child, owner: str) -> bool:
    """Whether the owner of a claim, which is told by host and process, is this worker."""
    return str(worker.pid) in _NUMBER.findall(owner)


@asynccontextmanager
async def stage(*, takes_ms: int = 0) -> AsyncIterator[Stage]:
    """Everything made, the six workflows published and run once in peace; everything gone afterwards."""
    with Ground() as ground, Counter() as counter:
        ground.publish(references(counter.address, takes_ms=takes_ms).values())
        log = ground.directory / "children.log"
        log.touch()
        async with Nursery(log) as nursery:
            made = Stage(ground, counter, nursery)
            try:
                await _run_in_peace(made)
                yield made
            except BaseException:
                sys.stderr.write(log.read_text(errors="replace")[-20_000:])
                raise


async def _run_in_peace(made: Stage) -> None:
    ground = made.ground
    ids = {name: ground.queue(name)[0] for name in ground.workflows}
    worker = await made.fork()
    await made.all_ended(within_s=20)
    assert await worker.stop() == 0
    places = completed_places(ground)
    done = [key.split(":", 1) for key, _ in made.counter.effects()]
    for name, id in ids.items():
        ((status, output, error),) = ground.ask("SELECT status, output, error FROM runs WHERE id = %s", [id])
        assert status == "completed", error
        effects = [path for run_id, path in done if run_id == id]
        assert len(effects) == len(set(effects)), effects
        made.known[name] = Known(frozenset(effects), frozenset(places[id]), output)

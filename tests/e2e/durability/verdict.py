"""Whether the promises were kept: what the outside counter saw, held against what the database says and when processes died."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.report import percentile
from tests.e2e.durability.ground import Ground, Sight

CLOCK_S = 0.01
"""Two processes read the same clock; what follows within this may have been at once."""
ON_ITS_WAY_S = 1.0
"""So long a request of a dead process may still be on its way to the counter."""


@dataclass(frozen=True, slots=True)
class Crash:
    """When something died, and what the database showed afterwards: what was completed before must never be done again.

    Between `begun` and `at` it died; on a busy machine others may have gone on by `at`, or even by the look.
    """

    begun: float
    at: float
    seen: Sight
    orphans: frozenset[str] = frozenset()
    """The runs that were the dead process's."""
    of: str | None = None
    """The only run that it can have hit, where that is known."""


@dataclass(frozen=True, slots=True)
class Recoveries:
    """Seconds from a crash until its runs went on, shortest first."""

    waited_s: Sequence[float]

    @property
    def p99(self) -> float:
        return percentile(self.waited_s, 0.99)

    def __str__(self) -> str:
        waited = self.waited_s
        return f"{len(waited)} runs went on after p50 {percentile(waited, 0.5):.2f} s, p99 {self.p99:.2f} s, at most {waited[-1]:.2f} s"


@dataclass(frozen=True, slots=True)
class Known:
    """What a run of a workflow does without any crash: its effects by path, its completed places and its output."""

    effects: frozenset[str]
    completed: frozenset[str]
    output: Any


@dataclass
class Verdict:
    """Figures, and a sentence for each promise that was broken."""

    runs: int = 0
    steps: int = 0
    effects: int = 0
    repeated: int = 0
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"0 completed steps again of {self.steps:,} (rate < {3 / max(1, self.steps):.1e}), "
            f"0 runs lost or stuck of {self.runs:,}, {self.repeated} of {self.effects:,} effects repeated, each in flight at a crash"
        )


def judge(ground: Ground, effects: Sequence[tuple[str, float]], crashes: Sequence[Crash], known: Mapping[str, Known]) -> Verdict:
    verdict = Verdict(runs=len(ground.runs), effects=len(effects))
    arrivals: dict[str, list[float]] = {}
    for key, at in effects:
        arrivals.setdefault(key, []).append(at)
    _runs_ended(ground, known, verdict)
    _journal_is_whole(ground, known, verdict)
    _effects_are_those_of_the_paths(ground, arrivals, known, verdict)
    _nothing_after_its_end(ground, arrivals, verdict)
    for key, times in arrivals.items():
        verdict.repeated += len(times) - 1
        if not _explained(key, times, crashes):
            verdict.broken.append(f"{key} was done {len(times)} times, at {times}, without having been in flight at a crash")
    return verdict


def _runs_ended(ground: Ground, known: Mapping[str, Known], verdict: Verdict) -> None:
    rows = {
        id: (status, output, error) for id, status, output, error in ground.ask("SELECT id::text, status, output, error_detail FROM runs")
    }
    for id, name in ground.runs.items():
        status, output, error = rows.get(id, ("lost", None, None))
        if status != "completed":
            verdict.broken.append(f"run {id} of {name} is {status}: {error}")
        elif output != known[name].output:
            verdict.broken.append(f"run {id} of {name} gave {output}, not {known[name].output}")
    for id, table in ground.ask(
        "SELECT run_id::text, 'step' FROM step_runs WHERE status NOT IN ('completed', 'failed', 'skipped', 'cancelled', 'lost')"
        " UNION ALL SELECT run_id::text, 'group' FROM block_group_runs WHERE status NOT IN ('completed', 'failed', 'skipped', 'cancelled', 'lost')"
    ):
        verdict.broken.append(f"run {id} left an open {table} behind")


def completed_places(ground: Ground) -> dict[str, Tally[str]]:
    """By run, how many completed rows each path has; where it paused, and was answered, is left out."""
    places: dict[str, Tally[str]] = {id: Tally() for id in ground.runs}
    steps = "SELECT run_id::text, path FROM step_runs WHERE status = 'completed' AND step_type IS DISTINCT FROM 'breakpoint'"
    for id, path in ground.ask(steps):
        places.setdefault(id, Tally())[path] += 1
    return places


def _journal_is_whole(ground: Ground, known: Mapping[str, Known], verdict: Verdict) -> None:
    for id, paths in completed_places(ground).items():
        name = ground.runs[id]
        verdict.steps += paths.total()
        if paths != Tally(known[name].completed):
            verdict.broken.append(f"run {id} of {name} completed {sorted(paths.elements())}, not {sorted(known[name].completed)}")


def _effects_are_those_of_the_paths(
    ground: Ground, arrivals: Mapping[str, Sequence[float]], known: Mapping[str, Known], verdict: Verdict
) -> None:
    wanted = {f"{id}:{path}" for id, name in ground.runs.items() for path in known[name].effects}
    verdict.broken += [f"{key} was never done" for key in sorted(wanted - arrivals.keys())]
    verdict.broken += [f"{key} is nobody's effect" for key in sorted(arrivals.keys() - wanted)]


def _nothing_after_its_end(ground: Ground, arrivals: Mapping[str, Sequence[float]], verdict: Verdict) -> None:
    ends = ground.ask(
        "SELECT run_id || ':' || path, extract(epoch FROM completed_at)::float8 FROM step_runs WHERE status IN ('completed', 'failed')"
    )
    for key, at in ends:
        verdict.broken += [
            f"{key} was done {again - at:.3f} s after it had ended" for again in arrivals.get(key, ()) if again > at + CLOCK_S
        ]


def _explained(key: str, times: Sequence[float], crashes: Sequence[Crash]) -> bool:
    """Whether each repetition has a crash of its own before it, at which the step was not completed."""
    run_id = key.partition(":")[0]
    mine = [crash for crash in crashes if crash.of in (None, run_id) and crash.seen.completed.get(key, crash.begun) >= crash.begun]
    for earlier, later in zip(times, times[1:], strict=False):
        between = next((crash for crash in mine if earlier - ON_ITS_WAY_S <= crash.at and crash.begun <= later), None)
        if between is None:
            return False
        mine = [crash for crash in mine if crash.at > between.at]
    return True

"""Watching a run from the terminal: a line for each step as it ends, and Ctrl+C that cancels."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from app.cli_output import coloured, tell, took
from app.cli_session import RunGivenBack
from app.domain.runs import RunRow, RunStatus, StepRunRow, StepStatus
from app.worker import see_to_the_end, signals

if TYPE_CHECKING:
    from app.backend import Backend

LOOK_S = 0.15
LOOKS_BEFORE_WORDS = 10
_MARKS = {
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "grey"),
    "cancelled": ("■", "grey"),
    "lost": ("?", "yellow"),
}


async def followed(backend: Backend, run_id: str, *, quiet: bool) -> RunStatus:
    """See the run to its end, showing its steps unless `quiet`. The first Ctrl+C cancels it, the second leaves at once.

    Raises:
        RunGivenBack: SIGTERM was sent; the run waits for another process.
    """
    seeing = asyncio.ensure_future(see_to_the_end(backend, run_id))
    interrupts = _Interrupts(backend, run_id, seeing)
    with signals(interrupts.interrupt):
        watching = None if quiet else asyncio.ensure_future(_watch(backend, run_id))
        try:
            status = await seeing
        except asyncio.CancelledError:
            await interrupts.finish()
            await _ended(watching)
            if not interrupts.gave_back:
                raise
            raise RunGivenBack(
                f"The run was given back and goes on where `orchestrion serve` or the window is open (run {run_id})."
            ) from None
        await interrupts.finish()
        if watching is not None:
            await watching
        return status


async def _ended(task: asyncio.Future[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Interrupts:
    """What the signals that arrive while a run is followed have set going."""

    def __init__(self, backend: Backend, run_id: str, seeing: asyncio.Future[RunStatus]) -> None:
        self._backend, self._run_id, self._seeing = backend, run_id, seeing
        self._doing: asyncio.Future[None] | None = None
        self.gave_back = False

    def interrupt(self, number: int) -> None:
        if self._doing is not None:
            os._exit(128 + number)  # the claim is void with its session; whoever takes the run up finds if it is to be cancelled
        self.gave_back = number == signal.SIGTERM
        if not self.gave_back:
            tell("Cancelling the run; again to leave at once.")
        self._doing = asyncio.ensure_future(self._give_back() if self.gave_back else self._cancel())

    async def finish(self) -> None:
        if self._doing is not None:
            await asyncio.gather(self._doing, return_exceptions=True)

    async def _give_back(self) -> None:
        self._seeing.cancel()
        await self._backend.worker.stop()

    async def _cancel(self) -> None:
        await self._backend.services.runs.cancel(self._backend.actor, self._run_id)
        self._backend.worker.cancel(self._run_id)


async def _watch(backend: Backend, run_id: str) -> None:
    """Tell each step that begins to wait or ends, until the run has ended."""
    since, looks, told = 0, 0, set[tuple[str, int, str]]()
    run: RunRow | None = None
    while run is None or not RunStatus(run.status).is_terminal:
        if run is not None:
            await asyncio.sleep(LOOK_S)
            looks += run.status == RunStatus.PENDING
            if looks == LOOKS_BEFORE_WORDS:
                tell("Waiting for a free place: as many runs as the tenant allows are running.")
        changes = await backend.services.runs.changes(backend.actor, run_id, since, values=False)
        since, run = changes.seq, changes.run
        for step in changes.steps:
            key = (step.path, step.attempt, step.status)
            if key not in told and (StepStatus(step.status).is_terminal or step.status == StepStatus.WAITING):
                told.add(key)
                tell(_line(step))


def _line(step: StepRunRow) -> str:
    if step.status == StepStatus.WAITING:
        return f"  … {step.path} waits"
    mark, colour = _MARKS[step.status]
    parts = [f"  {coloured(mark, colour)} {step.path}"]
    if step.duration_ms is not None and step.status != StepStatus.SKIPPED:
        parts.append(took(step.duration_ms / 1000))
    if step.attempt > 1:
        parts.append(f"attempt {step.attempt}")
    if step.status == StepStatus.SKIPPED:
        parts.append("skipped")
    if isinstance(step.error, dict) and step.error.get("message"):
        parts.append(str(step.error["message"]))
    return "  ".join(parts)

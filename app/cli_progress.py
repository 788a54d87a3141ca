"""Watching a run from the terminal: a line for each step as it ends, and Ctrl+C that cancels."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from app.cli_output import coloured, tell, took
from app.cli_session import INTERRUPTED
from app.domain.runs import RunRow, RunStatus, StepRunRow, StepStatus
from app.worker import see_to_the_end, signals

if TYPE_CHECKING:
    from app.backend import Backend

LOOK_S = 0.15
_MARKS = {
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "grey"),
    "cancelled": ("■", "grey"),
    "lost": ("?", "yellow"),
}


async def followed(backend: Backend, run_id: str, *, quiet: bool) -> RunStatus:
    """See the run to its end, showing its steps unless `quiet`. The first Ctrl+C cancels it, the second leaves at once."""
    interrupts = _Interrupts(backend, run_id)
    with signals(interrupts.interrupt):
        watching = None if quiet else asyncio.create_task(_watch(backend, run_id))
        try:
            return await see_to_the_end(backend, run_id)
        finally:
            if interrupts.cancelling is not None:
                await asyncio.gather(interrupts.cancelling, return_exceptions=True)
            if watching is not None:
                await watching


class _Interrupts:
    def __init__(self, backend: Backend, run_id: str) -> None:
        self._backend, self._run_id = backend, run_id
        self.cancelling: asyncio.Task[None] | None = None

    def interrupt(self) -> None:
        if self.cancelling is None:
            tell("Cancelling the run; again to leave at once.")
            self.cancelling = asyncio.create_task(self._cancel())
        else:
            os._exit(INTERRUPTED)  # the claim is void with its session, and whoever takes the run up finds that it is to be cancelled

    async def _cancel(self) -> None:
        await self._backend.services.runs.cancel(self._backend.actor, self._run_id)
        self._backend.worker.cancel(self._run_id)


async def _watch(backend: Backend, run_id: str) -> None:
    """Tell each step that begins to wait or ends, until the run has ended."""
    since, told = 0, set[tuple[str, int, str]]()
    run: RunRow | None = None
    while run is None or not RunStatus(run.status).is_terminal:
        if run is not None:
            await asyncio.sleep(LOOK_S)
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

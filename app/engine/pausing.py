"""A place where a run pauses: its row, and the answer that ends it. Waits like a sleep does: a run that only pauses is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from app.domain.breakpoints import PAUSE_TYPE, Answer, PauseAsk
from app.domain.json_gate import BODY_BYTES
from app.domain.json_value import Json, size_bytes
from app.engine.activity import Activity
from app.engine.ports import ClaimedRun, Recorded, StepWrite

if TYPE_CHECKING:
    from app.engine.run import Engine


class Pausing:
    """The pauses of one run."""

    def __init__(self, engine: Engine, claimed: ClaimedRun, activity: Activity) -> None:
        self._engine, self._claimed, self._activity = engine, claimed, activity
        self.recorded: list[Recorded] = []
        self._by_path: dict[str, Recorded] = {}

    def open(self, recorded: Mapping[str, Sequence[Recorded]]) -> None:
        """Take in what the journal holds of earlier pauses."""
        self.recorded = [row for path, rows in recorded.items() if path.endswith(("#before", "#after")) for row in rows]
        self._by_path = {row.path: row for row in self.recorded}

    async def on_record(self, path: str, output: Json) -> Answer | None:
        """The answer of a pause that is over; None for one that still waits."""
        row = self._by_path.get(path)
        if row is not None and row.status == "cancelled":
            await asyncio.get_running_loop().create_future()  # it was cancelled then and will be again
        return Answer.from_json(output) if row is not None and row.status == "completed" else None

    async def pause(self, path: str, ask: PauseAsk, data: Json) -> Answer:
        """Show the data, and wait until somebody answers."""
        journal, handle = self._engine.journal, self._claimed.handle
        if path not in self._by_path:
            is_large = size_bytes(data) > BODY_BYTES
            notes: dict[str, Json] = {**({"problem": ask.problem} if ask.problem else {}), **({"large": True} if is_large else {})}
            shown = None if is_large else self._engine.secrets.mask(data)
            row = StepWrite(
                path, 1, ask.node, ask.name, PAUSE_TYPE, "waiting", input=shown, has_input=True, started_ago_s=0.0, notes=notes or None
            )
            with self._activity.working():
                await journal.wait(handle, row, seconds=None, until=None)
        return cast(Answer, await self._activity.answered(lambda: journal.answer(handle, path)))

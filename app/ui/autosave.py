"""Edits go to the database by themselves, 300 ms after the hand rests; the hand never waits for them.

Edits are sent in the order they were made, one batch at a time. A failed save keeps its edits and tries again; a
conflict stops until a person has decided.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.edit_between import edit_between
from app.domain.edits import GraphEdit
from app.domain.errors import AppError, WorkflowConflict, WorkflowNotFound
from app.domain.workflow import Graph
from app.ui.canvas.graph_model import GraphChange, GraphModel
from app.ui.prompts import sentence_of

SaveState = Literal["saved", "unsaved", "held", "saving", "failed", "conflict"]
"""`held`: edits of an earlier time wait for a person's word."""
Save = Callable[[Sequence[GraphEdit], int], Awaitable[int]]
"""Sends edits made on a revision; gives the new one."""

DELAY_MS = 300
LONGEST_S = 3.0
"""A hand that never rests is saved so often all the same."""
MOST_EDITS = 200
"""More than these, as after an hour without a database, are sent as the one edit that they come to."""
_RETRY_MS = (2_000, 5_000, 15_000, 30_000)


class Autosave(QObject):
    """Follows one model. `state_changed` says how its edits are doing; `base` is what the database has, at `revision`."""

    state_changed = Signal()
    sending = Signal(int)
    """So many of the waiting edits are on their way."""
    arrived = Signal(int, int)
    """So many of them are in the database, as this revision."""

    def __init__(self, model: GraphModel, save: Save, *, revision: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.revision = revision
        self.base = model.graph
        self.state: SaveState = "saved"
        self.sentence = ""
        self.is_gone = False
        """The workflow was deleted elsewhere; there is nothing to save to any more."""
        self._model, self._save = model, save
        self._waiting: list[GraphEdit] = []
        self._lock = asyncio.Lock()
        self._failures = 0
        self._since = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._due)
        self._task: asyncio.Task[bool] | None = None
        model.changed.connect(self._on_changed)

    @property
    def is_clean(self) -> bool:
        return self.state == "saved"

    @property
    def waiting(self) -> tuple[GraphEdit, ...]:
        """What no save has taken yet; `base` with these is what is drawn."""
        return tuple(self._waiting)

    async def flush(self) -> bool:
        """Save what waits, now; True when nothing is left. A failure is told by the state, not raised."""
        self._timer.stop()
        async with self._lock:
            while self._waiting and self.state != "conflict":
                count, graph = len(self._waiting), self._model.graph
                batch = list(self._waiting) if count <= MOST_EDITS else [edit_between(self.base, graph, "Many changes")]
                self._become("saving")
                self.sending.emit(count)
                try:
                    self.revision = await self._save(batch, self.revision)
                except WorkflowConflict as conflict:
                    self._become("conflict", str(conflict))
                except Exception as error:
                    self._failed(error)
                    return False
                else:
                    self._failures, self.is_gone = 0, False
                    self.base = graph
                    del self._waiting[:count]
                    self.arrived.emit(count, self.revision)
                    self._become("unsaved" if self._waiting else "saved")
        return not self._waiting

    def hold(self, base: Graph, waiting: Sequence[GraphEdit], *, revision: int) -> None:
        """These edits lead from the `base` of this revision to what is drawn; they wait for `flush`, and so does what is done now."""
        self.start_from(base, waiting, revision=revision)
        self._timer.stop()
        self._become("held")

    def release(self) -> None:
        """What was held may be saved."""
        if self.state == "held":
            self._become("unsaved")
            self._due()

    def retry(self) -> None:
        """The database may be back: what failed is tried now, not at the end of its pause."""
        if self.state == "failed":
            self._timer.start(0)

    def start_from(self, base: Graph, waiting: Sequence[GraphEdit], *, revision: int) -> None:
        """The database has another `base` now, and these edits lead from there to what is drawn."""
        self.base, self.revision = base, revision
        self._waiting[:] = waiting
        self._failures = 0
        self._become("unsaved" if waiting else "saved")
        self._timer.start(DELAY_MS) if waiting else self._timer.stop()

    def _on_changed(self, change: GraphChange) -> None:
        if change.edit is None or change.elsewhere:  # nothing a person did here
            return
        self._waiting.append(change.edit)
        if len(self._waiting) == 1:
            self._since = time.monotonic()
        if self.state in ("conflict", "held"):
            return
        if self.state == "failed":  # the pause before the next try stands
            return
        if self.state != "saving":
            self._become("unsaved")
        if time.monotonic() - self._since < LONGEST_S or not self._timer.isActive():
            self._timer.start(DELAY_MS)

    def _due(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self.flush())

    def _failed(self, error: Exception) -> None:
        wait_ms = _RETRY_MS[min(self._failures, len(_RETRY_MS) - 1)]
        self._failures += 1
        self.is_gone = isinstance(error, WorkflowNotFound)
        what = str(error) if isinstance(error, AppError) else sentence_of(error)
        self._become("failed", what)
        self._timer.start(wait_ms)

    def _become(self, state: SaveState, sentence: str = "") -> None:
        if (state, sentence) != (self.state, self.sentence):
            self.state, self.sentence = state, sentence
            self.state_changed.emit()

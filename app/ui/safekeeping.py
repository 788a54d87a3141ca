"""How the edits of one document are kept safe: its draft journal, what an earlier window left behind, and what becomes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.conflicts import Conflict
from app.domain.draft_journal import FORMAT, Done, DraftLog, Dropped, Found, Opened, Record
from app.domain.edit_between import alike, edit_between
from app.domain.edits import Batch, GraphEdit
from app.domain.recovery import Recovered, Resumed, on_top, resumed
from app.domain.workflow import Graph
from app.ui.autosave import Autosave
from app.ui.canvas.graph_model import GraphModel
from app.ui.draft_recorder import DraftRecorder
from app.ui.session import Session

if TYPE_CHECKING:
    from app.services.workflows import OpenWorkflow

DISCARD = "Discard recovered edits"


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What an earlier window left of a workflow: how it goes on, the journal to go on with, and older journals for afterwards."""

    resumed: Resumed
    log: DraftLog | None = None
    more: tuple[Found, ...] = ()
    damage: str = ""


async def unsaved_of(session: Session) -> list[str]:
    """The workflows of which an earlier window left unsaved edits behind; they are opened to be offered."""
    if session.drafts is None:
        return []
    return await session.drafts.unsaved(session.actor.tenant_id, session.actor.user_id or "")


async def left_of(session: Session, workflow_id: str) -> list[Found]:
    """The journals of a workflow that still hold unsaved edits."""
    if session.drafts is None:
        return []
    found = await session.drafts.take(session.actor.tenant_id, session.actor.user_id or "", workflow_id)
    return [one for one in found if one.draft is not None and one.draft.waiting]


async def left_behind(session: Session, opened: OpenWorkflow) -> LeftBehind:
    """Read what earlier windows left of a workflow that was just opened, beside the window."""
    graph = opened.definition.graph
    if session.drafts is None:
        return LeftBehind(Resumed(graph))
    found = await session.drafts.take(session.actor.tenant_id, session.actor.user_id or "", opened.id)
    damage = next((one.damage for one in found if one.damage), "")
    usable = [one for one in found if one.log is not None and one.draft is not None]
    if not usable:
        return LeftBehind(Resumed(graph), damage=damage)
    return await _against(session, usable, graph, opened.revision, damage)


async def _against(session: Session, usable: Sequence[Found], graph: Graph, revision: int, damage: str = "") -> LeftBehind:
    """The newest journal that has something to offer goes first; those beside it that have nothing any more are done with."""
    results = []
    for one in usable:
        assert one.draft is not None
        results.append(await session.bridge.call(asyncio.to_thread(resumed, one.draft, graph, revision)))
    chosen = next((at for at, result in enumerate(results) if result.recovered is not None), 0)
    more = []
    for at, (one, result) in enumerate(zip(usable, results, strict=True)):
        if at != chosen and result.recovered is not None:
            more.append(one)
        elif at != chosen and one.log is not None:
            one.log.close(forget=True)
    return LeftBehind(results[chosen], usable[chosen].log, tuple(more), damage)


class Safekeeping(QObject):
    """Of one draft. `changed` when something was recovered, decided, or cannot be kept."""

    changed = Signal()

    def __init__(
        self, session: Session, workflow_id: str, model: GraphModel, autosave: Autosave, left: LeftBehind | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._workflow_id = session, workflow_id
        self._model, self._autosave = model, autosave
        self.recovered: Recovered | None = None
        self.saved_at: int | None = None
        """The place in the history that the database has; None when it has none of them."""
        self.failure = ""
        self.damage = left.damage if left is not None else ""
        self.recorder: DraftRecorder | None = None
        self._more = list(left.more) if left is not None else []
        if session.drafts is not None:
            opened = Opened(FORMAT, session.actor.tenant_id, session.actor.user_id or "", workflow_id, time.time())
            log = left.log if left is not None and left.log is not None else session.drafts.begin(opened)
            self.recorder = DraftRecorder(model, autosave, log, opened, self)
            self.recorder.failure_changed.connect(self._on_failure)
        if left is not None:
            self._go_on(left.resumed, revision=autosave.revision)
        autosave.state_changed.connect(self._on_saving)
        autosave.arrived.connect(lambda _count, _revision: self._mark_saved())
        model.recorded.connect(self._on_recorded)

    def keep(self) -> None:
        """The recovered edits shall be saved."""
        if self.recovered is not None:
            self._decided()
            self._autosave.release()

    def discard(self) -> None:
        """The recovered edits shall go; they stay in the history, to be brought back."""
        found = self.recovered
        if found is None:
            return
        self._model.push(edit_between(self._model.graph, found.current, DISCARD))
        self._go_on_from(self._model.graph, (), found.current_revision)

    def merge_in(self, conflict: Conflict, graph: Graph, *, as_act: bool) -> None:
        """Go on with both, once mine is what the conflict was about; `as_act`: as one step of the history, as a person chose it."""
        edit = edit_between(conflict.mine, graph, "Merge")
        if edit.edits:
            self._model.push(edit) if as_act else self._model.take_over(edit)
        left = edit_between(conflict.theirs, graph, "Merge")
        self._go_on_from(conflict.theirs, (left,) if left.edits else (), conflict.revision)

    def take_theirs(self, conflict: Conflict) -> None:
        """Give up mine, as one step of the history that can be taken back."""
        edit = edit_between(conflict.mine, conflict.theirs, "Take theirs")
        if edit.edits:
            self._model.push(edit)
        self._go_on_from(conflict.theirs, (), conflict.revision)

    def take_newer(self, theirs: Graph, edit: Batch, revision: int) -> None:
        """Show what someone else saved; there is nothing of mine that is not saved."""
        if edit.edits:
            self._model.take_over(edit)
        self._go_on_from(theirs, (), revision)

    def _go_on_from(self, base: Graph, waiting: tuple[GraphEdit, ...], revision: int) -> None:
        self._autosave.start_from(base, waiting, revision=revision)
        self._mark_saved()
        if self.recorder is not None:
            self.recorder.follow()
        if self.recovered is not None:
            self._decided()

    @property
    def has_more(self) -> bool:
        """Another window left edits of this workflow behind too."""
        return bool(self._more)

    async def offer_more(self) -> None:
        """Offer what another window left, on top of what is there now: kept or discarded like the first."""
        graph, base, revision = self._model.graph, self._autosave.base, self._autosave.revision
        if self.recovered is not None or not self._more or not self._autosave.is_clean:
            return
        found = self._more.pop(0)
        assert found.draft is not None and found.log is not None
        result = await self._session.bridge.call(asyncio.to_thread(on_top, found.draft, graph, revision))
        if self._model.graph is not graph or self._autosave.revision != revision or not self._autosave.is_clean:
            self._more.insert(0, found)
            return
        if result is None:  # all of it is there, or it does not fit; what does not fit stays on the disk
            found.log.close(forget=alike(found.draft.graph, graph))
            self.changed.emit()
            return
        edit = edit_between(graph, result.graph, "Recovered edits")
        self._model.push(edit)
        self._autosave.hold(base, (edit,), revision=revision)
        if self.recorder is not None:
            self.recorder.begin_anew()
            if await self.recorder.written():
                found.log.close(forget=True)
            else:
                found.log.close()
        self.recovered = result
        self.changed.emit()

    async def is_safe(self) -> bool:
        """Whether every edit is on this machine's disk, saved or not."""
        return self.recorder is not None and await self.recorder.written()

    def close(self) -> None:
        if self.recorder is not None:
            self.recorder.close()
        while self._more:
            if (log := self._more.pop().log) is not None:
                log.close()

    def _mark_saved(self) -> None:
        if not self._autosave.waiting:
            self.saved_at = self._model.history.index

    def _on_recorded(self, record: Record) -> None:
        """The saved place goes with the entries that are replaced, and moves when older ones fall out."""
        at = self.saved_at
        if at is None:
            return
        index = self._model.history.index
        if isinstance(record, Dropped):
            self.saved_at = at - 1 if not record.forward and at > index else at
        elif isinstance(record, Done) and (at >= index or (record.merged and at == index)):
            self.saved_at = None

    def _go_on(self, found: Resumed, *, revision: int) -> None:
        self._model.open(found.graph, found.history, is_shared=found.is_shared)
        recovered = self.recovered = found.recovered
        if recovered is not None:
            self._autosave.hold(recovered.base, recovered.waiting, revision=recovered.revision)
        else:
            self._autosave.start_from(found.graph, (), revision=revision)
            self.saved_at = found.history.index if not found.is_shared else None

    def _on_saving(self) -> None:
        """What is saved, run, published or closed is kept."""
        if self.recovered is not None and self._autosave.state != "held":
            self._decided()

    def _decided(self) -> None:
        self.recovered = None
        self.changed.emit()

    def _on_failure(self, sentence: str) -> None:
        self.failure = sentence
        self.changed.emit()

"""One open workflow: its graph, how far it is saved, what is wrong with it, and the run that is shown on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.domain.json_value import Json
from app.domain.problems import Problem
from app.domain.run_requests import Part
from app.domain.runs import RunChanges, RunDetail
from app.domain.workflow import Definition
from app.ui.autosave import Autosave
from app.ui.breakpoint_book import BreakpointBook
from app.ui.canvas.graph_model import GraphChange, GraphModel
from app.ui.company import Company
from app.ui.live_run import Changes, LiveRun
from app.ui.safekeeping import LeftBehind, Safekeeping
from app.ui.session import Session

if TYPE_CHECKING:
    from app.services.publishing import Move
    from app.services.workflows import OpenWorkflow

_CHECK_DELAY_MS = 250


class SnapshotModel(GraphModel):
    """What a run executed, or what was published: it can be looked at, not changed."""

    what = "what the run executed"

    def push(self, edit: GraphEdit, *, merge_key: str = "") -> None:
        raise EditRefused(f"This is {self.what} and stays as it was; open the workflow to change it.")


class Document(QObject):
    """A draft being edited, or the snapshot of one run. Everything the editor shows of it hangs on this object."""

    changed = Signal()
    """Its title, version, saved state or run is another."""
    problems_changed = Signal()
    run_changed = Signal()
    """The run that is shown has news, or is another, or none."""
    failed = Signal(object)

    def __init__(self, session: Session, workflow_id: str, model: GraphModel, parent: QObject | None) -> None:
        super().__init__(parent)
        self.session = session
        self.workflow_id = workflow_id
        self.model = model
        self.version = 0
        self.status = "draft"
        self.autosave: Autosave | None = None
        self.safekeeping: Safekeeping | None = None
        self.company: Company | None = None
        self.live: LiveRun | None = None
        self.breakpoints = BreakpointBook(self)
        self.problems: Sequence[Problem] = ()
        self._unread = ""
        self._checking: asyncio.Task[None] | None = None
        self._check_timer = QTimer(self, singleShot=True, interval=_CHECK_DELAY_MS)
        self._check_timer.timeout.connect(self._check)
        model.setParent(self)

    @classmethod
    def draft(
        cls, session: Session, workflow_id: str, opened: OpenWorkflow, parent: QObject | None = None, *, left: LeftBehind | None = None
    ) -> Document:
        """An opened workflow; its edits save themselves. `left` is what an earlier window left of it."""
        document = cls(session, workflow_id, GraphModel(opened.definition.graph), parent)
        document.version, document.status = opened.version, opened.status

        async def save(edits: Sequence[GraphEdit], base_revision: int) -> int:
            return await session.call(session.services.editing.save, workflow_id, edits, base_revision)

        document.autosave = Autosave(document.model, save, revision=opened.revision, parent=document)
        document.safekeeping = Safekeeping(session, workflow_id, document.model, document.autosave, left, document)
        document.autosave.state_changed.connect(document.changed)
        document.safekeeping.changed.connect(document.changed)
        document.company = Company(session, workflow_id, document.autosave, document)
        document.company.changed.connect(document.changed)
        document.model.changed.connect(document._on_edited)
        document._show_problems(opened.problems)
        return document

    @classmethod
    async def snapshot(cls, session: Session, detail: RunDetail, definition: Definition, parent: QObject | None = None) -> Document:
        """What a run executed, with that run shown on it."""
        document = cls(session, detail.run.workflow_id, SnapshotModel(definition.graph), parent)
        document.version, document.status = detail.run.workflow_version, "run"
        document.show_run(await LiveRun.read(detail, document._changes_of(detail.run.id), document))
        return document

    @classmethod
    def published(cls, session: Session, workflow_id: str, definition: Definition, number: int, parent: QObject | None = None) -> Document:
        """A version, to look at."""
        model = SnapshotModel(definition.graph)
        model.what = f"version {number}"
        document = cls(session, workflow_id, model, parent)
        document.version, document.status = number, "version"
        return document

    @property
    def is_version(self) -> bool:
        """A published version that is looked at, without a run."""
        return self.status == "version"

    @property
    def is_snapshot(self) -> bool:
        return self.autosave is None

    @property
    def name(self) -> str:
        return self.model.graph.details.name

    @property
    def definition(self) -> Definition:
        """As it is now, saved or not."""
        return Definition.of(self.model.graph)

    @property
    def is_running(self) -> bool:
        return self.live is not None and not self.live.is_over

    async def run(self, input: Json) -> None:
        """Save what waits, then start the draft as a test run and show it.

        Raises:
            EditRefused: what waits could not be saved, with the reason.
            AppError: whatever the start refused.
        """
        points = self.breakpoints.for_run(self.model.graph)
        await self._begin(lambda: self.session.call(self.session.services.runs.start, self.workflow_id, input, "test", breakpoints=points))

    async def run_part(self, part: Part) -> None:
        """Save what waits, then start a part of the draft and show it; one step alone pauses nowhere. Raises as `run` does."""
        if part.kind != "only":
            part = replace(part, breakpoints=self.breakpoints.for_run(self.model.graph))
        await self._begin(lambda: self.session.call(self.session.services.runs.start_part, self.workflow_id, part))

    async def _begin(self, start: Callable[[], Coroutine[Any, Any, str]]) -> None:
        await self.saved("run")
        run_id = await start()
        detail = await self.session.call(self.session.services.runs.show, run_id)
        self.show_run(await LiveRun.read(detail, self._changes_of(run_id), self))

    async def stop(self) -> None:
        """Ask the run to end; it is shown as ended once it has."""
        if self.live is not None:
            await self.session.call(self.session.services.runs.cancel, self.live.run.id)
            self.live.refresh()

    async def saved(self, done: str) -> None:
        """Everything is saved, so that what waits can be `done` ("published").

        Raises:
            EditRefused: it could not be saved, with the reason.
        """
        if self.autosave is not None and not await self.autosave.flush():
            raise EditRefused(f"The workflow could not be saved, so it was not {done}: {self.autosave.sentence}")

    async def publish(self, note: str, moves: Sequence[Move] = ()) -> int:
        """Make the draft the next version, and let triggers name it that are to move along."""
        await self.saved("published")
        return self._published(await self.session.call(self.session.services.publishing.publish, self.workflow_id, note, moves=moves))

    async def publish_again(self, version: int, note: str, moves: Sequence[Move] = ()) -> int:
        """Make an older version the latest, under a new number; the draft stays as it is."""
        use_case = self.session.services.publishing.publish_again
        return self._published(await self.session.call(use_case, self.workflow_id, version, note, moves=moves))

    def _published(self, version: int) -> int:
        self.version, self.status = version, "published"
        self.changed.emit()
        return version

    def show_run(self, live: LiveRun | None) -> None:
        """Show this run from now on; None takes it away."""
        if self.live is not None:
            self.live.stop()
            self.live.deleteLater()
        self.live = live
        if live is not None:
            live.changed.connect(self._on_run_read)
            live.failed_to_read.connect(self._on_run_unread)
            if not live.is_over:
                live.refresh()
        self.run_changed.emit()
        self.changed.emit()

    def hear(self, run_id: str | None) -> None:
        """A bell rang for a run; None: perhaps for this one."""
        if self.live is not None and run_id in (None, self.live.run.id) and not self.live.is_over:
            self.live.refresh()

    def close(self) -> None:
        if self.live is not None:
            self.live.stop()
        if self.safekeeping is not None:
            self.safekeeping.close()
        if self.company is not None:
            self.company.leave()
        self._check_timer.stop()

    def _changes_of(self, run_id: str) -> Changes:
        async def changes(since: int) -> RunChanges:
            found: RunChanges = await self.session.call(self.session.services.runs.changes, run_id, since)
            return found

        return changes

    def _on_run_read(self, _changes: RunChanges) -> None:
        self._unread = ""
        self.run_changed.emit()

    def _on_run_unread(self, error: Exception) -> None:
        """Told once, though it is tried again every two seconds."""
        if str(error) != self._unread:
            self._unread = str(error)
            self.failed.emit(error)

    def _on_edited(self, change: GraphChange) -> None:
        if change.edit is not None:
            self._check_timer.start()
        if change.details:
            self.changed.emit()

    def _check(self) -> None:
        if self._checking is not None and not self._checking.done():
            self._check_timer.start()
            return
        self._checking = asyncio.ensure_future(self._find_problems(self.definition))

    async def _find_problems(self, definition: Definition) -> None:
        try:
            found = await self.session.call(self.session.services.workflows.validate, definition)
        except Exception as error:
            self.failed.emit(error)
            return
        self._show_problems(found)

    def _show_problems(self, found: Sequence[Problem]) -> None:
        self.problems = tuple(found)
        self.model.set_problems(found)
        self.problems_changed.emit()

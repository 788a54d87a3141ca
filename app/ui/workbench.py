"""The editor with what a person does to open documents: open, make, run, stop, save, publish, close.

Heavy to import (canvas, forms): the window loads it after its first picture.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.domain.access import Permission, PermissionDenied
from app.domain.errors import AppError, InputRefused, WorkflowNotFound
from app.domain.json_value import Json
from app.domain.run_requests import Part
from app.domain.runs import RunRow
from app.ui.actions import Actions
from app.ui.dialogs import InputDialog, NameDialog, about
from app.ui.document import Document
from app.ui.drafts.flow import DraftFlow
from app.ui.editor_page import EditorPage
from app.ui.finding.in_editor import InEditor
from app.ui.prompts import confirm
from app.ui.publishing.flow import PublishFlow
from app.ui.run_tools import RunTools
from app.ui.safekeeping import left_behind, unsaved_of
from app.ui.session import Session
from app.ui.subflows.door import Subflows
from app.ui.versions.door import VersionsDoor

if TYPE_CHECKING:
    from app.ui.help_window import HelpWindow
    from app.ui.main_window import MainWindow


class NotSaved(AppError):
    """The edits could not be saved; they are kept here and tried again."""

    code = "editor.not_saved"


class RunUnreadable(AppError):
    """What this run executed cannot be read by this version of the program."""

    code = "run.unreadable"


STARTING = "The engine is still starting."


def _may_not(session: Session | None, permission: Permission) -> str:
    """Why this person may not; empty when they may."""
    if session is None:
        return STARTING
    return "" if session.actor.may(permission) else str(PermissionDenied(role=session.actor.role, permission=permission))


class Workbench(QObject):
    """Acts on the documents of one window's editor. Each coroutine is what one action does; its errors go to who started it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._help: HelpWindow | None = None
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # asked for twice at once, a workflow has one tab
        self.editor = EditorPage(window.actions_of_window, window.preferences)
        self.in_editor = InEditor(self.editor, window.actions_of_window, window.finding)
        self.editor.back.connect(self._back_to_list)
        self.editor.current_changed.connect(self.follow)
        self.editor.tabs.close_asked.connect(self.close_document)
        self.versions = VersionsDoor(window, self.editor, publish=self.publish)
        self.publishing = PublishFlow(
            self.editor,
            window.ask,
            compare=self.versions.show,
            reveal=self.versions.leave,
            run=self.run_published,
            open_workflow=window.open_workflow,
        )
        self.drafts = DraftFlow(self.editor, window.ask, window.open_workflow, window.tasks)
        self._connect(window.actions_of_window)
        self.run_tools = RunTools(window, self)
        self.subflows = Subflows(window, self)
        self.follow()
        self.run_tools.follow()

    def attach(self, session: Session) -> None:
        self.editor.attach(session)
        self.follow()

    def hear(self, run_id: str | None) -> None:
        """A bell rang for a run; None: for any."""
        for document in self.editor.documents:
            document.hear(run_id)

    def follow(self) -> None:
        """Actions are on when the document that is shown, and the person's role, can take them."""
        window, document = self._window, self.editor.current
        session = window.session
        running = document is not None and document.is_running
        shown = "" if document is not None else "No workflow is open."
        draft, start = self.why_no_draft(), self.why_no_start()
        stop = shown or ("" if running else "No run is going on.") or _may_not(session, Permission.RUN_CANCEL)
        leave = draft or ("The run is still going on." if running else "" if document and document.live else "No run is shown.")
        for name, why in (
            ("run", start),
            ("run-with-input", start),
            ("stop", stop),
            ("publish", draft or _may_not(session, Permission.WORKFLOW_PUBLISH)),
            ("versions", draft),
            ("save", draft),
            ("close-tab", shown),
            ("reopen-tab", "" if self.editor.memory.closed else "No tab was closed yet."),
            ("leave-run", leave),
        ):
            window.actions_of_window.enable(name, not why, why)
        window.setWindowTitle(f"{document.name} – Orchestrion" if document is not None else "Orchestrion")

    def why_no_draft(self) -> str:
        """Why there is no draft to act on; empty when there is one."""
        document = self.editor.current
        if document is None:
            return "No workflow is open."
        if self._window.session is None:
            return STARTING
        return "This is what a run executed; open the workflow itself." if document.is_snapshot else ""

    def why_no_start(self) -> str:
        """Why no run of the draft can be started now."""
        document = self.editor.current
        running = document is not None and document.is_running
        return self.why_no_draft() or ("It is running; stop it first." if running else "") or self.why_not(Permission.RUN_START)

    def why_not(self, permission: Permission) -> str:
        """Why this person may not; empty when they may."""
        return _may_not(self._window.session, permission)

    async def opened(self, workflow_id: str, *, behind: bool = False) -> Document:
        """The document of a workflow: the one that is open, or a new one. `behind` opens its tab and goes on showing what is shown."""
        session = self._session
        async with self._opening[workflow_id]:
            document = self.editor.document_where(lambda d: d.workflow_id == workflow_id and not d.is_snapshot)
            if document is None:
                found = await session.call(session.services.workflows.open, workflow_id)
                document = Document.draft(session, workflow_id, found, self, left=await left_behind(session, found))
                self.editor.add(document, behind=behind)
                self.editor.keep_tabs()  # a crash opens the same tabs again
            elif not behind:
                self.editor.show_document(document)
        if not behind:
            self._window.go("editor")
        return document

    async def reopen(self) -> None:
        """The tab that was closed last comes back to its place."""
        closed = self.editor.memory.take_closed()
        if closed is not None:
            document = await self.opened(closed.workflow_id)
            self.editor.tabs.put(document, closed.at)

    async def open_as_left(self) -> None:
        """The workflows that were open come back; the very first time one of the examples is opened."""
        session, memory = self._session, self.editor.memory
        left, shown = memory.left_open()
        if not memory.was_kept:
            rows = await session.call(session.services.workflows.list, limit=1, offset=0)
            left = [row.id for row in rows]
        unsaved = await unsaved_of(session)
        wanted = dict.fromkeys((*unsaved, *left))
        for workflow_id in wanted:
            try:
                await self.opened(workflow_id, behind=bool(self.editor.documents))
            except WorkflowNotFound:  # deleted meanwhile, perhaps by someone else
                if workflow_id in unsaved:
                    await self.drafts.rescue(session, workflow_id)
        document = self.editor.document_where(lambda d: d.workflow_id == (next(iter(unsaved), "") or shown) and not d.is_snapshot)
        if document is not None:
            self.editor.show_document(document)

    async def open_run(self, row: RunRow) -> None:
        """Show a run of the list on what it executed."""
        from app.domain.definition_file import parse_definition

        session = self._session
        async with self._opening[row.id]:
            document = self.editor.document_where(lambda d: d.live is not None and d.live.run.id == row.id)
            if document is None:
                detail = await session.call(session.services.runs.show, row.id)
                executed: Json = dict(detail.definition)
                definition, _ = parse_definition(executed)
                if definition is None:
                    raise RunUnreadable
                document = await Document.snapshot(session, detail, definition, self)
                self.editor.add(document)
            else:
                self.editor.show_document(document)
        self._window.go("editor")

    async def create(self) -> None:
        name = await NameDialog(self._window).asked()
        if name:
            await self.opened(await self._session.call(self._session.services.workflows.create, name))

    async def open_and_run(self, workflow_id: str) -> None:
        await self.opened(workflow_id)
        await self.run(ask=False)

    async def run(self, *, ask: bool, to: str = "") -> None:
        """Run the draft, or what is needed `to` get to a place, with the input it had last; where there is none that fits, ask for one."""
        document = self.editor.current
        if document is None or document.is_snapshot or document.is_running:
            return
        input, why = self.editor.remembered_input(document), ""
        while True:
            if ask:
                given = await InputDialog(self._window, document, input, why).asked()
                if given is None:
                    return
                input = given.value
            try:
                await (document.run_part(Part("to", to, input=input)) if to else document.run(input))
            except InputRefused as refusal:
                ask, why = True, str(refusal)
                continue
            self.editor.remember_input(document, input)
            return

    async def stop(self) -> None:
        if self.editor.current is not None:
            await self.editor.current.stop()

    async def save(self) -> None:
        document = self.editor.current
        if document is None or document.autosave is None:
            return
        if self.drafts.is_undecided(document):
            await self.drafts.decide(document)
        elif not await document.autosave.flush() and not self.drafts.is_undecided(document):
            raise NotSaved(document.autosave.sentence)

    async def publish(self) -> None:
        document = self.editor.current
        if document is not None and not document.is_snapshot:
            await self.publishing.begin(document)

    async def run_published(self, document: Document, version: int) -> None:
        """Run a version in production, with the input the draft had last where that fits, and show the run."""
        session = self._session
        input, why = self.editor.remembered_input(document), ""
        while True:
            try:
                run_id = await session.call(session.services.runs.start, document.workflow_id, input, "production", version=version)
            except InputRefused as refusal:
                why = str(refusal)
                given = await InputDialog(self._window, document, input, why).asked()
                if given is None:
                    return
                input = given.value
                continue
            await self.open_run((await session.call(session.services.runs.show, run_id)).run)
            return

    def close_document(self, document: Document | None) -> None:
        if document is not None:
            self._window.tasks.start(self.closed(document))

    async def closed(self, document: Document) -> bool:
        """Close a tab once its edits are saved, or the person gives them up; whether it is closed."""
        if not await self._may_go(document):
            return False
        if document in self.editor.documents:
            self.editor.remove(document)
        return True

    async def left(self) -> bool:
        """Everything is saved, safe on this machine or given up; False when the person wants to stay."""
        for document in list(self.editor.documents):
            if not await self._may_go(document):
                return False
        for document in self.editor.documents:
            document.close()
        return True

    async def _may_go(self, document: Document) -> bool:
        """Save what waits. What cannot be saved is safe in the journal; only where that cannot be written either, a person decides."""
        autosave, keeping = document.autosave, document.safekeeping
        if autosave is None or keeping is None or autosave.is_clean or await autosave.flush():
            return True
        if await keeping.is_safe():
            kept = f"“{document.name}” is not saved yet. Its edits are kept on this machine and come back when you open it."
            self._window.notices.show_done(kept)
            return True
        lost = f"Its last edits could not be saved: {autosave.sentence}"
        return await confirm(self._window, f"Close “{document.name}” without saving?", lost, yes="Discard the edits")

    def end(self) -> None:
        """Remember what was open, and let go of it: nothing of a document may outlive the window."""
        if self._window.session is not None:  # else nothing was opened yet, and what was left open before still counts
            self.editor.keep_tabs()
        self.editor.keep_layout()
        for document in list(self.editor.documents):
            self.editor.remove(document)

    @property
    def _session(self) -> Session:
        assert self._window.session is not None
        return self._window.session

    def open_help(self) -> None:
        """The help pages, in a window of their own that stays until it is closed."""
        if self._help is None:
            from app.ui.help_window import HelpWindow

            self._help = HelpWindow(self._window)
        self._help.open_page()

    def _back_to_list(self) -> None:
        """The list, with what is shown here as its current row."""
        document = self.editor.current
        self._window.go("workflows")
        if document is not None:
            self._window.workflows.point_to(document.workflow_id)

    def _connect(self, actions: Actions) -> None:
        def asks(do: Callable[[], Coroutine[Any, Any, object]]) -> Callable[[], None]:
            return lambda: self._window.ask(do)

        actions.bind("new-workflow", asks(self.create))
        actions.bind("run", asks(lambda: self.run(ask=False)))
        actions.bind("run-with-input", asks(lambda: self.run(ask=True)))
        actions.bind("stop", asks(self.stop))
        actions.bind("publish", asks(self.publish))
        actions.bind("save", asks(self.save))
        actions.bind("history", self.drafts.open_history)
        actions.bind("help", self.open_help)
        actions.bind("about", asks(lambda: about(self._window)))
        actions.bind("reopen-tab", asks(self.reopen))
        actions.bind("close-tab", lambda: self.close_document(self.editor.current))
        actions.bind("next-tab", lambda: self.editor.tabs.last_used.step(1))
        actions.bind("previous-tab", lambda: self.editor.tabs.last_used.step(-1))

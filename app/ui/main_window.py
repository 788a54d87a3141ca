"""The window: rail and pages. What more than one page is about happens here: open, make, run, publish, close."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QActionGroup, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from app.domain.errors import AppError, InputRefused
from app.domain.json_value import Json
from app.domain.runs import RunRow
from app.ui.actions import Actions
from app.ui.dialogs import InputDialog, NameDialog, PublishDialog, about
from app.ui.document import Document
from app.ui.editor_page import EditorPage
from app.ui.preferences import Preferences
from app.ui.prompts import confirm, show_error
from app.ui.rail import Rail
from app.ui.runs_page import RunsPage
from app.ui.session import Session
from app.ui.tasks import Tasks
from app.ui.theme import Mode, theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.drop_hint import DropFrame
from app.ui.widgets.notices import NoticeBar
from app.ui.words import count
from app.ui.workflow_files import is_workflow_file
from app.ui.workflows_page import WorkflowsPage

_PAGES = ("workflows", "editor", "runs")


class MainWindow(QMainWindow):
    """Works from the first moment; until `attach` its lists say that the engine is starting."""

    closed = Signal()
    """It is gone, with everything saved that could be."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("Orchestrion")
        self.setMinimumSize(900, 560)
        self.setAcceptDrops(True)
        self.preferences = preferences
        self.session: Session | None = None
        self.tasks = Tasks(self, lambda error: show_error(self, error))
        self._may_close = False
        self.actions_of_window = Actions(self)
        self.rail = Rail(self.actions_of_window)
        self.workflows = WorkflowsPage(self.actions_of_window)
        self.editor = EditorPage(self.actions_of_window, preferences)
        self.runs = RunsPage(self.actions_of_window)
        self.pages = QStackedWidget()
        for page in (self.workflows, self.editor, self.runs):
            self.pages.addWidget(page)
        self._lay_out()
        self._connect_actions()
        self._connect_pages()
        self._restore()

    def attach(self, session: Session) -> None:
        """The engine is up: lists load, actions work."""
        self.session = session
        session.bridge.notified.connect(self._on_bell)
        self.workflows.side.engine.show_state("ready", "Local database · nothing leaves this machine")
        for page in (self.workflows, self.editor, self.runs):
            page.attach(session)
        self._follow_editor()

    def show_starting(self, detail: str) -> None:
        self.workflows.side.engine.show_state("starting", detail)

    def show_failed(self, sentence: str, retry: Callable[[], object]) -> None:
        """The engine did not start: the sentence stands where lists would be, with Retry."""
        self.workflows.side.engine.show_state("failed", sentence, retry=retry)
        for table in (self.workflows.table, self.runs.table):
            table.show_error(sentence, retry)

    def go(self, page: str) -> None:
        self.actions_of_window[f"go-{page}"].setChecked(True)
        self.pages.setCurrentIndex(_PAGES.index(page))
        focus = {"workflows": self.workflows.table, "editor": self.editor.view or self.editor, "runs": self.runs.table}[page]
        focus.setFocus()
        if page == "runs":
            self.runs.reload()
        elif page == "workflows":
            self.workflows.reload()

    def open_workflow(self, workflow_id: str) -> None:
        self._start(self.opened(workflow_id))

    async def opened(self, workflow_id: str) -> Document:
        """The document of a workflow: the one that is open, or a new one."""
        assert self.session is not None
        document = self.editor.document_where(lambda d: d.workflow_id == workflow_id and not d.is_snapshot)
        if document is None:
            found = await self.session.call(self.session.services.workflows.open, workflow_id)
            document = Document.draft(self.session, workflow_id, found, self)
            self.editor.add(document)
        else:
            self.editor.show_document(document)
        self.go("editor")
        return document

    def _connect_actions(self) -> None:
        actions = self.actions_of_window
        places = QActionGroup(self)
        for page in _PAGES:
            places.addAction(actions[f"go-{page}"])
            actions.bind(f"go-{page}", partial(self.go, page))
        modes = QActionGroup(self)
        modes_there_are: tuple[Mode, ...] = ("system", "dark", "light")
        for mode in modes_there_are:
            modes.addAction(actions[f"theme-{mode}"])
            actions.bind(f"theme-{mode}", partial(self._choose_theme, mode))
        actions["toggle-captions"].toggled.connect(self.rail.show_captions)
        actions["reduce-motion"].toggled.connect(theme().set_reduce_motion)
        actions.bind("new-workflow", lambda: self._start(self._create()))
        actions.bind("run", lambda: self._start(self._run(ask=False)))
        actions.bind("run-with-input", lambda: self._start(self._run(ask=True)))
        actions.bind("stop", lambda: self._start(self._stop()))
        actions.bind("publish", lambda: self._start(self._publish()))
        actions.bind("save", lambda: self._start(self._save()))
        actions.bind("close-tab", lambda: self._close_document(self.editor.current))
        actions.bind("next-tab", lambda: self.editor.tabs.choose_next(1))
        actions.bind("previous-tab", lambda: self.editor.tabs.choose_next(-1))
        actions.bind("quit", self.close)
        actions.bind("about", lambda: self._start(about(self)))

    def _connect_pages(self) -> None:
        self.workflows.open_requested.connect(self.open_workflow)
        self.workflows.run_requested.connect(lambda workflow_id: self._start(self._open_and_run(workflow_id)))
        self.runs.open_requested.connect(lambda row: self._start(self._open_run(row)))
        self.editor.back.connect(lambda: self.go("workflows"))
        self.editor.current_changed.connect(self._follow_editor)
        self.editor.tabs.close_asked.connect(self._close_document)

    def _lay_out(self) -> None:
        centre = grounded(QWidget(), "window")
        layout = QHBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self._drop_frame = DropFrame(self.pages)
        self.notices = NoticeBar(self)

    def _restore(self) -> None:
        actions = self.actions_of_window
        actions[f"theme-{self.preferences.theme_mode}"].setChecked(True)
        actions["toggle-captions"].setChecked(self.preferences.flag("look/captions", default=True))
        actions["reduce-motion"].setChecked(self.preferences.flag("look/reduce_motion", default=False))
        self.rail.show_captions(actions["toggle-captions"].isChecked())
        geometry = self.preferences.geometry()
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(1440, 900)
        self.go("workflows")
        self._follow_editor()

    def _choose_theme(self, mode: Mode) -> None:
        theme().set_mode(mode)
        self.preferences.theme_mode = mode

    def _start(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Start something that a person asked for; before the engine is up there is nothing to do it with."""

        async def asked() -> None:
            await coroutine

        if self.session is None:
            coroutine.close()
            self.notices.show_error("The engine is still starting; try again in a moment.")
        else:
            self.tasks.start(asked())

    def _follow_editor(self) -> None:
        """Actions are on when the document that is shown can take them."""
        actions, document = self.actions_of_window, self.editor.current
        draft = document is not None and not document.is_snapshot and self.session is not None
        running = document is not None and document.is_running
        for name, on in (
            ("run", draft and not running),
            ("run-with-input", draft and not running),
            ("stop", running),
            ("publish", draft),
            ("save", draft),
            ("close-tab", document is not None),
            ("leave-run", draft and document is not None and document.live is not None and not running),
        ):
            actions[name].setEnabled(on)
        self.setWindowTitle(f"{document.name} – Orchestrion" if document is not None else "Orchestrion")

    def _on_bell(self, notification: object) -> None:
        run_id = getattr(notification, "run_id", None)
        if isinstance(run_id, str):
            for document in self.editor.documents:
                document.hear(run_id)
            self.runs.hear()
            self.workflows.hear()

    async def _create(self) -> None:
        assert self.session is not None
        name = await NameDialog(self).asked()
        if name:
            self.open_workflow(await self.session.call(self.session.services.workflows.create, name))

    async def _open_and_run(self, workflow_id: str) -> None:
        await self.opened(workflow_id)
        await self._run(ask=False)

    async def _run(self, *, ask: bool) -> None:
        """Run the draft with the input it had last; where there is none that fits, ask for one."""
        document = self.editor.current
        if document is None or document.is_snapshot or document.is_running:
            return
        input, why = self.editor.remembered_input(document), ""
        while True:
            if ask:
                given = await InputDialog(self, document, input, why).asked()
                if given is None:
                    return
                input = given.value
            try:
                await document.run(input)
            except InputRefused as refusal:
                ask, why = True, str(refusal)
                continue
            self.editor.remember_input(document, input)
            return

    async def _stop(self) -> None:
        if self.editor.current is not None:
            await self.editor.current.stop()

    async def _save(self) -> None:
        document = self.editor.current
        if document is not None and document.autosave is not None and not await document.autosave.flush():
            raise NotSaved(document.autosave.sentence)

    async def _publish(self) -> None:
        document = self.editor.current
        if document is None or document.is_snapshot:
            return
        note = await PublishDialog(self, document).asked()
        if note is not None:
            version = await document.publish(note)
            self.notices.show_done(f"“{document.name}” is published as version {version}.")

    async def _open_run(self, row: RunRow) -> None:
        from app.domain.definition_file import parse_definition

        assert self.session is not None
        known = self.editor.document_where(lambda d: d.live is not None and d.live.run.id == row.id)
        if known is None:
            detail = await self.session.call(self.session.services.runs.show, row.id)
            document: Json = dict(detail.definition)
            definition, _ = parse_definition(document)
            if definition is None:
                raise RunUnreadable
            known = Document.snapshot(self.session, detail, definition, self)
            self.editor.add(known)
        else:
            self.editor.show_document(known)
        self.go("editor")

    def _close_document(self, document: Document | None) -> None:
        if document is not None:
            self.tasks.start(self._closed(document))

    async def _closed(self, document: Document) -> bool:
        """Close a tab once its edits are saved, or the person gives them up."""
        if document.autosave is not None and not await document.autosave.flush():
            lost = f"Its last edits could not be saved: {document.autosave.sentence}"
            if not await confirm(self, f"Close “{document.name}” without saving?", lost, yes="Discard the edits"):
                return False
        if document in self.editor.documents:
            self.editor.remove(document)
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            self._keep_preferences()
            super().closeEvent(event)
            self.closed.emit()
            return
        event.ignore()
        self.tasks.start(self._leave())

    async def _leave(self) -> None:
        for document in list(self.editor.documents):
            if document.autosave is not None and not document.autosave.is_clean and not await self._closed(document):
                return
        for document in self.editor.documents:
            document.close()
        self._may_close = True
        self.close()

    def _keep_preferences(self) -> None:
        actions = self.actions_of_window
        self.preferences.set("look/captions", actions["toggle-captions"].isChecked())
        self.preferences.set("look/reduce_motion", actions["reduce-motion"].isChecked())
        self.preferences.set_geometry(self.saveGeometry())
        self.editor.keep_layout()
        self.preferences.write()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = _workflow_paths(event.mimeData().urls())
        if paths and self.session is not None:
            event.acceptProposedAction()
            what = f"“{paths[0].name}”" if len(paths) == 1 else count(len(paths), "workflow")
            self._drop_frame.show_offer(f"Drop to import {what}")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_frame.hide()
        event.acceptProposedAction()
        self.workflows.import_files(_workflow_paths(event.mimeData().urls()))


class NotSaved(AppError):
    """The edits could not be saved; they are kept here and tried again."""

    code = "editor.not_saved"


class RunUnreadable(AppError):
    """What this run executed cannot be read by this version of the program."""

    code = "run.unreadable"


def _workflow_paths(urls: list[QUrl]) -> list[Path]:
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile() and is_workflow_file(url.fileName())]

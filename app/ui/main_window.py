"""The window: rail and pages. It can be seen at once; the editor and the engine behind it come after its first picture."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QActionGroup, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from app.ui.actions import Actions
from app.ui.bridge import Heard
from app.ui.finding.finding import Finding
from app.ui.importing import Importing
from app.ui.panel_round import PanelRound
from app.ui.preferences import Preferences
from app.ui.prompts import show_error
from app.ui.rail import Rail
from app.ui.stylesheet import stylesheet
from app.ui.tasks import Tasks
from app.ui.theme import Mode, theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.notices import NoticeBar
from app.ui.workflows_page import WorkflowsPage

if TYPE_CHECKING:
    from app.ui.editor_page import EditorPage
    from app.ui.runs_page import RunsPage
    from app.ui.session import Session
    from app.ui.triggers.page import TriggersPage
    from app.ui.workbench import Workbench

_PLACES = ("workflows", "editor", "runs", "triggers")
_MODES: tuple[Mode, ...] = ("system", "dark", "light")


class MainWindow(QMainWindow):
    """Works from the first moment; until `attach` its lists say that the engine is starting."""

    painted = Signal()
    """It has been seen for the first time."""
    closed = Signal()
    """It is gone, with everything saved that could be."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.setObjectName("main-window")
        # Before the parts connect: the style sheet puts their old palettes back before they set the new ones.
        theme().changed.connect(self._dress)
        self._dress()
        self.setWindowTitle("Orchestrion")
        self.setMinimumSize(900, 560)
        self.setAcceptDrops(True)
        self.preferences = preferences
        self.session: Session | None = None
        self.tasks = Tasks(self, lambda error: show_error(self, error))
        self._may_close = self._was_painted = False
        self._workbench: Workbench | None = None
        self._runs: RunsPage | None = None
        self._triggers: TriggersPage | None = None
        self.actions_of_window = Actions(self)
        self.finding = Finding(self)
        self.panel_round = PanelRound(self)
        self.rail = Rail(self.actions_of_window)
        self.workflows = WorkflowsPage(self.actions_of_window)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.workflows)
        self._lay_out()
        self._connect()
        self._restore()

    @property
    def workbench(self) -> Workbench:
        """Editor and document actions; made when first asked for."""
        if self._workbench is None:
            from app.ui.workbench import Workbench

            self._workbench = Workbench(self)
            self.pages.addWidget(self._workbench.editor)
        return self._workbench

    @property
    def editor(self) -> EditorPage:
        return self.workbench.editor

    @property
    def runs(self) -> RunsPage:
        """The list of runs; made when first asked for."""
        if self._runs is None:
            from app.ui.runs_page import RunsPage

            self._runs = RunsPage(self.actions_of_window)
            self._runs.open_requested.connect(lambda row: self.ask(lambda: self.workbench.open_run(row)))
            self.pages.addWidget(self._runs)
        return self._runs

    @property
    def triggers(self) -> TriggersPage:
        """Schedules and webhooks; made when first asked for."""
        if self._triggers is None:
            from app.ui.triggers.page import TriggersPage

            self._triggers = TriggersPage(self.actions_of_window)
            self._triggers.run_requested.connect(lambda run_id: self.ask(lambda: self._open_run(run_id)))
            self.pages.addWidget(self._triggers)
            if self.session is not None:
                self._triggers.attach(self.session)
        return self._triggers

    async def _open_run(self, run_id: str) -> None:
        assert self.session is not None
        await self.workbench.open_run(await self.session.call(self.session.services.runs.row, run_id))

    def complete(self) -> None:
        """Make the pages that were not needed for the first picture."""
        for page in (self.editor, self.runs):
            assert self.pages.indexOf(page) >= 0

    def attach(self, session: Session) -> None:
        """The engine is up: lists load, actions work."""
        self.session = session
        session.bridge.notified.connect(self._on_bell)
        self.workflows.side.engine.show_state("ready", "Runs go on while this window is open")
        for part in (self.workflows, self.workbench, self.runs):
            part.attach(session)
        self.tasks.start(self.workbench.open_as_left())

    def show_starting(self, detail: str) -> None:
        self.workflows.side.engine.show_state("starting", detail)

    def show_failed(self, sentence: str, retry: Callable[[], object]) -> None:
        """The engine did not start: the sentence stands where lists would be, with Retry."""
        self.workflows.side.engine.show_state("failed", sentence, retry=retry)
        for table in (self.workflows.table, self.runs.table):
            table.show_error(sentence, retry)

    def go(self, place: str) -> None:
        self.actions_of_window[f"go-{place}"].setChecked(True)
        page: QWidget
        focus: QWidget
        match place:
            case "editor":
                page, focus = self.editor, self.editor.view or self.editor
            case "runs":
                page, focus = self.runs, self.runs.table
                self.runs.reload()
            case "triggers":
                page, focus = self.triggers, self.triggers.focus_target
                self.triggers.reload()
            case _:
                page, focus = self.workflows, self.workflows.table
                self.workflows.reload()
        self.pages.setCurrentWidget(page)
        focus.setFocus()

    def workflow_at_hand(self) -> tuple[str, str] | None:
        """Id and name of the workflow that is meant: the row of the list, else what the editor shows."""
        if self.pages.currentWidget() is self.workflows:
            row = self.workflows.table.current_row()
            return (row.id, row.name) if row is not None else None
        document = self.editor.current
        return (document.workflow_id, document.name) if document is not None else None

    def open_workflow(self, workflow_id: str) -> None:
        self.ask(lambda: self.workbench.opened(workflow_id))

    def ask(self, do: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Start something that a person asked for; before the engine is up there is nothing to do it with."""
        if self.session is None:
            self.notices.show_error("The engine is still starting; try again in a moment.")
        else:
            self.tasks.start(do())

    def _connect(self) -> None:
        actions = self.actions_of_window
        places = QActionGroup(self)
        for place in _PLACES:
            places.addAction(actions[f"go-{place}"])
            actions.bind(f"go-{place}", partial(self.go, place))
        modes = QActionGroup(self)
        for mode in _MODES:
            modes.addAction(actions[f"theme-{mode}"])
            actions.bind(f"theme-{mode}", partial(self._choose_theme, mode))
        actions["toggle-captions"].toggled.connect(self.rail.show_captions)
        actions["reduce-motion"].toggled.connect(theme().set_reduce_motion)
        actions.bind("quit", self.close)
        self.workflows.open_requested.connect(self.open_workflow)
        self.workflows.run_requested.connect(lambda workflow_id: self.ask(lambda: self.workbench.open_and_run(workflow_id)))

    def _lay_out(self) -> None:
        centre = grounded(QWidget(), "window")
        layout = QHBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self.importing = Importing(self)
        self.notices = NoticeBar(self)

    def _dress(self) -> None:
        # On the window and not on the application: there a new theme takes 250 ms with 550 widgets, here 50 (2026-11).
        self.setStyleSheet(stylesheet(theme().tokens))

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

    def _choose_theme(self, mode: Mode) -> None:
        theme().set_mode(mode)
        self.preferences.theme_mode = mode

    def _on_bell(self, said: object) -> None:
        if isinstance(said, Heard) and said.kind in ("run", "resync"):
            self.workbench.hear(said.id if said.kind == "run" else None)
            self.runs.hear()
            self.workflows.hear()
        if isinstance(said, Heard) and self._triggers is not None:
            self._triggers.hear(said.kind)
        if isinstance(said, Heard) and said.kind in ("workflow", "editing", "resync"):
            self.workbench.drafts.hear(said.id if said.kind != "resync" else None)
            self.workbench.versions.hear(said.id if said.kind != "resync" else None)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)  # after the rest of this picture

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close or self._workbench is None:
            self._keep_preferences()
            super().closeEvent(event)
            self.closed.emit()
            return
        event.ignore()
        self.tasks.start(self._leave(self._workbench))

    async def _leave(self, workbench: Workbench) -> None:
        if (self._triggers is None or await self._triggers.may_leave()) and await workbench.left():
            self._may_close = True
            self.close()

    def _keep_preferences(self) -> None:
        actions = self.actions_of_window
        self.preferences.set("look/captions", actions["toggle-captions"].isChecked())
        self.preferences.set("look/reduce_motion", actions["reduce-motion"].isChecked())
        self.preferences.set_geometry(self.saveGeometry())
        if self._workbench is not None:
            self._workbench.end()
        self.preferences.write()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.importing.offer(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.importing.withdraw()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.importing.take(event.mimeData())

"""The panel under the canvas: the run as a timeline, its log, its data, and what is wrong with the workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from heapq import nlargest
from typing import NamedTuple

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.domain.problems import Problem
from app.domain.runs import StepRunRow
from app.ui.actions import Actions
from app.ui.breakpoint_list import BreakpointList
from app.ui.data_page import DataPage
from app.ui.document import Document
from app.ui.inspector.panel import InspectorPanel
from app.ui.inspector.place_choice import PlaceChoice
from app.ui.live_run import LiveRun
from app.ui.preferences import Preferences
from app.ui.prompts import show_error
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.tasks import Tasks
from app.ui.timeline_rows import Row, Timeline, looks_of, timeline_of
from app.ui.timeline_view import TimelineView
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.chips import status_look
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import Label
from app.ui.words import count, duration, exact, time_of_day

_TABS = ("Timeline", "Log", "Data", "Problems", "Breakpoints")
_WITHOUT_RUN = ("Problems", "Breakpoints")
_MOST_LINES = 2000
_WIDEST_PLACE = 170
_LARGE = 2000
_PAUSE_MS, _PAUSE_LARGE_MS = 100, 1000


class LogLine(NamedTuple):
    """One thing that happened in a run."""

    at: datetime
    row: StepRunRow
    ended: bool


class BottomPanel(QWidget):
    """Follows one document; a row chosen in any tab selects its step."""

    element_chosen = Signal(str)
    problem_opened = Signal(object)
    """A `Problem` whose field shall have the caret."""

    def __init__(self, actions: Actions, inspector: InspectorPanel, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bottom-panel")
        self.setAccessibleName("Run and problems")
        self.setMinimumHeight(120)
        grounded(self, "panel", line="top")
        self._actions = actions
        self._document: Document | None = None
        self.tabs = QTabBar()
        self.tabs.setObjectName("bottom-tabs")
        self.tabs.setAccessibleName("Bottom panel tabs")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for name in _TABS:
            self.tabs.addTab(name)
        self.timeline = TimelineView()
        self.log: Table[LogLine] = Table(_log_columns(), _line_key, name="log-table", row_height=30)
        self.problems: Table[Problem] = Table(_problem_columns(), _problem_key, name="problems-table", row_height=30)
        self.breakpoints = BreakpointList()
        self.data_page = DataPage(inspector.context, inspector.last_run, preferences)
        self.data_page.taken.connect(inspector.configure.take_path)
        self.data = self.data_page.output
        self._no_run = EmptyState(name="no-run")
        self._no_run.say("activity", "No run is shown.", "Press F5 to run the draft and watch it here.")
        self._facts = Label("", "second", "text_second", name="run-facts")
        self._pages = QStackedWidget()
        for page in (self.timeline, self.log, self.data_page, self.problems, self.breakpoints, self._no_run):
            self._pages.addWidget(page)
        self._place = PlaceChoice(inspector.last_run, name="data-place-choice", short=True)
        self._place.setMaximumWidth(_WIDEST_PLACE)
        self._side_by_side = self._side_by_side_button(actions["data-side-by-side"])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 1, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._head())
        layout.addWidget(self._pages, 1)
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._on_pause_over)
        self._is_late = False
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self.tabs.currentChanged.connect(lambda _at: self._show_run())
        self.timeline.step_chosen.connect(self.element_chosen)
        self.log.selected.connect(self._on_log_line)
        self.breakpoints.element_chosen.connect(self.element_chosen)
        self.breakpoints.counted.connect(self._count_breakpoints)
        self.problems.selected.connect(self._on_problem)
        self.problems.opened.connect(lambda problem: self.problem_opened.emit(problem) if problem is not None else None)
        self.data_page.refreshed.connect(self._show_page)
        self._show_page()

    def set_document(self, document: Document | None) -> None:
        if self._document is not None:
            self._document.run_changed.disconnect(self._on_run)
            self._document.problems_changed.disconnect(self._show_problems)
        self._document = document
        if document is not None:
            document.run_changed.connect(self._on_run)
            document.problems_changed.connect(self._show_problems)
        self._show_run()
        self._show_problems()
        self.breakpoints.set_document(document)

    def show_selection(self, ids: Sequence[str]) -> None:
        self.timeline.show_selection(frozenset(ids))

    def show_tab(self, name: str) -> None:
        self.tabs.setCurrentIndex(_TABS.index(name))

    @property
    def shows_output(self) -> bool:
        """Whether the output of what is selected can be seen here, beside its input."""
        return self.data_page.isVisible() and self.data_page.side_by_side and self.data_page.has_own

    def _on_run(self) -> None:
        """News of the run: shown at once, and while there is a lot of it at most so often that drawing it stays a small part."""
        if self._pause.isActive():
            self._is_late = True
            return
        self._show_run()
        live = self._document.live if self._document is not None else None
        self._pause.start(_PAUSE_LARGE_MS if live is not None and len(live.rows.steps) > _LARGE else _PAUSE_MS)

    def _on_pause_over(self) -> None:
        if self._is_late:
            self._on_run()

    def _show_run(self) -> None:
        """The run in the tab that is looked at; the others are made when they are."""
        self._is_late = False
        document = self._document
        live = document.live if document is not None else None
        self._show_page()
        if document is None or live is None:
            self._facts.setText("")
            self.timeline.show_run(None, Timeline())
            return
        done, total = live.progress
        steps = f"{done:,} of {count(total, 'step')}" if total and not live.is_over else count(done, "step")
        self._facts.setText(f"{duration(live.elapsed)} · {steps}")
        tab = _TABS[self.tabs.currentIndex()]
        if tab == "Data":
            self._show_data(live)
        elif len(live.rows.steps) <= _LARGE:
            self._draw(live, tab, _drawn(tab, live, document))
        else:
            self._tasks.start(self._draw_large(live, tab, document))

    async def _draw_large(self, live: LiveRun, tab: str, document: Document) -> None:
        """Lanes and lines of a long run are worked out beside the window, and shown if it still wants them."""
        drawn = await document.session.bridge.call(asyncio.to_thread(_drawn, tab, live, document))
        if self._document is document and document.live is live and _TABS[self.tabs.currentIndex()] == tab:
            self._draw(live, tab, drawn)

    def _draw(self, live: LiveRun, tab: str, drawn: Timeline | list[LogLine]) -> None:
        if isinstance(drawn, Timeline):
            self.timeline.show_run(live, drawn)
        elif tab == "Log":
            self.log.show_rows(drawn, when_empty=("activity", "Nothing has happened yet.", ""))

    def _show_data(self, live: LiveRun) -> None:
        if live.error is not None:
            self.data.set_value(live.error)
        elif live.output is not None or live.is_over:
            self.data.set_value(live.output)
        else:
            self.data.set_nothing("circle-dashed", "The run's output stands here once it has one.")

    def _show_problems(self) -> None:
        found = sorted(self._document.problems, key=lambda problem: problem.severity) if self._document is not None else []
        self.tabs.setTabText(_TABS.index("Problems"), f"Problems  {len(found)}" if found else "Problems")
        self.problems.show_rows(found, when_empty=("circle-check", "No problems found.", "The workflow can run and be published."))

    def _count_breakpoints(self, number: int) -> None:
        self.tabs.setTabText(_TABS.index("Breakpoints"), f"Breakpoints  {number}" if number else "Breakpoints")

    def _show_page(self) -> None:
        at = self.tabs.currentIndex()
        without_run = self._document is None or self._document.live is None
        if without_run and _TABS[at] not in _WITHOUT_RUN and not (_TABS[at] == "Data" and self.data_page.has_sources):
            self._pages.setCurrentWidget(self._no_run)
        else:
            self._pages.setCurrentIndex(at)
        is_own = _TABS[at] == "Data" and self.data_page.has_own
        self._side_by_side.setVisible(is_own)
        self._place.setVisible(is_own and self._place.is_open)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self._facts)
        head.addSpacing(8)
        head.addWidget(self._place)
        head.addSpacing(4)
        head.addWidget(self._side_by_side)
        hide = IconButton("chevron-down", "Hide the panel", name="hide-bottom", size=28, icon_size=16)
        hide.clicked.connect(self._actions["toggle-bottom"].trigger)
        head.addWidget(hide)
        return head

    def _side_by_side_button(self, action: QAction) -> IconButton:
        action.setChecked(self.data_page.side_by_side)
        action.toggled.connect(self._on_side_by_side)
        return IconButton("columns-2", action.text(), name="data-side-by-side", size=28, icon_size=16, action=action)

    def _on_side_by_side(self, on: bool) -> None:
        """Whoever asks for it wants to see it."""
        self.data_page.side_by_side = on
        if on:
            self._actions["toggle-bottom"].setChecked(True)
            self.show_tab("Data")

    def _on_log_line(self, line: LogLine | None) -> None:
        if line is not None and self.log.hasFocus():
            self.element_chosen.emit(line.row.step_id)

    def _on_problem(self, problem: Problem | None) -> None:
        if problem is not None and problem.id is not None and self.problems.hasFocus():
            self.element_chosen.emit(problem.id)


def _drawn(tab: str, live: LiveRun, document: Document) -> Timeline | list[LogLine]:
    """What a tab shows of a run. Pure: it reads copies of what the window holds."""
    own = [row for row in list(live.rows.steps.values()) if not live.rows.is_taken_over(row)]  # the rest happened in another run
    if tab == "Log":
        return _log_of(own)
    if tab != "Timeline":
        return []
    rows: list[Row] = [*own, *live.rows.groups.values()]
    looks = looks_of(document.model.graph, document.session.catalog)
    return timeline_of(rows, live.run.started_at or live.run.created_at, looks)


def _log_of(rows: Iterable[StepRunRow]) -> list[LogLine]:
    """Starts and ends in the order of time, the newest last; of very long logs the end."""
    lines: list[LogLine] = []
    for row in rows:
        if row.started_at is not None and row.status != "skipped":
            lines.append(LogLine(row.started_at, row, ended=False))
        if row.completed_at is not None:
            lines.append(LogLine(row.completed_at, row, ended=True))
    return nlargest(_MOST_LINES, lines, key=lambda line: (line.at, line.ended))[::-1]


def _line_key(line: LogLine) -> str:
    return f"{line.row.path}#{line.row.attempt}#{line.ended}"


def _log_columns() -> tuple[Column[LogLine], ...]:
    return (
        Column("Time", lambda line: Cell(time_of_day(line.at, now=datetime.now(UTC)), colour="text_second", hint=exact(line.at)), 110),
        Column("Step", _log_step, 260),
        Column("What", _log_words),
    )


def _log_step(line: LogLine) -> Cell:
    return Cell(line.row.name, hint=line.row.path)


def _log_words(line: LogLine) -> Cell:
    row = line.row
    if not line.ended:
        return Cell("started" if row.attempt == 1 else f"attempt {row.attempt} started", colour="text_second", icon="circle-play")
    look = status_look(row.status)
    took = f" after {duration(row.completed_at - row.started_at)}" if row.completed_at and row.started_at else ""
    if row.status == "failed" and isinstance(row.error, dict):
        return Cell(f"{row.error.get('type')}: {row.error.get('message')}", colour="status.error", icon=look.icon, icon_colour="error")
    return Cell(f"{look.word.lower()}{took}", icon=look.icon, icon_colour=look.tone or "text_second")


def _problem_columns() -> tuple[Column[Problem], ...]:
    return (
        Column("Problem", _problem_cell),
        Column("Code", lambda problem: Cell(problem.code, colour="text_second", style="code"), 180),
    )


def _problem_cell(problem: Problem) -> Cell:
    if problem.severity == "error":
        return Cell(problem.message, icon="circle-alert", icon_colour="error")
    return Cell(problem.message, icon="triangle-alert", icon_colour="warn")


def _problem_key(problem: Problem) -> str:
    return f"{problem.id}{problem.place}{problem.code}{problem.message}"

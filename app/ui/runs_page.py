"""All runs, newest first: how each went, the one sentence that helps, and a way to open it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.runs import RunRow
from app.ui.actions import Actions
from app.ui.prompts import sentence_of, show_error
from app.ui.run_bar import run_title
from app.ui.run_strip import RunStrip
from app.ui.session import Session
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.tasks import Tasks
from app.ui.widgets.bars import TopBar, grounded
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import Label
from app.ui.widgets.pills import Pills
from app.ui.words import count, duration, exact, short_id, time_of_day

PAGE = 200
_SEARCH_DELAY_MS = 150
_BELL_DELAY_MS = 400
_VIEWS = (
    ("all", "All runs"),
    ("running", "Running"),
    ("completed", "Completed"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
)
_TRIGGERS = {"manual": "mouse-pointer-2", "schedule": "calendar-clock", "webhook": "webhook", "subflow": "corner-down-right"}


class RunsPage(QWidget):
    """The list of runs; it follows what happens while it is looked at."""

    open_requested = Signal(object)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs-page")
        grounded(self, "field")
        self._session: Session | None = None
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._asked = self._answered = 0
        self._rows: list[RunRow] = []
        self._has_more = False
        self.views = Pills(_VIEWS, name="run-views")
        self.search = SearchField("Search in workflow and error…", key="/", name="run-search")
        self.strip = RunStrip()
        self.table: Table[RunRow] = Table(_columns(), lambda row: row.id, name="runs-table")
        self._count = Label("", "second", "text_second", name="run-count")
        self._lay_out(actions)
        self._delay = QTimer(self, singleShot=True)
        self._delay.timeout.connect(self.reload)
        self.search.textChanged.connect(lambda _text: self._show())
        self.views.chosen.connect(lambda _view: self.reload())
        self.table.opened.connect(self.open_requested)
        self.strip.run_chosen.connect(self.open_requested)
        self.table.verticalScrollBar().valueChanged.connect(lambda _value: self._look_at_end())
        self.table.show_loading()

    def attach(self, session: Session) -> None:
        self._session = session
        self.reload()

    def hear(self) -> None:
        """A bell rang for some run; several in a row are one look."""
        if self.isVisible() and not self._delay.isActive():
            self._delay.start(_BELL_DELAY_MS)

    def reload(self) -> None:
        if self._session is not None:
            self._tasks.start(self._load(self._session, offset=0))

    async def _load(self, session: Session, *, offset: int) -> None:
        self._asked += 1
        asked = self._asked
        self.table.show_loading()
        view = self.views.current
        try:
            found: Sequence[RunRow] = await session.call(
                session.services.runs.list, status=None if view == "all" else view, limit=max(PAGE, len(self._rows) - offset), offset=offset
            )
        except Exception as error:
            self.table.show_error(sentence_of(error), self.reload)
            return
        if asked != self._asked:  # an answer that was overtaken by a later question is dropped
            return
        self._answered = asked
        self._has_more = len(found) >= PAGE
        self._rows = [*self._rows[:offset], *found]
        self._show()
        QTimer.singleShot(0, self, self._look_at_end)

    def _show(self) -> None:
        wanted = self.search.text().strip().casefold()
        rows = [row for row in self._rows if not wanted or wanted in f"{row.workflow} {row.error or ''} {row.id}".casefold()]
        self.table.show_rows(rows, when_empty=self._nothing())
        self.strip.show_rows(rows)
        self._count.setText(f"{count(len(rows), 'run')}{' and more' if self._has_more else ''}" if rows else "")

    def _nothing(self) -> tuple[str, str, str]:
        if self.search.text().strip():
            return "search", f"No run mentions “{self.search.text().strip()}”.", "Search looks in the workflow's name and in the error."
        if self.views.current != "all":
            return "inbox", f"No run is {self.views.current}.", ""
        return "activity", "Nothing has run yet.", "Open a workflow and press Run."

    def _look_at_end(self) -> None:
        """Fetch more when the last row is in sight; what is asked already looks here when it is answered."""
        bar = self.table.verticalScrollBar()
        if 0 < bar.maximum() <= bar.value() and self._has_more and self._session is not None and self._answered == self._asked:
            self._tasks.start(self._load(self._session, offset=len(self._rows)))

    def _lay_out(self, actions: Actions) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        bar = TopBar()
        bar.left.addWidget(Label("Runs", "inspector_title"))
        bar.left.addSpacing(16)
        bar.left.addWidget(self.views)
        bar.left.addStretch(1)
        bar.right.addWidget(self._count)
        self.search.setFixedWidth(300)
        bar.right.addWidget(self.search)
        down.addWidget(bar)
        strip_row = QHBoxLayout()
        strip_row.setContentsMargins(16, 10, 16, 10)
        strip_row.addWidget(self.strip)
        down.addLayout(strip_row)
        line = grounded(QWidget(), "field", line="bottom")
        line.setFixedHeight(1)
        down.addWidget(line)
        down.addWidget(self.table, 1)
        actions.install("list", self)
        actions.bind("search", lambda: self.search.setFocus() if self.isVisible() else None)
        actions.bind("reload", lambda: self.reload() if self.isVisible() else None)


def elapsed_of(row: RunRow) -> timedelta | None:
    """From its start to its end or to now; None before it started."""
    if row.started_at is None:
        return None
    return (row.completed_at or datetime.now(UTC)) - row.started_at


def _columns() -> tuple[Column[RunRow], ...]:
    return (
        Column("Status", lambda row: Cell(status="paused" if row.is_paused else row.status), 132, sort_by=lambda row: row.status),
        Column("Workflow", _workflow_cell, sort_by=lambda row: row.workflow.casefold()),
        Column("Version", lambda row: Cell(_version_words(row), colour="text_second"), 90, sort_by=lambda row: row.workflow_version),
        Column("Trigger", _trigger_cell, 132, sort_by=lambda row: row.triggered_by),
        Column("Mode", _mode_cell, 116, sort_by=lambda row: row.mode),
        Column("Started", _started_cell, 132, sort_by=lambda row: row.started_at),
        Column("Duration", lambda row: Cell(duration(elapsed_of(row)), right=True), 110, sort_by=elapsed_of, right=True),
    )


def _workflow_cell(row: RunRow) -> Cell:
    second, colour = _sentence(row)
    return Cell(row.workflow, second, second_colour=colour, badge=f"#{short_id(row.id)}", hint=row.error or "")


def _sentence(row: RunRow) -> tuple[str, str]:
    """The one line that helps, and its colour."""
    match row.status:
        case "failed" | "cancelled" if row.error:
            return row.error, "status.error" if row.status == "failed" else "text_second"
        case "pending":
            return "Waits for its turn", "text_second"
        case "running" if row.is_paused:
            return "Pauses at a breakpoint; open it to go on", "status.warn"
        case "running" if row.waiting_until is not None:
            return f"Waits until {time_of_day(row.waiting_until, now=datetime.now(UTC))}", "text_second"
        case "running":
            return "In progress", "text_second"
        case _ if row.is_partial:
            return run_title(row), "text_second"
        case _:
            return count(row.steps_total, "step") if row.steps_total is not None else "", "text_second"


def _version_words(row: RunRow) -> str:
    return "draft" if row.mode == "test" else f"v{row.workflow_version}"


def _trigger_cell(row: RunRow) -> Cell:
    return Cell(row.triggered_by.capitalize(), colour="text_second", icon=_TRIGGERS.get(row.triggered_by, "zap"))


_PART_WORDS = {"to": "up to a step", "from": "from a step", "only": "one step"}


def _mode_cell(row: RunRow) -> Cell:
    if row.mode != "test":
        return Cell(row.mode, colour="text_second")
    words = [_PART_WORDS.get(row.kind, ""), "edited" if row.is_edited else ""]
    return Cell("test", " · ".join(filter(None, words)), icon="flask-conical", hint=run_title(row) if row.is_partial else "")


def _started_cell(row: RunRow) -> Cell:
    if row.started_at is None:
        return Cell("not yet", colour="text_second")
    return Cell(time_of_day(row.started_at, now=datetime.now(UTC)), hint=exact(row.started_at))

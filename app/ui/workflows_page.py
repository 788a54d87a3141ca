"""All workflows: find one, open it, run it, make or import another, delete one and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.domain.runs import WorkflowRow
from app.ui.actions import Actions
from app.ui.prompts import sentence_of, show_error
from app.ui.session import Session
from app.ui.side_panel import SidePanel, View
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.tasks import Tasks
from app.ui.widgets.bars import TopBar, grounded
from app.ui.widgets.buttons import Button
from app.ui.widgets.chips import status_look
from app.ui.widgets.drop_hint import DropHint
from app.ui.widgets.fields import SearchField
from app.ui.widgets.notices import notices_of
from app.ui.words import ago, count, exact

VIEWS = (
    View("all", "All workflows", "layout-grid"),
    View("published", "Published", "rocket"),
    View("draft", "Drafts", "pencil-ruler"),
    View("attention", "Needs attention", "triangle-alert"),
)
_LIMIT = 500
_SEARCH_DELAY_MS = 150
_BELL_DELAY_MS = 400


class WorkflowsPage(QWidget):
    """The list of workflows with its views; the first thing one sees."""

    open_requested = Signal(str)
    run_requested = Signal(str)
    create_requested = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("workflows-page")
        grounded(self, "window")
        self._session: Session | None = None
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._asked = 0
        self._pointed = ""
        self._rows: Sequence[WorkflowRow] = ()
        self.side = SidePanel("Workflows", VIEWS)
        self.search = SearchField("Search workflows…", key="Ctrl F", name="workflow-search")
        self.table: Table[WorkflowRow] = Table(_columns(), lambda row: row.id, name="workflows-table", row_height=54)
        self._lay_out(actions)
        self._delay = QTimer(self, singleShot=True)
        self._delay.timeout.connect(self.reload)
        self.search.textChanged.connect(lambda _text: self._delay.start(_SEARCH_DELAY_MS))
        self.side.view_chosen.connect(lambda _view: self._show())
        self.table.opened.connect(lambda row: self.open_requested.emit(row.id))
        self.table.spaced.connect(lambda row: self.run_requested.emit(row.id))
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_row_menu)
        self._actions = actions
        actions.bind("delete-workflow", self.delete_current)
        self.table.show_loading()

    def attach(self, session: Session) -> None:
        self._session = session
        self.reload()

    def reload(self) -> None:
        if self._session is not None:
            self._tasks.start(self._load(self._session))

    def point_to(self, workflow_id: str) -> None:
        """Make a workflow the current row, as soon as it is in the list; what hides it is taken away."""
        self._pointed = workflow_id
        if self.search.text() or not any(row.id == workflow_id and _belongs(row, self.side.chosen) for row in self._rows):
            self.side.choose("all")
            self.search.clear()
        self._show()

    def hear(self) -> None:
        """A bell rang for some run; several in a row are one look."""
        if self.isVisible() and not self._delay.isActive():
            self._delay.start(_BELL_DELAY_MS)

    def delete_current(self) -> None:
        row = self.table.current_row()
        if row is not None and self._session is not None:
            self._tasks.start(self._delete(self._session, row))

    async def _load(self, session: Session) -> None:
        self._asked += 1
        asked = self._asked
        self.table.show_loading()
        try:
            rows = await session.call(session.services.workflows.list, search=self.search.text().strip(), limit=_LIMIT, offset=0)
        except Exception as error:
            self.table.show_error(sentence_of(error), self.reload)
            return
        if asked == self._asked:  # an answer that was overtaken by a later question is dropped
            self._rows = rows
            self._show()

    async def _delete(self, session: Session, row: WorkflowRow) -> None:
        await session.call(session.services.workflows.delete, row.id)
        self._rows = [other for other in self._rows if other.id != row.id]
        self._show()

        def restore() -> None:
            self._tasks.start(self._restore(session, row))

        notices_of(self).show_undo(f"“{row.name}” was deleted.", restore)

    async def _restore(self, session: Session, row: WorkflowRow) -> None:
        await session.call(session.services.workflows.restore, row.id)
        await self._load(session)

    def _show(self) -> None:
        for view, button in self.side.buttons.items():
            button.set_count(sum(_belongs(row, view) for row in self._rows))
        rows = [row for row in self._rows if _belongs(row, self.side.chosen)]
        self.table.show_rows(rows, when_empty=self._nothing())
        if self._pointed and (at := self.table.rows_model.row_of(self._pointed)) is not None:
            self._pointed = ""
            self.table.select(at)
            self.table.scrollTo(self.table.rows_model.index(at, 0))

    def _nothing(self) -> tuple[str, str, str]:
        if self.search.text().strip():
            return "search", f"Nothing is called “{self.search.text().strip()}”.", "Search looks in names and descriptions."
        if self.side.chosen == "all":
            return "workflow", "There is no workflow yet.", "Make a new one, or drop a .workflow.json file here."
        return "inbox", "No workflow is in this view.", "All workflows shows every one of them."

    def _open_row_menu(self, at: QPoint) -> None:
        row = self.table.current_row()
        if row is None:
            return
        menu = QMenu(self)
        menu.setObjectName("workflow-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", lambda: self.open_requested.emit(row.id))
        menu.addAction("Run", lambda: self.run_requested.emit(row.id))
        menu.addSeparator()
        for id in ("export-workflow", "uses-of-workflow"):
            menu.addAction(self._actions[id])
        menu.addSeparator()
        menu.addAction(self._actions["delete-workflow"])
        menu.popup(self.table.viewport().mapToGlobal(at))

    def _lay_out(self, actions: Actions) -> None:
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.side)
        content = QWidget()
        across.addWidget(content, 1)
        down = QVBoxLayout(content)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        bar = TopBar()
        self.search.setMaximumWidth(420)
        bar.left.addWidget(self.search, 1)
        bar.left.addStretch(1)
        bar.right.addWidget(Button("Import", icon_name="import", name="import-button", action=actions["import-workflow"]))
        new = Button("New workflow", "primary", icon_name="plus", key="Ctrl N", name="new-button", action=actions["new-workflow"])
        bar.right.addWidget(new)
        down.addWidget(bar)
        inside = QVBoxLayout()
        inside.setContentsMargins(24, 20, 24, 20)
        inside.setSpacing(12)
        card = grounded(QWidget(), "card")
        card_layout = QVBoxLayout(card)
        card_layout.setContentsMargins(1, 1, 1, 8)
        card_layout.addWidget(self.table)
        inside.addWidget(card, 1)
        inside.addWidget(
            DropHint("Drop a .workflow.json file or a folder anywhere in this window to import it, or paste a definition (Ctrl V)")
        )
        down.addLayout(inside, 1)
        actions.install("list", self)
        actions.bind("search", lambda: self.search.setFocus() if self.isVisible() else None)
        actions.bind("reload", lambda: self.reload() if self.isVisible() else None)


def _belongs(row: WorkflowRow, view: str) -> bool:
    match view:
        case "published" | "draft":
            return row.status == view
        case "attention":
            return row.last_run_status == "failed"
        case _:
            return True


def _columns() -> tuple[Column[WorkflowRow], ...]:
    return (
        Column("Name", _name_cell, sort_by=lambda row: row.name.casefold()),
        Column("Status", _status_cell, 168, sort_by=lambda row: (row.status, row.name.casefold())),
        Column("Last run", _last_run_cell, 264, sort_by=lambda row: row.last_run_at),
        Column("Updated", _updated_cell, 148, sort_by=lambda row: row.updated_at),
    )


def _name_cell(row: WorkflowRow) -> Cell:
    steps = count(row.step_count, "step") if row.step_count else "Empty"
    second = f"{steps} · {row.description}" if row.description else steps
    return Cell(row.name, second, style="node_title", icon="workflow", tile="trigger")


def _status_cell(row: WorkflowRow) -> Cell:
    if row.status == "published":
        when = f"{ago(row.published_at, now=datetime.now(UTC))}" if row.published_at else ""
        return Cell("Published", when, dot="ok", badge=f"v{row.version}", hint=exact(row.published_at))
    return Cell("Draft", "never published", colour="text_second", dot="text_third", ring=True)


def _last_run_cell(row: WorkflowRow) -> Cell:
    if row.last_run_status is None:
        return Cell("Not run yet", "press Run to try it", colour="text_second", icon="circle-dashed", icon_colour="text_third")
    look = status_look(row.last_run_status)
    when = ago(row.last_run_at, now=datetime.now(UTC))
    failed = row.last_run_status == "failed"
    return Cell(
        f"{look.word} {when}" if failed else look.word,
        row.last_run_error or "" if failed else when,
        colour="status.error" if failed else "text",
        icon=look.icon,
        icon_colour=look.tone or "text_second",
        hint=exact(row.last_run_at),
    )


def _updated_cell(row: WorkflowRow) -> Cell:
    return Cell(ago(row.updated_at, now=datetime.now(UTC)), colour="text_second", hint=exact(row.updated_at))

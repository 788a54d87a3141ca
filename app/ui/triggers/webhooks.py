"""Webhooks: the list, and of the one that is selected its address, secret, mapping and deliveries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.domain.access import Permission
from app.domain.webhooks import NewWebhook, WebhookRow
from app.ui.actions import Actions
from app.ui.prompts import confirm
from app.ui.session import Session
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.triggers.trigger_list import TriggerList
from app.ui.triggers.webhook_detail import WebhookDetail
from app.ui.triggers.webhook_dialogs import NewWebhookDialog, RotateDialog
from app.ui.widgets.bars import grounded
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.notices import notices_of
from app.ui.words import count, time_of_day

_LIST_WIDTH = 300


class WebhooksView(TriggerList[WebhookRow]):
    """The webhooks, with all about the one that is selected."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        table: Table[WebhookRow] = Table(_columns(), lambda row: row.id, name="webhooks-table", row_height=52)
        super().__init__(table, SearchField("Name or workflow…", key="/", name="webhook-search"), name="webhooks-view", parent=parent)
        self._rows: list[WebhookRow] = []
        self.table.horizontalHeader().hide()
        self.detail = WebhookDetail()
        self._nothing = EmptyState(name="no-webhook")
        self._listener = Label("", "ui", name="listener-state")
        self._address = ElidedLabel("", "second", "text_second", name="listener-address")
        self._lay_out()
        self._connect()

    def attach(self, session: Session) -> None:
        super().attach(session)
        self.detail.attach(session)

    def new(self) -> None:
        self._tasks.start(self._create())

    async def _fetch(self, session: Session) -> Callable[[], Awaitable[None]]:
        rows: Sequence[WebhookRow] = await session.call(session.services.webhooks.list)
        listeners: Sequence[str] = await session.call(session.services.webhooks.listeners)

        async def take() -> None:
            self._rows = list(rows)
            self._show_listener(listeners)
            self.detail.set_base_url(listeners[0] if listeners else "")
            self._show()

        return take

    def _show_listener(self, listeners: Sequence[str]) -> None:
        any_on = any(row.enabled for row in self._rows)
        if listeners:
            self._listener.setText("Listening")
            self._listener.set_colour("status.ok")
            self._address.setText(", ".join(listeners))
        elif any_on:
            self._listener.setText("Nobody listens")
            self._listener.set_colour("status.error")
            self._address.setText("The port may be taken; ORCHESTRION_LISTEN sets another.")
        else:
            self._listener.setText("Off")
            self._listener.set_colour("text_second")
            self._address.setText("It starts with the first webhook that is on.")

    def _show(self) -> None:
        rows = [row for row in self._rows if self._wanted in f"{row.plan.name} {row.workflow_name}".casefold()]
        nothing = ("webhook", "No webhook yet.", "")
        if self._rows:
            nothing = ("search", f"No webhook mentions “{self.search.text().strip()}”.", "")
        self.table.show_rows(rows, when_empty=nothing)
        if rows and self.table.current_row() is None:
            self.table.select(0)
        self._show_current()

    def _show_current(self) -> None:
        row = self.table.current_row()
        self.detail.setVisible(row is not None)
        self._nothing.setVisible(row is None)
        if row is not None:
            self.detail.show_webhook(row)
        else:
            may = self._session is not None and self._session.actor.may(Permission.WEBHOOK_EDIT)
            self._nothing.say(
                "webhook",
                "Nothing starts runs from outside yet." if not self._rows else "No webhook is selected.",
                "A webhook is an address to which another program posts signed JSON.",
                button="New webhook",
                do=self.new if may else None,
            )

    async def _switch(self, session: Session, row: WebhookRow) -> tuple[str, Callable[[], Awaitable[object]]]:
        enable = session.services.webhooks.enable
        await session.call(enable, row.id, not row.enabled)
        return f"“{row.plan.name}” is {'off' if row.enabled else 'on'}.", lambda: session.call(enable, row.id, row.enabled)

    async def _create(self) -> None:
        session = self._session
        if session is None:
            return
        workflows = await session.call(session.services.workflows.list, status="published", limit=1_000)
        dialog = NewWebhookDialog(self, sorted(workflows, key=lambda each: each.name.casefold()))
        if not await dialog.answered():
            return
        made: NewWebhook = await session.call(session.services.webhooks.create, dialog.plan)
        await self._load(session)
        self.select(made.id)
        self.detail.show_secret(made, None)

    async def _rotate(self, row: WebhookRow) -> None:
        session = self._session
        if session is None:
            return
        dialog = RotateDialog(self, row)
        if not await dialog.answered():
            return
        made: NewWebhook = await session.call(session.services.webhooks.rotate, row.id, overlap=dialog.overlap)
        await self._load(session)
        self.detail.show_secret(made, (await session.call(session.services.webhooks.get, row.id)).previous_valid_until)

    async def _delete(self, row: WebhookRow) -> None:
        session = self._session
        lost = f"Its address answers as if it had never been, for good. Its {count(row.trigger_count, 'run')} stay."
        if session is None or not await confirm(self, f"Delete the webhook “{row.plan.name}”?", lost, yes="Delete"):
            return
        await session.call(session.services.webhooks.delete, row.id)
        self.detail.forget_secret()
        await self._load(session)
        notices_of(self).show_done(f"“{row.plan.name}” is deleted.")

    def _lay_out(self) -> None:
        side = grounded(QWidget(), "field", line="right")
        side.setMinimumWidth(220)
        down = QVBoxLayout(side)
        down.setContentsMargins(0, 0, 1, 0)
        down.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 10)
        head.addWidget(self.search)
        down.addLayout(head)
        down.addWidget(self.table, 1)
        foot = grounded(QWidget(), "panel", line="top")
        about = QVBoxLayout(foot)
        about.setContentsMargins(16, 10, 16, 12)
        about.setSpacing(4)
        line = QHBoxLayout()
        line.addWidget(Label("LISTENER", "section", "text_second"), 1)
        line.addWidget(self._listener)
        about.addLayout(line)
        about.addWidget(self._address)
        down.addWidget(foot)
        right = QWidget()
        shown = QVBoxLayout(right)
        shown.setContentsMargins(0, 0, 0, 0)
        shown.addWidget(self.detail)
        shown.addWidget(self._nothing)
        across = QSplitter()
        across.setChildrenCollapsible(False)
        across.setHandleWidth(1)
        across.addWidget(side)
        across.addWidget(right)
        across.setSizes([_LIST_WIDTH, 900])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(across)

    def _connect(self) -> None:
        self.table.selected.connect(lambda _row: self._show_current())
        self.table.opened.connect(lambda _row: self.detail.mapping.focus_first())
        self.detail.run_opened.connect(self.run_requested)
        self.detail.changed.connect(self.reload)
        self.detail.rotate_asked.connect(lambda row: self._tasks.start(self._rotate(row)))
        self.detail.delete_asked.connect(lambda row: self._tasks.start(self._delete(row)))


def _columns() -> tuple[Column[WebhookRow], ...]:
    return (Column("", lambda row: Cell(switch=row.enabled, hint="On" if row.enabled else "Off"), 56), Column("", _row_cell))


def _row_cell(row: WebhookRow) -> Cell:
    last = f", last {time_of_day(row.last_triggered_at, now=datetime.now(UTC))}" if row.last_triggered_at is not None else ""
    colour = "text" if row.enabled else "text_second"
    return Cell(row.plan.name, f"{row.workflow_name}  ·  {row.trigger_count:,} accepted{last}", colour=colour, hint=row.workflow_name)

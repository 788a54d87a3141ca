"""One webhook: where it is, how it is signed, what becomes of its payload, and what arrived."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QSplitter, QVBoxLayout, QWidget

from app.domain.access import Permission
from app.domain.errors import AppError
from app.domain.json_value import Json
from app.domain.known_data import Known
from app.domain.webhooks import DeliveryRow, NewWebhook, WebhookPlan, WebhookRow
from app.services.webhooks import MappingTrial
from app.ui.inspector.data_tree import DataNode, DataTree
from app.ui.prompts import confirm, sentence_of, show_error
from app.ui.session import Session
from app.ui.tasks import Tasks
from app.ui.theme import font
from app.ui.triggers.deliveries import DeliveriesPanel, DeliveryDialog
from app.ui.triggers.mapping import MappingEditor
from app.ui.triggers.secret_card import SecretCard, SignedRequest
from app.ui.triggers.webhook_dialogs import FORMS
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.chips import IconTile
from app.ui.widgets.fields import Choice
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.notices import notices_of

TRY_MS, SAVE_MS = 100, 600
_KEY_WIDTH, _KIND_WIDTH, _REPLY_CHARS = 170, 76, 8
RATES = ((None, "60,000 / min"), (60, "60 / min"), (600, "600 / min"), (6_000, "6,000 / min"))
REPLIES = ((None, "At once, with 202"), (5_000, "The run's output, within 5 s"), (30_000, "The run's output, within 30 s"))
EXAMPLE: Json = {"event": "example", "data": {"id": 1}}


class WebhookDetail(QWidget):
    """Changes of signature, rate, reply and mapping are saved by themselves."""

    run_opened = Signal(str)
    changed = Signal()
    rotate_asked = Signal(object)
    delete_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("webhook-detail")
        grounded(self, "field")
        self._session: Session | None = None
        self._row: WebhookRow | None = None
        self._unkept: dict[str, tuple[str, datetime | None]] = {}
        """By webhook the secrets of which nobody has said that they are kept, and until when the one before is taken."""
        self._base_url = ""
        self._payload: Json = EXAMPLE
        self._chose_payload = False
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._title = ElidedLabel("", "inspector_title", name="webhook-title")
        self._starts = ElidedLabel("", "second", "text_second", name="webhook-starts")
        self._address = QLineEdit(readOnly=True)
        self._address.setObjectName("webhook-address")
        self._address.setAccessibleName("Address")
        self._address.setFont(font("code"))
        self.secret = SecretCard()
        self.form = _choice("webhook-signature", "Signature", FORMS)
        self.rate = _choice("webhook-rate", "Rate limit", RATES)
        self.reply = _choice("webhook-reply", "Reply", REPLIES)
        self.reply.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.reply.setMinimumContentsLength(_REPLY_CHARS)
        self.request = SignedRequest()
        self.mapping = MappingEditor()
        self.payload = DataTree(name="webhook-payload", zones=self.mapping.zones)
        self.mapping.source = self.payload
        self.payload.header().hide()
        self.payload.setColumnWidth(0, _KEY_WIDTH)
        self.payload.setColumnWidth(1, _KIND_WIDTH)
        self._payload_from = ElidedLabel("", "second", "text_second", name="payload-from")
        self.deliveries = DeliveriesPanel()
        self._test = Button("Send a test", icon_name="send", name="webhook-test")
        self._rotate = Button("New secret…", icon_name="key-round", name="webhook-rotate")
        self._delete = IconButton("trash-2", "Delete this webhook", name="webhook-delete", size=32, icon_size=16)
        self._lay_out()
        self._try_soon = QTimer(self, singleShot=True, interval=TRY_MS)
        self._save_soon = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._connect()

    def attach(self, session: Session) -> None:
        self._session = session
        may = session.actor.may(Permission.WEBHOOK_EDIT)
        for part in (self.form, self.rate, self.reply, self.mapping, self._rotate, self._delete):
            part.setEnabled(may)

    def set_base_url(self, base_url: str) -> None:
        """Where a listener is reached just now; empty when nobody listens."""
        self._base_url = base_url or self._base_url or "http://127.0.0.1:8642"
        self._show_address()

    def show_webhook(self, row: WebhookRow) -> None:
        """Another webhook, or the same one with news; what is being typed stays."""
        before = self._row
        another = before is None or before.id != row.id
        if another and self._save_soon.isActive():
            self._save_now()
        changed_elsewhere = before is not None and not another and before.plan != row.plan and self._plan() == before.plan
        self._row = row
        self._title.setText(row.plan.name)
        version = f"v{row.plan.workflow_version}" if row.plan.workflow_version else "the latest version"
        self._starts.setText(f"starts “{row.workflow_name}”, {version}")
        if another or changed_elsewhere:
            self._show_plan(row.plan)
        if another:
            self._show_unkept()
            self._chose_payload = False
        if not self._chose_payload:
            self._show_payload(row.last_payload, "the last one accepted")
        self._show_address()
        self._start(self._load_deliveries(row.id))

    def show_secret(self, made: NewWebhook, old_until: datetime | None) -> None:
        """Whenever this webhook is selected, until it is said to be kept."""
        self._unkept[made.id] = (made.secret, old_until)
        self._show_unkept()

    def forget_secret(self) -> None:
        if self._row is not None:
            self._unkept.pop(self._row.id, None)
        self._show_unkept()

    def _show_unkept(self) -> None:
        if self._row is not None and (unkept := self._unkept.get(self._row.id)) is not None:
            self.secret.show_secret(*unkept)
        else:
            self.secret.forget()
        self._show_request()

    async def may_leave(self) -> bool:
        """Saves what was typed; asks when a secret has not been kept, for nothing shows it again."""
        if self._save_soon.isActive():
            self._save_soon.stop()
            if (changed := self._changed()) is not None:
                await self._save(*changed)
        if not self._unkept:
            return True
        lost = "It is not shown again; without it nothing can be signed until there is a new one."
        question = "Have you kept the secret?" if len(self._unkept) == 1 else f"Have you kept the {len(self._unkept)} secrets?"
        return await confirm(self, question, lost, yes="Close all the same")

    def _show_plan(self, plan: WebhookPlan) -> None:
        for choice, value in ((self.form, plan.signature), (self.rate, plan.rate_limit), (self.reply, plan.respond_within_ms)):
            at = choice.findData(value)
            if at < 0:
                choice.addItem(f"{value:,}", value)
                at = choice.count() - 1
            choice.setCurrentIndex(at)
        self.mapping.set_mapping(plan.input_mapping)
        self._try_soon.start()

    def _show_payload(self, payload: Json, source: str) -> None:
        known = payload is not None
        self._payload = payload if known else EXAMPLE
        self._payload_from.setText(source if known else "nothing came yet; this is an example")
        root = DataNode("$", "$", Known.of(self._payload))
        self.payload.show_nodes([root])
        self.payload.expandToDepth(2)
        self.mapping.show_payload(self._payload)
        self._show_request()
        self._try_soon.start()

    def _show_address(self) -> None:
        if self._row is not None:
            self._address.setText(self._url)
            self._address.setCursorPosition(0)
            self._show_request()

    @property
    def _url(self) -> str:
        return f"{self._base_url}/webhooks/{self._row.id}" if self._row is not None else ""

    def _show_request(self) -> None:
        if self._row is not None:
            self.request.show_request(self._url, self._row.plan.signature, self.secret.secret, self._payload)

    async def _load_deliveries(self, webhook_id: str) -> None:
        if self._session is None:
            return
        rows: Sequence[DeliveryRow] = await self._session.call(self._session.services.webhooks.deliveries, webhook_id, limit=200)
        if self._row is not None and self._row.id == webhook_id:
            self.deliveries.show_deliveries(rows)

    async def _try(self) -> None:
        """What the workflow says of what the mapping makes."""
        session, row = self._session, self._row
        if session is None or row is None:
            return
        try:
            mapping = self.mapping.mapping()
            trial: MappingTrial = await session.call(
                session.services.webhooks.try_mapping, row.plan.workflow_id, mapping, self._payload, version=row.plan.workflow_version
            )
        except AppError as error:
            self._say(sentence_of(error), "status.error")
            return
        if trial.problems:
            self._say(trial.problems[0], "status.error")
        else:
            self._say("Fits the input of the workflow", "status.ok")

    def _say(self, verdict: str, colour: str) -> None:
        self.mapping.verdict.setText(verdict)
        self.mapping.verdict.set_colour(colour)

    def _on_edit(self) -> None:
        self._try_soon.start()
        self._save_soon.start()

    def _save_now(self) -> None:
        """What stands there now, though another webhook may be shown before it is kept."""
        self._save_soon.stop()
        if (changed := self._changed()) is not None:
            self._start(self._save(*changed))

    def _changed(self) -> tuple[WebhookRow, WebhookPlan] | None:
        row, plan = self._row, self._plan()
        return (row, plan) if row is not None and plan is not None and plan != row.plan else None

    def _plan(self) -> WebhookPlan | None:
        """None for half a path, which is none yet: it stays as typed, and is saved once it is one."""
        if self._row is None:
            return None
        try:
            return replace(
                self._row.plan,
                signature=self.form.currentData(),
                rate_limit=self.rate.currentData(),
                respond_within_ms=self.reply.currentData(),
                input_mapping=self.mapping.mapping(),
            )
        except AppError as error:
            self._say(sentence_of(error), "status.error")
            return None

    async def _save(self, row: WebhookRow, plan: WebhookPlan) -> None:
        session = self._session
        if session is None:
            return
        try:
            kept: WebhookRow = await session.call(session.services.webhooks.change, row.id, plan)
        except AppError as error:
            self._say(sentence_of(error), "status.error")
            return
        if self._row is not None and self._row.id == kept.id:
            self._row = kept
            self._show_request()
        self.changed.emit()

    async def _send_test(self) -> None:
        """A run of the mapping's result, started here; nothing goes over the network."""
        session, row = self._session, self._row
        if session is None or row is None:
            return
        try_mapping, mapping = session.services.webhooks.try_mapping, self.mapping.mapping()
        trial: MappingTrial = await session.call(
            try_mapping, row.plan.workflow_id, mapping, self._payload, version=row.plan.workflow_version
        )
        version = row.plan.workflow_version or None
        run_id = await session.call(session.services.runs.start, row.plan.workflow_id, trial.input, version=version)
        notices_of(self).show_undo(f"A run of “{row.workflow_name}” is queued.", lambda: self.run_opened.emit(run_id), word="Show it")

    async def _open_delivery(self, row: DeliveryRow) -> None:
        dialog = DeliveryDialog(self, row)
        chosen: list[str] = []
        dialog.open_run.clicked.connect(lambda: chosen.append(row.run_id or ""))
        if await dialog.answered() and chosen:
            self.run_opened.emit(chosen[0])

    def _on_delivery(self, row: DeliveryRow | None) -> None:
        if row is not None and row.payload is not None:
            self._chose_payload = True
            self._show_payload(row.payload, f"the one of {row.received_at.astimezone():%H:%M:%S}")

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        self._tasks.start(work)

    def _lay_out(self) -> None:
        head = grounded(QWidget(), "field", line="bottom")
        across = QHBoxLayout(head)
        across.setContentsMargins(16, 10, 16, 10)
        across.setSpacing(12)
        across.addWidget(IconTile("webhook", "trigger"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._starts)
        across.addLayout(words, 1)
        for button in (self._test, self._rotate, self._delete):
            across.addWidget(button)
        copy = IconButton("copy", "Copy the address", name="address-copy", size=28, icon_size=15)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._address.text()))
        address = QHBoxLayout()
        address.addWidget(self._address, 1)
        address.addWidget(copy)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(Label("Address", "second", "text_second"))
        left.addLayout(address)
        left.addWidget(self.secret)
        choices = QHBoxLayout()
        choices.setSpacing(8)
        for title, choice in (("Signature", self.form), ("Rate limit", self.rate), ("Reply", self.reply)):
            down = QVBoxLayout()
            down.setSpacing(4)
            down.addWidget(Label(title, "second", "text_second"))
            down.addWidget(choice)
            choices.addLayout(down, 1 if choice is self.reply else 0)
        left.addLayout(choices)
        left.addStretch(1)
        upper = QHBoxLayout()
        upper.setSpacing(16)
        upper.addLayout(left, 4)
        upper.addWidget(self.request, 3)
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(16, 12, 16, 12)
        inner.setSpacing(16)
        inner.addLayout(upper)
        inner.addLayout(self._mapping_part(), 1)
        scroll = self._scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(body)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(scroll)
        split.addWidget(self.deliveries)
        split.setSizes([520, 260])
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(split, 1)

    def _mapping_part(self) -> QHBoxLayout:
        """The mapping, and beside it the payload that it is tried on."""
        lower = QHBoxLayout()
        lower.setSpacing(16)
        lower.addWidget(self.mapping, 1)
        payload = QVBoxLayout()
        above = QHBoxLayout()
        above.addStrut(Button.HEIGHT)  # as high as the head of the mapping, which has a button
        above.addWidget(Label("Payload", "node_title"))
        above.addWidget(self._payload_from, 1)
        above.addWidget(ElidedLabel("drag or double click a value to map it", "second", "text_second"))
        payload.addLayout(above)
        self.payload.setMinimumHeight(150)
        payload.addWidget(self.payload, 1)
        lower.addLayout(payload, 1)
        return lower

    def _connect(self) -> None:
        self._try_soon.timeout.connect(lambda: self._start(self._try()))
        self._save_soon.timeout.connect(self._save_now)
        for choice in (self.form, self.rate, self.reply):
            choice.activated.connect(lambda _at: self._on_edit())
        self.mapping.changed.connect(self._on_edit)
        self.mapping.places_shown.connect(lambda places: self.payload.mark("$", places))
        self.mapping.row_added.connect(lambda field: QTimer.singleShot(0, field, lambda: self._scroll.ensureWidgetVisible(field, 0, 8)))
        self.payload.taken.connect(self.mapping.insert_path)
        self.deliveries.payload_chosen.connect(self._on_delivery)
        self.deliveries.table.opened.connect(lambda row: self._start(self._open_delivery(row)))
        self.secret.kept.connect(self.forget_secret)
        self._test.clicked.connect(lambda: self._start(self._send_test()))
        self._rotate.clicked.connect(lambda: self.rotate_asked.emit(self._row))
        self._delete.clicked.connect(lambda: self.delete_asked.emit(self._row))


def _choice(name: str, title: str, entries: Sequence[tuple[str | int | None, str]]) -> Choice:
    choice = Choice(name=name)
    choice.setAccessibleName(title)
    for value, words in entries:
        choice.addItem(words, value)
    return choice

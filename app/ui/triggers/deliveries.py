"""What arrived at one webhook, newest first, with verdicts; one that is opened shows its headers and payload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.json_value import Json
from app.domain.webhooks import DeliveryRow
from app.ui.prompts import Dialog
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.widgets.buttons import Button
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.labels import Label
from app.ui.widgets.pills import Pills
from app.ui.words import EN_DASH, exact, short_id, size, time_of_day

_VIEWS = (("all", "All"), ("accepted", "Accepted"), ("duplicate", "Repeated"), ("refused", "Refused"))
_LOOKS = {
    "accepted": ("circle-check", "status.ok", "Accepted"),
    "duplicate": ("copy", "text_second", "Repeated"),
    "refused": ("shield-alert", "status.error", "Refused"),
}
_REFUSALS = {
    400: ("circle-x", "status.error", "No JSON"),
    401: ("shield-alert", "status.error", "Bad signature"),
    422: ("circle-x", "status.error", "Bad input"),
}
_UNKNOWN = "It was not noted when this arrived"


class DeliveriesPanel(QWidget):
    """`run_opened` has the id of a run."""

    run_opened = Signal(str)
    payload_chosen = Signal(object)
    """The delivery whose payload the mapping is to be tried on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("deliveries-panel")
        self._rows: Sequence[DeliveryRow] = ()
        self.views = Pills(_VIEWS, name="delivery-views")
        self._sums = Label("", "second", "text_second", name="delivery-sums")
        self.table: Table[DeliveryRow] = Table(_columns(), lambda row: row.id, name="deliveries-table", row_height=32)
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 6)
        head.addWidget(Label("Deliveries", "node_title"))
        head.addSpacing(8)
        head.addWidget(self.views)
        head.addStretch(1)
        head.addWidget(self._sums)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(head)
        down.addWidget(self.table, 1)
        self.views.chosen.connect(lambda _view: self._show())
        self.table.selected.connect(self.payload_chosen)

    def show_deliveries(self, rows: Sequence[DeliveryRow]) -> None:
        self._rows = rows
        number = {verdict: sum(row.verdict == verdict for row in rows) for verdict in _LOOKS}
        words = f"{number['accepted']:,} accepted, {number['duplicate']:,} repeated, {number['refused']:,} refused"
        self._sums.setText(f"Of the last {len(rows):,}: {words}" if rows else "")
        self._show()

    def _show(self) -> None:
        view = self.views.current
        rows = [row for row in self._rows if view in ("all", row.verdict)]
        nothing = ("inbox", "None of these.", "")
        if not self._rows:
            nothing = ("webhook", "Nothing has arrived yet.", "Copy the signed request and send it.")
        self.table.show_rows(rows, when_empty=nothing)


class DeliveryDialog(Dialog):
    """One delivery as it came."""

    def __init__(self, parent: QWidget, row: DeliveryRow) -> None:
        at = time_of_day(row.received_at, now=datetime.now(UTC))
        super().__init__(parent, f"{_look_of(row)[2]}, {at}", width=560, name="delivery-dialog")
        if row.reason:
            self.content.addWidget(Label(row.reason, "ui", "text_second", wrap=True, name="delivery-reason"))
        if row.verdict == "refused" and not row.headers:
            self.content.addWidget(Label("Its signature did not hold, so nothing of it was kept.", "ui", "text_second", wrap=True))
        else:
            headers: Json = dict(row.headers)
            for title, value, name in (("Headers", headers, "headers"), ("Payload", row.payload, "payload")):
                view = JsonView(name=f"delivery-{name}")
                view.setMinimumHeight(150)
                view.set_value(value)
                self.content.addWidget(Label(title, "second", "text_second"))
                self.content.addWidget(view)
        self.add_button(Button("Close", name="delivery-close"), accepts=True)
        self.open_run = Button("Show the run", icon_name="activity", name="delivery-run")
        if row.run_id:
            self.add_button(self.open_run, accepts=True)


def _columns() -> tuple[Column[DeliveryRow], ...]:
    return (
        Column("Received", _time_cell, 120, sort_by=lambda row: row.received_at),
        Column("Verdict", _verdict_cell, 146, sort_by=lambda row: row.verdict),
        Column("Reply", lambda row: Cell(str(row.status_code or ""), colour="text_second", style="code"), 64),
        Column("What came of it", _outcome_cell),
        Column("Message id", lambda row: Cell(_message(row), colour="text_second", style="code", hint=row.message_id or ""), 160),
        Column("Size", _size_cell, 84, sort_by=lambda row: row.body_bytes, right=True),
        Column("Took", _took_cell, 76, sort_by=lambda row: row.took_ms, right=True),
    )


def _time_cell(row: DeliveryRow) -> Cell:
    shown = time_of_day(row.received_at, now=datetime.now(UTC))
    if shown.count(":") == 2:  # today: several a second are told apart
        shown += f".{row.received_at.microsecond // 1_000:03d}"
    return Cell(shown, hint=exact(row.received_at))


def _look_of(row: DeliveryRow) -> tuple[str, str, str]:
    return _REFUSALS.get(row.status_code or 0, _LOOKS["refused"]) if row.verdict == "refused" else _LOOKS[row.verdict]


def _verdict_cell(row: DeliveryRow) -> Cell:
    icon, colour, word = _look_of(row)
    return Cell(word, icon=icon, icon_colour=colour)


def _outcome_cell(row: DeliveryRow) -> Cell:
    reason = (row.reason or "").replace("\n", "; ")
    if row.run_id and row.verdict == "duplicate":
        words = f"Same message, answered with #{short_id(row.run_id)}"
    else:
        started = f"Started #{short_id(row.run_id)}" if row.run_id else ""
        words = ". ".join(part for part in (started, reason) if part)
    return Cell(words, hint=row.reason or "")


def _size_cell(row: DeliveryRow) -> Cell:
    hint = f"{row.body_bytes:,} bytes of body" if row.body_bytes is not None else _UNKNOWN
    return Cell(size(row.body_bytes), colour="text_second", right=True, hint=hint)


def _took_cell(row: DeliveryRow) -> Cell:
    if row.took_ms is None:
        return Cell(EN_DASH, colour="text_second", right=True, hint=_UNKNOWN)
    words = "< 1 ms" if row.took_ms == 0 else f"{row.took_ms} ms" if row.took_ms < 1_000 else f"{row.took_ms / 1_000:.1f} s"
    done = "refused" if row.verdict == "refused" else "kept"
    return Cell(words, colour="text_second", right=True, hint=f"From its first byte until it was {done}")


def _message(row: DeliveryRow) -> str:
    if row.message_id is None:
        return "unread"
    return "its text" if row.message_id.startswith("body:") else row.message_id

"""A past range of a schedule: how many runs it would make is told before any is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, QTimer
from PySide6.QtWidgets import QDateTimeEdit, QGridLayout, QWidget

from app.domain.errors import AppError
from app.domain.schedules import ScheduleRow
from app.services.schedules import MOST_BACKFILLED
from app.ui.prompts import Dialog, show_error
from app.ui.session import Session
from app.ui.tasks import Tasks
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.words import count

LOOK_MS = 200


class BackfillDialog(Dialog):
    """`answered` tells whether; then `span` and `number` are what was agreed to."""

    def __init__(self, parent: QWidget, session: Session, row: ScheduleRow) -> None:
        super().__init__(parent, f"Backfill “{row.plan.name}”", name="backfill-dialog")
        self._session, self._row = session, row
        self.number = 0
        self._asked = 0
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        explained = "Makes the runs of a past range that have none, behind all other work. Times are local."
        self.content.addWidget(Label(explained, "ui", "text_second", wrap=True))
        now = datetime.now().astimezone().replace(second=0, microsecond=0)
        self.start, self.end = _time_field("backfill-from", "From", now - timedelta(days=1)), _time_field("backfill-to", "To", now)
        grid = QGridLayout()
        for at, (title, field) in enumerate((("From", self.start), ("To", self.end))):
            grid.addWidget(Label(title, "second", "text_second"), at, 0)
            grid.addWidget(field, at, 1)
        grid.setColumnStretch(1, 1)
        self.content.addLayout(grid)
        self.said = Label("", "node_title", wrap=True, name="backfill-count")
        self.content.addWidget(self.said)
        self._cost = Label("", "ui", "text_second", wrap=True, name="backfill-cost")
        self.content.addWidget(self._cost)
        self.add_button(Button("Cancel", name="backfill-cancel"), accepts=False)
        self.make = self.add_button(Button("Make the runs", "primary", name="backfill-make"), accepts=True)
        self.make.setEnabled(False)
        self._soon = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._soon.timeout.connect(lambda: self._tasks.start(self._look()))
        for field in (self.start, self.end):
            field.dateTimeChanged.connect(lambda _time: self._on_change())
        self._on_change()

    @property
    def span(self) -> tuple[datetime, datetime]:
        return _moment(self.start), _moment(self.end)

    def _on_change(self) -> None:
        self.make.setEnabled(False)
        self.said.setText("Counting…")
        self._cost.setText("")
        self._soon.start()

    async def _look(self) -> None:
        self._asked += 1
        asked = self._asked
        start, end = self.span
        try:
            found = await self._session.call(self._session.services.schedules.backfillable, self._row.id, start=start, end=end)
        except AppError as error:
            self.said.set_colour("status.error")
            self.said.setText(str(error))
            return
        if asked != self._asked:
            return
        self.number = found.count
        self.said.set_colour("status.error" if found.is_cut else "text")
        if found.is_cut:
            self.said.setText(f"More than {MOST_BACKFILLED:,} runs; choose a shorter range.")
        else:
            self.said.setText(f"{count(found.count, 'run')} would be made." if found.count else "Every time in this range has its run.")
        self._cost.setText(found.cost_words if found.count and not found.is_cut else "")
        self.make.setText(f"Make {count(found.count, 'run')}" if found.count and not found.is_cut else "Make the runs")
        self.make.setEnabled(bool(found.count) and not found.is_cut)


def _time_field(name: str, label: str, at: datetime) -> QDateTimeEdit:
    field = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))
    field.setObjectName(name)
    field.setAccessibleName(label)
    field.setCalendarPopup(True)
    field.setDisplayFormat("yyyy-MM-dd HH:mm")
    return field


def _moment(field: QDateTimeEdit) -> datetime:
    return datetime.fromtimestamp(field.dateTime().toSecsSinceEpoch(), tz=UTC)

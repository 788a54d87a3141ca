"""What became of each tick of one schedule, and what can be asked of it: a run now, the runs of a past range."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.schedules import ScheduleRow, TickRow
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.triggers.words import day_and_time
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.words import exact, short_id

_LOOKS = {
    "missed": ("clock", "status.warn", "Missed"),
    "overlapped": ("layers", "text_second", "Overlapped"),
}
_RUNS = {
    "completed": ("circle-check", "status.ok", "Run"),
    "failed": ("circle-x", "status.error", "Run failed"),
    "cancelled": ("circle-x", "text_second", "Run cancelled"),
    "running": ("activity", "status.running", "Run goes on"),
    "pending": ("activity", "text_second", "Run waits"),
}


class TicksPanel(QWidget):
    """Follows the schedule that is selected."""

    run_asked = Signal(object)
    backfill_asked = Signal(object)
    run_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ticks-panel")
        grounded(self, "panel", line="top")
        self.setMinimumWidth(280)
        self._row: ScheduleRow | None = None
        self._may_run = self._may_edit = True
        self._name = ElidedLabel("", "second", "text_second", name="ticks-of")
        self.table: Table[TickRow] = Table(_columns(), lambda tick: tick.scheduled_for.isoformat(), name="ticks-table")
        self.table.horizontalHeader().hide()
        self.run_button = Button("Run now", icon_name="play", name="schedule-run-now")
        self.backfill_button = Button("Backfill…", icon_name="history", name="schedule-backfill")
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 8)
        head.setSpacing(8)
        head.addWidget(Label("Ticks", "node_title"))
        head.addWidget(self._name, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 16, 10)
        foot.setSpacing(8)
        foot.addWidget(self.run_button)
        foot.addWidget(self.backfill_button)
        foot.addStretch(1)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 1, 0, 0)
        down.setSpacing(0)
        down.addLayout(head)
        down.addWidget(self.table, 1)
        down.addLayout(foot)
        self.run_button.clicked.connect(lambda: self.run_asked.emit(self._row))
        self.backfill_button.clicked.connect(lambda: self.backfill_asked.emit(self._row))
        self.table.opened.connect(lambda tick: self.run_opened.emit(tick.run_id) if tick.run_id else None)
        self.show_nothing()

    def set_permissions(self, *, may_run: bool, may_edit: bool) -> None:
        self._may_run, self._may_edit = may_run, may_edit
        self._follow()

    def show_ticks(self, row: ScheduleRow, ticks: Sequence[TickRow]) -> None:
        self._row = row
        self._name.setText(row.plan.name)
        nothing = "Its first time has not come yet." if row.run_count == 0 else "No tick is on record."
        self.table.show_rows(ticks, when_empty=("clock", nothing, "Each time leaves a row here: a run, or why there was none."))
        self._follow()

    def show_nothing(self) -> None:
        self._row = None
        self._name.setText("")
        self.table.show_rows((), when_empty=("clock", "No schedule is selected.", ""))
        self._follow()

    def _follow(self) -> None:
        self.run_button.setEnabled(self._row is not None and self._may_run)
        self.backfill_button.setEnabled(self._row is not None and self._may_edit)


def tick_outcome(tick: TickRow) -> str:
    """Run, Run failed, Missed, …"""
    return _look_of(tick)[2]


def _look_of(tick: TickRow) -> tuple[str, str, str]:
    if tick.outcome == "run":
        return _RUNS.get(tick.run_status or "", ("activity", "text_second", "Run"))
    return _LOOKS[tick.outcome]


def _columns() -> tuple[Column[TickRow], ...]:
    return (Column("", _what_cell), Column("", _when_cell, 156))


def _when_cell(tick: TickRow) -> Cell:
    return Cell(day_and_time(tick.scheduled_for), right=True, hint=exact(tick.scheduled_for))


def _what_cell(tick: TickRow) -> Cell:
    icon, colour, word = _look_of(tick)
    if tick.outcome == "run":
        second = f"#{short_id(tick.run_id)}" if tick.run_id else "its run was removed"
        second += f", {tick.reason}" if tick.reason else ""
    else:
        second = tick.reason or ""
    return Cell(word, second, icon=icon, icon_colour=colour, hint=second)

"""A schedule's form beside the list: what is typed is explained at once, and nothing is lost without a question."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.domain.access import Permission
from app.domain.errors import AppError
from app.domain.runs import WorkflowRow
from app.domain.schedules import SchedulePlan, ScheduleRow
from app.services.schedules import CronPreview, InputCheck
from app.ui.prompts import confirm, sentence_of
from app.ui.session import Session
from app.ui.tasks import Tasks
from app.ui.triggers.schedule_form import ScheduleForm, first_plan
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.chips import IconTile
from app.ui.widgets.labels import ElidedLabel, Label

WIDTH = 400
PREVIEW_MS, CHECK_MS = 80, 250


class ScheduleDrawer(QWidget):
    """Makes or changes one schedule. `saved` has its id."""

    saved = Signal(str)
    closed = Signal()
    shown = Signal()
    """It has come, or gone."""
    delete_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("schedule-drawer")
        self.setAccessibleName("Schedule")
        self.setFixedWidth(WIDTH)
        grounded(self, "panel", line="left")
        self._session: Session | None = None
        self.row: ScheduleRow | None = None
        self._kept: SchedulePlan | None = None
        self._asked = 0
        self._shown_from: datetime | None = None
        self._tasks = Tasks(self, lambda error: self._refuse(sentence_of(error)))
        self._title = ElidedLabel("", "inspector_title", name="schedule-title")
        self._state = Label("", "second", "text_second", name="schedule-state")
        self.form = ScheduleForm()
        self._refusal = Label("", "second", "status.error", wrap=True, name="schedule-refusal")
        self._delete = Button("Delete…", "danger", icon_name="trash-2", name="schedule-delete")
        self._cancel = Button("Cancel", name="schedule-cancel")
        self.save_button = Button("Save", "primary", name="schedule-save")
        self._close = IconButton("x", "Close (Esc)", name="schedule-close", size=28, icon_size=16)
        self._preview_soon = QTimer(self, singleShot=True, interval=PREVIEW_MS)
        self._check_soon = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._lay_out()
        self._connect()
        self.hide()

    @property
    def is_changed(self) -> bool:
        return not self.isHidden() and self._kept is not None and self.form.plan() != self._kept

    async def open_for(
        self, session: Session, row: ScheduleRow | None, workflows: Sequence[WorkflowRow], *, at: datetime | None = None
    ) -> None:
        """Show a schedule, or the form of a new one; its times begin now, or with the one at `at`."""
        self._session, self.row, self._kept = session, row, None
        plan = row.plan if row is not None else first_plan(workflows)
        self.form.fill(plan, workflows, is_new=row is None)
        self._title.setText(row.plan.name if row is not None else "New schedule")
        self._delete.setVisible(row is not None)
        self.save_button.setText("Save" if row is not None else "Create")
        may = session.actor.may(Permission.SCHEDULE_EDIT)
        self.form.setEnabled(may)
        self._delete.setEnabled(may)
        self.show()
        self._refuse("" if workflows or row is not None else "Publish a workflow first; a schedule runs a published version.")
        await self._load_versions(plan.workflow_version)
        self._kept = self.form.plan()
        self._follow(keep_refusal=True)
        self._preview_soon.stop()  # filling the form has started it
        self._shown_from = at
        await self._preview()
        await self._check()
        (self.form.name if row is None else self.form.cron).setFocus()

    async def may_close(self) -> bool:
        """Whether it may show something else; asks when there are changes."""
        if not self.is_changed:
            return True
        return await confirm(self, "Give up the changes?", f"What was changed of “{self._title.text()}” is not saved.", yes="Discard")

    async def close_it(self) -> None:
        if await self.may_close():
            self._kept = self.row = None
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._start(self.close_it())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.save_button.click()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: object) -> None:
        self.shown.emit()

    def hideEvent(self, event: object) -> None:
        self.shown.emit()

    def _lay_out(self) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(1, 0, 0, 0)
        down.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 14, 12, 10)
        head.setSpacing(12)
        head.addWidget(IconTile("calendar-clock", "trigger"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._state)
        head.addLayout(words, 1)
        head.addWidget(self._close)
        down.addLayout(head)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        down.addWidget(scroll, 1)
        foot = grounded(QWidget(), "panel", line="top")
        below = QVBoxLayout(foot)
        below.setContentsMargins(16, 10, 16, 12)
        below.addWidget(self._refusal)
        row = QHBoxLayout()
        row.addWidget(self._delete)
        row.addStretch(1)
        row.addWidget(self._cancel)
        row.addWidget(self.save_button)
        below.addLayout(row)
        down.addWidget(foot)

    def _connect(self) -> None:
        self._preview_soon.timeout.connect(lambda: self._start(self._preview()))
        self._check_soon.timeout.connect(lambda: self._start(self._check()))
        form = self.form
        form.changed.connect(self._follow)
        form.times_changed.connect(self._preview_again)
        form.times_changed.connect(self._follow)
        form.run_changed.connect(self._check_soon.start)
        form.run_changed.connect(self._follow)
        form.workflow_chosen.connect(lambda: self._start(self._load_versions(0)))
        self._close.clicked.connect(lambda: self._start(self.close_it()))
        self._cancel.clicked.connect(lambda: self._start(self.close_it()))
        self._delete.clicked.connect(lambda: self.delete_asked.emit(self.row))
        self.save_button.clicked.connect(lambda: self._start(self._save()))

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        self._tasks.start(work)

    def _preview_again(self) -> None:
        self._shown_from = None
        self._preview_soon.start()

    async def _load_versions(self, chosen: int) -> None:
        if self._session is not None and self.form.workflow_id:
            versions = await self._session.call(self._session.services.workflows.versions, self.form.workflow_id)
            self.form.show_versions(versions, chosen)
            self._check_soon.start()

    async def _preview(self) -> None:
        """The line in words and its next five times; or why it is none."""
        if self._session is None:
            return
        self._asked += 1
        asked, plan, shown_from = self._asked, self.form.plan(), self._shown_from
        found: CronPreview | None = None
        try:
            after = shown_from - timedelta(seconds=1) if shown_from is not None else None
            preview = self._session.services.schedules.preview
            found = await self._session.call(preview, plan.cron_expression, plan.timezone, after=after)
            sentence = found.words
        except AppError as error:
            sentence = str(error)
        if asked == self._asked:
            times, is_chosen = found.times if found is not None else (), shown_from is not None
            self.form.show_meaning(sentence, times, plan.timezone, is_valid=found is not None, first_is_chosen=is_chosen)

    async def _check(self) -> None:
        """Whether the workflow takes the input."""
        if self._session is None or not self.form.workflow_id:
            return
        plan = self.form.plan()
        try:
            check = self._session.services.schedules.check_input
            found = await self._session.call(check, plan.workflow_id, plan.workflow_version, plan.input)
        except AppError as error:
            found = InputCheck((str(error),))
        if plan.input == self.form.plan().input:
            self.form.show_problems(found)

    async def _save(self) -> None:
        session, plan = self._session, self.form.plan()
        if session is None:
            return
        self.save_button.setEnabled(False)
        try:
            if self.row is None:
                schedule_id = await session.call(session.services.schedules.create, plan)
            else:
                schedule_id = self.row.id
                await session.call(session.services.schedules.change, schedule_id, plan)
        except AppError as error:
            self._follow()
            self._refuse(str(error))
            return
        self._kept = self.row = None
        self.hide()
        self.saved.emit(schedule_id)

    def _follow(self, *, keep_refusal: bool = False) -> None:
        """Save is on when there is something to save."""
        changed = self.row is None or self.is_changed
        may = self._session is not None and self._session.actor.may(Permission.SCHEDULE_EDIT)
        self.save_button.setEnabled(may and changed and bool(self.form.name.text().strip()) and bool(self.form.workflow_id))
        self._state.setText("New" if self.row is None else "Schedule, changed, not saved" if changed else "Schedule")
        if not keep_refusal:
            self._refuse("")

    def _refuse(self, sentence: str) -> None:
        self._refusal.setText(sentence)
        self._refusal.setVisible(bool(sentence))

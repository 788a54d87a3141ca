"""The versions of one workflow in place of its editor: the list, the comparison, and what can be done with a version."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.domain.access import Permission
from app.domain.difference_words import counted
from app.domain.differences import Differences
from app.domain.drafts import VersionRow, VersionStatistics
from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.services.publishing import may_set_note
from app.ui.comparison.view import ComparisonView
from app.ui.document import Document
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.versions.note import VersionNote
from app.ui.versions.rows import VersionsList, listed
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import Label

LIST_WIDTH = 268
SETTLE_MS = 120
"""After an edit, before what differs is asked for again."""
DRAFT = 0


class VersionsPage(QWidget):
    """Follows one document. What is done with a version beyond looking is asked of whoever holds the page."""

    closed = Signal()
    publish_asked = Signal()
    roll_back_asked = Signal(int, object)
    """The version, and what differs between it and the draft."""
    open_asked = Signal(int)
    export_asked = Signal(int)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("versions-page")
        self.document = document
        self.rows: Sequence[VersionRow] = ()
        self.before, self.after = DRAFT, DRAFT
        self._shown: tuple[int, int] | None = None
        self._draft_words = ""
        self.tasks = Tasks(self, lambda error: show_error(self, error))
        self._comparing: asyncio.Task[None] | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._compare)
        self.comparison = ComparisonView(document.session.catalog)
        self.comparison.taken_back.connect(self._take)
        self.note = VersionNote()
        self.note.changed.connect(lambda version, text: self.tasks.start(self._keep_note(version, text)))
        self.comparison.panel.foot.addWidget(self.note)
        self._lay_out()
        self._follow_rights()
        document.model.changed.connect(lambda _change: self._settle.start())
        document.changed.connect(self._on_document)
        self._version = document.version
        self.reload()

    def reload(self) -> None:
        """Read the list anew; what is compared stays."""
        self.tasks.start(self._read())

    def compare(self, before: int, after: int = DRAFT) -> None:
        """Show what leads from one to the other; 0 is the draft, which is always the newer one."""
        older, newer = sorted((before, after), key=lambda number: number or float("inf"))
        self.before, self.after = older, newer
        self.list.mark(older, newer)
        self._compare()

    # Reading

    async def _read(self) -> None:
        session, workflow_id = self.document.session, self.document.workflow_id
        self.rows = await session.call(session.services.workflows.versions, workflow_id)
        self._list()
        nothing = not self.rows
        self._nothing.setVisible(nothing)
        self.comparison.setVisible(not nothing)
        self._foot.setVisible(not nothing)
        self._search.setVisible(len(self.rows) > 5)
        numbers = {row.version for row in self.rows}
        if nothing:
            return
        if self.before not in numbers:
            self.compare(self.rows[0].version)
        else:
            self._show_note()

    def _list(self) -> None:
        version = self.document.version
        words = self._draft_words or (f"what you edit, since v{version}" if version else "what you edit, not published yet")
        self.list.rows.show_rows(listed(self.rows, draft=words, me=self.document.session.actor.email, search=self._search.text()))
        self.list.mark(self.before, self.after)

    def _compare(self) -> None:
        if not self.before:
            return
        if self._comparing is not None:
            self._comparing.cancel()
        self._comparing = self.tasks.start(self._compared(self.before, self.after))

    async def _compared(self, before: int, after: int) -> None:
        session, document = self.document.session, self.document
        self.comparison.bar.show_state("Comparing…")
        try:
            right = document.definition if after == DRAFT else after
            found: Differences = await session.call(session.services.publishing.compare, document.workflow_id, before, right)
        finally:
            self.comparison.bar.show_state("")
        keep = self._shown == (before, after)
        self._shown = (before, after)
        editable = after == DRAFT and session.actor.may(Permission.WORKFLOW_EDIT) and not document.is_snapshot
        self.comparison.show_difference(found, before=_named(before), after=_named(after), editable=editable, keep_place=keep)
        self._roll_back.setText(f"Roll back to v{before}…")
        self._roll_back.updateGeometry()
        self._roll_back.setEnabled(editable and bool(found))
        if after == DRAFT and before == document.version:
            told = counted(found.counts)
            self._draft_words = f"{told} since v{before}" if told else f"the same as v{before}"
            self._list()
        self._show_note()
        if session.actor.may(Permission.RUN_VIEW):
            statistics: VersionStatistics = await session.call(session.services.publishing.statistics, document.workflow_id, before)
            self.note.show_statistics(before, statistics)

    def _show_note(self) -> None:
        row = next((row for row in self.rows if row.version == self.before), None)
        actor = self.document.session.actor
        self.note.show_version(row, may_edit=row is not None and may_set_note(actor, row.published_by_id))

    def _on_document(self) -> None:
        if self.document.version != self._version:
            self._version, self._draft_words = self.document.version, ""
            self.reload()

    # Doing

    def _take(self, edit: GraphEdit) -> None:
        try:
            self.document.model.push(edit)
        except EditRefused as refusal:
            show_error(self, refusal)

    async def _keep_note(self, version: int, text: str) -> None:
        session = self.document.session
        await session.call(session.services.publishing.set_note, self.document.workflow_id, version, text)
        await self._read()

    def _ask_roll_back(self) -> None:
        if self.comparison.difference is not None and self.after == DRAFT:
            self.roll_back_asked.emit(self.before, self.comparison.difference)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, where no part of the page had a use for it, leads back to the editor."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _choose(self, number: int) -> None:
        """A click compares with the draft; on the draft itself, the latest version."""
        if number:
            self.compare(number)
        elif self.rows:
            self.compare(self.rows[0].version)

    def _choose_second(self, number: int) -> None:
        if number != self.before:
            self.compare(self.before, number)

    # Layout

    def _follow_rights(self) -> None:
        editable = self.document.session.actor.may(Permission.WORKFLOW_EDIT) and not self.document.is_snapshot
        self._roll_back.setVisible(editable)

    def _lay_out(self) -> None:
        left = QWidget()
        left.setObjectName("versions-side")
        left.setMinimumWidth(220)
        grounded(left, "panel", line="right")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 10, 6)
        head.addWidget(Label("Versions", "inspector_title"), 1)
        close = IconButton("x", "Back to the editor", name="versions-close", size=28, icon_size=16)
        close.clicked.connect(self.closed)
        head.addWidget(close)
        column.addLayout(head)
        self._search = SearchField("Find in notes…", name="versions-search")
        self._search.textChanged.connect(lambda _text: self._list())
        box = QHBoxLayout()
        box.setContentsMargins(12, 0, 12, 8)
        box.addWidget(self._search)
        column.addLayout(box)
        self._search.hide()
        self.list = VersionsList()
        self.list.chosen.connect(self._choose)
        self.list.second_chosen.connect(self._choose_second)
        self.list.opened.connect(lambda number: self.open_asked.emit(number) if number else self.closed.emit())
        column.addWidget(self.list, 1)
        column.addWidget(self._feet())
        self._nothing = EmptyState(name="no-versions")
        self._nothing.say(
            "history",
            "Nothing has been published yet.",
            "A version is what runs in production. Publish the draft to make the first one.",
            button="Publish…",
            do=self.publish_asked.emit,
        )
        self._nothing.hide()
        right = QWidget()
        grounded(right, "canvas")
        room = QVBoxLayout(right)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(self.comparison, 1)
        room.addWidget(self._nothing, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setObjectName("versions-splitter")
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        split.setSizes([LIST_WIDTH, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def _feet(self) -> QWidget:
        self._foot = grounded(QWidget(), "panel", line="top")
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(8)
        self._roll_back = Button("Roll back…", icon_name="undo-2", name="roll-back")
        self._roll_back.setEnabled(False)
        self._roll_back.clicked.connect(self._ask_roll_back)
        row.addWidget(self._roll_back)
        row.addStretch(1)
        for icon_name, word, name, signal in (
            ("external-link", "Open this version, to look at", "open-version", self.open_asked),
            ("download", "Export this version as a file", "export-version", self.export_asked),
        ):
            button = IconButton(icon_name, word, name=name)
            button.clicked.connect(lambda _checked=False, signal=signal: signal.emit(self.before))
            row.addWidget(button)
        return self._foot


def _named(number: int) -> str:
    return f"v{number}" if number else "Draft"

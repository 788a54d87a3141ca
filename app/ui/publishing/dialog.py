"""The publish dialog: what is wrong, what the version is called for, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from app.domain.difference_words import counted
from app.domain.problems import Problem
from app.services.publishing import MOST_NOTE_CHARS, Checklist, Move
from app.ui.document import Document
from app.ui.publishing.checklist import ChecklistView, Mark
from app.ui.publishing.followers import FollowersView
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.chips import IconTile
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.words import count

WIDTH = 680
HEAD, FOOT = 76, 58
TALLEST = 0.8
"""Of the window's height."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dialog was closed with; `at` is the problem to show, `workflow_id` a called workflow to open."""

    what: Literal["publish", "show", "compare", "open", "cancel"]
    note: str = ""
    moves: tuple[Move, ...] = ()
    at: int = 0
    workflow_id: str = ""


class PublishDialog(QDialog):
    """One look at one checklist; it is opened anew after problems were shown."""

    def __init__(
        self, parent: QWidget, document: Document, checklist: Checklist, *, note: str, moves: Sequence[Move], fixed: Sequence[Problem]
    ) -> None:
        super().__init__(parent.window())
        self.setObjectName("publish-dialog")
        self.setWindowTitle(f"Publish {document.name}")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setFixedWidth(WIDTH)
        self._document, self._checklist = document, checklist
        self._asked = Asked("cancel")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        self._body = QWidget()
        self._scroll = QScrollArea()
        self._scroll.setObjectName("publish-scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        self._body.installEventFilter(self)
        layout.addWidget(self._scroll, 1)
        self._fill(note, moves, fixed)
        layout.addWidget(self._foot())
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._publish.click)
        self._fit()
        if checklist.errors:
            self._rows.focus_first()
        else:
            self._note.setFocus()

    async def asked(self) -> Asked:
        """Show it and wait; what was chosen."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def finish(result: int) -> None:
            if not done.done():
                done.set_result(result)

        self.finished.connect(finish)
        self.open()
        try:
            await done
        finally:
            self.deleteLater()
        return replace(self._asked, note=self._note.toPlainText().strip(), moves=self._followers.moves)

    def _end(self, what: Literal["publish", "show", "compare", "open"], at: int = 0, workflow_id: str = "") -> None:
        self._asked = Asked(what, at=at, workflow_id=workflow_id)
        self.accept()

    # Parts

    def _head(self) -> QWidget:
        head = grounded(QWidget(), "row", line="bottom")
        row = QHBoxLayout(head)
        row.setContentsMargins(20, 16, 14, 16)
        row.setSpacing(14)
        row.addWidget(IconTile("rocket", "trigger", 38))
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(ElidedLabel(f"Publish {self._document.name} as v{self._checklist.next}", "inspector_title", name="dialog-title"))
        since = QHBoxLayout()
        since.setSpacing(6)
        checklist = self._checklist
        if checklist.latest:
            told = counted(checklist.counts) or "nothing has changed"
            since.addWidget(Label(f"Since v{checklist.latest}: {told}", "second", "text_second", name="publish-since"))
            compare = Button("See the difference", "quiet", name="publish-compare")
            compare.clicked.connect(lambda: self._end("compare"))
            since.addWidget(compare)
        else:
            since.addWidget(Label("Its first version", "second", "text_second", name="publish-since"))
        since.addStretch(1)
        words.addLayout(since)
        row.addLayout(words, 1)
        close = IconButton("x", "Close", name="dialog-close", size=28, icon_size=16)
        close.clicked.connect(self.reject)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _fill(self, note: str, moves: Sequence[Move], fixed: Sequence[Problem]) -> None:
        session, checklist = self._document.session, self._checklist
        body = QVBoxLayout(self._body)
        body.setContentsMargins(20, 16, 20, 16)
        body.setSpacing(8)
        body.addLayout(_heading("Checklist", "checked just now · runs again when you edit"))
        self._rows = ChecklistView()
        self._rows.show_checklist(checklist, self._document.model.graph, session.catalog, fixed)
        self._rows.show_asked.connect(lambda at: self._end("show", at))
        self._rows.open_asked.connect(lambda id: self._end("open", workflow_id=id))
        body.addWidget(self._rows)
        body.addSpacing(6)
        body.addLayout(_heading("Release note", "shown in the version list and in the audit log"))
        self._note = QPlainTextEdit(note)
        self._note.setObjectName("publish-note")
        self._note.setAccessibleName("Release note")
        self._note.setPlaceholderText("What changed, and why?")
        self._note.setTabChangesFocus(True)
        self._note.setFixedHeight(64)
        self._note.textChanged.connect(self._limit)
        body.addWidget(self._note)
        body.addSpacing(6)
        way = (
            f"{count(checklist.under_way, 'run')} in flight finish{'es' if checklist.under_way == 1 else ''} on the version they began with"
        )
        body.addLayout(_heading("What follows", way if checklist.under_way else ""))
        from app.domain.access import Permission

        may_move = session.actor.may(Permission.SCHEDULE_EDIT)
        self._followers = FollowersView(checklist, [move.follower.id for move in moves], may_move=may_move)
        body.addWidget(self._followers)
        body.addStretch(1)

    def _foot(self) -> QWidget:
        foot = grounded(QWidget(), "row", line="top")
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 12, 20, 12)
        row.setSpacing(8)
        errors = self._checklist.errors
        if errors:
            row.addWidget(Mark("circle-x", "error", "Error", 16))
            reason = f"{count(errors, 'error')} must be fixed before this can be published"
            row.addWidget(Label(reason, "second", "text_second", name="publish-refused"))
        row.addStretch(1)
        cancel = Button("Cancel", name="dialog-cancel")
        cancel.clicked.connect(self.reject)
        row.addWidget(cancel)
        self._publish = Button(f"Publish v{self._checklist.next}", "primary", icon_name="rocket", key="Ctrl ↵", name="dialog-publish")
        self._publish.setEnabled(not errors)
        self._publish.clicked.connect(lambda: self._end("publish"))
        row.addWidget(self._publish)
        return foot

    def _limit(self) -> None:
        text = self._note.toPlainText()
        if len(text) > MOST_NOTE_CHARS:
            cursor = self._note.textCursor()
            self._note.setPlainText(text[:MOST_NOTE_CHARS])
            cursor.setPosition(MOST_NOTE_CHARS)
            self._note.setTextCursor(cursor)

    # Size and keys

    def _fit(self) -> None:
        """As high as what it holds, at most 80 % of the window."""
        body = self._body.layout()
        assert body is not None
        inner = WIDTH - 2
        wanted = body.heightForWidth(inner) if body.hasHeightForWidth() else body.sizeHint().height()
        over = self.parentWidget()
        around = over.height() if over is not None else wanted
        self.setFixedHeight(max(320, min(wanted + HEAD + FOOT, round(around * TALLEST))))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:  # a fixed row has folded
            self._fit()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (over := self.parentWidget()) is not None:
            middle = over.mapToGlobal(over.rect().center())
            self.move(middle.x() - self.width() // 2, middle.y() - self.height() // 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1 to 9 show that problem, while no text is being typed."""
        at = event.key() - Qt.Key.Key_1
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and 0 <= at < min(9, len(self._checklist.problems)):
            self._end("show", at)
        else:
            super().keyPressEvent(event)


def _heading(title: str, hint: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(Label(title, "ui"))
    row.addStretch(1)
    row.addWidget(Label(hint, "caption", "text_second"))
    return row

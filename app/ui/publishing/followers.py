"""What follows from publishing: the triggers and workflows that start this one, and which version each will run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.drafts import Follower
from app.services.publishing import Checklist, Move
from app.ui.publishing.checklist import Mark
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button
from app.ui.widgets.chips import Chip
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.words import exact, time_of_day

MOST_ROWS = 40
MIDDLE, RIGHT = 140, 124
"""Widths of the last columns: from which version to which, and when it will be, or the button that moves it."""
_ICONS = {"schedule": "calendar-clock", "webhook": "webhook", "workflow": "workflow"}


class FollowerRow(QWidget):
    """One trigger or caller. A pinned trigger may be moved along."""

    moved = Signal(bool)

    def __init__(self, follower: Follower, checklist: Checklist, *, is_moved: bool, may_move: bool) -> None:
        super().__init__()
        self.setObjectName(f"follower-{follower.id}")
        self._follower, self._checklist, self._is_moved = follower, checklist, is_moved
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 10, 8)
        layout.setSpacing(11)
        layout.addWidget(Mark(_ICONS[follower.kind], "text_second", follower.kind.capitalize()))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(ElidedLabel(follower.name, "ui"))
        words.addWidget(ElidedLabel(_second_line(follower), "caption", "text_second"))
        layout.addLayout(words, 1)
        self._old = Chip()
        self._arrow = Mark("arrow-right", "text_second", "to", 15)
        self._new = Chip(name=f"follower-{follower.id}-new")
        self._stays = Label("stays", "second", "text_second")
        way = QHBoxLayout()
        way.setSpacing(11)
        for widget in (self._old, self._arrow, self._new, self._stays):
            way.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        way.addStretch(1)
        cell = QWidget()
        cell.setFixedWidth(MIDDLE)
        cell.setLayout(way)
        way.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(cell)
        self._when = Label("", "caption", "text_second")
        self._when.setFixedWidth(RIGHT)
        self._when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._when)
        self._move = Button("", "quiet", name=f"move-{follower.id}")
        self._move.setFixedWidth(RIGHT)
        self._move.clicked.connect(self._toggle)
        layout.addWidget(self._move)
        self._may_move = may_move and follower.kind != "workflow" and not follower.follows_latest
        self._show()

    def _toggle(self) -> None:
        self._is_moved = not self._is_moved
        self.moved.emit(self._is_moved)
        self._show()

    def _show(self) -> None:
        follower, checklist = self._follower, self._checklist
        follows = follower.follows_latest or self._is_moved
        old = follower.version or checklist.latest
        self._old.set_text(f"v{old}" if old else "nothing yet")
        self._arrow.setVisible(follows)
        self._new.set_text(f"v{checklist.next}" if follows else "")
        self._stays.setVisible(not follows)
        self._move.setVisible(self._may_move)
        self._move.setText("Leave it" if self._is_moved else f"Move to v{checklist.next}")
        self._move.updateGeometry()
        self._when.setText(_when(follower) if follows else "")
        self._when.setVisible(not self._may_move)
        self._when.setToolTip(exact(follower.next_run_at))


class FollowersView(QWidget):
    """All that follows, in one box; `moves` are those that were asked to move."""

    def __init__(self, checklist: Checklist, moved: Sequence[str], *, may_move: bool) -> None:
        super().__init__()
        self.setObjectName("publish-followers")
        grounded(self, "card")
        self._checklist = checklist
        self._moved = set(moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for at, follower in enumerate(checklist.followers[:MOST_ROWS]):
            row = FollowerRow(follower, checklist, is_moved=follower.id in self._moved, may_move=may_move)
            row.moved.connect(lambda on, id=follower.id: self._moved.add(id) if on else self._moved.discard(id))
            if at:
                grounded(row, "row", line="top")
            layout.addWidget(row)
        more = len(checklist.followers) - MOST_ROWS
        if not checklist.followers or more > 0:
            words = f"and {more:,} more" if more > 0 else "Nothing starts this workflow by itself, and no other workflow calls it."
            label = Label(words, "second", "text_second", wrap=True, name="followers-none")
            label.setContentsMargins(14, 10, 14, 10)
            layout.addWidget(label)

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(Move(follower, self._checklist.next) for follower in self._checklist.followers if follower.id in self._moved)


def _second_line(follower: Follower) -> str:
    which = "latest published" if follower.follows_latest else f"pinned to v{follower.version}"
    match follower.kind:
        case "workflow":
            return f"calls this as a sub-workflow · {which}"
        case _:
            off = " · paused" if follower.kind == "schedule" and not follower.is_on else "" if follower.is_on else " · off"
            return f"{which} · {follower.detail}{off}" if follower.detail else f"{which}{off}"


def _when(follower: Follower) -> str:
    from datetime import UTC, datetime

    if not follower.is_on:
        return "once it is on again"
    if follower.kind == "schedule" and follower.next_run_at is not None:
        moment = time_of_day(follower.next_run_at, now=datetime.now(UTC))
        return f"next run {moment[:-3] if moment.count(':') == 2 else moment}"
    return "from the next call"

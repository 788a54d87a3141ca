"""A save was refused because someone else saved: both sides side by side, what both set, and three ways on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.domain.conflicts import Conflict
from app.domain.differences import Differences
from app.domain.merge import Choice, Clash
from app.ui.drafts.changes import ROW, ChangesList
from app.ui.drafts.clash_rows import ClashRow, draw_ring
from app.ui.theme import font, theme, tint
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import ActionButton, Button
from app.ui.widgets.chips import IconTile
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.painting import draw_box, draw_icon, painting
from app.ui.words import count, time_of_day

WIDTH = 784
Way = Literal["merge", "copy", "theirs", "later", "show"]
_MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Trouble:
    """What both together would bring, as sentences: faults that forbid it, and problems that can be mended afterwards."""

    faults: Sequence[str] = ()
    problems: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.faults or self.problems)


Check = Callable[[dict[tuple[str, str], Choice]], Awaitable[Trouble]]
"""What both together would bring under these choices."""
_CHECK_MS = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """How it shall go on; `choices` count for a merge."""

    way: Way
    choices: dict[tuple[str, str], Choice]


class WayCard(ActionButton):
    """One way on, as a card with what it means; its letter chooses it."""

    HEIGHT = 92

    def __init__(self, way: Way, icon: str, title: str, words: str, letter: str) -> None:
        super().__init__(None)
        self.way: Way = way
        self.setObjectName(f"conflict-{way}")
        self.setCheckable(True)
        self.setFixedHeight(self.HEIGHT)
        self.setMinimumWidth(200)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self._icon, self._title, self.words, self._letter = icon, title, words, letter
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def say(self, words: str) -> None:
        self.words = words
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, self.HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, on = theme().tokens, self.isChecked()
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.5)
            hot = self.isEnabled() and self.underMouse()
            draw_box(
                painter,
                self.rect(),
                10,
                fill=tokens.raised if hot else tokens.card,
                border=tokens.accent if on else tokens.border,
                width=2 if on else 1,
            )
            draw_ring(painter, 13, 13, on=on)
            draw_icon(painter, self._icon, tokens.accent if on else tokens.text_second, (36, 12), 16)
            painter.setFont(font("node_title"))
            painter.setPen(QColor(tokens.text))
            painter.drawText(QRectF(60, 10, self.width() - 100, 20), Qt.AlignmentFlag.AlignVCenter, self._title)
            key = QRectF(self.width() - 32, 11, 20, 18)
            draw_box(painter, key, 4, fill=tint(tokens.text_third, 0.16))
            painter.setFont(font("badge"))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, self._letter)
            painter.setFont(font("second"))
            flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignTop)
            painter.drawText(QRectF(36, 34, self.width() - 48, self.height() - 38), flags, self.words)
            if self.hasFocus():
                draw_box(painter, QRectF(self.rect()).adjusted(3, 3, -3, -3), 8, border=tokens.accent)


class ConflictDialog(QDialog):
    """Nothing is sent while it is open. Esc decides later."""

    def __init__(
        self, parent: QWidget, name: str, conflict: Conflict, catalog: Catalog, check: Check, *, times: Mapping[str, str] | None = None
    ) -> None:
        """`times` say of an element when this window changed it last."""
        super().__init__(parent.window())
        self.setObjectName("conflict-dialog")
        self.setWindowTitle("This workflow was also changed elsewhere")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setFixedWidth(WIDTH)
        self._name, self._conflict, self._catalog, self._check = name, conflict, catalog, check
        self._times = times
        self.choices: dict[tuple[str, str], Choice] = {clash.key: "mine" for clash in conflict.clashes}
        self._decision: Way = "later"
        self._is_sound = False
        self._checking: asyncio.Task[None] | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        body = QVBoxLayout()
        body.setContentsMargins(20, 16, 20, 16)
        body.setSpacing(12)
        body.addLayout(self._sides())
        body.addWidget(self._fit())
        body.addLayout(self._ways())
        layout.addLayout(body)
        layout.addWidget(self._foot())
        self._pause = QTimer(self, singleShot=True, interval=_CHECK_MS)
        self._pause.timeout.connect(self._look)
        self._choose(self._cards["merge"])
        self._cards["merge"].setFocus()
        self._look()

    async def asked(self) -> Decision:
        """Show it and wait for the decision."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.finished.connect(self.deleteLater)  # where the window goes first, it goes with it
        self.finished.connect(lambda result: done.set_result(result) if not done.done() else None)
        self.open()
        try:
            await done
        finally:
            if self._checking is not None:
                self._checking.cancel()
        return Decision(self._decision, self.choices)

    # Parts

    def _head(self) -> QWidget:
        head = grounded(QWidget(), "panel", line="bottom")
        layout = QHBoxLayout(head)
        layout.setContentsMargins(20, 14, 20, 14)
        layout.setSpacing(14)
        layout.addWidget(IconTile("git-merge", "logic"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label("This workflow was also changed elsewhere", "inspector_title", name="dialog-title"))
        words.addWidget(Label("Nothing is lost until you choose.", "second", "text_second"))
        layout.addLayout(words, 1)
        return head

    def _sides(self) -> QGridLayout:
        conflict = self._conflict
        sides = QGridLayout()
        sides.setSpacing(12)
        now = datetime.now(UTC)
        saved = f", saved {time_of_day(conflict.saved_at, now=now)}" if conflict.saved_at is not None else ""
        mine = f"this window · {count(conflict.my_changes.counts.total, 'change')}, not saved yet"
        theirs = f"{_short(conflict.who)} · {count(conflict.their_changes.counts.total, 'change')}{saved}"
        sides.setColumnStretch(0, 1)
        sides.setColumnStretch(1, 1)
        sides.addWidget(self._side("Yours", mine, conflict.my_changes, "conflict-mine"), 0, 0)
        sides.addWidget(self._side("Theirs", theirs, conflict.their_changes, "conflict-theirs-list"), 0, 1)
        return sides

    def _side(self, title: str, words: str, found: Differences, name: str) -> QFrame:
        frame = _Box()
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.addWidget(Label(title, "node_title"))
        head.addSpacing(6)
        head.addWidget(ElidedLabel(words, "second", "text_second", name=f"{name}-words"), 1)
        layout.addLayout(head)
        times = self._times if found is self._conflict.my_changes else None
        rows = ChangesList(found, self._catalog, name=name, clashes=self._conflict.clashes_with, times=times)
        rows.setAccessibleName(f"{title}: {words}")
        rows.setFixedHeight(4 * ROW + 4)
        layout.addWidget(rows)
        return frame

    def _fit(self) -> QWidget:
        box = self._box = _Box(tone="warn" if self._conflict.clashes else "border")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(6)
        self._fits = Label("", "node_title", wrap=True, name="conflict-fits")
        layout.addWidget(self._fits)
        if self._conflict.clashes:
            inside = QWidget()
            rows = QVBoxLayout(inside)
            rows.setContentsMargins(0, 0, 0, 0)
            rows.setSpacing(2)
            for clash in self._conflict.clashes:
                row = ClashRow(clash, self._conflict, self._catalog)
                row.chosen.connect(self._on_chosen)
                rows.addWidget(row)
            rows.addStretch(1)
            scroll = QScrollArea()
            scroll.setObjectName("conflict-clashes")
            scroll.setWidgetResizable(True)
            scroll.setFrameShape(QFrame.Shape.NoFrame)
            scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            scroll.setWidget(inside)
            scroll.setFixedHeight(min(3, len(self._conflict.clashes)) * 38 + 4)
            layout.addWidget(scroll)
        return box

    def _ways(self) -> QHBoxLayout:
        mine = count(self._conflict.my_changes.counts.total, "change")
        layout = QHBoxLayout()
        layout.setSpacing(12)
        self._group = QButtonGroup(self)
        self._cards = {
            card.way: card
            for card in (
                WayCard("merge", "git-merge", "Merge", "Both sets of changes, your choice above. One step in the undo history.", "M"),
                WayCard("copy", "copy", "Keep mine as a copy", f"Yours becomes “{_short(self._name)} (copy)”; here you see theirs.", "C"),
                WayCard("theirs", "download", "Take theirs", f"Drops your {mine}. They stay in the history, to be brought back.", "T"),
            )
        }
        for letter, card in zip("MCT", self._cards.values(), strict=True):
            self._group.addButton(card)
            layout.addWidget(card, 1)
            card.clicked.connect(lambda _on=False, card=card: self._choose(card))
            QShortcut(QKeySequence(letter), self).activated.connect(lambda card=card: card.click() if card.isEnabled() else None)
        return layout

    def _foot(self) -> QWidget:
        foot = grounded(QWidget(), "panel", line="top")
        layout = QHBoxLayout(foot)
        layout.setContentsMargins(20, 12, 20, 12)
        layout.setSpacing(8)
        show = Button("Show on the canvas", icon_name="eye", name="conflict-show")
        show.clicked.connect(lambda: self._end("show"))
        later = Button("Decide later", name="conflict-later")
        later.clicked.connect(lambda: self._end("later"))
        self._go = Button("", "primary", icon_name="git-merge", key="↵", name="conflict-go")
        self._go.clicked.connect(lambda: self._end(self._chosen.way))
        for keys in ("Return", "Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._go.click)
        layout.addWidget(show)
        layout.addStretch(1)
        layout.addWidget(later)
        layout.addWidget(self._go)
        return foot

    # What happens

    def _choose(self, card: WayCard) -> None:
        self._chosen = card
        card.setChecked(True)
        words = {
            "merge": (f"Merge {count(self._conflict.total, 'change')}", "git-merge"),
            "copy": ("Keep mine as a copy", "copy"),
            "theirs": ("Take theirs", "download"),
        }
        text, self._go.icon_name = words[card.way]
        self._go.setText(text)
        self._go.setAccessibleName(text)
        self._go.updateGeometry()
        self._go.update()
        self._allow()

    def _allow(self) -> None:
        """A merge is taken once it was looked at."""
        self._go.setEnabled(self._is_sound or self._chosen.way != "merge")

    def _on_chosen(self, clash: Clash, choice: Choice) -> None:
        self.choices[clash.key] = choice
        self._choose(self._cards["merge"])
        self._pause.start()

    def _look(self) -> None:
        """Would both together be sound? Looked at beside the window, before it can be chosen."""
        if self._checking is not None:
            self._checking.cancel()
        self._say("Looking at both together…", sound=None)
        self._checking = asyncio.ensure_future(self._looked())

    async def _looked(self) -> None:
        trouble = await self._check(dict(self.choices))
        if trouble:
            wrong = (*trouble.faults, *trouble.problems)
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            first = wrong[0] if len(wrong[0]) <= _MOST_WORDS else wrong[0][: _MOST_WORDS - 1] + "…"
            self._say(f"Together they would bring a problem: {first}{more}", sound=not trouble.faults, tone="status.warn")
            return
        conflict = self._conflict
        number = len(conflict.clashes)
        asked = "" if not number else " One field was set by both:" if number == 1 else f" {number} fields were set by both:"
        self._say(
            f"{conflict.fitting} of {count(conflict.total, 'change')} {'fits' if conflict.total == 1 else 'fit'} together.{asked}",
            sound=True,
        )

    def _say(self, words: str, *, sound: bool | None, tone: str = "text") -> None:
        self._fits.setText(words)
        self._fits.set_colour("status.error" if sound is False else tone)
        QTimer.singleShot(0, self, self.adjustSize)  # a longer sentence takes more lines
        self._cards["merge"].setEnabled(sound is not False)
        self._is_sound = sound is True
        self._allow()

    def _end(self, way: Way) -> None:
        self._decision = way
        self.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.update()


class _Box(QFrame):
    """A rounded frame on the dialog's ground."""

    def __init__(self, *, tone: str = "border") -> None:
        super().__init__()
        self._tone = tone
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        border = tint(tokens.warn, 0.6) if self._tone == "warn" else QColor(tokens.border)
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.window, border=border)


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"

"""The bar over the canvas while a run is shown: which run, how far, how long, and a way to stop it or put it away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from app.domain.breakpoints import Pause
from app.domain.runs import RunRow
from app.ui.actions import Actions
from app.ui.live_run import LiveRun
from app.ui.theme import theme
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.chips import status_colour, status_look
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon, draw_spinner, painting
from app.ui.words import clock, count, short_id

_ROOM_FOR_ICON = 40


_MOST_NAME = 40
_PART_WORDS = {"to": "Up to “{}”", "from": "From “{}” on", "only": "Test of “{}”"}


def run_title(run: RunRow) -> str:
    """“Run #1842”, or what part of the workflow it is."""
    if not run.is_partial:
        return f"Run #{short_id(run.id)}"
    return _PART_WORDS[run.kind].format(_short(run.kind_step))


def _short(name: str) -> str:
    return name if len(name) <= _MOST_NAME else f"{name[: _MOST_NAME - 1]}…"


class RunBar(QWidget):
    """“Run #… 10 of 15 steps · 00:06.4”, or “Paused before …” with how to go on."""

    clicked = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run-bar")
        self.setFixedHeight(40)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_ROOM_FOR_ICON, 0, 6, 0)
        layout.setSpacing(10)
        self._title = Label("", "node_title", name="run-title")
        self._progress_words = Label("", "ui", "text_second", name="run-progress")
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedSize(64, 4)
        self._on = (
            IconButton("play", "Resume", name="resume-paused", size=28, icon_size=16, action=actions["resume-run"]),
            IconButton("step-forward", "Step", name="step-paused", size=28, icon_size=16, action=actions["step-over"]),
            IconButton("corner-down-right", "Into", name="into-paused", size=28, icon_size=16, action=actions["step-into"]),
        )
        self._stop = IconButton("square", "Stop the run", name="stop-button", size=28, icon_size=16, colour="error", action=actions["stop"])
        self._leave = IconButton("x", "Back to the draft", name="leave-run-button", size=28, icon_size=16, action=actions["leave-run"])
        for widget in (self._title, self._progress_words, self._progress, *self._on, self._stop, self._leave):
            layout.addWidget(widget)
        self._live: LiveRun | None = None
        self._turn = 0.0
        self._clock = QTimer(self, interval=100)
        self._clock.timeout.connect(self._tick)
        theme().changed.connect(self.update)
        self.hide()

    @property
    def text(self) -> str:
        return f"{self._title.text()} {self._progress_words.text()}"

    def show_run(self, live: LiveRun | None) -> None:
        self._live = live
        self.setVisible(live is not None)
        if live is None:
            self._clock.stop()
            return
        self._title.setText(run_title(live.run))
        self._title.setToolTip(live.run.id)
        self._stop.setVisible(not live.is_over)
        self._leave.setVisible(live.is_over)
        self._clock.stop() if live.is_over else self._clock.start()
        self._say()

    def _tick(self) -> None:
        if not theme().reduce_motion:
            self._turn = (self._turn + 100 / 900) % 1.0
        self._say()

    def _say(self) -> None:
        live = self._live
        assert live is not None
        pauses = live.open_pauses
        for button in self._on:
            button.setVisible(bool(pauses))
        if pauses:
            self._say_paused(live, pauses)
            return
        self._title.setText(run_title(live.run))
        done, total = live.progress
        steps = f"{done:,} of {total:,} steps" if total is not None else f"{done:,} steps"
        words = f"{steps} · {clock(live.elapsed)}"
        if live.is_over:  # steps of roles and branches that were not taken leave no place to count
            words = f"{status_look(live.run.status).word} · {count(done, 'step')} · {clock(live.elapsed)}"
        elif live.run.status == "pending":
            words = f"Queued · {clock(live.elapsed)}"
        self._progress_words.setText(words)
        self._progress.setVisible(not live.is_over and total is not None)
        if total:
            self._progress.setMaximum(total)
            self._progress.setValue(done)
        self._fit(words)

    def _say_paused(self, live: LiveRun, pauses: Sequence[Pause]) -> None:
        first = pauses[0]
        more = f" and {len(pauses) - 1} more" if len(pauses) > 1 else ""
        self._title.setText("Paused")
        words = f"{first.when} “{_short(first.name)}”{more} · #{short_id(live.run.id)}"
        self._progress_words.setText(words)
        self._progress.hide()
        self._fit(words)

    def _fit(self, words: str) -> None:
        self.setAccessibleName(f"{self._title.text()} {words}")
        self.adjustSize()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._live is None:
            return
        tokens, status = theme().tokens, "paused" if self._live.open_pauses else self._live.run.status
        colour = status_colour(tokens, status)
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.card, border=colour if status_look(status).tone else tokens.border_strong)
            if status == "running":
                draw_spinner(painter, QRectF(14, 12, 16, 16), colour, self._turn)
            else:
                draw_icon(painter, status_look(status).icon, colour, (14, 12), 16)

"""Work that takes longer than a moment: counted where it is done, shown with a bar, and given up when a person asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar, QWidget

from app.domain.errors import AppError
from app.ui.prompts import Dialog
from app.ui.widgets.buttons import Button

T = TypeVar("T")

SHOW_AFTER_MS = 300
LOOK_EVERY_MS = 100


class Stopped(AppError):
    """This was given up."""

    code = "work.stopped"


class Counter:
    """How far a piece of work is. Called by the work on its own thread, read by the window: each side writes one number."""

    def __init__(self, total: int) -> None:
        self.total, self.done = max(total, 1), 0
        self.stopped = False

    def __call__(self, done: int) -> None:
        """So many more are done.

        Raises:
            Stopped: it was asked to stop.
        """
        self.done += done
        if self.stopped:
            raise Stopped

    @property
    def share(self) -> float:
        return min(self.done / self.total, 1.0)


class ProgressDialog(Dialog):
    """The bar, once the work has taken long enough to be noticed; Stop and Esc end the work."""

    def __init__(self, parent: QWidget, title: str, counter: Counter) -> None:
        super().__init__(parent, title, width=380, name="progress-dialog")
        self._counter = counter
        self._bar = QProgressBar()
        self._bar.setObjectName("progress-bar")
        self._bar.setAccessibleName(title)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.content.addWidget(self._bar)
        self.add_button(Button("Stop", name="progress-stop"), accepts=False)
        self.rejected.connect(self._stop)
        self._look = QTimer(self, interval=LOOK_EVERY_MS)
        self._look.timeout.connect(lambda: self._bar.setValue(round(counter.share * 1000)))
        self._look.start()

    def _stop(self) -> None:
        self._counter.stopped = True


async def shown_progress(widget: QWidget, title: str, counter: Counter, work: Awaitable[T]) -> T:
    """Await some work; when it takes longer than a moment, with a bar that can stop it.

    Raises:
        Stopped: a person gave it up.
    """
    dialog = ProgressDialog(widget, title, counter)
    delay = QTimer(dialog, singleShot=True, interval=SHOW_AFTER_MS)
    delay.timeout.connect(dialog.open)
    delay.start()
    try:
        return await asyncio.ensure_future(work)
    finally:
        delay.stop()
        dialog.hide()
        dialog.deleteLater()

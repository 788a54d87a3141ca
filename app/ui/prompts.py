"""How the window speaks to a person: errors as one sentence, questions that name what is lost.

Dialogs in a coroutine are opened and awaited, never `exec`uted: a nested Qt loop breaks qasync.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.errors import AppError
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.widgets.notices import notices_of

logger = logging.getLogger(__name__)


def sentence_of(error: BaseException) -> str:
    """What a person reads about an error. One that is not ours is a fault of the program and goes to the log with its traceback."""
    if isinstance(error, AppError):
        return str(error)
    logger.error("unexpected error shown as a sentence", exc_info=error, extra={"quiet": True})
    return f"Something unexpected went wrong ({type(error).__name__}). The log has the details."


def show_error(widget: QWidget, error: BaseException) -> None:
    """Tell it in the window's notice bar, where it stays until it is read."""
    notices_of(widget).show_error(sentence_of(error))


@contextmanager
def shown_errors(widget: QWidget) -> Iterator[None]:
    """Errors of the block become a sentence in the window. Cancellation passes through."""
    try:
        yield
    except Exception as error:
        show_error(widget, error)


@contextmanager
def busy(button: QWidget) -> Iterator[None]:
    """Off while its work is under way, so that it is not asked for twice."""
    button.setEnabled(False)
    try:
        yield
    finally:
        button.setEnabled(True)


class Dialog(QDialog):
    """A window-modal question or form: title, content, buttons; Esc declines."""

    def __init__(self, parent: QWidget, title: str, *, width: int = 440, name: str = "dialog") -> None:
        super().__init__(parent.window())
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(width)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(Label(title, "inspector_title", wrap=True, name="dialog-title"))
        self.content = QVBoxLayout()
        self.content.setSpacing(8)
        layout.addLayout(self.content, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        layout.addSpacing(4)
        layout.addLayout(self._buttons)

    def add_button(self, button: Button, *, accepts: bool) -> Button:
        button.clicked.connect(self.accept if accepts else self.reject)
        self._buttons.addWidget(button)
        return button

    async def answered(self) -> bool:
        """Show it; True when it was accepted."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def finish(result: int) -> None:
            if not done.done():
                done.set_result(result)

        self.finished.connect(finish)
        self.open()
        try:
            return bool(await done)
        finally:
            self.deleteLater()


async def confirm(widget: QWidget, question: str, consequence: str, *, yes: str, dangerous: bool = True) -> bool:
    """Ask before something is lost; the harmless answer is the default."""
    dialog = Dialog(widget, question, name="confirm-dialog")
    dialog.content.addWidget(Label(consequence, "ui", "text_second", wrap=True))
    no_button = dialog.add_button(Button("Keep", name="dialog-no"), accepts=False)
    dialog.add_button(Button(yes, "danger" if dangerous else "primary", name="dialog-yes"), accepts=True)
    no_button.setFocus()
    return await dialog.answered()

"""The Undo of a notice: it takes back the edit that the notice is about, and no other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.ui.document import Document
from app.ui.widgets.notices import notices_of


def undo_of_last(document: Document, widget: QWidget) -> Callable[[], None]:
    """Undoes the edit that was just made; once something else was done, says where it can be taken back instead."""
    stack = document.model.undo_stack
    index = stack.index()

    def undo() -> None:
        if stack.index() == index:
            stack.undo()
        else:
            notices_of(widget).show_error("Something else was edited since. Undo it with Ctrl+Z, or go back in the history.")

    return undo

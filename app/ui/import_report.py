"""What became of files that were imported together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QWidget

from app.ui.prompts import Dialog
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.words import count

if TYPE_CHECKING:
    from app.ui.importing import Imported


class ImportReport(Dialog):
    """Refused files first, then those with problems; `chosen` is the workflow of a row."""

    chosen = Signal(str)

    def __init__(self, window: QWidget, done: Sequence[Imported]) -> None:
        good = [one for one in done if one.id]
        bad = len(done) - len(good)
        title = f"{count(len(good), 'workflow')} imported" + (f", {count(bad, 'file')} not" if bad else "")
        super().__init__(window, title, width=680, name="import-report")
        ill = sum(one.problems > 0 for one in good)
        if ill:
            words = (
                f"{count(ill, 'workflow')} {'has' if ill == 1 else 'have'} problems: they are kept as drafts and run once those are fixed."
            )
            self.content.addWidget(Label(words, "ui", "text_second", wrap=True))
        self._done = sorted(done, key=lambda one: (not one.fault, not one.problems))
        self.table: Table[Imported] = Table(_columns(), lambda one: str(one.path), name="import-table", row_height=44)
        self.table.setMinimumHeight(240)
        self.table.show_rows(self._done, when_empty=("import", "Nothing was imported.", ""))
        self.table.opened.connect(self._open)
        self.content.addWidget(self.table, 1)
        copy = Button("Copy as text", icon_name="copy", name="import-copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.as_text()))
        self._buttons.insertWidget(0, copy)
        close = self.add_button(Button("Close", "primary", name="dialog-close"), accepts=True)
        self.table.select(0)
        close.setFocus()

    def as_text(self) -> str:
        return "\n".join(f"{one.path}\t{one.fault or _said(one)}" for one in self._done) + "\n"

    def _open(self, one: Imported) -> None:
        if one.id:
            self.accept()
            self.chosen.emit(one.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.table.hasFocus():
            return
        super().keyPressEvent(event)


def _said(one: Imported) -> str:
    return f"imported, {count(one.problems, 'problem')}" if one.problems else "imported"


def _columns() -> tuple[Column[Imported], ...]:
    def state(one: Imported) -> Cell:
        if one.fault:
            return Cell(one.fault, icon="circle-x", icon_colour="error", hint=one.fault)
        if one.problems:
            return Cell(count(one.problems, "problem"), icon="triangle-alert", icon_colour="warn")
        return Cell("Imported", icon="circle-check", icon_colour="ok")

    return (
        Column("File", lambda one: Cell(one.path.name, one.name, icon="file-json", hint=str(one.path)), 260),
        Column("Result", state),
    )

"""Where something is used, as a list from which one gets there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.domain.catalog import Catalog
from app.domain.usage import Use
from app.ui.prompts import Dialog, sentence_of
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table
from app.ui.tasks import Tasks
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import Label
from app.ui.words import count

Ask = Callable[[], Coroutine[Any, Any, Sequence[Use]]]
_ICONS = {"schedule": "calendar-clock", "webhook": "webhook", "adapter": "plug"}
_KINDS = {"schedule": "Schedule", "webhook": "Webhook", "adapter": "Adapter"}


class UsesDialog(Dialog):
    """`chosen` is the place to go to; the dialog closes with it."""

    chosen = Signal(object)

    def __init__(self, window: QWidget, name: str, ask: Ask, catalog: Catalog, *, nothing: str = "No workflow uses it.") -> None:
        super().__init__(window, f"Where “{name}” is used", width=720, name="uses-dialog")
        self._ask, self._nothing = ask, nothing
        self._uses: Sequence[Use] = ()
        self._tasks = Tasks(self, self._fail)
        self.search = SearchField("Search here…", name="uses-search")
        self.table: Table[Use] = Table(_columns(catalog), _key, name="uses-table", row_height=44)
        self.table.setAccessibleName("Where it is used")
        self.table.setMinimumHeight(300)
        self._words = Label("", "second", "text_second", name="uses-words")
        self.content.addWidget(self.search)
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self._words)
        self._go = Button("Go there", "primary", icon_name="arrow-right", name="uses-go")
        self._go.clicked.connect(lambda: self._choose(self.table.current_row()))
        self._buttons.addWidget(self._go)
        self.add_button(Button("Close", name="dialog-close"), accepts=False)
        self.table.opened.connect(self._choose)
        self.table.selected.connect(self._follow)
        self.search.textChanged.connect(self._show)
        self.table.show_loading()
        self._follow(None)
        self._load()
        self.search.setFocus()

    def _load(self) -> None:
        self.table.show_loading()
        self._tasks.start(self._read())

    async def _read(self) -> None:
        self._uses = await self._ask()
        self._show()

    def _fail(self, error: Exception) -> None:
        self.table.show_error(sentence_of(error), self._load)

    def _show(self) -> None:
        words = self.search.text().casefold().split()
        shown = [use for use in self._uses if all(word in f"{use.workflow} {use.name} {_field(use)}".casefold() for word in words)]
        nothing = ("search", "No place fits this search.", "") if words else ("circle-check", self._nothing, "")
        self.table.show_rows(shown, when_empty=nothing)
        if shown and self.table.current_row() is None:
            self.table.select(0)
        workflows = len({use.workflow_id for use in self._uses if use.workflow_id})
        words_ = f"{count(len(self._uses), 'place')} in {count(workflows, 'workflow')}" if workflows else count(len(self._uses), "place")
        self._words.setText(words_ if self._uses else "")

    def _follow(self, use: Use | None) -> None:
        self._go.setEnabled(use is not None and bool(use.workflow_id))

    def _choose(self, use: Use | None) -> None:
        if use is not None and use.workflow_id:
            self.accept()
            self.chosen.emit(use)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.table.current_row())
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.search.hasFocus():
            self.table.setFocus()
        else:
            super().keyPressEvent(event)


def _key(use: Use) -> str:
    return f"{use.kind}{use.workflow_id}{use.id}{use.place}"


def _field(use: Use) -> str:
    name = use.place.removeprefix("/config/").strip("/").replace("/", ".")
    return name.replace("~1", "/").replace("~0", "~").replace("_", " ").capitalize()


def _where(use: Use) -> str:
    if use.kind in ("schedule", "webhook"):
        return f"v{use.version}" if use.version else "latest version"
    if not use.workflow_id:
        return ""
    if use.in_draft:
        return f"draft and v{use.version}" if use.version else "draft"
    return f"only v{use.version}"


def _columns(catalog: Catalog) -> tuple[Column[Use], ...]:
    def what(use: Use) -> Cell:
        if use.kind in _ICONS:
            return Cell(use.name, _KINDS[use.kind], icon=_ICONS[use.kind])
        kind = catalog.steps.get(use.type)
        category = kind.category if kind is not None else "data"
        return Cell(use.name, use.workflow, icon=kind.icon if kind is not None else "route", tile=category)

    return (
        Column("Used by", what, sort_by=lambda use: (use.workflow.casefold(), use.name.casefold())),
        Column("Field", lambda use: Cell(_field(use), colour="text_second"), 200, sort_by=_field),
        Column("In", lambda use: Cell(_where(use), colour="text_second"), 140, sort_by=_where),
    )

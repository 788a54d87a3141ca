"""What the lists of schedules and of webhooks share: one look at a time, news, a filter, a switch in the first column with Undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.ui.prompts import sentence_of, show_error
from app.ui.session import Session
from app.ui.tables import Table
from app.ui.tasks import Tasks
from app.ui.widgets.bars import grounded
from app.ui.widgets.fields import SearchField
from app.ui.widgets.notices import notices_of

Row = TypeVar("Row")
_BELL_DELAY_MS = 400


class TriggerList(QWidget, Generic[Row]):
    """A list that follows what happens while it is looked at.

    A list of its own says how it is read (`_fetch`), what becomes of that (`_take`), which rows the filter leaves (`_show`) and what
    its switch does (`_switch`).
    """

    run_requested = Signal(str)
    """The id of a run to be shown."""

    def __init__(self, table: Table[Row], search: SearchField, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        grounded(self, "field")
        self.table, self.search = table, search
        self._session: Session | None = None
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._asked = 0
        self._delay = QTimer(self, singleShot=True, interval=_BELL_DELAY_MS)
        self._delay.timeout.connect(self.reload)
        search.textChanged.connect(lambda _text: self._show())
        table.clicked.connect(self._on_clicked)
        table.spaced.connect(self._toggle)
        table.show_loading()

    def attach(self, session: Session) -> None:
        self._session = session

    def reload(self) -> None:
        if self._session is not None:
            self._tasks.start(self._load(self._session))

    def hear(self) -> None:
        """There is news; several in a row are one look."""
        if self.isVisible() and not self._delay.isActive():
            self._delay.start()

    def select(self, id: str) -> None:
        if (at := self.table.rows_model.row_of(id)) is not None:
            self.table.select(at)

    @property
    def _wanted(self) -> str:
        return self.search.text().strip().casefold()

    async def _load(self, session: Session) -> None:
        """Read and show; what a later look has overtaken is dropped."""
        self._asked += 1
        asked = self._asked
        self.table.show_loading()
        try:
            take = await self._fetch(session)
        except Exception as error:
            self.table.show_error(sentence_of(error), self.reload)
            return
        if asked == self._asked:
            await take()

    async def _fetch(self, session: Session) -> Callable[[], Awaitable[None]]:
        """Read everything; what is returned shows it."""
        raise NotImplementedError

    def _show(self) -> None:
        """The rows that the filter leaves."""
        raise NotImplementedError

    async def _switch(self, session: Session, row: Row) -> tuple[str, Callable[[], Awaitable[object]]]:
        """Turn it on or off: what is to be said, and the way back."""
        raise NotImplementedError

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == 0 and (row := self.table.current_row()) is not None:
            self._toggle(row)

    def _toggle(self, row: Row) -> None:
        if self._session is not None:
            self._tasks.start(self._switched(self._session, row))

    async def _switched(self, session: Session, row: Row) -> None:
        """At once, with Undo."""
        said, back = await self._switch(session, row)
        await self._load(session)
        self._offer_undo(session, said, back)

    def _offer_undo(self, session: Session, said: str, back: Callable[[], Awaitable[object]]) -> None:
        async def undone() -> None:
            await back()
            await self._load(session)

        notices_of(self).show_undo(said, lambda: self._tasks.start(undone()))

"""The breakpoints of a workflow as a list: where, when, and whether they are on."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.domain.workflow import Graph
from app.ui.breakpoint_book import Point
from app.ui.document import Document
from app.ui.table_cells import Cell
from app.ui.tables import Column, Table


class Entry(NamedTuple):
    """One breakpoint with the name of what it is at."""

    point: Point
    name: str
    is_there: bool


class BreakpointList(Table[Entry]):
    """Space switches one on or off, Del takes it away; the current row selects its step on the canvas."""

    element_chosen = Signal(str)
    counted = Signal(int)

    def __init__(self) -> None:
        super().__init__(_columns(), _key, name="breakpoints-table", row_height=30)
        self._document: Document | None = None
        self.spaced.connect(self._switch)
        self.selected.connect(lambda entry: self.element_chosen.emit(entry.point.node) if entry is not None and self.hasFocus() else None)

    def set_document(self, document: Document | None) -> None:
        if self._document is not None:
            self._document.breakpoints.changed.disconnect(self.refresh)
        self._document = document
        if document is not None:
            document.breakpoints.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        document = self._document
        entries = [_entry(point, document.model.graph) for point in document.breakpoints.points] if document is not None else []
        self.show_rows(
            entries,
            when_empty=("octagon", "No breakpoints are set.", "Press F9 on a step, or click its top left corner."),
        )
        self.counted.emit(len(entries))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at = self.currentIndex().row()
        if event.key() == Qt.Key.Key_Delete and self._document is not None and 0 <= at < len(self.rows_model.rows):
            self._document.breakpoints.remove([self.rows_model.rows[at].point.place])
        else:
            super().keyPressEvent(event)

    def _switch(self, entry: Entry) -> None:
        if self._document is not None:
            self._document.breakpoints.put(replace(entry.point, is_on=not entry.point.is_on))


def _entry(point: Point, graph: Graph) -> Entry:
    node = graph.steps.get(point.node) or graph.groups.get(point.node)
    return Entry(point, node.name if node is not None else "", node is not None)


def _columns() -> tuple[Column[Entry], ...]:
    return (
        Column("Step", _step_cell, 260),
        Column("Pauses", lambda entry: Cell(entry.point.when, colour="text_second"), 90),
        Column("Only when", lambda entry: Cell(entry.point.condition, colour="text_second", style="code", hint=entry.point.condition)),
        Column("", lambda entry: Cell("on" if entry.point.is_on else "off", colour="text_second"), 60),
    )


def _step_cell(entry: Entry) -> Cell:
    if not entry.is_there:
        return Cell("a step that is gone", colour="text_second", icon="octagon", icon_colour="text_second")
    return Cell(
        entry.name,
        icon="octagon",
        icon_colour="warn" if entry.point.is_on else "text_second",
        colour="text" if entry.point.is_on else "text_second",
    )


def _key(entry: Entry) -> str:
    return f"{entry.point.node}#{entry.point.when}"

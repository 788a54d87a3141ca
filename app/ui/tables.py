"""Lists of rows: a model over frozen rows, cells that say how they look, a table with states and keys.

A column is a function from a row to a `Cell`; the delegate paints cells, nothing else does. Rows keep their identity
through a key, so that selection and scroll position survive a reload.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.ui.table_cells import CELL_ROLE, Cell, CellDelegate, cell_mark
from app.ui.theme import font, theme
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.focus_ring import FocusRing
from app.ui.widgets.labels import plain_tip

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: `width` in px (0: takes what is left), `sort_by` None when it cannot be sorted."""

    title: str
    cell: Callable[[Row], Cell]
    width: int = 0
    sort_by: Callable[[Row], Any] | None = None
    right: bool = False


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows in the order they are shown; sorting happens here, filtering where the rows come from."""

    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []
        self._sort: tuple[int, bool] | None = None

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows. Where the keys are the same and in the same order only their cells are told to repaint."""
        ordered = self._ordered(rows)
        if [self._key(row) for row in ordered] == [self._key(row) for row in self._rows]:
            self._rows = ordered
            if ordered:
                self.dataChanged.emit(self.index(0, 0), self.index(len(ordered) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self._rows = ordered
        self.endResetModel()

    def row_of(self, key: str) -> int | None:
        return next((at for at, row in enumerate(self._rows) if self._key(row) == key), None)

    def key_at(self, at: int) -> str:
        return self._key(self._rows[at])

    def _ordered(self, rows: Sequence[Row]) -> list[Row]:
        if self._sort is None:
            return list(rows)
        column, descending = self._sort
        by = self.columns[column].sort_by
        assert by is not None
        # Missing values last in either direction.
        known = sorted((row for row in rows if by(row) is not None), key=by, reverse=descending)
        return known + [row for row in rows if by(row) is None]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns) or self.columns[column].sort_by is None:
            return
        self._sort = (column, order is Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        old = [(index, self.key_at(index.row())) for index in self.persistentIndexList()]
        self._rows = self._ordered(self._rows)
        places = {self._key(row): at for at, row in enumerate(self._rows)}
        for index, key in old:
            self.changePersistentIndex(index, self.index(places[key], index.column()))
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        cell = self.columns[index.column()].cell(row)
        if role == CELL_ROLE:
            return cell
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(cell.hint) if cell.hint else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell.spoken
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class Table(QTableView, Generic[Row]):
    """A list with two-line rows; empty, loading and failed are states of it, not of the page around it."""

    opened = Signal(object)
    """The row that Enter or a double click chose."""
    selected = Signal(object)
    """The current row, or None."""
    spaced = Signal(object)
    """The current row, when Space was pressed."""
    mark_clicked = Signal(object, int)
    """The row, and which of the marks in one of its cells."""

    def __init__(
        self, columns: Sequence[Column[Row]], key: Callable[[Row], str], *, name: str, row_height: int = 44, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name.replace("-", " "))
        self.rows_model: RowsModel[Row] = RowsModel(columns, key, self)
        self.setModel(self.rows_model)
        self.cells = CellDelegate(self)
        self.setItemDelegate(self.cells)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_height)
        self._set_up_header()
        self._state = EmptyState(self)
        FocusRing(self, radius=8)
        self._loading = False
        self._pressed = QPointF()
        self._turning = QTimer(self, interval=50)
        self._turning.timeout.connect(self._turn)
        self.selectionModel().currentRowChanged.connect(lambda _now, _before: self.selected.emit(self.current_row()))
        self.clicked.connect(self._on_clicked)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(ROW_ROLE)))
        theme().changed.connect(self._refresh)

    def current_row(self) -> Row | None:
        index = self.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    def show_rows(self, rows: Sequence[Row], *, when_empty: tuple[str, str, str]) -> None:
        """Show rows; `when_empty` is the icon, the sentence and what to do, for when there are none."""
        current = self.current_row()
        key = self.rows_model._key(current) if current is not None else None
        self._loading = False
        self.rows_model.set_rows(rows)
        if key is not None and (at := self.rows_model.row_of(key)) is not None and at != self.currentIndex().row():
            self.select(at)
        self._state.setVisible(not rows)
        if not rows:
            self._state.say(*when_empty)
        self._turning.start() if self._has_running() else self._turning.stop()
        self.viewport().update()

    def show_loading(self) -> None:
        """Grey rows at once; those that are there already stay."""
        if not self.rows_model.rows:
            self._loading = True
            self._state.hide()
            self.viewport().update()

    def show_error(self, sentence: str, retry: Callable[[], object]) -> None:
        """The head stays; the sentence and Retry take the place of the rows."""
        self._loading = False
        self.rows_model.set_rows(())
        self._state.say("circle-alert", sentence, "", button="Retry", do=retry)
        self._state.show()

    def select(self, at: int) -> None:
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.rows_model.index(at, 0), flags)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            row = self.current_row()
            if row is not None:
                self.opened.emit(row)
            return
        if event.key() == Qt.Key.Key_Escape:
            self.clearSelection()
            return
        if event.key() == Qt.Key.Key_Space:
            if (row := self.current_row()) is not None:
                self.spaced.emit(row)
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.cells.hovered_row = self.rowAt(event.position().toPoint().y())
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.cells.hovered_row = -1
        self.viewport().update()

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        if self._loading:
            painter = QPainter(self.viewport())
            try:
                self.cells.paint_loading(painter, self.viewport().width(), self.verticalHeader().defaultSectionSize())
            finally:
                painter.end()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._state.setGeometry(self.viewport().geometry())

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setFont(font("caption"))
        header.setFixedHeight(32)
        header.setHighlightSections(False)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header.setMinimumSectionSize(48)
        for at, column in enumerate(self.rows_model.columns):
            if column.width:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(at, column.width)
            else:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)
        # Qt's header turns its own indicator round at each click.
        header.setSortIndicatorShown(any(column.sort_by is not None for column in self.rows_model.columns))
        header.setSectionsClickable(header.isSortIndicatorShown())
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self.rows_model.sort)

    def _on_clicked(self, index: QModelIndex) -> None:
        at = cell_mark(index.data(CELL_ROLE), QRectF(self.visualRect(index)), self._pressed)
        if at is not None:
            self.mark_clicked.emit(index.data(ROW_ROLE), at)

    def _has_running(self) -> bool:
        return not theme().reduce_motion and any(
            column.cell(row).status == "running" for row in self.rows_model.rows for column in self.rows_model.columns
        )

    def _turn(self) -> None:
        if self.isVisible():
            self.cells.turn = (self.cells.turn + 50 / 900) % 1.0
            self.viewport().update()

    def _refresh(self) -> None:
        self.viewport().update()

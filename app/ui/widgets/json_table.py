"""A value as a table: a row for each item of a list, a column for each of their fields; an object as names and values."""

from __future__ import annotations

import itertools
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.domain.json_value import Json, dumps
from app.ui.theme import font
from app.ui.widgets.json_tree import shown

Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_MOST_ROWS, _MOST_COLUMNS, _LOOKED_AT = 5_000, 40, 200


class JsonTableModel(QAbstractTableModel):
    """Cells are read when they are shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, Json]] = []
        self._columns: list[str] = []

    def set_value(self, value: Json) -> None:
        self.beginResetModel()
        if isinstance(value, list):
            self._rows = [(str(at), item) for at, item in enumerate(value[:_MOST_ROWS])]
            keys: dict[str, None] = {}
            for item in value[:_LOOKED_AT]:
                if isinstance(item, dict):
                    keys.update(dict.fromkeys(itertools.islice(item, _MOST_COLUMNS)))
            self._columns = list(keys)[:_MOST_COLUMNS] or ["value"]
        elif isinstance(value, dict):
            self._rows = list(itertools.islice(value.items(), _MOST_ROWS))
            self._columns = ["value"]
        else:
            self._rows, self._columns = [("", value)], ["value"]
        self.endResetModel()

    def cell(self, row: int, column: int) -> tuple[bool, Json]:
        """Whether there is a value, and which."""
        item = self._rows[row][1]
        name = self._columns[column]
        if isinstance(item, dict) and self._columns != ["value"]:
            return (True, item[name]) if name in item else (False, None)
        return True, item

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        is_there, value = self.cell(index.row(), index.column())
        return "" if not is_there else value[:400] if isinstance(value, str) else shown(value)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._columns[section] if orientation is Qt.Orientation.Horizontal else self._rows[section][0]


class JsonTable(QTableView):
    """Ctrl+C copies the value of the cell."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "json-table") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("JSON table")
        self._values = JsonTableModel(self)
        self.setModel(self._values)
        self.setFont(font("code"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().setDefaultSectionSize(26)
        self.horizontalHeader().setDefaultSectionSize(150)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        copy = QAction("Copy value", self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_value(self, value: Json) -> None:
        self._values.set_value(value)

    def _copy(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            _, value = self._values.cell(index.row(), index.column())
            QGuiApplication.clipboard().setText(value if isinstance(value, str) else dumps(value))

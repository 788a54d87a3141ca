"""JSON as a tree that is built as far as it is opened; text is always plain and never markup."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFontMetrics, QGuiApplication, QKeySequence, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from app.domain.json_value import Json, dumps
from app.ui.theme import font, theme
from app.ui.widgets.painting import draw_icon

Index = QModelIndex | QPersistentModelIndex
_PART = 200
_SHOWN_TEXT = 400


@dataclass(eq=False, slots=True)
class Node:
    """One value in its place. `key` is None for the root; a list's entries are keyed by their index."""

    key: str | int | None
    value: Json
    parent: Node | None = None
    at: int = 0
    children: list[Node] = field(default_factory=list)

    @property
    def is_branch(self) -> bool:
        return isinstance(self.value, dict | list) and len(self.value) > 0

    @property
    def missing(self) -> int:
        """How many children are not loaded yet."""
        return len(self.value) - len(self.children) if isinstance(self.value, dict | list) else 0

    def load_part(self) -> None:
        start = len(self.children)
        part = itertools.islice(self._entries(), start, start + _PART)
        self.children += [Node(key, value, self, start + at) for at, (key, value) in enumerate(part)]

    def _entries(self) -> Iterator[tuple[str | int, Json]]:
        if isinstance(self.value, dict):
            yield from self.value.items()
        elif isinstance(self.value, list):
            yield from enumerate(self.value)

    @property
    def path(self) -> str:
        """How an expression reaches it from `$`."""
        if self.parent is None:
            return "$"
        if isinstance(self.key, int):
            return f"{self.parent.path}[{self.key}]"
        plain = str(self.key).isidentifier()
        return f"{self.parent.path}.{self.key}" if plain else f"{self.parent.path}[{dumps(str(self.key))}]"


class JsonModel(QAbstractItemModel):
    """A value's nodes. The root itself is not shown when it is an object or a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Node(None, [])

    def set_value(self, value: Json) -> None:
        self.beginResetModel()
        self._root = Node(None, value if isinstance(value, dict | list) else [])
        if not isinstance(value, dict | list):
            self._root.children = [Node(None, value, self._root)]
        elif self._root.missing:
            self._root.load_part()
        self.endResetModel()

    def node(self, index: Index) -> Node:
        found = index.internalPointer() if index.isValid() else self._root
        assert isinstance(found, Node)
        return found

    def index_of(self, node: Node) -> QModelIndex:
        return self.createIndex(node.at, 0, node)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008  Qt's own default
        children = self.node(parent).children
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: Index | None = None) -> Any:
        above = self.node(index).parent if index is not None and index.isValid() else None
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.at, 0, above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return len(self.node(parent).children)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 1

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008  Qt's own default
        return not parent.isValid() or self.node(parent).is_branch

    def canFetchMore(self, parent: Index) -> bool:
        return self.node(parent).missing > 0 and self.node(parent).is_branch

    def fetchMore(self, parent: Index) -> None:
        node = self.node(parent)
        first = len(node.children)
        self.beginInsertRows(parent, first, first + min(_PART, node.missing) - 1)
        node.load_part()
        self.endInsertRows()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            node = self.node(index)
            return f"{node.key}: {shown(node.value)}" if node.key is not None else shown(node.value)
        return None


def shown(value: Json) -> str:
    """A value in one line: text in quotes, the size of objects and lists."""
    match value:
        case dict():
            return f"{{{len(value)}}}"
        case list():
            return f"[{len(value)}]"
        case str():
            text = dumps(value[:_SHOWN_TEXT])
            return f"{text[:-1]}…" if len(value) > _SHOWN_TEXT else text
        case _:
            return dumps(value)


class JsonDelegate(QStyledItemDelegate):
    """Key and value in one line of mono; a value's kind is told by its form, the colour only helps."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, 21)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, JsonModel)
        node = model.node(index)
        tokens = theme().tokens
        rect = QRectF(option.rect)
        painter.save()
        try:
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(rect, QColor(tokens.raised))
            painter.setFont(font("code"))
            metrics = QFontMetrics(font("code"))
            x = rect.x() + 2
            if node.key is not None:
                key = f"[{node.key}]" if isinstance(node.key, int) else str(node.key)
                painter.setPen(QColor(tokens.text_second if isinstance(node.key, int) else tokens.text))
                painter.drawText(QRectF(x, rect.y(), rect.right() - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, key)
                x += metrics.horizontalAdvance(key) + 8
            painter.setPen(QColor(_colour(node.value)))
            text = metrics.elidedText(shown(node.value), Qt.TextElideMode.ElideRight, max(0, int(rect.right() - x)))
            painter.drawText(QRectF(x, rect.y(), rect.right() - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, text)
        finally:
            painter.restore()


def _colour(value: Json) -> str:
    tokens = theme().tokens
    match value:
        case str():
            return tokens.status_text["ok"]
        case bool() | int() | float():
            return tokens.status_text["running"]
        case _:
            return tokens.text_second


class JsonTree(QTreeView):
    """The tree of one value; Ctrl+C copies the value under the cursor, the menu its path too."""

    def __init__(self, parent: QWidget | None = None, *, name: str = "json-tree") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("JSON tree")
        self._values = JsonModel(self)
        self._root_path = "$"
        self.setModel(self._values)
        self.setItemDelegate(JsonDelegate(self))
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        copy = QAction("Copy value", self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(_copied(self._current().value)))
        path = QAction("Copy path", self)
        path.triggered.connect(lambda: QGuiApplication.clipboard().setText(self.current_path))
        self.addActions([copy, path])
        theme().changed.connect(self.viewport().update)

    def set_value(self, value: Json, *, root: str = "$") -> None:
        self._root_path = root
        self._values.set_value(value)
        if isinstance(value, dict | list) and len(value) <= 20:
            self.expandToDepth(0)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        if self._values.node(index).is_branch:
            name = "chevron-down" if self.isExpanded(self._values.index_of(self._values.node(index))) else "chevron-right"
            draw_icon(painter, name, theme().tokens.text_second, (rect.right() - 13, rect.center().y() - 6), 12)

    @property
    def current_path(self) -> str:
        """How an expression reaches the value under the cursor."""
        return self._root_path + self._current().path.removeprefix("$")

    def _current(self) -> Node:
        return self._values.node(self.currentIndex())


def _copied(value: Json) -> str:
    return value if isinstance(value, str) else dumps(value)

"""Data as a tree with key, type and value, built as far as it is opened; every row is a path that can be dragged or taken with Enter."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from app.domain.json_value import dumps
from app.domain.known_data import Known, field_path
from app.ui.inspector.data_drag import DataDrag, Zone
from app.ui.theme import font, theme, tint
from app.ui.widgets.painting import draw_box, draw_icon

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Key", "Type", "Value in the last run")
_PART = 200
_SEARCHED = 5_000
_NONE = QModelIndex()


@dataclass(eq=False, slots=True)
class DataNode:
    """One value with the path that leads to it."""

    label: str
    path: str
    known: Known
    parent: DataNode | None = None
    at: int = 0
    icon: tuple[str, str] = ("", "")
    children: list[DataNode] = field(default_factory=list)
    loaded: int = 0

    @property
    def size(self) -> int:
        """How many there are inside, loaded or not."""
        known = self.known
        if known.has_value:
            return len(known.value) if isinstance(known.value, dict | list) else 0
        return sum(1 for _ in known.children())

    def load_part(self) -> None:
        part = list(itertools.islice(self._entries(), self.loaded, self.loaded + _PART))
        self.children += [
            DataNode(f"[{key}]" if isinstance(key, int) else key, field_path(self.path, key), known, self, self.loaded + at)
            for at, (key, known) in enumerate(part)
        ]
        self.loaded += len(part)

    def _entries(self) -> Iterator[tuple[str | int, Known]]:
        known = self.known
        if known.has_value and isinstance(known.value, dict):
            return ((key, Known.of(value)) for key, value in known.value.items())
        if known.has_value and isinstance(known.value, list):
            return ((at, Known.of(value)) for at, value in enumerate(known.value))
        return known.children()


class DataModel(QAbstractItemModel):
    """The nodes; those on top are given, the rest follows from their values."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root = DataNode("", "", Known())

    def set_top(self, nodes: Sequence[DataNode]) -> None:
        self.beginResetModel()
        self.root = DataNode("", "", Known())
        for at, node in enumerate(nodes):
            node.parent, node.at = self.root, at
        self.root.children = list(nodes)
        self.endResetModel()

    def node(self, index: Index) -> DataNode:
        found = index.internalPointer() if index.isValid() else self.root
        assert isinstance(found, DataNode)
        return found

    def index_of(self, node: DataNode) -> QModelIndex:
        return QModelIndex() if node is self.root else self.createIndex(node.at, 0, node)

    def index(self, row: int, column: int, parent: Index = _NONE) -> QModelIndex:
        children = self.node(parent).children
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: Index | None = None) -> Any:
        above = self.node(index).parent if index is not None and index.isValid() else None
        return QModelIndex() if above is None or above is self.root else self.createIndex(above.at, 0, above)

    def rowCount(self, parent: Index = _NONE) -> int:
        return len(self.node(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, parent: Index = _NONE) -> int:
        return len(COLUMNS)

    def hasChildren(self, parent: Index = _NONE) -> bool:
        return not parent.isValid() or (parent.column() == 0 and self.node(parent).size > 0)

    def canFetchMore(self, parent: Index) -> bool:
        return parent.isValid() and self.node(parent).loaded < self.node(parent).size

    def fetchMore(self, parent: Index) -> None:
        node = self.node(parent)
        first = len(node.children)
        last = min(node.size, first + _PART) - 1
        if last < first:
            return
        self.beginInsertRows(parent, first, last)
        node.load_part()
        self.endInsertRows()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return (node.label, node.known.kind, node.known.sample)[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{node.label}, {node.known.kind}, {node.known.sample}"
        return node.path if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal else None


class DataDelegate(QStyledItemDelegate):
    """Key in mono with its icon, type in quiet text, value in mono."""

    marked: frozenset[str] = frozenset()
    """The paths of values that stand on a tint."""
    above: frozenset[str] = frozenset()
    """The paths of what those are in: framed while it is closed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, 26)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, DataModel)
        node, tokens = model.node(index), theme().tokens
        rect = QRectF(option.rect)
        painter.save()
        try:
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(rect, QColor(tokens.raised))
            x = rect.x() + 2
            if index.column() == 0 and node.icon[0]:
                colour = tokens.category.get(node.icon[1], tokens.text_second)
                draw_icon(painter, node.icon[0], colour, (x, rect.center().y() - 7), 14)
                x += 20
            style = "second" if index.column() == 1 or (index.column() == 0 and node.icon[0]) else "code"
            painter.setFont(font(style))
            painter.setPen(QColor(tokens.text if index.column() == 0 else tokens.text_second))
            text = str(model.data(index))
            metrics = QFontMetrics(painter.font())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(rect.right() - x - 4)))
            if index.column() == 2:
                self._paint_mark(
                    painter, QRectF(x - 3, rect.y() + 3, metrics.horizontalAdvance(shown) + 6, rect.height() - 6), option, node
                )
            painter.drawText(QRectF(x, rect.y(), rect.right() - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        finally:
            painter.restore()

    def _paint_mark(self, painter: QPainter, box: QRectF, option: QStyleOptionViewItem, node: DataNode) -> None:
        accent, pen = theme().tokens.accent, painter.pen()
        if node.path in self.marked:
            draw_box(painter, box, 4, fill=tint(accent, 0.32))
        elif node.path in self.above and not option.state & QStyle.StateFlag.State_Open:
            draw_box(painter, box, 4, border=tint(accent, 0.6))
        painter.setPen(pen)


class DataTree(QTreeView):
    """Rows are dragged with the mouse; Enter or a double click takes one; Ctrl+C copies its path.

    Where it does not give its paths they can only be copied: a step cannot name its own output.
    """

    taken = Signal(str)
    """The path of a row that shall go in where the caret is."""

    def __init__(self, *, name: str, zones: Callable[[], Sequence[Zone]] | None = None, parent: QWidget | None = None) -> None:
        """`zones` tells where rows may be dragged; None: into the fields of the window."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Data")
        self._zones = zones
        self.gives_paths = True
        self.values = DataModel(self)
        self.setModel(self.values)
        self._cells = DataDelegate(self)
        self.setItemDelegate(self._cells)
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setExpandsOnDoubleClick(False)
        self.header().setStretchLastSection(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._pressed: QPoint | None = None
        self._drag: DataDrag | None = None
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        copy_path = QAction("Copy path", self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy_path.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy_path.triggered.connect(lambda: QGuiApplication.clipboard().setText(self.current.path))
        copy_value = QAction("Copy value", self)
        copy_value.triggered.connect(lambda: QGuiApplication.clipboard().setText(_copied(self.current.known)))
        self.addActions([copy_path, copy_value])
        theme().changed.connect(self.viewport().update)

    @property
    def current(self) -> DataNode:
        return self.values.node(self.currentIndex())

    def show_nodes(self, nodes: Sequence[DataNode]) -> None:
        """Other data; what was open stays open where it is there again."""
        opened = [node.path for node in self._open_nodes()]
        at = self.current.path
        scrolled = self.verticalScrollBar().value()
        self.values.set_top(nodes)
        self._reopen(opened)
        if (found := self._loaded(at)) is not None:
            self.setCurrentIndex(self.values.index_of(found))
        self.verticalScrollBar().setValue(scrolled)

    def mark(self, base: str, places: Iterable[Sequence[str | int]]) -> None:
        """Let values stand out: `places` are the keys that lead to each from the row at `base`."""
        marked: set[str] = set()
        above: set[str] = set()
        for place in places:
            marked.add(reduce(field_path, place, base))
            above.update(itertools.accumulate(place[:-1], field_path, initial=base))
        self._cells.marked, self._cells.above = frozenset(marked), frozenset(above)
        self.viewport().update()

    @property
    def marked(self) -> frozenset[str]:
        """The paths of the values that stand out."""
        return self._cells.marked

    def find_key(self, text: str) -> bool:
        """Choose the first row whose key or path holds the text, opening what is above it."""
        wanted = text.strip().lower()
        if not wanted:
            return True
        todo = list(self.values.root.children)
        for _ in range(_SEARCHED):
            if not todo:
                break
            node = todo.pop(0)
            if wanted in node.label.lower():
                self._choose(node)
                return True
            if node.loaded == 0 and node.size and node.path.count(".") + node.path.count("[") < 12:
                self.values.fetchMore(self.values.index_of(node))
            todo += node.children
        return False

    def row_place(self, path: str) -> QPoint:
        """The middle of the row with this path, in the viewport, for clicks; it is opened to and brought into sight."""
        node = next((node for node in self._all_loaded() if node.path == path), None)
        assert node is not None, path
        self.scrollTo(self.values.index_of(node))
        return QPoint(self.visualRect(self.values.index_of(node)).center())

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current.path and self.gives_paths:
            self.taken.emit(self.current.path)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint() if event.button() is Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.globalPosition().toPoint()
        if self._drag is not None:
            self._drag.move(at)
            return
        if self._pressed is None or not self.gives_paths or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        if (event.position().toPoint() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            index = self.indexAt(self._pressed)
            if index.isValid() and (node := self.values.node(index)).path:
                self._drag = DataDrag(self, node.path, node.known.kind, self._zones() if self._zones is not None else None)
                self._drag.destroyed.connect(self._forget_drag)
                self._drag.move(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._drag is not None:
            drag, self._drag = self._drag, None
            drag.drop(event.globalPosition().toPoint())
            return
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.values.node(index).path and self.gives_paths:
            self.taken.emit(self.values.node(index).path)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        node = self.values.node(index)
        if node.size:
            name = "chevron-down" if self.isExpanded(self.values.index_of(node)) else "chevron-right"
            draw_icon(painter, name, theme().tokens.text_second, (rect.right() - 13, rect.center().y() - 6), 12)

    # Which rows are open

    def _forget_drag(self) -> None:
        self._drag = None

    def _choose(self, node: DataNode) -> None:
        above = node.parent
        while above is not None and above is not self.values.root:
            self.expand(self.values.index_of(above))
            above = above.parent
        self.setCurrentIndex(self.values.index_of(node))
        self.scrollTo(self.values.index_of(node))

    def _all_loaded(self) -> Iterator[DataNode]:
        todo = list(self.values.root.children)
        while todo:
            node = todo.pop(0)
            yield node
            todo += node.children

    def _open_nodes(self) -> list[DataNode]:
        return [node for node in self._all_loaded() if node.children and self.isExpanded(self.values.index_of(node))]

    def _loaded(self, path: str) -> DataNode | None:
        return next((node for node in self._all_loaded() if node.path == path), None) if path else None

    def _reopen(self, paths: Sequence[str]) -> None:
        for path in paths:
            if (node := self._loaded(path)) is not None:
                index = self.values.index_of(node)
                if self.values.canFetchMore(index) and not node.children:
                    self.values.fetchMore(index)
                self.expand(index)


def _copied(known: Known) -> str:
    if not known.has_value:
        return ""
    return known.value if isinstance(known.value, str) else dumps(known.value)

"""The list of all changes: one row each, in the order in which F7 goes through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.catalog import Catalog
from app.domain.difference_words import DifferenceWords
from app.domain.differences import ElementDifference
from app.domain.workflow import BlockGroup, Edge, Note, Step
from app.ui.theme import font, theme
from app.ui.widgets.chips import draw_icon_tile
from app.ui.widgets.painting import draw_box, draw_icon

ROW = 36
MARKS = {"added": ("plus", "ok"), "changed": ("pencil", "warn"), "removed": ("minus", "error"), "moved": ("move", "text_second")}
_ITEM = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


def tile_of(item: ElementDifference, catalog: Catalog) -> tuple[str, str]:
    """Icon and category of what differs."""
    match item.element:
        case Step() as step:
            adapter = catalog.adapters.get(str(step.config.get("adapter_id") or "")) if step.type == "tool" else None
            shown = adapter or catalog.steps.get(step.type)
            return (shown.icon, shown.category) if shown is not None else ("box", "data")
        case BlockGroup() as block:
            group = catalog.groups.get(block.type)
            return (group.icon, group.category) if group is not None else ("group", "logic")
        case Edge():
            return "route", "data"
        case Note():
            return "sticky-note", "logic"
    return "workflow", "trigger"


class ChangesModel(QAbstractListModel):
    """Rows of one comparison."""

    def __init__(self, catalog: Catalog, parent: QWidget) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._items: Sequence[ElementDifference] = ()
        self._words: DifferenceWords | None = None

    def show_items(self, items: Sequence[ElementDifference], words: DifferenceWords) -> None:
        self.beginResetModel()
        self._items, self._words = items, words
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._words is None:
            return None
        item = self._items[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return f"{item.verdict}: {self._words.title(item)}, {self._words.summary(item)}"
            case Qt.ItemDataRole.ToolTipRole:
                return self._words.title(item)
        return item if role == _ITEM else None

    @property
    def words(self) -> DifferenceWords | None:
        return self._words

    @property
    def catalog(self) -> Catalog:
        return self._catalog


class ChangesList(QListView):
    """`restore_asked` when Restore on a removed row was clicked."""

    chosen = Signal(int)
    restore_asked = Signal(object)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("changes-list")
        self.setAccessibleName("All changes")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.can_restore = False
        self.rows = ChangesModel(catalog, self)
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self))
        self.selectionModel().currentChanged.connect(lambda now, _before: self.chosen.emit(now.row()) if now.isValid() else None)

    def show_row(self, row: int) -> None:
        """Mark a row without telling that it was chosen."""
        blocked = self.selectionModel().blockSignals(True)
        self.setCurrentIndex(self.rows.index(row))
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()
        self.scrollTo(self.rows.index(row))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        item = self.rows.data(index, _ITEM)
        on_word = event.position().x() >= self.viewport().width() - restore_width() - 16
        if on_word and self.can_restore and isinstance(item, ElementDifference) and item.verdict == "removed":
            self.restore_asked.emit(item)
        super().mouseReleaseEvent(event)


def restore_width() -> float:
    return QFontMetricsF(font("ui")).horizontalAdvance("Restore")


class _Delegate(QStyledItemDelegate):
    def __init__(self, owner: ChangesList) -> None:
        super().__init__(owner)
        self._list = owner

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rows, tokens = self._list.rows, theme().tokens
        item, words = rows.data(index, _ITEM), rows.words
        if not isinstance(item, ElementDifference) or words is None:
            return
        area = QRectF(option.rect)
        state = option.state
        current = index.row() == self._list.currentIndex().row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if current or state & QStyle.StateFlag.State_MouseOver:
            draw_box(
                painter,
                area.adjusted(6, 1, -6, -1),
                8,
                fill=tokens.raised,
                border=tokens.accent if current and self._list.hasFocus() else None,
            )
        icon_name, tone = MARKS[item.verdict]
        draw_icon(painter, icon_name, getattr(tokens, tone), (area.left() + 16, area.center().y() - 7), 14)
        tile = QRectF(area.left() + 38, area.center().y() - 11, 22, 22)
        draw_icon_tile(painter, tile, *tile_of(item, rows.catalog))
        right = self._summary(painter, area, item, words)
        name = QRectF(tile.right() + 9, area.top(), max(0.0, right - tile.right() - 17), area.height())
        face = QFont(font("ui"))
        if item.verdict == "removed":
            face.setStrikeOut(True)
        painter.setFont(face)
        painter.setPen(QColor(tokens.text_second if item.verdict == "removed" else tokens.text))
        title = QFontMetricsF(face).elidedText(words.title(item), Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()

    def _summary(self, painter: QPainter, area: QRectF, item: ElementDifference, words: DifferenceWords) -> float:
        """The words on the right, at most half of the row; where they begin."""
        tokens = theme().tokens
        restore = self._list.can_restore and item.verdict == "removed"
        face = font("ui" if restore else "second")
        text = "Restore" if restore else words.summary(item)
        room = area.width() * 0.46
        shown = QFontMetricsF(face).elidedText(text, Qt.TextElideMode.ElideRight, room)
        width = QFontMetricsF(face).horizontalAdvance(shown)
        box = QRectF(area.right() - 16 - width, area.top(), width + 2, area.height())
        painter.setFont(face)
        painter.setPen(QColor(tokens.accent if restore else tokens.text_second))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
        return box.left()

"""The list of the Data tab: what the step took and gave, and under a quiet line what comes before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.inspector.data_tree import Index
from app.ui.inspector.looks import Look
from app.ui.theme import font, theme
from app.ui.widgets.painting import draw_icon

_ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
_ROW, _APART = 28, 9


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `state` stands at its right; `is_quiet`: it has no data; `is_apart`: a line stands above it."""

    key: str
    title: str
    state: str
    look: Look
    is_quiet: bool = False
    is_apart: bool = False


class SourceList(QListWidget):
    """One row is always chosen; it stays chosen while it is there."""

    picked = Signal(str)
    """The key of another row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data-sources")
        self.setAccessibleName("Data of this step, and of what comes before it")
        self.setItemDelegate(SourceDelegate(self))
        self._entries: tuple[Entry, ...] = ()
        self._key = ""
        self.currentRowChanged.connect(self._on_row)
        theme().changed.connect(self.viewport().update)

    @property
    def key(self) -> str:
        """That of the row that is chosen."""
        at = self.currentRow()
        return self._entries[at].key if 0 <= at < len(self._entries) else ""

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Other rows; if the chosen one is not among them, the first is."""
        if tuple(entries) == self._entries:
            return
        same = [entry.key for entry in entries] == [entry.key for entry in self._entries]
        self._entries = tuple(entries)
        self.blockSignals(True)
        if not same:
            self.clear()
        for at, entry in enumerate(entries):
            item = self.item(at) if same else QListWidgetItem()
            item.setText(entry.title)
            item.setData(_ENTRY_ROLE, entry)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title}, {entry.state}" if entry.state else entry.title)
            if not same:
                self.addItem(item)
        if not same:
            self.setCurrentRow(next((at for at, entry in enumerate(entries) if entry.key == self._key), 0))
        self.blockSignals(False)

    def _on_row(self, at: int) -> None:
        if 0 <= at < len(self._entries):
            self._key = self._entries[at].key
            self.picked.emit(self._key)


class SourceDelegate(QStyledItemDelegate):
    """Icon, title, and on the right how the step went; what has no data is quiet."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(_ENTRY_ROLE)
        return QSize(120, _ROW + _APART if entry.is_apart else _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme().tokens
        entry: Entry = index.data(_ENTRY_ROLE)
        icon, category = entry.look
        rect = QRectF(option.rect)
        painter.save()
        try:
            if entry.is_apart:
                painter.fillRect(QRectF(rect.x() + 6, rect.y() + _APART // 2, rect.width() - 12, 1), QColor(tokens.border))
                rect.setTop(rect.top() + _APART)
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(rect, QColor(tokens.raised))
            draw_icon(painter, icon, tokens.category.get(category, tokens.accent), (rect.x() + 6, rect.y() + 7), 14)
            painter.setFont(font("caption"))
            painter.setPen(QColor(tokens.text_second))
            width = QFontMetrics(font("caption")).horizontalAdvance(entry.state)
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            painter.drawText(QRectF(rect.right() - width - 10, rect.y(), width + 4, rect.height()), flags, entry.state)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text_second if entry.is_quiet else tokens.text))
            room = int(rect.width() - width - 48)
            title = QFontMetrics(font("ui")).elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(rect.x() + 28, rect.y(), room + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, title)
        finally:
            painter.restore()

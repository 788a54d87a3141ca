"""The history: what was done with its times, where one is in it, and what of it is saved. A click goes there."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.edit_words import words_of
from app.domain.history import Entry
from app.ui.document import Document
from app.ui.theme import font, theme, tint
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon
from app.ui.widgets.popup import Popup
from app.ui.words import exact, time_of_day

WIDTH, ROW, MOST_SHOWN = 320, 32, 12
_STEP_S = 0.008
"""How long one stretch of a long way back may keep the window."""
Index = QModelIndex | QPersistentModelIndex
_INVALID = QModelIndex()


class HistoryRows(QAbstractListModel):
    """Row 0 is how it was at first; row n is after the n-th act."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.entries: tuple[Entry, ...] = ()
        self.at = 0
        self.saved_at: int | None = None

    def show_document(self, document: Document | None) -> None:
        self.beginResetModel()
        self.document = document
        history = document.model.history if document is not None else None
        self.entries, self.at = (history.entries, history.index) if history is not None else ((), 0)
        self.saved_at = document.safekeeping.saved_at if document is not None and document.safekeeping is not None else None
        self.endResetModel()

    def rowCount(self, parent: Index = _INVALID) -> int:
        return 0 if parent.isValid() else len(self.entries) + 1

    def words(self, row: int) -> str:
        if row == 0 or self.document is None:
            return "Start"
        entry = self.entries[row - 1]
        return words_of(entry.edit, entry.back, self.document.model.graph)

    def moment(self, row: int) -> datetime | None:
        return datetime.fromtimestamp(self.entries[row - 1].at_s, UTC) if row else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return exact(self.moment(row)) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            marks = [
                f", {time_of_day(self.moment(row), now=datetime.now(UTC))}" if row else "",
                ", this is shown" if row == self.at else ", undone" if row > self.at else "",
                ", saved" if row == self.saved_at else "",
            ]
            return self.words(row) + "".join(marks)
        return None


class _Painter(QStyledItemDelegate):
    """A dot for where one is, the words, the saved mark, the time."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(WIDTH - 24, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rows = index.model()
        assert isinstance(rows, HistoryRows)
        tokens, row, box = theme().tokens, index.row(), QRectF(option.rect)
        here, undone = row == rows.at, row > rows.at
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = option.state
        if here:
            draw_box(painter, box.adjusted(4, 1, -4, -1), 8, fill=tint(tokens.accent, 0.16))
        elif state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            draw_box(painter, box.adjusted(4, 1, -4, -1), 8, fill=tokens.raised)
        if state & QStyle.StateFlag.State_Selected and state & QStyle.StateFlag.State_HasFocus:
            draw_box(painter, box.adjusted(4, 1, -4, -1), 8, border=tokens.accent, width=2)
        icon = "circle-dot" if here else "redo-2" if undone else "circle" if row else "flag"
        colour = tokens.accent if here else tokens.text_second
        painter.setOpacity(0.6 if undone else 1.0)
        draw_icon(painter, icon, colour, (box.left() + 14, box.top() + 9), 14)
        right = box.right() - 14
        painter.setFont(font("caption"))
        if row:
            at = time_of_day(rows.moment(row), now=datetime.now(UTC))
            width = QFontMetrics(painter.font()).horizontalAdvance(at)
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(QRectF(right - width, box.top(), width + 2, ROW), Qt.AlignmentFlag.AlignVCenter, at)
            right -= width + 8
        if row == rows.saved_at:
            draw_icon(painter, "cloud-check", tokens.ok, (right - 16, box.top() + 8), 16)
            right -= 24
        painter.setFont(font("ui"))
        painter.setPen(QColor(tokens.text if not undone else tokens.text_second))
        room = int(right - box.left() - 38)
        words = QFontMetrics(painter.font()).elidedText(rows.words(row), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(box.left() + 38, box.top(), room + 2, ROW), Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()


class _Rows(QListView):
    """Enter goes to the row that is marked."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)


class HistoryPanel(Popup):
    """A card over the canvas's foot. It stays open while one goes back and forth, and shows what is done meanwhile."""

    def __init__(self, window: QWidget, current: Callable[[], Document | None]) -> None:
        super().__init__(window, name="history-panel")
        self.setAccessibleName("History")
        self._current = current
        self._document: Document | None = None
        head = Label("History", "section", "text_second", name="history-title")
        head.setContentsMargins(18, 12, 18, 6)
        self.rows = HistoryRows(self)
        self.list = _Rows()
        self.list.setObjectName("history-list")
        self.list.setAccessibleName("What was done")
        self.list.setModel(self.rows)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.clicked.connect(lambda index: self.go_to(index.row()))
        self.list.activated.connect(lambda index: self.go_to(index.row()))
        self._foot = Label("", "caption", "text_second", wrap=True, name="history-foot")
        self._foot.setContentsMargins(18, 6, 18, 12)
        for part in (head, self.list, self._foot):
            self.content.addWidget(part)
        self._wanted: int | None = None
        self._way = QTimer(self, interval=0)
        self._way.timeout.connect(self._go_on)

    def open_over(self, button: QWidget) -> None:
        """Open above this button; a second time closes it."""
        if self.isVisible():
            self.put_away()
            return
        self._follow(self._current())
        height = 44 + min(MOST_SHOWN, self.rows.rowCount()) * ROW + 40
        corner = button.mapTo(self.window(), QPoint(0, 0))
        left = max(8, min(corner.x() - WIDTH // 2, self.window().width() - WIDTH - 8))
        self.open_at(QRect(left, max(8, corner.y() - height - 12), WIDTH, height), self.list)
        self._mark()

    def go_to(self, row: int) -> None:
        """Undo or redo until that row is what is shown, or one step is refused."""
        self._wanted = row
        self._way.start()

    def follow_window(self) -> None:
        self.put_away()

    def put_away(self) -> None:
        self._way.stop()
        super().put_away()
        self._follow(None)

    def _go_on(self) -> None:
        """A stretch of the way. A thousand acts in a large workflow are more than one moment."""
        document, begin = self._document, time.monotonic()
        while document is not None and self._wanted is not None and time.monotonic() - begin < _STEP_S:
            if not document.model.step_towards(self._wanted):
                self._wanted = None
        if self._wanted is None or document is None:
            self._way.stop()
            self._show()

    def _follow(self, document: Document | None) -> None:
        if self._document is not None:
            self._document.model.recorded.disconnect(self._on_recorded)
            self._document.changed.disconnect(self._show)
        self._document = document
        if document is not None:
            document.model.recorded.connect(self._on_recorded)
            document.changed.connect(self._show)
            self._show()

    def _on_recorded(self, _record: object) -> None:
        if not self._way.isActive():
            self._show()

    def _show(self) -> None:
        if self._document is None:
            return
        self.rows.show_document(self._document)
        undone = len(self.rows.entries) - self.rows.at
        empty = "Nothing has been done yet." if not self.rows.entries else "Click a line to go there. It is kept across restarts."
        self._foot.setText(f"{undone:,} undone; the next edit replaces them." if undone else empty)
        self._mark()

    def _mark(self) -> None:
        at = self.rows.index(self.rows.at)
        self.list.setCurrentIndex(at)
        self.list.scrollTo(at)

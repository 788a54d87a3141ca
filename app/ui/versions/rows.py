"""The list of versions: the draft on top, then every published one with its author, note and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.differences import Counts
from app.domain.drafts import VersionRow
from app.ui.theme import font, theme, tint
from app.ui.widgets.painting import draw_box
from app.ui.words import ago, exact

_ROW = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
LEFT = 36
"""Where the words begin, right of the line with the dots."""


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One line of the list; number 0 is the draft."""

    number: int
    title: str
    when: str
    words: str
    author: str
    counts: Counts | None = None
    is_live: bool = False
    hint: str = ""
    has_note: bool = True

    @property
    def spoken(self) -> str:
        counts = (
            f"{self.counts.added} added, {self.counts.removed} removed, {self.counts.changed} changed" if self.counts is not None else ""
        )
        return ", ".join(filter(None, (self.title, "live" if self.is_live else "", self.when, self.words, self.author, counts)))


def listed(rows: Sequence[VersionRow], *, draft: str, me: str | None, search: str = "") -> list[ListedVersion]:
    """The draft and the versions whose number, note or author match; `draft` says how far it is from the latest."""
    now = datetime.now(UTC)
    wanted = search.casefold().split()
    found = [] if wanted else [ListedVersion(0, "Draft", "", draft, "")]
    live = rows[0].version if rows else 0
    for row in rows:
        who = "You" if me is not None and row.published_by == me else row.published_by or "Someone who is gone"
        text = f"v{row.version} {row.note or ''} {who}".casefold()
        if all(word in text for word in wanted):
            found.append(
                ListedVersion(
                    row.version,
                    f"v{row.version}",
                    ago(row.published_at, now=now),
                    " ".join((row.note or "No note").split()),
                    who,
                    row.changes,
                    row.version == live,
                    f"{exact(row.published_at)}\n\n{row.note}" if row.note else exact(row.published_at),
                    bool(row.note),
                )
            )
    return found


class VersionsModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: Sequence[ListedVersion] = ()

    def show_rows(self, rows: Sequence[ListedVersion]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken
            case Qt.ItemDataRole.ToolTipRole:
                from app.ui.widgets.labels import plain_tip

                return plain_tip(row.hint)
        return row if role == _ROW else None


class VersionsList(QListView):
    """Click, Enter or an arrow chooses what is compared with the draft; with Ctrl the second side."""

    chosen = Signal(int)
    second_chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("versions-list")
        self.setAccessibleName("Versions")
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.before, self.after = 0, 0
        self.rows = VersionsModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self))

    def mark(self, before: int, after: int) -> None:
        """Show which two are compared; 0 is the draft."""
        self.before, self.after = before, after
        at = next((at for at, row in enumerate(self.rows.rows) if row.number == before), -1)
        if at >= 0:
            self.setCurrentIndex(self.rows.index(at))
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid():
            self.setCurrentIndex(index)
            number = self.rows.rows[index.row()].number
            second = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            (self.second_chosen if second else self.chosen).emit(number)
            self.setFocus()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.opened.emit(self.rows.rows[index.row()].number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and before >= 0:
            number = self.rows.rows[before].number
            second = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            (self.second_chosen if second else self.chosen).emit(number)
            return
        super().keyPressEvent(event)
        after = self.currentIndex().row()
        if after != before and after >= 0 and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.chosen.emit(self.rows.rows[after].number)


class _Delegate(QStyledItemDelegate):
    def __init__(self, owner: VersionsList) -> None:
        super().__init__(owner)
        self._list = owner

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        row = self._list.rows.data(index, _ROW)
        width = self._list.viewport().width()
        lines = len(_wrapped(row.words, width - LEFT - 20)) if isinstance(row, ListedVersion) else 1
        author = 18 if isinstance(row, ListedVersion) and (row.author or row.counts is not None) else 2
        return QSize(width, 12 + 20 + lines * 17 + author + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row, tokens = self._list.rows.data(index, _ROW), theme().tokens
        if not isinstance(row, ListedVersion):
            return
        area = QRectF(option.rect)
        picked = row.number in (self._list.before, self._list.after)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._line(painter, area, index.row(), row)
        box = area.adjusted(8, 2, -8, -2)
        if picked:
            edge = tokens.accent if row.number == self._list.after else tokens.border_strong
            draw_box(painter, box, 10, fill=tint(tokens.accent, 0.10) if row.number == self._list.after else tokens.raised, border=edge)
            self._line(painter, area, index.row(), row, dot_only=True)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            draw_box(painter, box, 10, fill=tokens.raised)
            self._line(painter, area, index.row(), row, dot_only=True)
        if self._list.hasFocus() and index.row() == self._list.currentIndex().row():
            draw_box(painter, box, 10, border=tokens.accent, width=1.5)
        self._words(painter, area, row)
        painter.restore()

    def _line(self, painter: QPainter, area: QRectF, at: int, row: ListedVersion, *, dot_only: bool = False) -> None:
        """The line along which versions stand, and this one's dot."""
        tokens = theme().tokens
        middle = QPointF(area.left() + 22, area.top() + 22)
        if not dot_only:
            painter.setPen(QColor(tokens.border))
            top = area.top() if at else middle.y()
            bottom = area.bottom() if at < len(self._list.rows.rows) - 1 else middle.y()
            painter.drawLine(QPointF(middle.x(), top), QPointF(middle.x(), bottom))
        painter.setPen(QColor(tokens.accent) if row.number == 0 else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.panel if row.number == 0 else tokens.ok if row.is_live else tokens.border_strong))
        painter.drawEllipse(middle, 4.5, 4.5)

    def _words(self, painter: QPainter, area: QRectF, row: ListedVersion) -> None:
        tokens = theme().tokens
        left, right, y = area.left() + LEFT, area.right() - 18, area.top() + 12
        title = font("node_title")
        painter.setFont(title)
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(left, y, 120, 20), Qt.AlignmentFlag.AlignVCenter, row.title)
        if row.is_live:
            x = left + QFontMetricsF(title).horizontalAdvance(row.title) + 8
            draw_box(painter, QRectF(x, y + 1, 36, 18), 9, fill=tint(tokens.ok, 0.18))
            painter.setFont(font("badge"))
            painter.setPen(QColor(tokens.status_text["ok"] if tokens.is_dark else tokens.text))
            painter.drawText(QRectF(x, y + 1, 36, 18), Qt.AlignmentFlag.AlignCenter, "live")
        painter.setFont(font("second"))
        painter.setPen(QColor(tokens.text_second))
        painter.drawText(QRectF(left, y, right - left, 20), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row.when)
        y += 20
        painter.setPen(QColor(tokens.text if row.has_note else tokens.text_second))
        for line in _wrapped(row.words, right - left):
            painter.drawText(QRectF(left, y, right - left, 17), Qt.AlignmentFlag.AlignVCenter, line)
            y += 17
        painter.setPen(QColor(tokens.text_second))
        counts = self._counts(painter, row.counts, right, y)
        metrics = QFontMetricsF(font("second"))
        painter.setFont(font("second"))
        painter.setPen(QColor(tokens.text_second))
        author = metrics.elidedText(row.author, Qt.TextElideMode.ElideRight, counts - left - 8)
        painter.drawText(QRectF(left, y, counts - left, 18), Qt.AlignmentFlag.AlignVCenter, author)

    def _counts(self, painter: QPainter, counts: Counts | None, right: float, y: float) -> float:
        """`+2 −1 ~3` against the version before; where they begin."""
        if counts is None:
            return right
        tokens = theme().tokens
        painter.setFont(font("code"))
        metrics = QFontMetricsF(font("code"))
        for number, sign, tone in ((counts.changed, "~", "warn"), (counts.removed, "−", "error"), (counts.added, "+", "ok")):
            if number:
                text = f"{sign}{number:,}"
                width = metrics.horizontalAdvance(text)
                painter.setPen(QColor(tokens.status_text[tone]))
                painter.drawText(QRectF(right - width, y, width + 2, 18), Qt.AlignmentFlag.AlignVCenter, text)
                right -= width + 7
        return right


def _wrapped(text: str, room: float) -> list[str]:
    """At most two lines; what does not fit is cut."""
    metrics = QFontMetricsF(font("second"))
    if metrics.horizontalAdvance(text) <= room:
        return [text]
    words, first = text[:400].split(" "), ""
    while words and metrics.horizontalAdvance(f"{first} {words[0]}".strip()) <= room:
        first = f"{first} {words.pop(0)}".strip()
    if not first:  # one word that is longer than the line
        return [metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)]
    rest = " ".join(words)
    return [first, metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room)] if rest else [first]

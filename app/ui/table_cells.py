"""What a cell of a list says, and the delegate that paints it: two lines, a chip, a bar, an icon before the words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from app.ui.theme import TextStyle, colour_of, figures, font, theme, tint
from app.ui.widgets.chips import draw_icon_tile, draw_status_chip, status_look
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import draw_box, draw_icon
from app.ui.widgets.tick_marks import draw_marks, draw_switch, mark_at

PADDING = 12
EN_DASH = "–"
CELL_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `colour` and `second_colour` name tokens; an empty text is shown as an en dash."""

    text: str = ""
    second: str = ""
    colour: str = "text"
    second_colour: str = "text_second"
    style: TextStyle = "ui"
    icon: str = ""
    icon_colour: str = "text_second"
    tile: str = ""
    """A category: the icon stands on a tile of its colour."""
    status: str = ""
    """A run's status, shown as a chip."""
    badge: str = ""
    dot: str = ""
    """A token: a filled dot before the words; `ring` draws it hollow."""
    ring: bool = False
    bar: float | None = None
    """0 to 1: a bar before the words, in the colour of `bar_colour`."""
    bar_colour: str = "edge_idle"
    marks: tuple[str, ...] | None = None
    """What became of each tick (`widgets.tick_marks`), instead of words."""
    mark_hints: tuple[str, ...] = ()
    """What the pointer hears at each mark."""
    switch: bool | None = None
    """A switch that is on or off, instead of words."""
    right: bool = False
    """At the right edge, with digits of one width."""
    hint: str = ""

    @property
    def spoken(self) -> str:
        """What a screen reader says, and what tests read."""
        if self.switch is not None:
            return "on" if self.switch else "off"
        words = (status_look(self.status).word if self.status else "", self.text, self.badge, self.second)
        return ", ".join(word for word in words if word)


def cell_mark(cell: Cell, rect: QRectF, at: QPointF) -> int | None:
    """Which of a cell's marks is at a point; `rect` is the cell's."""
    return mark_at(at.x() - rect.x() - PADDING, at.y() - rect.center().y(), len(cell.marks or ()))


class CellDelegate(QStyledItemDelegate):
    """Paints `Cell`s; hover and selection cover the whole row, the selected one has an accent edge."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.hovered_row = -1
        self.turn = 0.0

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        rect = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(rect)
            self._paint_ground(painter, rect, index, selected=selected)
            cell = index.data(CELL_ROLE)
            assert isinstance(cell, Cell)
            self._paint_cell(painter, rect.adjusted(PADDING, 0, -PADDING, 0), cell)
        finally:
            painter.restore()

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> bool:
        cell = index.data(CELL_ROLE)
        if isinstance(cell, Cell) and cell.mark_hints:
            at = cell_mark(cell, QRectF(option.rect), QPointF(event.pos()))
            if at is not None:
                QToolTip.showText(event.globalPos(), plain_tip(cell.mark_hints[at]), view)
                return True
        return super().helpEvent(event, view, option, index)

    def paint_loading(self, painter: QPainter, width: int, row_height: int) -> None:
        """Eight grey rows, as wide as what will come."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme().tokens
        for row in range(8):
            y = row * row_height + row_height / 2
            for left, share in ((0.0, 0.26), (0.45, 0.1), (0.62, 0.12), (0.82, 0.09)):
                draw_box(painter, QRectF(PADDING + left * width, y - 5, share * width, 10), 5, fill=tokens.raised)

    def _paint_ground(self, painter: QPainter, rect: QRectF, index: QModelIndex | QPersistentModelIndex, *, selected: bool) -> None:
        tokens = theme().tokens
        if selected:
            painter.fillRect(rect, tint(tokens.accent, 0.1))
            if index.column() == 0:
                painter.fillRect(QRectF(rect.x(), rect.y(), 2, rect.height()), QColor(tokens.accent))
        elif index.row() == self.hovered_row:
            painter.fillRect(rect, QColor(tokens.raised))
        painter.fillRect(QRectF(rect.x(), rect.bottom() - 1, rect.width(), 1), QColor(tokens.border))

    def _paint_cell(self, painter: QPainter, rect: QRectF, cell: Cell) -> None:
        tokens = theme().tokens
        middle = rect.center().y()
        if cell.switch is not None:
            draw_switch(painter, rect.x(), middle, on=cell.switch)
            return
        if cell.marks is not None:
            draw_marks(painter, rect.x(), middle, cell.marks)
            return
        if cell.status:
            draw_status_chip(painter, rect.x(), middle - 11, cell.status, turn=self.turn)
            return
        if cell.tile:
            draw_icon_tile(painter, QRectF(rect.x(), middle - 15, 30, 30), cell.icon, cell.tile)
            rect.setLeft(rect.left() + 42)
        elif cell.icon:
            draw_icon(painter, cell.icon, colour_of(tokens, cell.icon_colour), (rect.x(), middle - 8), 16)
            rect.setLeft(rect.left() + 24)
        if cell.dot:
            dot = QRectF(rect.x(), (middle if not cell.second else middle - 9) - 3.5, 7, 7)
            colour = colour_of(tokens, cell.dot)
            draw_box(painter, dot, 3.5, fill=None if cell.ring else colour, border=colour if cell.ring else None, width=1.5)
            rect.setLeft(rect.left() + 15)
        if cell.bar is not None:
            draw_box(painter, QRectF(rect.x(), middle - 2, 104, 4), 2, fill=tokens.raised)
            if cell.bar > 0:
                draw_box(painter, QRectF(rect.x(), middle - 2, max(4.0, 104 * cell.bar), 4), 2, fill=colour_of(tokens, cell.bar_colour))
            rect.setLeft(rect.left() + 114)
        self._paint_words(painter, rect, cell)

    def _paint_words(self, painter: QPainter, rect: QRectF, cell: Cell) -> None:
        tokens = theme().tokens
        first = QRectF(rect) if not cell.second else QRectF(rect.x(), rect.center().y() - 19, rect.width(), 19)
        badge_width = QFontMetrics(font("second")).horizontalAdvance(cell.badge) + 16 if cell.badge else 0
        side = Qt.AlignmentFlag.AlignRight if cell.right else Qt.AlignmentFlag.AlignLeft
        face = figures(cell.style) if cell.right else font(cell.style)
        painter.setFont(face)
        metrics = QFontMetrics(face)
        text = metrics.elidedText(cell.text or EN_DASH, Qt.TextElideMode.ElideRight, int(first.width() - (badge_width and badge_width + 8)))
        painter.setPen(QColor(colour_of(tokens, cell.colour if cell.text else "text_second")))
        painter.drawText(first, int(side | Qt.AlignmentFlag.AlignVCenter), text)
        if cell.badge:
            chip = QRectF(first.x() + metrics.horizontalAdvance(text) + 8, first.center().y() - 9, badge_width, 18)
            draw_box(painter, chip, 9, fill=tokens.raised, border=tokens.border)
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, cell.badge)
        if cell.second:
            second = QRectF(rect.x(), rect.center().y() + 1, rect.width(), 17)
            painter.setFont(font("second"))
            painter.setPen(QColor(colour_of(tokens, cell.second_colour)))
            shown = QFontMetrics(font("second")).elidedText(cell.second, Qt.TextElideMode.ElideRight, int(second.width()))
            painter.drawText(second, int(side | Qt.AlignmentFlag.AlignVCenter), shown)

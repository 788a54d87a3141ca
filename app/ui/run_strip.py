"""The newest runs as a strip of bars: newest right, height by duration, colour and mark by how they went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.domain.runs import RunRow
from app.ui.theme import mixed, theme
from app.ui.widgets.chips import status_colour, status_look
from app.ui.widgets.painting import draw_box, painting
from app.ui.words import duration, time_of_day

PITCH, BAR = 10, 8
_LEAST, _MOST = 8, 42


class RunStrip(QWidget):
    """A click opens the run under the pointer."""

    run_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run-strip")
        self.setAccessibleName("Newest runs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._rows: Sequence[RunRow] = ()
        self._heights: list[float] = []
        self._hovered = -1
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(400, _MOST + 6)

    def show_rows(self, rows: Sequence[RunRow]) -> None:
        """`rows` newest first. A height of all of it is as long as 95 % of them took."""
        self._rows = rows
        took = sorted((row.completed_at - row.started_at).total_seconds() for row in rows if row.completed_at and row.started_at)
        scale = took[int(len(took) * 0.95)] if took else 0.0
        self._heights = [self._height(row, scale) for row in rows]
        self.setVisible(bool(rows))
        self.update()

    def _height(self, row: RunRow, scale: float) -> float:
        if row.started_at is None:
            return float(_LEAST)
        seconds = ((row.completed_at or datetime.now(UTC)) - row.started_at).total_seconds()
        return _LEAST + (_MOST - _LEAST) * min(1.0, seconds / scale if scale > 0 else 0.5)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            for at in range(min(len(self._rows), self.width() // PITCH)):
                row = self._rows[at]
                bar = self._bar(at)
                colour = QColor(status_colour(tokens, row.status) if status_look(row.status).tone else tokens.edge_idle)
                if row.status == "completed":
                    colour = mixed(colour.name(), tokens.field, 0.55)
                if row.status == "pending":
                    draw_box(painter, bar, 2, border=tokens.waiting, dashed=True)
                else:
                    draw_box(painter, bar, 2, fill=colour)
                if row.status == "failed":  # a mark besides the colour
                    painter.setPen(QColor(tokens.field))
                    middle, top = bar.center().x(), bar.top() + 4
                    painter.drawLine(QPointF(middle - 2, top - 2), QPointF(middle + 2, top + 2))
                    painter.drawLine(QPointF(middle - 2, top + 2), QPointF(middle + 2, top - 2))
                if at == self._hovered:
                    draw_box(painter, bar.adjusted(-2, -2, 2, 2), 3, border=tokens.text_second, width=1.5)

    def _bar(self, at: int) -> QRectF:
        height = self._heights[at]
        return QRectF(self.width() - (at + 1) * PITCH, self.height() - 3 - height, BAR, height)

    def _at(self, x: float) -> int:
        at = int((self.width() - x) // PITCH)
        return at if 0 <= at < min(len(self._rows), self.width() // PITCH) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if (at := self._at(event.position().x())) != self._hovered:
            self._hovered = at
            self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (at := self._at(event.position().x())) >= 0:
            self.run_chosen.emit(self._rows[at])

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip and (at := self._at(event.pos().x())) >= 0:
            row = self._rows[at]
            took = duration(row.completed_at - row.started_at) if row.completed_at and row.started_at else "not ended"
            started = time_of_day(row.started_at, now=datetime.now(UTC))
            QToolTip.showText(
                event.globalPos(), f"{status_look(row.status).word} · {row.workflow}\n{started} · {took}\n{row.error or ''}".strip(), self
            )
            return True
        return super().event(event)

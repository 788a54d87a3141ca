"""The list of what may come at the caret: over the canvas, left of the inspector, so that field and preview stay in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.domain.completion import Completion, Completions, Group
from app.ui.inspector.looks import Look
from app.ui.theme import font, theme, tint
from app.ui.widgets.chips import draw_icon_tile
from app.ui.widgets.opening import SoftShadow
from app.ui.widgets.painting import draw_box, draw_icon, painting

if TYPE_CHECKING:
    from app.ui.inspector.expression_edit import ExpressionEdit

WIDTH, NARROW = 432, 480
ROW, HEAD, FOOT = 28, 34, 32
_TALLEST = 340
_GAP = 9
_KEY_WIDTH, _TYPE_WIDTH = 160, 70
_ICONS = {
    "text": "text",
    "number": "hash",
    "yes/no": "toggle-left",
    "list": "list",
    "object": "braces",
    "function": "square-function",
    "secret": "key-round",
    "name": "variable",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A head or a row, and where in the list it stands."""

    top: int
    height: int
    group: Group | None
    row: Completion | None


class CompletionPopup(QWidget):
    """One per window; keys come from the editor it serves, which keeps the focus."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("completion-popup")
        self.setAccessibleName("Completions")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._over = window
        self.serves: ExpressionEdit | None = None
        self._completions = Completions("", (), 0)
        self._lines: list[_Line] = []
        self._at = 0
        self._offset = 0
        self._helps = False
        self._on_taken: Callable[[Completion], object] = lambda row: None
        self._looks: Callable[[str], Look | None] = lambda id: None
        self._shadow = SoftShadow(self)
        self.setGraphicsEffect(self._shadow)
        theme().changed.connect(self.update)
        self.hide()

    @property
    def rows(self) -> tuple[Completion, ...]:
        return self._completions.rows

    @property
    def current(self) -> Completion | None:
        return self.rows[self._at] if self._at < len(self.rows) else None

    def open_list(
        self,
        edit: ExpressionEdit,
        completions: Completions,
        *,
        on_taken: Callable[[Completion], object],
        looks: Callable[[str], Look | None],
    ) -> None:
        self.serves, self._completions, self._on_taken, self._looks = edit, completions, on_taken, looks
        was_open = self.isVisible()
        self._shadow.setColor(tint("#000000", 0.5 if theme().tokens.is_dark else 0.16))
        self._at, self._offset, self._helps = 0, 0, False
        self._lines = _lines_of(completions)
        self._place()
        self._tell()
        self.show()
        self.raise_()
        self.update()
        if not was_open:
            self._shadow.open_softly()

    def close_list(self) -> None:
        self.serves = None
        self.hide()

    def move_by(self, step: int) -> None:
        if self.rows:
            wrapped = self._at + step if abs(step) > 1 else (self._at + step) % len(self.rows)
            self._choose(min(len(self.rows) - 1, max(0, wrapped)))

    def toggle_help(self) -> None:
        """What the current row means, in a sentence at the foot."""
        self._helps = not self._helps
        self._tell()
        self.update()

    def row_rect(self, at: int) -> QRect:
        """Where the row with this number is painted, for clicks."""
        line = [line for line in self._lines if line.row is not None][at]
        return QRect(1, line.top - self._offset, self.width() - 2, line.height)

    @property
    def foot(self) -> str:
        """The sentence at the foot."""
        row = self.current
        if row is None:
            return ""
        if self._helps and row.help:
            return row.help
        return "F1 explains it" if row.help else "goes in as JSON" if row.goes_deeper else ""

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if (at := self._row_at(event.position().toPoint())) is not None and at != self._at:
            self._at = at
            self._tell()
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if (at := self._row_at(event.position().toPoint())) is not None:
            self._on_taken(self.rows[at])

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll_to(self._offset - event.angleDelta().y() // 3)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.card, border=tokens.border_strong)
            painter.save()
            painter.setClipRect(QRect(1, 6, self.width() - 2, self._room))
            current = self.current
            for line in self._lines:
                top = line.top - self._offset
                if top + line.height < 0 or top > self.height() - FOOT:
                    continue
                if line.row is not None:
                    self._paint_row(painter, line.row, top, is_current=line.row is current)
                elif line.group is not None:
                    self._paint_head(painter, line.group, top, first=line is self._lines[0])
            painter.restore()
            self._paint_foot(painter)

    def _paint_head(self, painter: QPainter, group: Group, top: int, *, first: bool) -> None:
        tokens = theme().tokens
        if not first:
            painter.setPen(QColor(tokens.border))
            painter.drawLine(1, top, self.width() - 2, top)
        left = 14
        if (look := self._looks(group.id)) is not None:
            draw_icon_tile(painter, QRectF(14, top + (HEAD - 22) / 2, 22, 22), *look)
            left = 44
        painter.setFont(_semibold())
        painter.setPen(QColor(tokens.text))
        metrics = QFontMetrics(_semibold())
        title = metrics.elidedText(group.title, Qt.TextElideMode.ElideRight, 210)
        painter.drawText(QRectF(left, top, 220, HEAD), Qt.AlignmentFlag.AlignVCenter, title)
        x = left + metrics.horizontalAdvance(title) + 10
        painter.setFont(font("second"))
        painter.setPen(QColor(tokens.text_second))
        note = QFontMetrics(font("second")).elidedText(group.note, Qt.TextElideMode.ElideRight, self.width() - x - 20)
        painter.drawText(QRectF(x, top, self.width() - x - 12, HEAD), Qt.AlignmentFlag.AlignVCenter, note)

    def _paint_row(self, painter: QPainter, row: Completion, top: int, *, is_current: bool) -> None:
        tokens = theme().tokens
        if is_current:
            draw_box(painter, QRectF(6, top + 1, self.width() - 12, ROW - 2), 6, fill=tokens.raised)
        draw_icon(painter, _ICONS[row.icon], tokens.text_second, (14, top + (ROW - 15) / 2), 15)
        metrics = QFontMetrics(font("code"))
        painter.setFont(font("code"))
        x = 38.0
        label = metrics.elidedText(row.label, Qt.TextElideMode.ElideMiddle, self._key_width)
        typed = self._completions.typed
        at = label.lower().rfind(typed.lower()) if typed else -1
        for part, colour in _parts(label, at, len(typed), tokens.text, tokens.accent):
            painter.setPen(QColor(colour))
            painter.drawText(QRectF(x, top, self._key_width + 4, ROW), Qt.AlignmentFlag.AlignVCenter, part)
            x += metrics.horizontalAdvance(part)
        left = 38 + self._key_width + 10
        painter.setFont(font("second"))
        painter.setPen(QColor(tokens.text_second))
        painter.drawText(QRectF(left, top, _TYPE_WIDTH, ROW), Qt.AlignmentFlag.AlignVCenter, row.kind)
        left += _TYPE_WIDTH
        painter.setFont(font("second") if row.icon == "function" else font("code"))
        sample = painter.fontMetrics().elidedText(row.sample, Qt.TextElideMode.ElideRight, round(self.width() - left - 14))
        painter.drawText(QRectF(left, top, self.width() - left - 12, ROW), Qt.AlignmentFlag.AlignVCenter, sample)

    def _paint_foot(self, painter: QPainter) -> None:
        tokens = theme().tokens
        top = self.height() - FOOT
        painter.setPen(QColor(tokens.border))
        painter.drawLine(1, top, self.width() - 2, top)
        if self._helps and self.current is not None and self.current.help:
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text))
            words = QFontMetrics(font("second")).elidedText(self.current.help, Qt.TextElideMode.ElideRight, self.width() - 28)
            painter.drawText(QRectF(14, top, self.width() - 28, FOOT), Qt.AlignmentFlag.AlignVCenter, words)
            return
        x = 12.0
        for keys, words in ((("Tab",), "insert"), (("Ctrl", "Space"), f"all {self._completions.total}")):
            for key in keys:
                x = _paint_key(painter, key, x, top)
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(QRectF(x, top, 90, FOOT), Qt.AlignmentFlag.AlignVCenter, words)
            x += QFontMetrics(font("second")).horizontalAdvance(words) + 14
        painter.drawText(
            QRectF(x, top, self.width() - x - 14, FOOT), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), self.foot
        )

    # Where things are

    @property
    def _room(self) -> int:
        return self.height() - FOOT - 6

    @property
    def _key_width(self) -> int:
        widest = max((QFontMetrics(font("code")).horizontalAdvance(row.label) for row in self.rows[:40]), default=0)
        return max(_KEY_WIDTH, min(widest + 4, 230))

    def _row_at(self, point: QPoint) -> int | None:
        if not 6 <= point.y() < self.height() - FOOT:
            return None
        at = 0
        for line in self._lines:
            if line.row is None:
                continue
            if line.top - self._offset <= point.y() < line.top - self._offset + line.height:
                return at
            at += 1
        return None

    def _choose(self, at: int) -> None:
        self._at = at
        line = [line for line in self._lines if line.row is not None][at]
        if line.top - self._offset < 6 + HEAD:
            self._scroll_to(line.top - 6 - HEAD)
        elif line.top + line.height - self._offset > self._room:
            self._scroll_to(line.top + line.height - self._room)
        self._tell()
        self.update()

    def _scroll_to(self, offset: int) -> None:
        last = self._lines[-1] if self._lines else None
        most = 0 if last is None else max(0, last.top + last.height + 6 - self._room)
        self._offset = min(most, max(0, offset))
        self.update()

    def _tell(self) -> None:
        row = self.current
        self.setAccessibleDescription(
            "" if row is None else f"{row.label}, {row.kind}, {row.sample} {row.help if self._helps else ''}".strip()
        )

    def _place(self) -> None:
        """Left of the inspector at the caret's line; where there is no room for that, under the line."""
        edit = self.serves
        assert edit is not None
        window = self._over
        whole = self._lines[-1].top + self._lines[-1].height + FOOT + 8 if self._lines else FOOT
        height = min(_TALLEST, whole, window.height() - 16)
        width = min(WIDTH, window.width() - 16)
        caret = edit.caret_place()
        line_top = window.mapFromGlobal(caret.topLeft()).y()
        panel = edit.parentWidget()
        while panel is not None and panel.objectName() not in {"inspector", "large-editor"}:
            panel = panel.parentWidget()
        left_edge = panel.mapTo(window, QPoint(0, 0)).x() if panel is not None and panel.objectName() == "inspector" else 0
        if left_edge >= NARROW:
            x = left_edge - width - _GAP
            y = line_top - HEAD
        else:
            x = window.mapFromGlobal(caret.topLeft()).x() - 40
            y = line_top + caret.height() + 6
            if y + height > window.height() - 8:
                y = line_top - height - 6
        self.setGeometry(max(8, min(x, window.width() - width - 8)), max(8, min(y, window.height() - height - 8)), width, height)


def popup_of(widget: QWidget) -> CompletionPopup:
    """The list of the window that a widget stands in."""
    window = widget.window()
    found = window.findChild(CompletionPopup, "completion-popup", Qt.FindChildOption.FindDirectChildrenOnly)
    return found if found is not None else CompletionPopup(window)


def _lines_of(completions: Completions) -> list[_Line]:
    lines: list[_Line] = []
    top = 6
    for group in completions.groups:
        lines.append(_Line(top, HEAD, group, None))
        top += HEAD
        for row in group.rows:
            lines.append(_Line(top, ROW, None, row))
            top += ROW
    return lines


def _parts(label: str, at: int, length: int, plain: str, marked: str) -> list[tuple[str, str]]:
    if at < 0 or not length:
        return [(label, plain)]
    return [(label[:at], plain), (label[at : at + length], marked), (label[at + length :], plain)]


def _paint_key(painter: QPainter, key: str, x: float, top: int) -> float:
    tokens = theme().tokens
    width = QFontMetrics(font("badge")).horizontalAdvance(key) + 10
    draw_box(painter, QRectF(x, top + (FOOT - 18) / 2, width, 18), 4, fill=tint(tokens.text_third, 0.16))
    painter.setFont(font("badge"))
    painter.setPen(QColor(tokens.text))
    painter.drawText(QRectF(x, top, width, FOOT), Qt.AlignmentFlag.AlignCenter, key)
    return x + width + 4


def _semibold() -> QFont:
    face = QFont(font("ui"))
    face.setWeight(QFont.Weight.DemiBold)
    return face

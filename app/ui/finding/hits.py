"""What was found in a workflow, as a list: the element, where in it, and the words around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.domain.catalog import Catalog
from app.domain.searching import Hit, Span
from app.domain.workflow import BlockGroup, Graph, Step
from app.domain.workflow_texts import TextPlace, title_of
from app.ui.canvas.faces import face_of, group_face
from app.ui.theme import font, theme, tint
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import draw_box, draw_icon

HIT_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 46
_BEFORE, _AFTER = 24, 120
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit as it is shown. `spans` are places in `words`."""

    id: str
    place: str
    title: str
    where: str
    words: str
    spans: tuple[Span, ...]
    icon: str
    category: str


def hit_row(hit: Hit, graph: Graph, catalog: Catalog) -> HitRow:
    icon, category = _look(graph.element(hit.place.id), catalog)
    words, spans = snippet(hit)
    return HitRow(
        hit.place.id, hit.place.place, title_of(graph, hit.place.id), where_of(hit.place, graph, catalog), words, spans, icon, category
    )


def snippet(hit: Hit) -> tuple[str, tuple[Span, ...]]:
    """The words around the first place, in one line."""
    text, first = hit.place.text, hit.spans[0][0]
    start = max(0, first - _BEFORE)
    start = text.rfind("\n", 0, first) + 1 if text.rfind("\n", start, first) >= 0 else start
    end = min(len(text), first + _AFTER)
    lead = "…" if start > 0 else ""
    words = "".join(" " if letter < " " else letter for letter in text[start:end])
    moved = len(lead) - start
    spans = tuple((a + moved, min(b, end) + moved) for a, b in hit.spans if start <= a < end)
    return f"{lead}{words}{'…' if end < len(text) else ''}", spans


def where_of(place: TextPlace, graph: Graph, catalog: Catalog) -> str:
    """Where in its element a text stands, as the inspector calls it."""
    match place.kind:
        case "name" | "key" | "condition":
            return place.kind.capitalize()
        case "note":
            return "Note"
        case _:
            element = graph.element(place.id)
            kind = catalog.steps.get(element.type) if isinstance(element, Step) else None
            group = catalog.groups.get(element.type) if isinstance(element, BlockGroup) else None
            model = kind.config_model if kind is not None else group.config_model if group is not None else None
            field = model.model_fields.get(place.field) if model is not None else None
            title = field.title if field is not None and field.title else place.field.replace("_", " ").capitalize()
            inner = place.place.removeprefix(f"/config/{place.field}").strip("/").replace("/", ".")
            return f"{title} · {inner}" if inner else title


def _look(element: object, catalog: Catalog) -> tuple[str, str]:
    if isinstance(element, Step):
        shape = face_of(element, catalog).shape
        return shape.icon, shape.category
    if isinstance(element, BlockGroup):
        face = group_face(element, catalog)
        return face.icon, face.category
    return ("sticky-note", "logic") if hasattr(element, "text") else ("route", "data")


class HitRows(QAbstractListModel):
    """The rows as Qt's list wants them."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: Sequence[HitRow] = ()

    def show(self, rows: Sequence[HitRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == HIT_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.title}, {row.where}: {row.words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{row.title} · {row.where}\n{row.words}")
        return None


class HitDelegate(QStyledItemDelegate):
    """Icon, title and place above, the words with what was found below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(HIT_ROLE)
        assert isinstance(row, HitRow)
        tokens, rect = theme().tokens, QRectF(option.rect)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(rect)
            if option.state & QStyle.StateFlag.State_Selected:
                draw_box(painter, rect.adjusted(0, 1, 0, -1), 8, fill=tint(tokens.accent, 0.14))
            draw_icon(painter, row.icon, tokens.category.get(row.category, tokens.text_second), (rect.x() + 9, rect.y() + 6), 16)
            right = rect.right() - 10
            where = _fitting(row.where, font("second"), 150)
            width = QFontMetricsF(font("second")).horizontalAdvance(where)
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(QRectF(right - width, rect.y() + 4, width + 1, 20), Qt.AlignmentFlag.AlignVCenter, where)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text))
            room = right - width - 12 - rect.x() - 34
            painter.drawText(
                QRectF(rect.x() + 34, rect.y() + 4, room, 20), Qt.AlignmentFlag.AlignVCenter, _fitting(row.title, font("ui"), room)
            )
            self._paint_words(painter, QPointF(rect.x() + 34, rect.y() + 37), right, row)
        finally:
            painter.restore()

    def _paint_words(self, painter: QPainter, at: QPointF, right: float, row: HitRow) -> None:
        tokens, metrics = theme().tokens, QFontMetricsF(font("code"))
        painter.setFont(font("code"))
        x, place = at.x(), 0
        for start, end in (*row.spans, (len(row.words), len(row.words))):
            for part, found in ((row.words[place:start], False), (row.words[start:end], True)):
                width = metrics.horizontalAdvance(part)
                if found and part:
                    draw_box(painter, QRectF(x - 1, at.y() - 12, width + 2, 16), 3, fill=tint(tokens.accent, 0.26))
                painter.setPen(QColor(tokens.text if found else tokens.text_second))
                painter.drawText(QPointF(x, at.y()), part)
                x += width
                if x > right:
                    return
            place = end


def _fitting(text: str, style: QFont, room: float) -> str:
    line = "".join(" " if letter < " " else letter for letter in text)
    return QFontMetricsF(style).elidedText(line, Qt.TextElideMode.ElideRight, room)

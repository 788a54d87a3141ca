"""A list of differences by name: what came, changed, moved or went, with the fields in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.domain.difference_words import DifferenceWords
from app.domain.differences import Differences, ElementDifference
from app.domain.workflow import BlockGroup, Step
from app.ui.canvas.faces import face_of, group_face
from app.ui.theme import TextStyle, colour_of, font, theme, tint
from app.ui.widgets.labels import Label, plain_tip
from app.ui.widgets.painting import draw_box, draw_icon, painting

ROW = 42
MOST_ROWS = 200
_SIGNS = {"added": ("plus", "ok"), "removed": ("minus", "error"), "changed": ("pencil", "warn"), "moved": ("move", "text_second")}
"""Icon and colour of each verdict; its word is the row's accessible name."""


class ChangeRow(QWidget):
    """One difference: its sign, the element's tile and name, what it comes to; a pill where both set the same field."""

    def __init__(self, item: ElementDifference, words: DifferenceWords, catalog: Catalog, *, clashes: bool = False, at: str = "") -> None:
        super().__init__()
        self.setObjectName(f"change-{item.id or 'workflow'}")
        self.setFixedHeight(ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._sign, self._tone = _SIGNS[item.verdict]
        self._icon, self._category = tile_of(item, catalog)
        self._title, self._detail = words.title(item), _detail(item, words)
        self._clashes, self._at = clashes, at
        says = f"{self._title}: {item.verdict}. {self._detail}{'. Both set the same field' if clashes else ''}"
        self.setAccessibleName(says)
        self.setToolTip(plain_tip(f"{self._title}\n{self._detail}"))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            if self._clashes:
                painter.fillRect(self.rect(), tint(tokens.warn, 0.10))
            draw_icon(painter, self._sign, colour_of(tokens, self._tone), (11, ROW / 2 - 7), 14)
            colour = colour_of(tokens, self._category)
            draw_box(painter, QRectF(34, ROW / 2 - 11, 22, 22), 6, fill=tint(colour, 0.17 if tokens.is_dark else 0.12))
            draw_icon(painter, self._icon, colour, (38, ROW / 2 - 7), 14)
            room = self.width() - 66 - 12
            if self._clashes:
                room -= self._pill(painter)
            elif self._at:
                room -= self._time(painter)
            self._line(painter, self._title, "ui", tokens.text, 4, room)
            self._line(painter, self._detail, "caption", tokens.text_second, 21, room)

    def _line(self, painter: QPainter, text: str, style: TextStyle, colour: str, top: int, room: int) -> None:
        painter.setFont(font(style))
        painter.setPen(QColor(colour))
        shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(66, top, room + 2, 18), Qt.AlignmentFlag.AlignVCenter, shown)

    def _time(self, painter: QPainter) -> int:
        """When it was done, and how much room that takes."""
        painter.setFont(font("caption"))
        painter.setPen(QColor(theme().tokens.text_second))
        width = QFontMetrics(painter.font()).horizontalAdvance(self._at)
        painter.drawText(QRectF(self.width() - width - 12, 0, width + 2, ROW), Qt.AlignmentFlag.AlignVCenter, self._at)
        return width + 8

    def _pill(self, painter: QPainter) -> int:
        """“same field”, and how much room it takes."""
        tokens = theme().tokens
        painter.setFont(font("badge"))
        width = QFontMetrics(painter.font()).horizontalAdvance("same field") + 16
        box = QRectF(self.width() - width - 12, ROW / 2 - 9, width, 18)
        draw_box(painter, box, 9, fill=tint(tokens.warn, 0.16))
        painter.setPen(QColor(tokens.status_text["warn"]))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "same field")
        return width + 12


class ChangesList(QScrollArea):
    """Rows that scroll; of very many the first 200, and how many there are besides."""

    def __init__(
        self,
        found: Differences,
        catalog: Catalog,
        *,
        name: str,
        clashes: Callable[[ElementDifference], bool] = lambda _item: False,
        times: Mapping[str, str] | None = None,
    ) -> None:
        """`times` say of an element when it was changed last."""
        super().__init__()
        self.setObjectName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        words = DifferenceWords(found, catalog)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        # What both set comes first: it is what has to be decided.
        items = sorted(found.items, key=lambda item: not clashes(item))
        for item in items[:MOST_ROWS]:
            layout.addWidget(ChangeRow(item, words, catalog, clashes=clashes(item), at=(times or {}).get(item.id, "")))
        if len(items) > MOST_ROWS:
            layout.addWidget(_padded(Label(f"and {len(items) - MOST_ROWS:,} more", "second", "text_second")))
        if not items:
            layout.addWidget(_padded(Label("Nothing differs.", "second", "text_second")))
        layout.addStretch(1)
        self.setWidget(inside)
        self.rows = min(len(items), MOST_ROWS)


def _padded(label: Label) -> Label:
    label.setContentsMargins(12, 8, 12, 8)
    return label


def _detail(item: ElementDifference, words: DifferenceWords) -> str:
    """The first fields with their values, or where a new one stands."""
    if item.verdict == "changed" and item.fields:
        said = [words.of(item, field) for field in item.fields[:2]]
        more = f", {len(item.fields) - 2} more" if len(item.fields) > 2 else ""
        return ", ".join(said) + more
    return words.summary(item) or item.verdict


def tile_of(item: ElementDifference, catalog: Catalog) -> tuple[str, str]:
    """Icon and colour of the element."""
    element = item.element
    if isinstance(element, Step):
        shape = face_of(element, catalog).shape
        return shape.icon, _colour(shape.category)
    if isinstance(element, BlockGroup):
        face = group_face(element, catalog)
        return face.icon, _colour(face.category)
    return {"edge": ("route", "text_second"), "note": ("sticky-note", "warn")}.get(item.kind, ("workflow", "accent"))


def _colour(category: str) -> str:
    return f"category.{category}" if category in theme().tokens.category else "text_second"

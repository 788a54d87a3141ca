"""The palette's list: ranked offers under the heads of their kinds, and how a line is painted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.canvas.look import TILE_DARK, TILE_LIGHT
from app.ui.finding.offers import KINDS, Kind, Offer
from app.ui.finding.ranking import LONGEST, Query, Rank, Span
from app.ui.theme import colour_of, font, mixed, theme
from app.ui.widgets.keycaps import draw_keys, keys_width
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import draw_box, draw_icon

HEADS: dict[Kind, str] = {"action": "Actions", "step": "Steps", "workflow": "Workflows", "run": "Runs", "name": "Secrets and adapters"}
ROW_HEIGHT, HEAD_HEIGHT = 34, 30
MOST, MOST_OF_A_KIND, MOST_OF_ONE = 10, 3, 200
MANY, MOST_LOOKED_AT = 600, 2000
OFFER_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Line:
    """A head (`offer` None) or an offer with the parts of its title that fit."""

    head: str = ""
    offer: Offer | None = None
    spans: tuple[Span, ...] = ()


Fits = list[tuple[tuple[Rank, bool, int], Line]]


def fitting(query: Query, offers: Sequence[Offer]) -> Fits:
    """The offers that fit, best first; what can be chosen before what cannot, else in the order in which they came.

    Of very many only those that hold every word are looked at closely, and of these the first two thousand.
    """
    chosen: Iterable[int] = range(len(offers))
    if len(offers) > MANY and query:
        holding = [at for at, offer in enumerate(offers) if all(word in offer.folded for word in query.words)]
        chosen = holding[:MOST_LOOKED_AT] if holding else range(min(len(offers), MOST_LOOKED_AT))
    found: Fits = []
    for at in chosen:
        offer = offers[at]
        if (match := query.match_folded(offer.folded)) is not None:
            found.append(((match.rank, bool(offer.off), at), Line(offer=offer, spans=match.spans)))
    found.sort(key=lambda pair: pair[0])
    return found


def lines_of(query: Query, offers: Mapping[Kind, Sequence[Offer]], kind: Kind | None) -> list[Line]:
    """All that is shown: at most ten lines and three of a kind; of one kind alone as many as there are, up to a limit.

    Letters that are strewn about count only where nothing fits better.
    """
    kinds = KINDS if kind is None else (kind,)
    found = {each: fitting(query, offers.get(each, ())) for each in kinds}
    if any(fits and fits[0][0][0] <= Rank.INSIDE for fits in found.values()):
        found = {each: [fit for fit in fits if fit[0][0] is not Rank.LETTERS] for each, fits in found.items()}
    lines: list[Line] = []
    left = MOST if kind is None else MOST_OF_ONE
    for each, fits in found.items():
        shown = fits[: min(MOST_OF_A_KIND, left) if kind is None else left]
        if shown:
            left -= len(shown)
            lines += [Line(HEADS[each]), *(line for _, line in shown)]
    return lines


class Results(QAbstractListModel):
    """The lines as Qt's list wants them. Heads cannot be chosen."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def offers(self) -> list[Offer]:
        return [line.offer for line in self.lines if line.offer is not None]

    def row_of(self, key: str) -> int:
        """-1 when it is not shown."""
        return next((at for at, line in enumerate(self.lines) if line.offer is not None and line.offer.key == key), -1)

    def next_offer(self, since: int, step: int) -> int:
        """The row of the next line that is no head, going round at the ends; -1 when there is none."""
        for away in range(1, len(self.lines) + 1):
            at = (since + step * away) % len(self.lines)
            if self.lines[at].offer is not None:
                return at
        return -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.lines[index.row()].offer is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == OFFER_ROLE:
            return line
        offer = line.offer
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if offer is None:
                return line.head
            return ", ".join(part for part in (offer.title, offer.off or offer.second, offer.keys, offer.mark) if part)
        if role == Qt.ItemDataRole.ToolTipRole and offer is not None:
            return plain_tip(f"{offer.title}\n{offer.off or offer.second}".strip())
        return None


class LineDelegate(QStyledItemDelegate):
    """Icon, title with what fits in accent, the words beside it, keys on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        line = index.data(OFFER_ROLE)
        return QSize(100, ROW_HEIGHT if isinstance(line, Line) and line.offer is not None else HEAD_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(OFFER_ROLE)
        assert isinstance(line, Line)
        rect = QRectF(option.rect)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if line.offer is None:
                painter.setFont(font("section"))
                painter.setPen(QColor(theme().tokens.text_second))
                painter.drawText(rect.adjusted(10, 6, 0, 0), Qt.AlignmentFlag.AlignVCenter, line.head.upper())
            else:
                chosen = bool(option.state & QStyle.StateFlag.State_Selected)
                self._paint_offer(painter, rect, line, line.offer, chosen=chosen)
        finally:
            painter.restore()

    def _paint_offer(self, painter: QPainter, rect: QRectF, line: Line, offer: Offer, *, chosen: bool) -> None:
        tokens = theme().tokens
        if chosen:
            draw_box(painter, rect.adjusted(0, 1, 0, -1), 8, fill=tokens.raised)
        if offer.off:
            painter.setOpacity(0.55)
        self._paint_icon(painter, QRectF(rect.x() + 9, rect.center().y() - 12, 24, 24), offer)
        painter.setOpacity(1.0)
        right = rect.right() - 10
        if offer.keys:
            right -= keys_width(offer.keys)
            draw_keys(painter, right, rect.center().y(), offer.keys, ground=tokens.raised if not chosen else tokens.card)
            right -= 12
        if offer.mark:
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text_second))
            width = QFontMetricsF(font("second")).horizontalAdvance(offer.mark)
            right -= width
            painter.drawText(QRectF(right, rect.y(), width + 1, rect.height()), Qt.AlignmentFlag.AlignVCenter, offer.mark)
            right -= 12
        x = self._paint_title(painter, rect, right, line, off=bool(offer.off))
        words = offer.off or offer.second
        if words and right - x > 40:
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text_second))
            shown = QFontMetricsF(font("second")).elidedText(_one_line(words), Qt.TextElideMode.ElideRight, right - x - 10)
            painter.drawText(QRectF(x + 10, rect.y(), right - x - 10, rect.height()), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_icon(self, painter: QPainter, box: QRectF, offer: Offer) -> None:
        tokens = theme().tokens
        name = offer.icon or "corner-down-right"
        group, _, category = offer.tone.partition(".")
        if group == "category":
            colour = tokens.category.get(category, tokens.text_third)
            draw_box(painter, box, 7, fill=mixed(colour, tokens.card, TILE_DARK if tokens.is_dark else TILE_LIGHT))
            draw_icon(painter, name, colour, (box.x() + 4.5, box.y() + 4.5), 15)
        else:
            draw_icon(painter, name, colour_of(tokens, offer.tone), (box.x() + 4, box.y() + 4), 16)

    def _paint_title(self, painter: QPainter, rect: QRectF, right: float, line: Line, *, off: bool) -> float:
        """The title, at most two thirds of the line when more follows; where it ends."""
        tokens = theme().tokens
        offer = line.offer
        assert offer is not None
        x, metrics = rect.x() + 43, QFontMetricsF(font("ui"))
        room = right - x if not (offer.off or offer.second) else max(120.0, (right - x) * 0.68)
        shown = metrics.elidedText(_one_line(offer.title[: LONGEST + 1]), Qt.TextElideMode.ElideRight, room)
        kept = len(shown) - 1 if shown.endswith("…") and not offer.title.endswith("…") else len(shown)
        painter.setFont(font("ui"))
        base = rect.center().y() + metrics.ascent() / 2 - metrics.descent() / 2
        for part, fits in _pieces(shown, line.spans, kept):
            painter.setPen(QColor(tokens.accent if fits and not off else tokens.text_second if off else tokens.text))
            painter.drawText(QPointF(x, base), part)
            x += metrics.horizontalAdvance(part)
        return x


def _one_line(text: str) -> str:
    """Control characters as blanks, one for one, so that places stay places."""
    return "".join(" " if letter < " " else letter for letter in text)


def _pieces(text: str, spans: Sequence[Span], kept: int) -> list[tuple[str, bool]]:
    """The text cut at the spans, as (part, whether it fits); after `kept` characters nothing fits any more."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in spans:
        first, last = min(start, kept), min(end, kept)
        if first > at:
            pieces.append((text[at:first], False))
        if last > first:
            pieces.append((text[first:last], True))
        at = max(at, last)
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces

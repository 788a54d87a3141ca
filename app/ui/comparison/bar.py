"""The bar over a comparison: what is compared, the four counts as filters, and the way through the changes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.domain.differences import VERDICTS, Counts, Verdict
from app.ui.comparison.changes import MARKS
from app.ui.publishing.checklist import Mark
from app.ui.theme import font, theme, tint
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import ActionButton, IconButton
from app.ui.widgets.chips import Chip
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon, painting

HEIGHT = 46
_WORDS = {"added": "added", "changed": "changed", "removed": "removed", "moved": "only moved"}


class CountFilter(ActionButton):
    """How many elements differ in one way; off, they count as unchanged."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(None)
        self.verdict: Verdict = verdict
        self.setObjectName(f"filter-{verdict}")
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._count = 0
        self.show_count(0)

    def show_count(self, count: int) -> None:
        self._count = count
        self.setText(f"{count:,}")
        self.setAccessibleName(f"{count:,} {_WORDS[self.verdict]}")
        self.setToolTip(f"{count:,} {_WORDS[self.verdict]}: click to show or hide them")
        self.setEnabled(count > 0)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(10 + 14 + 6 + QFontMetrics(font("ui")).horizontalAdvance(self.text()) + 10, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        icon_name, tone = MARKS[self.verdict]
        colour = getattr(tokens, tone)
        on = self.isChecked() and self.isEnabled()
        words = colour if tokens.is_dark else tokens.text
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.5)
            fill = tint(colour, 0.16) if on else tokens.raised if self.underMouse() and self.isEnabled() else None
            draw_box(painter, self.rect(), 8, fill=fill, border=None if on else tokens.border)
            draw_icon(painter, icon_name, colour if on else tokens.text_second, (9, 6), 14)
            painter.setFont(font("ui"))
            painter.setPen(QColor(words if on else tokens.text_second))
            painter.drawText(QRectF(29, 0, self.width() - 29, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
            self.draw_focus(painter, 8)


class ComparisonBar(QWidget):
    """Says nothing of its own: it is told what to show."""

    filtered = Signal()
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison-bar")
        self.setFixedHeight(HEIGHT)
        grounded(self, "panel", line="bottom")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(7)
        self._before = Chip(name="compared-before")
        self._after = Chip(name="compared-after")
        layout.addWidget(self._before)
        layout.addWidget(Mark("arrow-right", "text_second", "to", 15))
        layout.addWidget(self._after)
        self._state = Label("", "second", "text_second", name="comparison-state")
        layout.addSpacing(4)
        layout.addWidget(self._state)
        layout.addStretch(1)
        order: tuple[Verdict, ...] = ("added", "removed", "changed", "moved")
        self.filters = {verdict: CountFilter(verdict) for verdict in order}
        for filter in self.filters.values():
            filter.toggled.connect(lambda _on: self.filtered.emit())
            layout.addWidget(filter)
        layout.addSpacing(6)
        self._previous = IconButton("chevron-up", "Previous change (Shift+F7)", name="previous-change", size=28, icon_size=16)
        self._where = Label("", "second", "text_second", name="change-where")
        self._where.setMinimumWidth(58)
        self._where.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._next = IconButton("chevron-down", "Next change (F7)", name="next-change", size=28, icon_size=16)
        self._previous.clicked.connect(lambda: self.stepped.emit(-1))
        self._next.clicked.connect(lambda: self.stepped.emit(1))
        for widget in (self._previous, self._where, self._next):
            layout.addWidget(widget)

    def show_titles(self, before: str, after: str) -> None:
        self._before.set_text(before)
        self._after.set_text(after)

    def show_counts(self, counts: Counts) -> None:
        for verdict, filter in self.filters.items():
            filter.show_count(counts.of(verdict))

    def show_state(self, sentence: str) -> None:
        self._state.setText(sentence)

    def show_where(self, at: int | None, total: int) -> None:
        self._where.setText(f"{at + 1:,} of {total:,}" if at is not None else f"{total:,}" if total else "")
        self._previous.setEnabled(total > 0)
        self._next.setEnabled(total > 0)

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Those whose filter is on."""
        return frozenset(verdict for verdict in VERDICTS if self.filters[verdict].isChecked())

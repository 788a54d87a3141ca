"""Who else has the workflow open: their initials in circles, their names on hover and for screen readers."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.presence import Present
from app.ui.theme import font, mixed, theme
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import draw_box, painting
from app.ui.words import ago

SIZE, STEP, MOST = 26, 22, 3
_HUES = ("ai", "data", "integration", "code", "human")


class CompanyMark(QWidget):
    """Up to three circles, then how many more; nothing where one is alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("company")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._others: tuple[Present, ...] = ()
        theme().changed.connect(self.update)
        self.hide()

    def show_others(self, others: tuple[Present, ...]) -> None:
        self.setVisible(bool(others))
        if others == self._others:
            return
        self._others = others
        now = datetime.now(UTC)
        lines = [f"{name_of(other)}, since {ago(other.since, now=now)}" for other in others]
        self.setToolTip(plain_tip("Also open here:\n" + "\n".join(lines)))
        self.setAccessibleName(f"Also open: {', '.join(name_of(other) for other in others)}" if others else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        shown = min(len(self._others), MOST) + (len(self._others) > MOST)
        return QSize(SIZE + max(0, shown - 1) * STEP + 4, SIZE + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.setFont(font("badge"))
            circles = [
                (initials(other.who), tokens.category[_HUES[sum(map(ord, other.who)) % len(_HUES)]]) for other in self._others[:MOST]
            ]
            if len(self._others) > MOST:
                circles.append((f"+{len(self._others) - MOST}", tokens.text_third))
            for at, (words, colour) in reversed(list(enumerate(circles))):  # the first lies on top
                box = QRectF(2 + at * STEP, (self.height() - SIZE) / 2, SIZE, SIZE)
                draw_box(painter, box.adjusted(-2, -2, 2, 2), SIZE / 2 + 2, fill=tokens.panel)
                draw_box(painter, box, SIZE / 2, fill=mixed(colour, tokens.panel, 0.25), border=colour)
                painter.setPen(QColor(tokens.text))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def name_of(other: Present) -> str:
    return f"{other.who} (you, in another window)" if other.is_me else other.who


def initials(who: str) -> str:
    """AL of Ada Lovelace, R of root@localhost."""
    parts = [part for part in who.split("@", maxsplit=1)[0].replace(".", " ").replace("_", " ").split() if part]
    return "".join(part[0] for part in parts[:2]).upper() or "?"

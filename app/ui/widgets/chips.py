"""Small marks: the status of a run as icon and word, a version, a count, an icon tile in its category's colour."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Tokens, font, theme, tint
from app.ui.widgets.painting import draw_box, draw_icon, draw_spinner, painting

CHIP_HEIGHT = 22
_SMALL = 28


@dataclass(frozen=True, slots=True)
class StatusLook:
    """How one status is shown: never by colour alone."""

    word: str
    icon: str
    tone: str | None
    """ok, running, warn or error; None is neutral: nothing is wrong."""


_STATUS_LOOKS = {
    "pending": StatusLook("Queued", "circle-dashed", None),
    "running": StatusLook("Running", "loader-circle", "running"),
    "waiting": StatusLook("Waiting", "hourglass", None),
    "completed": StatusLook("Completed", "circle-check", "ok"),
    "failed": StatusLook("Failed", "circle-x", "error"),
    "cancelled": StatusLook("Cancelled", "circle-slash", None),
    "skipped": StatusLook("Skipped", "skip-forward", None),
    "lost": StatusLook("Lost", "cloud-off", None),
    "paused": StatusLook("Paused", "pause", "warn"),
}


def status_look(status: str) -> StatusLook:
    return _STATUS_LOOKS.get(status) or StatusLook(status.capitalize() or "Unknown", "circle", None)


def status_colour(tokens: Tokens, status: str) -> str:
    """The colour of bars, borders and icons of a status."""
    tone = status_look(status).tone
    return getattr(tokens, tone) if tone else tokens.waiting


def status_word_colour(tokens: Tokens, status: str) -> str:
    """The colour of its word, which needs more contrast than a fill."""
    tone = status_look(status).tone
    return tokens.status_text[tone] if tone else tokens.text_second


def status_chip_width(status: str) -> int:
    return 7 + 14 + 5 + QFontMetrics(font("second")).horizontalAdvance(status_look(status).word) + 10


def draw_status_chip(painter: QPainter, x: float, y: float, status: str, *, turn: float = 0.0, small: bool = False) -> None:
    """A chip with its top left corner at (x, y); `turn` moves the spinner of a running one. A small one has only its icon."""
    tokens, look = theme().tokens, status_look(status)
    rect = QRectF(x, y, _SMALL if small else status_chip_width(status), CHIP_HEIGHT)
    fill = tint(status_colour(tokens, status), 0.16 if tokens.is_dark else 0.14)
    draw_box(painter, rect, 11, fill=fill)
    colour = status_word_colour(tokens, status)
    if status == "running":
        draw_spinner(painter, QRectF(x + 7.5, y + 4.5, 13, 13), colour, turn, width=1.6)
    else:
        draw_icon(painter, look.icon, colour, (x + 7, y + 4), 14)
    if small:
        return
    painter.setPen(QColor(colour))
    painter.setFont(font("second"))
    painter.drawText(rect.adjusted(26, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, look.word)


class StatusChip(QWidget):
    """The status of one run or step."""

    def __init__(self, status: str = "pending", parent: QWidget | None = None, *, name: str = "status-chip") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._turn = 0.0
        self._timer = QTimer(self, interval=50)
        self._timer.timeout.connect(self._advance)
        self._status, self._is_small = status, False
        theme().changed.connect(self.update)
        self.set_status(status)

    @property
    def status(self) -> str:
        return self._status

    def set_status(self, status: str) -> None:
        self._status = status
        self.setAccessibleName(status_look(status).word)
        self._tell()
        if status == "running" and not theme().reduce_motion:
            self._timer.start()
        else:
            self._timer.stop()
        self.updateGeometry()
        self.update()

    def set_small(self, small: bool) -> None:
        """Only the icon, where there is no room for its word."""
        if small != self._is_small:
            self._is_small = small
            self._tell()
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(_SMALL if self._is_small else status_chip_width(self._status), CHIP_HEIGHT)

    def _tell(self) -> None:
        self.setToolTip(status_look(self._status).word if self._is_small else "")

    def _advance(self) -> None:
        self._turn = (self._turn + 50 / 900) % 1.0
        if self.isVisible():
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            draw_status_chip(painter, 0, 0, self._status, turn=self._turn, small=self._is_small)


class Chip(QWidget):
    """A neutral word on a raised ground: a version, a mode, a count."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text = ""
        theme().changed.connect(self.update)
        self.set_text(text)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(font("second")).horizontalAdvance(self._text) + 20, CHIP_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 11, fill=tokens.raised, border=tokens.border)
            painter.setPen(QColor(tokens.text_second))
            painter.setFont(font("second"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class IconTile(QWidget):
    """A category's icon on a tinted square."""

    def __init__(self, icon_name: str = "box", category: str = "data", size: int = 40, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(size, size)
        self._icon_name, self._category = icon_name, category
        theme().changed.connect(self.update)

    def show_kind(self, icon_name: str, category: str) -> None:
        self._icon_name, self._category = icon_name, category
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            draw_icon_tile(painter, QRectF(self.rect()), self._icon_name, self._category)


def draw_icon_tile(painter: QPainter, rect: QRectF, icon_name: str, category: str) -> None:
    tokens = theme().tokens
    colour = tokens.category.get(category, tokens.accent)
    draw_box(painter, rect, 10 if rect.width() > 30 else 7, fill=tint(colour, 0.17 if tokens.is_dark else 0.12))
    size = 20 if rect.width() > 30 else 14
    corner = (rect.x() + (rect.width() - size) / 2, rect.y() + (rect.height() - size) / 2)
    draw_icon(painter, icon_name, colour, corner, size)

"""Text that is always plain: what comes from outside is never read as markup."""

from __future__ import annotations

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.theme import TextStyle, colour_of, font, theme


def plain_tip(text: str) -> str:
    """A tooltip that shows `text` as it is. Qt reads a tooltip that looks like markup as markup."""
    return f"<qt>{html.escape(text).replace(chr(10), '<br>')}</qt>" if "<" in text or "&" in text else text


class Label(QLabel):
    """One line or paragraph in one of the type scale's styles; `colour` names a token."""

    def __init__(
        self,
        text: str = "",
        style: TextStyle = "ui",
        colour: str = "text",
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
        name: str = "",
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(style))
        self.setWordWrap(wrap)
        self._colour = colour
        if name:
            self.setObjectName(name)
        theme().changed.connect(self._recolour)
        self._recolour()

    def set_colour(self, colour: str) -> None:
        self._colour = colour
        self._recolour()

    def _recolour(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colour_of(theme().tokens, self._colour)))
        self.setPalette(palette)


class ElidedLabel(Label):
    """A line that gives way: what does not fit is cut with an ellipsis and shown whole on hover."""

    def __init__(
        self, text: str = "", style: TextStyle = "ui", colour: str = "text", parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        super().__init__(text, style, colour, parent, name=name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.elide_mode = Qt.TextElideMode.ElideRight

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        # Plus one: a width rounded down would cut a text that fits.
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 1, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            shown = QFontMetrics(self.font()).elidedText(self.text(), self.elide_mode, self.width())
            self.setToolTip(plain_tip(self.text()) if shown != self.text() else "")
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)
        finally:
            painter.end()

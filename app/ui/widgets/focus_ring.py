"""A ring around what has the keyboard, where the thing itself does not show it. The mouse needs none, so it gets none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import theme
from app.ui.widgets.painting import draw_box, painting

_BY_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class FocusRing(QWidget):
    """Lies over a widget that came to the focus by keys, until the focus or the mouse goes elsewhere."""

    def __init__(self, over: QWidget, *, radius: float = 0) -> None:
        super().__init__(over)
        self.setObjectName("focus-ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._over, self._radius = over, radius
        over.installEventFilter(self)
        theme().changed.connect(self.update)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.FocusIn if isinstance(event, QFocusEvent) and event.reason() in _BY_KEYS:
                self.setGeometry(self._over.rect())
                self.show()
                self.raise_()
            case QEvent.Type.FocusOut | QEvent.Type.MouseButtonPress:
                self.hide()
            case QEvent.Type.Resize if self.isVisible():
                self.setGeometry(self._over.rect())
            case _:
                pass
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            draw_box(painter, self.rect(), self._radius, border=theme().tokens.accent, width=2)

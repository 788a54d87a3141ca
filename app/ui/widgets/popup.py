"""A card that lies over the window for a moment: it opens softly, and Esc or a press beside it puts it away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.ui.theme import theme
from app.ui.widgets.opening import open_softly
from app.ui.widgets.painting import draw_box, painting

SHADOW = 28
"""How far the shadow reaches beyond the card, in px."""
_SHADOW_DOWN = 8


class Popup(QWidget):
    """Its `content` stands on a card of radius 12; the widget itself is as much larger as the shadow needs."""

    closed = Signal()

    def __init__(self, window: QWidget, *, name: str) -> None:
        super().__init__(window)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SHADOW, SHADOW, SHADOW, SHADOW)
        layout.setSpacing(0)
        self.content = QVBoxLayout()
        self.content.setContentsMargins(1, 1, 1, 1)
        self.content.setSpacing(0)
        layout.addLayout(self.content)
        self._focus: QWidget | None = None
        self._focus_before: QWidget | None = None
        theme().changed.connect(self.update)

    def card(self) -> QRect:
        """Where the card lies in the widget."""
        return self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)

    def place(self, card: QRect) -> None:
        """Put the card there, in the coordinates of the window."""
        self.setGeometry(card.adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW))

    def open_at(self, card: QRect, focus: QWidget) -> None:
        """Show the card, and give `focus` the focus until it is closed."""
        was_open = self.isVisible()
        self.place(card)
        if not was_open:
            self._focus_before = QApplication.focusWidget()
            application = QApplication.instance()
            assert application is not None
            application.installEventFilter(self)
        self._focus = focus
        self.show()
        self.raise_()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)
        if not was_open:
            open_softly(self)

    def put_away(self) -> None:
        """Close it and give the focus back."""
        if not self.isVisible():
            return
        before, self._focus_before = self._focus_before, None
        self._forget()
        self.hide()
        if before is not None and before.isVisible() and before.isEnabled():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.put_away()
        # Whatever else reaches it ends here: the page below must not hear what was typed into a card above it.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card().contains(event.position().toPoint()):  # on the shadow, which lies beside it
            self.put_away()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.window():
            if event.type() is QEvent.Type.Resize:
                self.follow_window()
        elif isinstance(watched, QWidget) and watched.window() is self.window() and not self._holds(watched):
            if event.type() is QEvent.Type.MouseButtonPress:
                self.put_away()
            elif isinstance(event, QFocusEvent) and event.type() is QEvent.Type.FocusIn:
                self._focus_before = watched
                if event.reason() is Qt.FocusReason.OtherFocusReason:
                    # Nobody asked for it: a page behind has been shown. It gets the focus when the card is closed.
                    QTimer.singleShot(0, self, self._take_focus)
                else:
                    self.put_away()
        return False

    def _holds(self, widget: QWidget) -> bool:
        return widget is self or self.isAncestorOf(widget)

    def _take_focus(self) -> None:
        if self.isVisible() and self._focus is not None:
            self._focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def follow_window(self) -> None:
        """The window has another size: put the card where it belongs now."""

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        card = QRectF(self.card())
        with painting(self) as painter:
            for spread in range(SHADOW - _SHADOW_DOWN, 0, -2):
                away = 1 - spread / (SHADOW - _SHADOW_DOWN + 2)
                alpha = round((26 if tokens.is_dark else 9) * away * away)
                around = card.adjusted(-spread, -spread + _SHADOW_DOWN, spread, spread + _SHADOW_DOWN)
                draw_box(painter, around, 12 + spread, fill=QColor(0, 0, 0, alpha))
            draw_box(painter, card, 12, fill=tokens.card, border=tokens.border_strong)

    def _forget(self) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

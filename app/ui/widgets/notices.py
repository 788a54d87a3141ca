"""The bar at the foot of the window: an error that stays until read, or what was done with its Undo for ten seconds."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.theme import theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon, painting

UNDO_MS = 10_000
_MARGIN = 16


class NoticeBar(QWidget):
    """One message over the window's lower edge; the next one takes its place."""

    closed = Signal(bool)
    """True when its action was taken."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice-bar")
        self._over = parent
        self._icon, self._tone = "info", "accent"
        layout = QHBoxLayout(self)
        layout.setContentsMargins(42, 8, 8, 8)
        layout.setSpacing(12)
        self._text = Label("", "ui", wrap=True, name="notice-text")
        self._action = Button("Undo", name="notice-action")
        self._second = Button("More", name="notice-second-action")
        self._close = IconButton("x", "Close", name="notice-close", size=28, icon_size=16)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._second)
        layout.addWidget(self._action)
        layout.addWidget(self._close)
        self._do: Callable[[], object] | None = None
        self._also: Callable[[], object] | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        self._action.clicked.connect(lambda: self._act(self._do))
        self._second.clicked.connect(lambda: self._act(self._also))
        self._close.clicked.connect(self.dismiss)
        parent.installEventFilter(self)
        theme().changed.connect(self.update)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def show_error(self, sentence: str) -> None:
        self._present(sentence, "circle-alert", "error")

    def show_done(self, sentence: str) -> None:
        """Something worked; gone after ten seconds."""
        self._present(sentence, "circle-check", "ok", for_ms=UNDO_MS)

    def show_undo(
        self, sentence: str, undo: Callable[[], object], *, word: str = "Undo", also: tuple[str, Callable[[], object]] | None = None
    ) -> None:
        """Something was done that can be taken back for ten seconds; `also` is another thing to do with it."""
        self._present(sentence, "info", "accent", for_ms=UNDO_MS, word=word, do=undo, also=also)

    def dismiss(self) -> None:
        self._end(taken=False)

    def _present(
        self,
        text: str,
        icon_name: str,
        tone: str,
        *,
        for_ms: int = 0,
        word: str = "",
        do: Callable[[], object] | None = None,
        also: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        if self.isVisible():
            self._end(taken=False)
        self._icon, self._tone, self._do = icon_name, tone, do
        self._also = also[1] if also is not None else None
        self._second.setText(also[0] if also is not None else "")
        self._second.updateGeometry()
        self._second.setVisible(also is not None)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._action.setText(word)
        self._action.updateGeometry()
        self._action.setVisible(do is not None)
        if for_ms:
            self._timer.start(for_ms)
        self._place()
        self.show()
        self.raise_()

    def _act(self, do: Callable[[], object] | None) -> None:
        self._do = self._also = None
        self._end(taken=True)
        if do is not None:
            do()

    def _end(self, *, taken: bool) -> None:
        self._timer.stop()
        self.hide()
        self.closed.emit(taken)

    def _place(self) -> None:
        parent = self._over
        width = min(640, parent.width() - 2 * _MARGIN)
        needed = self._text.sizeHint().width() + 42 + 60
        for button, is_there in ((self._action, self._do is not None), (self._second, self._also is not None)):
            needed += button.sizeHint().width() + 12 if is_there else 0
        width = max(280, min(width, needed))
        height = max(48, self.heightForWidth(width) if self.hasHeightForWidth() else self.sizeHint().height())
        self.setGeometry((parent.width() - width) // 2, parent.height() - height - _MARGIN, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.card, border=tokens.border_strong)
            draw_icon(painter, self._icon, getattr(tokens, self._tone), (14, self.height() / 2 - 9), 18)


def notices_of(widget: QWidget) -> NoticeBar:
    """The bar of the window that a widget stands in."""
    window = widget.window()
    if (below := window.parentWidget()) is not None:  # from a dialog: the window it stands over
        window = below.window()
    found = window.findChild(NoticeBar, "notice-bar", Qt.FindChildOption.FindDirectChildrenOnly)
    return found if found is not None else NoticeBar(window)

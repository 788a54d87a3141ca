"""A tab per open document: what it is on the left, its name, how it is doing on the right; and the order in which they were used."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QSizePolicy, QTabBar, QWidget

from app.ui.actions import Actions
from app.ui.document import Document
from app.ui.icons import icon
from app.ui.theme import theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import plain_tip
from app.ui.widgets.painting import draw_box, draw_icon, draw_spinner, painting

HEIGHT, MOST_WIDTH, LEAST_WIDTH = 36, 240, 96
_MARK = 14


class Mark(Enum):
    """How a document is doing; the value is what is said of it."""

    NONE = ""
    UNSAVED = "unsaved"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"


def mark_of(document: Document) -> Mark:
    """The one that needs a look the most."""
    live = document.live
    if live is not None and not live.is_over:
        return Mark.PAUSED if live.run.is_paused else Mark.RUNNING
    if live is not None and live.run.status == "failed":
        return Mark.FAILED
    if document.autosave is not None and not document.autosave.is_clean:
        return Mark.UNSAVED
    return Mark.NONE


class TabEnd(QWidget):
    """The right end of a tab: its mark, and the button that closes it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARK + 6, 0, 0, 0)
        self.close_button = IconButton("x", "Close", name=name, size=20, icon_size=14)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(self.close_button)
        self.mark = Mark.NONE
        self._turn = 0.0
        self._timer = QTimer(self, interval=50)
        self._timer.timeout.connect(self._advance)
        theme().changed.connect(self.update)

    def show_mark(self, mark: Mark) -> None:
        if mark is self.mark:
            return
        self.mark = mark
        if mark is Mark.RUNNING and not theme().reduce_motion:
            self._timer.start()
        else:
            self._timer.stop()
        self.update()

    def _advance(self) -> None:
        self._turn = (self._turn + 50 / 900) % 1.0
        if self.isVisible():
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        box = QRectF(1, (self.height() - _MARK) / 2, _MARK, _MARK)
        dot = QRectF(box.center().x() - 3.5, box.center().y() - 3.5, 7, 7)
        with painting(self) as painter:
            match self.mark:
                case Mark.UNSAVED:
                    draw_box(painter, dot, 3.5, fill=tokens.text_second)
                case Mark.FAILED:
                    draw_box(painter, dot, 3.5, fill=tokens.error)
                case Mark.PAUSED:
                    draw_icon(painter, "pause", tokens.warn, (box.x(), box.y()), _MARK)
                case Mark.RUNNING:
                    draw_spinner(painter, box.adjusted(1, 1, -1, -1), tokens.running, self._turn, width=1.8)
                case Mark.NONE:
                    pass


class DocumentTabs(QTabBar):
    """Tabs of at most 240 that tell of a middle click; the wheel scrolls them."""

    middle_clicked = Signal(int)

    def tabSizeHint(self, index: int) -> QSize:
        return QSize(max(LEAST_WIDTH, min(MOST_WIDTH, super().tabSizeHint(index).width())), HEIGHT)

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at = self.tabAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.MiddleButton and at >= 0:
            self.middle_clicked.emit(at)
        else:
            super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Qt's own way shows every tab that is passed; here the wheel only moves the row.
        arrows = [
            button for button in self.findChildren(QWidget) if button.metaObject().className() == "QToolButton" and button.isVisible()
        ]
        if len(arrows) == 2:
            back = event.angleDelta().y() + event.angleDelta().x() > 0
            arrows.sort(key=lambda button: button.x())
            click = getattr(arrows[0 if back else 1], "click", None)
            if click is not None:
                click()
        event.accept()


class LastUsed(QObject):
    """Ctrl+Tab goes through the documents by when they were last shown, as long as Ctrl is held."""

    def __init__(self, choose: Callable[[Document], object], parent: QObject) -> None:
        super().__init__(parent)
        self._choose = choose
        self._order: list[Document] = []
        self._walk: list[Document] = []
        self._at = 0

    def used(self, document: Document) -> None:
        if not self._walk:
            self._order = [document, *(other for other in self._order if other is not document)]

    def add(self, document: Document) -> None:
        """It has not been shown yet."""
        self._order.append(document)

    def forget(self, document: Document) -> None:
        self._order = [other for other in self._order if other is not document]
        self._walk = [other for other in self._walk if other is not document]

    @property
    def latest(self) -> Document | None:
        return self._order[0] if self._order else None

    def step(self, step: int) -> None:
        """One on, or back; where it ends when Ctrl is let go counts as used."""
        if len(self._order) < 2:
            return
        if not self._walk:
            self._walk, self._at = list(self._order), 0
            application = QApplication.instance()
            assert application is not None
            application.installEventFilter(self)
        self._at = (self._at + step) % len(self._walk)
        self._choose(self._walk[self._at])
        if not QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier:
            self._end()  # not called by keys that are held

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyRelease and event.key() == Qt.Key.Key_Control:
            self._end()
        return False

    def _end(self) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        walk, self._walk = self._walk, []
        if walk:
            self.used(walk[self._at % len(walk)])


class EditorTabs(QWidget):
    """36 high. Middle click closes, a drag reorders, a menu has them all."""

    chosen = Signal(object)
    close_asked = Signal(object)
    reordered = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editor-tabs")
        self.setFixedHeight(HEIGHT)
        grounded(self, "window", line="bottom")
        self._actions = actions
        self.documents: list[Document] = []
        self.last_used = LastUsed(self.choose, self)
        self.bar = DocumentTabs()
        self._lay_out()
        self.bar.middle_clicked.connect(lambda at: self.close_asked.emit(self.documents[at]))
        self.bar.currentChanged.connect(self._on_current)
        self.bar.tabMoved.connect(self._on_moved)
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.bar.customContextMenuRequested.connect(self._open_tab_menu)
        theme().changed.connect(self._refresh_all)

    def add(self, document: Document) -> None:
        self.documents.append(document)
        self.last_used.add(document)
        at = self.bar.addTab("")
        end = TabEnd(f"close-tab-{document.workflow_id}")
        end.close_button.clicked.connect(lambda: self.close_asked.emit(document))
        self.bar.setTabButton(at, QTabBar.ButtonPosition.RightSide, end)
        self.refresh(document)

    def remove(self, document: Document) -> None:
        at = self.documents.index(document)
        del self.documents[at]
        self.last_used.forget(document)
        self.bar.blockSignals(True)
        self.bar.removeTab(at)
        self.bar.blockSignals(False)

    def choose(self, document: Document) -> None:
        self.bar.setCurrentIndex(self.documents.index(document))
        self.last_used.used(document)

    def put(self, document: Document, at: int) -> None:
        """Move its tab to a place in the row."""
        self.bar.moveTab(self.documents.index(document), max(0, min(at, len(self.documents) - 1)))

    def refresh(self, document: Document) -> None:
        """Name, icon and mark as they are now."""
        if document not in self.documents:
            return
        at, tokens = self.documents.index(document), theme().tokens
        mark = mark_of(document)
        words = tip_of(document)
        self.bar.setTabText(at, " ".join(document.name.split()).replace("&", "&&"))
        self.bar.setTabToolTip(at, plain_tip(f"{words}\n{mark.value.capitalize()}" if mark.value else words))
        self.bar.setAccessibleTabName(at, f"{words}, {mark.value}" if mark.value else words)
        looked_at = document.is_snapshot or document.is_version
        self.bar.setTabIcon(at, icon("history", tokens.text_second) if looked_at else icon("workflow", tokens.accent))
        end = self.bar.tabButton(at, QTabBar.ButtonPosition.RightSide)
        if isinstance(end, TabEnd):
            end.show_mark(mark)
        self.bar.updateGeometry()

    def _on_current(self, at: int) -> None:
        if 0 <= at < len(self.documents):
            self.last_used.used(self.documents[at])
            self.chosen.emit(self.documents[at])

    def _on_moved(self, start: int, end: int) -> None:
        self.documents.insert(end, self.documents.pop(start))
        self.reordered.emit()

    def _refresh_all(self) -> None:
        for document in self.documents:
            self.refresh(document)

    # Menus

    def _open_tab_menu(self, at: QPoint) -> None:
        index = self.bar.tabAt(at)
        if index < 0:
            return
        document = self.documents[index]
        menu = self._menu("tab-menu")
        menu.addAction("Close", lambda: self.close_asked.emit(document))
        others = menu.addAction("Close the others", lambda: self._close([other for other in self.documents if other is not document]))
        right = menu.addAction("Close those to the right", lambda: self._close(self.documents[index + 1 :]))
        others.setEnabled(len(self.documents) > 1)
        right.setEnabled(index + 1 < len(self.documents))
        menu.addSeparator()
        menu.addAction(self._actions["reopen-tab"])
        menu.popup(self.bar.mapToGlobal(at))

    def open_list(self) -> None:
        """All open documents by name; with many tabs one finds a name sooner than a tab."""
        menu = self._menu("tabs-menu")
        for document in sorted(self.documents, key=lambda document: document.name.casefold()):
            mark = mark_of(document)
            words = tip_of(document).replace("&", "&&")
            entry = menu.addAction(f"{words[:80]} · {mark.value}" if mark.value else words[:80], lambda of=document: self.choose(of))  # type: ignore[misc]
            entry.setCheckable(True)
            entry.setChecked(self.documents.index(document) == self.bar.currentIndex())
        menu.addSeparator()
        menu.addAction("Close all", lambda: self._close(list(self.documents)))
        menu.addAction(self._actions["reopen-tab"])
        menu.popup(self._list.mapToGlobal(QPoint(0, self._list.height())))

    def _menu(self, name: str) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _close(self, documents: list[Document]) -> None:
        for document in documents:
            self.close_asked.emit(document)

    def _lay_out(self) -> None:
        self.bar.setObjectName("document-tabs")
        self.bar.setAccessibleName("Open workflows")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setMovable(True)
        self.bar.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.bar.setUsesScrollButtons(True)
        self._list = IconButton("chevron-down", "All open workflows", name="tabs-list-button", size=28, icon_size=16)
        self._list.clicked.connect(self.open_list)
        new = IconButton("plus", "New workflow", name="new-tab-button", size=28, icon_size=16)
        new.set_action(self._actions["new-workflow"])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(new)
        layout.addStretch(1)
        layout.addWidget(self._list)


def tip_of(document: Document) -> str:
    """The whole name, and what of it is shown."""
    if document.is_version:
        return f"{document.name}, version {document.version}"
    return f"{document.name} (run)" if document.is_snapshot else document.name

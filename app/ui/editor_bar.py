"""Over the editor: a tab per open document, and the bar that says what is open, how it is saved, and runs it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QWidget

from app.ui.actions import Actions
from app.ui.autosave import SaveState
from app.ui.document import Document
from app.ui.icons import icon, pixmap
from app.ui.theme import theme
from app.ui.widgets.bars import Breadcrumb, TopBar, grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.chips import Chip, status_colour
from app.ui.widgets.labels import Label, plain_tip

_SAVED: dict[SaveState, tuple[str, str, str]] = {
    "saved": ("cloud-check", "Saved", "ok"),
    "unsaved": ("cloud-upload", "Unsaved", "text_second"),
    "held": ("life-buoy", "Recovered", "warn"),
    "saving": ("cloud-upload", "Saving…", "text_second"),
    "failed": ("cloud-off", "Not saved", "error"),
    "conflict": ("triangle-alert", "Conflict", "warn"),
}
_TAB_WIDTH = 240


class DocumentTabs(QTabBar):
    """Tabs that tell of a middle click."""

    middle_clicked = Signal(int)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at = self.tabAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.MiddleButton and at >= 0:
            self.middle_clicked.emit(at)
        else:
            super().mouseReleaseEvent(event)


class EditorTabs(QWidget):
    """36 high; a mark shows what is unsaved, running or failed. Middle click asks to close."""

    chosen = Signal(object)
    close_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editor-tabs")
        self.setFixedHeight(36)
        grounded(self, "window", line="bottom")
        self._documents: list[Document] = []
        self.bar = DocumentTabs()
        self.bar.middle_clicked.connect(lambda at: self.close_asked.emit(self._documents[at]))
        self.bar.setObjectName("document-tabs")
        self.bar.setAccessibleName("Open workflows")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setMovable(True)
        self.bar.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.bar.setUsesScrollButtons(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.addWidget(self.bar)
        layout.addStretch(1)
        self.bar.currentChanged.connect(lambda at: self.chosen.emit(self._documents[at]) if 0 <= at < len(self._documents) else None)
        self.bar.tabMoved.connect(self._on_moved)
        theme().changed.connect(self._refresh_all)

    def add(self, document: Document) -> None:
        self._documents.append(document)
        at = self.bar.addTab("")
        close = IconButton("x", "Close", name=f"close-tab-{document.workflow_id}", size=20, icon_size=14)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(lambda: self.close_asked.emit(document))
        self.bar.setTabButton(at, QTabBar.ButtonPosition.RightSide, close)
        self.refresh(document)

    def remove(self, document: Document) -> None:
        at = self._documents.index(document)
        del self._documents[at]
        self.bar.blockSignals(True)
        self.bar.removeTab(at)
        self.bar.blockSignals(False)

    def choose(self, document: Document) -> None:
        self.bar.setCurrentIndex(self._documents.index(document))

    def choose_next(self, step: int) -> None:
        if self._documents:
            self.bar.setCurrentIndex((self.bar.currentIndex() + step) % len(self._documents))

    def refresh(self, document: Document) -> None:
        if document not in self._documents:
            return
        at, tokens = self._documents.index(document), theme().tokens
        self.bar.setTabText(at, document.name.replace("&", "&&"))
        self.bar.setTabToolTip(at, plain_tip(_tab_tip(document)))
        live = document.live
        if live is not None and (document.is_snapshot or not live.is_over or live.run.status == "failed"):
            name, colour = ("history", tokens.text_second) if document.is_snapshot else ("activity", status_colour(tokens, live.run.status))
        elif document.is_version:
            name, colour = "history", tokens.text_second
        elif document.autosave is not None and not document.autosave.is_clean:
            name, colour = "circle-dot", tokens.text_second
        else:
            name, colour = "workflow", tokens.accent
        self.bar.setTabIcon(at, icon(name, colour))
        self.bar.updateGeometry()

    def _refresh_all(self) -> None:
        for document in self._documents:
            self.refresh(document)

    def _on_moved(self, start: int, end: int) -> None:
        self._documents.insert(end, self._documents.pop(start))


class SavedMark(QWidget):
    """How the edits are doing, as icon and word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("saved-state")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(6)
        self._picture = Label("")
        self._word = Label("", "ui", "text_second", name="saved-word")
        layout.addWidget(self._picture)
        layout.addWidget(self._word)
        self._state: SaveState = "saved"
        theme().changed.connect(self._draw)

    @property
    def text(self) -> str:
        return self._word.text()

    def show_state(self, state: SaveState, sentence: str) -> None:
        self._state = state
        self._word.setText(_SAVED[state][1])
        self.setToolTip(plain_tip(sentence) or "Every edit is saved by itself.")
        self.setAccessibleName(f"{_SAVED[state][1]}. {sentence}".strip())
        self._draw()

    def _draw(self) -> None:
        name, _, colour = _SAVED[self._state]
        self._picture.setPixmap(pixmap(name, getattr(theme().tokens, colour), 16, self.devicePixelRatioF()))


class VersionChip(Chip):
    """Which version this is; a click shows them all."""

    def __init__(self, action: QAction) -> None:
        super().__init__(name="version-chip")
        self._action = action
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Show the versions")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._action.trigger()


class EditorBar(TopBar):
    """Breadcrumb, version, saved state; Publish, and Run or Stop."""

    back = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent, name="editor-bar")
        self.left.setContentsMargins(-12, 0, 0, 0)
        self._crumb = Breadcrumb()
        self._crumb.back.connect(self.back)
        self._version = VersionChip(actions["versions"])
        self.left.addWidget(self._crumb)
        self.left.addWidget(self._version)
        self.left.addStretch(1)
        self.saved = SavedMark()
        self._versions = Button("Versions", icon_name="history", name="versions-button", action=actions["versions"])
        self._publish = Button("Publish", icon_name="rocket", name="publish-button", action=actions["publish"])
        self._run = Button("Run", "primary", icon_name="play", key="F5", name="run-button", action=actions["run"])
        self._stop = Button("Stop", "danger", icon_name="square", name="stop-run-button", action=actions["stop"])
        for widget in (self.saved, self._versions, self._publish, self._run, self._stop):
            self.right.addWidget(widget)

    def show_document(self, document: Document | None) -> None:
        if document is None:
            return
        self._crumb.show_place(document.name)
        self._version.set_text(_version_words(document))
        self.saved.setVisible(document.autosave is not None)
        if document.autosave is not None:
            self.saved.show_state(document.autosave.state, document.autosave.sentence)
        self._versions.setVisible(not document.is_snapshot)
        self._publish.setVisible(not document.is_snapshot)
        self._run.setVisible(not document.is_snapshot and not document.is_running)
        self._stop.setVisible(document.is_running)


def _tab_tip(document: Document) -> str:
    if document.is_version:
        return f"{document.name}, version {document.version}"
    return f"{document.name} (run)" if document.is_snapshot else document.name


def _version_words(document: Document) -> str:
    if document.is_version:
        return f"v{document.version} · to look at"
    if document.is_snapshot:
        return f"v{document.version} · run" if document.version else "draft · run"
    return f"v{document.version} · draft" if document.version else "draft"

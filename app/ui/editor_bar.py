"""Over the canvas: the bar that says what is open, how it is saved, and runs it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.actions import Actions
from app.ui.autosave import SaveState
from app.ui.company_mark import CompanyMark
from app.ui.document import Document
from app.ui.icons import pixmap
from app.ui.theme import theme
from app.ui.widgets.bars import Breadcrumb, TopBar
from app.ui.widgets.buttons import Button
from app.ui.widgets.chips import Chip
from app.ui.widgets.labels import Label, plain_tip

_SAVED: dict[SaveState, tuple[str, str, str]] = {
    "saved": ("cloud-check", "Saved", "ok"),
    "unsaved": ("cloud-upload", "Unsaved", "text_second"),
    "held": ("life-buoy", "Recovered", "warn"),
    "saving": ("cloud-upload", "Saving…", "text_second"),
    "failed": ("cloud-off", "Not saved", "error"),
    "conflict": ("triangle-alert", "Conflict", "warn"),
}


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
        self.crumb = Breadcrumb()
        self.crumb.back.connect(self.back)
        self._version = VersionChip(actions["versions"])
        self.left.addWidget(self.crumb)
        self.left.addWidget(self._version)
        self.left.addStretch(1)
        self.company = CompanyMark()
        self.saved = SavedMark()
        self._versions = Button("Versions", icon_name="history", name="versions-button", action=actions["versions"])
        self._publish = Button("Publish", icon_name="rocket", name="publish-button", action=actions["publish"])
        self._run = Button("Run", "primary", icon_name="play", key="F5", name="run-button", action=actions["run"])
        self._stop = Button("Stop", "danger", icon_name="square", name="stop-run-button", action=actions["stop"])
        for widget in (self.company, self.saved, self._versions, self._publish, self._run, self._stop):
            self.right.addWidget(widget)

    def show_document(self, document: Document | None) -> None:
        if document is None:
            return
        self.crumb.show_place(document.name)
        self._version.set_text(_version_words(document))
        self.company.show_others(document.company.others if document.company is not None else ())
        self.saved.setVisible(document.autosave is not None)
        if document.autosave is not None:
            self.saved.show_state(document.autosave.state, document.autosave.sentence)
        self._versions.setVisible(not document.is_snapshot)
        self._publish.setVisible(not document.is_snapshot)
        self._run.setVisible(not document.is_snapshot and not document.is_running)
        self._stop.setVisible(document.is_running)


def _version_words(document: Document) -> str:
    if document.is_version:
        return f"v{document.version} · to look at"
    if document.is_snapshot:
        return f"v{document.version} · run" if document.version else "draft · run"
    return f"v{document.version} · draft" if document.version else "draft"

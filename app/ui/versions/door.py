"""The way into the versions of a workflow and out again, and what is done with one: roll back, open, export."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

from app.domain.difference_words import DifferenceWords, counted
from app.domain.differences import Differences
from app.domain.json_value import Json
from app.domain.taking_back import roll_back
from app.ui.document import Document
from app.ui.last_edit import undo_of_last
from app.ui.prompts import Dialog
from app.ui.versions.page import VersionsPage
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.workflow_files import write_document

if TYPE_CHECKING:
    from app.ui.editor_page import EditorPage
    from app.ui.main_window import MainWindow

MOST_NAMED = 12
_BECOMES = {"added": "goes", "removed": "comes back", "moved": "moves back"}


class VersionsDoor(QObject):
    """One page per open document, as long as its versions are looked at."""

    def __init__(self, window: MainWindow, editor: EditorPage, *, publish: Callable[[], Coroutine[Any, Any, object]]) -> None:
        super().__init__(editor)
        self._window, self._editor, self._publish = window, editor, publish
        self._pages: dict[Document, VersionsPage] = {}
        action = window.actions_of_window["versions"]
        action.triggered.connect(lambda _checked=False: self.toggle(editor.current))
        self._actions = window.actions_of_window
        self._actions.bind("next-change", lambda: self._step(1))
        self._actions.bind("previous-change", lambda: self._step(-1))
        editor.current_changed.connect(self._follow)
        self._follow()

    def toggle(self, document: Document | None) -> None:
        if document in self._pages:
            self.leave(document)
        elif document is not None and not document.is_snapshot:
            self.show(document)

    def show(self, document: Document) -> None:
        """Show the versions of a document, its draft compared with the latest."""
        if document not in self._pages:
            page = self._pages[document] = VersionsPage(document)
            page.closed.connect(lambda: self.leave(document))
            page.publish_asked.connect(lambda: self._window.ask(self._publish))
            page.roll_back_asked.connect(lambda version, found: self._window.ask(lambda: self.rolled_back(document, version, found)))
            page.open_asked.connect(lambda number: self._window.ask(lambda: self.opened(document, number)))
            page.export_asked.connect(lambda number: self.choose_file(document, number))
            page.destroyed.connect(lambda _gone=None: self._pages.pop(document, None))
            self._editor.cover(document, page)
            page.list.setFocus()
        self._editor.current_changed.emit()

    def hear(self, workflow_id: str | None) -> None:
        """A bell rang for a workflow (None: for any): someone may have published it, or changed a note."""
        for document, page in self._pages.items():
            if workflow_id in (None, document.workflow_id):
                page.reload()

    def leave(self, document: Document) -> None:
        """Back to the canvas."""
        page = self._pages.pop(document, None)
        if page is None:
            return
        page.tasks.cancel_all()
        self._editor.cover(document, None)
        if self._editor.view is not None:
            self._editor.view.setFocus()
        self._editor.current_changed.emit()

    def _step(self, by: int) -> None:
        page = self._pages.get(self._editor.current) if self._editor.current is not None else None
        if page is not None:
            page.comparison.step(by)

    def _follow(self) -> None:
        shown = self._editor.current in self._pages
        self._actions["versions"].setChecked(shown)
        for name in ("next-change", "previous-change"):
            self._actions.enable(name, shown, "" if shown else "No versions are compared.")

    async def rolled_back(self, document: Document, version: int, difference: Differences) -> None:
        """Make the draft what a version was, as one edit, once the person has seen what that changes."""
        words = DifferenceWords(difference, document.session.catalog)
        dialog = RollBackDialog(self._window, f"v{version}", difference, words)
        if await dialog.answered():
            document.model.push(roll_back(document.model.graph, difference, f"Roll back to v{version}"))
            said = f"The draft is as v{version} was. What runs in production changes when you publish it."
            self._window.notices.show_undo(said, undo_of_last(document, self._window))

    async def opened(self, document: Document, number: int) -> None:
        """A version in a tab of its own, to look at."""
        session, workflow_id = document.session, document.workflow_id
        shown = self._editor.document_where(lambda d: d.is_version and (d.workflow_id, d.version) == (workflow_id, number))
        if shown is None:
            definition = await session.call(session.services.publishing.definition, workflow_id, number)
            self._editor.add(Document.published(session, workflow_id, definition, number, self._editor))
        else:
            self._editor.show_document(shown)

    def choose_file(self, document: Document, number: int) -> None:
        """Ask where a version is to be written; the dialog does not block the window."""
        name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", document.name).strip(" .") or "workflow"
        dialog = QFileDialog(self._window, f"Export version {number}", f"{name} v{number}.workflow.json", "Workflows (*.workflow.json)")
        dialog.setObjectName("export-dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("workflow.json")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._window.ask(lambda: self.exported(document, number, Path(path))))
        dialog.open()

    async def exported(self, document: Document, number: int, path: Path) -> None:
        session = document.session
        found: Json = await session.call(session.services.workflows.export, document.workflow_id, version=number)
        await session.bridge.call(write_document(path, found))
        self._window.notices.show_done(f"Version {number} is exported as “{path.name}”.")


class RollBackDialog(Dialog):
    """What would become of the draft."""

    def __init__(self, window: MainWindow, name: str, difference: Differences, words: DifferenceWords) -> None:
        super().__init__(window, f"Roll the draft back to {name}?", width=520, name="roll-back-dialog")
        told = counted(difference.counts) or "Only wires differ"
        self.content.addWidget(
            Label(f"Since {name}: {told}. All of it is taken back, as one edit that can be undone.", "ui", "text_second", wrap=True)
        )
        for item in difference.items[:MOST_NAMED]:
            becomes = _BECOMES.get(item.verdict) or f"gets back: {words.summary(item)}"
            self.content.addWidget(ElidedLabel(f"• {words.title(item)} {becomes}", "ui"))
        if len(difference.items) > MOST_NAMED:
            self.content.addWidget(Label(f"and {len(difference.items) - MOST_NAMED:,} more", "ui", "text_second", name="roll-back-more"))
        keep = self.add_button(Button("Keep the draft", name="dialog-no"), accepts=False)
        self.add_button(Button(f"Roll back to {name}", "primary", icon_name="undo-2", name="dialog-yes"), accepts=True)
        keep.setFocus()

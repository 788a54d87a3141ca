"""Workflows that come in from outside the program and go out again: dropped, picked, pasted, exported."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.domain.access import Permission
from app.domain.errors import AppError
from app.domain.json_value import Json
from app.ui.progress import Counter, Stopped, shown_progress
from app.ui.prompts import sentence_of, show_error
from app.ui.tasks import Tasks
from app.ui.widgets.drop_hint import DropFrame
from app.ui.words import count
from app.ui.workflow_files import is_workflow_file, read_document

if TYPE_CHECKING:
    from app.domain.catalog import Catalog
    from app.ui.main_window import MainWindow
    from app.ui.session import Session

MOST_FILES = 500
MOST_OPENED = 5
"""More than that many workflows at once are imported, but only the last few are opened."""
_PEEKED = 20


class NoWorkflowHere(AppError):
    """The clipboard holds no workflow. Copy steps on a canvas, or the text of a .workflow.json file, and paste it here."""

    code = "clipboard.no_workflow"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file. `fault` says why it was refused, else it is workflow `id` with so many problems."""

    path: Path
    id: str = ""
    name: str = ""
    fault: str = ""
    problems: int = 0


class Importing(QObject):
    """What one window does with files and with text of the clipboard."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._frame = DropFrame(window.pages)
        self._tasks = Tasks(self, lambda error: show_error(window, error))
        self._offered: list[Path] = []
        actions = window.actions_of_window
        actions.bind("import-workflow", self.choose_files)
        actions.bind("paste-workflow", self.paste)
        actions.bind("export-workflow", self.export)

    # Files over the window

    def offer(self, data: QMimeData) -> bool:
        """Whether something of it could be imported; the window then says what."""
        paths = paths_of(data)
        session = self._window.session
        if not paths or session is None or not session.actor.may(Permission.WORKFLOW_EDIT):
            return False
        self._offered = paths
        if len(paths) == 1:
            self._frame.show_offer(f"Drop to import “{paths[0].name}”")
        else:
            self._frame.show_offer(f"Drop to import {count(len(paths), 'file')}")
        self._tasks.start(self._look_into(session, paths))
        return True

    async def _look_into(self, session: Session, paths: list[Path]) -> None:
        """Name what would come, while it still hangs over the window."""
        found = await session.bridge.call(_files_in(paths))
        peeked = await session.bridge.call(_peeked(found[:_PEEKED], session.catalog))
        if self._offered is not paths or not self._frame.isVisible():
            return
        good = [one for one in peeked if not one.fault]
        what = f"“{good[0].name}”" if len(found) == 1 and good else count(len(found), "workflow")
        bad = len(peeked) - len(good)
        ill = sum(one.problems > 0 for one in good)
        more = [f"{ill} with problems"] if ill else []
        more += [f"{bad} that cannot be read"] if bad else []
        self._frame.show_offer(f"Drop to import {', '.join([what, *more])}" if found else "There is no .json file in it.")

    def withdraw(self) -> None:
        self._offered = []
        self._frame.hide()

    def take(self, data: QMimeData) -> None:
        """They were dropped."""
        self.withdraw()
        self.import_files(paths_of(data))

    # In

    def choose_files(self) -> None:
        """Ask for files to import; the dialog does not block the window."""
        dialog = QFileDialog(self._window, "Import workflows", "", "Workflows (*.workflow.json *.json)")
        dialog.setObjectName("import-dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.import_files([Path(name) for name in names]))
        dialog.open()

    def import_files(self, paths: Sequence[Path]) -> None:
        """Keep each file, and each file of a folder, as a draft. Good ones open at once, what is wrong with others is listed."""
        session = self._window.session
        if session is not None and paths:
            self._tasks.start(self._import(session, list(paths)))

    async def _import(self, session: Session, paths: list[Path]) -> None:
        files = await session.bridge.call(_files_in(paths))
        if not files:
            self._window.notices.show_error("There is no .json file in what was given.")
            return
        done: list[Imported] = []
        counter = Counter(len(files))

        async def all_of_them() -> None:
            for path in files:
                done.append(await self._import_one(session, path))
                counter(1)

        try:
            await shown_progress(self._window, f"Importing {count(len(files), 'file')}…", counter, all_of_them())
        except Stopped:
            self._window.notices.show_done(f"Stopped after {count(len(done), 'file')}; what was imported stays.")
        await self._tell(done)

    async def _import_one(self, session: Session, path: Path) -> Imported:
        try:
            document = await session.bridge.call(read_document(path))
            id = await session.call(session.services.workflows.import_document, document)
            peeked = await session.bridge.call(asyncio.to_thread(_looked_at, path, document, session.catalog))
        except Exception as error:
            return Imported(path, fault=sentence_of(error))
        return Imported(path, id, peeked.name, problems=peeked.problems)

    async def _tell(self, done: list[Imported]) -> None:
        good = [one for one in done if one.id]
        bad = [one for one in done if one.fault]
        for one in good[-MOST_OPENED:]:
            await self._window.workbench.opened(one.id)
        self._window.workflows.reload()
        if len(bad) == 1 and len(done) == 1:
            self._window.notices.show_error(f"{bad[0].path.name}: {bad[0].fault}")
        elif bad or (len(good) > 1 and any(one.problems for one in good)):
            from app.ui.import_report import ImportReport

            report = ImportReport(self._window, done)
            report.chosen.connect(self._window.open_workflow)
            await report.answered()
        elif len(good) > 1:
            self._window.notices.show_done(f"{count(len(good), 'workflow')} imported.")

    def paste(self) -> None:
        """The text of the clipboard as a new draft."""
        text = QGuiApplication.clipboard().text()
        session = self._window.session
        if session is not None:
            self._tasks.start(self._paste(session, text))

    async def _paste(self, session: Session, text: str) -> None:
        document = await session.bridge.call(asyncio.to_thread(_document_in, text))
        self._window.open_workflow(await session.call(session.services.workflows.import_document, document))

    # Out

    def export(self) -> None:
        """Write the workflow that is shown, or the row of the list, to a file."""
        found = self._window.workflow_at_hand()
        if found is None:
            self._window.notices.show_error("Choose a workflow first: open one, or go to a row of the list.")
            return
        id, name = found
        file_name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", name).strip(" .")[:100] or "workflow"
        dialog = QFileDialog(self._window, "Export the draft", f"{file_name}.workflow.json", "Workflows (*.workflow.json)")
        dialog.setObjectName("export-dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("workflow.json")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._window.ask(lambda: self.exported(id, Path(path))))
        dialog.open()

    async def exported(self, workflow_id: str, path: Path) -> None:
        from app.ui.workflow_files import write_document

        session = self._window.session
        assert session is not None
        for document in self._window.editor.documents:
            if document.workflow_id == workflow_id and document.autosave is not None:
                await document.autosave.flush()  # what is on the canvas is what is meant
        found: Json = await session.call(session.services.workflows.export, workflow_id)
        await session.bridge.call(write_document(path, found))
        self._window.notices.show_done(f"Exported as “{path.name}”.")


def paths_of(data: QMimeData) -> list[Path]:
    """Local files and folders that may hold workflows. Whether a path is a folder is asked for later: that is the disk's to say."""
    local = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in local if is_workflow_file(path.name) or not path.suffix]


async def _files_in(paths: Sequence[Path]) -> list[Path]:
    """The files, and of folders the .json files in them, however deep."""

    def work() -> list[Path]:
        found: dict[Path, None] = {}
        for path in paths:
            inside = sorted(path.rglob("*.json")) if path.is_dir() else [path] if is_workflow_file(path.name) else []
            found.update(dict.fromkeys(inside))
            if len(found) >= MOST_FILES:
                break
        return list(found)[:MOST_FILES]

    return await asyncio.to_thread(work)


async def _peeked(paths: Sequence[Path], catalog: Catalog) -> list[Imported]:
    found = []
    for path in paths:
        try:
            document = await read_document(path)
            found.append(await asyncio.to_thread(_looked_at, path, document, catalog))
        except AppError as error:
            found.append(Imported(path, fault=str(error)))
    return found


def _looked_at(path: Path, document: Json, catalog: Catalog) -> Imported:
    from app.domain.definition_file import parse_definition
    from app.domain.validation import validate

    definition, problems = parse_definition(document)
    if definition is None:
        return Imported(path, fault=problems[0].message if problems else "It is no workflow.")
    found = [problem for problem in (*problems, *validate(definition, catalog)) if problem.severity == "error"]
    return Imported(path, name=definition.name, problems=len(found))


def _document_in(text: str) -> Json:
    from app.domain.json_value import JsonRejected, loads

    try:
        document = loads(text)
    except JsonRejected:
        raise NoWorkflowHere from None
    if not isinstance(document, dict) or "steps" not in document:
        raise NoWorkflowHere
    return document if str(document.get("name") or "").strip() else {**document, "name": "Pasted workflow"}

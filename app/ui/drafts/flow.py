"""What a person is told and asked about edits that are not saved: recovered ones, ones that cannot be kept, ones that conflict."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.domain.conflicts import Conflict, copy_of
from app.domain.difference_words import DifferenceWords
from app.domain.differences import Differences, differences
from app.domain.draft_journal import DraftLog
from app.domain.presence import Newer
from app.domain.recovery import Recovered
from app.domain.workflow import Definition, Graph, definition_to_json
from app.ui.canvas.word_chips import WordChip
from app.ui.comparison.view import ComparisonDialog
from app.ui.document import Document
from app.ui.drafts.banner import Choice, DraftBanner
from app.ui.drafts.conflicts import carry_out, conflict_of, decided, settle, take_newer, tell_merged
from app.ui.drafts.history_panel import HistoryPanel
from app.ui.editor_page import EditorPage
from app.ui.prompts import confirm
from app.ui.safekeeping import left_of
from app.ui.session import Session
from app.ui.tasks import Tasks
from app.ui.widgets.notices import notices_of
from app.ui.words import count, time_of_day

Ask = Callable[[Callable[[], Coroutine[Any, Any, object]]], None]
RECOVERED = WordChip("recovered", "rotate-ccw")
_NAMED = 5
_UNDECIDED: tuple[Choice, ...] = (("decide", "Decide…", "primary"),)
_GONE: tuple[Choice, ...] = (("copy", "Keep as a copy", "primary"),)
_DECISION: tuple[Choice, ...] = (("compare", "Compare", "normal"), ("discard", "Discard", "normal"), ("keep", "Keep", "primary"))


class DraftFlow(QObject):
    """Stands over one editor's canvas and speaks of the document that is shown there."""

    def __init__(self, editor: EditorPage, ask: Ask, open_workflow: Callable[[str], object], tasks: Tasks) -> None:
        super().__init__(editor)
        self._editor, self._ask, self._open, self._tasks = editor, ask, open_workflow, tasks
        self._told: dict[Document, str] = {}
        self.banner = DraftBanner()
        self.banner.pressed.connect(self._on_pressed)
        editor.host.banners.addWidget(self.banner)
        editor.current_changed.connect(self.follow)
        self._history: HistoryPanel | None = None
        self._followed: set[Document] = set()
        self._deciding: set[Document] = set()
        self._later: dict[Document, Conflict] = {}

    def hear(self, workflow_id: str | None) -> None:
        """A bell rang for a workflow, or for who has it open; None: perhaps for any."""
        for document in self._editor.documents:
            if document.company is not None and workflow_id in (None, document.workflow_id):
                document.company.look_soon()
            if workflow_id is None and document.autosave is not None:
                document.autosave.retry()

    def open_history(self) -> None:
        if self._history is None:
            self._history = HistoryPanel(self._editor.window(), lambda: self._editor.current)
        button = self._editor.host.toolbar.findChild(QWidget, "history-button")
        self._history.open_over(button if isinstance(button, QWidget) else self._editor.host.toolbar)

    def follow(self) -> None:
        """Say what there is to say of the document that is shown."""
        for one in self._editor.documents:
            self._follow_document(one)
        document = self._editor.current
        keeping = document.safekeeping if document is not None else None
        if document is None or keeping is None:
            self.banner.hide()
            return
        self._mark(document)
        self._tell(document, keeping.failure or keeping.damage)
        if keeping.recovered is not None:
            title, detail = recovered_words(keeping.recovered)
            self.banner.show_words("life-buoy", title, detail, _DECISION)
        elif document in self._later:
            conflict = self._later[document]
            mine = count(conflict.my_changes.counts.total, "change")
            words = f"{conflict.who} saved {count(conflict.their_changes.counts.total, 'change')}; your {mine} are kept in this window."
            self.banner.show_words("git-merge", "This workflow was also changed elsewhere", words, _UNDECIDED)
        elif document.autosave is not None and document.autosave.is_gone:
            words = "Your edits are kept in this window, and can become a workflow of their own."
            self.banner.show_words("trash-2", "This workflow was deleted elsewhere", words, _GONE)
        else:
            self.banner.hide()
            if keeping.has_more and document.autosave is not None and document.autosave.is_clean:
                self._tasks.start(keeping.offer_more())

    def _follow_document(self, document: Document) -> None:
        autosave, company = document.autosave, document.company
        if document in self._followed or autosave is None or company is None:
            return
        self._followed.add(document)
        autosave.state_changed.connect(lambda: self._on_saving(document))
        company.saved_elsewhere.connect(lambda newer: self._tasks.start(self._take(document, newer)))
        document.destroyed.connect(lambda _gone=None: self._forget(document))

    def _forget(self, document: Document) -> None:
        self._followed.discard(document)
        self._deciding.discard(document)
        self._later.pop(document, None)

    def _on_saving(self, document: Document) -> None:
        autosave = document.autosave
        if autosave is None:
            return
        if autosave.state == "conflict":
            self._tasks.start(self._resolve(document, ask=False))
        elif self._later.pop(document, None) is not None:
            self.follow()

    def is_undecided(self, document: Document) -> bool:
        """Whether a save was refused and nobody has decided yet."""
        return document.autosave is not None and document.autosave.state == "conflict"

    async def rescue(self, session: Session, workflow_id: str) -> None:
        """Offer the edits that a crash left of a workflow that was deleted meanwhile."""
        for found in await left_of(session, workflow_id):
            assert found.draft is not None
            graph, log = found.draft.graph, found.log

            def keep(graph: Graph = graph, log: DraftLog | None = log) -> None:
                self._tasks.start(self._kept(session, graph, log))

            words = f"“{graph.details.name[:60]}” was deleted elsewhere while it had edits that were not saved."
            notices_of(self._editor).show_undo(words, keep, word="Keep as a copy")

    async def _kept(self, session: Session, graph: Graph, log: DraftLog | None) -> None:
        made = await session.call(session.services.workflows.import_document, definition_to_json(copy_of(graph)))
        if log is not None:
            log.close(forget=True)
        self._open(made)

    async def _copy(self, document: Document) -> None:
        """A workflow of its own for edits whose workflow is gone."""
        await self._kept(document.session, document.model.graph, None)
        if document.safekeeping is not None and document.safekeeping.recorder is not None:
            document.safekeeping.recorder.close(forget=True)
        if document in self._editor.documents:
            self._editor.remove(document)

    async def decide(self, document: Document) -> None:
        """Ask about a conflict that was left for later."""
        await self._resolve(document, ask=True)

    async def _shown(self, document: Document, found: Differences, *, before: str, after: str, title: str) -> None:
        """A comparison on the canvas, until it is closed."""
        closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        dialog = ComparisonDialog(self._editor, document.session.catalog, found, before=before, after=after, title=title)
        dialog.finished.connect(lambda result: closed.set_result(result) if not closed.done() else None)
        dialog.open()
        await closed

    async def _take(self, document: Document, newer: Newer) -> None:
        if sentence := await take_newer(document, newer):
            notices_of(self._editor).show_done(sentence)

    async def _resolve(self, document: Document, *, ask: bool) -> None:
        """A save was refused: merge where that is safe, else ask; asked again until it is decided, or left for later."""
        if document in self._deciding:
            return
        self._deciding.add(document)
        try:
            await self._resolved(document, ask=ask)
        except Exception:
            self.follow()
            raise
        finally:
            self._deciding.discard(document)
        self.follow()

    async def _resolved(self, document: Document, *, ask: bool) -> None:
        autosave = document.autosave
        while autosave is not None and autosave.state == "conflict" and document in self._editor.documents:
            conflict = await conflict_of(document)
            if conflict is None:  # nobody saved after all: it was this window's own save that it did not hear of
                autosave.start_from(autosave.base, autosave.waiting, revision=autosave.revision)
                return
            if not ask and await settle(document, conflict):
                tell_merged(self._editor, conflict)
                return
            if document is not self._editor.current:
                self._editor.show_document(document)
            decision = await decided(self._editor, document, conflict)
            if decision.way == "show":
                both = differences(Definition.of(conflict.mine), Definition.of(conflict.theirs))
                await self._shown(document, both, before="Yours", after="Theirs", title=f"Yours and what {conflict.who[:60]} saved")
                ask = True
                continue
            if decision.way == "later":
                self._later[document] = conflict
                return
            if made := await carry_out(document, conflict, decision):
                notices_of(self._editor).show_undo(
                    f"Your edits are in “{conflict.mine.details.name[:60]} (copy)”.", lambda: self._open(made), word="Open"
                )

    def _mark(self, document: Document) -> None:
        """Chips on what was recovered, until it is decided."""
        view, keeping = self._editor.view, document.safekeeping
        if view is None or keeping is None:
            return
        lost = keeping.recovered.lost if keeping.recovered is not None else ()
        chips = {item.id: RECOVERED for item in lost if item.verdict != "removed" and item.kind in ("step", "group", "note")}
        if chips != view.word_chips:
            view.word_chips = chips
            view.update()

    def _tell(self, document: Document, sentence: str) -> None:
        """Once: a journal that cannot be written, or could not be read to its end."""
        if self._told.get(document, "") == sentence:
            return
        if not sentence:
            notices_of(self._editor).show_done("Edits are kept safe on this machine again.")
        else:
            notices_of(self._editor).show_error(sentence)
        if document not in self._told:
            document.destroyed.connect(lambda _gone=None, document=document: self._told.pop(document, None))
        self._told[document] = sentence

    def _on_pressed(self, id: str) -> None:
        document = self._editor.current
        keeping = document.safekeeping if document is not None else None
        if document is None or keeping is None:
            return
        match id:
            case "keep":
                keeping.keep()
            case "discard":
                self._ask(lambda: self._discard(document))
            case "decide":
                self._tasks.start(self.decide(document))
            case "copy":
                self._tasks.start(self._copy(document))
            case "compare":
                self._ask(lambda: self._compare(document))

    async def _discard(self, document: Document) -> None:
        keeping = document.safekeeping
        if keeping is None or keeping.recovered is None:
            return
        names = names_of(keeping.recovered.lost, document)
        consequence = f"{names}\n\nThe workflow becomes what was saved last. Undo brings the edits back."
        number = count(keeping.recovered.lost.counts.total, "recovered edit")
        if await confirm(self._editor, f"Discard {number}?", consequence, yes="Discard"):
            keeping.discard()

    async def _compare(self, document: Document) -> None:
        keeping = document.safekeeping
        if keeping is not None and keeping.recovered is not None:
            title, _ = recovered_words(keeping.recovered)
            await self._shown(document, keeping.recovered.lost, before="Saved", after="Recovered", title=title)


def recovered_words(found: Recovered) -> tuple[str, str]:
    """“4 edits recovered”, “Stopped unexpectedly at 14:11”."""
    at = time_of_day(datetime.fromtimestamp(found.at_s, UTC), now=datetime.now(UTC))
    number = count(found.lost.counts.total, "edit")
    when = f"Not saved when it was closed at {at}" if found.was_closed else f"Stopped unexpectedly at {at}"
    return f"{number} recovered", f"{when}; someone else saved meanwhile" if found.is_conflict else when


def names_of(lost: Differences, document: Document) -> str:
    """The edits by name, one a line, the first five."""
    words = DifferenceWords(lost, document.session.catalog)
    lines = [f"• {words.title(item)}: {words.summary(item) or item.verdict}" for item in lost.items]
    more = [f"• and {len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
    return "\n".join(lines[:_NAMED] + more)

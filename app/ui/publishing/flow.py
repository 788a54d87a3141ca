"""How publishing goes: save, check, ask, show what is wrong and come back, publish, and for ten seconds undo."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.domain.problems import Problem
from app.services.publishing import Checklist, Move
from app.ui.document import Document
from app.ui.editor_page import EditorPage
from app.ui.publishing.bar import PublishBar
from app.ui.publishing.checklist import FOLD_FIXED_MS
from app.ui.publishing.dialog import PublishDialog
from app.ui.publishing.places import show_place
from app.ui.widgets.notices import notices_of

Ask = Callable[[Callable[[], Coroutine[Any, Any, object]]], None]


class PublishFlow(QObject):
    """Publishing one document at a time. What leads elsewhere is done by whoever holds it."""

    def __init__(
        self,
        editor: EditorPage,
        ask: Ask,
        *,
        compare: Callable[[Document], object],
        reveal: Callable[[Document], object],
        run: Callable[[Document, int], Coroutine[Any, Any, object]],
        open_workflow: Callable[[str], object],
    ) -> None:
        super().__init__(editor)
        self._editor, self._ask, self._compare, self._reveal, self._run = editor, ask, compare, reveal, run
        self._open_workflow = open_workflow
        self._document: Document | None = None
        self._checklist: Checklist | None = None
        self._note = ""
        self._moves: tuple[Move, ...] = ()
        self._fixed: list[Problem] = []
        self._shown: Problem | None = None
        self._bar = PublishBar()
        self._bar.hide()
        self._bar.stepped.connect(self._step)
        self._bar.back.connect(lambda: self._ask(self._reopen))
        self._bar.closed.connect(self.end)
        editor.host.banners.addWidget(self._bar)
        editor.current_changed.connect(self._follow_tab)
        self._next = QTimer(self, singleShot=True, interval=FOLD_FIXED_MS)
        self._next.timeout.connect(lambda: self._step(0))

    async def begin(self, document: Document) -> None:
        """Ask about publishing a document; what was begun with another one ends."""
        if document is not self._document:
            self.end()
            self._document = document
            self._note, self._moves = "", ()
            document.problems_changed.connect(self._recheck)
            document.destroyed.connect(self._forget)
        await self._reopen()

    def end(self) -> None:
        """Nothing is being published any more; the note that was typed is kept for the same document until then."""
        self._bar.hide()
        self._next.stop()
        self._fixed, self._shown, self._checklist = [], None, None

    def _forget(self) -> None:
        self._document = None
        self.end()

    async def _reopen(self) -> None:
        document = self._document
        if document is None:
            return
        await document.saved("published")
        self._bar.hide()
        self._take(await self._checked(document))
        checklist = self._checklist
        assert checklist is not None
        asked = await PublishDialog(self._editor, document, checklist, note=self._note, moves=self._moves, fixed=tuple(self._fixed)).asked()
        self._note, self._moves, self._fixed = asked.note, asked.moves, []
        match asked.what:
            case "show":
                self._show(checklist.problems[asked.at])
            case "compare":
                self.end()
                self._compare(document)
            case "open":
                self.end()
                self._open_workflow(asked.workflow_id)
            case "publish":
                await self._publish(document, checklist)
            case "cancel":
                self.end()

    async def _checked(self, document: Document) -> Checklist:
        session = document.session
        found: Checklist = await session.call(session.services.publishing.checklist, document.workflow_id, document.definition)
        return found

    def _take(self, checklist: Checklist) -> None:
        """Remember what was fixed since the last look."""
        now = {_same(problem) for problem in checklist.problems}
        self._fixed = [problem for problem in self._fixed if _same(problem) not in now]
        if self._checklist is not None:
            self._fixed += [problem for problem in self._checklist.problems if _same(problem) not in now]
        self._checklist = checklist

    # The bar

    def _recheck(self) -> None:
        """Another look after every edit, while problems are shown."""
        if self._bar.isVisible() and self._document is not None:
            self._ask(self._look_again)

    async def _look_again(self) -> None:
        document = self._document
        if document is None or not self._bar.isVisible():
            return
        self._take(await self._checked(document))
        assert self._checklist is not None
        problems = self._checklist.problems
        if self._shown is None or not self._bar.isVisible():
            return
        found = next((at for at, problem in enumerate(problems) if _same(problem) == _same(self._shown)), None)
        if found is None:
            self._bar.show_fixed(left=len(problems))
            if problems:
                self._next.start()
        else:
            self._next.stop()
            self._shown = problems[found]
            self._bar.show_problem(problems[found], at=found, total=len(problems))

    def _show(self, problem: Problem) -> None:
        assert self._checklist is not None and self._document is not None
        self._reveal(self._document)
        self._shown = problem
        problems = self._checklist.problems
        self._bar.show_problem(problem, at=problems.index(problem), total=len(problems))
        self._bar.show()
        show_place(self._editor, problem)

    def _step(self, by: int) -> None:
        """Show the next problem, or with -1 the one before; 0: the first that is left after the shown one was fixed."""
        problems: Sequence[Problem] = self._checklist.problems if self._checklist is not None else ()
        if not problems:
            return
        at = next((at for at, problem in enumerate(problems) if self._shown is not None and _same(problem) == _same(self._shown)), None)
        if at is None:
            self._show(problems[0])
        elif by:
            self._show(problems[(at + by) % len(problems)])

    def _follow_tab(self) -> None:
        """The bar belongs to its document's tab."""
        if self._shown is not None and self._document is not None:
            self._bar.setVisible(self._editor.current is self._document)

    # Done

    async def _publish(self, document: Document, checklist: Checklist) -> None:
        moves = self._moves
        version = await document.publish(self._note, moves)
        self._note, self._moves = "", ()
        self.end()

        async def undo() -> None:
            back = tuple(replace(move, version=move.follower.version) for move in moves)
            again = await document.publish_again(checklist.latest, f"Back to v{checklist.latest}", back)
            notices_of(self._editor).show_done(f"v{checklist.latest} runs again, as v{again}. The draft is as it was.")

        run = (f"Run v{version}", lambda: self._ask(lambda: self._run(document, version)))
        said = f"“{document.name}” is published as version {version}."
        if checklist.latest:
            notices_of(self._editor).show_undo(said, lambda: self._ask(undo), also=run)
        else:
            notices_of(self._editor).show_undo(said, run[1], word=run[0])


def _same(problem: Problem) -> tuple[str, str | None, str]:
    """What makes two findings the same one: the sentence may have changed with the text that it names."""
    return problem.code, problem.id, problem.place

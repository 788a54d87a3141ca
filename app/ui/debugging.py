"""Breakpoints and runs that pause, for one editor: set and listed, found on the canvas, and how a paused run goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.domain.access import Permission, PermissionDenied
from app.domain.breakpoints import Command, Pause, When
from app.domain.errors import AppError
from app.domain.workflow import BlockGroup, Step
from app.ui.actions import Actions
from app.ui.breakpoint_book import BreakpointBook, Point
from app.ui.canvas.marks import PointState
from app.ui.canvas.view import CanvasView
from app.ui.document import Document
from app.ui.preferences import Preferences
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.text_dialog import TextDialog

if TYPE_CHECKING:
    from app.ui.editor_page import EditorPage

_ONE = "Select one step."
_CONDITION_WORDS = "An expression about the data there, such as size($.items) > 5. The run pauses only where it holds; empty: always."


class NotHere(AppError):
    """This is what a run executed; breakpoints are set in the workflow itself."""

    code = "editor.no_breakpoints_here"


class Debugging(QObject):
    """Each action acts on what is selected, or on the place where the shown run pauses."""

    def __init__(self, editor: EditorPage, actions: Actions, preferences: Preferences) -> None:
        super().__init__(editor)
        self._editor, self._actions, self._preferences = editor, actions, preferences
        self._tasks = Tasks(self, lambda error: show_error(editor, error))
        self._shown: set[tuple[str, str]] = set()
        self._answered: set[tuple[str, str]] = set()
        editor.selected.connect(self.follow)
        editor.current_changed.connect(self.follow)
        editor.inspector.results.pause.judged.connect(self.follow)
        editor.host.run_bar.clicked.connect(self.show_pause)
        for id, do in self._what():
            actions.bind(id, do)

    def _what(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        return (
            ("toggle-breakpoint", lambda: self._toggle("before")),
            ("toggle-breakpoint-after", lambda: self._toggle("after")),
            ("edit-breakpoint", lambda: self._tasks.start(self.edit_condition())),
            ("switch-breakpoint", self._switch),
            ("clear-breakpoints", self._clear),
            ("resume-run", lambda: self._tasks.start(self.answer("resume"))),
            ("step-over", lambda: self._tasks.start(self.answer("step"))),
            ("skip-step", lambda: self._tasks.start(self.answer("skip"))),
            ("step-into", lambda: self._tasks.start(self.answer("into"))),
        )

    def attach(self, view: CanvasView, document: Document) -> None:
        """Follow one more document. The breakpoints of a draft come back as they were left."""
        book = document.breakpoints
        if not document.is_snapshot:
            book.read(self._preferences.text(f"breakpoints/{document.workflow_id}"))
            book.changed.connect(lambda: self._keep(document.workflow_id, book))
        book.changed.connect(lambda: self._mark(view, document))
        book.changed.connect(self.follow)
        document.run_changed.connect(lambda: self._on_run(view, document))
        view.composer.marks.clicked.connect(lambda node, when: self._on_corner(document, node, when))
        self._mark(view, document)

    def follow(self) -> None:
        """Switch the actions to what can be done, or say why not."""
        document, element = self._editor.current, self._element
        why = "No workflow is open." if document is None else "" if element is not None else _ONE
        if document is not None and document.is_snapshot:
            why = "Breakpoints are set in the workflow itself, not in what a run executed."
        points = document.breakpoints.of(element.id) if document is not None and element is not None else ()
        none = why or ("" if points else "There is no breakpoint at this step.")
        for id, reason in (
            ("toggle-breakpoint", why),
            ("toggle-breakpoint-after", why),
            ("edit-breakpoint", why),
            ("switch-breakpoint", none),
            ("clear-breakpoints", "" if document is not None and document.breakpoints.points else "No breakpoints are set."),
        ):
            self._actions.enable(id, not reason, reason)
        off = bool(points) and not any(point.is_on for point in points)
        self._actions["switch-breakpoint"].setText("Switch breakpoint on" if off else "Switch breakpoint off")
        self._follow_pause(document)
        if document is not None:
            self._show_new(document)

    def _follow_pause(self, document: Document | None) -> None:
        pause = self._pause
        why = "" if pause is not None else "No run pauses here."
        if document is not None and pause is not None:
            actor = document.session.actor
            if not actor.may(Permission.RUN_RESUME):
                why = str(PermissionDenied(role=actor.role, permission=Permission.RUN_RESUME))
            else:
                why = self._editor.inspector.results.pause.why_not(pause)
        for id in ("resume-run", "step-over", "step-into"):
            self._actions.enable(id, not why, why)
        if pause is not None and pause.when == "after":
            why = why or "It has run already."
        self._actions.enable("skip-step", not why, why)

    async def answer(self, command: Command) -> None:
        """Let the run go on where it pauses, with the data as it stands in the inspector and the breakpoints that are set now."""
        document, pause = self._editor.current, self._pause
        if document is None or document.live is None or pause is None:
            return
        run_id, page = document.live.run.id, self._editor.inspector.results.pause
        if page.why_not(pause):
            return
        changed = page.changed_value(run_id, pause)
        self._answered.add((run_id, pause.path))
        self.follow()
        try:
            points = None if document.is_snapshot else document.breakpoints.for_run(document.model.graph)
            answer = document.session.services.runs.answer
            await document.session.call(answer, run_id, pause.path, command, changed, breakpoints=points)
        except Exception:
            self._answered.discard((run_id, pause.path))
            self.follow()
            raise
        finally:
            if document.live is not None:
                document.live.refresh()
        page.forget(run_id, pause.path)

    async def edit_condition(self) -> None:
        """Ask when the run is to pause at the selected step; where no breakpoint is set, that sets one."""
        document, element = self._editor.current, self._element
        if document is None or element is None:
            return
        points = document.breakpoints.of(element.id)
        point = points[0] if points else Point(element.id)
        moment = "before" if point.when == "before" else "after"
        dialog = TextDialog(
            self._editor, f"Pause {moment} “{element.name}” only when", point.condition, hint=_CONDITION_WORDS, name="condition-dialog"
        )
        text = await dialog.asked()
        if text is not None:
            document.breakpoints.put(replace(point, condition=text, is_on=True))

    def show_pause(self) -> None:
        """Select the place where the shown run pauses, and open its data."""
        document, pause = self._editor.current, self._pause
        if document is None or pause is None:
            return
        self._editor.select(pause.node)
        self._editor.inspector.show_tab("Input" if pause.when == "before" else "Output")

    def _toggle(self, when: When) -> None:
        if self._editor.current is not None and self._element is not None:
            self._editor.current.breakpoints.toggle(self._element.id, when)

    def _on_corner(self, document: Document, node: str, when: str) -> None:
        if document.is_snapshot:
            show_error(self._editor, NotHere())
        else:
            document.breakpoints.toggle(node, "after" if when == "after" else "before")

    def _switch(self) -> None:
        """All of the selected step on, if all are off; else all off."""
        if self._editor.current is None or self._element is None:
            return
        book = self._editor.current.breakpoints
        points = book.of(self._element.id)
        on = not any(point.is_on for point in points)
        for point in points:
            book.put(replace(point, is_on=on))

    def _clear(self) -> None:
        if self._editor.current is not None:
            book = self._editor.current.breakpoints
            book.remove([point.place for point in book.points])

    def _keep(self, workflow_id: str, book: BreakpointBook) -> None:
        self._preferences.set(f"breakpoints/{workflow_id}", book.text)

    def _on_run(self, view: CanvasView, document: Document) -> None:
        self._mark(view, document)
        if document is self._editor.current:
            self._show_new(document)

    def _show_new(self, document: Document) -> None:
        """A run that pauses is shown where it does, once, as soon as its document is looked at."""
        live = document.live
        if live is None:
            return
        for pause in live.open_pauses:
            key = live.run.id, pause.path
            if key not in self._shown:
                self._shown.add(key)
                self.show_pause()
                break

    def _mark(self, view: CanvasView, document: Document) -> None:
        """Octagons: where a breakpoint is set, and filled where the run pauses now."""
        marks: dict[When, dict[str, PointState]] = {"before": {}, "after": {}}
        for point in document.breakpoints.points:
            marks[point.when][point.node] = "set" if point.is_on else "off"
        for pause in document.live.open_pauses if document.live is not None else ():
            marks[pause.when][pause.node] = "hit"
        view.composer.marks.show(before=marks["before"], after=marks["after"])

    @property
    def _pause(self) -> Pause | None:
        """Where the shown run pauses: at what is selected, else the first place that has paused."""
        document = self._editor.current
        live = document.live if document is not None else None
        if live is None:
            return None
        waiting = [pause for pause in live.open_pauses if (live.run.id, pause.path) not in self._answered]
        selected = self._element
        return next((pause for pause in waiting if selected is not None and pause.node == selected.id), waiting[0] if waiting else None)

    @property
    def _element(self) -> Step | BlockGroup | None:
        document, view = self._editor.current, self._editor.view
        if document is None or view is None or len(ids := view.selected_ids()) != 1:
            return None
        graph = document.model.graph
        return graph.steps.get(ids[0]) or graph.groups.get(ids[0])

"""What finds things for the window: it binds the actions that look for something, and makes their parts when first asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.domain.access import Permission
from app.domain.runs import RunRow
from app.ui.prompts import sentence_of, show_error
from app.ui.shortcuts import kept_keys
from app.ui.tasks import Tasks

if TYPE_CHECKING:
    from app.domain.usage import Subject, SubjectKind, Use
    from app.domain.workflow import Graph
    from app.ui.finding.offers import Kind, Offer
    from app.ui.finding.palette import CommandPalette
    from app.ui.finding.uses_dialog import Ask
    from app.ui.main_window import MainWindow
    from app.ui.session import Session

RUNS_DELAY_MS, STEPS_DELAY_MS = 50, 80
_LIMIT = 500
_RUNS = 200
_FIRST = 5
_REMEMBERED = 20
_LAST_KEY = "palette/last"
_LARGE = 2000
_FOR_A_SELECTION = (
    "rename-element",
    "copy",
    "cut",
    "duplicate",
    "group-selection",
    "extract-subflow",
    "test-step",
    "run-to-here",
    "run-from-here",
    "pin-output",
    "toggle-breakpoint",
    "uses-of-step",
)
"""Actions that are about what is selected, in the order in which they are offered."""


class Finding(QObject):
    """Light to make; palette, bars and dialogs are imported when first opened."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._palette: CommandPalette | None = None
        self._tasks = Tasks(self, lambda error: show_error(window, error))
        self._later = QTimer(self, singleShot=True, interval=RUNS_DELAY_MS)
        self._later.timeout.connect(self._ask_runs)
        self._words_rest = QTimer(self, singleShot=True, interval=STEPS_DELAY_MS)
        self._words_rest.timeout.connect(self._ask_steps)
        self._own_steps: Sequence[Offer] = ()
        actions = window.actions_of_window
        actions.set_keys(kept_keys(window.preferences))
        actions.bind("command-palette", self.open_palette)
        actions.bind("cheat-sheet", self.open_cheat_sheet)
        actions.bind("uses-of-workflow", self.show_uses_of_workflow)
        actions.bind("change-keys", self.change_keys)

    @property
    def palette(self) -> CommandPalette:
        if self._palette is None:
            from app.ui.finding.palette import CommandPalette

            self._palette = CommandPalette(self._window)
            self._palette.chosen.connect(self._remember)
            self._palette.asked.connect(lambda _words: self._words_rest.start())
            for waiting in (self._later, self._words_rest):
                self._palette.closed.connect(waiting.stop)
        return self._palette

    def open_palette(self, kind: Kind | None = None) -> None:
        """Everything that is at hand at once; what must be asked for follows."""
        from app.ui.finding.offers import action_offers

        palette = self.palette
        if palette.isVisible():
            palette.put_away()
            return
        # Why an action is off is asked before the palette takes the focus.
        offers: dict[Kind, Sequence[Offer]] = {"action": action_offers(self._window.actions_of_window)}
        graph = self._graph()
        is_large = graph is not None and len(graph.steps) > _LARGE
        self._own_steps = self._steps(graph) if graph is not None and not is_large else ()
        offers["step"] = self._own_steps
        palette.open_with(offers, self._sections(offers), kind=kind)
        session = self._window.session
        if session is None:
            waiting: tuple[Kind, ...] = ("workflow", "run", "name")
            for each in waiting:
                palette.bring(each, (), note="The engine is still starting.")
            return
        if graph is not None and is_large:
            self._tasks.start(self._bring_steps(session, graph))
        self._tasks.start(self._bring_workflows(session))
        self._tasks.start(self._bring_names(session))
        self._later.start()

    def open_cheat_sheet(self) -> None:
        from app.ui.finding.cheat_sheet import CheatSheet

        self._tasks.start(CheatSheet(self._window, self._window.actions_of_window, self.change_keys).answered())

    def change_keys(self) -> None:
        from app.ui.finding.keys_dialog import KeysDialog

        self._tasks.start(KeysDialog(self._window, self._window.actions_of_window, self._window.preferences).answered())

    # Where something is used

    def show_uses(self, subject: Subject, called: str) -> None:
        """A list of what uses it."""
        session = self._window.session
        if session is None:
            return
        use_case = session.services.finding.uses
        self.open_uses(called, lambda: session.call(use_case, subject))

    def show_uses_of_workflow(self) -> None:
        """Of the workflow that is shown, or of the row in the list."""
        from app.domain.usage import Subject

        found = self._window.workflow_at_hand()
        if found is None:
            self._window.notices.show_error("Choose a workflow first: open one, or go to a row of the list.")
        else:
            self.show_uses(Subject("workflow", found[0]), found[1])

    def open_uses(self, called: str, ask: Ask, *, nothing: str = "No workflow uses it.") -> None:
        from app.ui.finding.uses_dialog import UsesDialog

        assert self._window.session is not None
        dialog = UsesDialog(self._window, called, ask, self._window.session.catalog, nothing=nothing)
        dialog.chosen.connect(lambda use: self._tasks.start(self._go_to_use(use)))
        self._tasks.start(dialog.answered())

    async def _go_to_use(self, use: Use) -> None:
        document = await self._window.workbench.opened(use.workflow_id)
        if document.model.graph.element(use.id) is not None:
            self._show_step(use.id)
        else:
            self._window.notices.show_error(f"“{use.name}” is only in version {use.version}; the draft has it no more.")

    # What is offered

    def _graph(self) -> Graph | None:
        document = self._window.editor.current
        return document.model.graph if document is not None else None

    def _steps(self, graph: Graph) -> Sequence[Offer]:
        from app.ui.finding.offers import step_offers

        document = self._window.editor.current
        assert document is not None
        return step_offers(graph, document.session.catalog, self._go_to_step, self._show_step)

    def _sections(self, offers: dict[Kind, Sequence[Offer]]) -> list[tuple[str, Sequence[Offer]]]:
        """What stands there before a letter is typed: what fits the selection, and what was used last."""
        known = {offer.key: offer for some in offers.values() for offer in some}
        view = self._window.editor.view
        fitting: list[Offer] = []
        if view is not None and view.isVisible() and view.selected_ids():
            fitting = [known[key] for id in _FOR_A_SELECTION if (key := f"action:{id}") in known and not known[key].off][:_FIRST]
        last = [offer for key, title in self._last() if (offer := known.get(key) or self._again(key, title)) is not None][:_FIRST]
        first = [offer for offer in offers["action"] if not offer.off and offer.keys and offer not in last][: _FIRST - len(last)]
        return [("For the selection", fitting), ("Last used", last), ("Actions", first)]

    def _again(self, key: str, title: str) -> Offer | None:
        """A workflow that was opened before, as far as its name tells; it need not be asked for to be opened again."""
        from app.ui.finding.offers import Offer

        kind, _, id = key.partition(":")
        if kind != "workflow":
            return None
        return Offer("workflow", key, title, lambda: self._window.open_workflow(id), "workflow", "workflow", "category.trigger")

    async def _bring_steps(self, session: Session, graph: Graph) -> None:
        import asyncio

        self._own_steps = await session.bridge.call(asyncio.to_thread(self._steps, graph))
        self.palette.bring("step", self._own_steps)

    def _ask_steps(self) -> None:
        """What was typed stands still: steps of other workflows may be meant."""
        session, words = self._window.session, self.palette.words.strip()
        if session is not None and self.palette.isVisible() and len(words) > 1 and self.palette.kind in (None, "step"):
            self._tasks.start(self._bring_other_steps(session, words))

    async def _bring_other_steps(self, session: Session, words: str) -> None:
        from app.ui.finding.offers import hit_offers

        document = self._window.editor.current
        try:
            hits = await session.call(session.services.finding.steps, words, but=document.workflow_id if document is not None else "")
        except Exception as error:
            self.palette.bring("step", self._own_steps, note=sentence_of(error))
            return
        if words == self.palette.words.strip():
            self.palette.bring("step", [*self._own_steps, *hit_offers(hits, session.catalog, self._go_to_other)])

    def _go_to_other(self, workflow_id: str, step_id: str) -> None:
        async def go() -> None:
            await self._window.workbench.opened(workflow_id)
            self._show_step(step_id)

        self._tasks.start(go())

    async def _bring_workflows(self, session: Session) -> None:
        from app.ui.finding.offers import workflow_offers

        try:
            rows = await session.call(session.services.workflows.list, limit=_LIMIT, offset=0)
        except Exception as error:
            self.palette.bring("workflow", (), note=sentence_of(error))
            return
        opened = frozenset(document.workflow_id for document in self._window.editor.documents if not document.is_snapshot)
        self.palette.bring("workflow", workflow_offers(rows, opened, self._window.open_workflow))

    def _ask_runs(self) -> None:
        session = self._window.session
        if session is not None and self.palette.isVisible():
            self._tasks.start(self._bring_runs(session))

    async def _bring_runs(self, session: Session) -> None:
        from app.ui.finding.offers import run_offers

        try:
            rows = await session.call(session.services.runs.list, limit=_RUNS, offset=0)
        except Exception as error:
            self.palette.bring("run", (), note=sentence_of(error))
            return
        self.palette.bring("run", run_offers(rows, self._open_run))

    async def _bring_names(self, session: Session) -> None:
        """Secrets for those who may manage them, and the adapters there are."""
        from app.domain.usage import Subject
        from app.ui.finding.offers import name_offers

        secrets: list[str] = []
        if session.actor.may(Permission.SECRET_WRITE):
            try:
                secrets = [row.name for row in await session.call(session.services.credentials.list)]
            except Exception as error:
                self.palette.bring("name", (), note=sentence_of(error))
                return
        adapters = [(adapter.id, adapter.title, adapter.icon, adapter.category) for adapter in session.catalog.adapters.values()]

        def show(kind: SubjectKind, id: str) -> None:
            self.show_uses(Subject(kind, id), id)

        self.palette.bring("name", name_offers(sorted(secrets), adapters, show))

    # What choosing does

    def _open_run(self, row: RunRow) -> None:
        self._window.ask(lambda: self._window.workbench.open_run(row))

    def _go_to_step(self, id: str) -> None:
        self._show_step(id)
        self._window.editor.inspector.focus_first_field()

    def _show_step(self, id: str) -> None:
        self._window.go("editor")
        if (view := self._window.editor.view) is not None:
            from app.ui.canvas.reveal import reveal

            reveal(view, id)

    # What was used last

    def _last(self) -> list[tuple[str, str]]:
        """(key, title), the last first."""
        from app.domain.json_value import JsonRejected, loads

        try:
            kept = loads(self._window.preferences.text(_LAST_KEY, "[]"))
        except JsonRejected:
            return []
        pairs = [pair for pair in kept if isinstance(pair, list) and len(pair) == 2] if isinstance(kept, list) else []
        return [(str(key), str(title)) for key, title in pairs]

    def _remember(self, offer: Offer) -> None:
        from app.domain.json_value import Json, dumps

        last = [(offer.key, offer.title), *(pair for pair in self._last() if pair[0] != offer.key)][:_REMEMBERED]
        kept: list[Json] = [[key, title] for key, title in last]
        self._window.preferences.set(_LAST_KEY, dumps(kept))

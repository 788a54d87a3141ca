"""Tidy up: the layout of what is shown, worked out beside the window when it is large, and shown as a movement."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.domain.edits import Batch
from app.domain.errors import EditRefused
from app.domain.layout.arranging import arranged
from app.ui.actions import Actions
from app.ui.canvas.view import CanvasView
from app.ui.progress import Counter, Stopped, shown_progress
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.widgets.notices import notices_of

if TYPE_CHECKING:
    from app.ui.editor_page import EditorPage
    from app.ui.session import Session

# Up to so many nodes the layout is quicker than a blink and is done at once.
AT_ONCE = 250
TIDY = "Everything stands where it should."
CHANGED = "The workflow was changed meanwhile. Tidy it up again."


class Tidying(QObject):
    """The auto-layout action of one editor page: of the selection, or of everything."""

    def __init__(self, page: EditorPage, actions: Actions) -> None:
        super().__init__(page)
        self._page = page
        self._tasks = Tasks(self, lambda error: show_error(page, error))
        actions.bind("auto-layout", lambda: self._tasks.start(self.tidy()))

    async def tidy(self) -> None:
        view, document = self._page.view, self._page.current
        if view is None or document is None or not view.editable or not self._tasks.are_alone:
            return
        graph = view.graph
        ids = tuple(key for key in view.selected_ids() if key in graph.steps or key in graph.groups)
        if len(ids) == 1 and ids[0] in graph.steps:
            ids = ()  # one step alone has nothing to be arranged with
        arrange = partial(arranged, graph, view.catalog, ids, folded=view.folding.folded)
        count = len(graph.steps) + len(graph.groups)
        if count <= AT_ONCE:
            self._show(view, arrange())
            return
        counter = Counter(count)
        try:
            edit = await shown_progress(self._page, "Tidying up…", counter, _beside(document.session, partial(arrange, tick=counter)))
        except Stopped:
            return
        if view.graph is not graph:
            raise EditRefused(CHANGED)
        self._show(view, edit)

    def _show(self, view: CanvasView, edit: Batch | None) -> None:
        if edit is None:
            notices_of(self._page).show_done(TIDY)
            return
        before = view.gliding.places()
        if view.change(edit):
            view.gliding.start(before)


async def _beside(session: Session, work: partial[Batch | None]) -> Batch | None:
    """Off the window's thread, through the one door there is, and off the engine's loop too."""

    async def run() -> Batch | None:
        return await asyncio.to_thread(work)

    return await session.bridge.call(run())

"""What finds and names things in the workflow that the editor shows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.ui.actions import Actions
    from app.ui.editor_page import EditorPage
    from app.ui.finding.find_bar import FindBar
    from app.ui.finding.finding import Finding


class InEditor(QObject):
    """Binds the editor's finding actions, and says why they are off."""

    def __init__(self, editor: EditorPage, actions: Actions, finding: Finding) -> None:
        super().__init__(editor)
        self._editor, self._actions, self._finding = editor, actions, finding
        self._bar: FindBar | None = None
        actions.bind("find-in-workflow", self.find)
        actions.bind("replace-in-workflow", self.replace)
        actions.bind("find-next", lambda: self.bar.go(1))
        actions.bind("find-previous", lambda: self.bar.go(-1))
        actions.bind("rename-element", self._rename)
        actions.bind("uses-of-step", self._show_mentions)
        editor.current_changed.connect(self.follow)
        editor.selected.connect(self.follow)
        self.follow()

    @property
    def bar(self) -> FindBar:
        if self._bar is None:
            from app.ui.finding.find_bar import FindBar

            self._bar = FindBar(self._editor.host)
            self._bar.found_changed.connect(self._follow_bar)
            self._bar.closed.connect(self._follow_bar)
            self._bar.follow(self._editor.current, self._editor.view)
        return self._bar

    def find(self) -> None:
        self.bar.open()

    def replace(self) -> None:
        self.bar.open()
        self.bar.unfold.setChecked(True)

    def follow(self) -> None:
        view = self._editor.view
        if self._bar is not None:
            if view is None:
                self._bar.put_away()
            self._bar.follow(self._editor.current, view)
        nothing = "" if view is not None else "No workflow is open."
        for name in ("find-in-workflow", "replace-in-workflow"):
            self._actions.enable(name, not nothing, nothing)
        self._follow_bar()
        selected = view.selected_ids() if view is not None else ()
        why = ""
        if view is None:
            why = "No workflow is open."
        elif not view.editable:
            why = "This is what a run executed and stays as it was."
        elif len(selected) != 1 or not (selected[0] in view.graph.steps or selected[0] in view.graph.groups):
            why = "Select one step or group."
        an_edge = view is not None and view.editable and len(selected) == 1 and selected[0] in view.graph.edges
        self._actions.enable("rename-element", not why or an_edge, why)
        one = why if view is None or view.editable else ""
        self._actions.enable("uses-of-step", not one, one)

    def _rename(self) -> None:
        from app.ui.canvas.condition_field import edit_condition
        from app.ui.canvas.rename_field import rename_selected

        view = self._editor.view
        if view is not None and rename_selected(view) is None and len(view.selected_ids()) == 1:
            edit_condition(view, view.selected_ids()[0])

    def _follow_bar(self) -> None:
        has_hits = self._bar is not None and bool(self._bar.found.hits)
        why = "" if has_hits else "Nothing was found yet; look for something first."
        for name in ("find-next", "find-previous"):
            self._actions.enable(name, has_hits, why)

    def _show_mentions(self) -> None:
        """The expressions that name the selected step."""
        from app.domain.usage import Use, mentions_of
        from app.domain.workflow_texts import title_of

        document, view = self._editor.current, self._editor.view
        if document is None or view is None or len(view.selected_ids()) != 1:
            return
        id = view.selected_ids()[0]
        graph, catalog = document.model.graph, document.session.catalog

        def found() -> list[Use]:
            return [
                Use(
                    "step",
                    place.id,
                    title_of(graph, place.id),
                    document.workflow_id,
                    document.name,
                    graph.steps[place.id].type if place.id in graph.steps else "",
                    place.place,
                    in_draft=True,
                )
                for place in mentions_of(graph, catalog, id)
            ]

        async def ask() -> list[Use]:
            return await document.session.bridge.call(asyncio.to_thread(found))

        self._finding.open_uses(title_of(graph, id), ask, nothing="No expression of this workflow names it.")

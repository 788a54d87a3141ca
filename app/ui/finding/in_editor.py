"""What finds and names things in the workflow that the editor shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.ui.actions import Actions
    from app.ui.editor_page import EditorPage
    from app.ui.finding.find_bar import FindBar


class InEditor(QObject):
    """Binds the editor's finding actions, and says why they are off."""

    def __init__(self, editor: EditorPage, actions: Actions) -> None:
        super().__init__(editor)
        self._editor, self._actions = editor, actions
        self._bar: FindBar | None = None
        actions.bind("find-in-workflow", self.find)
        actions.bind("replace-in-workflow", self.replace)
        actions.bind("find-next", lambda: self.bar.go(1))
        actions.bind("find-previous", lambda: self.bar.go(-1))
        actions.bind("rename-element", self._rename)
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
        self._actions.enable("rename-element", not why, why)

    def _rename(self) -> None:
        from app.ui.canvas.rename_field import rename_selected

        if self._editor.view is not None:
            rename_selected(self._editor.view)

    def _follow_bar(self) -> None:
        has_hits = self._bar is not None and bool(self._bar.found.hits)
        why = "" if has_hits else "Nothing was found yet; look for something first."
        for name in ("find-next", "find-previous"):
            self._actions.enable(name, has_hits, why)

"""What finds and names things in the workflow that the editor shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.ui.actions import Actions
    from app.ui.editor_page import EditorPage


class InEditor(QObject):
    """Binds the editor's finding actions, and says why they are off."""

    def __init__(self, editor: EditorPage, actions: Actions) -> None:
        super().__init__(editor)
        self._editor, self._actions = editor, actions
        actions.bind("rename-element", self._rename)
        editor.current_changed.connect(self.follow)
        editor.selected.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        view = self._editor.view
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

"""What the editor offers on its canvas beside steps and wires: groups, layout, notes, pictures, breakpoints, and the menu with them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.domain.edits import GraphEdit
from app.domain.reshaping import with_new_room
from app.ui.actions import Actions
from app.ui.canvas.view import CanvasView
from app.ui.canvas_menu import CanvasMenu, open_menu
from app.ui.debugging import Debugging
from app.ui.grouping import Grouping
from app.ui.note_actions import NoteActions
from app.ui.picture_export import PictureExport
from app.ui.preferences import Preferences
from app.ui.tidying import Tidying

if TYPE_CHECKING:
    from app.ui.document import Document
    from app.ui.editor_page import EditorPage


class CanvasWork(QObject):
    """One of each for an editor page; the page says which view was opened, and when the selection or the view is another."""

    def __init__(self, page: EditorPage, actions: Actions, preferences: Preferences) -> None:
        super().__init__(page)
        self._page, self._actions = page, actions
        self.grouping = Grouping(page, actions, preferences)
        self.notes = NoteActions(page, actions)
        self.tidying = Tidying(page, actions)
        self.pictures = PictureExport(page, actions)
        page.inspector.prepare = self._with_new_room
        page.inspector.header.menu_asked.connect(lambda corner: open_menu(actions, page.inspector, corner))
        self.debugging = Debugging(page, actions, preferences)

    def attach(self, view: CanvasView, document: Document) -> None:
        self.grouping.attach(view, document)
        self.notes.attach(view)
        self.debugging.attach(view, document)
        CanvasMenu(view, self._actions)

    def follow(self) -> None:
        self.grouping.follow()
        self.notes.follow()

    def _with_new_room(self, edit: GraphEdit) -> GraphEdit:
        view = self._page.view
        return with_new_room(view.graph, view.catalog, edit, view.folding.folded) if view is not None else edit

"""What a person does to notes in the editor: make, write, colour; and links in them, which are opened only after a question."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.actions import Actions
from app.ui.canvas.look import NOTE_COLOURS
from app.ui.canvas.note_field import add_note, colour_edit, edit_note, new_note
from app.ui.canvas.note_item import link_at
from app.ui.canvas.view import CanvasView
from app.ui.markdown import ask_to_open

if TYPE_CHECKING:
    from app.ui.editor_page import EditorPage


class NoteActions(QObject):
    """Binds the note actions of one editor page to the canvas that it shows."""

    def __init__(self, page: EditorPage, actions: Actions) -> None:
        super().__init__(page)
        self._page, self._actions = page, actions
        actions.bind("add-note", self._add)
        actions.bind("edit-note", self._edit)
        for colour in NOTE_COLOURS:
            actions.bind(f"note-{colour}", partial(self._colour, colour))
        self.follow()

    def attach(self, view: CanvasView) -> None:
        Links(view)

    def follow(self) -> None:
        """The actions are on for what is selected; those that are off say why."""
        view = self._page.view
        editable = view is not None and view.editable
        notes = self._notes()
        fixed = "No workflow is open." if view is None else "This cannot be changed here."
        why = "Select a note first." if editable else fixed
        self._actions.enable("add-note", editable, fixed)
        self._actions.enable("edit-note", editable and len(notes) == 1, why)
        for colour in NOTE_COLOURS:
            self._actions.enable(f"note-{colour}", editable and bool(notes), why)

    def write(self, id: str) -> bool:
        """Begin to write a note; false when this is none."""
        view = self._page.view
        if view is None or id not in view.graph.notes:
            return False
        edit_note(view, id)
        return True

    def _notes(self) -> tuple[str, ...]:
        view = self._page.view
        return tuple(id for id in view.selected_ids() if id in view.graph.notes) if view is not None else ()

    def _add(self) -> None:
        view = self._page.view
        if view is not None:
            at = view.camera.to_world(view.aim if view.aim is not None else QRectF(view.rect()).center())
            add_note(view, new_note((at.x(), at.y())))

    def _edit(self) -> None:
        for id in self._notes()[:1]:
            self.write(id)

    def _colour(self, colour: str) -> None:
        view = self._page.view
        if view is not None and view.editable and (edit := colour_edit(view.graph, self._notes(), colour)) is not None:
            view.change(edit)


class Links(QObject):
    """A click on a link of a note that is selected already asks whether to open it; any other click only selects."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._pressed: tuple[QPointF, str] | None = None
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._view and isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonPress:
                self._pressed = event.position(), self._link(event.position())
            elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed is not None:
                (place, address), self._pressed = self._pressed, None
                if address and (event.position() - place).manhattanLength() < 3:
                    ask_to_open(self._view, QUrl(address))
        return False

    def _link(self, at: QPointF) -> str:
        view = self._view
        hit = view.hit(at)
        if hit.kind != "note" or hit.part != "body" or hit.id is None or view.selected_ids() != (hit.id,):
            return ""
        note = view.graph.notes[hit.id]
        inside = view.camera.to_world(at) - QPointF(note.position.x, note.position.y)
        return link_at(note.text, (note.size.width, note.size.height), inside, view.scene.pictures.look)


def colour_menu(actions: Actions, parent: QWidget) -> QMenu:
    menu = QMenu("Colour", parent)
    menu.setObjectName("note-colour-menu")
    for colour in NOTE_COLOURS:
        menu.addAction(actions[f"note-{colour}"])
    return menu

"""The menu of the right mouse button, or the menu key, on a canvas: what fits there of the registry's actions.

A section is a row of action ids; an action that is off is left out, and so is a section without any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.actions import Actions
from app.ui.canvas.view import CanvasView
from app.ui.grouping import group_menu
from app.ui.note_actions import colour_menu

SECTIONS: tuple[tuple[str, ...], ...] = (
    ("edit-condition", "reset-route"),
    ("add-step-after", "connect-selected"),
    ("test-step", "test-step-with-input", "run-to-here", "run-from-here"),
    ("pin-output", "edit-pin"),
    ("toggle-breakpoint", "toggle-breakpoint-after", "edit-breakpoint", "switch-breakpoint"),
    ("edit-note", "note-colour"),
    ("open-subflow", "expand-subflow", "extract-subflow"),
    ("group-selection", "group-as", "ungroup", "retype", "toggle-fold", "select-around", "select-inside"),
    ("cut", "copy", "paste", "paste-with-wires", "duplicate"),
    ("delete-selection", "delete-and-leave-gap"),
    ("select-upstream", "select-downstream"),
    ("auto-layout", "copy-picture"),
)
"""For what is selected."""
ON_NOTHING: tuple[tuple[str, ...], ...] = (
    ("add-step", "add-note"),
    ("paste", "paste-with-wires", "select-all"),
    ("auto-layout", "fold-all", "open-all"),
    ("zoom-fit", "copy-picture", "export-picture"),
)
SUBMENUS: dict[str, Callable[[Actions, QWidget], QMenu]] = {
    "group-as": group_menu,
    "note-colour": colour_menu,
    "retype": lambda actions, parent: group_menu(actions, parent, prefix="retype", title="Turn into"),
}


class CanvasMenu(QObject):
    """Opens the menu over a view. What is under the pointer is selected first, unless it is part of the selection."""

    def __init__(self, view: CanvasView, actions: Actions) -> None:
        super().__init__(view)
        self._view, self._actions = view, actions
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._view or not isinstance(event, QContextMenuEvent):
            return False
        self._open(event)
        return True

    def _open(self, event: QContextMenuEvent) -> None:
        view = self._view
        if view.gesture is not None:
            return
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            selected = next((view.node_rect(key) for key in view.selected_ids() if not view.node_rect(key).isEmpty()), None)
            place = view.mapToGlobal((selected.bottomLeft() if selected is not None else QPointF(24, 24)).toPoint())
        else:
            hit = view.hit(event.pos())
            if hit.id not in view.selected_ids():
                view.select((hit.id,) if hit.id is not None else ())
        open_menu(self._actions, view, place, SECTIONS if view.selected_ids() else ON_NOTHING)


def open_menu(actions: Actions, parent: QWidget, corner: QPoint, sections: Sequence[Sequence[str]] = SECTIONS) -> None:
    """Everything that fits what is selected, at a point of the screen."""
    menu = made_menu(actions, sections, parent)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(corner)


def made_menu(actions: Actions, sections: Sequence[Sequence[str]], parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setObjectName("canvas-menu")
    for section in sections:
        before = len(menu.actions())
        for name in section:
            if name in SUBMENUS:
                submenu = SUBMENUS[name](actions, menu)
                if any(action.isEnabled() for action in submenu.actions()):
                    menu.addMenu(submenu)
            elif actions[name].isEnabled():
                menu.addAction(actions[name])
        if len(menu.actions()) > before and before:
            menu.insertSeparator(menu.actions()[before])
    return menu

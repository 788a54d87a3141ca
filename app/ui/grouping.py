"""What a person does to block groups in the editor: make, dissolve, turn into another type, fold; and what stays folded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.errors import EditRefused
from app.domain.regrouping import group_edit, retyping, roots_of, ungroup_edit
from app.ui.actions import Actions
from app.ui.canvas.view import CanvasView
from app.ui.preferences import Preferences
from app.ui.prompts import confirm, show_error
from app.ui.tasks import Tasks

if TYPE_CHECKING:
    from app.ui.document import Document
    from app.ui.editor_page import EditorPage

TYPES = ("parallel", "try_catch", "if_else", "switch_case", "foreach", "while")
FIRST_TYPE = "foreach"
_LAST_TYPE = "groups/last-type"


class Grouping(QObject):
    """Binds the group actions of one editor page to the canvas that it shows."""

    def __init__(self, page: EditorPage, actions: Actions, preferences: Preferences) -> None:
        super().__init__(page)
        self._page, self._actions, self._preferences = page, actions, preferences
        self._tasks = Tasks(self, lambda error: show_error(page, error))
        self._seen: object = None
        actions.bind("group-selection", lambda: self.group(self.last_type))
        actions.bind("ungroup", self.ungroup)
        actions.bind("toggle-fold", self.fold_selected)
        actions.bind("select-around", self.select_around)
        actions.bind("select-inside", self.select_inside)
        actions.bind("fold-all", lambda: self._fold(fold=True))
        actions.bind("open-all", lambda: self._fold(fold=False))
        for type in TYPES:
            actions.bind(f"group-as-{type}", partial(self.group, type))
            actions.bind(f"retype-{type}", partial(self._ask_to_retype, type))
        self.follow()

    @property
    def last_type(self) -> str:
        """The type that Ctrl+G makes: the one that was made last."""
        kept = self._preferences.text(_LAST_TYPE, FIRST_TYPE)
        return kept if kept in TYPES else FIRST_TYPE

    def attach(self, view: CanvasView, document: Document) -> None:
        """A document was opened in this view: fold what was folded when it was left, and remember what is folded from now on."""
        key = f"folded/{document.workflow_id}"
        view.folding.show(filter(None, self._preferences.text(key).split(",")))
        if not document.is_snapshot:
            view.folding.changed.connect(lambda: self._preferences.set(key, ",".join(sorted(view.folding.folded))))
        view.graph_changed.connect(self.follow)

    def follow(self) -> None:
        """The actions are on for what is selected; those that are off say why."""
        view = self._page.view
        ids = view.selected_ids() if view is not None else ()
        graph = view.graph if view is not None else None
        seen = view, graph, ids, view is not None and view.editable, self.last_type
        if seen == self._seen:
            return  # a run's news come many times a second
        self._seen = seen
        editable = view is not None and view.editable
        nodes = roots_of(graph, ids) if graph is not None else ()
        groups = [key for key in nodes if graph is not None and key in graph.groups]
        enable = self._actions.enable
        why = "Select steps or groups first." if editable else "This cannot be changed here."
        for name in ("group-selection", *(f"group-as-{type}" for type in TYPES)):
            enable(name, editable and bool(nodes), why)
        enable("ungroup", editable and bool(groups), "Select a group first.")
        enable("toggle-fold", bool(groups), "Select a group first.")
        enable("select-inside", bool(groups), "Select a group first.")
        held = graph is not None and any(graph.parent_of(key)[0] is not None for key in nodes)
        enable("select-around", held, "Select something that stands in a group.")
        one = graph.groups[groups[0]] if graph is not None and len(groups) == len(ids) == 1 else None
        for type in TYPES:
            same = one is not None and one.type == type
            enable(f"retype-{type}", editable and one is not None and not same, "It is one already." if same else "Select one group first.")
        enable("auto-layout", editable and graph is not None and bool(graph.steps), "There is nothing to lay out.")
        for name in ("export-picture", "copy-picture"):
            enable(name, graph is not None and bool(graph.steps or graph.groups or graph.notes), "There is nothing on the canvas.")
        for name in ("fold-all", "open-all"):
            enable(name, graph is not None and bool(graph.groups), "There are no groups here.")
        title = next((text for type, text in self._titles() if type == self.last_type), "")
        self._actions["group-selection"].setToolTip(f"Group: {title}")

    def group(self, type: str) -> None:
        """Put a group of this type around the selection, and select it."""
        view = self._page.view
        if view is None or not view.editable:
            return
        new_id = str(uuid4())
        try:
            edit = group_edit(view.graph, view.catalog, view.selected_ids(), type, new_id=new_id, folded=view.folding.folded)
        except EditRefused as refusal:
            view.refused.emit(str(refusal))
            return
        self._preferences.set(_LAST_TYPE, type)
        if view.change(edit):
            view.select((new_id,))
            view.ensure_visible(new_id)

    def ungroup(self) -> None:
        """Take the selected groups away, and select what stood in them."""
        view = self._page.view
        if view is None or not view.editable:
            return
        ids = view.selected_ids()
        inside = [child for key in ids if key in view.graph.groups for child in view.graph.children_of(key)]
        others = [key for key in ids if key not in view.graph.groups]
        try:
            edit = ungroup_edit(view.graph, ids)
        except EditRefused as refusal:
            view.refused.emit(str(refusal))
            return
        if view.change(edit):
            view.select((*others, *inside))

    async def retype(self, group_id: str, type: str) -> None:
        """Turn a group into another type; what that loses is said and asked first."""
        view = self._page.view
        if view is None or not view.editable or group_id not in view.graph.groups:
            return
        group = view.graph.groups[group_id]
        found = retyping(view.graph, view.catalog, group_id, type, folded=view.folding.folded)
        title = view.catalog.groups[type].title
        if found.losses:
            question = f"Turn “{group.name}” into {title}?"
            if not await confirm(self._page, question, "\n".join(f"• {loss}" for loss in found.losses), yes="Turn it", dangerous=False):
                return
            if view.graph.groups.get(group_id) != group:  # something changed it while the question stood
                return
        view.change(found.edit)

    def select_around(self) -> None:
        """From what is selected outward: the keyboard's way to a group."""
        view = self._page.view
        around = [view.graph.parent_of(key)[0] for key in roots_of(view.graph, view.selected_ids())] if view is not None else []
        found = dict.fromkeys(key for key in around if key is not None)
        if view is not None and found:
            view.select(found)
            view.ensure_visible(next(iter(found)))

    def select_inside(self) -> None:
        """From a group inward, from the top left on; a folded one opens."""
        view = self._page.view
        if view is None:
            return
        groups = [key for key in view.selected_ids() if key in view.graph.groups]
        for key in groups:
            if key in view.folding.folded:
                view.folding.toggle(key)
        inside = [child for key in groups for child in view.graph.children_of(key)]
        if inside:
            boxes = view.scene.geometry.boxes
            inside.sort(key=lambda key: tuple(boxes.rect[boxes.slot[key], 1::-1].tolist()))
            view.select(inside)
            view.ensure_visible(inside[0])

    def fold_selected(self) -> None:
        view = self._page.view
        if view is not None:
            for key in roots_of(view.graph, view.selected_ids()):
                if key in view.graph.groups:
                    view.folding.toggle(key)

    def _fold(self, *, fold: bool) -> None:
        view = self._page.view
        if view is None:
            return
        if fold:
            view.folding.show(view.graph.groups)
            return
        for key in view.graph.groups:  # outer before inner, so that each makes room for itself
            if key in view.folding.folded:
                view.folding.toggle(key)

    def _ask_to_retype(self, type: str) -> None:
        view = self._page.view
        group_id = next((key for key in view.selected_ids() if key in view.graph.groups), None) if view is not None else None
        if group_id is not None:
            self._tasks.start(self.retype(group_id, type))

    def _titles(self) -> list[tuple[str, str]]:
        view = self._page.view
        return [(type, view.catalog.groups[type].title) for type in TYPES if view is not None and type in view.catalog.groups]


def group_menu(actions: Actions, parent: QWidget, *, prefix: str = "group-as", title: str = "Group as") -> QMenu:
    """All six types: to put around the selection, or (`retype`) for a group to become."""
    menu = QMenu(title, parent)
    menu.setObjectName(f"{prefix}-menu")
    for type in TYPES:
        menu.addAction(actions[f"{prefix}-{type}"])
    return menu

"""What a person does with what is selected in the editor: copy and paste, delete, line up, find what it leads to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import QObject

from app.domain.alignment import Side, Way
from app.domain.errors import AppError
from app.domain.routes import route_edit, routes_in
from app.ui.actions import Actions
from app.ui.canvas.along_wires import NOT_TWO, connect_selected
from app.ui.canvas.condition_field import edit_condition
from app.ui.canvas.lining_up import align, distribute, movable
from app.ui.canvas.view import CanvasView
from app.ui.prompts import show_error
from app.ui.tasks import Tasks

if TYPE_CHECKING:
    from app.ui.document import Document
    from app.ui.editor_page import EditorPage

SIDES: tuple[Side, ...] = get_args(Side)
WAYS: tuple[Way, ...] = get_args(Way)
MANY = 100


class SelectionActions(QObject):
    """Binds the actions of one editor page to the canvas that it shows."""

    def __init__(self, page: EditorPage, actions: Actions) -> None:
        super().__init__(page)
        self._page, self._actions = page, actions
        self._tasks = Tasks(self, lambda error: show_error(page, error))
        actions.install("canvas", page.host)
        self._bind("add-step", lambda view: view.adding.open_at_cursor())
        self._bind("add-step-after", lambda view: view.adding.open_after(movable(view)[0]))
        self._bind("connect-selected", connect_selected)
        self._bind("copy", lambda view: view.clipboard.copy())
        self._bind("cut", lambda view: view.clipboard.cut())
        self._bind("paste", lambda view: view.clipboard.paste())
        self._bind("paste-with-wires", lambda view: view.clipboard.paste(with_outside=True))
        self._bind("duplicate", lambda view: view.clipboard.duplicate())
        self._bind("delete-selection", lambda view: view.delete_selected())
        self._bind("delete-and-leave-gap", lambda view: view.delete_selected(heal=False))
        self._bind("edit-condition", lambda view: edit_condition(view, view.selected_ids()[0]))
        self._bind("reset-route", lambda view: view.change(route_edit(view.graph, view.selected_ids()[0], None)))
        self._bind("select-all", lambda view: view.select_all())
        self._bind("select-upstream", lambda view: _select_along(view, backward=True))
        self._bind("select-downstream", lambda view: _select_along(view, backward=False))
        for side in SIDES:
            self._bind(f"align-{side}", partial(align, side=side))
        for way in WAYS:
            self._bind(f"distribute-{way}", partial(distribute, way=way))
        self.follow()

    def attach(self, view: CanvasView, document: Document) -> None:
        """A document was opened in this view: its actions follow it, and large parts are prepared on the engine thread."""

        async def off_thread(work: Callable[[], Any]) -> Any:
            async def there() -> Any:
                return work()

            return await document.session.bridge.call(there())

        view.clipboard.off_thread = off_thread
        view.clipboard.start = self._tasks.start
        document.model.changed.connect(lambda _change: self.follow())
        if not document.is_snapshot:
            self._tasks.start(_learn_habits(view, document))

    def follow(self) -> None:
        """The actions are on for what is selected; those that are off say why."""
        view = self._page.view
        enable, editable = self._actions.enable, view is not None and view.editable
        ids = view.selected_ids() if view is not None else ()
        # Of a large selection only that it is large is asked: this is called with every change.
        number = 0 if view is None else len(movable(view)) if len(ids) <= MANY else MANY
        nothing = "Select something first."
        fixed = "No workflow is open." if view is None else "This cannot be changed here."
        enable("add-step", editable, fixed)
        steps = [id for id in ids if view is not None and (id in view.graph.steps or id in view.graph.groups)] if len(ids) == 1 else []
        enable("add-step-after", editable and bool(steps), "Select one step or group first." if editable else fixed)
        enable("connect-selected", editable and number >= 2, NOT_TWO if editable else fixed)
        enable("copy", number > 0, nothing)
        for name in ("cut", "duplicate"):
            enable(name, editable and number > 0, nothing if editable else fixed)
        for name in ("paste", "paste-with-wires"):
            enable(name, editable, fixed)
        for name in ("delete-selection", "delete-and-leave-gap"):
            enable(name, editable and bool(ids), nothing if editable else fixed)
        edge = ids[0] if view is not None and len(ids) == 1 and ids[0] in view.graph.edges else None
        enable("edit-condition", editable and edge is not None, "Select one connection first." if editable else fixed)
        led = view is not None and edge in routes_in(view.graph.details)
        enable("reset-route", editable and led, "Select a connection that was led by hand." if editable else fixed)
        enable("select-all", view is not None, fixed)
        for name in ("select-upstream", "select-downstream"):
            enable(name, number > 0, nothing)
        for side in SIDES:
            enable(f"align-{side}", editable and number >= 2, "Select two or more first." if editable else fixed)
        for way in WAYS:
            enable(f"distribute-{way}", editable and number >= 3, "Select three or more first." if editable else fixed)

    def _bind(self, id: str, do: Callable[[CanvasView], object]) -> None:
        def act() -> None:
            if self._page.view is not None:
                do(self._page.view)

        self._actions.bind(id, act)


async def _learn_habits(view: CanvasView, document: Document) -> None:
    """What follows what in other workflows; without it what is offered first is told by this one alone."""
    session = document.session
    try:
        found = await session.call(session.services.workflows.habits, besides=document.workflow_id)
    except AppError:
        return
    after: dict[str, dict[str, int]] = {}
    before: dict[str, dict[str, int]] = {}
    for each in found:
        after.setdefault(each.before, {})[each.after] = each.workflows
        before.setdefault(each.after, {})[each.before] = each.workflows
    view.adding.habits_of = lambda habit, forward: (after if forward else before).get(habit, {})


def _select_along(view: CanvasView, *, backward: bool) -> None:
    """Add to the selection all that leads to it, or all that it leads to."""
    boxes = view.scene.geometry.boxes
    slots = [boxes.slot[id] for id in view.selected_ids() if id in boxes.slot]
    found = view.scene.geometry.attachment.leading_to(slots, backward=backward)
    view.select((*view.selected_ids(), *(id for id in (boxes.ids[slot] for slot in sorted(found)) if id is not None)))

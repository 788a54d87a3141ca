"""Into a sub-workflow and back, out of a selection and in again: what the editor does with steps that call workflows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject

from app.domain.access import Permission
from app.domain.catalog import Catalog
from app.domain.definition_file import with_ids
from app.domain.edits import Batch
from app.domain.errors import AppError
from app.domain.extraction import Extraction, extract, why_not_extract
from app.domain.inlining import Inlining, inline
from app.domain.inlining_room import with_room
from app.domain.workflow import Definition, Graph, Step
from app.ui.canvas.glide import glide_to
from app.ui.document import Document
from app.ui.last_edit import undo_of_last
from app.ui.subflows.dialog import ExtractDialog

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.workbench import Workbench

CALLS = ("subflow", "map")
MOST_LOOKED_AT = 500
"""A larger selection is looked at when it is to be taken out, not whenever it changes."""


class Subflows(QObject):
    """Remembers from which step each sub-workflow was entered, for as long as its tab is open."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._window, self._workbench, self._editor = window, workbench, workbench.editor
        self._came_from: dict[Document, tuple[Document, str]] = {}
        actions = window.actions_of_window
        actions.bind("extract-subflow", lambda: window.ask(self.extracted))
        actions.bind("open-subflow", lambda: window.ask(self.entered))
        actions.bind("back-to-caller", self.back)
        actions.bind("expand-subflow", lambda: window.ask(self.expanded))
        self._editor.openers.append(self.enters)
        self._editor.selected.connect(self.follow)
        self._editor.current_changed.connect(self.follow)
        self._editor.bar.crumb.caller_asked.connect(self.back)
        self.follow()

    # State of the actions

    def follow(self) -> None:
        """The actions are on for what is selected; those that are off say why. The breadcrumb says where one came from."""
        actions, view, document = self._window.actions_of_window, self._editor.view, self._editor.current
        ids = view.selected_ids() if view is not None else ()
        fixed = self._workbench.why_no_draft() or ("" if view is not None and view.editable else "This cannot be changed here.")
        call = self._call()
        extractable = (
            fixed
            or (why_not_extract(view.graph, ids) if view is not None and len(ids) <= MOST_LOOKED_AT else "")
            or self._workbench.why_not(Permission.WORKFLOW_EDIT)
        )
        target = "" if call is not None and self._target(call) else "Select a step that calls a workflow."
        expandable = fixed or target or ("" if call is not None and call.type == "subflow" else "A map calls its workflow for each item.")
        caller = self._came_from.get(document) if document is not None else None
        for name, why in (
            ("extract-subflow", extractable),
            ("open-subflow", target),
            ("expand-subflow", expandable),
            ("back-to-caller", "" if caller is not None else "This workflow was not entered from another one."),
        ):
            actions.enable(name, not why, why)
        self._editor.bar.crumb.show_caller(caller[0].name if caller is not None else "")

    def _call(self) -> Step | None:
        """The selected step, if it is one that may call a workflow."""
        view = self._editor.view
        if view is None or len(view.selected_ids()) != 1:
            return None
        step = view.graph.steps.get(view.selected_ids()[0])
        return step if step is not None and step.type in CALLS else None

    @staticmethod
    def _target(step: Step) -> str:
        """The workflow it names; empty when there is none, or one that is only known in a run."""
        wanted = step.config.get("workflow_id")
        return wanted if isinstance(wanted, str) and "{{" not in wanted else ""

    # In and back

    def enters(self, id: str) -> bool:
        """A double click on a step that calls a workflow opens that; false when this is none."""
        view = self._editor.view
        step = view.graph.steps.get(id) if view is not None else None
        if step is None or step.type not in CALLS or not self._target(step):
            return False
        self._window.ask(lambda: self._enter(step))
        return True

    async def entered(self) -> None:
        step = self._call()
        if step is not None:
            await self._enter(step)

    async def _enter(self, step: Step) -> None:
        caller, workflows = self._editor.current, self._window.session
        if caller is None or workflows is None:
            return
        workflow_id: str = await workflows.call(workflows.services.workflows.find, self._target(step))
        child = await self._workbench.opened(workflow_id)
        if child is not caller and self._origin(caller) is not child:
            self._came_from[child] = (caller, step.id)
            for document in (child, caller):
                document.destroyed.connect(lambda _gone=None, gone=document: self._forget(gone))
        self.follow()

    def back(self) -> None:
        """To the workflow this one was entered from, at the step that calls it."""
        document = self._editor.current
        found = self._came_from.pop(document, None) if document is not None else None
        if found is None:
            return
        caller, step_id = found
        self._editor.show_document(caller)
        view = self._editor.view
        if view is not None and step_id in view.graph.steps:
            view.select((step_id,))
            glide_to(view, step_id)
            view.setFocus()
        self.follow()

    def _origin(self, document: Document) -> Document | None:
        found = self._came_from.get(document)
        return found[0] if found is not None else None

    def _forget(self, gone: Document) -> None:
        self._came_from = {child: origin for child, origin in self._came_from.items() if gone not in (child, origin[0])}

    # Out of the selection, and in again

    async def extracted(self) -> None:
        """Take the selection out, once the person has seen what that makes of it."""
        document, view, session = self._editor.current, self._editor.view, self._window.session
        if document is None or view is None or session is None or document.is_snapshot:
            return
        ids = view.selected_ids()
        await document.saved("extracted")  # the new workflow must not get ids that wait to be saved here
        name = _proposed(view.graph, ids)
        bridge, catalog = session.bridge, session.catalog
        found = await bridge.call(_extraction(view.graph, catalog, ids, name, "…"))
        why = self._workbench.why_not(Permission.WORKFLOW_PUBLISH)
        wanted = await ExtractDialog(
            self._window, found, name, taken=_steps_in(view.graph, ids), may_publish=not why, why_not_publish=why
        ).asked()
        if wanted is None:
            return
        found = await bridge.call(_extraction(view.graph, catalog, ids, wanted.name, "…"))  # refused names are told before anything is kept
        child = with_ids(found.definition, lambda _kind, _id: str(uuid4()))
        workflow_id: str = await session.call(session.services.workflows.keep, child)
        final = await bridge.call(_extraction(view.graph, catalog, ids, wanted.name, workflow_id))
        document.model.push(final.edit)
        view.select((final.step.id,))
        said = f"“{wanted.name}” is a workflow of its own now."
        try:
            if wanted.publish:
                await session.call(session.services.publishing.publish, workflow_id, f"Extracted from {document.name}")
            else:
                said += " Publish it before this one calls it."
        except AppError as error:  # the selection had errors before, and has them there
            said += f" It could not be published yet: {error}"
        open_it = ("Open it", lambda: self._window.ask(lambda: self._enter(final.step)))
        self._window.notices.show_undo(said, undo_of_last(document, self._window), also=open_it)

    async def expanded(self) -> None:
        """Put what the selected step calls in its place."""
        document, view, session = self._editor.current, self._editor.view, self._window.session
        step = self._call()
        if document is None or view is None or session is None or step is None:
            return
        services = session.services
        workflow_id: str = await session.call(services.workflows.find, self._target(step))
        number = step.config.get("version")
        called: Definition = await session.call(services.publishing.definition, workflow_id, number if isinstance(number, int) else 0)
        edit, found = await session.bridge.call(_expansion(view.graph, session.catalog, step.id, called))
        document.model.push(edit)
        view.select(found.ids)
        said = " ".join((f"“{called.name}” stands in the place of its call.", *found.remarks))
        self._window.notices.show_undo(said, undo_of_last(document, self._window))


def _proposed(graph: Graph, ids: Sequence[str]) -> str:
    """A name to begin with: of the one group, or of the last step from left to right."""
    nodes = [node for id in ids if (node := graph.groups.get(id) or graph.steps.get(id)) is not None]
    return max(nodes, key=lambda node: node.position.x).name if nodes else "Sub-workflow"


def _steps_in(graph: Graph, ids: Sequence[str]) -> int:
    """How many steps a selection holds, those in its groups included."""
    inside = {inner for id in ids if id in graph.groups for inner in graph.descendants_of(id)}
    return len({id for id in (*ids, *inside) if id in graph.steps})


def _new_ids() -> Callable[[str], str]:
    return lambda _kind: str(uuid4())


async def _extraction(graph: Graph, catalog: Catalog, ids: Sequence[str], name: str, workflow_id: str) -> Extraction:
    """Worked out on the engine thread: a large graph takes its time."""
    return extract(graph, catalog, ids, name=name, workflow_id=workflow_id, new_id=_new_ids())


async def _expansion(graph: Graph, catalog: Catalog, step_id: str, called: Definition) -> tuple[Batch, Inlining]:
    found = inline(graph, catalog, step_id, called, new_id=_new_ids())
    return with_room(graph, catalog, step_id, found), found

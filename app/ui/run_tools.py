"""Tools for one step of the draft: test it, run up to it or from it on, pin what it gave. They act on what is selected."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.domain.access import Permission
from app.domain.edits import Batch, SetConfig
from app.domain.errors import AppError
from app.domain.json_gate import BODY_BYTES
from app.domain.json_value import Given, Json, JsonRejected, dumps, loads, size_bytes
from app.domain.places import PlaceUnknown, path_to, way_to, without_retries
from app.domain.run_requests import Part
from app.domain.runs import StepRunRow
from app.domain.workflow import BlockGroup, Step
from app.ui.document import Document
from app.ui.inspector.foot import InspectorFoot
from app.ui.session import Session
from app.ui.value_dialog import ValueDialog
from app.ui.widgets.json_edit import fits

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.workbench import Workbench

_NO_DATA = "No run has brought data to this step yet. Give it an input here, or run up to it first."
_PIN_WORDS = "In test runs this stands in for the step, which then does not run. Runs of published versions ignore it."


class TooLargeToEdit(AppError):
    """This value is too large to be edited here; a smaller one can be pinned after Unpin output."""

    code = "editor.too_large"


class RunTools(QObject):
    """The actions `test-step` and those beside it, for one window."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._window, self._workbench, self._editor = window, workbench, workbench.editor
        self._actions = window.actions_of_window
        self._foot = InspectorFoot(self._actions)
        layout = self._editor.inspector.layout()
        assert layout is not None
        layout.addWidget(self._foot)
        self._editor.selected.connect(self.follow)
        self._editor.current_changed.connect(self.follow)
        self._bind("test-step", lambda: self.test(ask=False))
        self._bind("test-step-with-input", lambda: self.test(ask=True))
        self._bind("run-to-here", self.run_to)
        self._bind("run-from-here", self.run_from)
        self._actions.bind("pin-output", self.toggle_pin)
        self._bind("edit-pin", self.edit_pin)

    def follow(self) -> None:
        """Actions are on when they can work on what is selected; else they say why not."""
        document, element = self._editor.current, self._element
        one = "" if element is not None else "Select one step."
        run = self._workbench.why_no_start() or one
        pin = self._workbench.why_no_draft() or self._workbench.why_not(Permission.WORKFLOW_EDIT) or one
        if not pin and not isinstance(element, Step):
            pin = "Only steps can be pinned, not groups."
        pinned = isinstance(element, Step) and _pin_of(element) is not None
        for id in ("test-step", "test-step-with-input", "run-to-here", "run-from-here"):
            self._actions.enable(id, not run, run)
        self._actions.enable("edit-pin", not pin, pin)
        pin = pin or ("" if pinned else self._why_not_pinned())
        self._actions.enable("pin-output", not pin, pin)
        self._actions["pin-output"].setText("Unpin output" if pinned else "Pin output")
        self._actions["edit-pin"].setText("Edit pinned output…" if pinned else "Pin a value…")
        self._foot.show_paused(self._pauses_here)
        self._foot.setVisible(self._pauses_here or (document is not None and not document.is_snapshot and element is not None))

    async def test(self, *, ask: bool) -> None:
        """Run the selected step alone, on the data of the last run; where there is none, or on demand, on what a person gives."""
        document, element = self._document, self._element
        if element is None:
            return
        await document.saved("run")
        place, of = self._place(document, element), self._ended_run(document)
        data = await self._session.call(self._session.services.runs.step_data, document.workflow_id, Part("only", place, of))
        given: Given | None = None
        if ask or not data.is_known:
            key = f"test/{document.workflow_id}/{element.id}"
            value = data.input.value if data.input is not None and fits(data.input.value) else self._remembered(key)
            given = await ValueDialog(
                self._window,
                f"Test “{element.name}”",
                value,
                yes="Test",
                icon_name="play",
                why="" if data.is_known else _NO_DATA,
                name="test-dialog",
            ).asked()
            if given is None:
                return
            if fits(given.value):
                self._window.preferences.set(key, dumps(given.value))
        input = self._editor.remembered_input(document)
        await document.run_part(Part("only", place, data.run_id, input, given))
        self._show_output(element.id)

    async def run_to(self) -> None:
        """Run what the selected step needs, and the step."""
        document, element = self._document, self._element
        if element is not None:
            await self._workbench.run(ask=False, to=self._place(document, element))
            self._show_output(element.id)

    async def run_from(self) -> None:
        """Run the selected step and what follows it, on the data of the last run."""
        document, element = self._document, self._element
        if element is not None:
            await document.run_part(Part("from", self._place(document, element), self._ended_run(document, whole=True)))

    def toggle_pin(self) -> None:
        """Pin the selected step to what it gave last, or let it run again."""
        step = self._element
        if not isinstance(step, Step):
            return
        if _pin_of(step) is not None:
            self._set_pin(step, None, "Unpin output")
        elif (row := self._output_row(step)) is not None:
            self._set_pin(step, row.output, "Pin output")

    async def edit_pin(self) -> None:
        """Change what the selected step is pinned to, or pin it to a value made up."""
        step = self._element
        if not isinstance(step, Step):
            return
        row = self._output_row(step)
        value = pinned if (pinned := _pin_of(step)) is not None else row.output if row is not None and fits(row.output) else {}
        if not fits(value):
            raise TooLargeToEdit
        title = f"Pinned output of “{step.name}”"
        dialog = ValueDialog(self._window, title, value, yes="Pin", icon_name="pin", why=_PIN_WORDS, name="pin-dialog", takes_null=False)
        given = await dialog.asked()
        if given is not None and given.value != _pin_of(step):
            self._set_pin(step, given.value, "Edit pinned output")

    def _set_pin(self, step: Step, value: Json, words: str) -> None:
        config: Mapping[str, Json] = {key: old for key, old in step.config.items() if key != "pinned_output"}
        if value is not None:
            config = {**config, "pinned_output": value}
        self._document.model.push(Batch((SetConfig(step.id, config),), words))
        self.follow()

    @property
    def _pauses_here(self) -> bool:
        """Whether the shown run pauses at what is selected."""
        document, element = self._editor.current, self._element
        pauses = document.live.open_pauses if document is not None and document.live is not None else ()
        return element is not None and any(pause.node == element.id for pause in pauses)

    def _why_not_pinned(self) -> str:
        step = self._element
        row = self._output_row(step) if isinstance(step, Step) else None
        if row is None:
            return "There is no output to pin yet; test the step first."
        if row.output is None:
            return "Its output is null, and null cannot be pinned."
        size = size_bytes(row.output)
        return "" if size <= BODY_BYTES else f"Its output has {size:,} bytes; at most {BODY_BYTES:,} can be pinned."

    def _output_row(self, step: Step) -> StepRunRow | None:
        """The row that the inspector shows of the step, if it completed; else its last one that did."""
        document = self._editor.current
        if document is None or document.live is None:
            return None
        shown = self._editor.inspector.last_run.row
        if isinstance(shown, StepRunRow) and shown.step_id == step.id and shown.status == "completed":
            return shown
        newest = document.live.rows.newest_of(step.id)
        if newest is None or newest.status == "completed":
            return newest
        done = [row for row in document.live.rows.attempts_of(step.id).values() if row.status == "completed"]
        return max(done, key=lambda row: row.seq) if done else None

    def _place(self, document: Document, element: Step | BlockGroup) -> str:
        """The place in the run that was picked in the inspector; else every turn of the loops around."""
        graph = document.model.graph
        picked = without_retries(self._editor.inspector.last_run.picked_path)
        if picked:
            with suppress(PlaceUnknown):  # of a run before a step was moved
                if way_to(graph, picked)[-1].node == element.id:
                    return picked
        return path_to(graph, element.id)

    def _ended_run(self, document: Document, *, whole: bool = False) -> str | None:
        """The run that is shown, as where data comes from; None leaves the choice to the services."""
        live = document.live
        if live is None or not live.is_over or (whole and live.run.kind == "only"):
            return None
        return live.run.id

    def _show_output(self, element_id: str) -> None:
        """Its output comes to the front, unless it stands beside the form already."""
        if self._editor.view is not None and self._editor.view.selected_ids() == (element_id,) and not self._editor.bottom.shows_output:
            self._editor.inspector.show_tab("Output")

    def _remembered(self, key: str) -> Json:
        text = self._window.preferences.text(key)
        try:
            return loads(text) if text else {}
        except JsonRejected:
            return {}

    @property
    def _element(self) -> Step | BlockGroup | None:
        document, view = self._editor.current, self._editor.view
        if document is None or view is None or len(ids := view.selected_ids()) != 1:
            return None
        graph = document.model.graph
        return graph.steps.get(ids[0]) or graph.groups.get(ids[0])

    @property
    def _document(self) -> Document:
        assert self._editor.current is not None
        return self._editor.current

    @property
    def _session(self) -> Session:
        assert self._window.session is not None
        return self._window.session

    def _bind(self, id: str, do: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._actions.bind(id, lambda: self._window.ask(do))


def _pin_of(step: Step) -> Json:
    return step.config.get("pinned_output")

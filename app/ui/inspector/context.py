"""What the fields of one form share: what their expressions may name, and what that is in the run that is shown.

Scopes and previews are worked out beside the window; the newest answer wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.domain.access import Permission
from app.domain.completion import Completions, complete
from app.domain.data_scope import NO_RUN, Bearings, DataScope, bearings_of, place_of, with_names
from app.domain.known_data import Known
from app.domain.previews import Preview, preview
from app.domain.run_facts import facts_of
from app.ui.actions import SPECS, Actions
from app.ui.inspector.bursts import Bursts
from app.ui.inspector.looks import Look, look_of
from app.ui.tasks import Tasks
from app.ui.words import ago, short_id

if TYPE_CHECKING:
    from app.domain.runs import GroupRunRow, StepRunRow
    from app.domain.workflow import Definition
    from app.ui.canvas.graph_model import GraphChange
    from app.ui.document import Document
    from app.ui.inspector.fields import Field
    from app.ui.live_run import LiveRun

_DELAY_MS = 60
_LARGE, _LARGE_DELAY_MS = 1_000, 400
"""Of many steps the scope takes a while, and what is worked out beside the window slows it all the same."""
Names = Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class RunWords:
    """Which run the data are of; `is_old`: a step that they come from has changed since."""

    text: str = ""
    is_old: bool = False


class FieldContext(QObject):
    """Follows one element of one document."""

    large_asked = Signal(object)
    """The `Field` that shall be edited in a large editor."""
    edit_asked = Signal(object)
    """A `GraphEdit` of another element, such as the step that an expression asks for more."""
    attended = Signal(object)
    """The field that the caret has come to."""
    changed = Signal()
    """The scope is another."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scope = DataScope()
        self.document: Document | None = None
        self.element_id = ""
        self.bursts = Bursts()
        self.can_open_large = True
        self.actions: Actions | None = None
        """Those of the window; without them the keys are the usual ones, and nothing can be run from here."""
        self._pane: QWidget | None = None
        self._last: QWidget | None = None
        self._secrets: tuple[str, ...] | None = None
        self._at = ""
        self._edited_since: tuple[str, set[str]] = ("", set())
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self._start)
        self._tasks = Tasks(self, lambda _error: None)  # what cannot be worked out is not shown; the run itself tells of its errors
        self._turn = 0
        self._bearings: Bearings | None = None

    def attach(self, document: Document | None) -> None:
        """Another document is shown, with nothing of it selected yet."""
        self.document, self._secrets, self._bearings = document, None, None
        self.follow_nothing()

    def follow_nothing(self) -> None:
        """Nothing is selected, or several things are."""
        self.element_id, self._at, self.scope = "", "", DataScope()
        self._timer.stop()
        self._turn += 1
        self.changed.emit()

    def follow(self, element_id: str, *, at: str = "") -> None:
        """Another element, or the same one after something has changed; `at` is where in the run it is looked at."""
        if element_id != self.element_id:
            self.element_id, self.scope = element_id, DataScope()
        self._at = at
        large = self.document is not None and len(self.document.model.graph.steps) > _LARGE
        self._timer.start(_LARGE_DELAY_MS if large else _DELAY_MS)

    def note_edit(self, change: GraphChange) -> None:
        """Remember what has been given other settings since the run: what it gave then is old."""
        if self.document is None or self.document.live is None or change.edit is None:
            return
        run_id = self.document.live.run.id
        if run_id != self._edited_since[0]:
            self._edited_since = (run_id, set())
        for id in (*change.steps.changed, *change.groups.changed):
            before, after = change.before.element(id), change.after.element(id)
            if getattr(before, "config", None) != getattr(after, "config", None):
                self._edited_since[1].add(id)

    def complete_last(self) -> None:
        """List what fits at the caret, wherever it was last."""
        field = self.last_field
        if field is not None and field.editor is not None:
            field.focus()
            if field.editor.assist is not None:
                field.editor.assist.complete_all()

    def open_large(self, field: Field | None) -> None:
        """Edit a field's text in a window of its own."""
        self.large_asked.emit(field)

    def show_only(self, pane: QWidget) -> None:
        """Of all previews of a form one is shown: that of the field last written in."""
        if self._pane is not pane:
            if self._pane is not None and isValid(self._pane):
                self._pane.hide()
            pane.hide()  # until there is something in it
        self._pane = pane
        self._last = pane.parentWidget()
        self.attended.emit(pane.parentWidget())

    def is_shown(self, pane: QWidget) -> bool:
        """Whether this is the preview of the field last written in; one in a window of its own always is."""
        return pane is self._pane or pane.window() is not self.parent_window

    @property
    def parent_window(self) -> QWidget | None:
        owner = self.parent()
        return owner.window() if isinstance(owner, QWidget) else None

    def look_of(self, id: str) -> Look | None:
        """Icon and category of a step or group; None for what is neither."""
        node = self.document.model.graph.element(id) if self.document is not None and id else None
        return look_of(node, self.document.session.catalog) if node is not None and self.document is not None else None

    @property
    def last_field(self) -> Field | None:
        """Where the caret was last, if that field is still there."""
        found = self._last
        return found if found is not None and isValid(found) and found.isVisible() else None  # type: ignore[return-value]

    @property
    def can_run_to_here(self) -> bool:
        return self.actions is not None and self.actions["run-to-here"].isEnabled()

    def is_key_of(self, id: str, event: QKeyEvent) -> bool:
        """Whether a key press means this action of fields."""
        usual = next(spec.keys for spec in SPECS if spec.id == id)
        keys = self.actions.keys_of(id) if self.actions is not None else usual
        return QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText) in keys

    def run_to_here(self) -> None:
        """Get the data: run what comes before."""
        if self.actions is not None:
            self.actions["run-to-here"].trigger()

    @property
    def run_words(self) -> RunWords:
        live = self.document.live if self.document is not None else None
        if live is None:
            return RunWords()
        when = ago(live.run.completed_at or live.run.started_at or live.run.created_at, now=datetime.now(UTC))
        run_id, edited = self._edited_since
        is_old = run_id == live.run.id and self.scope.has_upstream(edited)
        return RunWords(f"{'edited since ' if is_old else ''}run …{short_id(live.run.id)} · {when}", is_old)

    def scope_for(self, names: Names, dollar: Known | None = None) -> DataScope:
        """The scope with what only one field knows."""
        return with_names(self.scope, names, instead_of_dollar=dollar) if names or dollar is not None else self.scope

    async def preview(self, text: str, *, bare: bool, names: Names, dollar: Known | None = None) -> Preview:
        assert self.document is not None
        scope = self.scope_for(names, dollar)
        found: Preview = await self.document.session.bridge.call(asyncio.to_thread(preview, text, scope, bare=bare))
        return found

    async def complete(
        self, text: str, caret: int, *, bare: bool, names: Names, dollar: Known | None, everything: bool
    ) -> Completions | None:
        """What may come at the caret."""
        assert self.document is not None
        scope = self.scope_for(names, dollar)
        work = asyncio.to_thread(complete, text, caret, scope, bare=bare, everything=everything)
        found: Completions | None = await self.document.session.bridge.call(work)
        return found

    def _start(self) -> None:
        self._turn += 1
        if self.document is not None:
            self._tasks.start(self._work_out(self._turn))

    async def _work_out(self, turn: int) -> None:
        document = self.document
        assert document is not None
        definition, live = document.definition, document.live
        work = asyncio.to_thread(_scope, definition, document, live, self.element_id, self._at, self._bearings)
        scope, bearings = await document.session.bridge.call(work)
        if scope.secrets_allowed:
            scope = replace(scope, secrets=await self._secret_names(document))
        if turn == self._turn and document is self.document:
            self._bearings = bearings
            self.scope = scope
            self.changed.emit()

    async def _secret_names(self, document: Document) -> tuple[str, ...]:
        """Asked once for a document; who may not list them types their names."""
        if self._secrets is None:
            session = document.session
            self._secrets = ()
            if session.actor.may(Permission.SECRET_WRITE):
                self._secrets = tuple(row.name for row in await session.call(session.services.credentials.list))
        return self._secrets


def _scope(
    definition: Definition, document: Document, live: LiveRun | None, id: str, at: str, before: Bearings | None
) -> tuple[DataScope, Bearings]:
    """Reads copies of what the window holds."""
    graph = definition.graph
    bearings = bearings_of(graph, before)
    if live is None:
        return place_of(definition, document.session.catalog, id, facts=NO_RUN, bearings=bearings), bearings
    rows = live.rows

    def steps(step_id: str) -> Sequence[StepRunRow]:
        found = list(rows.attempts_of(step_id).values())
        newest = rows.newest_of(step_id)
        return found if len(found) <= 2_000 or newest is None else [newest]

    def groups(group_id: str) -> Sequence[GroupRunRow]:
        return list(rows.turns_of(group_id).values())

    if not at and (newest := rows.newest_of(id)) is not None:
        at = newest.path
    facts = facts_of(graph, steps, groups, at=at, input=live.input)
    return place_of(definition, document.session.catalog, id, facts=facts, bearings=bearings), bearings

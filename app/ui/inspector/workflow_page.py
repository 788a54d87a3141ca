"""What the inspector shows while nothing is selected: the workflow itself, with what it says of itself to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.domain.edits import SetDetails
from app.domain.json_value import Json
from app.domain.workflow import Details
from app.ui.document import Document
from app.ui.inspector.bursts import Bursts
from app.ui.inspector.context import FieldContext
from app.ui.inspector.field_info import UNSET, FieldInfo
from app.ui.inspector.fields import Field
from app.ui.inspector.schema_field import SchemaField
from app.ui.inspector.text_fields import DurationField, LineField, TextField
from app.ui.live_run import LiveRun
from app.ui.widgets.chips import status_look
from app.ui.widgets.fold import Fold
from app.ui.widgets.labels import Label
from app.ui.words import count, duration

_FACTS = ("Steps", "Groups", "Connections", "Version", "Problems", "Last run")
_TIMEOUT = "run_timeout_ms"
_DEFAULT_TIMEOUT = 3_600_000


class WorkflowPage(QWidget):
    """Name, description, input and output, and the facts."""

    edited = Signal(object, str)

    def __init__(self, context: FieldContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overview-page")
        self._bursts = Bursts()
        self._document: Document | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 8, 16, 16)
        self._layout.setSpacing(14)
        self._fields: dict[str, Field] = {}
        self._name = LineField(FieldInfo("Name", "workflow-name"), most=255)
        self._name.edit.editingFinished.connect(self._rename)
        self._layout.addWidget(self._name)
        about = FieldInfo("Description", "description", default="")
        self._add("description", TextField(about, many=True), self._layout)
        self._layout.addLayout(self._facts_grid())
        self._hint = Label("", "second", "text_second", wrap=True, name="overview-hint")
        self._layout.addWidget(self._hint)
        self._context = context
        self._schemas = Fold("Input and output", folded=True)
        self._schemas.head.toggled.connect(lambda _open: self._make_schemas())
        self._layout.addWidget(self._schemas)
        self._limits = Fold("Limits", folded=False)
        limit = FieldInfo("Longest run", "run_timeout_ms", "A run that takes longer fails.", default=_DEFAULT_TIMEOUT)
        self._add(_TIMEOUT, DurationField(limit), self._limits.content)
        self._layout.addWidget(self._limits)
        self._layout.addStretch(1)

    def show_document(self, document: Document | None) -> None:
        self._document = document
        for widget in (self._name, self._schemas, self._limits, *self._fields.values()):
            widget.setVisible(document is not None)
        if document is None:
            self._hint.setText("Open a workflow from the list.")
            for fact in self._facts.values():
                fact.setText("–")
            return
        details = document.model.graph.details
        if not self._name.edit.isModified():
            self._name.edit.setText(details.name)
        if details.input_schema is not None or details.output_schema is not None:
            self._schemas.head.setChecked(True)
        for name, field in self._fields.items():
            held = _value(details, name)
            field.set_value(UNSET if held is None else held)
            field.set_frozen(document.is_snapshot)
        self._name.set_frozen(document.is_snapshot)
        self._show_facts(document)
        self._show_problems(document)

    def focus_first(self) -> None:
        self._name.focus()
        self._name.edit.selectAll()

    def focus_field(self, place: str) -> None:
        """Into the field that a problem of the workflow itself is about."""
        name = place.strip("/").split("/")[0]
        if name in {"input_schema", "output_schema"}:
            self._schemas.head.setChecked(True)
        (self._fields.get(name) or self._name).focus()

    # Fields

    def _add(self, name: str, field: Field, inside: QVBoxLayout) -> None:
        field.changed.connect(lambda value: self._set(name, value))
        field.reset.connect(lambda: self._set(name, None))
        self._fields[name] = field
        inside.addWidget(field)

    def _make_schemas(self) -> None:
        """When they are looked at for the first time."""
        if "input_schema" in self._fields:
            return
        for name, title, hint in (
            ("input_schema", "Input", "What a run is given is checked against it before the run exists."),
            ("output_schema", "Output", "What the run gives is checked against it at the end."),
        ):
            self._add(name, SchemaField(FieldInfo(title, name, hint, context=self._context)), self._schemas.content)
            if self._document is not None:
                value = _value(self._document.model.graph.details, name)
                self._fields[name].set_value(UNSET if value is None else value)
                self._fields[name].set_frozen(self._document.is_snapshot)

    def _set(self, name: str, value: Json) -> None:
        if self._document is None:
            return
        details = self._document.model.graph.details
        if name == _TIMEOUT:
            settings: Mapping[str, Json] = {**details.settings, _TIMEOUT: _DEFAULT_TIMEOUT if value is None else value}
            changed = replace(details, settings=settings)
        elif name == "description":
            changed = replace(details, description=str(value or ""))
        elif name == "input_schema":
            changed = replace(details, input_schema=value)
        else:
            changed = replace(details, output_schema=value)
        self.edited.emit(SetDetails(changed), self._bursts.key(name))

    def _rename(self) -> None:
        if self._document is None:
            return
        details, name = self._document.model.graph.details, self._name.edit.text().strip()
        self._name.edit.setModified(False)
        if name and name != details.name:
            self.edited.emit(SetDetails(replace(details, name=name)), "")
        else:
            self._name.edit.setText(details.name)

    def _show_problems(self, document: Document) -> None:
        own = {problem.place.strip("/").split("/")[0]: problem.message for problem in document.problems if problem.id is None}
        if {"input_schema", "output_schema"} & set(own):
            self._schemas.head.setChecked(True)
        for name, field in self._fields.items():
            field.set_fault(own.get(name, ""))

    # Facts

    def _facts_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._facts: dict[str, Label] = {}
        for row, name in enumerate(_FACTS):
            grid.addWidget(Label(name, "second", "text_second"), row, 0)
            value = Label("", "ui", wrap=True, name=f"fact-{name.lower().replace(' ', '-')}")
            grid.addWidget(value, row, 1)
            self._facts[name] = value
        return grid

    def _show_facts(self, document: Document) -> None:
        graph = document.model.graph
        self._facts["Steps"].setText(f"{len(graph.steps):,}")
        self._facts["Groups"].setText(f"{len(graph.groups):,}")
        self._facts["Connections"].setText(f"{len(graph.edges):,}")
        self._facts["Version"].setText(f"v{document.version}" if document.status != "draft" else "not published yet")
        errors = sum(problem.severity == "error" for problem in document.problems)
        warnings = len(document.problems) - errors
        found = [count(errors, "error")] if errors else []
        found += [count(warnings, "warning")] if warnings else []
        self._facts["Problems"].setText(", ".join(found) or "none")
        live = document.live
        self._facts["Last run"].setText("–" if live is None else _run_words(live))
        hint = "Select a step to see its settings, and after a run its input and output."
        self._hint.setText(hint if graph.steps else "Add a first step: press Space on the canvas, or drag one from the left.")


def _value(details: Details, name: str) -> Json:
    if name == _TIMEOUT:
        return details.settings.get(_TIMEOUT)
    found: Json = getattr(details, name)
    return found


def _run_words(live: LiveRun) -> str:
    word = status_look(live.run.status).word
    return f"{word}, {duration(live.elapsed)}" if live.is_over else word

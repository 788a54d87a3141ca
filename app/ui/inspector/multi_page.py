"""What the inspector shows of several steps at once: the settings that all of them have, changed for all in one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.edits import Batch, SetConfig
from app.domain.json_value import Json
from app.domain.step_configs import StepConfig
from app.domain.workflow import BlockGroup, Step
from app.ui.document import Document
from app.ui.inspector.bursts import Bursts
from app.ui.inspector.context import FieldContext
from app.ui.inspector.form import ConfigForm
from app.ui.inspector.sections import common_sections, schema_of_model
from app.ui.inspector.specs import MISSING, Edited, value_at
from app.ui.widgets.labels import Label
from app.ui.words import count


class MultiPage(QWidget):
    """Fields show what all steps agree on; where they differ it says so, and what is set there is set for all."""

    edited = Signal(object, str)

    def __init__(self, context: FieldContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("multi-page")
        self._bursts = Bursts()
        self._steps: tuple[Step, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(14)
        self._words = Label("", "ui", wrap=True, name="multi-words")
        self._differ = Label("", "second", "text_second", wrap=True, name="multi-differ")
        layout.addWidget(self._words)
        layout.addWidget(self._differ)
        self._layout = layout
        self._context = context
        self._form: ConfigForm | None = None
        layout.addStretch(1)

    def show_selection(self, ids: Sequence[str], document: Document) -> None:
        found = [document.model.graph.element(id) for id in ids]
        steps = tuple(element for element in found if isinstance(element, Step))
        if {step.id for step in steps} != {step.id for step in self._steps}:
            self._bursts.end()
        self._steps = steps
        groups = sum(isinstance(element, BlockGroup) for element in found)
        parts = [count(len(steps), "step")] if steps else []
        parts += [count(groups, "group")] if groups else []
        parts += [count(len(found) - len(steps) - groups, "other thing")] if len(found) > len(steps) + groups else []
        hint = "What is set here is set for all these steps." if len(steps) > 1 else "Select steps to set what they have in common."
        self._words.setText(f"{', '.join(parts)} selected. {hint}")
        if len(steps) > 1 and self._form is None:
            self._make()
        if self._form is not None:
            self._form.setVisible(len(steps) > 1)
            self._form.set_frozen(document.is_snapshot)
            if len(steps) > 1:
                self._show(self._form)

    def _make(self) -> None:
        """The form, the first time that it is needed."""
        # A pin belongs to one step alone.
        sections = [
            replace(section, specs=tuple(spec for spec in section.specs if spec.name != "pinned_output"))
            for section in common_sections(schema_of_model(StepConfig), {"disabled": None})
        ]
        self._form = ConfigForm(sections, self._context)
        self._form.left.setEnabled(False)
        self._form.edited.connect(self._on_field)
        self._layout.insertWidget(2, self._form)

    def _show(self, form: ConfigForm) -> None:
        differ: list[str] = []
        agreed: dict[str, Json] = {}
        for path, spec in form.specs.items():
            values = [value_at(step.config, path) for step in self._steps]
            if all(type(value) is type(values[0]) and value == values[0] for value in values):
                if values[0] is not MISSING:
                    agreed = Edited(path, values[0]).applied(agreed)
            else:
                differ.append(spec.title.lower())
        form.show_config(agreed)
        self._differ.setText(f"They differ in: {', '.join(differ)}." if differ else "")
        self._differ.setVisible(bool(differ))

    def _on_field(self, edited: Edited) -> None:
        edits = tuple(SetConfig(step.id, edited.applied(step.config)) for step in self._steps)
        field = f"{'+'.join(step.id for step in self._steps)}:{'.'.join(edited.path)}"
        self.edited.emit(Batch(edits, f"Change settings of {count(len(edits), 'step')}"), self._bursts.key(field))

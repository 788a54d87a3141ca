"""The few questions the window asks: a name, an input; and what program this is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit, QWidget

from app import __version__
from app.domain.json_value import Json
from app.ui.document import Document
from app.ui.inspector.field_info import FieldInfo
from app.ui.inspector.json_field import JsonField
from app.ui.prompts import Dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label


class NameDialog(Dialog):
    """What a new workflow is called."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "New workflow", name="name-dialog")
        self._name = QLineEdit("Untitled workflow")
        self._name.setObjectName("workflow-name")
        self._name.setAccessibleName("Name")
        self._name.setMaxLength(255)
        self._name.selectAll()
        self.content.addWidget(Label("Name", "ui"))
        self.content.addWidget(self._name)
        self.add_button(Button("Cancel", name="dialog-cancel"), accepts=False)
        self._create = self.add_button(Button("Create", "primary", name="dialog-create"), accepts=True)
        self._name.textChanged.connect(lambda text: self._create.setEnabled(bool(text.strip())))
        self._name.returnPressed.connect(self._create.click)
        self._name.setFocus()

    async def asked(self) -> str:
        """The name; empty when it was declined."""
        return self._name.text().strip() if await self.answered() else ""


@dataclass(frozen=True, slots=True)
class GivenInput:
    """An input that a person gave; null is one too."""

    value: Json


class InputDialog(Dialog):
    """The input of a run, as JSON."""

    def __init__(self, parent: QWidget, document: Document, input: Json, why: str) -> None:
        super().__init__(parent, f"Run “{document.name}”", width=520, name="input-dialog")
        if why:
            self.content.addWidget(Label(why, "ui", "status.error", wrap=True, name="input-why"))
        self._value = input if input is not None else _sketch(document.definition.input_schema)
        self._field = JsonField(FieldInfo("Input", "run-input", "Any JSON; empty is null."), lines=8)
        self._field.set_value(self._value)
        self._field.changed.connect(self._take)
        self.content.addWidget(self._field)
        self.add_button(Button("Cancel", name="dialog-cancel"), accepts=False)
        self.add_button(Button("Run", "primary", icon_name="play", name="dialog-run"), accepts=True)

    def _take(self, value: Json) -> None:
        self._value = value

    async def asked(self) -> GivenInput | None:
        return GivenInput(self._value) if await self.answered() else None


async def about(parent: QWidget) -> None:
    """What program this is, and what it is made of."""
    dialog = Dialog(parent, f"Orchestrion {__version__}", name="about-dialog")
    dialog.content.addWidget(Label("Make, run and watch AI workflows on your desktop.", "ui", "text_second", wrap=True))
    made_of = "Icons by Lucide (ISC). Inter and JetBrains Mono under the SIL Open Font License. Qt under the LGPL."
    dialog.content.addWidget(Label(made_of, "second", "text_second", wrap=True))
    dialog.add_button(Button("Close", name="dialog-close"), accepts=True)
    await dialog.answered()


def _sketch(schema: Json) -> Json:
    """An object with the fields a schema names, to start from."""
    if not isinstance(schema, dict) or not isinstance(properties := schema.get("properties"), dict):
        return {}
    empty: dict[str, Json] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    sketch: dict[str, Json] = {}
    for name, field in properties.items():
        if isinstance(field, dict):
            sketch[name] = field.get("default", empty.get(str(field.get("type"))))
    return sketch

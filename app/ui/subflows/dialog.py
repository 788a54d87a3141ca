"""What would become of a selection that is taken out: the name, what goes in, what comes out, and what to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit, QWidget

from app.domain.extraction import Extraction
from app.ui.prompts import Dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import CheckBox
from app.ui.widgets.labels import Label
from app.ui.words import count

MOST_FIELDS = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person wants the new workflow to be called, and whether it is to be published at once."""

    name: str
    publish: bool


class ExtractDialog(Dialog):
    """Shows an extraction before it is made."""

    def __init__(self, parent: QWidget, found: Extraction, name: str, *, taken: int, may_publish: bool, why_not_publish: str = "") -> None:
        super().__init__(parent, "Extract to a sub-workflow", width=520, name="extract-dialog")
        words = f"{count(taken, 'step')} become a workflow of their own, and one step that calls it takes their place."
        if taken == 1:
            words = "One step becomes a workflow of its own, and a step that calls it takes its place."
        self.content.addWidget(Label(words, "ui", "text_second", wrap=True))
        self.content.addWidget(Label("Name", "ui"))
        self._name = QLineEdit(name)
        self._name.setObjectName("extract-name")
        self._name.setAccessibleName("Name")
        self._name.setMaxLength(255)
        self._name.selectAll()
        self.content.addWidget(self._name)
        self.content.addSpacing(4)
        self._say("Input", _fields(found.inputs, "What arrives at the selection, as it is."), "extract-inputs")
        gives = f"What “{found.gives}” gives." if found.gives else "What its last steps give."
        self._say("Output", _fields(found.outputs, gives), "extract-outputs")
        if found.gives and found.gives != name:
            self._say("Here", f"The step is called “{found.gives}”, so that expressions find its output.", "extract-step")
        for remark in found.remarks:
            self._say("Note", remark, "extract-remark")
        self._publish = CheckBox("Publish it at once, so that it can be called", name="extract-publish")
        self._publish.setChecked(may_publish)
        self._publish.setEnabled(may_publish)
        self._publish.setToolTip(why_not_publish)
        self.content.addSpacing(4)
        self.content.addWidget(self._publish)
        self.add_button(Button("Cancel", name="dialog-cancel"), accepts=False)
        extract = self.add_button(Button("Extract", "primary", icon_name="package", name="dialog-extract"), accepts=True)
        self._name.textChanged.connect(lambda text: extract.setEnabled(bool(text.strip())))
        self._name.returnPressed.connect(extract.click)
        self._name.setFocus()

    async def asked(self) -> Wanted | None:
        """None when it was declined."""
        return Wanted(self._name.text().strip(), self._publish.isChecked()) if await self.answered() else None

    def _say(self, what: str, words: str, name: str) -> None:
        self.content.addWidget(Label(what, "section", "text_second"))
        self.content.addWidget(Label(words, "ui", wrap=True, name=name))


def _fields(names: tuple[str, ...], otherwise: str) -> str:
    if not names:
        return otherwise
    more = f" and {len(names) - MOST_FIELDS} more" if len(names) > MOST_FIELDS else ""
    return f"An object with {', '.join(names[:MOST_FIELDS])}{more}"

"""The Configure tab: name and form of a step or group, the condition of an edge, the text of a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.domain.edits import Rename, SetCondition, SetConfig, SetNoteText
from app.domain.json_value import Json
from app.domain.problems import Problem
from app.domain.workflow import BlockGroup, Edge, Note, Step
from app.ui.document import Document
from app.ui.inspector.fields import TextField
from app.ui.inspector.form import ConfigForm, Edited
from app.ui.inspector.sections import adapter_field, group_sections, step_sections
from app.ui.widgets.labels import Label


class ConfigurePage(QWidget):
    """Shows one element; a form is made anew only when another kind of thing is selected."""

    edited = Signal(object, str)
    """A `GraphEdit`, and the key under which edits in a row are one undo."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("configure-page")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 12, 16, 16)
        self._layout.setSpacing(14)
        self._name_caption = Label("Name", "ui")
        self._name = QLineEdit()
        self._name.setObjectName("input-name")
        self._name.setAccessibleName("Name")
        self._name.setMaxLength(255)
        self._name.editingFinished.connect(self._rename)
        name_box = QVBoxLayout()
        name_box.setSpacing(5)
        name_box.addWidget(self._name_caption)
        name_box.addWidget(self._name)
        self._name_fault = Label("", "second", "status.error", wrap=True, name="fault-name")
        name_box.addWidget(self._name_fault)
        self._layout.addLayout(name_box)
        self._form: QWidget | None = None
        self._made_for: tuple[str, ...] = ()
        self._general = Label("", "second", "status.error", wrap=True, name="fault-element")
        self._layout.addWidget(self._general)
        self._layout.addStretch(1)
        self._element: Step | BlockGroup | Edge | Note | None = None
        self.show_problems(())

    def show_element(self, element: Step | BlockGroup | Edge | Note, document: Document) -> None:
        self._element = element
        named = isinstance(element, Step | BlockGroup)
        self._name.setVisible(named)
        self._name_caption.setVisible(named)
        if isinstance(element, Step | BlockGroup) and self._name.text() != element.name and not self._name.isModified():
            self._name.setText(element.name)
        made_for = _signature(element, document)
        if made_for != self._made_for:
            self._made_for = made_for
            self._name.setModified(False)
            if isinstance(element, Step | BlockGroup):
                self._name.setText(element.name)
            self._replace_form(self._make(element, document))
        self._show_values(element)
        for widget in (self._name, self._form):
            if widget is not None:
                widget.setEnabled(not document.is_snapshot)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Each sentence stands at its field; what is about no field stands under the form."""
        faults: dict[str, str] = {}
        rest: list[str] = []
        form = self._form if isinstance(self._form, ConfigForm) else None
        for problem in problems:
            place = problem.place.removeprefix("/config").strip("/").replace("/", ".")
            owner = next((".".join(path) for path in form.fields if _covers(".".join(path), place)), "") if form and place else ""
            if problem.place == "/name":
                faults["name"] = problem.message
            elif owner:
                faults.setdefault(owner, problem.message)
            else:
                rest.append(problem.message)
        if form is not None:
            form.show_faults(faults)
        self._name_fault.setText(faults.get("name", ""))
        self._name_fault.setVisible("name" in faults)
        self._general.setText("\n".join(rest))
        self._general.setVisible(bool(rest))

    def focus_first(self) -> None:
        self._name.setFocus()
        self._name.selectAll()

    def _make(self, element: Step | BlockGroup | Edge | Note, document: Document) -> QWidget:
        catalog = document.session.catalog
        match element:
            case Step() if (kind := catalog.steps.get(element.type)) is not None:
                return self._config_form(ConfigForm(step_sections(kind, element.config, catalog)))
            case BlockGroup() if (group := catalog.groups.get(element.type)) is not None:
                return self._config_form(ConfigForm(group_sections(group, element.config)))
            case Edge():
                field = TextField("Condition", "Empty: always. It sees the source's output as $.", name="condition", many=False, bare=True)
                field.changed.connect(lambda value, of=element.id: self.edited.emit(SetCondition(of, value), f"condition:{of}"))
                return field
            case Note():
                field = TextField("Text", "Markdown.", name="text", many=True)
                field.changed.connect(lambda value, of=element.id: self.edited.emit(SetNoteText(of, value or ""), f"note:{of}"))
                return field
            case _:
                return Label(f"“{element.type}” is no type this program knows.", "ui", "text_second", wrap=True)

    def _config_form(self, form: ConfigForm) -> ConfigForm:
        form.edited.connect(self._on_field)
        return form

    def _replace_form(self, form: QWidget) -> None:
        if self._form is not None:
            self._layout.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
        self._form = form
        self._layout.insertWidget(1, form)

    def _show_values(self, element: Step | BlockGroup | Edge | Note) -> None:
        match element, self._form:
            case ((Step() | BlockGroup()), ConfigForm() as form):
                form.show_config(element.config)
            case Edge(), TextField() as field:
                field.set_value(element.condition)
            case Note(), TextField() as field:
                field.set_value(element.text)
            case _:
                pass

    def _on_field(self, edited: Edited) -> None:
        element = self._element
        if isinstance(element, Step | BlockGroup):
            config: Mapping[str, Json] = edited.applied(element.config)
            self.edited.emit(SetConfig(element.id, config), f"config:{element.id}:{'.'.join(edited.path)}")

    def _rename(self) -> None:
        name = self._name.text().strip()
        self._name.setModified(False)
        if isinstance(self._element, Step | BlockGroup) and name != self._element.name:
            if name:
                self.edited.emit(Rename(self._element.id, name), "")
            else:
                self._name.setText(self._element.name)


def _signature(element: Step | BlockGroup | Edge | Note, document: Document) -> tuple[str, ...]:
    """What decides which fields a form has."""
    if isinstance(element, Step):
        kind = document.session.catalog.steps.get(element.type)
        adapter = str(element.config.get(adapter_field(kind)) or "") if kind is not None else ""
        return element.id, element.type, adapter
    return element.id, element.type if isinstance(element, BlockGroup) else ""


def _covers(field: str, place: str) -> bool:
    return place == field or place.startswith(f"{field}.")

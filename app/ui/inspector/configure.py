"""The Configure tab: name and form of a step or group, the condition of an edge, the text of a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.edits import Rename, SetCondition, SetConfig, SetNoteText
from app.domain.json_value import Json
from app.domain.problems import Problem, Severity
from app.domain.workflow import BlockGroup, Edge, Note, Step
from app.ui.document import Document
from app.ui.inspector.adapters import AdapterMemory
from app.ui.inspector.available import AvailableData
from app.ui.inspector.context import FieldContext
from app.ui.inspector.field_info import FieldInfo
from app.ui.inspector.fields import Field
from app.ui.inspector.form import ConfigForm
from app.ui.inspector.sections import adapter_field, group_sections, step_sections
from app.ui.inspector.specs import Edited
from app.ui.inspector.text_fields import LineField, TextField
from app.ui.inspector.workflow_fields import VersionField
from app.ui.widgets.labels import Label

Element = Step | BlockGroup | Edge | Note


class ConfigurePage(QWidget):
    """Shows one element; a form is made anew only when another kind of thing is selected."""

    edited = Signal(object, str)
    """A `GraphEdit`, and the key under which edits in a row are one undo."""

    def __init__(self, context: FieldContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("configure-page")
        self._context = context
        self._adapters = AdapterMemory()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 12, 16, 16)
        self._layout.setSpacing(14)
        self._name = LineField(FieldInfo("Name", "name"), most=255)
        self._name.edit.editingFinished.connect(self._rename)
        self._layout.addWidget(self._name)
        self._form: QWidget | None = None
        self._made_for: tuple[str, ...] = ()
        self.data: AvailableData | None = None
        self._general = Label("", "second", "status.error", wrap=True, name="fault-element")
        self._warnings = Label("", "second", "status.warn", wrap=True, name="warnings-element")
        self._layout.addWidget(self._general)
        self._layout.addWidget(self._warnings)
        self.foot = QVBoxLayout()
        self._layout.addLayout(self.foot)
        self._layout.addStretch(1)
        self._element: Element | None = None
        self.show_problems(())

    @property
    def form(self) -> ConfigForm | None:
        return self._form if isinstance(self._form, ConfigForm) else None

    @property
    def fields(self) -> list[Field]:
        """The fields that are made, from top to bottom."""
        if isinstance(self._form, ConfigForm):
            return list(self._form.fields.values())
        return [self._form] if isinstance(self._form, Field) else []

    def show_element(self, element: Element, document: Document) -> None:
        self._element = element
        named = isinstance(element, Step | BlockGroup)
        self._name.setVisible(named)
        made_for = _signature(element, document)
        if made_for != self._made_for:
            self._made_for = made_for
            self._context.bursts.end()
            self._name.edit.setModified(False)
            self._replace_form(self._make(element, document))
        if isinstance(element, Step | BlockGroup) and not self._name.edit.isModified():
            self._name.edit.setText(element.name)
        self._show_values(element)
        self._show_data()
        self._name.set_frozen(document.is_snapshot)
        if isinstance(self._form, ConfigForm | Field):
            self._form.set_frozen(document.is_snapshot)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Each sentence stands at its field; what is about no field stands under the form."""
        faults: dict[str, str] = {}
        rest: dict[Severity, list[str]] = {"error": [], "warning": []}
        names = [spec.name for spec in self.form.specs.values()] if self.form is not None else []
        for problem in problems:
            place = problem.place.removeprefix("/config").strip("/").replace("/", ".")
            owner = next((name for name in names if _covers(name, place)), "") if place else ""
            sentence = self._without_name(problem.message)
            if problem.place == "/name":
                faults["name"] = sentence
            elif owner:
                faults.setdefault(owner, sentence)
            elif isinstance(self._form, Field) and place:
                faults.setdefault(self._form.info.name, sentence)
            else:
                rest[problem.severity].append(sentence)
        if self.form is not None:
            self.form.show_faults(faults)
        elif isinstance(self._form, Field):
            self._form.set_fault(faults.get(self._form.info.name, ""))
        self._name.set_fault(faults.get("name", ""))
        for label, sentences in ((self._general, rest["error"]), (self._warnings, rest["warning"])):
            label.setText("\n".join(sentences))
            label.setVisible(bool(sentences))

    def _show_data(self) -> None:
        """What may be dragged into the fields; a note has nothing to do with data."""
        wanted = not isinstance(self._element, Note)
        if self.data is None and wanted:
            self.data = AvailableData(self._context, name="available-data")
            self.data.taken.connect(self.take_path)
            self.foot.addWidget(self.data)
        if self.data is not None:
            self.data.setVisible(wanted)

    def take_path(self, path: str) -> None:
        """Put a path in where the caret was last; else into the first field that takes one."""
        field = self._context.last_field or next((made for made in self.fields if made.takes_paths and made.isVisible()), None)
        if field is not None:
            field.take_path(path)

    def focus_first(self) -> None:
        """Into the first field that is for writing: the name, or what the edge or note is about."""
        if isinstance(self._element, Step | BlockGroup):
            self._name.focus()
            self._name.edit.selectAll()
        elif isinstance(self._form, Field):
            self._form.focus()

    def focus_field(self, place: str) -> None:
        """Into the field that a problem's place is about, with its section opened."""
        wanted = place.removeprefix("/config").strip("/").replace("/", ".")
        if wanted == "name" or self.form is None:
            self.focus_first()
            return
        name = next((spec.name for spec in self.form.specs.values() if _covers(spec.name, wanted)), "")
        if (found := self.form.field_for(name)) is not None:
            found.focus()
            self._context.attended.emit(found)

    def _without_name(self, sentence: str) -> str:
        """At its field a sentence need not say which step it is about."""
        name = self._element.name if isinstance(self._element, Step | BlockGroup) else ""
        return sentence.removeprefix(f"{name}: ") if name else sentence

    def _make(self, element: Element, document: Document) -> QWidget:
        catalog = document.session.catalog
        match element:
            case Step() if (kind := catalog.steps.get(element.type)) is not None:
                return self._config_form(ConfigForm(step_sections(kind, element.config, catalog), self._context))
            case BlockGroup() if (group := catalog.groups.get(element.type)) is not None:
                return self._config_form(ConfigForm(group_sections(group, element.config), self._context))
            case Edge():
                hint = "Empty: always. It sees the source’s output as $."
                field = TextField(FieldInfo("Condition", "condition", hint, context=self._context), many=False, bare=True)
                field.changed.connect(lambda value, of=element.id: self._send(SetCondition(of, value), f"condition:{of}"))
                return field
            case Note():
                field = TextField(FieldInfo("Text", "text", "Markdown."), many=True)
                field.changed.connect(lambda value, of=element.id: self._send(SetNoteText(of, value or ""), f"note:{of}"))
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

    def _show_values(self, element: Element) -> None:
        match element, self._form:
            case ((Step() | BlockGroup()), ConfigForm() as form):
                form.show_config(element.config)
                version, of = form.fields.get(("version",)), element.config.get("workflow_id")
                if isinstance(version, VersionField):
                    version.show_versions_of(of if isinstance(of, str) else "")
            case Edge(), TextField() as field:
                field.set_value(element.condition)
            case Note(), TextField() as field:
                field.set_value(element.text)
            case _:
                pass

    def _on_field(self, edited: Edited) -> None:
        element = self._element
        if not isinstance(element, Step | BlockGroup):
            return
        config: Mapping[str, Json] = edited.applied(element.config)
        document = self._context.document
        if document is not None and isinstance(element, Step):
            config = self._adapters.changed(element, config, document.session.catalog)
        self._send(SetConfig(element.id, config), f"config:{element.id}:{'.'.join(edited.path)}")

    def _send(self, edit: object, field: str) -> None:
        self.edited.emit(edit, self._context.bursts.key(field))

    def _rename(self) -> None:
        name = self._name.edit.text().strip()
        self._name.edit.setModified(False)
        if isinstance(self._element, Step | BlockGroup) and name != self._element.name:
            if name:
                self.edited.emit(Rename(self._element.id, name), "")
            else:
                self._name.edit.setText(self._element.name)


def _signature(element: Element, document: Document) -> tuple[str, ...]:
    """What decides which fields a form has."""
    if isinstance(element, Step):
        kind = document.session.catalog.steps.get(element.type)
        adapter = str(element.config.get(adapter_field(kind)) or "") if kind is not None else ""
        return element.id, element.type, adapter
    return element.id, element.type if isinstance(element, BlockGroup) else ""


def _covers(field: str, place: str) -> bool:
    return place == field or place.startswith(f"{field}.")

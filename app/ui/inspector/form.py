"""A form made from a config model. It holds no state of its own: it shows a config, and each edit says which field becomes what.

Sections that are folded are made when they are opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.json_value import Json
from app.domain.known_data import short_text
from app.ui.inspector.field_info import UNSET
from app.ui.inspector.fields import Field
from app.ui.inspector.making import make_field
from app.ui.inspector.specs import MISSING, Config, Edited, FieldSpec, Path, Section, edit_of, value_at
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fold import Fold
from app.ui.widgets.labels import ElidedLabel, Label

if TYPE_CHECKING:
    from app.ui.inspector.context import FieldContext

_MOST_LEFT = 30


@dataclass(frozen=True, slots=True)
class _Part:
    """A section on the screen; `fold` is None for the one on top."""

    section: Section
    fold: Fold | None


class ConfigForm(QWidget):
    """The fields of one config in sections."""

    edited = Signal(object)
    """An `Edited`."""

    def __init__(self, sections: Sequence[Section], context: FieldContext | None = None, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(14)
        self._context = context
        self.fields: dict[Path, Field] = {}
        self.specs: dict[Path, FieldSpec] = {spec.path: spec for section in sections for spec in section.specs}
        self._parts: list[_Part] = []
        self._config: Mapping[str, Json] | None = None
        self._faults: Mapping[str, str] = {}
        self._frozen = False
        self._notes: list[tuple[Label, Callable[[Config], str]]] = []
        self.left = LeftOver()
        self.left.removed.connect(lambda name: self.edited.emit(Edited((name,), remove=True)))
        for section in sections:
            self._add(section)
            if not section.title:
                self._layout.addWidget(self.left)
        self._layout.addWidget(self.left) if not any(not section.title for section in sections) else None

    def show_config(self, config: Mapping[str, Json]) -> None:
        self._config = config
        for path in list(self.fields):
            self._show_field(path)
        for note, words in self._notes:
            _say(note, words(config))
        known = {spec.path[0] for spec in self.specs.values()}
        self.left.show_keys({name: value for name, value in config.items() if name not in known and name != "notes"})

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Sentences by the name of the field they are about (`retry.backoff`); a section with a new one opens."""
        before, self._faults = self._faults, faults
        for part in self._parts:
            names = {spec.name for spec in part.section.specs}
            if part.fold is not None and any(name in faults and name not in before for name in names):
                part.fold.head.setChecked(True)
        for path, made in self.fields.items():
            made.set_fault(faults.get(".".join(path), ""))

    def set_frozen(self, frozen: bool) -> None:
        self._frozen = frozen
        self.left.setEnabled(not frozen)
        for made in self.fields.values():
            made.set_frozen(frozen)

    def field_for(self, name: str) -> Field | None:
        """The field of that name, made if its section was closed, which opens."""
        path = tuple(name.split("."))
        for part in self._parts:
            if any(spec.path == path for spec in part.section.specs) and part.fold is not None:
                part.fold.head.setChecked(True)
        return self.fields.get(path)

    def _add(self, section: Section) -> None:
        if not section.title:
            self._parts.append(_Part(section, None))
            self._fill(section, self._layout)
            return
        fold = Fold(section.title, folded=True)
        self._layout.addWidget(fold)
        self._parts.append(_Part(section, fold))
        fold.head.toggled.connect(lambda _open: self._fill(section, fold.content))
        if not section.folded:
            fold.head.setChecked(True)

    def _fill(self, section: Section, inside: QVBoxLayout) -> None:
        """Make a section's fields, the first time that they are seen."""
        if not section.specs or section.specs[0].path in self.fields:
            return
        row_of = {name: row for row in section.rows for name in row}
        boxes: dict[tuple[str, ...], QHBoxLayout] = {}
        for spec in section.specs:
            made = make_field(spec, self._context)
            made.changed.connect(lambda value, spec=spec: self.edited.emit(edit_of(spec, value)))
            made.reset.connect(lambda spec=spec: self.edited.emit(Edited(spec.path, remove=True)))
            made.set_frozen(self._frozen)
            self.fields[spec.path] = made
            if (row := row_of.get(spec.name)) is not None:
                if row not in boxes:
                    boxes[row] = QHBoxLayout()
                    boxes[row].setSpacing(10)
                    inside.addLayout(boxes[row])
                    if section.note is not None:
                        inside.addWidget(self._note_of(section.note))
                boxes[row].addWidget(made, section.weights.get(spec.name, 1), Qt.AlignmentFlag.AlignTop)
            else:
                inside.addWidget(made)
            if self._config is not None:
                self._show_field(spec.path)
            if spec.name in self._faults:
                made.set_fault(self._faults[spec.name])

    def _note_of(self, words: Callable[[Config], str]) -> Label:
        note = Label("", "second", "text_second", wrap=True, name="form-note")
        self._notes.append((note, words))
        if self._config is not None:
            _say(note, words(self._config))
        return note

    def _show_field(self, path: Path) -> None:
        config, made, spec = self._config, self.fields[path], self.specs[path]
        assert config is not None
        value = spec.read(config) if spec.read is not None else value_at(config, path)
        made.set_value(UNSET if value is MISSING else value)
        if spec.shown is not None:
            made.setVisible(spec.shown(config) or (spec.read is None and value is not MISSING))


def _say(label: Label, words: str) -> None:
    label.setText(words)
    label.setVisible(bool(words))


class LeftOver(QWidget):
    """Keys that no field of the form knows: shown, and gone only when a person takes them out."""

    removed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("unknown-keys")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(Label("Not known here", "ui"))
        words = "Kept as they are, but a run will not take them. They may belong to another adapter."
        self._layout.addWidget(Label(words, "caption", "text_second", wrap=True))
        self._rows: dict[str, QWidget] = {}
        self._shown: Mapping[str, Json] = {}
        self.hide()

    def show_keys(self, keys: Mapping[str, Json]) -> None:
        self.setVisible(bool(keys))
        if keys == self._shown:
            return
        self._shown = dict(keys)
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows = {name: self._row(name, value) for name, value in list(keys.items())[:_MOST_LEFT]}
        for row in self._rows.values():
            self._layout.addWidget(row)

    def _row(self, name: str, value: Json) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(ElidedLabel(name, "code", name=f"unknown-{name}"), 1)
        row.addWidget(ElidedLabel(short_text(value), "code", "text_second"), 2)
        remove = IconButton("x", f"Remove {name}", name=f"remove-unknown-{name}", size=22, icon_size=13)
        remove.clicked.connect(lambda: self.removed.emit(name))
        row.addWidget(remove)
        return box

"""How a payload becomes the input of a run: a name and a JSONPath a row, with what each finds in a payload that came."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.deliveries import MappingInvalid, check_mapping
from app.domain.errors import AppError
from app.domain.expressions.json_path import select_places
from app.domain.json_value import Json, dumps
from app.ui.inspector.data_drag import Zone
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.theme import font
from app.ui.triggers.findings import Finding, finding_of
from app.ui.triggers.path_edit import FreeSpace, PathEdit
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.painting import set_state

LOOK_MS = 100


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    name: QLineEdit
    path: PathEdit
    found: ElidedLabel
    gone: IconButton

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return (self.name, self.path, self.found, self.gone)


class MappingEditor(QWidget):
    """`changed` when a person has changed a row. Without rows the payload itself is the input."""

    changed = Signal()
    places_shown = Signal(object)
    """Where the path under the pointer, else the one that is written at, finds something in the payload."""
    row_added = Signal(QWidget)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapping-editor")
        self.setAccessibleName("Mapping")
        self.source: QWidget | None = None
        """What has the focus while a value is chosen for a row."""
        self._payload: Json = None
        self._payload_text = ""
        self._known: dict[str, Finding] = {}
        """What paths find in this payload, as far as it was looked for."""
        self._is_looking = False
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._look_soon = QTimer(self, singleShot=True)
        self._look_soon.timeout.connect(self._look)
        self._rows: list[_Row] = []
        self._target: _Row | None = None
        self._hovered: _Row | None = None
        self.verdict = Label("", "second", "text_second", wrap=True, name="mapping-verdict")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 3)
        self._grid.setColumnStretch(0, 2)
        self._whole = Label("The payload itself is the input.", "ui", "text_second", wrap=True, name="mapping-whole")
        self._space = FreeSpace()
        self._space.path_dropped.connect(self._add_found)
        self.add_button = Button("Field", "quiet", icon_name="plus", name="mapping-add")
        self.add_button.clicked.connect(lambda: self._add("", "$.", focus=True))
        head = QHBoxLayout()
        head.addWidget(Label("Mapping", "node_title"))
        head.addWidget(self.verdict, 1)
        head.addWidget(self.add_button)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(8)
        down.addLayout(head)
        down.addWidget(self._whole)
        down.addLayout(self._grid)
        down.addWidget(self._space, 1)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    def set_mapping(self, mapping: Mapping[str, str] | None) -> None:
        """Show another webhook's mapping; nobody is told."""
        while self._rows:
            self._drop(0)
        for name, path in (mapping or {}).items():
            self._add(name, path)
        self._follow()

    def mapping(self) -> dict[str, str] | None:
        """As it stands.

        Raises:
            MappingInvalid: a name is empty or there twice, or a path is none.
        """
        if not self._rows:
            return None
        made: dict[str, Json] = {}
        for row in self._rows:
            key = row.name.text().strip()
            if key in made:
                raise MappingInvalid(f"“{key:.60}” is mapped twice.")
            made[key] = row.path.text().strip()
        return check_mapping(made)

    def show_payload(self, payload: Json) -> None:
        """Say what each path finds in it."""
        text = dumps(payload)  # 1 and true are equal to Python
        if text != self._payload_text:
            self._payload, self._payload_text = payload, text
            self._known.clear()
            self._follow()

    def insert_path(self, path: str) -> None:
        """Put a path into the row that is written at, or into a new row."""
        if not self.isEnabled():
            return
        row = self._target
        if row is None:
            self._add_found(path)
            return
        if not row.name.text().strip():
            row.name.setText(self._free_name(path))
        row.path.take_path(path)
        self._aim_at(None)  # the next value is another row's

    def zones(self) -> Sequence[Zone]:
        """Where a value may be dragged just now."""
        return [*(row.path for row in self._rows), self._space] if self.isEnabled() else []

    def focus_first(self) -> None:
        (self._rows[0].path if self._rows else self.add_button).setFocus()

    def _add(self, name: str, path: str, *, focus: bool = False) -> None:
        at = len(self._rows)
        key, value = QLineEdit(name), PathEdit(path)
        for field, words in ((key, "Input"), (value, "JSONPath")):
            field.setObjectName(f"mapping-{words.lower()}-{at}")
            field.setAccessibleName(words)
            field.setFont(font("code"))
            field.setCursorPosition(0)
            field.textEdited.connect(lambda _text: self._on_edit())
        found = ElidedLabel("", "code", "text_second", name=f"mapping-result-{at}")
        gone = IconButton("x", "Remove this field", name=f"mapping-remove-{at}", size=26, icon_size=14)
        row = _Row(key, value, found, gone)
        value.hovered.connect(partial(self._on_hover, row))
        value.taken.connect(self._on_edit)
        gone.clicked.connect(partial(self._remove, row))
        self._rows.append(row)
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, at, column)
        self._follow()
        self.row_added.emit(key)
        if focus:
            key.setFocus()

    def _add_found(self, path: str) -> None:
        """A row of its own for a value of the payload, named after its key."""
        self._add(self._free_name(path), path)
        self._on_edit()

    def _free_name(self, path: str) -> str:
        """The value's key; with that of what it is in where another row has it, then numbered."""
        taken = {row.name.text().strip() for row in self._rows}
        try:
            places = select_places(path, self._payload)
        except AppError:
            places = []
        keys = [key for key in places[0] if isinstance(key, str) and key] if places else []
        key = keys[-1] if keys else "payload"
        longer = "_".join(keys[-2:]) or key
        names = itertools.chain((key, longer), (f"{key}_{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    def _remove(self, row: _Row, _checked: bool = False) -> None:
        self._drop(self._rows.index(row))
        self._on_edit()

    def _drop(self, at: int) -> None:
        row = self._rows.pop(at)
        if row is self._target:
            self._target = None
        if row is self._hovered:
            self._hovered = None
        for widget in row.widgets:
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    # Which row is meant

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and now is not self.source:
            self._aim_at(next((row for row in self._rows if now in (row.name, row.path)), None))

    def _aim_at(self, row: _Row | None) -> None:
        if row is not self._target:
            if self._target is not None:
                set_state(self._target.path, "target", False)
            self._target = row
            if row is not None:
                set_state(row.path, "target", True)
            self._show_places()

    def _on_hover(self, row: _Row, on: bool) -> None:
        self._hovered = row if on else None
        self._show_places()

    def _show_places(self) -> None:
        row = self._hovered or self._target
        finding = self._known.get(row.path.text().strip()) if row is not None else None
        self.places_shown.emit(finding.places if finding is not None else ())

    # What the paths find

    def _on_edit(self) -> None:
        self._follow(after_ms=LOOK_MS)
        self.changed.emit()

    def _follow(self, *, after_ms: int = 0) -> None:
        """Show what is known, and look for the rest once nobody types."""
        self._whole.setVisible(not self._rows)
        self._show_findings()
        if self._unknown() is not None:
            self._look_soon.start(after_ms)

    def _look(self) -> None:
        """For one path at a time."""
        if not self._is_looking and (path := self._unknown()) is not None:
            self._is_looking = True
            self._tasks.start(self._find(path))

    async def _find(self, path: str) -> None:
        payload, text = self._payload, self._payload_text
        try:
            finding = await asyncio.to_thread(finding_of, path, payload)
        finally:
            self._is_looking = False
        if text == self._payload_text:
            wanted = {row.path.text().strip() for row in self._rows}
            self._known = {known: finding for known, finding in self._known.items() if known in wanted}
            self._known[path] = finding
            self._show_findings()
        self._look_soon.start(0)

    def _unknown(self) -> str | None:
        return next((path for row in self._rows if (path := row.path.text().strip()) not in self._known), None)

    def _show_findings(self) -> None:
        for row in self._rows:
            if (finding := self._known.get(row.path.text().strip())) is not None:
                row.found.setText(finding.words)
                row.found.set_colour(finding.colour)
        self._show_places()

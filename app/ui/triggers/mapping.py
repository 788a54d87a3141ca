"""How a payload becomes the input of a run: a name and a JSONPath a row, with what each finds in a payload that came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.deliveries import MappingInvalid, check_mapping
from app.domain.errors import AppError
from app.domain.expressions.json_path import select_all
from app.domain.json_value import Json, dumps
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import ElidedLabel, Label

MOST_SHOWN = 60


class MappingEditor(QWidget):
    """`changed` when a person has changed a row. Without rows the payload itself is the input."""

    changed = Signal()
    path_entered = Signal(str)
    """The path of the row that has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapping-editor")
        self.setAccessibleName("Mapping")
        self._payload: Json = None
        self._has_payload = False
        self._rows: list[tuple[QLineEdit, QLineEdit, ElidedLabel, IconButton]] = []
        self.verdict = Label("", "second", "text_second", wrap=True, name="mapping-verdict")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 3)
        self._grid.setColumnStretch(0, 2)
        self._whole = Label("The payload itself is the input.", "ui", "text_second", wrap=True, name="mapping-whole")
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
        down.addStretch(1)

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
        for name, path, _, _ in self._rows:
            key = name.text().strip()
            if key in made:
                raise MappingInvalid(f"“{key:.60}” is mapped twice.")
            made[key] = path.text().strip()
        return check_mapping(made)

    def show_payload(self, payload: Json, *, known: bool) -> None:
        """Say what each path finds in it."""
        self._payload, self._has_payload = payload, known
        self._follow()

    def insert_path(self, path: str) -> None:
        """Put a path into the row that has the focus, or into a new row."""
        row = next((row for row in self._rows if row[0].hasFocus() or row[1].hasFocus()), None)
        if row is None:
            name = path.rpartition(".")[2].split("[")[0].strip("'\"]") or "value"
            self._add(name, path, focus=True)
        else:
            row[1].setText(path)
        self._on_edit()

    def focus_first(self) -> None:
        (self._rows[0][1] if self._rows else self.add_button).setFocus()

    def _add(self, name: str, path: str, *, focus: bool = False) -> None:
        at = len(self._rows)
        key, value = QLineEdit(name), QLineEdit(path)
        for field, words in ((key, "Input"), (value, "JSONPath")):
            field.setObjectName(f"mapping-{words.lower()}-{at}")
            field.setAccessibleName(words)
            field.setProperty("code", True)
            field.textEdited.connect(lambda _text: self._on_edit())
        value.textChanged.connect(self.path_entered)
        found = ElidedLabel("", "code", "text_second", name=f"mapping-result-{at}")
        gone = IconButton("x", "Remove this field", name=f"mapping-remove-{at}", size=26, icon_size=14)
        row = (key, value, found, gone)
        gone.clicked.connect(partial(self._remove, row))
        self._rows.append(row)
        for column, widget in enumerate(row):
            self._grid.addWidget(widget, at, column)
        self._follow()
        if focus:
            (value if name else key).setFocus()
            if name:
                self._on_edit()

    def _remove(self, row: tuple[QLineEdit, QLineEdit, ElidedLabel, IconButton], _checked: bool = False) -> None:
        self._drop(self._rows.index(row))
        self._on_edit()

    def _drop(self, at: int) -> None:
        for widget in self._rows.pop(at):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    def _on_edit(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        self._whole.setVisible(not self._rows)
        for _, path, found, _ in self._rows:
            text, colour = self._found_by(path.text().strip())
            found.setText(text)
            found.set_colour(colour)

    def _found_by(self, path: str) -> tuple[str, str]:
        try:
            values = select_all(path, self._payload)
        except AppError as error:
            return str(error), "status.error"
        if not self._has_payload:
            return "", "text_second"
        if not values:
            return "null, nothing found", "status.warn"
        shown = dumps(values[0] if len(values) == 1 else values)
        short = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
        return (short, "status.ok") if len(values) == 1 else (f"{short}  list of {len(values)}", "status.ok")

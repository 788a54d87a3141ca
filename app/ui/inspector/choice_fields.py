"""Fields where one picks: on or off, one of a few, one of those that are known or anything else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter

from app.domain.json_value import Json, dumps
from app.ui.inspector.field_info import FieldInfo, Unset
from app.ui.inspector.fields import Field
from app.ui.inspector.text_fields import LineEdit
from app.ui.widgets.fields import Choice
from app.ui.widgets.switch import Switch


class BooleanField(Field):
    """On or off."""

    wants_switch = False

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info, captioned=False)
        self._box = Switch(info.title, name=f"input-{info.name}")
        self._box.clicked.connect(lambda on: self._send(bool(on)))
        self._place(self._box)
        if not info.templates:
            return
        # The words stand beside the knob; what else the head has stands in the same line.
        self._layout.removeWidget(self._box)
        self.head.insertWidget(0, self._box, 1)

    def _enter_fx(self, expression: str) -> None:
        super()._enter_fx(expression)
        self._box.show()
        self._box.setEnabled(False)

    def _enter_literal(self) -> None:
        super()._enter_literal()
        self._box.setEnabled(True)

    def _show(self, value: Json) -> None:
        self._box.setChecked(value is True)

    def _show_unset(self, default: Json | Unset) -> None:
        self._box.setChecked(default is True)


class ChoiceField(Field):
    """One of a few; a value that is none of them (an adapter that is gone) is shown as it is."""

    wants_switch = False

    def __init__(self, info: FieldInfo, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(info)
        self._box = Choice(name=f"input-{info.name}")
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(6)
        for value, words in choices:
            self._box.addItem(words, value)
        self._box.activated.connect(lambda at: self._send(self._box.itemData(at)))
        self._place(self._box)

    def _show(self, value: Json) -> None:
        text = value if isinstance(value, str) else "" if value is None else dumps(value)
        at = self._box.findData(text)
        if at < 0:
            self._box.insertItem(0, text or "Choose…", text)
            at = 0
        if at != self._box.currentIndex():
            self._box.setCurrentIndex(at)


class SuggestField(Field):
    """A text with suggestions, such as the names of models; anything else may be typed."""

    holds_text = True
    wants_switch = False

    def __init__(self, info: FieldInfo, suggestions: Sequence[str]) -> None:
        super().__init__(info)
        self._box = Choice(name=f"box-{info.name}")
        self._box.setEditable(True)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(6)
        self.edit = LineEdit(name=f"input-{info.name}")
        self.edit.setAccessibleName(info.title)
        self.edit.setPlaceholderText("Choose or type")
        self._box.setLineEdit(self.edit)
        self._box.addItems(list(suggestions))
        completer = QCompleter(list(suggestions), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.edit.setCompleter(completer)
        completer.activated.connect(self._send)
        self.edit.textEdited.connect(lambda text: self._send(text or None))
        self._box.activated.connect(lambda at: self._send(self._box.itemText(at)))
        self._place(self._box)

    def _show(self, value: Json) -> None:
        text = "" if value is None else value if isinstance(value, str) else dumps(value)
        if text != self.edit.text():
            self.edit.setText(text)
            self.edit.setCursorPosition(0)

    def _show_unset(self, default: Json | Unset) -> None:
        self.edit.clear()

"""The JSON editor: what changed is told line by line, and what is wrong by its line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.json_value import Json
from app.ui.widgets.json_edit import JsonEdit, fits


@pytest.fixture
def edit(dressed: object, qtbot: QtBot) -> JsonEdit:
    made = JsonEdit("Data", name="data")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def shown(edit: JsonEdit, before: Json, text: str) -> dict[int, str]:
    edit.set_value(before, before=before, compares=True)
    edit.setPlainText(text)
    edit.read_now()
    return {line: was.strip() for line, was in edit.changes.items()}


def test_lines_that_changed_say_what_they_were_and_new_ones_that_they_are(edit: JsonEdit) -> None:
    before: Json = {"a": 1, "b": [1, 2], "c": "same"}
    text = '{\n  "a": 2,\n  "b": [\n    1,\n    2,\n    3\n  ],\n  "c": "same"\n}'
    assert shown(edit, before, text) == {1: '"a": 1', 5: ""}


def test_many_changed_lines_are_held_against_each_other_one_by_one(edit: JsonEdit) -> None:
    before: Json = list(range(1000))
    edit.set_value(before, before=before, compares=True)
    edit.setPlainText(edit.toPlainText().replace("1", "7"))
    edit.read_now()
    assert len(edit.changes) == sum("1" in str(number) for number in range(1000))


def test_a_mistake_is_told_with_its_line_and_mended_by_typing(edit: JsonEdit, qtbot: QtBot) -> None:
    edit.setPlainText('{\n  "a": 1,\n}')
    edit.read_now()
    assert (edit.problem_line, "line 2" in edit.problem) == (2, True)
    cursor = edit.textCursor()
    cursor.setPosition(edit.toPlainText().rindex(","))
    edit.setTextCursor(cursor)
    with qtbot.waitSignal(edit.read):
        qtbot.keyClick(edit, Qt.Key.Key_Delete)
    assert (edit.problem, edit.value) == ("", {"a": 1})


def test_what_would_hold_the_window_up_is_not_edited() -> None:
    assert fits([{"a": 1}] * 1000)
    assert not fits([{"a": 1}] * 20_000)

"""Every edit can be written as JSON and read again, and nothing else can be read as one."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edit_codec import EDITS, EditUnreadable, coder_of, edit_from_json, edit_to_json
from app.domain.edits import Batch, MoveElements, Rename, SetConfig
from app.domain.json_value import dumps, loads
from app.domain.workflow import Position
from tests.domain.edit_strategies import JSON, edit_classes, edits_of

ANY_EDIT = st.one_of([edits_of(kind) for kind in EDITS.values()])


def test_every_edit_of_the_program_has_a_word_in_the_codec() -> None:
    missing = [kind for kind in edit_classes() if kind not in EDITS.values()]
    assert not missing, f"add to EDITS in app/domain/edit_codec.py: {missing}"
    assert len(set(EDITS.values())) == len(EDITS)


@pytest.mark.parametrize("word", EDITS)
def test_what_was_written_is_read_as_the_same_edit(word: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(edits_of(EDITS[word]))
    def check(edit: Any) -> None:
        again = edit_from_json(loads(dumps(edit_to_json(edit))))
        assert again == edit
        assert dumps(edit_to_json(again)) == dumps(edit_to_json(edit))  # true is not 1

    check()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_document_that_was_bent_anywhere_is_refused_with_a_sentence_or_still_an_edit(data: st.DataObject) -> None:
    document: Any = copy.deepcopy(edit_to_json(data.draw(ANY_EDIT)))
    place, key = document, "edit"
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        edit_from_json(document)
    except EditUnreadable as refusal:
        assert 10 < len(str(refusal)) < 400


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_other_json_is_refused(value: Any) -> None:
    with pytest.raises(EditUnreadable):
        edit_from_json(value)


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        ({"v": 2}, "version 2; this program reads version 1"),
        ({"v": True}, "version True"),
        ({"edit": "explode"}, "“explode”, which is no edit"),
        ({"edit": ["rename"]}, "no edit"),
        ({"extra": 1}, "the field “extra”, which this version"),
        ({"name": 3}, "edit.name is not a text"),
        ({"id": None}, "edit.id is not a text"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(bend: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EditUnreadable, match=sentence):
        edit_from_json({**edit_to_json(Rename("a", "b")), **bend})


def test_a_missing_field_is_refused_unless_it_has_a_default() -> None:
    document = edit_to_json(Batch((Rename("a", "b"),), "Both"))
    del document["text"]
    assert edit_from_json(document) == Batch((Rename("a", "b"),))
    del document["edits"]
    with pytest.raises(EditUnreadable, match="lacks the field “edits”"):
        edit_from_json(document)


@pytest.mark.parametrize("x", [2**31, -(2**31) - 1, 1.5, True, "1", None])
def test_a_place_beyond_what_the_canvas_can_hold_is_refused(x: object) -> None:
    document: Any = edit_to_json(MoveElements((("a", Position(1, 2)),)))
    document["positions"][0][1]["x"] = x
    with pytest.raises(EditUnreadable, match=r"positions\[0\]\[1\].x is not a whole number"):
        edit_from_json(document)


def test_edits_in_edits_without_end_and_bottomless_settings_are_refused() -> None:
    nested: Any = edit_to_json(Rename("a", "b"))
    del nested["v"]
    for _ in range(10_000):
        nested = {"edit": "batch", "edits": [nested], "text": ""}
    with pytest.raises(EditUnreadable, match="nested too deeply"):
        edit_from_json({"v": 1, **nested})
    config: Any = {}
    for _ in range(10_000):
        config = {"a": config}
    with pytest.raises(EditUnreadable, match="nested too deeply"):
        edit_from_json({"v": 1, "edit": "config", "id": "a", "config": config})


def test_settings_as_deep_as_the_gate_lets_in_can_be_kept() -> None:
    config: Any = {}
    for _ in range(62):
        config = {"a": config}
    edit = Batch((Batch((SetConfig("a", config),)),))
    assert edit_from_json(edit_to_json(edit)) == edit


def test_a_field_that_could_not_be_written_is_found_when_the_class_is_added() -> None:
    with pytest.raises(TypeError):
        coder_of(set[str])

"""The history names what was done and to what."""

from __future__ import annotations

import pytest

from app.domain.edit_words import words_of
from app.domain.edits import AddElements, Batch, Connect, GraphEdit, MoveElements, RemoveElements, Rename, SetConfig, SetDetails
from app.domain.workflow import Details, Edge, Position, Step
from tests.domain.edit_strategies import edit_classes
from tests.domain.test_edits import small


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Rename("s0", "Draft"), "Rename · Draft"),
        (SetConfig("s1", {}), "Change settings · Step 1"),
        (MoveElements((("s0", Position()), ("s1", Position()), ("n", Position()))), "Move · 3 elements"),
        (RemoveElements(("s1",)), "Delete · Step 1"),
        (AddElements((Step("x", "New", "transform"), Edge("y", "s0", "x"))), "Add · New"),
        (Connect(Edge("c", "s3", "s4")), "Connect · Step 3 → Step 4"),
        (Batch((Rename("s0", "A"), MoveElements((("s0", Position()),))), "Tidy up"), "Tidy up · A"),
        (SetDetails(Details("N")), "Change workflow"),
    ],
)
def test_an_act_is_named_with_what_it_was_about(edit: GraphEdit, words: str) -> None:
    graph = small()
    assert words_of(edit, edit.invert(graph), edit.apply(graph)) == words


def test_every_kind_of_edit_has_a_label() -> None:
    assert all(isinstance(kind.label, str) and kind.label for kind in edit_classes())

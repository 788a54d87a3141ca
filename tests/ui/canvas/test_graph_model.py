"""The model: every change is an edit, and it tells what changed."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from app.domain.edits import Connect, MoveElements, Rename, removal
from app.domain.errors import EditRefused
from app.domain.problems import Problem
from app.domain.workflow import Edge, Graph, Position
from app.ui.canvas.graph_model import GraphChange, GraphModel
from tests.ui.canvas.conftest import sample


@pytest.fixture
def model(dressed: QApplication) -> GraphModel:
    return GraphModel(sample())


def test_a_pushed_edit_changes_the_graph_and_tells_what_changed(model: GraphModel) -> None:
    heard: list[GraphChange] = []
    model.changed.connect(heard.append)
    model.push(MoveElements((("first", Position(8, 16)),)))
    assert model.graph.steps["first"].position == Position(8, 16)
    assert heard[0].steps.changed == {"first"}
    assert heard[0].count == 1


def test_undo_and_redo_emit_the_edits_that_lead_there(model: GraphModel) -> None:
    before = model.graph
    heard: list[GraphChange] = []
    model.push(removal(before, ["first"]))
    after = model.graph
    model.changed.connect(heard.append)
    model.undo_stack.undo()
    assert model.graph == before
    assert list(model.graph.steps) == list(before.steps)
    model.undo_stack.redo()
    assert model.graph == after
    assert heard[0].edges.added == {"e1", "e2"}
    assert [change.edit.apply(change.before) == change.after for change in heard if change.edit is not None] == [True, True]


def test_a_refused_edit_leaves_graph_and_history_alone(model: GraphModel) -> None:
    before = model.graph
    with pytest.raises(EditRefused):
        model.push(Connect(Edge("x", "second", "first")))
    assert model.graph is before
    assert model.undo_stack.count() == 0


def test_edits_with_one_merge_key_are_one_undo(model: GraphModel) -> None:
    before = model.graph
    for text in ("F", "Fe", "Fet"):
        model.push(Rename("first", text), merge_key="name first")
    model.push(Rename("second", "X"), merge_key="name second")
    assert model.undo_stack.count() == 2
    model.undo_stack.undo()
    assert model.graph.steps["first"].name == "Fet"
    model.undo_stack.undo()
    assert model.graph == before
    model.undo_stack.redo()
    assert model.graph.steps["first"].name == "Fet"


def test_an_undo_says_what_it_undoes(model: GraphModel) -> None:
    model.push(MoveElements((("first", Position(8, 16)),)))
    assert model.undo_stack.undoText() == "Move"


def test_opening_another_graph_forgets_the_history(model: GraphModel) -> None:
    heard: list[GraphChange] = []
    model.push(Rename("first", "X"))
    model.changed.connect(heard.append)
    model.open(Graph())
    assert not model.undo_stack.canUndo()
    assert heard[0].edit is None
    assert heard[0].steps.removed == set(sample().steps)


def test_problems_are_told_once(model: GraphModel) -> None:
    told: list[int] = []
    model.problems_changed.connect(lambda: told.append(1))
    problem = Problem("error", "bad_config", "“n” is missing.", "first")
    model.set_problems([problem])
    model.set_problems([problem])
    assert model.problems == (problem,)
    assert len(told) == 1

"""Autosave: in order, one batch at a time, nothing lost by a failure, still after a conflict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from pytestqt.qtbot import QtBot

from app.domain.edits import GraphEdit, Rename
from app.domain.errors import DatabaseUnavailable, WorkflowConflict
from app.ui.autosave import Autosave
from app.ui.canvas.graph_model import GraphModel
from tests.ui.samples import chain


class Store:
    """Where edits go: remembers batches, and fails or waits when told."""

    def __init__(self) -> None:
        self.batches: list[list[GraphEdit]] = []
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def save(self, edits: Sequence[GraphEdit], base_revision: int) -> int:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.batches.append(list(edits))
        return base_revision + 1


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def model(loop) -> GraphModel:
    return GraphModel(chain().graph)


@pytest.fixture
def autosave(model: GraphModel, store: Store) -> Autosave:
    return Autosave(model, store.save, revision=7, parent=model)


def rename(model: GraphModel, name: str) -> Rename:
    edit = Rename("s0", name)
    model.push(edit)
    return edit


def test_edits_made_in_one_go_are_one_save(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    edits = [rename(model, "A"), rename(model, "B")]
    assert autosave.state == "unsaved"
    qtbot.waitUntil(lambda: autosave.state == "saved")
    assert store.batches == [edits]
    assert autosave.revision == 8


def test_an_undo_is_saved_as_its_inverse(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    rename(model, "A")
    model.undo_stack.undo()
    qtbot.waitUntil(lambda: autosave.state == "saved")
    assert store.batches == [[Rename("s0", "A"), Rename("s0", "Step 0")]]


def test_what_comes_while_saving_is_the_next_batch(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    store.gate = asyncio.Event()
    first = rename(model, "A")
    qtbot.waitUntil(lambda: autosave.state == "saving")
    second = rename(model, "B")
    store.gate.set()
    qtbot.waitUntil(lambda: autosave.state == "saved")
    assert store.batches == [[first], [second]]


def test_a_failed_save_keeps_its_edits_and_tells_why(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    store.failure = DatabaseUnavailable()
    edit = rename(model, "A")
    qtbot.waitUntil(lambda: autosave.state == "failed")
    assert "database does not answer" in autosave.sentence
    store.failure = None
    task = asyncio.ensure_future(autosave.flush())
    qtbot.waitUntil(task.done)
    assert task.result() is True
    assert store.batches == [[edit]]


def test_a_failed_save_is_tried_again_by_itself(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    store.failure = DatabaseUnavailable()
    rename(model, "A")
    qtbot.waitUntil(lambda: autosave.state == "failed")
    store.failure = None
    qtbot.waitUntil(lambda: autosave.state == "saved", timeout=10_000)


def test_a_failed_save_is_tried_at_once_when_the_database_is_back(
    autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot
) -> None:
    store.failure = DatabaseUnavailable()
    edit = rename(model, "A")
    qtbot.waitUntil(lambda: autosave.state == "failed")
    store.failure = None
    autosave.retry()
    qtbot.waitUntil(lambda: autosave.state == "saved", timeout=1_500)
    assert store.batches == [[edit]]


def test_a_hand_that_never_rests_is_saved_all_the_same(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    for number in range(60):
        rename(model, f"N{number}")
        qtbot.wait(100)
        if store.batches:
            break
    assert 20 <= len(store.batches[0]) < 50


def test_after_a_conflict_nothing_is_sent(autosave: Autosave, model: GraphModel, store: Store, qtbot: QtBot) -> None:
    store.failure = WorkflowConflict(opened=7, current=9)
    rename(model, "A")
    qtbot.waitUntil(lambda: autosave.state == "conflict")
    store.failure = None
    rename(model, "B")
    task = asyncio.ensure_future(autosave.flush())
    qtbot.waitUntil(task.done)
    assert task.result() is False
    assert store.batches == []
    assert autosave.state == "conflict"


def test_opening_another_graph_is_no_edit(autosave: Autosave, model: GraphModel) -> None:
    model.open(chain("Other").graph)
    assert autosave.is_clean

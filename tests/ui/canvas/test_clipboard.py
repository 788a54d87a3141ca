"""Copy, cut, paste and duplicate with real keys, in the window and on two canvases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.definition_file import parse_text
from app.domain.workflow import Graph, Position
from app.ui.canvas.clipboard import LARGE_PART
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from app.ui.widgets.notices import NoticeBar
from tests.ui.canvas.conftest import CTRL, SHIFT, Hand


@pytest.fixture
def view(window: MainWindow, opened: Callable[[str], None]) -> Iterator[CanvasView]:
    """The canvas of an open workflow of three steps in a row."""
    opened("hello")
    shown = window.editor.view
    assert shown is not None
    shown.setFocus()
    yield shown
    QGuiApplication.clipboard().clear()


def names(graph: Graph) -> list[str]:
    return [step.name for step in graph.steps.values()]


def wires(graph: Graph) -> set[tuple[str, str]]:
    return {(graph.steps[e.source_step_id].name, graph.steps[e.target_step_id].name) for e in graph.edges.values()}


def test_copy_puts_a_definition_on_the_clipboard_and_paste_adds_it_at_the_pointer(view: CanvasView) -> None:
    hand = Hand(view)
    view.select(("s0", "s1"))
    hand.key(Qt.Key.Key_C, CTRL)
    definition, problems = parse_text(QGuiApplication.clipboard().text())
    assert definition is not None and not problems
    assert names(definition.graph) == ["Step 0", "Step 1"]
    at = QPointF(view.width() / 2, view.height() - 120)
    hand.move(at)
    hand.key(Qt.Key.Key_V, CTRL)
    assert names(view.graph) == ["Step 0", "Step 1", "Step 2", "Step 3", "Step 4"]
    assert ("Step 3", "Step 4") in wires(view.graph) and len(view.graph.edges) == 3
    first, second = view.selected_ids()
    middle = (view.node_rect(first).left() + view.node_rect(second).right()) / 2, view.node_rect(first).center().y()
    assert abs(middle[0] - at.x()) <= 5 and abs(middle[1] - at.y()) <= 5
    assert view.model is not None and view.model.undo_stack.count() == 1
    view.undo()
    assert len(view.graph.steps) == 3


def test_a_second_paste_does_not_cover_the_first(view: CanvasView) -> None:
    hand = Hand(view)
    view.select(("s0",))
    hand.key(Qt.Key.Key_C, CTRL)
    places = []
    for _ in range(2):
        hand.key(Qt.Key.Key_V, CTRL)
        places.append(view.graph.steps[view.selected_ids()[0]].position)
    assert places[0] != places[1]


def test_cut_takes_away_and_paste_with_wires_brings_all_back(view: CanvasView) -> None:
    hand = Hand(view)
    view.select(("s1",))
    hand.key(Qt.Key.Key_X, CTRL)
    assert names(view.graph) == ["Step 0", "Step 2"] and not view.graph.edges
    hand.key(Qt.Key.Key_V, CTRL | SHIFT)
    assert wires(view.graph) == {("Step 0", "Step 1"), ("Step 1", "Step 2")}
    hand.key(Qt.Key.Key_Z, CTRL)
    hand.key(Qt.Key.Key_V, CTRL)
    assert not view.graph.edges


def test_duplicate_stands_beside_the_original(view: CanvasView) -> None:
    hand = Hand(view)
    view.select(("s0",))
    hand.key(Qt.Key.Key_D, CTRL)
    (copy,) = view.selected_ids()
    original = view.graph.steps["s0"].position
    assert (view.graph.steps[copy].position.x, view.graph.steps[copy].position.y) == (original.x + 32, original.y + 32)


def test_a_duplicate_stays_in_its_group(canvas: CanvasView) -> None:
    canvas.select(("call",))
    canvas.clipboard.duplicate()
    (copy,) = canvas.selected_ids()
    assert canvas.graph.parent_of(copy) == ("guard", "try")


def test_a_drag_with_control_copies(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("note",))
    hand.press(hand.middle("third"), keys=CTRL)
    hand.move(hand.middle("third") + QPointF(20, -30), keys=CTRL)
    hand.move(hand.middle("third") + QPointF(40, -64), keys=CTRL)
    canvas.grab()
    hand.release(hand.middle("third") + QPointF(40, -64), keys=CTRL)
    (copy,) = canvas.selected_ids()
    assert canvas.graph.steps["third"].position == Position(688, 96)
    assert canvas.graph.steps[copy].name == "Third 2"
    assert canvas.graph.steps[copy].position == Position(728, 32)
    assert canvas.model is not None and canvas.model.undo_stack.count() == 1


def test_control_let_go_before_the_end_moves_and_escape_copies_nothing(canvas: CanvasView, hand: Hand) -> None:
    start = hand.middle("third")
    hand.press(start, keys=CTRL)
    hand.move(start + QPointF(20, -30), keys=CTRL)
    hand.move(start + QPointF(40, -64))
    hand.release(start + QPointF(40, -64))
    assert len(canvas.graph.steps) == 7 and canvas.graph.steps["third"].position == Position(728, 32)
    hand.press(hand.middle("third"), keys=CTRL)
    hand.move(start + QPointF(80, 130), keys=CTRL)
    hand.move(start + QPointF(90, 140), keys=CTRL)
    hand.key(Qt.Key.Key_Escape)
    hand.release(start, keys=CTRL)
    assert len(canvas.graph.steps) == 7


def test_a_copy_dragged_into_a_lane_stands_in_it(canvas: CanvasView, hand: Hand) -> None:
    lane = canvas.scene.geometry.lanes(canvas.scene.geometry.boxes.slot["guard"])[2]
    end = QPointF(760, 352 + lane.top + 40)
    hand.drag(hand.middle("inner"), end, keys=CTRL)
    assert canvas.graph.parent_of(canvas.selected_ids()[0]) == ("guard", "finally")
    assert canvas.graph.parent_of("inner") == ("loop", "body")


def test_a_paste_over_a_lane_stands_in_its_role(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("third",))
    canvas.clipboard.copy()
    lane = canvas.scene.geometry.lanes(canvas.scene.geometry.boxes.slot["guard"])[2]
    hand.move(QPointF(740, 352 + lane.top + lane.height / 2))
    canvas.clipboard.paste()
    assert canvas.graph.parent_of(canvas.selected_ids()[0]) == ("guard", "finally")


def test_a_group_is_copied_with_all_that_stands_in_it(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("guard",))
    canvas.clipboard.copy()
    hand.move(QPointF(250, 700))
    canvas.clipboard.paste()
    (copy,) = canvas.selected_ids()
    assert sorted(canvas.graph.steps[id].name for id in canvas.graph.descendants_of(copy)) == ["Call 2", "Tell 2"]


def test_what_is_copied_in_one_workflow_is_pasted_into_another(
    window: MainWindow, view: CanvasView, opened: Callable[[str], None], qtbot: QtBot
) -> None:
    view.select(("s0", "s1", "s2"))
    Hand(view).key(Qt.Key.Key_C, CTRL)
    opened("triage")
    other = window.editor.view
    assert other is not None and other is not view
    before = len(other.graph.steps)
    other.setFocus()
    Hand(other).key(Qt.Key.Key_V, CTRL)
    assert len(other.graph.steps) == before + 3
    assert len(other.selected_ids()) == 3


def test_foreign_text_is_refused_with_a_sentence(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    before = view.graph
    bar = window.findChild(NoticeBar)
    assert isinstance(bar, NoticeBar)
    for text in ("just words", '{"nodes": []}', '{"steps": [{"id": "a", "evil": true}]}', "[" * 100_000):
        bar.dismiss()
        QGuiApplication.clipboard().setText(text)
        Hand(view).key(Qt.Key.Key_V, CTRL)
        qtbot.waitUntil(lambda: bar.isVisible() and bar.text.endswith("."))
    assert view.graph is before


def test_odd_wires_beside_the_text_count_for_nothing(view: CanvasView) -> None:
    view.select(("s0",))
    Hand(view).key(Qt.Key.Key_C, CTRL)
    data = QMimeData()
    data.setText(QGuiApplication.clipboard().text())
    data.setData("application/x-orchestrion-wires", b'[1, {"source_step_id": 5}, {"source_step_id": "s0", "target_step_id": "nobody"}]')
    QGuiApplication.clipboard().setMimeData(data)
    Hand(view).key(Qt.Key.Key_V, CTRL | SHIFT)
    assert len(view.graph.steps) == 4 and len(view.graph.edges) == 2


def test_a_large_part_is_prepared_elsewhere_and_lands_all_the_same(view: CanvasView, qtbot: QtBot) -> None:
    number = 5 * LARGE_PART
    steps = [{"id": f"x{i}", "name": f"Step {i}", "type": "wait", "config": {"duration_ms": i}} for i in range(number)]
    QGuiApplication.clipboard().setText(json.dumps({"steps": steps}))
    Hand(view).key(Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(view.graph.steps) == 3 + number)
    assert len(view.selected_ids()) == number


def test_keys_in_a_field_stay_there(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    view.select(("s0",))
    Hand(view).key(Qt.Key.Key_C, CTRL)
    before = view.graph
    field = window.editor.palette_panel.search
    field.setFocus()
    field.setText("mock")
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "mock"
    QTest.keyClick(field, Qt.Key.Key_V, CTRL)
    assert view.graph is before


def test_what_cannot_be_changed_can_still_be_copied(canvas: CanvasView) -> None:
    canvas.set_editable(False)
    canvas.select(("first",))
    assert canvas.clipboard.copy()
    before = canvas.graph
    canvas.clipboard.paste()
    canvas.clipboard.cut()
    canvas.clipboard.duplicate()
    assert canvas.graph is before

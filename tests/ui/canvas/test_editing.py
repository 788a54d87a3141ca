"""Deleting, adding from the palette, folding."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.edits import Connect
from app.domain.workflow import Edge, Graph
from app.ui.canvas.entries import MIME, Entry, entries_of, entry_from_mime
from app.ui.canvas.palette import EntryRow, PalettePanel
from app.ui.canvas.view import CanvasView
from tests.catalog import CATALOG
from tests.ui.canvas.conftest import SHIFT, Hand, picture, shows
from tests.ui.mouse import double_click


def entry(type: str, adapter_id: str | None = None) -> Entry:
    return next(e for e in entries_of(CATALOG) if e.type == type and e.config.get("adapter_id") == adapter_id)


def drop(view: CanvasView, data: QMimeData, at: QPointF) -> bool:
    """What Qt sends when a drag comes in and is let go."""
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at.toPoint(), copy, data, left, none)
    QApplication.sendEvent(view, enter)
    if not enter.isAccepted():
        return False
    view.grab()  # the ghost is painted
    let_go = QDropEvent(at, copy, data, left, none)
    QApplication.sendEvent(view, let_go)
    return let_go.isAccepted()


def test_delete_takes_the_selection_with_its_edges_and_undo_brings_all_back(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    hand.click(hand.middle("first"))
    hand.key(Qt.Key.Key_Delete)
    assert "first" not in canvas.graph.steps
    assert canvas.graph.edges == {}
    assert canvas.selected_ids() == ()
    assert canvas.node_rect("first").isEmpty()
    canvas.undo()
    assert canvas.graph == before
    assert canvas.node_rect("first").topLeft() == QPointF(96, 96)


def test_delete_joins_the_neighbours_of_a_step_and_shift_delete_does_not(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("e3", "second", "third", "input.vip")))
    before = canvas.graph
    hand.click(hand.middle("second"))
    hand.key(Qt.Key.Key_Delete)
    joined = [(e.source_step_id, e.target_step_id, e.condition) for e in canvas.graph.edges.values()]
    assert joined == [("first", "third", "input.vip"), ("first", "inner", "$.n > 1")]
    canvas.undo()
    assert canvas.graph == before
    hand.click(hand.middle("second"))
    hand.key(Qt.Key.Key_Delete, SHIFT)
    assert set(canvas.graph.edges) == {"e2"}


def test_a_gap_that_delete_leaves_is_told(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(Connect(Edge("e3", "second", "third", "$.ok")))
    heard: list[str] = []
    canvas.told.connect(heard.append)
    hand.click(hand.middle("second"))
    hand.key(Qt.Key.Key_Delete)
    assert "third" not in {edge.target_step_id for edge in canvas.graph.edges.values()}
    assert heard == ["What followed “Second” asked for its output, so its neighbours are not connected."]


def test_a_deleted_group_goes_with_what_stands_in_it(canvas: CanvasView, hand: Hand) -> None:
    hand.click(hand.middle("loop"))
    hand.key(Qt.Key.Key_Delete)
    assert "loop" not in canvas.graph.groups
    assert "inner" not in canvas.graph.steps
    canvas.undo()
    assert canvas.graph.steps["inner"].block_group_id == "loop"


def test_an_edge_is_deleted_alone(canvas: CanvasView, hand: Hand) -> None:
    canvas.select(("e1",))
    hand.key(Qt.Key.Key_Backspace)
    assert set(canvas.graph.edges) == {"e2"}
    assert "first" in canvas.graph.steps


def test_an_entry_dropped_on_the_canvas_adds_a_step_there_and_selects_it(canvas: CanvasView) -> None:
    assert drop(canvas, entry("tool", "http").to_mime(), QPointF(500, 300))
    (added,) = canvas.selected_ids()
    step = canvas.graph.steps[added]
    assert (step.type, step.config, step.name, step.block_group_id) == ("tool", {"adapter_id": "http"}, "HTTP request", None)
    assert canvas.node_rect(added).contains(QPointF(500, 300))
    assert step.position.x % 8 == 0 and step.position.y % 8 == 0
    canvas.undo()
    assert added not in canvas.graph.steps


def test_an_entry_dropped_into_a_lane_stands_in_its_role(canvas: CanvasView) -> None:
    slot = canvas.scene.geometry.boxes.slot["guard"]
    lane = canvas.scene.geometry.lanes(slot)[2]
    drop(canvas, entry("llm").to_mime(), QPointF(740, 352 + lane.top + lane.height / 2))
    step = canvas.graph.steps[canvas.selected_ids()[0]]
    assert (step.block_group_id, step.group_role) == ("guard", "finally")


def test_two_of_a_kind_get_two_names(canvas: CanvasView) -> None:
    names = []
    for at in (QPointF(500, 300), QPointF(500, 640)):
        drop(canvas, entry("tool", "http").to_mime(), at)
        names.append(canvas.graph.steps[canvas.selected_ids()[0]].name)
    assert names == ["HTTP request", "HTTP request 2"]


def test_a_dropped_group_has_a_lane_for_each_role(canvas: CanvasView) -> None:
    drop(canvas, entry("try_catch").to_mime(), QPointF(300, 640))
    (added,) = canvas.selected_ids()
    lanes = canvas.scene.geometry.lanes(canvas.scene.geometry.boxes.slot[added])
    assert [lane.role for lane in lanes] == ["try", "catch", "finally"]
    assert all(lane.height >= 100 for lane in lanes)


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'{"config": 1}', b'{"kind":"step","type":"tool","title":"HTTP request","config":{"adapter_id":"evil"}}']
)
def test_a_drop_that_is_no_entry_of_ours_is_not_taken(canvas: CanvasView, said: bytes) -> None:
    data = QMimeData()
    data.setData(MIME, said)
    before = canvas.graph
    assert not drop(canvas, data, QPointF(500, 300))
    assert canvas.graph is before


def test_an_entry_survives_its_drag(dressed: QApplication) -> None:
    for each in entries_of(CATALOG):
        assert entry_from_mime(each.to_mime(), CATALOG) == each


def test_a_canvas_that_is_not_editable_takes_no_drop_and_no_delete(canvas: CanvasView, hand: Hand) -> None:
    canvas.set_editable(False)
    assert not drop(canvas, entry("llm").to_mime(), QPointF(500, 300))
    canvas.select(("first",))
    hand.key(Qt.Key.Key_Delete)
    assert "first" in canvas.graph.steps


def test_a_chevron_folds_a_group_and_opens_it_again(canvas: CanvasView, hand: Hand) -> None:
    before = canvas.graph
    corner = canvas.node_rect("loop").topLeft()
    hand.click(corner + QPointF(24, 23))
    assert canvas.node_rect("inner").isEmpty()
    assert canvas.node_rect("loop").height() == 64
    links, boxes = canvas.scene.geometry.links, canvas.scene.geometry.boxes
    assert boxes.ids[links.anchors[links.slot["e2"], 1]] == "loop"
    canvas.grab()
    hand.click(canvas.node_rect("loop").topRight() + QPointF(-20, 45))
    assert not canvas.node_rect("inner").isEmpty()
    assert canvas.graph is before


@pytest.fixture
def palette(dressed: QApplication, qtbot: QtBot) -> PalettePanel:
    panel = PalettePanel()
    qtbot.addWidget(panel)
    panel.set_catalog(CATALOG)
    panel.resize(240, 800)
    panel.show()
    return panel


def shown(panel: PalettePanel) -> list[str]:
    return [row.entry.title for row in panel.findChildren(EntryRow) if row.isVisible()]


def test_the_palette_shows_every_step_adapter_and_group(palette: PalettePanel) -> None:
    titles = shown(palette)
    assert {"Prompt model", "HTTP request", "Condition", "Parallel", "Try / catch"} <= set(titles)
    assert "Tool" not in titles  # a tool is chosen by its adapter
    assert len(titles) == len(entries_of(CATALOG))


def test_search_narrows_the_palette_and_enter_adds_the_first(palette: PalettePanel, canvas: CanvasView) -> None:
    palette.chosen.connect(canvas.add_entry)
    QTest.keyClicks(palette.search, "wait for br")
    assert shown(palette) == ["Join"]
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert canvas.graph.steps[canvas.selected_ids()[0]].type == "join"
    QTest.keyClicks(palette.search, " nonsense")
    assert shown(palette) == []


def test_a_palette_row_is_added_by_enter_and_by_double_click(palette: PalettePanel) -> None:
    heard: list[Entry] = []
    palette.chosen.connect(heard.append)
    row = palette.findChild(EntryRow, "palette-http")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Return)
    double_click(row)
    assert [each.title for each in heard] == ["HTTP request", "HTTP request"]


def test_a_section_of_the_palette_folds(palette: PalettePanel) -> None:
    head = palette.findChild(object, "palette-section-groups")
    QTest.mouseClick(head, Qt.MouseButton.LeftButton)
    assert "Parallel" not in shown(palette)
    QTest.mouseClick(head, Qt.MouseButton.LeftButton)
    assert "Parallel" in shown(palette)


def test_arrows_lead_from_the_search_through_the_rows_and_letters_back(palette: PalettePanel) -> None:
    palette.search.setFocus()
    rows = [row for row in palette.findChildren(EntryRow) if row.isVisible()]
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.focusWidget() is rows[0]
    QTest.keyClick(rows[0], Qt.Key.Key_Down)
    assert palette.focusWidget() is rows[1]
    QTest.keyClick(rows[1], Qt.Key.Key_Up)
    QTest.keyClick(rows[0], Qt.Key.Key_Up)
    assert palette.focusWidget() is palette.search
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    QTest.keyClicks(rows[0], "j")
    assert palette.focusWidget() is palette.search and palette.search.text() == "j"
    QTest.keyClicks(palette.search, "oin")
    assert shown(palette) == ["Join"]


def test_an_empty_canvas_says_how_to_begin(canvas: CanvasView, hand: Hand) -> None:
    assert canvas.model is not None
    canvas.model.open(Graph())
    middle = (canvas.width() // 2 - 150, canvas.height() // 2 - 12, 300, 40)
    assert shows(picture(canvas), middle, "#ECEEF5")
    hand.key(Qt.Key.Key_Space)
    hand.key(Qt.Key.Key_Escape)
    QTest.keyClick(canvas.adding.popup.search, Qt.Key.Key_Return)  # type: ignore[union-attr]
    canvas.select(())
    assert len(canvas.graph.steps) == 1

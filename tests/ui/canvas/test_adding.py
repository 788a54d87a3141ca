"""Adding by typing: how the popup opens, what it offers, and what a choice does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.ui.canvas.add_popup import AddPopup
from app.ui.canvas.add_rows import GroupChip, LinkButton, SuggestionRow
from app.ui.canvas.suggestions import Sample
from app.ui.canvas.view import CanvasView
from app.ui.theme import theme
from tests.ui.canvas.conftest import NONE, SHIFT, Hand
from tests.ui.mouse import double_click

FREE = QPointF(640, 330)


@pytest.fixture
def popup_of(canvas: CanvasView) -> PopupOf:
    return PopupOf(canvas)


class PopupOf:
    """The popup that is open now, and keys for it as they reach whatever has the focus."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas

    @property
    def it(self) -> AddPopup | None:
        return next((popup for popup in self._canvas.window().findChildren(AddPopup) if popup.isVisible()), None)

    def type(self, words: str) -> None:
        assert self.it is not None
        QTest.keyClicks(self.it.search, words)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        assert self.it is not None
        QTest.keyClick(self.it.window().focusWidget(), key, keys)

    @property
    def titles(self) -> list[str]:
        assert self.it is not None
        rows = [row for row in self.it.findChildren(SuggestionRow) if row.isVisible()]
        return [row.accessibleName() for row in sorted(rows, key=lambda row: row.y())]

    @property
    def highlighted(self) -> str:
        assert self.it is not None
        (row,) = [row for row in self.it.findChildren(SuggestionRow) if row.isVisible() and row.is_highlighted]
        return row.accessibleName()


def added(canvas: CanvasView) -> str:
    (id,) = canvas.selected_ids()
    return id


def wires(canvas: CanvasView) -> set[tuple[str, str, str | None]]:
    return {(e.source_step_id, e.target_step_id, e.condition) for e in canvas.graph.edges.values()}


def test_a_tap_on_space_opens_it_and_enter_adds_what_is_highlighted(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    activated: list[str] = []
    canvas.activated.connect(activated.append)
    hand.key(Qt.Key.Key_Space)
    assert popup_of.it is not None and popup_of.it.search.hasFocus()
    popup_of.type("condi")
    assert popup_of.titles[0] == "Condition"
    popup_of.key(Qt.Key.Key_Return)
    step = canvas.graph.steps[added(canvas)]
    assert (step.type, step.name) == ("condition", "Condition")
    assert step.position.x % 8 == 0 and step.position.y % 8 == 0
    assert activated == [step.id]
    assert popup_of.it is None
    assert canvas.model.undo_stack.count() == 1


def test_while_it_appears_it_takes_keys_and_with_reduced_motion_it_is_simply_there(
    canvas: CanvasView, hand: Hand, popup_of: PopupOf, qtbot: QtBot
) -> None:
    hand.key(Qt.Key.Key_Space)
    assert popup_of.it is not None and popup_of.it.graphicsEffect() is not None
    popup_of.type("condi")
    popup_of.key(Qt.Key.Key_Return)
    assert canvas.graph.steps[added(canvas)].type == "condition"
    hand.key(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: popup_of.it is not None and popup_of.it.graphicsEffect() is None, timeout=1_000)
    popup_of.key(Qt.Key.Key_Escape)
    theme().set_reduce_motion(True)
    try:
        hand.key(Qt.Key.Key_Space)
        assert popup_of.it is not None and popup_of.it.graphicsEffect() is None
    finally:
        theme().set_reduce_motion(False)


def test_space_held_pans_and_asks_nothing(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    before = canvas.camera
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    hand.drag(QPointF(500, 300), QPointF(560, 340))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.camera != before
    assert popup_of.it is None


def test_a_double_click_on_nothing_opens_it_there(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    double_click(canvas, FREE)
    popup_of.type("join")
    popup_of.key(Qt.Key.Key_Return)
    assert canvas.node_rect(added(canvas)).contains(FREE)


def test_a_double_click_in_a_lane_adds_to_its_role(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    lane = canvas.scene.geometry.lanes(canvas.scene.geometry.boxes.slot["guard"])[2]
    double_click(canvas, QPointF(700, 352 + lane.top + 50))
    popup_of.type("wait")
    popup_of.key(Qt.Key.Key_Return)
    step = canvas.graph.steps[added(canvas)]
    assert (step.block_group_id, step.group_role) == ("guard", "finally")


def test_a_wire_let_go_on_nothing_asks_what_it_leads_to(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.drag(canvas.port_pos("second", "out"), FREE)
    assert popup_of.it is not None
    popup_of.type("http")
    popup_of.key(Qt.Key.Key_Return)
    id = added(canvas)
    assert ("second", id, None) in wires(canvas)
    assert abs(canvas.port_pos(id, "in").x() - FREE.x()) <= 4 and abs(canvas.port_pos(id, "in").y() - FREE.y()) <= 4
    canvas.undo()
    assert id not in canvas.graph.steps and len(canvas.graph.edges) == 2


def test_escape_drops_the_wire_and_gives_the_focus_back(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    before = canvas.graph
    hand.drag(canvas.port_pos("second", "out"), FREE)
    popup_of.key(Qt.Key.Key_Escape)
    assert popup_of.it is None
    assert canvas.graph is before
    assert canvas.hasFocus()


def test_a_press_elsewhere_closes_it(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.key(Qt.Key.Key_Space)
    canvas.setFocus()  # as a press does
    hand.click(QPointF(940, 20))
    assert popup_of.it is None


def test_the_port_of_a_branch_goes_into_the_condition(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.drag(canvas.port_pos("check", "false"), QPointF(900, 330))
    popup_of.key(Qt.Key.Key_Return)
    assert ("check", added(canvas), "!result") in wires(canvas)


def test_a_wire_dragged_backwards_lists_what_comes_before(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.drag(canvas.port_pos("third", "in"), QPointF(640, 250))
    popup_of.type("condition")
    popup_of.key(Qt.Key.Key_Return)
    assert (added(canvas), "third", "result") in wires(canvas)
    assert canvas.node_rect(added(canvas)).right() <= 648


def test_shift_enter_goes_on_with_a_chain(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.drag(canvas.port_pos("second", "out"), QPointF(620, 240))
    popup_of.type("http")
    popup_of.key(Qt.Key.Key_Return, SHIFT)
    first = added(canvas)
    assert popup_of.it is not None and popup_of.it.search.text() == ""
    popup_of.type("join")
    popup_of.key(Qt.Key.Key_Return)
    last = added(canvas)
    assert {("second", first, None), (first, last, None)} <= wires(canvas)
    assert canvas.node_rect(last).left() > canvas.node_rect(first).right()
    assert not canvas.node_rect(last).intersects(canvas.node_rect("third"))


def test_shift_and_space_add_behind_the_selected_step(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    canvas.select(("third",))
    hand.key(Qt.Key.Key_Space, SHIFT)
    popup_of.key(Qt.Key.Key_Return)
    assert ("third", added(canvas), None) in wires(canvas)


def test_arrows_choose_and_the_ghost_is_told(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.key(Qt.Key.Key_Space)
    titles = popup_of.titles
    popup_of.key(Qt.Key.Key_Down)
    popup_of.key(Qt.Key.Key_Down)
    popup_of.key(Qt.Key.Key_Up)
    assert popup_of.highlighted == titles[1]
    assert popup_of.it is not None and popup_of.it.current is not None
    assert popup_of.it.current.entry.title == titles[1]
    canvas.grab()


def test_a_group_is_put_around_the_step_that_was_highlighted(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.drag(canvas.port_pos("second", "out"), FREE)
    popup_of.type("http")
    popup_of.it.search.clear()  # type: ignore[union-attr]
    while popup_of.highlighted != "HTTP request":
        popup_of.key(Qt.Key.Key_Down)
    popup_of.key(Qt.Key.Key_Tab)
    popup_of.key(Qt.Key.Key_Right)
    chip = popup_of.it.window().focusWidget()  # type: ignore[union-attr]
    assert isinstance(chip, GroupChip) and chip.suggestion.entry.type == "try_catch"  # type: ignore[union-attr]
    popup_of.key(Qt.Key.Key_Return)
    group = canvas.graph.groups[added(canvas)]
    (inside,) = canvas.graph.children_of(group.id)
    step = canvas.graph.steps[inside]
    assert (group.type, step.config["adapter_id"], step.group_role) == ("try_catch", "http", "try")
    assert ("second", step.id, None) in wires(canvas)
    assert canvas.node_rect(group.id).contains(canvas.node_rect(step.id))
    assert canvas.model.undo_stack.count() == 1


def test_what_follows_such_a_step_and_what_fits_its_data_comes_first(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    canvas.adding.sample_of = lambda id: Sample({"confidence": 0.9, "body": "Where is my refund, please?"}) if id == "second" else None
    canvas.adding.habits_of = lambda habit, forward: {"tool http": 3} if (habit, forward) == ("transform", True) else {}
    hand.drag(canvas.port_pos("second", "out"), FREE)
    assert popup_of.titles[:4] == ["HTTP request", "Transform", "Condition", "Prompt model"]
    popup_of.key(Qt.Key.Key_Down)
    popup_of.key(Qt.Key.Key_Down)
    popup_of.key(Qt.Key.Key_Return)
    assert canvas.graph.steps[added(canvas)].config["expression"] == "$.confidence > 0"


def test_what_would_not_work_is_hidden_with_the_reason_and_can_be_shown(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    canvas.adding.sample_of = lambda _id: Sample({"text": "no list here"})
    hand.drag(canvas.port_pos("second", "out"), FREE)
    popup = popup_of.it
    assert popup is not None
    said = popup.findChild(object, "add-hidden-text").text()
    assert said == "Map and For each are hidden: this port gives no list."
    assert "Map" not in popup_of.titles
    QTest.mouseClick(popup.findChild(LinkButton), Qt.MouseButton.LeftButton)
    assert "Map" in popup_of.titles


def test_typing_ranks_steps_and_groups_in_one_list(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.key(Qt.Key.Key_Space)
    popup_of.type("tr")
    assert popup_of.titles[:2] == ["Transform", "Try / catch"]
    popup_of.type("zzz")
    assert popup_of.titles == []
    assert popup_of.it is not None and popup_of.it.findChild(object, "add-nothing").isVisible()
    popup_of.key(Qt.Key.Key_Return)
    assert popup_of.it is not None


def test_a_click_on_a_row_adds_it_and_a_moving_pointer_highlights(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    hand.key(Qt.Key.Key_Space)
    assert popup_of.it is not None
    row = popup_of.it.findChild(SuggestionRow, "add-join")
    QTest.mouseMove(row, row.rect().center())
    assert popup_of.highlighted == "Join"
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert canvas.graph.steps[added(canvas)].type == "join"


def test_it_stays_within_the_window_and_opens_upwards_where_there_is_no_room(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    for at in (QPointF(30, 30), QPointF(990, 790), QPointF(500, 300)):
        double_click(canvas, at)
        popup = popup_of.it
        assert popup is not None, at
        assert canvas.rect().adjusted(-24, -24, 24, 40).contains(popup.geometry()), at
        popup_of.key(Qt.Key.Key_Escape)


def test_what_would_land_under_the_overview_is_brought_into_sight(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    from app.ui.canvas.minimap import Minimap

    overview = Minimap(canvas)
    overview.show()
    double_click(canvas, QPointF(960, 570))
    popup_of.key(Qt.Key.Key_Return)
    assert not canvas.node_rect(added(canvas)).intersects(overview.geometry())


def test_it_follows_when_the_canvas_is_panned_under_it(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    double_click(canvas, QPointF(300, 60))
    assert popup_of.it is not None
    before = popup_of.it.x()
    canvas.pan_by(40, 0)
    assert popup_of.it.x() == before + 40


def test_a_canvas_that_is_not_editable_offers_nothing(canvas: CanvasView, hand: Hand, popup_of: PopupOf) -> None:
    canvas.set_editable(False)
    hand.key(Qt.Key.Key_Space)
    assert popup_of.it is None


def test_the_first_field_of_the_inspector_has_the_focus_after_enter(opened: object, window: object, qtbot: QtBot) -> None:
    opened("hello")  # type: ignore[operator]
    view = window.editor.view  # type: ignore[attr-defined]
    popup = PopupOf(view)
    QTest.keyClick(view, Qt.Key.Key_Space)
    popup.type("http")
    popup.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.inspector.isAncestorOf(window.focusWidget()))  # type: ignore[attr-defined]
    assert not isinstance(window.focusWidget(), QPushButton)  # type: ignore[attr-defined]


def test_what_follows_such_a_step_in_other_workflows_comes_first(opened: object, window: object, qtbot: QtBot) -> None:
    opened("hello")  # type: ignore[operator]
    view = window.editor.view  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bool(view.adding.habits_of("llm", True)))
    view.select(("s2",))
    QTest.keyClick(view, Qt.Key.Key_Space, SHIFT)
    popup = PopupOf(view)
    # After a mock the other workflow has a prompt model, and its own steps lead from mock to mock twice.
    assert set(popup.titles[:2]) == {"Mock", "Prompt model"}

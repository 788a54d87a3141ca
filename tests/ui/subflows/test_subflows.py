"""Sub-workflows by hand: a selection taken out, jumped into and back from, and expanded in place again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import AddElements, SetConfig
from app.domain.json_value import Json
from app.domain.workflow import Definition, Edge, Graph, Position, Step
from app.ui.main_window import MainWindow
from tests.domain.both_forms import ends_of
from tests.fakes.services import FakeServices
from tests.ui.mouse import double_click

Open = Callable[[str], None]
LEFT = Qt.MouseButton.LeftButton
ALT, CTRL, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def click(qtbot: QtBot, parent: QWidget, name: str) -> None:
    found = parent.findChild(QAbstractButton, name)
    assert found is not None and found.isVisible(), name
    qtbot.mouseClick(found, LEFT)


def pick(qtbot: QtBot, window: MainWindow, *ids: str) -> None:
    """Click the first node, and the others with Shift."""
    view = window.editor.view
    for at, id in enumerate(ids):
        spot = view.node_rect(id).center().toPoint() + QPoint(20, 0)
        qtbot.mouseClick(view, LEFT, SHIFT if at else Qt.KeyboardModifier.NoModifier, spot)
    assert set(view.selected_ids()) == set(ids)


def texts() -> Definition:
    """A chain in which a later step names an earlier one."""
    outputs: list[Json] = ["{{ input }}", {"n": "{{ $ }}"}, {"of": "{{ $ }}", "first": "{{ steps.step_0.output }}"}, "{{ $.of }}"]
    steps = [Step(f"s{at}", f"Step {at}", "transform", {"output": output}, Position(at * 260, 0)) for at, output in enumerate(outputs)]
    edges = [Edge(f"e{at}", f"s{at}", f"s{at + 1}") for at in range(3)]
    return Definition("Flow", Graph({step.id: step for step in steps}, {edge.id: edge for edge in edges}))


def ran(graph: Graph, children: Mapping[str, Definition] | None = None) -> list[tuple[str, Json]]:
    """What runs of it give; not on the window's thread, which has a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ends_of, graph, children).result()


def the_dialog(window: MainWindow, qtbot: QtBot) -> QWidget:
    qtbot.waitUntil(lambda: window.findChild(QWidget, "extract-dialog") is not None)
    dialog = window.findChild(QWidget, "extract-dialog")
    qtbot.waitUntil(dialog.isVisible)
    return dialog


@pytest.fixture
def taken_out(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> MainWindow:
    """`flow`, with its two middle steps taken out as “Middle” and published."""
    services.workflows.add(texts(), id="flow")
    opened("flow")
    pick(qtbot, window, "s1", "s2")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_E, CTRL | ALT)
    dialog = the_dialog(window, qtbot)
    name = dialog.findChild(QLineEdit, "extract-name")
    name.selectAll()
    qtbot.keyClicks(name, "Middle")
    click(qtbot, dialog, "dialog-extract")
    qtbot.waitUntil(lambda: "workflow of its own" in window.notices.text)
    window.activateWindow()  # a window manager does that when a dialog closes
    qtbot.waitUntil(window.isActiveWindow)
    return window


def the_call(window: MainWindow) -> Step:
    return next(step for step in window.editor.current.model.graph.steps.values() if step.type == "subflow")


def the_child(services: FakeServices) -> str:
    return next(id for id, kept in services.workflows.kept.items() if kept.definition.name == "Middle")


def test_a_selection_becomes_a_workflow_that_gives_the_same(taken_out: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    model = taken_out.editor.current.model
    call, child = the_call(taken_out), the_child(services)
    assert set(model.graph.steps) == {"s0", call.id, "s3"} and taken_out.editor.view.selected_ids() == (call.id,)
    assert call.config["workflow_id"] == child
    kept = services.workflows.kept[child]
    assert (kept.version, kept.definition.description) == (1, "Extracted from Flow")
    assert services.workflows.notes == ["Extracted from Flow"]
    assert ran(model.graph, {child: kept.definition}) == ran(texts().graph)
    click(qtbot, taken_out.notices, "notice-action")
    assert model.graph == texts().graph  # one undo
    assert child in services.workflows.kept  # the new workflow stays


def test_the_dialog_says_what_goes_in_and_out_and_declining_changes_nothing(
    window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot
) -> None:
    services.workflows.add(texts(), id="flow")
    opened("flow")
    pick(qtbot, window, "s1", "s2")
    window.actions_of_window["extract-subflow"].trigger()
    dialog = the_dialog(window, qtbot)
    assert dialog.findChild(QLineEdit, "extract-name").text() == "Step 2"
    assert "An object with data, step_0" in dialog.findChild(QLabel, "extract-inputs").text()
    before = len(services.workflows.kept)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.wait(50)
    assert len(services.workflows.kept) == before and window.editor.current.model.graph == texts().graph


def test_what_cannot_be_taken_out_is_told_and_nothing_is_kept(
    window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot
) -> None:
    services.workflows.add(texts(), id="flow")
    opened("flow")
    window.editor.current.model.push(AddElements((Step("x", "Alone", "transform", {"output": 1}, Position(300, 200)),)))
    window.editor.view.zoom_to_fit()
    pick(qtbot, window, "s2", "x")
    qtbot.keyClick(window.editor.view, Qt.Key.Key_E, CTRL | ALT)
    qtbot.waitUntil(lambda: "Alone begins by itself" in window.notices.text)
    assert all(kept.definition.name != "Middle" for kept in services.workflows.kept.values())


def test_the_action_says_why_it_is_off(window: MainWindow, opened: Open) -> None:
    opened("hello")
    actions = window.actions_of_window
    assert "Select the steps" in actions.why_off("extract-subflow")
    assert "Select a step that calls" in actions.why_off("open-subflow")
    assert "not entered" in actions.why_off("back-to-caller")


def test_a_double_click_leads_in_and_the_breadcrumb_back(taken_out: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    window, call, child = taken_out, the_call(taken_out), the_child(services)
    caller = window.editor.current
    double_click(window.editor.view, window.editor.view.node_rect(call.id).center())
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.workflow_id == child)
    crumb = window.findChild(QAbstractButton, "breadcrumb-caller")
    assert crumb.isVisible() and crumb.text() == "Flow"
    qtbot.mouseClick(crumb, LEFT)
    assert window.editor.current is caller and window.editor.view.selected_ids() == (call.id,)
    assert not crumb.isVisible()


def test_keys_lead_in_and_back(taken_out: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    window, call = taken_out, the_call(taken_out)
    caller = window.editor.current
    window.editor.view.setFocus()
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Right, ALT)
    qtbot.waitUntil(lambda: window.editor.current is not caller)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Left, ALT)
    assert window.editor.current is caller and window.editor.view.selected_ids() == (call.id,)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Left, ALT)  # nothing to go back to
    assert window.editor.current is caller


def test_a_call_of_nothing_is_told(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    step = Step("call", "Call", "subflow", {"workflow_id": "gone"}, Position(0, 200))
    window.editor.current.model.push(AddElements((step,)))
    window.editor.view.zoom_to_fit()
    double_click(window.editor.view, window.editor.view.node_rect("call").center())
    qtbot.waitUntil(lambda: "no such workflow" in window.notices.text)


def test_expanding_puts_the_steps_back_with_room_and_one_undo(taken_out: MainWindow, qtbot: QtBot) -> None:
    window, call = taken_out, the_call(taken_out)
    model, view = window.editor.current.model, window.editor.view
    before = model.graph
    pick(qtbot, window, call.id)
    qtbot.keyClick(view, Qt.Key.Key_X, CTRL | ALT)
    qtbot.waitUntil(lambda: "stands in the place" in window.notices.text)
    graph = model.graph
    assert call.id not in graph.steps and len(graph.steps) == 4
    assert ran(graph) == ran(texts().graph)
    boxes = [view.node_rect(id) for id in graph.steps]
    assert not any(one.intersects(other) for at, one in enumerate(boxes) for other in boxes[at + 1 :])
    qtbot.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert model.graph == before


def test_a_step_that_goes_on_after_an_error_is_not_expanded(taken_out: MainWindow, qtbot: QtBot) -> None:
    window, call = taken_out, the_call(taken_out)
    model = window.editor.current.model
    model.push(SetConfig(call.id, {**call.config, "on_error": {"action": "continue", "output": 1}}))
    pick(qtbot, window, call.id)
    window.actions_of_window["expand-subflow"].trigger()
    qtbot.waitUntil(lambda: "goes on after an error" in window.notices.text)
    assert call.id in model.graph.steps


def test_errors_of_the_selection_come_along_and_are_told(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    services.workflows.add(texts(), id="flow")
    opened("flow")
    window.editor.current.model.push(SetConfig("s1", {"output": 1, "unknown": 2}))
    pick(qtbot, window, "s1")
    window.actions_of_window["extract-subflow"].trigger()
    click(qtbot, the_dialog(window, qtbot), "dialog-extract")
    qtbot.waitUntil(lambda: "could not be published yet" in window.notices.text)
    assert the_call(window).name == "Step 1"


def test_without_publishing_the_new_workflow_stays_a_draft(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    services.workflows.add(texts(), id="flow")
    opened("flow")
    pick(qtbot, window, "s1")
    window.actions_of_window["extract-subflow"].trigger()
    dialog = the_dialog(window, qtbot)
    click(qtbot, dialog, "extract-publish")
    click(qtbot, dialog, "dialog-extract")
    qtbot.waitUntil(lambda: "Publish it before" in window.notices.text)
    assert services.workflows.notes == []
    click(qtbot, window.notices, "notice-second-action")
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.workflow_id != "flow")

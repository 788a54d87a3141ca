"""A ticket triage from an empty canvas, by mouse and keys alone: typed, wired, grouped, conditions written, names given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.validation import validate
from app.domain.workflow import Definition, Graph
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from tests.catalog import CATALOG
from tests.fakes.services import FakeServices
from tests.ui.canvas.conftest import CTRL, NONE, SHIFT, Hand


class Person:
    """Looks at the canvas and works with mouse and keys; keys go to whatever has the focus."""

    def __init__(self, window: MainWindow, view: CanvasView) -> None:
        self.window, self.view, self.hand = window, view, Hand(view)

    def type(self, words: str) -> None:
        QTest.keyClicks(self._focus, words)

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self._focus, key, keys)

    def add(self, words: str, *, chain: bool = False) -> str:
        """Answer the popup; the new element's id."""
        before = {*self.view.graph.steps, *self.view.graph.groups}
        self.type(words)
        self.press(Qt.Key.Key_Return, SHIFT if chain else NONE)
        new = [id for id in (*self.view.graph.groups, *self.view.graph.steps) if id not in before]
        return new[0]

    def name(self, words: str) -> None:
        """The inspector's first field has the focus after Enter; all of it is selected."""
        self.press(Qt.Key.Key_A, CTRL)
        self.type(words)
        self.back()

    def back(self) -> None:
        self.hand.click(QPointF(self.view.width() - 20, 20))
        self.view.setFocus()

    def drop_wire(self, id: str, port: str, at: QPointF) -> None:
        self.hand.drag(self.view.port_pos(id, port), at)

    def id_of(self, name: str) -> str:
        graph = self.view.graph
        return next(node.id for node in (*graph.steps.values(), *graph.groups.values()) if node.name == name)

    @property
    def _focus(self) -> QWidget:
        found = self.window.focusWidget()
        assert isinstance(found, QWidget)
        return found


@pytest.fixture
def person(window: MainWindow, services: FakeServices, opened: Callable[[str], None], qtbot: QtBot) -> Iterator[Person]:
    services.workflows.add(Definition("By hand", Graph()), id="empty")
    window.resize(1800, 1100)
    opened("empty")
    view = window.editor.view
    assert view is not None
    view.setFocus()
    view.set_zoom(0.7)
    yield Person(window, view)


def test_ticket_triage_is_drawn_by_hand(person: Person, services: FakeServices, qtbot: QtBot) -> None:
    view, hand = person.view, person.hand
    hand.move(QPointF(110, 330))
    person.press(Qt.Key.Key_Space)
    ticket = person.add("mock", chain=True)
    classify = person.add("prompt", chain=True)
    route = person.add("condition")
    person.name("Needs a refund?")

    # The refund, guarded: a step with a group around it, from the port of the answer yes.
    person.drop_wire(route, "true", view.port_pos(route, "true") + QPointF(90, -150))
    while view.adding.popup.current.entry.title != "HTTP request":  # type: ignore[union-attr]
        person.press(Qt.Key.Key_Down)
    person.press(Qt.Key.Key_Tab)
    person.press(Qt.Key.Key_Right)
    person.press(Qt.Key.Key_Return)
    person.name("Refund with fallback")
    refund = person.id_of("Refund with fallback")
    (call,) = view.graph.children_of(refund)

    # All other mail: each attachment in turn, found by typing the group's name.
    person.drop_wire(route, "false", view.port_pos(route, "false") + QPointF(90, 170))
    each = person.add("for each")
    person.back()

    # What both lead to, from the group's own port, then the other wire by hand and the condition where it stands.
    person.drop_wire(refund, "out", view.port_pos(refund, "out") + QPointF(120, 120))
    draft = person.add("prompt")
    person.name("Draft reply")
    hand.drag(view.port_pos(each, "out"), view.port_pos(draft, "in"))
    (wire,) = view.selected_ids()
    person.press(Qt.Key.Key_Return)
    person.type("size($.results) > 0")
    person.press(Qt.Key.Key_Return)

    graph = view.graph
    inner = graph.children_of(each)[0]
    assert {(e.source_step_id, e.target_step_id, e.condition) for e in graph.edges.values()} == {
        (ticket, classify, None),
        (classify, route, None),
        (route, call, "result"),
        (route, inner, "!result"),
        (call, draft, None),
        (inner, draft, "size($.results) > 0"),
    }
    assert graph.edges[wire].condition == "size($.results) > 0"
    assert (graph.steps[call].group_role, graph.groups[refund].type, graph.groups[each].type) == ("try", "try_catch", "foreach")
    assert {step.name for step in graph.steps.values()} >= {"Needs a refund?", "Draft reply"}
    problems = validate(Definition.of(graph), CATALOG)
    assert {problem.id for problem in problems if problem.severity == "error"} <= {call, inner}  # their addresses are still to be given

    # Second thoughts: a step into the first wire, out again with its neighbours joined, and all the way back.
    rows = [view.node_rect(id) for id in graph.steps]
    assert not any(a.intersects(b) for index, a in enumerate(rows) for b in rows[:index])
    hand.click(hand.middle(classify))
    person.press(Qt.Key.Key_Delete)
    assert (ticket, route) in {(e.source_step_id, e.target_step_id) for e in view.graph.edges.values()}
    person.press(Qt.Key.Key_Z, CTRL)
    assert view.graph == graph
    person.press(Qt.Key.Key_A, CTRL)
    person.press(Qt.Key.Key_C, CTRL)
    person.press(Qt.Key.Key_V, CTRL)
    assert len(view.graph.steps) == 2 * len(graph.steps) and len(view.graph.edges) == 2 * len(graph.edges)
    while view.model is not None and view.model.undo_stack.canUndo():
        person.press(Qt.Key.Key_Z, CTRL)
    assert view.graph == Graph(details=view.graph.details)
    document = person.window.editor.current
    assert document is not None and document.autosave is not None
    qtbot.waitUntil(lambda: document.autosave is not None and document.autosave.is_clean)
    assert not services.workflows.kept["empty"].definition.graph.steps

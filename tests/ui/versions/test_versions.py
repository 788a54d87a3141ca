"""Versions by hand: what differs stands out on the canvas, each change can be gone to and taken back, and any version come back to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.access import DEFAULT_TENANT_ID, Actor, Role
from app.domain.definition_file import parse_definition
from app.domain.differences import differences
from app.domain.edits import AddElements, Connect, MoveElements, RemoveElements, SetConfig
from app.domain.json_value import loads
from app.domain.workflow import Definition, Edge, Graph, Position, Step
from app.ui.comparison.view import ComparisonDialog, ComparisonView
from app.ui.main_window import MainWindow
from app.ui.session import Session
from app.ui.theme import theme
from app.ui.versions.page import VersionsPage
from tests.catalog import CATALOG
from tests.fakes.services import FakeServices
from tests.ui.samples import chain

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def first() -> Definition:
    return chain(length=4)


def draft() -> Definition:
    """Since v2: s1 has another output, s3 is gone, `new` has come, s0 stands elsewhere."""
    graph = second().graph
    edits = (
        SetConfig("s1", {**graph.steps["s1"].config, "output": "later", "notes": "a note"}),
        RemoveElements(("s3",)),
        AddElements((Step("new", "New one", "transform", {"output": 1}, Position(500, 300)),)),
        Connect(Edge("e-new", "s2", "new")),
        MoveElements((("s0", Position(-40, 260)),)),
    )
    for edit in edits:
        graph = edit.apply(graph)
    return Definition.of(graph)


def second() -> Definition:
    graph = first().graph
    return Definition.of(SetConfig("s1", {**graph.steps["s1"].config, "output": "earlier"}).apply(graph))


@pytest.fixture
def page(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> VersionsPage:
    """The versions of `hello`: v1 and v2 published, and a draft that differs in four ways."""
    services.publishing.put("hello", first(), "The first one")
    services.publishing.put("hello", second(), "Earlier, not later")
    services.workflows.kept["hello"].definition = draft()
    opened("hello")
    click(qtbot, window, "versions-button")
    found = window.findChild(VersionsPage)
    assert found is not None
    qtbot.waitUntil(lambda: found.comparison.difference is not None and found.comparison.canvas.width() > 200)
    qtbot.waitUntil(lambda: not found.comparison._unframed)
    return found


def click(qtbot: QtBot, parent: QWidget, name: str) -> None:
    found = parent.findChild(QAbstractButton, name)
    assert found is not None and found.isVisible(), name
    qtbot.mouseClick(found, LEFT)


def words(parent: QWidget, name: str) -> str:
    found = parent.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def choose(qtbot: QtBot, page: VersionsPage, number: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = next(at for at, row in enumerate(page.list.rows.rows) if row.number == number)
    place = page.list.visualRect(page.list.rows.index(at)).center()
    qtbot.mouseClick(page.list.viewport(), LEFT, modifier, place)


def compared(qtbot: QtBot, page: VersionsPage, before: str, after: str) -> None:
    bar = page.comparison.bar
    qtbot.waitUntil(lambda: (bar._before.text, bar._after.text) == (before, after))


def test_the_draft_is_compared_with_the_latest_version_at_once(page: VersionsPage) -> None:
    assert [item.verdict for item in page.comparison.items] == ["added", "changed", "removed", "moved"]
    assert [row.title for row in page.list.rows.rows] == ["Draft", "v2", "v1"]
    assert "live, " in page.list.rows.rows[1].spoken and "1 changed" in page.list.rows.rows[1].spoken
    assert words(page, "change-where") == "1 of 4"
    canvas = page.comparison.canvas
    for id in ("new", "s0", "s1", "s2", "s3"):
        assert not canvas.node_rect(id).isEmpty()
    assert words(page, "version-note-words") == "Earlier, not later"


def test_what_differs_has_its_colour_on_the_canvas_and_the_rest_is_faded(page: VersionsPage, qtbot: QtBot) -> None:
    canvas, tokens = page.comparison.canvas, theme().tokens
    canvas.zoom_to_fit()
    qtbot.wait(120)
    picture = canvas.grab().toImage()

    def has(id: str, colour: str) -> bool:
        """Whether the colour is found along the lower border of a node."""
        rect = canvas.node_rect(id)
        wanted = QColor(colour)
        for x in range(round(rect.left()) + 12, round(rect.right()) - 12):
            for y in range(round(rect.bottom()) - 3, round(rect.bottom()) + 3):
                seen = picture.pixelColor(x, y)
                if abs(seen.red() - wanted.red()) + abs(seen.green() - wanted.green()) + abs(seen.blue() - wanted.blue()) < 90:
                    return True
        return False

    assert has("new", tokens.ok) and has("s1", tokens.warn) and has("s3", tokens.error)
    assert not any(has("s2", colour) for colour in (tokens.ok, tokens.warn, tokens.error))
    click(qtbot, page, "filter-added")
    qtbot.wait(80)
    picture = canvas.grab().toImage()
    assert not has("new", tokens.ok)
    assert [item.verdict for item in page.comparison.items] == ["changed", "removed", "moved"]


def test_f7_goes_through_the_changes_and_centres_each_but_what_only_moved(page: VersionsPage, qtbot: QtBot) -> None:
    canvas = page.comparison.canvas
    seen = []
    for _ in range(4):
        qtbot.keyClick(page.list, Qt.Key.Key_F7)
        current = page.comparison.current
        assert current is not None
        seen.append(current.id)
        middle = canvas.rect().center()
        qtbot.waitUntil(lambda id=current.id: (canvas.node_rect(id).center().toPoint() - middle).manhattanLength() < 6)
        assert canvas.selected_ids() == (current.id,)
    assert seen == ["new", "s1", "s3", "new"]
    qtbot.keyClick(page.list, Qt.Key.Key_F7, SHIFT)
    assert page.comparison.current is not None and page.comparison.current.id == "s3"
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert page.comparison.current.id == "s1"
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert page.comparison.current.id == "s3"
    click(qtbot, page, "next-change")
    assert page.comparison.current.id == "new"


def test_a_click_on_the_canvas_shows_the_fields_and_each_can_be_taken_back(page: VersionsPage, window: MainWindow, qtbot: QtBot) -> None:
    canvas = page.comparison.canvas
    qtbot.mouseClick(canvas, LEFT, pos=canvas.node_rect("s1").center().toPoint())
    assert words(page, "difference-title") == "Step 1"
    assert words(page, "difference-kind") == "changed in 2 fields since v2"
    text = page.findChild(QPlainTextEdit, "difference-0-text").toPlainText()
    assert text.splitlines() == ["− earlier", "+ later"]
    click(qtbot, page, "take-back-difference-0")
    model = window.editor.current.model
    assert model.graph.steps["s1"].config["output"] == "earlier" and model.graph.steps["s1"].config["notes"] == "a note"
    qtbot.waitUntil(lambda: words(page, "difference-kind") == "changed in 1 field since v2")
    click(qtbot, page, "take-back-all")
    qtbot.waitUntil(lambda: [item.id for item in page.comparison.items] == ["new", "s3", "s0"])
    assert [model.undo_stack.text(at) for at in range(2)] == ["Take back “Output”", "Take back “Step 1”"]
    qtbot.keyClick(canvas, Qt.Key.Key_Z, CTRL)  # the draft's history, from here too
    qtbot.waitUntil(lambda: [item.id for item in page.comparison.items] == ["new", "s1", "s3", "s0"])


def test_restore_brings_a_removed_step_back_with_its_edges(page: VersionsPage, window: MainWindow, qtbot: QtBot) -> None:
    changes = page.comparison.panel.changes
    row = changes.visualRect(changes.rows.index(2))
    qtbot.mouseClick(changes.viewport(), LEFT, pos=QPoint(row.right() - 24, row.center().y()))
    graph = window.editor.current.model.graph
    assert "s3" in graph.steps and any(edge.target_step_id == "s3" for edge in graph.edges.values())
    qtbot.waitUntil(lambda: [item.id for item in page.comparison.items] == ["new", "s1", "s0"])


def test_control_click_compares_two_versions_and_nothing_can_be_taken_back_there(page: VersionsPage, qtbot: QtBot) -> None:
    choose(qtbot, page, 1)
    compared(qtbot, page, "v1", "Draft")
    choose(qtbot, page, 2, CTRL)
    compared(qtbot, page, "v1", "v2")
    assert [item.id for item in page.comparison.items] == ["s1"]
    assert not page.findChild(QAbstractButton, "take-back-all").isVisible()
    assert not page.findChild(QAbstractButton, "roll-back").isEnabled()
    choose(qtbot, page, 2)
    choose(qtbot, page, 1, CTRL)  # the older one is always on the left
    compared(qtbot, page, "v1", "v2")
    choose(qtbot, page, 0)
    compared(qtbot, page, "v2", "Draft")


def test_roll_back_names_what_changes_and_is_one_undo(page: VersionsPage, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    choose(qtbot, page, 1)
    compared(qtbot, page, "v1", "Draft")
    before = window.editor.current.model.graph
    click(qtbot, page, "roll-back")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "roll-back-dialog") is not None)
    dialog = window.findChild(QWidget, "roll-back-dialog")
    said = [label.text() for label in dialog.findChildren(QLabel)]
    assert "• Step 3 comes back" in said and "• New one goes" in said
    click(qtbot, dialog, "dialog-yes")
    model = window.editor.current.model
    qtbot.waitUntil(lambda: not differences(first(), Definition.of(model.graph)))
    assert model.undo_stack.undoText() == "Roll back to v1"
    qtbot.waitUntil(lambda: page.findChild(QWidget, "comparison-same").isVisible())
    assert services.workflows.kept["hello"].version == 2  # what runs in production is as it was
    click(qtbot, window.notices, "notice-action")
    assert model.graph == before


def test_declining_to_roll_back_changes_nothing(page: VersionsPage, window: MainWindow, qtbot: QtBot) -> None:
    before = window.editor.current.model.graph
    click(qtbot, page, "roll-back")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "roll-back-dialog") is not None)
    qtbot.keyClick(window.findChild(QWidget, "roll-back-dialog"), Qt.Key.Key_Escape)
    qtbot.wait(50)
    assert window.editor.current.model.graph is before


def test_a_note_is_put_into_better_words(page: VersionsPage, services: FakeServices, qtbot: QtBot) -> None:
    click(qtbot, page, "change-note")
    field = page.findChild(QPlainTextEdit, "version-note-field")
    qtbot.keyClicks(field, "Better words")
    qtbot.keyClick(field, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: services.workflows.published["hello"][1][0].note == "Better words")
    qtbot.waitUntil(lambda: page.list.rows.rows[1].words == "Better words")
    click(qtbot, page, "change-note")
    qtbot.keyClicks(field, "no")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert page.isVisible() and words(page, "version-note-words") == "Better words"


def test_a_version_opens_in_a_tab_of_its_own_to_look_at(page: VersionsPage, window: MainWindow, qtbot: QtBot) -> None:
    choose(qtbot, page, 1)
    click(qtbot, page, "open-version")
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.is_version)
    assert window.findChild(QWidget, "version-chip").text == "v1 · to look at"
    assert not window.editor.view.editable
    assert not differences(first(), window.editor.current.definition)
    assert not window.findChild(QAbstractButton, "publish-button").isVisible()
    window.editor.show_document(page.document)
    assert page.isVisible()  # its tab is as it was left
    click(qtbot, page, "open-version")
    qtbot.wait(50)
    assert len(window.editor.documents) == 2


def test_a_version_is_exported_as_a_file(page: VersionsPage, window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    choose(qtbot, page, 1)
    click(qtbot, page, "export-version")
    dialog = window.findChild(QFileDialog, "export-dialog")
    path = tmp_path / "out.workflow.json"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(lambda: "exported" in window.notices.text)
    exported, problems = parse_definition(loads(path.read_text(encoding="utf-8")))
    assert exported is not None and not problems and not differences(first(), exported)


def test_escape_and_the_button_lead_back_to_the_canvas(page: VersionsPage, window: MainWindow, qtbot: QtBot) -> None:
    assert window.editor.view is None
    qtbot.keyClick(page.list, Qt.Key.Key_Escape)
    assert not page.isVisible() and window.editor.view.isVisible()
    assert not window.findChild(QAbstractButton, "versions-button").isChecked()
    chip = window.findChild(QWidget, "version-chip")
    qtbot.mouseClick(chip, LEFT)
    qtbot.waitUntil(lambda: window.editor.view is None)
    qtbot.keyClick(window.editor, Qt.Key.Key_H, CTRL | SHIFT)
    assert window.editor.view.isVisible()


def test_no_key_edits_the_canvas_behind_the_versions(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    services.publishing.put("hello", first(), "one")
    opened("hello")
    view, model = window.editor.view, window.editor.current.model
    view.select_all()
    before = model.graph
    click(qtbot, window, "versions-button")
    page = window.findChild(VersionsPage)
    qtbot.waitUntil(lambda: page.comparison.difference is not None)
    for widget in (page.list, page.comparison.canvas):
        widget.setFocus()
        for key, modifier in (
            (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_G, CTRL),
            (Qt.Key.Key_X, CTRL),
            (Qt.Key.Key_D, CTRL),
            (Qt.Key.Key_L, CTRL | SHIFT),
        ):
            qtbot.keyClick(widget, key, modifier)
    assert model.graph is before
    page.closed.emit()
    assert window.editor.view is view and set(view.selected_ids()) == set(before.steps)


def test_without_a_version_it_says_so_and_offers_to_publish(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("hello")
    click(qtbot, window, "versions-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "no-versions").isVisible())
    click(qtbot, window.findChild(QWidget, "no-versions"), "empty-button")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "publish-dialog") is not None)
    click(qtbot, window.findChild(QWidget, "publish-dialog"), "dialog-publish")
    qtbot.waitUntil(lambda: [row.title for row in window.findChild(VersionsPage).list.rows.rows] == ["Draft", "v1"])
    qtbot.waitUntil(lambda: window.findChild(QWidget, "comparison-same").isVisible())


def test_two_hundred_versions_are_searched_and_walked(window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot) -> None:
    for number in range(200):
        note = f"Change {number} " + "with many words that go on and on " * (number % 7)
        services.publishing.put("hello", first() if number % 2 else second(), note)
    opened("hello")
    click(qtbot, window, "versions-button")
    page = window.findChild(VersionsPage)
    qtbot.waitUntil(lambda: len(page.list.rows.rows) == 201)
    search = page.findChild(QWidget, "versions-search")
    qtbot.keyClicks(search, "change 199")
    assert [row.title for row in page.list.rows.rows] == ["v200", "v199"]
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert len(page.list.rows.rows) == 201 and page.isVisible()
    page.list.setFocus()
    for _ in range(5):
        qtbot.keyClick(page.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.before == 195)


def test_who_may_only_look_sees_everything_but_the_buttons(
    services: FakeServices, bridge: object, window: MainWindow, qtbot: QtBot
) -> None:
    services.publishing.put("hello", first(), "one")
    services.workflows.kept["hello"].definition = draft()
    window.attach(Session(bridge, services, Actor(DEFAULT_TENANT_ID, Role.VIEWER), CATALOG))  # type: ignore[arg-type]
    window.open_workflow("hello")
    qtbot.waitUntil(lambda: window.editor.current is not None)
    click(qtbot, window, "versions-button")
    page = window.findChild(VersionsPage)
    qtbot.waitUntil(lambda: page.comparison.difference is not None)
    assert [item.verdict for item in page.comparison.items] == ["added", "changed", "removed", "moved"]
    for name in ("roll-back", "take-back-all", "change-note"):
        assert not page.findChild(QAbstractButton, name).isVisible(), name
    for name in ("open-version", "export-version", "next-change"):
        assert page.findChild(QAbstractButton, name).isVisible(), name


def test_any_two_definitions_can_be_compared_over_the_window(window: MainWindow, qtbot: QtBot) -> None:
    dialog = ComparisonDialog(window, CATALOG, differences(first(), draft()), before="Theirs", after="Mine")
    dialog.open()
    qtbot.waitUntil(dialog.isVisible)
    assert not dialog.view.panel.changes.can_restore
    qtbot.keyClick(dialog.view.panel.changes, Qt.Key.Key_F7)
    assert dialog.view.current is not None and dialog.view.current.id == "new"
    qtbot.keyClick(dialog.view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(ComparisonDialog) is None)


@pytest.mark.parametrize("share", [100, 1], ids=["a hundredth changed", "all changed"])
def test_ten_thousand_nodes_are_compared_within_a_second(window: MainWindow, qtbot: QtBot, share: int) -> None:
    steps = {
        f"s{i}": Step(f"s{i}", f"Step {i}", "transform", {"output": i}, Position(i % 100 * 260, i // 100 * 120)) for i in range(10_000)
    }
    edges = {f"e{i}": Edge(f"e{i}", f"s{i}", f"s{i + 1}") for i in range(9_999)}
    before = Definition("Large", Graph(steps, edges))
    changed = {id: replace(step, config={"output": "x"}) if at % share == 0 else step for at, (id, step) in enumerate(steps.items())}
    found = differences(before, before.with_graph(replace(before.graph, steps=changed)))
    view = ComparisonView(CATALOG, window)
    view.resize(1300, 800)
    view.show()
    began = time.perf_counter()
    view.show_difference(found, before="v1", after="Draft")
    qtbot.waitUntil(lambda: not view._unframed)
    view.canvas.grab()
    assert time.perf_counter() - began < 1.0
    assert len(view.items) == 10_000 // share
    began = time.perf_counter()
    view.canvas.pan_by(-40, 0)
    view.canvas.grab()
    assert time.perf_counter() - began < 0.1
    view.hide()

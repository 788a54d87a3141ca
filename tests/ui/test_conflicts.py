"""Two windows, one workflow: the loser of a race is merged where that is safe and asked where not; nothing of either is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import AddElements, Connect, RemoveElements, Rename, SetConfig
from app.domain.presence import Present
from app.domain.workflow import Edge, Graph, Step
from app.ui.bridge import Heard
from app.ui.comparison.view import ComparisonDialog
from app.ui.drafts.banner import DraftBanner
from app.ui.drafts.conflict_dialog import ConflictDialog
from app.ui.main_window import MainWindow
from app.ui.session import Session
from tests.fakes.services import FakeServices

Open = Callable[[str], None]


def stored(services: FakeServices) -> Graph:
    return services.workflows.kept["hello"].definition.graph


def press(qtbot: QtBot, where: QWidget, name: str) -> None:
    button = where.findChild(QAbstractButton, name)
    assert button is not None and button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def dialog(window: MainWindow, qtbot: QtBot) -> ConflictDialog:
    """The dialog, once it has looked at both together."""

    def ready() -> bool:
        found = window.findChild(ConflictDialog, "conflict-dialog")
        return found is not None and found.isVisible() and "Looking" not in said(found)

    qtbot.waitUntil(ready)
    found = window.findChild(ConflictDialog, "conflict-dialog")
    assert found is not None
    return found


def said(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def banner(window: MainWindow) -> DraftBanner:
    found = window.findChild(DraftBanner, "draft-banner")
    assert found is not None
    return found


def ring(session: Session, kind: str = "workflow") -> None:
    session.bridge.post(Heard(kind, "hello"))


@pytest.fixture
def collided(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> ConflictDialog:
    """Ada and this window set the same field of s0; each did something else besides."""
    opened("hello")
    services.presence.save("hello", [SetConfig("s0", {"output": "theirs"}), Rename("s2", "By Ada")])
    model = window.editor.current.model
    model.push(SetConfig("s0", {"output": "mine"}))
    model.push(AddElements((Step("new", "Known fraud?", "transform", {"output": 1}),)))
    return dialog(window, qtbot)


def test_changes_of_different_steps_merge_without_a_question(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    services.presence.save("hello", [Rename("s2", "By Ada"), SetConfig("s1", {"output": 7})])
    window.editor.current.model.push(Rename("s0", "By me"))
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean and stored(services).steps["s0"].name == "By me")
    assert stored(services).steps["s2"].name == "By Ada"
    assert window.editor.current.model.graph == stored(services)
    assert window.notices.text == "Merged: 2 changes of Ada came in."
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    graph = window.editor.current.model.graph
    assert (graph.steps["s0"].name, graph.steps["s2"].name) == ("Step 0", "By Ada")


def test_a_field_that_both_set_opens_the_dialog_with_both_sides(collided: ConflictDialog) -> None:
    words = said(collided)
    assert "this window · 2 changes, not saved yet" in words
    assert "Ada · 2 changes, saved " in words
    assert "2 of 4 changes fit together. One field was set by both:" in words
    rows = [row.accessibleName() for row in collided.findChildren(QWidget) if row.objectName().startswith("change-")]
    assert sum("Both set the same field" in row for row in rows) == 2
    assert any(row.startswith("Known fraud?: added") for row in rows)


def test_merge_takes_mine_where_both_set_the_same(
    collided: ConflictDialog, window: MainWindow, services: FakeServices, qtbot: QtBot
) -> None:
    press(qtbot, collided, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    graph = stored(services)
    assert (graph.steps["s0"].config, graph.steps["s2"].name) == ({"output": "mine"}, "By Ada")
    assert "new" in graph.steps
    assert window.editor.current.model.graph == graph
    assert window.editor.current.model.history.entries[-1].label == "Merge"
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.editor.current.model.graph.steps["s2"].name == "Step 2"


def test_theirs_can_be_chosen_for_a_field(collided: ConflictDialog, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    press(qtbot, collided, "clash-theirs")
    qtbot.waitUntil(lambda: collided.findChild(QAbstractButton, "conflict-go").isEnabled())
    press(qtbot, collided, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    assert stored(services).steps["s0"].config == {"output": "theirs"}
    assert "new" in stored(services).steps


def test_a_value_of_its_own_can_be_given(collided: ConflictDialog, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    press(qtbot, collided, "clash-other")
    field = collided.findChild(QLineEdit, "clash-other")
    qtbot.waitUntil(field.isVisible)
    field.clear()
    qtbot.keyClicks(field, "Mct")
    qtbot.waitUntil(lambda: collided.findChild(QAbstractButton, "conflict-go").isEnabled())
    press(qtbot, collided, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    assert stored(services).steps["s0"].config == {"output": "Mct"}


def test_keep_mine_as_a_copy(collided: ConflictDialog, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    qtbot.keyClick(collided, Qt.Key.Key_C)
    assert collided.findChild(QAbstractButton, "conflict-copy").isChecked()
    qtbot.keyClick(collided, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(services.workflows.kept) == 3)
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    copy = next(kept for id, kept in services.workflows.kept.items() if id not in ("hello", "triage"))
    assert copy.definition.name == "Hello, workflow (copy)"
    assert copy.definition.graph.steps["s0"].config == {"output": "mine"}
    assert window.editor.current.model.graph == stored(services)
    assert stored(services).steps["s0"].config == {"output": "theirs"}
    press(qtbot, window, "notice-action")
    qtbot.waitUntil(lambda: window.editor.current.name == "Hello, workflow (copy)")


def test_take_theirs_and_undo_brings_mine_back(collided: ConflictDialog, window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    qtbot.keyClick(collided, Qt.Key.Key_T)
    press(qtbot, collided, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    assert window.editor.current.model.graph == stored(services)
    assert "new" not in stored(services).steps
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "new" in stored(services).steps)
    assert stored(services).steps["s0"].config == {"output": "mine"}


def test_decide_later_keeps_a_banner_and_sends_nothing(
    collided: ConflictDialog, window: MainWindow, services: FakeServices, qtbot: QtBot
) -> None:
    qtbot.keyClick(collided, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: banner(window).isVisible())
    assert "Ada saved 2 changes; your 2 changes are kept in this window." in banner(window).text
    window.editor.current.model.push(Rename("s1", "Later"))
    qtbot.wait(450)
    assert stored(services).steps["s1"].name == "Step 1"
    assert window.editor.bar.saved.text == "Conflict"
    press(qtbot, window, "draft-decide")
    again = dialog(window, qtbot)
    press(qtbot, again, "conflict-go")
    qtbot.waitUntil(lambda: stored(services).steps["s1"].name == "Later")
    assert not banner(window).isVisible()


def test_show_compares_both_on_the_canvas_and_comes_back(collided: ConflictDialog, window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, collided, "conflict-show")
    qtbot.waitUntil(lambda: window.findChild(ComparisonDialog, "comparison-dialog") is not None)
    shown = window.findChild(ComparisonDialog, "comparison-dialog")
    assert {item.id for item in shown.view.items} == {"s0", "s2", "new"}
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert dialog(window, qtbot).isVisible()


def test_save_now_asks_about_a_conflict_that_was_left_for_later(collided: ConflictDialog, window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(collided, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: banner(window).isVisible())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window.editor.view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert dialog(window, qtbot).isVisible()


def test_a_merge_that_would_close_a_circle_cannot_be_chosen(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    services.workflows.kept["hello"].definition = services.workflows.kept["hello"].definition.with_graph(
        AddElements((Step("free", "Free", "transform", {"output": 1}),)).apply(stored(services))
    )
    opened("hello")
    services.presence.save("hello", [Connect(Edge("theirs", "s2", "free"))])
    window.editor.current.model.push(Connect(Edge("mine", "free", "s0")))
    shown = dialog(window, qtbot)
    assert "Together they would bring a problem: These lead back to themselves" in said(shown)
    assert not shown.findChild(QAbstractButton, "conflict-merge").isEnabled()
    assert not shown.findChild(QAbstractButton, "conflict-go").isEnabled()
    press(qtbot, shown, "conflict-theirs")
    press(qtbot, shown, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    assert window.editor.current.model.graph == stored(services)


def test_a_merge_that_brings_a_problem_which_can_be_mended_asks_and_says_so(
    window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot
) -> None:
    opened("hello")
    services.presence.save("hello", [Rename("s1", "The same name")])
    window.editor.current.model.push(Rename("s0", "The same name"))
    shown = dialog(window, qtbot)
    assert "Together they would bring a problem: “The same name” and “The same name” are both called" in said(shown)
    press(qtbot, shown, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    assert [stored(services).steps[id].name for id in ("s0", "s1")] == ["The same name", "The same name"]


def test_a_step_that_they_removed_and_i_changed_is_asked(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    services.presence.save("hello", [RemoveElements(("s2",))])
    window.editor.current.model.push(SetConfig("s2", {"output": "mine"}))
    shown = dialog(window, qtbot)
    assert "changed by you, removed by them" in said(shown)
    press(qtbot, shown, "clash-theirs")
    qtbot.waitUntil(lambda: shown.findChild(QAbstractButton, "conflict-go").isEnabled())
    press(qtbot, shown, "conflict-go")
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    assert "s2" not in stored(services).steps


def test_what_someone_else_saved_comes_in_by_itself_where_nothing_is_under_way(
    window: MainWindow, opened: Open, services: FakeServices, session: Session, qtbot: QtBot
) -> None:
    opened("hello")
    model = window.editor.current.model
    model.push(Rename("s0", "Mine"))
    qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
    services.presence.save("hello", [Rename("s1", "By Ada")])
    ring(session)
    qtbot.waitUntil(lambda: model.graph.steps["s1"].name == "By Ada")
    assert window.notices.text == "Ada saved 1 change; you see it now."
    qtbot.keyClick(window.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (model.graph.steps["s0"].name, model.graph.steps["s1"].name) == ("Step 0", "By Ada")
    qtbot.waitUntil(lambda: stored(services).steps["s0"].name == "Step 0")
    assert window.findChild(ConflictDialog, "conflict-dialog") is None


def test_my_own_saves_say_nothing(window: MainWindow, opened: Open, services: FakeServices, session: Session, qtbot: QtBot) -> None:
    opened("hello")
    for number in range(3):
        window.editor.current.model.push(Rename("s0", f"N{number}"))
        ring(session)
        qtbot.waitUntil(lambda: window.editor.current.autosave.is_clean)
        ring(session)
    qtbot.wait(300)
    assert not window.notices.isVisible()
    assert not window.editor.current.model.is_shared


def test_who_else_has_it_open_is_shown(window: MainWindow, opened: Open, services: FakeServices, session: Session, qtbot: QtBot) -> None:
    opened("hello")
    mark = window.findChild(QWidget, "company")
    assert not mark.isVisible()
    now = datetime.now(UTC)
    people = ("Ada Lovelace", "grace@example.org", "Edsger Dijkstra", "Barbara Liskov")
    services.presence.others["hello"] = tuple(Present(str(at), who, at == 1, now) for at, who in enumerate(people))
    ring(session, "editing")
    qtbot.waitUntil(mark.isVisible)
    assert mark.accessibleName() == "Also open: Ada Lovelace, grace@example.org (you, in another window), Edsger Dijkstra, Barbara Liskov"
    services.presence.others["hello"] = ()
    ring(session, "editing")
    qtbot.waitUntil(lambda: not mark.isVisible())


def test_closing_the_tab_says_that_one_left(window: MainWindow, opened: Open, services: FakeServices, qtbot: QtBot) -> None:
    opened("hello")
    session_id = window.editor.current.company.session_id
    qtbot.waitUntil(lambda: session_id in services.presence.beats)
    press(qtbot, window, "close-tab-hello")
    qtbot.waitUntil(lambda: services.presence.left == [session_id])
    QApplication.processEvents()

"""Where something is used: asked from the palette, a list and a step, and going there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.domain.access import DEFAULT_TENANT_ID, Actor, Role
from app.domain.errors import DatabaseUnavailable
from app.domain.usage import Use
from app.domain.workflow import Definition, Graph, Position, Step
from app.ui.finding.uses_dialog import UsesDialog
from app.ui.main_window import MainWindow
from app.ui.session import Session
from tests.fakes.services import FakeServices

Open = Callable[[str], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def users(window: MainWindow, services: FakeServices) -> None:
    """A workflow that uses a secret and calls triage; it comes when the list has been loaded."""
    steps = [
        Step(
            "u",
            "Use key",
            "tool",
            {"adapter_id": "http", "url": "https://x.org", "headers": {"a": "{{ secrets.API_KEY }}"}},
            Position(0, 0),
        ),
        Step("c", "Call triage", "subflow", {"workflow_id": "triage"}, Position(300, 0)),
    ]
    services.credentials.names = ["API_KEY", "REFUNDS_KEY"]
    services.workflows.add(Definition("User of things", Graph(steps={step.id: step for step in steps})), id="user")


def dialog_of(window: MainWindow, qtbot: QtBot) -> UsesDialog:
    qtbot.waitUntil(lambda: window.findChild(QWidget, "uses-dialog") is not None)
    found = window.findChild(QWidget, "uses-dialog")
    assert isinstance(found, UsesDialog)
    qtbot.waitUntil(lambda: found._tasks.are_idle)
    return found


def from_palette(window: MainWindow, words: str, qtbot: QtBot) -> UsesDialog:
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    palette = window.finding.palette
    qtbot.waitUntil(lambda: bool(palette._offers.get("name")))
    QTest.keyClicks(palette.query, words)
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    return dialog_of(window, qtbot)


def rows(dialog: UsesDialog) -> list[tuple[str, str]]:
    return [(use.workflow, use.name) for use in dialog.table.rows_model.rows]


def test_a_secret_is_asked_for_by_name_and_enter_goes_to_the_step(window: MainWindow, qtbot: QtBot) -> None:
    dialog = from_palette(window, "$api", qtbot)
    assert rows(dialog) == [("User of things", "Use key")]
    assert dialog.findChild(QLabel, "uses-words").text() == "1 place in 1 workflow"
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current is not None)
    qtbot.waitUntil(lambda: window.editor.view.selected_ids() == ("u",))
    assert window.editor.current.workflow_id == "user"


def test_an_adapter_is_asked_for_by_name(window: MainWindow, qtbot: QtBot) -> None:
    dialog = from_palette(window, "$http", qtbot)
    assert ("User of things", "Use key") in rows(dialog) and ("Ticket triage", "Fetch invoice") in rows(dialog)
    QTest.keyClicks(dialog.search, "fetch")
    assert rows(dialog) == [("Ticket triage", "Fetch invoice")]


def test_secrets_are_not_offered_to_who_may_not_manage_them(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    from dataclasses import replace

    window.session = replace(session, actor=Actor(DEFAULT_TENANT_ID, Role.BUILDER))
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    palette = window.finding.palette
    qtbot.waitUntil(lambda: bool(palette._offers.get("name")))
    assert all(offer.key.startswith("adapter:") for offer in palette._offers["name"])


def test_a_workflow_of_the_list_tells_who_calls_it_and_what_starts_it(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    services.finding.also = [
        Use("schedule", "s", "Every night", version=0),
        Use("step", "gone", "Old call", "user", "User of things", "subflow", "/config/workflow_id", False, 3),
    ]
    window.workflows.table.select(window.workflows.table.rows_model.row_of("triage"))
    window.actions_of_window["uses-of-workflow"].trigger()
    dialog = dialog_of(window, qtbot)
    said = [", ".join(str(dialog.table.rows_model.index(at, column).data()) for column in range(3)) for at in range(3)]
    assert said[0] == "Call triage, User of things, Workflow id, draft"
    assert said[1].startswith("Every night, Schedule") and said[1].endswith("latest version")
    assert said[2].endswith("only v3")
    dialog.table.select(1)
    assert not dialog.findChild(QAbstractButton, "uses-go").isEnabled()
    dialog.table.select(2)
    QTest.mouseClick(dialog.findChild(QAbstractButton, "uses-go"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "only in version 3" in window.notices.text)


def test_what_nothing_uses_says_so(window: MainWindow, qtbot: QtBot) -> None:
    dialog = from_palette(window, "$refunds", qtbot)
    assert rows(dialog) == []
    assert dialog.findChild(QLabel, "empty-sentence").text() == "No workflow uses it."
    QTest.keyClick(dialog.search, Qt.Key.Key_Escape)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_a_database_that_is_gone_is_told_with_retry(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    palette = window.finding.palette
    qtbot.waitUntil(lambda: bool(palette._offers.get("name")))
    services.workflows.failure = DatabaseUnavailable("no answer")
    QTest.keyClicks(palette.query, "$api")
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(lambda: "no answer" in dialog.findChild(QLabel, "empty-sentence").text())
    services.workflows.failure = None
    retry = next(button for button in dialog.findChildren(QAbstractButton) if button.text() == "Retry")
    QTest.mouseClick(retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(dialog) == [("User of things", "Use key")])


def test_what_names_a_step_is_listed_and_gone_to(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    view = window.editor.view
    view.select(("classify",))
    QTest.keyClick(view, Qt.Key.Key_F12, SHIFT)
    dialog = dialog_of(window, qtbot)
    assert rows(dialog) == [("Ticket triage", "Draft reply")]
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.selected_ids() == ("draft",))


def test_a_step_of_another_workflow_is_found_and_shown_there(window: MainWindow, opened: Open, qtbot: QtBot) -> None:
    opened("triage")
    QTest.keyClick(window.editor.view, Qt.Key.Key_K, CTRL)
    palette = window.finding.palette
    QTest.keyClicks(palette.query, "@call")
    qtbot.waitUntil(lambda: [offer.title for offer in palette.results.offers()] == ["Call triage"])
    assert palette.current is not None and palette.current.second == "User of things"
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current.workflow_id == "user" and window.editor.view.selected_ids() == ("c",))

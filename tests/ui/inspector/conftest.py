"""What tests of fields share: a workflow after a run in which two steps have ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.test_inspector import field, retype

ANSWER = {"items": [{"title": "How refunds work", "score": 0.91}], "took": 3}


@pytest.fixture
def editor(window: MainWindow, services: FakeServices, opened: Callable[[str], None], qtbot: QtBot) -> MainWindow:
    """Ticket triage after a run in which two steps have ended."""
    services.credentials.names = ["DESK_KEY"]
    opened("triage")
    qtbot.mouseClick(window.findChild(QAbstractButton, "run-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.editor.current.live is not None)
    run_id = next(iter(services.runs.runs))
    window.editor.current.live.input = {"org": "Northwind", "body": "Where is it?"}
    services.runs.step(run_id, "classify", "completed", took=0.8, output={"text": "bug", "language": "German"})
    services.runs.step(run_id, "rerank", "completed", took=0.2, output=ANSWER)
    services.runs.end(run_id, "completed")
    qtbot.waitUntil(lambda: window.editor.current.live.is_over)
    return window


def write(window: MainWindow, qtbot: QtBot, name: str, text: str) -> ExpressionEdit:
    """Select the draft, and type into a field of it."""
    window.editor.select("draft")
    qtbot.waitUntil(lambda: bool(window.editor.inspector.context.scope.sources))
    edit = field(window, name)
    assert isinstance(edit, ExpressionEdit)
    retype(qtbot, edit, text)
    return edit

"""Run works at once on a workflow whose input schema gives an example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from tests.fakes.services import FakeServices
from tests.ui.samples import chain

SCHEMA = {"type": "object", "required": ["name"], "examples": [{"name": "Ada"}]}


def test_the_first_run_takes_the_example_and_later_ones_what_was_given_last(
    window: MainWindow, services: FakeServices, opened: Callable[[str], None], qtbot: QtBot
) -> None:
    services.workflows.add(replace(chain("Greet"), input_schema=SCHEMA), id="greet")
    opened("greet")
    document = window.editor.current
    assert document is not None and window.editor.remembered_input(document) == {"name": "Ada"}

    qtbot.mouseClick(window.findChild(QWidget, "run-button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(services.runs.runs))
    assert [run.input for run in services.runs.runs.values()] == [{"name": "Ada"}]

    window.editor.remember_input(document, {"name": "Grace"})
    assert window.editor.remembered_input(document) == {"name": "Grace"}

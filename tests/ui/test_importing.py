"""Workflows that come in by drop, by file and by paste, and go out as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.domain.access import DEFAULT_TENANT_ID, Actor, Role
from app.domain.edits import Rename
from app.domain.workflow import Definition, Graph, Step, definition_to_json
from app.ui.import_report import ImportReport
from app.ui.main_window import MainWindow
from app.ui.session import Session
from app.ui.widgets.drop_hint import DropFrame
from tests.fakes.services import FakeServices
from tests.ui.samples import chain

Open = Callable[[str], None]
CTRL = Qt.KeyboardModifier.ControlModifier
HOW = (Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def written(folder: Path, name: str, definition: Definition | None = None) -> Path:
    path = folder / f"{name}.workflow.json"
    path.write_text(json.dumps(definition_to_json(definition or chain(name))), encoding="utf-8")
    return path


def broken(folder: Path, name: str = "broken") -> Path:
    path = folder / f"{name}.json"
    path.write_text('{"name": ', encoding="utf-8")
    return path


def ill() -> Definition:
    return Definition("Ill", Graph(steps={"s": Step("s", "S", "transform", {"output": "{{ steps.nobody.output }}"})}))


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def hover(over: QWidget, data: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(QPoint(40, 40), HOW[0], data, HOW[1], HOW[2])
    QApplication.sendEvent(over, event)
    return event


def drop(over: QWidget, *paths: Path) -> None:
    data = mime(*paths)
    hover(over, data)
    QApplication.sendEvent(over, QDropEvent(QPointF(40, 40), HOW[0], data, HOW[1], HOW[2]))


def frame(window: MainWindow) -> DropFrame:
    found = window.findChild(DropFrame)
    assert found is not None
    return found


def names(services: FakeServices) -> set[str]:
    return {kept.definition.name for kept in services.workflows.kept.values()}


def test_what_hangs_over_the_window_is_named_with_its_problems(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    paths = [written(tmp_path, "One"), written(tmp_path, "Ill", ill()), broken(tmp_path)]
    assert hover(window.workflows.table.viewport(), mime(*paths)).isAccepted()
    assert frame(window).isVisible()
    qtbot.waitUntil(lambda: frame(window)._text == "Drop to import 3 workflows, 1 with problems, 1 that cannot be read")
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not frame(window).isVisible()


def test_a_file_dropped_on_the_canvas_opens_beside_what_is_open(window: MainWindow, opened: Open, tmp_path: Path, qtbot: QtBot) -> None:
    opened("hello")
    drop(window.editor.view, written(tmp_path, "Dropped"))
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.name == "Dropped")
    assert [document.name for document in window.editor.documents] == ["Hello, workflow", "Dropped"]


def test_a_folder_brings_every_workflow_in_it(window: MainWindow, services: FakeServices, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "all" / "deep").mkdir(parents=True)
    written(tmp_path / "all", "A")
    written(tmp_path / "all" / "deep", "B")
    (tmp_path / "all" / "readme.txt").write_text("no")
    drop(window.workflows, tmp_path / "all")
    qtbot.waitUntil(lambda: {"A", "B"} <= names(services))
    qtbot.waitUntil(lambda: "2 workflows imported" in window.notices.text)


def test_several_files_are_told_of_in_a_list_and_the_good_ones_open(
    window: MainWindow, services: FakeServices, tmp_path: Path, qtbot: QtBot
) -> None:
    drop(window, written(tmp_path, "Fine"), broken(tmp_path), written(tmp_path, "Ill", ill()))
    qtbot.waitUntil(lambda: window.findChild(QWidget, "import-report") is not None)
    report = window.findChild(QWidget, "import-report")
    assert isinstance(report, ImportReport)
    assert report.windowTitle() == "2 workflows imported, 1 file not"
    rows = [(one.path.name, bool(one.fault), one.problems) for one in report.table.rows_model.rows]
    assert rows == [("broken.json", True, 0), ("Ill.workflow.json", False, 1), ("Fine.workflow.json", False, 0)]
    assert {document.name for document in window.editor.documents} == {"Fine", "Ill"}
    QTest.mouseClick(report.findChild(QAbstractButton, "import-copy"), Qt.MouseButton.LeftButton)
    assert "broken.json\t" in QGuiApplication.clipboard().text()
    report.table.select(2)
    QTest.keyClick(report.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.current.name == "Fine")


def test_more_than_a_handful_are_imported_and_only_the_last_few_opened(
    window: MainWindow, services: FakeServices, tmp_path: Path, qtbot: QtBot
) -> None:
    drop(window, *(written(tmp_path, f"W{at:02}") for at in range(12)))
    qtbot.waitUntil(lambda: "12 workflows imported" in window.notices.text, timeout=10_000)
    assert {f"W{at:02}" for at in range(12)} <= names(services)
    assert len(window.editor.documents) == 5


def test_what_cannot_be_imported_is_not_taken(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"x")
    assert not hover(window, mime(picture)).isAccepted()
    assert not frame(window).isVisible()
    (tmp_path / "empty").mkdir()
    drop(window, tmp_path / "empty")
    qtbot.waitUntil(lambda: "no .json file" in window.notices.text)
    window.session = replace(session, actor=Actor(DEFAULT_TENANT_ID, Role.VIEWER))
    assert not hover(window, mime(written(tmp_path, "One"))).isAccepted()


def test_a_definition_is_pasted_on_the_list_and_what_is_none_is_not(window: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    before = names(services)
    for text in ("", "hello", "[1, 2]", '{"a": 1}', "{" * 200):
        QGuiApplication.clipboard().setText(text)
        window.workflows.table.setFocus()
        QTest.keyClick(window.workflows.table, Qt.Key.Key_V, CTRL)
        qtbot.waitUntil(lambda: window.notices.isVisible() and "The clipboard holds no workflow" in window.notices.text)
        window.notices.dismiss()
    assert names(services) == before
    for name, becomes in (("Pasted", "Pasted"), ("", "Pasted workflow")):
        QGuiApplication.clipboard().setText(json.dumps({**definition_to_json(chain("x")), "name": name}))
        window.go("workflows")
        QTest.keyClick(window.workflows.table, Qt.Key.Key_V, CTRL)
        qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.name == becomes)


def test_pasting_into_the_search_field_pastes_text(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("triage")
    window.workflows.search.setFocus()
    QTest.keyClick(window.workflows.search, Qt.Key.Key_V, CTRL)
    assert window.workflows.search.text() == "triage"


def test_what_is_on_the_canvas_is_exported_also_what_was_not_saved_yet(
    window: MainWindow, opened: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    QFileDialog().deleteLater()  # Qt's own file dialog takes long the first time; a desktop has one of its own
    window.workflows.table.setCurrentIndex(window.workflows.table.rows_model.index(-1, -1))
    window.actions_of_window["export-workflow"].trigger()
    assert "Choose a workflow first" in window.notices.text
    opened("hello")
    window.editor.current.model.push(Rename("s0", "Begin"))
    window.actions_of_window["export-workflow"].trigger()
    dialog = window.findChild(QFileDialog, "export-dialog")
    assert dialog is not None and dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    target = tmp_path / "out.workflow.json"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    qtbot.waitUntil(lambda: "Exported as “out.workflow.json”" in window.notices.text)
    assert [step["name"] for step in json.loads(target.read_text(encoding="utf-8"))["steps"]][0] == "Begin"

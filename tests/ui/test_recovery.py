"""After a crash the lost edits are offered: compared, discarded or kept; nothing is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from app.domain.edits import Rename, SetConfig
from app.domain.errors import DatabaseUnavailable, WorkflowNotFound
from app.platform.draft_files import DraftFiles
from app.ui.comparison.view import ComparisonDialog
from app.ui.drafts.banner import DraftBanner
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.session import Session
from tests.fakes.services import FakeServices

Start = Callable[[], MainWindow]


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[Callable[[], DraftFiles]]:
    """Makes the journals of one more window on the same directory."""
    made: list[DraftFiles] = []

    def make() -> DraftFiles:
        files = DraftFiles(tmp_path / "drafts")
        files.start()
        made.append(files)
        return files

    yield make
    for files in made:
        files.stop()


@pytest.fixture
def start(
    loop: qasync.QEventLoop, session: Session, preferences: Preferences, drafts: Callable[[], DraftFiles], qtbot: QtBot
) -> Iterator[Start]:
    """Starts the program once more."""
    shown: list[MainWindow] = []

    def start_it() -> MainWindow:
        window = MainWindow(preferences)
        window.resize(1280, 800)
        window.show()
        qtbot.waitExposed(window)
        window.complete()
        window.attach(replace(session, drafts=drafts()))
        shown.append(window)
        qtbot.waitUntil(lambda: window.tasks.are_idle)
        return window

    yield start_it
    for window in shown:
        for document in list(window.editor.documents):
            window.editor.remove(document)
        window.tasks.cancel_all()
        window.hide()
        window.deleteLater()
    QApplication.processEvents()


def opened(window: MainWindow, qtbot: QtBot, workflow_id: str = "hello") -> MainWindow:
    window.open_workflow(workflow_id)
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.workflow_id == workflow_id)
    return window


def written(window: MainWindow, qtbot: QtBot) -> None:
    task = asyncio.ensure_future(window.editor.current.safekeeping.is_safe())
    qtbot.waitUntil(task.done)
    assert task.result() is True


def crashed(window: MainWindow) -> None:
    """The window is gone without a word, and with it what it held: locks included, as the system lets go of a dead process's."""
    for document in list(window.editor.documents):
        document.autosave._timer.stop()
        recorder = document.safekeeping.recorder
        recorder._has_begun = False  # nothing is written on the way out
        window.editor.remove(document)


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.mouseClick(window.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def banner(window: MainWindow) -> DraftBanner:
    found = window.findChild(DraftBanner, "draft-banner")
    assert found is not None
    return found


@pytest.fixture
def lost(start: Start, services: FakeServices, qtbot: QtBot) -> MainWindow:
    """The window after the one that crashed with two edits that no save had taken."""
    services.editing.failure = DatabaseUnavailable()
    first = opened(start(), qtbot)
    first.editor.current.model.push(Rename("s0", "Renamed"))
    first.editor.current.model.push(SetConfig("s1", {"output": "changed"}))
    written(first, qtbot)
    crashed(first)
    services.editing.failure = None
    second = start()
    qtbot.waitUntil(lambda: second.editor.current is not None)
    return second


def test_the_next_start_opens_the_workflow_and_offers_the_lost_edits(lost: MainWindow, qtbot: QtBot) -> None:
    assert lost.editor.current.workflow_id == "hello"
    assert lost.editor.current.model.graph.steps["s0"].name == "Renamed"
    assert banner(lost).isVisible()
    assert banner(lost).text.startswith("2 edits recovered Stopped unexpectedly at")
    assert set(lost.editor.view.word_chips) == {"s0", "s1"}
    assert lost.editor.bar.saved.text == "Recovered"


def test_what_is_recovered_is_not_saved_before_someone_decides(lost: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    lost.editor.current.model.push(Rename("s2", "Now"))
    qtbot.wait(500)
    assert services.editing.saved == []
    assert banner(lost).isVisible()


def test_keep_saves(lost: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    press(qtbot, lost, "draft-keep")
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Renamed")
    assert not banner(lost).isVisible()
    assert lost.editor.view.word_chips == {}
    assert services.workflows.kept["hello"].definition.graph.steps["s1"].config == {"output": "changed"}


def test_discard_asks_and_names_the_edits_and_undo_brings_them_back(lost: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    press(qtbot, lost, "draft-discard")
    qtbot.waitUntil(lambda: lost.findChild(QDialog, "confirm-dialog") is not None)
    dialog = lost.findChild(QDialog, "confirm-dialog")
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "Discard 2 recovered edits?" in said
    assert "Renamed" in said
    qtbot.mouseClick(dialog.findChild(QAbstractButton, "dialog-yes"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not banner(lost).isVisible())
    assert lost.editor.current.model.graph.steps["s0"].name == "Step 0"
    assert lost.editor.current.autosave.is_clean
    qtbot.keyClick(lost.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert lost.editor.current.model.graph.steps["s0"].name == "Renamed"
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Renamed")


def test_discard_can_be_thought_over(lost: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, lost, "draft-discard")
    qtbot.waitUntil(lambda: lost.findChild(QDialog, "confirm-dialog") is not None)
    qtbot.keyClick(lost.findChild(QDialog, "confirm-dialog"), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: lost.tasks.are_idle)
    assert banner(lost).isVisible()


def test_compare_shows_what_was_recovered_on_the_canvas(lost: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, lost, "draft-compare")
    qtbot.waitUntil(lambda: lost.findChild(ComparisonDialog, "comparison-dialog") is not None)
    dialog = lost.findChild(ComparisonDialog, "comparison-dialog")
    assert {item.id for item in dialog.view.items} == {"s0", "s1"}
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: lost.tasks.are_idle)
    assert banner(lost).isVisible()


def test_closing_the_window_counts_as_keep(lost: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    lost.close()
    qtbot.waitUntil(lambda: not lost.isVisible())
    assert services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Renamed"


def test_run_and_save_now_count_as_keep(lost: MainWindow, services: FakeServices, qtbot: QtBot) -> None:
    qtbot.keyClick(lost.editor.view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Renamed")
    assert not banner(lost).isVisible()


def test_undecided_edits_survive_another_crash(lost: MainWindow, start: Start, qtbot: QtBot) -> None:
    crashed(lost)
    third = start()
    qtbot.waitUntil(lambda: third.editor.current is not None)
    assert banner(third).text.startswith("2 edits recovered")


def test_a_save_that_arrived_without_being_noted_is_not_offered_again(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    first = opened(start(), qtbot)
    first.editor.current.autosave.arrived.disconnect()
    first.editor.current.model.push(Rename("s0", "Renamed"))
    qtbot.waitUntil(lambda: first.editor.current.autosave.is_clean)
    written(first, qtbot)
    crashed(first)
    second = opened(start(), qtbot)
    assert not banner(second).isVisible()
    assert second.editor.current.autosave.is_clean
    assert second.editor.current.model.history.can_undo


def test_undo_and_redo_go_on_after_a_restart(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    first = opened(start(), qtbot)
    model = first.editor.current.model
    for name in ("A", "B", "C"):
        model.push(Rename("s0", name))
    qtbot.keyClick(first.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: first.editor.current.autosave.is_clean)
    first.close()
    qtbot.waitUntil(lambda: not first.isVisible())
    second = opened(start(), qtbot)
    model = second.editor.current.model
    assert not banner(second).isVisible()
    assert model.graph.steps["s0"].name == "B"
    assert second.actions_of_window["undo"].isEnabled() and second.actions_of_window["redo"].isEnabled()
    for key, name in (("Y", "C"), ("Z", "B"), ("Z", "A"), ("Z", "Step 0")):
        qtbot.keyClick(second.editor.view, getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.ControlModifier)
        assert model.graph.steps["s0"].name == name
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Step 0")


def test_undo_after_a_restart_is_refused_where_someone_else_changed_the_same(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    first = opened(start(), qtbot)
    first.editor.current.model.push(Rename("s1", "Mine"))
    first.editor.current.model.push(SetConfig("s0", {"output": "mine"}))
    qtbot.waitUntil(lambda: first.editor.current.autosave.is_clean)
    first.close()
    qtbot.waitUntil(lambda: not first.isVisible())
    kept = services.workflows.kept["hello"]
    kept.definition = kept.definition.with_graph(SetConfig("s0", {"output": "theirs"}).apply(kept.definition.graph))
    kept.revision += 1
    second = opened(start(), qtbot)
    model = second.editor.current.model
    qtbot.keyClick(second.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert model.graph.steps["s0"].config == {"output": "theirs"}
    assert "Someone else changed" in second.notices.text
    qtbot.keyClick(second.editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert model.graph.steps["s1"].name == "Step 1"
    assert not second.actions_of_window["undo"].isEnabled()


def test_edits_made_without_a_database_are_kept_when_the_window_closes(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    services.editing.failure = DatabaseUnavailable()
    first = opened(start(), qtbot)
    first.editor.current.model.push(Rename("s0", "Offline"))
    first.close()
    qtbot.waitUntil(lambda: not first.isVisible())
    services.editing.failure = None
    second = start()
    qtbot.waitUntil(lambda: second.editor.current is not None)
    assert banner(second).text.startswith("1 edit recovered Not saved when it was closed at")
    press(qtbot, second, "draft-keep")
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Offline")


def test_an_hour_of_edits_without_a_database_arrives_as_what_it_comes_to(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    services.editing.failure = DatabaseUnavailable()
    first = opened(start(), qtbot)
    model = first.editor.current.model
    for number in range(500):
        model.push(Rename(f"s{number % 3}", f"Name {number}"))
    qtbot.waitUntil(lambda: first.editor.current.autosave.state == "failed")
    services.editing.failure = None
    qtbot.keyClick(first.editor.view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: first.editor.current.autosave.is_clean)
    assert len(services.editing.saved) == 1
    assert services.workflows.kept["hello"].definition.graph == model.graph


def test_a_disk_that_takes_nothing_is_told_and_the_edits_stay(start: Start, services: FakeServices, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "drafts").write_text("a file in its place")
    window = opened(start(), qtbot)
    services.editing.failure = DatabaseUnavailable()
    window.editor.current.model.push(Rename("s0", "Kept in memory"))
    qtbot.waitUntil(lambda: "cannot be kept safe on this disk" in window.notices.text)
    (tmp_path / "drafts").unlink()
    qtbot.waitUntil(lambda: "kept safe on this machine again" in window.notices.text, timeout=5_000)
    services.editing.failure = None
    qtbot.keyClick(window.editor.view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: services.workflows.kept["hello"].definition.graph.steps["s0"].name == "Kept in memory")


def test_a_damaged_journal_is_told_and_what_could_be_read_is_offered(
    start: Start, services: FakeServices, tmp_path: Path, qtbot: QtBot
) -> None:
    services.editing.failure = DatabaseUnavailable()
    first = opened(start(), qtbot)
    for name in "ABCD":
        first.editor.current.model.push(Rename("s0", name))
    written(first, qtbot)
    crashed(first)
    services.editing.failure = None
    task = asyncio.ensure_future(asyncio.sleep(0.1))
    qtbot.waitUntil(task.done)
    (path,) = (tmp_path / "drafts").glob("*.journal")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2].replace(b"s0", b"s1")
    path.write_bytes(b"".join(lines))
    second = start()
    qtbot.waitUntil(lambda: second.editor.current is not None)
    assert second.editor.current.model.graph.steps["s0"].name == "B"
    assert "damaged" in second.notices.text
    assert banner(second).isVisible()


def test_two_windows_that_crashed_are_both_offered_one_after_the_other(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    services.editing.failure = DatabaseUnavailable()
    first, second = opened(start(), qtbot), opened(start(), qtbot)
    first.editor.current.model.push(Rename("s0", "First window"))
    second.editor.current.model.push(Rename("s1", "Second window"))
    for window in (first, second):
        written(window, qtbot)
        crashed(window)
    services.editing.failure = None
    third = start()
    qtbot.waitUntil(lambda: third.editor.current is not None)
    steps = lambda: services.workflows.kept["hello"].definition.graph.steps  # noqa: E731
    assert third.editor.current.model.graph.steps["s1"].name == "Second window"
    press(qtbot, third, "draft-keep")
    qtbot.waitUntil(lambda: steps()["s1"].name == "Second window")
    qtbot.waitUntil(lambda: banner(third).isVisible())
    assert third.editor.current.model.graph.steps["s0"].name == "First window"
    press(qtbot, third, "draft-keep")
    qtbot.waitUntil(lambda: steps()["s0"].name == "First window")
    assert not banner(third).isVisible()
    third.close()
    qtbot.waitUntil(lambda: not third.isVisible())
    fourth = opened(start(), qtbot)
    assert not banner(fourth).isVisible()


def test_edits_of_a_workflow_that_was_deleted_elsewhere_become_one_of_their_own(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    window = opened(start(), qtbot)
    services.editing.failure = WorkflowNotFound()
    window.editor.current.model.push(Rename("s0", "Mine"))
    qtbot.waitUntil(lambda: "deleted elsewhere" in banner(window).text)
    services.editing.failure = None
    press(qtbot, window, "draft-copy")
    qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.name == "Hello, workflow (copy)")
    qtbot.waitUntil(lambda: len(window.editor.documents) == 1)
    assert window.editor.current.model.graph.steps["s0"].name == "Mine"


def test_lost_edits_of_a_workflow_that_is_gone_are_offered_as_a_copy(start: Start, services: FakeServices, qtbot: QtBot) -> None:
    services.editing.failure = DatabaseUnavailable()
    first = opened(start(), qtbot)
    first.editor.current.model.push(Rename("s0", "Mine"))
    written(first, qtbot)
    crashed(first)
    services.editing.failure = None
    services.workflows.kept["hello"].deleted = True
    second = start()
    assert "was deleted elsewhere while it had edits that were not saved" in second.notices.text
    press(qtbot, second, "notice-action")
    qtbot.waitUntil(lambda: second.editor.current is not None)
    assert second.editor.current.model.graph.steps["s0"].name == "Mine"
    third = start()
    assert "deleted elsewhere" not in third.notices.text

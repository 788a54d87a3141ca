"""What tests of the window share: an asyncio loop on Qt, fakes behind a real bridge, and a watchdog over the GUI thread."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import app.ui.workbench  # noqa: F401  imported beside the window in the program, so not a stall of it
from app.domain.access import DEFAULT_TENANT_ID, Actor, Role
from app.runtime.engine_thread import EngineThread
from app.ui.application import dress
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.session import Session
from app.ui.theme import theme
from tests.catalog import CATALOG
from tests.fakes.services import FakeServices
from tests.ui.samples import chain, ticket_triage
from tests.ui.watchdog import Watchdog

ACTOR = Actor(DEFAULT_TENANT_ID, Role.TENANT_ADMIN)


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> QApplication:
    """The application with our style, fonts and colours."""
    dress(qapp)
    return qapp


@pytest.fixture(scope="session")
def _watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog()
    watchdog.start()
    yield watchdog
    watchdog.stop()


@pytest.fixture(scope="session")
def _what_stays(dressed: QApplication) -> None:
    """What is there before the first test is never garbage: looking through it again before each of a thousand tests takes minutes."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def garbage_waits(_what_stays: None) -> Iterator[None]:
    """As in the program, garbage is not collected in the middle of what a person does."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class _Pad(QWidget):
    """Tells which buttons are held, as a movement over it has it."""

    def __init__(self) -> None:
        super().__init__()
        self.held = Qt.MouseButton.NoButton

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.held = event.buttons()


@pytest.fixture(autouse=True)
def nothing_held(dressed: QApplication) -> Iterator[None]:
    """Fails a test that leaves a mouse button pressed: it would be held in all the tests that follow."""
    yield
    pad = _Pad()
    QTest.mouseMove(pad, QPoint(5, 5))
    for button in pad.held:
        QTest.mouseRelease(pad, button)
    pad.deleteLater()
    if pad.held:
        pytest.fail(f"left pressed at the end: {pad.held}")


@pytest.fixture(autouse=True)
def no_stall(request: pytest.FixtureRequest, _watchdog: Watchdog) -> Iterator[None]:
    """Fails a test in which the GUI thread did one thing for more than 100 ms of its own time."""
    _watchdog.forget()
    yield
    if stall := _watchdog.stall:
        pytest.fail(f"the GUI thread stalled:\n{stall}")


@pytest.fixture(scope="session")
def _loop(dressed: QApplication) -> Iterator[qasync.QEventLoop]:
    """One loop for all tests: it hangs on the application object, of which there is one."""
    running = qasync.QEventLoop(dressed, already_running=True)
    asyncio.events._set_running_loop(None)
    yield running
    dressed.aboutToQuit.disconnect(running._after_run_forever)
    running._after_run_forever()
    running._QEventLoop__is_running = False  # its own stop() would end Qt's loops of everyone
    running.close()


@pytest.fixture
def loop(_loop: qasync.QEventLoop, dressed: QApplication) -> Iterator[qasync.QEventLoop]:
    """Coroutines run while Qt's events are processed, as in the program. What a test leaves under way is cancelled."""
    asyncio.events._set_running_loop(_loop)
    yield _loop
    left = [task for task in asyncio.all_tasks(_loop) if not task.done()]
    for task in left:
        task.cancel()
    for _ in range(100):
        if all(task.done() for task in left):
            break
        dressed.processEvents()
    asyncio.events._set_running_loop(None)


@pytest.fixture
def engine() -> Iterator[EngineThread]:
    thread = EngineThread()
    thread.start()
    yield thread
    thread.stop()


@pytest.fixture
def bridge(engine: EngineThread, dressed: QApplication) -> Bridge:
    return Bridge(engine.submit)


@pytest.fixture
def services() -> FakeServices:
    """Two workflows: `triage`, published, and `hello`, a draft."""
    fakes = FakeServices(CATALOG)
    fakes.workflows.add(ticket_triage(), id="triage", status="published", version=14)
    fakes.workflows.add(chain(), id="hello")
    return fakes


@pytest.fixture
def session(bridge: Bridge, services: FakeServices) -> Session:
    return Session(bridge, services, ACTOR, CATALOG)  # type: ignore[arg-type]


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    kept = Preferences(tmp_path / "window.ini")
    kept.set("editor/open", "")  # not the first start, which opens an example
    return kept


@pytest.fixture
def window(loop: qasync.QEventLoop, session: Session, preferences: Preferences, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with the engine up and its lists loaded."""
    theme().set_mode("dark")
    shown = MainWindow(preferences)
    shown.resize(1440, 900)
    shown.show()
    qtbot.waitExposed(shown)
    shown.complete()
    shown.attach(session)
    qtbot.waitUntil(lambda: len(shown.workflows.table.rows_model.rows) == 2)
    yield shown
    for document in list(shown.editor.documents):
        shown.editor.remove(document)
    shown.tasks.cancel_all()
    shown.hide()
    shown.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot) -> Callable[[str], None]:
    """Open a workflow and wait until its canvas is there."""

    def open_it(workflow_id: str) -> None:
        window.open_workflow(workflow_id)
        qtbot.waitUntil(lambda: window.editor.current is not None and window.editor.current.workflow_id == workflow_id)

    return open_it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform says this of dialogs and menus; it is about the platform, not about the program."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))

"""The window on the real services and a real database, with no engine behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import qasync
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.backend import make_services
from app.domain.access import Actor
from app.domain.json_schema import SchemaChecker
from app.platform.vault import Vault
from app.runtime.engine_thread import EngineThread
from app.services import Services
from app.services.credentials import VaultDoor
from app.storage.database import Database
from app.storage.unit_of_work import UnitsOfWork
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.session import Session
from app.ui.tasks import Tasks
from app.ui.theme import theme
from tests.catalog import CATALOG
from tests.services.test_schedules import WITH_SCHEMA
from tests.storage.runs_world import World


class House:
    """The window, its services, and a look at the rows from outside."""

    def __init__(self, window: MainWindow, services: Services, actor: Actor, engine: EngineThread, world: World, workflow_id: str) -> None:
        self.window, self.services, self.actor, self.world, self.workflow_id = window, services, actor, world, workflow_id
        self._engine = engine

    def call(self, use_case: Callable, *arguments: object, **named: object):
        """The result of a use case, as another program would ask it."""
        return self._engine.submit(use_case(self.actor, *arguments, **named)).result(10)


@pytest.fixture
def house(
    loop: qasync.QEventLoop, engine: EngineThread, bridge: Bridge, preferences: Preferences, database_url: str, qtbot: QtBot
) -> Iterator[House]:
    database = Database(database_url)

    async def opened() -> tuple[Services, Actor]:
        await database.connect()
        services = make_services(UnitsOfWork(database), SchemaChecker(), VaultDoor(lambda: Vault(bytes(32))))
        return services, await services.access.local_actor()

    services, actor = engine.submit(opened()).result(10)
    world = World(database_url)
    workflow_id = world.workflow(name="Hello", versions=[WITH_SCHEMA])
    world.rows("UPDATE workflows SET status = 'published', version = 2")
    theme().set_mode("dark")
    window = MainWindow(preferences)
    window.resize(1440, 900)
    window.show()
    qtbot.waitExposed(window)
    window.complete()
    window.attach(Session(bridge, services, actor, CATALOG))
    window.go("triggers")
    yield House(window, services, actor, engine, world, workflow_id)
    # What is still being read has a connection, and one that is cancelled with it under way is left open.
    until = time.monotonic() + 2
    while time.monotonic() < until and not all(tasks.are_idle for tasks in window.findChildren(Tasks)):
        qtbot.wait(5)
    window.tasks.cancel_all()
    window.hide()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    engine.submit(database.dispose()).result(10)

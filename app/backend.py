"""Everything of the program that needs no window, put together: database, services, engine. Constructor calls, and their order."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from app.adapters.egress import Egress
from app.adapters.registry import ADAPTER_TYPES, builtin_adapters
from app.domain.access import Actor
from app.domain.catalog import Catalog
from app.domain.errors import DatabaseUnavailable
from app.domain.json_schema import SchemaChecker
from app.engine.ports import StepRunner
from app.engine.run import Engine
from app.engine.step import StepExecutor
from app.engine.worker import Worker
from app.groups import GROUP_TYPES
from app.platform.failpoints import Failpoints
from app.platform.logs import set_redactor
from app.platform.vault import Vault
from app.services import Services
from app.services.access import AccessUseCases
from app.services.credentials import CredentialUseCases, SecretBox, VaultDoor
from app.services.editing import EditingUseCases
from app.services.examples import add_examples, examples_dir
from app.services.finding import FindingUseCases
from app.services.presence import PresenceUseCases
from app.services.publishing import PublishingUseCases
from app.services.records import AdapterShelf, RecordUseCases
from app.services.runs import RunUseCases
from app.services.schedules import ScheduleUseCases
from app.services.session import SessionUseCases
from app.services.webhooks import WebhookUseCases
from app.services.workflows import WorkflowUseCases
from app.steps import STEP_TYPES
from app.steps.llm import LlmRunner
from app.steps.tool import TakenAdapter, ToolRunner
from app.steps.transform import TransformRunner
from app.storage import migrate
from app.storage.children import PostgresChildren
from app.storage.claims import PostgresRunQueue
from app.storage.database import Database
from app.storage.journal import PostgresJournal
from app.storage.notifications import ANSWER, CANCEL, DUE, RESYNC, Bell, Ring
from app.storage.records import AdapterRow
from app.storage.unit_of_work import UnitsOfWork

if TYPE_CHECKING:
    from app.backend_triggers import Listens, TriggerRoom
    from app.platform.local_postgres import LocalPostgres
    from app.platform.settings import Settings

logger = logging.getLogger(__name__)

STEPS_AT_ONCE = 100
LOOK_AT_SERVER_S = 1.0
GIVE_BACK_S = 5.0
CATALOG = Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES)

Role = Literal["ask", "run", "work"]
"""ask: services alone. run: an engine for runs that are handed to it. work: an engine that claims whatever is due."""
Progress = Callable[[str], None]


@dataclass(slots=True)
class EngineRoom:
    """What runs workflows in this process, and the doorbell."""

    engine: Engine
    worker: Worker
    queue: PostgresRunQueue
    journal: PostgresJournal
    bell: Bell
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


@dataclass(slots=True)
class Backend:
    """An open program. `url` is the database's; `room` is None for one that only asks."""

    settings: Settings
    url: str
    database: Database
    services: Services
    actor: Actor
    catalog: Catalog = CATALOG
    room: EngineRoom | None = None
    triggers: TriggerRoom | None = None
    server: LocalPostgres | None = None
    _watch: asyncio.Task[None] | None = None

    @property
    def engine(self) -> Engine:
        assert self.room is not None, "this process only asks"
        return self.room.engine

    @property
    def worker(self) -> Worker:
        assert self.room is not None, "this process only asks"
        return self.room.worker

    @property
    def bell(self) -> Bell:
        assert self.room is not None, "this process only asks"
        return self.room.bell

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        on_progress: Progress | None = None,
        role: Role = "work",
        pool: tuple[int, int] = (1, 5),
        listens: Listens = "when_needed",
    ) -> Backend:
        """Start the local database where no URL is set, bring its schema up to date, and put everything together.

        Raises:
            DatabaseUnavailable, DataDirUnusable, SettingInvalid: what is wrong, and what to do.
        """
        tell = on_progress or _quiet
        server, url = await open_database(settings, tell)
        database = Database(url, pool_min=pool[0], pool_max=pool[1])
        try:
            await asyncio.to_thread(_migrate, url, tell)
            await database.connect()
            door = VaultDoor(lambda: _vault(settings))
            unit_of_work = UnitsOfWork(database)
            schemas = SchemaChecker()
            services = make_services(unit_of_work, schemas, door)
            actor, is_new = await services.access.welcome()
            if is_new and await add_examples(services.workflows, actor, examples_dir()):
                tell("Added the example workflows.")
            box = SecretBox(unit_of_work, door)
            set_redactor(box.mask_text)
            room = None if role == "ask" else await _open_room(settings, url, unit_of_work, schemas, box, claims=role == "work")
            try:
                triggers = await _open_triggers(settings, url, room, services, actor, schemas, door, listens) if role == "work" else None
            except BaseException:
                if room is not None:
                    await _close_room(room, 0.0)
                raise
        except BaseException:
            await database.dispose()
            if server is not None:
                await asyncio.to_thread(server.stop)
            raise
        backend = cls(settings, url, database, services, actor, room=room, triggers=triggers, server=server)
        if room is not None and server is not None:
            backend._watch = asyncio.create_task(_keep_running(server), name="local database")
        return backend

    async def close(self, *, drain_s: float = 0.0) -> None:
        """From the outside in: the worker gives back what it has not finished after `drain_s`, then journal, pool, database server."""
        set_redactor(None)
        if self.triggers is not None:
            await self.triggers.close()
        if self.room is not None:
            await _close_room(self.room, drain_s)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self.database.dispose()
        if self.server is not None:
            await asyncio.to_thread(self.server.stop)


async def open_database(settings: Settings, tell: Progress) -> tuple[LocalPostgres | None, str]:
    """The local server, started, and its URL; or none, and the URL that was set."""
    if settings.database_url is not None:
        return None, settings.database_url
    from app.platform.local_postgres import LocalPostgres

    def start() -> tuple[LocalPostgres, str]:
        settings.ensure_data_dir()
        server = LocalPostgres(settings.postgres_dir, binaries=settings.pg_bindir, on_progress=tell)
        return server, server.start()

    starting = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:  # a thread cannot be cancelled: what it started is stopped again
        server, _ = await starting
        await asyncio.to_thread(server.stop)
        raise


def make_services(unit_of_work: UnitsOfWork, schemas: SchemaChecker, door: VaultDoor) -> Services:
    access = AccessUseCases(unit_of_work)
    return Services(
        workflows=WorkflowUseCases(unit_of_work, CATALOG),
        editing=EditingUseCases(unit_of_work),
        presence=PresenceUseCases(unit_of_work),
        publishing=PublishingUseCases(unit_of_work, CATALOG),
        runs=RunUseCases(unit_of_work, CATALOG, schemas),
        credentials=CredentialUseCases(unit_of_work, door),
        access=access,
        session=SessionUseCases(access),
        records=RecordUseCases(unit_of_work),
        finding=FindingUseCases(unit_of_work),
        schedules=ScheduleUseCases(unit_of_work, schemas),
        webhooks=WebhookUseCases(unit_of_work, schemas, door),
    )


async def _open_room(
    settings: Settings, url: str, unit_of_work: UnitsOfWork, schemas: SchemaChecker, box: SecretBox, *, claims: bool
) -> EngineRoom:
    failpoint = Failpoints(settings.failpoint)
    adapters = builtin_adapters(Egress(allow=settings.egress_allow))

    def taken(row: AdapterRow, allow: frozenset[str]) -> TakenAdapter | None:
        adapter = adapters.get(row.id)
        return None if adapter is None else TakenAdapter(adapter, allow)

    shelf = AdapterShelf(unit_of_work, taken)
    runners: dict[str, StepRunner] = {
        "transform": TransformRunner(),
        "tool": ToolRunner(shelf, box.mask_text),
        "llm": LlmRunner(shelf, schemas, box.mask_text),
    }
    journal = PostgresJournal(url, failpoint=failpoint)
    children = PostgresChildren(journal.reading, schemas)
    executor = StepExecutor(CATALOG, runners, box, shelf, asyncio.Semaphore(STEPS_AT_ONCE), failpoint)
    engine = Engine(CATALOG, runners, journal, children, box, executor, schemas, failpoint)
    queue = PostgresRunQueue(url, name=f"{socket.gethostname()}:{os.getpid()}")
    worker = Worker(engine, queue, most_runs=settings.worker_concurrency if claims else 0)
    bell = Bell(url)
    room = EngineRoom(engine, worker, queue, journal, bell)
    await asyncio.gather(journal.open(), queue.open())
    if claims:
        await bell.open()
        bell.subscribe(lambda ring: _hear(worker, ring), kinds=(DUE, CANCEL, ANSWER))
    room.tasks.append(asyncio.create_task(worker.run(), name="worker"))
    return room


async def _open_triggers(
    settings: Settings,
    url: str,
    room: EngineRoom | None,
    services: Services,
    actor: Actor,
    schemas: SchemaChecker,
    door: VaultDoor,
    listens: Listens,
) -> TriggerRoom:
    assert room is not None, "only who works starts runs by itself"
    from app.backend_triggers import TriggerRoom

    return await TriggerRoom.open(
        url,
        room.bell,
        listen=settings.listen,
        public_url=settings.public_url,
        listens=listens,
        webhooks=services.webhooks,
        actor=actor,
        schemas=schemas,
        door=door,
        failpoint=Failpoints(settings.failpoint),
    )


async def _close_room(room: EngineRoom, drain_s: float) -> None:
    """In order; what waits for a database that is away is let go once its connections close, and found again by lease."""
    stopping = asyncio.ensure_future(room.worker.stop(drain_s=drain_s))
    done, _ = await asyncio.wait([stopping], timeout=drain_s + GIVE_BACK_S)
    if not done:
        logger.warning("runs could not be given back: the database does not answer")
    await room.bell.close()
    await room.queue.close()
    await room.journal.close()
    await asyncio.gather(stopping, *room.tasks, return_exceptions=True)


def _hear(worker: Worker, ring: Ring) -> None:
    if ring.kind in (DUE, RESYNC):
        worker.wake()
    elif ring.kind == CANCEL:
        worker.cancel(ring.id)
    elif ring.kind == ANSWER:
        worker.answered(ring.id)


def _migrate(url: str, tell: Progress) -> None:
    if not migrate.is_current(url):
        tell("Preparing the database…")
        migrate.upgrade(url, on_progress=lambda done, total, what: tell(f"Preparing the database, {done} of {total}: {what}"))


def _vault(settings: Settings) -> Vault:
    from app.platform.keys import load_master_key

    key, _ = load_master_key(settings)
    return Vault(key)


async def _keep_running(server: LocalPostgres) -> None:
    """A local server that died is started again; whoever uses it connects again by itself."""
    while True:
        await asyncio.sleep(LOOK_AT_SERVER_S)
        try:
            if not await asyncio.to_thread(lambda: server.is_running):
                logger.warning("the local database is gone and is started again")
                await asyncio.to_thread(server.start)
        except DatabaseUnavailable as error:
            logger.warning("the local database cannot be started yet: %s", error)


def _quiet(sentence: str) -> None:
    pass

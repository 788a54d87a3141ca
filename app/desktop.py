"""The window's composition root: engine thread, application, window; the engine starts once the window is painted."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import AppError

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.domain.catalog import Catalog
    from app.domain.draft_journal import DraftLogs
    from app.platform.settings import Settings
    from app.services import Services
    from app.ui.bridge import Bridge
    from app.ui.main_window import MainWindow

logger = logging.getLogger(__name__)

_CLOSING_S = 20.0


class Backend(Protocol):
    """What `backend` gives, and what tests put in its place."""

    services: Services
    actor: Actor
    catalog: Catalog

    async def close(self) -> None: ...


OpenBackend = Callable[[Callable[[str], None], Callable[[str, str], None]], Awaitable[Backend]]
"""Opens database, services and engine; told to `progress(sentence)` and `heard(kind, id)`, both callable on any thread."""


class NoDisplay(AppError):
    """There is no display to open a window on; `orchestrion run` works in the terminal."""

    code = "desktop.no_display"


class LibraryMissing(AppError):
    """A system library that the window needs is missing; `orchestrion doctor` names it."""

    code = "desktop.library_missing"


def main() -> int:
    """The window on this machine's own data; its exit status.

    Raises:
        AppError: no window can be opened here, or the settings cannot be understood.
    """
    from app.platform.logs import configure_logs
    from app.platform.settings import load_settings

    settings = load_settings()
    settings.ensure_data_dir()
    configure_logs(settings.log_dir, level=settings.log_level)

    async def open_backend(progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
        from app.backend import Backend as WholeBackend

        backend = await WholeBackend.open(settings, on_progress=progress)
        backend.bell.subscribe(lambda ring: heard(ring.kind, ring.id))
        return backend

    return run(settings, open_backend)


def run(settings: Settings, open_backend: OpenBackend) -> int:
    """Show the window and return when it was closed; the exit status.

    Raises:
        NoDisplay, LibraryMissing: no window can be opened here.
    """
    if not has_display():
        raise NoDisplay
    try:
        import qasync

        from app.platform.draft_files import DraftFiles
        from app.runtime.engine_thread import EngineThread
        from app.ui.application import GarbageClock, make_application, report_uncaught
        from app.ui.bridge import Bridge
        from app.ui.main_window import MainWindow
        from app.ui.preferences import Preferences
        from app.ui.prompts import show_error
        from app.ui.theme import theme
    except ImportError as error:
        raise LibraryMissing(f"The window needs a system library that is missing ({error}); see `orchestrion doctor`.") from error
    application = make_application([sys.argv[0]])
    preferences = Preferences(settings.data_dir / "window.ini")
    theme().set_mode(preferences.theme_mode)
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    engine = EngineThread()
    engine.start()
    drafts = DraftFiles(settings.data_dir / "drafts")
    drafts.start()
    window = MainWindow(preferences)
    report_uncaught(lambda error: show_error(window, error))
    loop.set_exception_handler(lambda _loop, context: show_error(window, context.get("exception") or RuntimeError(context["message"])))
    clock = GarbageClock(application)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _number, _frame: window.close())
    try:
        with loop:
            loop.run_until_complete(live(window, Bridge(engine.submit, application), open_backend, drafts, settled=clock.settle))
    finally:
        drafts.stop()
        engine.stop()
    return 0


async def live(
    window: MainWindow,
    bridge: Bridge,
    open_backend: OpenBackend,
    drafts: DraftLogs | None = None,
    *,
    settled: Callable[[], None] = lambda: None,
) -> None:
    """The window from its first picture until it is closed, with the engine behind it as soon as it is up."""
    from app.ui.bridge import Heard, Progress

    closed, painted = asyncio.Event(), asyncio.Event()
    for happened in (closed, painted):  # a window closed before its first picture waits for none
        window.closed.connect(happened.set)
    window.painted.connect(painted.set)
    bridge.notified.connect(lambda said: window.show_starting(said.sentence) if isinstance(said, Progress) else None)
    opened: list[Backend] = []

    async def start() -> None:
        window.show_starting("One moment")
        await bridge.call(_load_editor())
        window.complete()
        try:
            backend = await bridge.call(
                _opened(open_backend, lambda sentence: bridge.post(Progress(sentence)), lambda kind, id: bridge.post(Heard(kind, id)))
            )
        except Exception as error:
            from app.ui.prompts import sentence_of

            window.show_failed(sentence_of(error), again)
            return
        opened.append(backend)
        from app.ui.session import Session

        window.attach(Session(bridge, backend.services, backend.actor, backend.catalog, drafts))
        settled()

    def again() -> None:
        window.tasks.start(start())

    window.show()
    await painted.wait()
    again()
    await closed.wait()
    window.tasks.cancel_all()
    for backend in opened:
        try:
            async with asyncio.timeout(_CLOSING_S):
                await bridge.call(backend.close())
        except Exception:
            logger.exception("the engine did not close in order")


def has_display() -> bool:
    """Whether a window can be shown; Qt would end the process without one."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def _load_editor() -> None:
    """Import what the editor needs on the engine thread, so that the window answers meanwhile."""
    import app.ui.runs_page
    import app.ui.workbench  # noqa: F401


async def _load_transport() -> None:
    """Import what the first step that asks a model would else wait for, while nobody waits."""
    await asyncio.to_thread(importlib.import_module, "app.adapters.transport")


async def _opened(open_backend: OpenBackend, progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
    """On the engine thread. The imports behind it are heavy; they happen there, after the first picture."""
    return await open_backend(progress, heard)

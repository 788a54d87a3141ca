"""The commands that stay: `serve` and `worker`, and the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_output import silence, tell
from app.cli_session import on_loop, ready

if TYPE_CHECKING:
    from app.backend import Backend, Progress
    from app.backend_triggers import Listens

SERVER_POOL = (5, 25)


def add_serve(app: typer.Typer) -> None:
    app.command("serve")(serve)
    app.command("worker")(worker)


Listen = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Listen for webhooks there, whether or not there is one.")]


def serve(quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but warnings.")] = False, listen: Listen = None) -> None:
    """Execute what is due and listen for webhooks, without a window, until Ctrl+C."""
    _stay(quiet=quiet, pool=(1, 5), listen=listen)


def worker(quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but warnings.")] = False, listen: Listen = None) -> None:
    """Execute what is due in a database that several machines share, until Ctrl+C."""
    _stay(quiet=quiet, pool=SERVER_POOL, listen=listen)


def _stay(*, quiet: bool, pool: tuple[int, int], listen: str | None) -> None:
    settings = ready(**({"listen": listen} if listen is not None else {}))

    async def whole() -> None:
        from app.worker import serve as serve_until_told

        listens: Listens = "always" if listen is not None else "when_needed"
        await serve_until_told(settings, tell=silence if quiet else tell, pool=pool, listens=listens)

    on_loop(whole)


def open_window() -> int:
    """The window; where there is no display, the first example in the terminal."""
    from app import desktop

    if desktop.has_display():
        settings = ready()

        async def open_engine(progress: Progress, heard: Callable[[str, str], None]) -> Backend:
            from app.backend import Backend

            backend = await Backend.open(settings, on_progress=progress)
            backend.bell.subscribe(lambda ring: heard(ring.kind, ring.id))
            return backend

        return desktop.run(settings, open_engine)
    from app.cli_runs import run_here
    from app.services.examples import examples_dir

    tell("There is no display here, so no window can open. This is the example “Ticket triage” in the terminal instead.")
    example = examples_dir() / "ticket-triage.workflow.json"
    return run_here(str(example), f"@{example.with_name('ticket-triage.input.json')}", None, as_json=False)

"""The commands that stay: `serve` and `worker`, and the window."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from app.cli_output import silence, tell
from app.cli_session import on_loop, ready

SERVER_POOL = (5, 25)


def add_serve(app: typer.Typer) -> None:
    app.command("serve")(serve)
    app.command("worker")(worker)


def serve(quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but warnings.")] = False) -> None:
    """Execute what is due, without a window, until Ctrl+C."""
    _stay(quiet=quiet, pool=(1, 5))


def worker(quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but warnings.")] = False) -> None:
    """Execute what is due in a database that several machines share, until Ctrl+C."""
    _stay(quiet=quiet, pool=SERVER_POOL)


def _stay(*, quiet: bool, pool: tuple[int, int]) -> None:
    settings = ready()

    async def whole() -> None:
        from app.worker import serve as serve_until_told

        await serve_until_told(settings, tell=silence if quiet else tell, pool=pool)

    on_loop(whole)


def has_display() -> bool:
    """Whether a window could show."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal", "vnc"):
        return True
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_window() -> int:
    """The window; where there is no display, the first example in the terminal."""
    if has_display():
        from app.desktop import main

        return int(main())
    from app.cli_runs import run_here
    from app.services.examples import examples_dir

    tell("There is no display here, so no window can open. This is the example “Ticket triage” in the terminal instead.")
    example = examples_dir() / "ticket-triage.workflow.json"
    return run_here(str(example), f"@{example.with_name('ticket-triage.input.json')}", None, as_json=False)

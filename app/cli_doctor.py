"""`orchestrion doctor`: what is wrong with this machine, and what to do about it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli_output import coloured, show_json, silence, tell
from app.cli_session import FAILED, leave, on_loop
from app.domain.errors import AppError

if TYPE_CHECKING:
    from app.platform.settings import Settings

LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` is what to do where it is not well."""

    name: str
    status: Literal["ok", "warning", "error"]
    message: str
    remedy: str = ""


def add_doctor(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look at everything the program needs, and say what to do where it is missing."""
    findings = []
    for finding in look():
        findings.append(finding)
        if not as_json:
            colour = {"ok": "green", "warning": "yellow", "error": "red"}[finding.status]
            tell(f"{coloured(finding.status.ljust(7), colour)}  {finding.name}: {finding.message} {finding.remedy}".rstrip())
    healthy = all(finding.status != "error" for finding in findings)
    if as_json:
        show_json({"healthy": healthy, "findings": [asdict(finding) for finding in findings]})
    leave(0 if healthy else FAILED)


def look() -> Iterator[Finding]:
    """Every finding in the order in which they lean on each other."""
    yield _python()
    yield _window()
    try:
        from app.platform.settings import load_settings

        settings = load_settings()
    except AppError as error:
        yield Finding("settings", "error", str(error))
        return
    yield from _unknown_settings()
    directory = _guarded("data directory", lambda: f"{settings.ensure_data_dir()} can be used.")
    yield directory
    if directory.status == "error":
        return
    yield _disk(settings)
    if settings.database_url is None:
        yield _guarded("PostgreSQL programs", lambda: _programs(settings))
    yield _guarded("database", lambda: _database(settings))
    yield _guarded("master key", lambda: _key(settings))


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok", f"{version}.")


def _window() -> Finding:
    """Whether Qt loads, tried in a process of its own: its failure is a missing system library, or an abort."""
    from app.desktop import has_display

    tried = subprocess.run([sys.executable, "-c", "import PySide6.QtWidgets"], capture_output=True, text=True, check=False, timeout=60)
    if tried.returncode != 0:
        lines = tried.stderr.strip().splitlines()
        library = lines[-1].rpartition("ImportError: ")[2].split(":")[0] if lines else "Qt"
        return Finding("window", "error", f"Qt does not load ({library}).", "Run `make setup`, which names or installs what is missing.")
    if not has_display():
        return Finding("window", "warning", "there is no display here, so no window can open.", "Commands such as `orchestrion run` work.")
    return Finding("window", "ok", "Qt loads and there is a display.")


def _unknown_settings() -> Iterator[Finding]:
    from app.platform.settings import unknown_settings

    for notice in unknown_settings(os.environ):
        yield Finding("settings", "warning", notice)


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "warning", f"only {free // 1_000_000} MB are free for {settings.data_dir}.", "Make room.")
    return Finding("disk", "ok", f"{free // 1_000_000_000} GB are free.")


def _programs(settings: Settings) -> str:
    from app.platform.postgres_binaries import find_binaries

    found = find_binaries(settings.pg_bindir)
    return f"version {found.major} in {found.directory}."


def _database(settings: Settings) -> str:
    async def whole() -> str:
        from app.backend import open_database
        from app.storage import migrate

        server, url = await open_database(settings, silence)
        try:
            revision = await asyncio.to_thread(migrate.current, url)
        finally:
            if server is not None:
                await asyncio.to_thread(server.stop)
        kind = "the one at ORCHESTRION_DATABASE_URL" if server is None else "the local one"
        state = "is up to date" if revision == migrate.head() else "will be brought up to date at the next start"
        return f"{kind} answers and {state}."

    return on_loop(whole)


def _key(settings: Settings) -> str:
    from app.platform.keys import load_master_key

    _, where = load_master_key(settings)
    return f"kept in the {where}."


def _guarded(name: str, ask: Callable[[], str]) -> Finding:
    """The answer, or the sentence of the error, which says what to do."""
    try:
        return Finding(name, "ok", ask())
    except AppError as error:
        return Finding(name, "error", str(error))

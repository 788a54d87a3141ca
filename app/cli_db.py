"""The commands on the database: its schema, its address, and a shell in it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli_output import show, show_json, silence, tell
from app.cli_session import UsageRefused, leave, on_loop, patient, ready

if TYPE_CHECKING:
    pass

T = TypeVar("T")
db = typer.Typer(help="The database: upgrade, downgrade, stamp, current, url, psql.", rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _with_database(work: Callable[[str], T], *, quiet: bool, stay: bool = False) -> T:
    """Do `work` with the URL of a running database; with `stay` the local server goes on afterwards."""
    settings = ready()

    async def whole() -> T:
        from app.backend import open_database

        with patient(silence if quiet else tell) as progress:
            server, url = await open_database(settings, progress)
        try:
            return await asyncio.to_thread(work, url)
        finally:
            if server is not None and not stay:
                await asyncio.to_thread(server.stop)

    return on_loop(whole)


def _show_revision(revision: str | None, *, as_json: bool) -> None:
    from app.storage.migrate import head

    if as_json:
        show_json({"current": revision, "head": head()})
    elif revision is None:
        show(f"empty (head is {head()})")
    else:
        show(f"{revision}{' (head)' if revision == head() else f' (head is {head()})'}")


@db.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="A revision, or head.", metavar="[REV]")] = "head", as_json: AsJson = False
) -> None:
    """Bring the schema up to a revision."""
    from app.storage import migrate

    def work(url: str) -> str | None:
        progress = None if as_json else lambda done, total, what: tell(f"{done} of {total}: {what}")
        migrate.upgrade(url, _known(revision), progress)
        return migrate.current(url)

    _show_revision(_with_database(work, quiet=as_json), as_json=as_json)


@db.command(context_settings={"ignore_unknown_options": True})
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, base, or -1 for one step back.", metavar="[REV]")] = "-1",
    as_json: AsJson = False,
) -> None:
    """Take the schema back to a revision; what only newer revisions can keep is lost."""
    from app.storage import migrate

    def work(url: str) -> str | None:
        progress = None if as_json else lambda done, total, what: tell(f"{done} of {total}: {what}")
        migrate.downgrade(url, _known(revision), progress)
        return migrate.current(url)

    _show_revision(_with_database(work, quiet=as_json), as_json=as_json)


@db.command()
def stamp(revision: Annotated[str, typer.Argument(help="A revision, head or base.", metavar="REV")], as_json: AsJson = False) -> None:
    """Say that the schema is at a revision, without changing it (dangerous)."""
    from app.storage import migrate

    def work(url: str) -> str | None:
        migrate.stamp(url, _known(revision))
        return migrate.current(url)

    _show_revision(_with_database(work, quiet=as_json), as_json=as_json)


@db.command()
def current(as_json: AsJson = False) -> None:
    """Show the revision of the schema."""
    from app.storage import migrate

    _show_revision(_with_database(migrate.current, quiet=as_json), as_json=as_json)


@db.command()
def url(as_json: AsJson = False) -> None:
    """Print the address of the database, password included; the local server is started and goes on."""
    found = _with_database(lambda address: address, quiet=as_json, stay=True)
    if as_json:
        show_json({"url": found})
    else:
        show(found)


@db.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def psql(context: typer.Context) -> None:
    """Open psql in the database; what follows goes to psql, such as -c "SELECT 1"."""
    program = _psql()

    def work(address: str) -> int:
        from app.storage.urls import libpq_environment

        # In the environment, as other users of the machine can read a command line.
        environment = {**os.environ, "PGCLIENTENCODING": "UTF8", **libpq_environment(address)}
        return subprocess.run([program, *context.args], env=environment, check=False).returncode

    leave(_with_database(work, quiet=True))


def _psql() -> str:
    import shutil

    from app.platform.settings import load_settings

    bindir = load_settings().pg_bindir
    found = shutil.which("psql", path=str(bindir)) if bindir else None
    found = found or shutil.which("psql") or _beside_the_server()
    if found is None:
        raise UsageRefused("There is no psql on this machine; install PostgreSQL's client programs.")
    return found


def _beside_the_server() -> str | None:
    import shutil

    from app.platform.errors import PostgresMissing
    from app.platform.postgres_binaries import find_binaries

    try:
        return shutil.which("psql", path=str(find_binaries(None).directory))
    except PostgresMissing:
        return None


def _known(revision: str) -> str:
    """The revision, if it is one: a migration tool's own complaint would not be understood.

    Raises:
        UsageRefused
    """
    from app.storage.migrate import migrations_dir

    known = sorted(path.name.split("_")[0] for path in (migrations_dir() / "versions").glob("[0-9]*_*.py"))
    relative = revision[:1] in "+-" and revision[1:].isdigit()
    if revision not in (*known, "head", "base") and not relative:
        raise UsageRefused(f"There is no revision “{revision[:40]}”; there are: base, {', '.join(known)}, head.")
    return revision

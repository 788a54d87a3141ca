"""The commands on secrets. A value is never an argument, where other users of the machine could read it, and never shown."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli_output import instant, local, show, show_json, show_table
from app.cli_session import prompt_or_stdin, with_backend
from app.domain.credentials import check_secret_name, check_secret_value

secrets = typer.Typer(help="Secrets for {{ secrets.NAME }}: set, list, delete.", rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Letters, digits and _.", metavar="NAME")]


@secrets.command("set")
def set_(name: Name, as_json: AsJson = False) -> None:
    """Keep a secret; its value is asked for, or read from a pipe."""
    check_secret_name(name)
    value = check_secret_value(prompt_or_stdin(f"Value of {name}"))
    is_new = with_backend(lambda backend: backend.services.credentials.set(backend.actor, name, value), quiet=as_json)
    if as_json:
        show_json({"name": name, "new": is_new})
    else:
        show(f"{'Kept' if is_new else 'Replaced'} {name}.")


@secrets.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the names of the secrets, never their values."""
    rows = with_backend(lambda backend: backend.services.credentials.list(backend.actor), quiet=as_json)
    if as_json:
        times = ("created_at", "updated_at", "last_used_at")
        show_json([{"name": row.name, **{name: instant(getattr(row, name)) for name in times}} for row in rows])
        return
    show_table(
        ["NAME", "CHANGED", "BY", "LAST USED"],
        [(row.name, local(row.updated_at), row.created_by, local(row.last_used_at)) for row in rows],
        when_empty="There is no secret; `orchestrion secrets set NAME` keeps one.",
    )


@secrets.command("delete")
def delete(name: Name, as_json: AsJson = False) -> None:
    """Remove a secret for good."""
    with_backend(lambda backend: backend.services.credentials.delete(backend.actor, name), quiet=as_json)
    if as_json:
        show_json({"name": name, "deleted": True})
    else:
        show(f"Deleted {name}.")

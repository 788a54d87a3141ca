"""`orchestrion …`: the commands on workflows, and the frame of all commands. No Qt, SQL or HTTP is loaded before it is needed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app import __version__
from app.cli_files import has_children, opened_file, read_workflow, refuse_errors, write_text
from app.cli_output import PipeClosed, show, show_json, show_table, tell, tell_error, tell_problems
from app.cli_session import INTERRUPTED, INVALID, PIPE_CLOSED, leave, report, report_unexpected, with_backend
from app.domain.errors import AppError
from app.domain.problems import has_errors

if TYPE_CHECKING:
    from app.backend import Backend

_UsageError: Any = typer.BadParameter.__mro__[1]  # typer carries its own click and names only this one of its errors

app = typer.Typer(
    name="orchestrion",
    help="Make, run and watch AI workflows. Without a command the window opens.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WorkflowFile = Annotated[Path, typer.Argument(help="A *.workflow.json file.", metavar="FILE")]
NameOrId = Annotated[str, typer.Argument(help="A workflow's name or id.", metavar="NAME")]


def run_command(arguments: list[str]) -> int:
    """Run one command; its exit status. Whatever goes wrong is one sentence on stderr, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return _dispatched(arguments)
    except PipeClosed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its exit
        return PIPE_CLOSED
    except KeyboardInterrupt:
        tell("Interrupted.")
        return INTERRUPTED


def _dispatched(arguments: list[str]) -> int:
    _add_groups()
    try:
        status = typer.main.get_command(app).main(args=arguments, prog_name="orchestrion", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except typer.Abort:
        tell("Interrupted.")
        return INTERRUPTED
    except _UsageError as error:
        context = error.ctx.command_path if error.ctx is not None else "orchestrion"
        tell_error(f"{str(error.format_message()).rstrip('.')}; `{context} --help` tells more.")
        return INVALID
    except AppError as error:
        return report(error)
    except (PipeClosed, KeyboardInterrupt):
        raise
    except Exception as error:  # the last border: a bug must not show its insides on a terminal
        return report_unexpected(error)


def _add_groups() -> None:
    """The commands that stand in other modules."""
    if not app.registered_groups:
        from app.cli_db import db
        from app.cli_doctor import add_doctor
        from app.cli_runs import add_run, runs
        from app.cli_schedules import schedules
        from app.cli_secrets import secrets
        from app.cli_serve import add_serve
        from app.cli_webhooks import webhooks

        add_run(app)
        app.add_typer(runs, name="runs")
        add_serve(app)
        app.add_typer(db, name="db")
        add_doctor(app)
        app.add_typer(secrets, name="secrets")
        app.add_typer(schedules, name="schedules")
        app.add_typer(webhooks, name="webhooks")


@app.callback(invoke_without_command=True)
def window(context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        show(f"orchestrion {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from app.cli_serve import open_window

        leave(open_window())


@app.command()
def validate(file: WorkflowFile, as_json: AsJson = False) -> None:
    """Check a workflow file and print all that is wrong with it."""
    definition, problems = read_workflow(file)
    if definition is not None and has_children(definition) and not has_errors(problems):
        problems = list(with_backend(lambda backend: backend.services.workflows.validate(backend.actor, definition), quiet=as_json))
    if as_json:
        show_json({"problems": [problem.to_json() for problem in problems]})
    tell_problems(problems)
    if has_errors(problems):
        leave(INVALID)
    elif not as_json:
        show(f"{file.name} is valid.")


@app.command("import")
def import_(
    file: WorkflowFile,
    publish: Annotated[bool, typer.Option("--publish", help="Publish it at once.")] = False,
    note: Annotated[str, typer.Option(help="A note on the published version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a file as the draft of the workflow of its name."""
    definition = opened_file(file)

    async def work(backend: Backend) -> tuple[str, int | None]:
        workflows, actor = backend.services.workflows, backend.actor
        refuse_errors(await workflows.validate(actor, definition))
        workflow_id = await workflows.keep(actor, definition, by_name=True)
        return workflow_id, await workflows.publish(actor, workflow_id, note) if publish else None

    workflow_id, version = with_backend(work, quiet=as_json)
    if as_json:
        show_json({"id": workflow_id, "name": definition.name, "version": version})
    else:
        done = f"Imported and published as version {version}" if version else "Imported as a draft"
        show(f"{done}: {definition.name} ({workflow_id})")


@app.command()
def publish(name: NameOrId, note: Annotated[str, typer.Option(help="What is new in this version.")] = "", as_json: AsJson = False) -> None:
    """Make the draft of a workflow its next version."""

    async def work(backend: Backend) -> tuple[str, int]:
        workflow_id = await backend.services.workflows.find(backend.actor, name)
        return workflow_id, await backend.services.workflows.publish(backend.actor, workflow_id, note)

    workflow_id, version = with_backend(work, quiet=as_json)
    if as_json:
        show_json({"id": workflow_id, "version": version})
    else:
        show(f"Published version {version}.")


@app.command()
def export(
    name: NameOrId,
    file: Annotated[Path | None, typer.Argument(help="Where to write it; nothing or - prints it.", metavar="[FILE]")] = None,
    version: Annotated[int | None, typer.Option(help="A published version, 0 for the latest, instead of the draft.", min=0)] = None,
    as_json: AsJson = False,
) -> None:
    """Write a workflow as a file."""

    async def work(backend: Backend) -> dict[str, Any]:
        workflow_id = await backend.services.workflows.find(backend.actor, name)
        document: dict[str, Any] = await backend.services.workflows.export(backend.actor, workflow_id, version=version)
        return document

    document = with_backend(work, quiet=as_json or file is None)
    if file is None or str(file) == "-":
        show_json(document)
        return
    write_text(file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    if as_json:
        show_json({"file": str(file)})
    else:
        show(f"Wrote {file}.")


@app.command("list")
def list_(
    search: Annotated[str, typer.Argument(help="Only those with this in their name or description.", metavar="[SEARCH]")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the workflows, the last changed first."""
    rows = with_backend(lambda backend: backend.services.workflows.list(backend.actor, search=search, limit=100_000), quiet=as_json)
    if as_json:
        from app.cli_runs import workflow_json

        show_json([workflow_json(row) for row in rows])
        return
    from app.cli_output import local

    show_table(
        ["NAME", "STATUS", "VERSION", "STEPS", "LAST RUN", "CHANGED", "ID"],
        [(row.name, row.status, row.version or None, row.step_count, row.last_run_status, local(row.updated_at), row.id) for row in rows],
        when_empty="There is no workflow yet; `orchestrion import FILE` keeps one.",
    )

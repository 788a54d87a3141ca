"""The commands on runs: `run`, and `runs list|show|cancel|resume`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_files import opened_file, parse_input, refuse_errors
from app.cli_output import instant, local, show, show_json, show_table, tell, tell_error, took, without_marks
from app.cli_session import COMPLETED, FAILED, INTERRUPTED, UsageRefused, leave, with_backend
from app.domain.json_value import Given
from app.domain.run_requests import Part, PartKind
from app.domain.runs import RunDetail, RunRow, RunStatus, StepRunRow, WorkflowRow

if TYPE_CHECKING:
    from app.backend import Backend

runs = typer.Typer(help="What ran and what runs: list, show, cancel, resume.", no_args_is_help=False, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(help="The id of a run.", metavar="ID")]
SHOWN_CHILDREN = 50


class Mode(StrEnum):
    test = "test"
    production = "production"


def add_run(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    workflow: Annotated[str, typer.Argument(help="A workflow file, or the name or id of a workflow.", metavar="FILE|NAME|ID")],
    input: Annotated[str | None, typer.Option("--input", "-i", help="JSON, or @FILE with JSON (@- for stdin).")] = None,
    mode: Annotated[Mode | None, typer.Option(help="A file runs in mode test, a name in mode production.")] = None,
    to: Annotated[str | None, typer.Option(help="Run up to this step of the draft, and no more than it needs.", metavar="STEP")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Run this step of the draft and what follows it.", metavar="STEP")] = None,
    only: Annotated[str | None, typer.Option(help="Run this step of the draft alone; --input is the step's.", metavar="STEP")] = None,
    of: Annotated[str | None, typer.Option(help="The run whose data --from and --only take (the newest).", metavar="RUN")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a workflow here and show each step; a file is kept as a draft first."""
    part = _part(to=to, start=start, only=only, of=of, input=input, mode=mode)
    if part is None:
        leave(run_here(workflow, input, mode.value if mode else None, as_json=as_json))
    else:
        leave(run_part_here(workflow, part, as_json=as_json))


def _part(*, to: str | None, start: str | None, only: str | None, of: str | None, input: str | None, mode: Mode | None) -> Part | None:
    """The part of the workflow that the options ask for; None for all of it."""
    asked: list[tuple[PartKind, str]] = [(kind, step) for kind, step in _kinds(to=to, start=start, only=only) if step is not None]
    if len(asked) > 1:
        raise UsageRefused("--to, --from and --only exclude one another; give one of them.")
    if not asked:
        if of is not None:
            raise UsageRefused("--of goes with --from or --only.")
        return None
    kind, place = asked[0]
    if mode is Mode.production:
        raise UsageRefused("A part of a workflow runs in mode test only.")
    if of is not None and kind == "to":
        raise UsageRefused("--to starts at the beginning, so it takes no data of another run; leave out --of.")
    if input is not None and kind == "from":
        raise UsageRefused("--from takes the input of the run that it goes on from; leave out --input.")
    value = parse_input(input)
    given = Given(value) if kind == "only" and input is not None else None
    return Part(kind, place, of, value if kind == "to" else None, given)


def _kinds(*, to: str | None, start: str | None, only: str | None) -> tuple[tuple[PartKind, str | None], ...]:
    return ("to", to), ("from", start), ("only", only)


def run_part_here(workflow: str, part: Part, *, as_json: bool) -> int:
    """The exit status of a partial run of a file or of a kept workflow's draft."""
    definition = opened_file(Path(workflow)) if _is_file(workflow) else None

    async def start(backend: Backend) -> str:
        services, actor = backend.services, backend.actor
        owner = backend.room.queue.owner if backend.room else None
        if definition is None:
            workflow_id = await services.workflows.find(actor, workflow)
        else:
            workflow_id = await services.workflows.keep(actor, definition, by_name=True)
        return await services.runs.start_part(actor, workflow_id, part, reserved_for=owner)

    return _executed(start, as_json=as_json)


def run_here(workflow: str, input: str | None, mode: str | None, *, as_json: bool) -> int:
    """The exit status of a run of a file or of a kept workflow."""
    definition = opened_file(Path(workflow)) if _is_file(workflow) else None
    given = parse_input(input)

    async def start(backend: Backend) -> str:
        services, actor = backend.services, backend.actor
        owner = backend.room.queue.owner if backend.room else None
        if definition is None:
            workflow_id = await services.workflows.find(actor, workflow)
            return await services.runs.start(actor, workflow_id, given, mode or "production", reserved_for=owner)  # type: ignore[arg-type]
        refuse_errors(await services.workflows.validate(actor, definition))
        workflow_id = await services.workflows.keep(actor, definition, by_name=True)
        return await services.runs.start(actor, workflow_id, given, mode or "test", of_draft=True, reserved_for=owner)  # type: ignore[arg-type]

    return _executed(start, as_json=as_json)


def _is_file(text: str) -> bool:
    path = Path(text)
    try:
        return path.is_file() or path.suffix == ".json" or (path.name != text and not path.is_dir())
    except (OSError, ValueError):
        return False


def _executed(start: Callable[[Backend], Awaitable[str]], *, as_json: bool) -> int:
    """Start a run, execute it in this process, show what it does and how it ended."""

    async def whole(backend: Backend) -> RunDetail:
        from app.cli_progress import followed

        run_id = await start(backend)
        await followed(backend, run_id, quiet=as_json)
        return await backend.services.runs.show(backend.actor, run_id)

    detail = with_backend(whole, role="run", quiet=as_json)
    if as_json:
        show_json(detail_json(detail))
    else:
        _show_end(detail)
    return {RunStatus.COMPLETED: COMPLETED, RunStatus.CANCELLED: INTERRUPTED}.get(RunStatus(detail.run.status), FAILED)


def _show_end(detail: RunDetail) -> None:
    row = detail.run
    seconds = (row.completed_at - row.started_at).total_seconds() if row.completed_at and row.started_at else 0.0
    tell(f"{row.workflow}: {row.status} after {took(seconds)} (run {row.id})")
    if row.status == RunStatus.COMPLETED:
        show_json(detail.output)
    elif row.status == RunStatus.FAILED:
        error = detail.error if isinstance(detail.error, dict) else {}
        at = f" at {error['path']}" if error.get("path") else ""
        tell_error(f"{error.get('type', 'Error')}{at}: {error.get('message') or row.error or 'the run failed.'}")


def _mode_words(row: RunRow) -> str:
    """The mode, and of a partial run which part: “test, from Draft reply”."""
    return f"{row.mode}, {row.kind} {row.kind_step}" if row.is_partial else row.mode


@runs.command("list")
def list_runs(
    status: Annotated[str | None, typer.Option(help="Only those that are pending, running, completed, failed or cancelled.")] = None,
    workflow: Annotated[str | None, typer.Option(help="Only those of this workflow (name or id).")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=100_000)] = 50,
    children: Annotated[bool, typer.Option("--children", help="Those that steps of other runs made as well.")] = False,
    parent: Annotated[str | None, typer.Option(help="Only those that the steps of this run made (its id).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show runs, the newest first; those that subflow and map steps made only when asked."""
    if status is not None and status not in {state.value for state in RunStatus}:
        raise UsageRefused(f"“{status[:40]}” is no status of a run; there are: {', '.join(state.value for state in RunStatus)}.")

    async def work(backend: Backend) -> list[RunRow]:
        actor, services = backend.actor, backend.services
        workflow_id = await services.workflows.find(actor, workflow) if workflow else None
        return await services.runs.list(actor, status=status, workflow_id=workflow_id, children=children, parent_id=parent, limit=limit)

    rows = with_backend(work, quiet=as_json)
    if as_json:
        show_json([run_json(row) for row in rows])
        return
    show_table(
        ["STARTED", "STATUS", "WORKFLOW", "MODE", "BY", "ID", "ERROR"],
        [
            (
                local(row.started_at),
                "paused" if row.is_paused else row.status,
                row.workflow,
                _mode_words(row),
                row.triggered_by,
                row.id,
                row.error or "",
            )
            for row in rows
        ],
        when_empty="There are no such runs.",
    )


@runs.command("show")
def show_run(run_id: RunId, as_json: AsJson = False) -> None:
    """Show one run with its steps."""

    async def work(backend: Backend) -> tuple[RunDetail, list[RunRow]]:
        actor, services = backend.actor, backend.services
        return await services.runs.show(actor, run_id), await services.runs.list(actor, parent_id=run_id, limit=SHOWN_CHILDREN + 1)

    detail, made = with_backend(work, quiet=as_json)
    if as_json:
        show_json(detail_json(detail))
        return
    row = detail.run
    show(f"{row.workflow}, {_mode_words(row)} run {row.id}")
    show(f"{row.status}, started {local(row.started_at)}, ended {local(row.completed_at)}")
    if row.error:
        show(f"Error: {row.error}")
    for pause in detail.pauses:
        if pause.is_open:
            show(f"Paused {pause.when} {pause.place} since {local(pause.since)}; open the run in the window to go on")
    show()
    show_table(
        ["PATH", "TYPE", "STATUS", "ATTEMPT", "TOOK", "ERROR"],
        [(step.path, step.type, step.status, step.attempt, _duration(step), _message(step)) for step in detail.steps],
        when_empty="No step has begun.",
    )
    _show_children(made, run_id)
    if detail.output is not None:
        show("\nOutput:")
        show_json(detail.output)


def _show_children(made: list[RunRow], run_id: str) -> None:
    """The runs that its steps made, the oldest first; of very many the newest."""
    if not made:
        return
    show("\nRuns that its steps made:")
    show_table(
        ["STEP", "WORKFLOW", "STATUS", "ID", "ERROR"],
        [(row.parent_path or "", row.workflow, row.status, row.id, row.error or "") for row in reversed(made[:SHOWN_CHILDREN])],
        when_empty="",
    )
    if len(made) > SHOWN_CHILDREN:
        show(f"… and more; `orchestrion runs list --parent {run_id} --limit 100000` shows all.")


@runs.command("cancel")
def cancel_run(run_id: RunId, as_json: AsJson = False) -> None:
    """Ask a run to end; its finally roles still run."""
    status = with_backend(lambda backend: backend.services.runs.cancel(backend.actor, run_id), quiet=as_json)
    if as_json:
        show_json({"id": run_id, "status": status.value})
    elif status is RunStatus.CANCELLED:
        show("Cancelled.")
    elif status.is_terminal:
        show(f"The run has already ended ({status.value}).")
    else:
        show("The run was asked to end; whoever executes it ends it in a moment.")


@runs.command("resume")
def resume_run(run_id: RunId, as_json: AsJson = False) -> None:
    """Go on with a failed or cancelled run from where it stopped, as a new run."""

    async def start(backend: Backend) -> str:
        owner = backend.room.queue.owner if backend.room else None
        return await backend.services.runs.resume(backend.actor, run_id, reserved_for=owner)

    leave(_executed(start, as_json=as_json))


def detail_json(detail: RunDetail) -> dict[str, Any]:
    """One run in the shape of semantics §7."""
    return {
        "id": detail.run.id,
        "status": detail.run.status,
        "output": detail.output,
        "error": without_marks(detail.error),
        "steps": [_step_json(step) for step in detail.steps],
    }


def _step_json(step: StepRunRow) -> dict[str, Any]:
    return {
        "path": step.path,
        "name": step.name,
        "type": step.type,
        "status": step.status,
        "attempt": step.attempt,
        "input": step.input,
        "output": step.output,
        "error": without_marks(step.error),
        "started_at": instant(step.started_at),
        "completed_at": instant(step.completed_at),
        "duration_ms": step.duration_ms,
    }


def run_json(row: RunRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow": row.workflow,
        "status": row.status,
        "mode": row.mode,
        "triggered_by": row.triggered_by,
        "started_at": instant(row.started_at),
        "completed_at": instant(row.completed_at),
        "error": row.error,
    }


def workflow_json(row: WorkflowRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "status": row.status,
        "version": row.version,
        "steps": row.step_count,
        "updated_at": instant(row.updated_at),
        "published_at": instant(row.published_at),
        "last_run": row.last_run_id,
        "last_run_status": row.last_run_status,
    }


def _duration(step: StepRunRow) -> str | None:
    return took(step.duration_ms / 1000) if step.duration_ms is not None else None


def _message(step: StepRunRow) -> str:
    return str(step.error.get("message") or "") if isinstance(step.error, dict) else ""

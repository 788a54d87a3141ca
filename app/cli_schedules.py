"""The commands on schedules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_files import parse_input
from app.cli_output import instant, local, show, show_deleted, show_json, show_table, tell
from app.cli_session import UsageRefused, one_called, with_backend
from app.domain.errors import AppError

if TYPE_CHECKING:
    from app.backend import Backend
    from app.domain.schedules import ScheduleRow, TickRow

schedules = typer.Typer(help="Cron lines that start runs: list, create, update, pause and more.", rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameOrId = Annotated[str, typer.Argument(help="A schedule's name or id.", metavar="NAME")]
Cron = Annotated[str | None, typer.Option("--cron", help="Five fields, or @daily and the like.", metavar="LINE")]
Zone = Annotated[str | None, typer.Option("--timezone", help="An IANA time zone, such as Europe/Berlin.", metavar="ZONE")]
Version = Annotated[int | None, typer.Option("--version", help="A published version; 0 is the latest.", metavar="N")]
Input = Annotated[str | None, typer.Option("--input", help="The input of its runs: JSON, or @FILE.", metavar="JSON")]
Misfire = Annotated[str | None, typer.Option(help="Missed ticks: skip, once or all.")]
Overlap = Annotated[str | None, typer.Option(help="While a run goes on: skip, queue or allow.")]
Grace = Annotated[int | None, typer.Option("--grace", help="A tick later than this counts as missed.", metavar="SECONDS")]
Name = Annotated[str | None, typer.Option("--name", help="The schedule's name.", metavar="NAME")]
Description = Annotated[str | None, typer.Option(help="What it is for.")]


class ScheduleUnknown(AppError):
    """There is no schedule of this name; `orchestrion schedules list` shows what there is."""

    code = "usage.schedule"


@schedules.command("list")
def list_(
    workflow: Annotated[str | None, typer.Option(help="Only those of a workflow.", metavar="NAME")] = None, as_json: AsJson = False
) -> None:
    """Show the schedules, the next to come first."""

    async def read(backend: Backend) -> list[ScheduleRow]:
        services, actor = backend.services, backend.actor
        workflow_id = await services.workflows.find(actor, workflow) if workflow is not None else None
        return await services.schedules.list(actor, workflow_id=workflow_id)

    rows = with_backend(read, quiet=as_json)
    if as_json:
        show_json([_document(row) for row in rows])
        return
    show_table(
        ["NAME", "WORKFLOW", "CRON", "ZONE", "STATUS", "NEXT", "LAST", "RUNS"],
        [
            (
                row.plan.name,
                row.workflow_name,
                row.plan.cron_expression,
                row.plan.timezone,
                row.error or row.status,
                local(row.next_run_at),
                local(row.last_run_at),
                row.run_count,
            )
            for row in rows
        ],
        when_empty="There is no schedule; `orchestrion schedules create` makes one.",
    )


@schedules.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The schedule's name.", metavar="NAME")],
    workflow: Annotated[str, typer.Option(help="The workflow's name or id.", metavar="NAME")],
    cron: Annotated[str, typer.Option("--cron", help="Five fields, or @daily and the like.", metavar="LINE")],
    timezone: Annotated[str, typer.Option(help="An IANA time zone, such as Europe/Berlin.", metavar="ZONE")] = "UTC",
    version: Annotated[int, typer.Option(help="A published version; 0 is the latest.", metavar="N")] = 0,
    input: Input = None,
    misfire: Annotated[str, typer.Option(help="Missed ticks: skip, once or all.")] = "once",
    overlap: Annotated[str, typer.Option(help="While a run goes on: skip, queue or allow.")] = "skip",
    grace: Annotated[int, typer.Option(help="A tick later than this counts as missed.", metavar="SECONDS")] = 3600,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a schedule."""
    given = parse_input(input)

    async def make(backend: Backend) -> ScheduleRow:
        from app.domain.schedules import SchedulePlan

        services, actor = backend.services, backend.actor
        plan = SchedulePlan(
            workflow_id=await services.workflows.find(actor, workflow),
            name=name,
            cron_expression=cron,
            timezone=timezone,
            workflow_version=version,
            description=description,
            input=given,
            misfire_policy=misfire,  # type: ignore[arg-type]  # the use case checks both
            overlap_policy=overlap,  # type: ignore[arg-type]
            grace_seconds=grace,
        )
        return await services.schedules.get(actor, await services.schedules.create(actor, plan))

    _tell(with_backend(make, quiet=as_json), "Made", as_json=as_json)


@schedules.command("update")
def update(
    schedule: NameOrId,
    name: Name = None,
    cron: Cron = None,
    timezone: Zone = None,
    version: Version = None,
    input: Input = None,
    misfire: Misfire = None,
    overlap: Overlap = None,
    grace: Grace = None,
    description: Description = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given of a schedule."""
    changes: dict[str, Any] = {
        "name": name,
        "cron_expression": cron,
        "timezone": timezone,
        "workflow_version": version,
        "misfire_policy": misfire,
        "overlap_policy": overlap,
        "grace_seconds": grace,
        "description": description,
    }
    changes = {key: value for key, value in changes.items() if value is not None}
    if input is not None:
        changes["input"] = parse_input(input)
    if not changes:
        raise UsageRefused("Say what is to change, such as --cron; `orchestrion schedules update --help` tells more.")

    async def change(backend: Backend) -> ScheduleRow:
        row = await _found(backend, schedule)
        return await backend.services.schedules.change(backend.actor, row.id, replace(row.plan, **changes))

    _tell(with_backend(change, quiet=as_json), "Changed", as_json=as_json)


@schedules.command("pause")
def pause(schedule: NameOrId, as_json: AsJson = False) -> None:
    """Make no runs from now on."""
    _switch(schedule, on=False, as_json=as_json)


@schedules.command("resume")
def resume(schedule: NameOrId, as_json: AsJson = False) -> None:
    """Go on; ticks count from now."""
    _switch(schedule, on=True, as_json=as_json)


@schedules.command("delete")
def delete(schedule: NameOrId, as_json: AsJson = False) -> None:
    """Remove a schedule; its runs and ticks stay."""

    async def act(backend: Backend) -> ScheduleRow:
        row = await _found(backend, schedule)
        await backend.services.schedules.delete(backend.actor, row.id)
        return row

    row = with_backend(act, quiet=as_json)
    show_deleted(row.id, row.plan.name, as_json=as_json)


@schedules.command("next")
def next_(
    schedule: Annotated[str | None, typer.Argument(help="A schedule's name or id; or give --cron.", metavar="NAME")] = None,
    cron: Cron = None,
    timezone: Zone = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.", metavar="N")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the next times of a schedule, or of a cron line, and what it means."""
    if (schedule is None) == (cron is None):
        raise UsageRefused("Name a schedule, or give a line with --cron.")

    async def read(backend: Backend) -> tuple[str, list[datetime], str]:
        line, zone = cron, timezone or "UTC"
        if schedule is not None:
            plan = (await _found(backend, schedule)).plan
            line, zone = plan.cron_expression, plan.timezone
        assert line is not None
        preview = await backend.services.schedules.preview(backend.actor, line, zone, count=count)
        return preview.words, list(preview.times), zone

    words, times, zone = with_backend(read, quiet=as_json)
    if as_json:
        show_json({"words": words, "timezone": zone, "times": [instant(time) for time in times]})
        return
    from zoneinfo import ZoneInfo

    tell(f"{words} ({zone}).")
    show_table(
        ["THERE", "HERE", "UTC"],
        [(f"{time.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}", local(time), f"{time.astimezone(UTC):%Y-%m-%d %H:%M}") for time in times],
        when_empty="It has no next time.",
    )


@schedules.command("ticks")
def ticks(
    schedule: NameOrId,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.", metavar="N")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what became of its times, newest first."""

    async def read(backend: Backend) -> list[TickRow]:
        row = await _found(backend, schedule)
        return list(await backend.services.schedules.ticks(backend.actor, row.id, limit=limit))

    rows = with_backend(read, quiet=as_json)
    if as_json:
        show_json(
            [
                {
                    "scheduled_for": instant(row.scheduled_for),
                    "outcome": row.outcome,
                    "reason": row.reason,
                    "run_id": row.run_id,
                    "run_status": row.run_status,
                }
                for row in rows
            ]
        )
        return
    show_table(
        ["TIME", "OUTCOME", "RUN", "STATUS", "REASON"],
        [(local(row.scheduled_for), row.outcome, row.run_id, row.run_status, row.reason) for row in rows],
        when_empty="No time of it has come yet.",
    )


@schedules.command("run")
def run_now(
    schedule: NameOrId,
    beside: Annotated[bool, typer.Option("--beside", help="Also while a run of it goes on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a run of it now, besides its times."""

    async def act(backend: Backend) -> str:
        row = await _found(backend, schedule)
        return await backend.services.schedules.run_now(backend.actor, row.id, despite_overlap=beside)

    run_id = with_backend(act, quiet=as_json)
    if as_json:
        show_json({"run_id": run_id})
    else:
        show(run_id)
        tell("It starts when a worker takes it: `orchestrion serve`, or an open window.")


@schedules.command("backfill")
def backfill(
    schedule: NameOrId,
    start: Annotated[str, typer.Option("--from", help="The first time, ISO 8601; without a zone it is here's.", metavar="TIME")],
    end: Annotated[str, typer.Option("--to", help="The last time.", metavar="TIME")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the runs of a past range that were not made, after asking with their number."""
    first, last = _time(start), _time(end)

    async def look(backend: Backend) -> tuple[str, str, int, str]:
        row = await _found(backend, schedule)
        found = await backend.services.schedules.backfillable(backend.actor, row.id, start=first, end=last)
        return row.id, row.plan.name, found.count + found.is_cut, found.cost_words

    schedule_id, name, number, cost = with_backend(look, quiet=as_json)
    if number and not yes:
        tell(cost)
        question = f"Make {number:,} run{'s' if number != 1 else ''} of “{name}” for {start} to {end}?"
        if not typer.confirm(question, err=True):
            raise typer.Abort
    made = with_backend(
        lambda backend: backend.services.schedules.backfill(backend.actor, schedule_id, start=first, end=last, expected=number),
        quiet=as_json,
    )
    if as_json:
        show_json({"count": len(made), "run_ids": made})
    else:
        show(f"{len(made):,} run{'s' if len(made) != 1 else ''} made.")


def _switch(schedule: str, *, on: bool, as_json: bool) -> None:
    async def act(backend: Backend) -> ScheduleRow:
        use, actor = backend.services.schedules, backend.actor
        row = await _found(backend, schedule)
        await (use.resume if on else use.pause)(actor, row.id)
        return await use.get(actor, row.id)

    _tell(with_backend(act, quiet=as_json), "Resumed" if on else "Paused", as_json=as_json)


async def _found(backend: Backend, name_or_id: str) -> ScheduleRow:
    row = one_called(await backend.services.schedules.list(backend.actor, limit=100_000), name_or_id, what="schedules")
    if row is None:
        raise ScheduleUnknown
    return row


def _document(row: ScheduleRow) -> dict[str, Any]:
    plan = row.plan
    return {
        "id": row.id,
        "name": plan.name,
        "workflow_id": plan.workflow_id,
        "workflow": row.workflow_name,
        "workflow_version": plan.workflow_version,
        "description": plan.description,
        "cron_expression": plan.cron_expression,
        "timezone": plan.timezone,
        "input": plan.input,
        "status": row.status,
        "misfire_policy": plan.misfire_policy,
        "overlap_policy": plan.overlap_policy,
        "grace_seconds": plan.grace_seconds,
        "next_run_at": instant(row.next_run_at),
        "last_run_at": instant(row.last_run_at),
        "last_run_id": row.last_run_id,
        "run_count": row.run_count,
        "error": row.error or None,
    }


def _tell(row: ScheduleRow, done: str, *, as_json: bool) -> None:
    if as_json:
        show_json(_document(row))
        return
    following = f"; next at {local(row.next_run_at)}" if row.next_run_at is not None else ""
    show(f"{done} “{row.plan.name}”{following}.")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageRefused(f"“{text:.40}” is no time; write it like 2026-11-27T09:00 or 2026-11-27T09:00:00+01:00.") from None
    return time.astimezone() if time.tzinfo is None else time

"""Rows of runs, step runs and block group runs as the values that screens and the command line show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, exists, false, or_

from app.domain.breakpoints import PAUSE_TYPE, Answer, Pause
from app.domain.json_value import Json
from app.domain.runs import GroupRunRow, RunRow, StepRunRow
from app.storage.ids import text_of
from app.storage.tables import runs, step_runs

Row = Mapping[str, Any]

# Asked only of the few runs that were asked for with anything special and are under way.
_pauses_now = (
    exists().where(step_runs.c.run_id == runs.c.id, step_runs.c.status == "waiting", step_runs.c.step_type == PAUSE_TYPE).correlate(runs)
)

RUN_COLUMNS = (
    runs.c.id,
    runs.c.workflow_id,
    runs.c.workflow_version,
    runs.c.status,
    runs.c.mode,
    runs.c.triggered_by,
    runs.c.created_at,
    runs.c.started_at,
    runs.c.completed_at,
    runs.c.error,
    runs.c.seq,
    runs.c.wake_at,
    runs.c.resumed_from,
    runs.c.edited,
    or_(runs.c.request.has_key("breakpoints"), runs.c.answers > 0).label("may_pause"),
    case(
        (and_(runs.c.request.is_not(None), runs.c.status == "running"), _pauses_now),
        else_=false(),
    ).label("is_paused"),
    runs.c.request["kind"].astext.label("kind"),
    runs.c.request["step"].astext.label("kind_step"),
    runs.c.parent_run_id,
    runs.c.parent_path,
)
"""What a list needs: none of the JSON, which may be large."""


def run_row(row: Row) -> RunRow:
    return RunRow(
        id=str(row["id"]),
        workflow_id=str(row["workflow_id"]),
        workflow=row["workflow"],
        waiting_until=row["wake_at"],
        resumed_from=text_of(row["resumed_from"]),
        may_pause=bool(row["may_pause"]),
        is_paused=row["is_paused"],
        is_edited=row["edited"],
        kind=row["kind"] or "whole",
        kind_step=row["kind_step"] or "",
        parent_id=text_of(row["parent_run_id"]),
        parent_path=row["parent_path"],
        **{
            name: row[name]
            for name in ("workflow_version", "status", "mode", "triggered_by", "created_at", "started_at", "completed_at", "error", "seq")
        },
    )


def step_run_row(row: Row) -> StepRunRow:
    return StepRunRow(
        path=row["path"] or "",
        step_id=str(row["step_id"]),
        name=row["step_name"],
        type=row["step_type"] or "",
        input=row.get("input"),
        output=row.get("output"),
        error=error_of(row),
        **{name: row[name] for name in ("status", "attempt", "started_at", "completed_at", "duration_ms", "seq", "notes")},
    )


def group_run_row(row: Row) -> GroupRunRow:
    return GroupRunRow(
        path=row["path"] or "",
        group_id=str(row["block_group_id"]),
        role=row["role"] or "",
        iteration=row["iteration"] or 0,
        status=row["status"] or "pending",
        input=row.get("input"),
        output=row.get("output"),
        error=error_of(row),
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        seq=row["seq"],
    )


def pause_row(row: Row) -> Pause:
    notes = row["notes"] or {}
    path = row["path"] or ""
    return Pause(
        path,
        str(row["step_id"]),
        row["step_name"],
        "after" if path.endswith("#after") else "before",
        row["input"],
        is_large=bool(notes.get("large")),
        problem=str(notes.get("problem") or ""),
        since=row["started_at"],
        is_open=row["status"] == "waiting",
        answer=Answer.from_json(row["output"]) if row["status"] == "completed" else None,
    )


def error_of(row: Row) -> Json:
    """The error object; of a row that has only a sentence (written by another program) one made of it."""
    detail: Json = row["error_detail"]
    if detail is None and row["error"] is not None:
        return {"type": "AdapterError", "message": row["error"]}
    return detail

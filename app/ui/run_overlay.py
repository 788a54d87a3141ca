"""What the canvas shows of a run: for each step and group one state, summed over all its turns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from app.domain.runs import GroupRunRow, StepRunRow
from app.ui.canvas.overlay import OverlayState
from app.ui.live_run import LiveRun
from app.ui.words import count, duration

_TURN = re.compile(r"\[\d+\]")
_WORST_FIRST = ("failed", "running", "waiting", "pending", "cancelled", "lost", "completed", "skipped")


def states_of(live: LiveRun, steps: Iterable[str], groups: Iterable[str]) -> dict[str, OverlayState]:
    """The states of these steps and groups; those that have no row yet are left out."""
    found: dict[str, OverlayState] = {}
    for step_id in steps:
        if places := live.places_of(step_id):
            found[step_id] = _step_state(places, running_run=not live.is_over)
    for group_id in groups:
        if rows := live.turns_of(group_id):
            found[group_id] = _group_state(rows)
    return found


def _step_state(places: Sequence[StepRunRow], *, running_run: bool) -> OverlayState:
    if len(places) == 1:
        return _one(places[0])
    active = sum(row.status == "running" for row in places)
    failed = sum(row.status == "failed" for row in places)
    done = sum(row.status == "completed" for row in places)
    if active:
        return OverlayState("running", f"{active} active")
    if failed:
        return OverlayState("failed", f"{failed} failed")
    if waiting := sum(row.status == "waiting" for row in places):
        return OverlayState("waiting", f"{waiting} waiting")
    if done:
        return OverlayState("completed", f"{done:,}")
    return OverlayState(_worst(row.status for row in places))


def _one(row: StepRunRow) -> OverlayState:
    match row.status:
        case "completed" if isinstance(row.error, dict):
            return OverlayState("warning", _code(row.error))
        case "completed":
            return OverlayState("completed", _took(row))
        case "failed":
            return OverlayState("failed", _code(row.error))
        case "running" if row.attempt > 1:
            return OverlayState("retrying", f"try {row.attempt}")
        case "pending" if row.attempt > 1:
            return OverlayState("retrying", f"try {row.attempt}")
        case _:
            return OverlayState(row.status)


def _group_state(rows: Sequence[GroupRunRow]) -> OverlayState:
    """A loop counts its turns; any other group tells how its roles went."""
    turns = len({turn for row in rows for turn in _TURN.findall(row.path.rsplit("/", 1)[-1])})
    active = sum(row.status == "running" for row in rows)
    failed = sum(row.status == "failed" for row in rows)
    done = sum(row.status == "completed" for row in rows)
    if turns == 0:
        caught = failed and any(row.role in ("catch", "finally") and row.status == "completed" for row in rows)
        if caught:
            return OverlayState("warning", "caught 1 error" if failed == 1 else f"caught {failed} errors")
        return OverlayState(_worst(row.status for row in rows))
    parts = [f"{done:,} done" if active else count(done, "turn")]
    parts += [f"{active} active"] if active else []
    parts += [f"{failed} failed"] if failed else []
    status = "running" if active else "failed" if failed and not done else "warning" if failed else _worst(row.status for row in rows)
    return OverlayState(status, " · ".join(parts), done / turns)


def _worst(statuses: Iterable[str]) -> str:
    present = set(statuses)
    return next((status for status in _WORST_FIRST if status in present), "pending")


def _took(row: StepRunRow) -> str:
    if row.duration_ms is not None:
        return duration(timedelta(milliseconds=row.duration_ms))
    if row.started_at is not None and row.completed_at is not None:
        return duration(row.completed_at - row.started_at)
    return ""


def _code(error: object) -> str:
    """The shortest thing that says what went wrong: an HTTP status, else the error's type."""
    if not isinstance(error, dict):
        return ""
    details = error.get("details")
    status = details.get("status_code") if isinstance(details, dict) else None
    return str(status if status is not None else error.get("type") or "")

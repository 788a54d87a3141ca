"""What the canvas shows of a run: for each step and group one state, summed over all its turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from app.domain.breakpoints import Pause
from app.domain.runs import StepRunRow
from app.domain.why import Seen
from app.ui.canvas.overlay import OverlayState
from app.ui.canvas.suggestions import Sample
from app.ui.live_run import LiveRun
from app.ui.run_rows import RunRows
from app.ui.words import count, duration

_WORST_FIRST = ("failed", "running", "waiting", "pending", "cancelled", "lost", "completed", "skipped")


def states_of(rows: RunRows, steps: Iterable[str], groups: Iterable[str], pauses: Iterable[Pause] = ()) -> dict[str, OverlayState]:
    """The states of these steps and groups; those that have no row yet are left out, those where the run pauses say so."""
    found: dict[str, OverlayState] = {}
    for step_id in steps:
        if (newest := rows.newest_of(step_id)) is not None:
            counts = rows.counts_of(step_id)
            found[step_id] = _one(newest, taken_over=rows.is_taken_over(newest)) if sum(counts.values()) == 1 else _several(counts)
    for group_id in groups:
        if roles := rows.role_counts_of(group_id):
            found[group_id] = _loop(roles) if rows.is_looping(group_id) else _roles(roles)
    for pause in pauses:
        if pause.is_open:
            found[pause.node] = OverlayState("paused", "paused")
    return found


def seen_of(live: LiveRun) -> Seen:
    """What is known of a run, for whoever asks why a step has not run in it."""
    rows = live.rows

    def status_of(id: str) -> str | None:
        if (newest := rows.newest_of(id)) is not None:
            return newest.status
        roles = rows.role_counts_of(id)
        return _worst(status for (_, status), number in roles.items() if number) if roles else None

    def roles_of(group_id: str) -> list[str]:
        return [role for (role, status), number in rows.role_counts_of(group_id).items() if number and status != "skipped"]

    part = live.run.kind_step if live.run.kind in ("to", "only") else ""
    return Seen(status_of, roles_of, live.is_over, tuple(pause.node for pause in live.open_pauses), part)


def sample_of(rows: RunRows, step_id: str) -> Sample | None:
    """What a step gave the last time it ended well."""
    row = rows.newest_of(step_id)
    return Sample(row.output) if row is not None and row.status == "completed" else None


def _one(row: StepRunRow, *, taken_over: bool) -> OverlayState:
    match row.status:
        case "completed" if taken_over:
            return OverlayState("completed", "earlier")
        case "completed" if isinstance(row.notes, dict) and row.notes.get("pinned") is True:
            return OverlayState("completed", "pinned")
        case "completed" if isinstance(row.error, dict):
            return OverlayState("warning", _code(row.error))
        case "completed":
            return OverlayState("completed", _took(row))
        case "failed":
            return OverlayState("failed", _code(row.error))
        case "running" | "pending" if row.attempt > 1:
            return OverlayState("retrying", f"try {row.attempt}")
        case _:
            return OverlayState(row.status)


def _several(counts: Mapping[str, int]) -> OverlayState:
    """A step in a loop: what goes on first, else what went wrong, else how many there are."""
    for status, word in (("running", "active"), ("failed", "failed"), ("waiting", "waiting")):
        if number := counts.get(status, 0):
            return OverlayState(status, f"{number:,} {word}")
    if done := counts.get("completed", 0):
        return OverlayState("completed", f"{done:,}")
    return OverlayState(_worst(status for status, number in counts.items() if number))


def _roles(counts: Mapping[tuple[str, str], int]) -> OverlayState:
    """A group that runs once: the worst of its roles, unless an error in it was caught."""
    present = {key for key, number in counts.items() if number}
    failed = sum(number for (_, status), number in counts.items() if status == "failed")
    if failed and ("catch", "completed") in present:
        return OverlayState("warning", f"caught {count(failed, 'error')}")
    return OverlayState(_worst(status for _, status in present))


def _loop(counts: Mapping[tuple[str, str], int]) -> OverlayState:
    """A loop: its turns counted, and how many of those that began have ended."""
    by_status: Counter[str] = Counter()
    for (_, status), number in counts.items():
        by_status[status] += number
    done, active, failed = by_status["completed"], by_status["running"], by_status["failed"]
    parts = [f"{done:,} done" if active else count(done, "turn")]
    parts += [f"{active:,} active"] if active else []
    parts += [f"{failed:,} failed"] if failed else []
    status = "running" if active else "failed" if failed and not done else "warning" if failed else _worst(+by_status)
    return OverlayState(status, " · ".join(parts), done / max(1, by_status.total()))


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

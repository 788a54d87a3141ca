"""What a run's journal tells one place: of many turns and attempts those rows that belong to the same turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from app.domain.data_scope import Outcome, RunFacts
from app.domain.json_value import Json
from app.domain.known_data import Known
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.workflow import Graph

StepRows = Callable[[str], Sequence[StepRunRow]]
GroupRows = Callable[[str], Sequence[GroupRunRow]]
_MOST_TURNS = 1_000
_BEGUN = frozenset({"running", "waiting", "completed", "failed", "cancelled"})


def facts_of(graph: Graph, steps: StepRows, groups: GroupRows, *, at: str = "", input: Json = None) -> RunFacts:
    """`at` is the path at which the place itself ran; of loops around it only that turn counts."""

    def step_row(id: str) -> StepRunRow | None:
        rows = steps(id)
        if len(rows) <= 1:
            return rows[0] if rows else None
        return max(rows, key=lambda row: (_shared(row.path, at), row.status == "completed", row.seq))

    def outcome(id: str) -> Outcome | None:
        if id in graph.groups:
            return group_outcome(graph.groups[id].type, groups(id), at)
        row = step_row(id)
        return None if row is None else Outcome(row.status, row.output, row.error)

    def input_of(id: str) -> Known | None:
        row = step_row(id) if id in graph.steps else None
        return Known.of(row.input) if row is not None and row.input is not None and row.status in _BEGUN else None

    def loop(group_id: str) -> Mapping[str, Json] | None:
        rows = groups(group_id)
        if not rows or group_id not in graph.groups:
            return None
        kind = graph.groups[group_id].type
        if kind == "try_catch":
            rows = [row for row in rows if row.role == "catch"]
        row = max(rows, key=lambda row: (_shared(row.path, at), row.seq), default=None)
        if row is None:
            return None
        given = dict(row.input) if isinstance(row.input, dict) else {}
        return {"iteration": row.iteration} if kind == "while" else given

    return RunFacts(input, True, outcome, input_of, loop)


def group_outcome(kind: str, rows: Sequence[GroupRunRow], at: str = "") -> Outcome | None:
    """What a group gave, put together from the rows of its roles and turns."""
    near = max((_shared(row.path, at) for row in rows), default=0)
    rows = [row for row in rows if _shared(row.path, at) == near] if at else rows
    if not rows:
        return None
    if kind in {"foreach", "while"}:
        turns = {row.iteration: row for row in sorted(rows, key=lambda row: row.seq) if row.role == "body"}
        ended = [turns[n] for n in sorted(turns)][:_MOST_TURNS]
        status = _worst(row.status for row in ended)
        return Outcome(status, _loop_output(kind, ended)) if status == "completed" or kind == "foreach" else Outcome(status)
    last = max((row for row in rows if row.role != "finally"), key=lambda row: row.seq, default=None)
    return None if last is None else Outcome(last.status, last.output, last.error)


def _loop_output(kind: str, turns: list[GroupRunRow]) -> Json:
    done = [row.output if row.status == "completed" else None for row in turns]
    found: dict[str, Json] = {"results": done, "iterations": len(turns)}
    if kind == "while":
        return {**found, "completed": True}
    errors: list[Json] = [{"index": row.iteration, "error": row.error} for row in turns if row.status == "failed"]
    return {**found, "completed": sum(row.status == "completed" for row in turns), "errors": errors}


def _worst(statuses: Iterable[str]) -> str:
    found = list(statuses)
    if any(status in {"running", "waiting", "pending"} for status in found):
        return "running"
    return "completed"


def _shared(path: str, at: str) -> int:
    """How many parts two paths have in common from the outside in."""
    count = 0
    for one, other in zip(path.split("/"), at.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count

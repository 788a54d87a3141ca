"""What one flush of the journal carries: rows by their key, later ones merged over earlier ones, rendered as JSON text.

Values are written as JSON once, when they arrive; the seconds "ago" are counted at the flush, so a batch that has to
wait for the database keeps the right times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.domain.json_value import Json, dumps
from app.domain.runs import StepStatus
from app.engine.ports import GroupWrite, RunEnd, RunHandle, StepWrite, Write
from app.storage.notifications import DUE, RUN, payloads_of

_TERMINAL = frozenset(status for status in StepStatus if status.is_terminal)
LONGEST_MS = 2**31 - 1


@dataclass(slots=True)
class StepRow:
    """A `StepWrite` as JSON text, its times on this process's monotonic clock. `fixed` is what no merging changes."""

    write: StepWrite
    fixed: str
    input: str | None
    output: str | None
    started: float | None
    ended: float | None
    notes: Mapping[str, Json] | None
    usage: Mapping[str, Json] | None
    due: float | None = None

    @property
    def size(self) -> int:
        return 300 + len(self.input or "") + len(self.output or "")

    def after(self, earlier: StepRow) -> StepRow:
        """Both rows in one: what is terminal stays, else this one with the earlier one's input, start and notes where it has none."""
        if earlier.write.status in _TERMINAL:
            return earlier
        self.input = self.input if self.input is not None else earlier.input
        self.started = earlier.started if earlier.started is not None else self.started
        self.usage = self.usage if self.usage is not None else earlier.usage
        self.due = self.due if self.due is not None else earlier.due
        if earlier.notes is not None:
            self.notes = {**earlier.notes, **(self.notes or {})}
        return self

    def text(self, x: int, h: int, now: float) -> str:
        parts = [f'{{"x":{x},"h":{h},{self.fixed}', *_values(self.input, self.output), *_times(self.started, self.ended, now)]
        if self.started is not None and self.ended is not None:
            parts.append(f'"ms":{min(LONGEST_MS, max(0, round((self.ended - self.started) * 1000)))}')
        if self.usage is not None:
            parts.append(f'"usage":{dumps(dict(self.usage))}')
        if self.notes is not None:
            parts.append(f'"notes":{dumps(dict(self.notes))}')
        if self.due is not None:
            parts.append(f'"due":{self.due - now:.6f}')
        return ",".join(parts) + "}"


@dataclass(slots=True)
class GroupRow:
    """A `GroupWrite` in the same way."""

    write: GroupWrite
    fixed: str
    input: str | None
    output: str | None
    started: float | None
    ended: float | None

    @property
    def size(self) -> int:
        return 200 + len(self.input or "") + len(self.output or "")

    def after(self, earlier: GroupRow) -> GroupRow:
        if earlier.write.status in _TERMINAL:
            return earlier
        self.input = self.input if self.input is not None else earlier.input
        self.started = earlier.started if earlier.started is not None else self.started
        return self

    def text(self, h: int, now: float) -> str:
        parts = [f'{{"h":{h},{self.fixed}', *_values(self.input, self.output), *_times(self.started, self.ended, now)]
        return ",".join(parts) + "}"


@dataclass(slots=True)
class EndRow:
    """A `RunEnd` in the same way."""

    write: RunEnd
    output: str | None

    @property
    def size(self) -> int:
        return 100 + len(self.output or "")

    def text(self, h: int) -> str:
        return ",".join([f'{{"h":{h},"status":{_quoted(self.write.status)}{_error(self.write.error)}', *_values(None, self.output)]) + "}"


Row = StepRow | GroupRow | EndRow


def row_of(write: Write, now: float, *, due_s: float | None = None) -> Row:
    """`now` is the monotonic clock's; `due_s` the seconds until a waiting row is due. Raises JsonRejected for a value that is no JSON."""
    if isinstance(write, RunEnd):
        return EndRow(write, _text(write.output))
    times = _moment(write.started_ago_s, now), _moment(write.completed_ago_s, now)
    state = f'"status":{_quoted(write.status)}{_error(write.error)}'
    if isinstance(write, GroupWrite):
        place = (
            f'"path":{dumps(write.path)},"group_id":{_quoted(write.group_id)},"role":{_quoted(write.role)},"iteration":{write.iteration}'
        )
        return GroupRow(write, f"{place},{state}", _text(write.input), _text(write.output), *times)
    fixed = f'"path":{dumps(write.path)},"attempt":{write.attempt},{_step(write.step_id, write.name, write.type)},{state}'
    values = _text(write.input, write.input_json), _text(write.output, write.output_json)
    return StepRow(write, fixed, *values, *times, write.notes, write.usage, None if due_s is None else now + due_s)


@dataclass(slots=True)
class Batch:
    """Rows of many runs by their keys; `handles` numbers the runs and `claims` what they are written under, from 1."""

    handles: dict[RunHandle, int] = field(default_factory=dict)
    claims: dict[tuple[str, int], int] = field(default_factory=dict)
    steps: dict[tuple[int, str, int], StepRow] = field(default_factory=dict)
    groups: dict[tuple[int, str], GroupRow] = field(default_factory=dict)
    ends: dict[int, EndRow] = field(default_factory=dict)

    def add(self, run: RunHandle, rows: Iterable[Row]) -> None:
        h = self.handles.setdefault(run, len(self.handles) + 1)
        self.claims.setdefault((run.claim_id, run.fence), len(self.claims) + 1)
        for row in rows:
            if isinstance(row, StepRow):
                key = (h, row.write.path, row.write.attempt)
                earlier = self.steps.get(key)
                self.steps[key] = row if earlier is None else row.after(earlier)
            elif isinstance(row, GroupRow):
                place = (h, row.write.path)
                before = self.groups.get(place)
                self.groups[place] = row if before is None else row.after(before)
            else:
                self.ends.setdefault(h, row)

    def claim_of(self, run: RunHandle) -> int:
        return self.claims[(run.claim_id, run.fence)]

    def parameters(self) -> dict[str, str]:
        """What every statement of the flush is told of runs and claims, as arrays in PostgreSQL's notation."""
        advanced = {h for (h, _, _), row in self.steps.items() if _settles(row.write)}
        moved = {self.claim_of(run) for run, h in self.handles.items() if h in advanced}
        return {
            "claims": _array(id for id, _ in self.claims),
            "fences": _array(fence for _, fence in self.claims),
            "advanced": _array(c in moved for c in self.claims.values()),
            "runs": _array(run.run_id for run in self.handles),
            "tenants": _array(run.tenant_id for run in self.handles),
            "claim_of": _array(self.claim_of(run) for run in self.handles),
        }

    def rings_text(self) -> str:
        """What is rung at the commit: the runs, and that a place became free where a claimed run ended."""
        ids: dict[tuple[str, str], dict[str, None]] = {}
        for run, h in self.handles.items():
            ids.setdefault((run.tenant_id, RUN), {})[run.run_id] = None
            if h in self.ends and run.run_id == run.claim_id:
                ids.setdefault((run.tenant_id, DUE), {})[run.run_id] = None
        return dumps([*payloads_of(ids)])

    def steps_text(self, now: float) -> str:
        return _list(row.text(x, h, now) for x, ((h, _, _), row) in enumerate(self.steps.items()))

    def groups_text(self, now: float) -> str:
        return _list(row.text(h, now) for (h, _), row in self.groups.items())

    def ends_text(self) -> str:
        return _list(row.text(h) for h, row in self.ends.items())

    def steps_of(self, claims: Collection[int]) -> int:
        """How many step rows belong to these claims."""
        mine = {h for run, h in self.handles.items() if self.claim_of(run) in claims}
        return sum(1 for h, _, _ in self.steps if h in mine)

    def step_at(self, x: int) -> tuple[int, str]:
        """Run and path of the step row numbered `x`."""
        h, path, _ = list(self.steps)[x]
        return h, path


def _settles(write: StepWrite) -> bool:
    """Whether the run is past this step now: completed, or failed without another attempt to come."""
    return write.status == "completed" or (write.status == "failed" and write.error is not None and write.error.get("final") is True)


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    """Names, types and states come again and again."""
    return dumps(text)


@lru_cache(maxsize=4096)
def _step(id: str, name: str, type: str) -> str:
    return f'"step":{_quoted(id)},"name":{_quoted(name)},"type":{_quoted(type)}'


def _moment(ago_s: float | None, now: float) -> float | None:
    return None if ago_s is None else now - ago_s


def _text(value: Json, known: bytes | None = None) -> str | None:
    return None if value is None else dumps(value) if known is None else known.decode()


def _array(items: Iterable[str | int | bool]) -> str:
    return f"{{{','.join(map(str, items))}}}"


def _list(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


def _error(error: Mapping[str, Json] | None) -> str:
    return "" if error is None else f',"error":{dumps(dict(error))}'


def _values(input: str | None, output: str | None) -> list[str]:
    parts = []
    if input is not None:
        parts.append(f'"input":{input}')
    if output is not None:
        parts.append(f'"output":{output}')
    return parts


def _times(started: float | None, ended: float | None, now: float) -> list[str]:
    parts = []
    if started is not None:
        parts.append(f'"started":{now - started:.6f}')
    if ended is not None:
        parts.append(f'"ended":{now - ended:.6f}')
    return parts

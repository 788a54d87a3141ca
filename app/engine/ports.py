"""What the interpreter asks of a host, and what the embedded host asks of a journal and a queue.

The interpreter knows `Host` alone. The embedded host stands on `Journal`, `RunQueue`, `Children` and `Secrets`, each
with a PostgreSQL twin (storage) and an in-memory twin (tests). Everything here is plain values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from app.domain.breakpoints import Answer, PauseAsk
from app.domain.json_value import Json
from app.domain.run_requests import WHOLE, RunRequest
from app.domain.runs import StepFailure

LARGE_VALUE_BYTES = 16_384
"""Outputs above this stay in the journal and travel as a `ValueRef`."""
OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ValueRef:
    """A large output, named by the place whose row holds it. `run_id` is set when another (child) run holds it."""

    path: str
    bytes: int
    run_id: str | None = None


Value = Any
"""JSON that may hold `ValueRef`s at any depth."""


class StepError(Exception):
    """A step or group failed for good; the only failure the interpreter catches."""

    def __init__(self, failure: StepFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class FenceLost(Exception):
    """Another worker took this run over; whatever this one still does must not be written."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to be computed from a scope without effects.

    expression: CEL text. path: a JSONPath applied to ``$``; exactly one value. template: a JSON value whose strings may hold templates.
    """

    kind: Literal["expression", "path", "template"]
    what: Json


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a node completed: its output, and the error that `on_error: continue` softened."""

    output: Value
    error: Json = None


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class StepCall:
    """Everything needed to execute one step at one place.

    `config` is unresolved; `scope` holds only the names that it mentions, and ``$``. `input` is what the runner takes as its input
    where that is not ``$`` (the item of a map). `computed` is set where the interpreter works the output out itself (map, subflow, wait,
    condition, join, disabled, pinned): the call then only records it. `failure` records a final failure instead, and raises it.
    `facts` go to the row's notes.
    """

    run_id: str
    path: str
    step_id: str
    name: str
    type: str
    config: Mapping[str, Json]
    scope: Mapping[str, Value]
    input: Value = MISSING
    computed: Value = MISSING
    error: Json = None
    failure: StepFailure | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)


class Host(Protocol):
    """The world as the interpreter sees it."""

    run_id: str

    @property
    def abandoned(self) -> bool:
        """True once this process gives the run back: no `finally` runs here, it will run where the run is taken up."""

    async def run_step(self, call: StepCall) -> Outcome:
        """Returns after the row is committed. Does all retries; `StepError` after the last. The same path again: what is recorded."""

    def known(self, path: str) -> Outcome | None:
        """What is on record of a step that ended, `StepError` if it failed for good; None while it has not."""

    def forbid(self, where: Callable[[str], bool] | None) -> None:
        """Execute nothing at these places, but raise `Withheld`: only what is on record counts there."""

    async def run_child(self, path: str, request: ChildRequest) -> Outcome:
        """A subflow's run, to its end (or only started, with `wait` False)."""

    async def sleep(self, path: str, seconds: float) -> None:
        """Durable: the due time is in the journal."""

    async def sleep_until(self, path: str, when: str) -> None:
        """Durable, to an absolute time in ISO 8601."""

    async def wait_event(self, path: str, name: str, timeout_s: float | None) -> Value:
        """Durable: approvals, signals."""

    @property
    def pauses(self) -> Sequence[Recorded]:
        """What is on record of places where this run paused, in the order in which they last changed."""

    def begun(self) -> Iterable[str]:
        """The paths of all steps that are on record, whatever became of them."""

    async def pause(self, path: str, ask: PauseAsk) -> Answer:
        """Durable: until a person says how to go on. What they said stays on record and is told again."""

    async def evaluate(self, path: str, ask: Ask, scope: Mapping[str, Value], *, step: str) -> Json:
        """Inline; with a `ValueRef` in the scope: where the value is.

        A failure is a StepError of type ExpressionError (a path that fails: ValidationError) in the name of `step`.
        """

    async def first(self, path: str, tasks: Sequence[asyncio.Future[Any]]) -> int:
        """Which of these ended first; recorded before it is told, and told again from the record."""

    async def checkpoint(self, path: str, state: Json) -> None:
        """A safe point of a loop."""

    def resume_state(self, path: str) -> Json | None: ...

    def note(self, kind: NoteKind, path: str, **data: Json) -> None:
        """Skips and group decisions: buffered, they ride on the next write."""


NoteKind = Literal["skipped", "started", "group"]
"""skipped: a node was not taken (data: id, name, type, why). started: a composite step began (id, name, type, input).
group: one role or turn of a group (id, role, iteration, status, input, output, error)."""


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """A run to be made for a subflow or a map item."""

    workflow_id: str
    version: int | None
    input: Value
    wait: bool = True
    step: str = ""


# What the embedded host stands on


@dataclass(frozen=True, slots=True)
class RunHandle:
    """A run this worker may write for. A child is written under the claim of its root: `fence` is checked on `claim_id`."""

    run_id: str
    tenant_id: str
    workflow_id: str
    claim_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run as it was claimed, with all that is needed to interpret it.

    `definition` is the document of the version or of the test run's snapshot. `elapsed_s` is the database's clock since `started_at`.
    `run` is the scope's `run` object (id, mode, workflow_id, workflow_version, triggered_by, started_at).
    """

    handle: RunHandle
    definition: Mapping[str, Json]
    input: Json
    mode: Literal["test", "production"]
    run: Mapping[str, Json]
    depth: int = 0
    takeovers: int = 0
    elapsed_s: float = 0.0
    cancel_requested: bool = False
    is_new: bool = False
    """Nothing is on record yet, so there is no journal to load."""
    request: RunRequest = WHOLE
    answers: int = 0
    """How many answers the run had been given when it was claimed: all of them are in its journal."""


@dataclass(frozen=True, slots=True)
class StepWrite:
    """One row of `step_runs`, inserted or brought up to date by (run, path, attempt).

    `started_ago_s` and `completed_ago_s` are seconds before the moment of the write, by this process's monotonic clock: the database
    turns them into times by its own. None leaves the column as it is. `input_json`, `output_json`: the same as text, where at hand.
    """

    path: str
    attempt: int
    step_id: str
    name: str
    type: str
    status: str
    input: Json = None
    has_input: bool = False
    output: Json = None
    error: Mapping[str, Json] | None = None
    started_ago_s: float | None = None
    completed_ago_s: float | None = None
    notes: Mapping[str, Json] | None = None
    usage: Mapping[str, Json] | None = None
    input_json: bytes | None = None
    output_json: bytes | None = None


@dataclass(frozen=True, slots=True)
class GroupWrite:
    """One row of `block_group_runs`, inserted or brought up to date by (run, path)."""

    path: str
    group_id: str
    role: str
    iteration: int
    status: str
    input: Json = None
    output: Json = None
    error: Mapping[str, Json] | None = None
    started_ago_s: float | None = None
    completed_ago_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The last write of a run: it reaches a terminal state, once."""

    status: Literal["completed", "failed", "cancelled"]
    output: Json = None
    error: Mapping[str, Json] | None = None


Write = StepWrite | GroupWrite | RunEnd


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the journal holds of one attempt. `output` is inline up to LARGE_VALUE_BYTES, else a `ValueRef`.

    `error` of a failed row carries ``"final": true`` when no further attempt follows. `wait_left_s`: for a waiting row, the
    seconds until it is due (negative when overdue), by the database's clock.
    """

    path: str
    attempt: int
    status: str
    output: Value = None
    error: Json = None
    wait_left_s: float | None = None


class Journal(Protocol):
    """Where a run's progress is kept. Every write returns after its commit; a write under a lost fence raises `FenceLost`."""

    async def load(self, run: RunHandle) -> Sequence[Recorded]:
        """All rows of the run, oldest attempt first. Those still `running` were in flight at a crash: they are marked `lost`."""

    async def write(self, run: RunHandle, writes: Sequence[Write]) -> None:
        """Commit these rows together; NOTIFY rides along. Several callers' writes share a commit.

        What was given is committed even if whoever waits is cancelled; the same rows once more change nothing.
        """

    def write_soon(self, run: RunHandle, write: StepWrite | GroupWrite) -> None:
        """Commit with the next batch and tell nobody; a later write of the same row overtakes it. `write` tells a lost fence."""

    async def read_output(self, run: RunHandle, ref: ValueRef) -> Json: ...

    async def answer(self, run: RunHandle, path: str) -> Answer | None:
        """What a person said at a place where the run pauses; None: nothing yet."""

    async def wait(self, run: RunHandle, row: StepWrite, *, seconds: float | None, until: str | None) -> float:
        """Record a waiting row with its due time (database clock) and return the seconds left; the row's notes keep ``due_at``."""


class RunQueue(Protocol):
    """Which runs are this worker's."""

    async def claim(self, *, limit: int) -> Sequence[ClaimedRun]:
        """Take due runs: pending ones, those whose worker died, those whose wake-up time has come."""

    async def heartbeat(self, runs: Sequence[RunHandle]) -> Heartbeat:
        """Prolong the leases."""

    async def give_back(self, run: RunHandle, *, wake_in_s: float | None = None, answers: int = 0) -> None:
        """Let another worker (or a later moment) take the run up; None: at once. A run that was given more answers than these is due."""

    def forget(self, run: RunHandle) -> None:
        """The run is not in hand any more, however it went."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Runs whose claim was lost, runs whose cancellation was asked for (ids), and how many answers each run was given by now."""

    lost: frozenset[str] = frozenset()
    cancel: frozenset[str] = frozenset()
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildRun:
    """A child as found or made. `ended` is set when it already reached its end."""

    claimed: ClaimedRun
    ended: RunEnd | None = None


class Children(Protocol):
    async def open_child(self, parent: ClaimedRun, path: str, request: ChildRequest, input: Json) -> ChildRun:
        """Find the child of this parent and path, or make it. Raises StepError(SubflowError) when there is no such workflow or version,
        or the input does not fit its schema. With `wait` False the child is an ordinary pending run."""


class Secrets(Protocol):
    async def values(self, tenant_id: str, names: Sequence[str]) -> Mapping[str, str]:
        """Those of the named secrets that exist."""

    def mask(self, value: Json) -> Json:
        """The same JSON (or text) with every secret value that was ever handed out replaced."""


class AdapterDefaults(Protocol):
    async def defaults(self, tenant_id: str, adapter_id: str) -> Mapping[str, Json]:
        """What a tenant's adapter gives to steps that leave it out; the same object as long as nothing was read anew."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a runner gets to see of its step: the resolved config, its input and where it stands."""

    run_id: str
    tenant_id: str
    path: str
    step_id: str
    name: str
    attempt: int
    input: Json
    config: Mapping[str, Json]
    mode: str
    timeout_s: float | None = None

    @property
    def idempotency_key(self) -> str:
        return f"{self.run_id}:{self.path}"


@dataclass(frozen=True, slots=True)
class StepReturn:
    """What a runner gives back; `usage` is tokens and cost, for the row."""

    output: Json
    usage: Mapping[str, Json] | None = None
    notes: Mapping[str, Json] = field(default_factory=dict)


class StepRunner(Protocol):
    """Does the work of one step type. Failures are `StepFailed`."""

    async def run(self, context: StepContext) -> StepReturn: ...


class StepFailed(Exception):
    """A runner's way to fail: an error type of semantics §3 with one sentence."""

    def __init__(
        self, type: str, message: str, *, retryable: bool = True, details: Json = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.type, self.message, self.retryable, self.details, self.retry_after_s = type, message, retryable, details, retry_after_s

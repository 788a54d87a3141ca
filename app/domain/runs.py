"""Runs and step runs: their states, the error they carry, and the rows that screens and the command line show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.breakpoints import Pause
from app.domain.json_value import Json
from app.domain.run_requests import WHOLE, RunRequest


class RunStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in _ENDED_RUN


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_terminal(self) -> bool:
        return self not in _OPEN_STEP


_ENDED_RUN = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})
_OPEN_STEP = frozenset({StepStatus.PENDING, StepStatus.RUNNING, StepStatus.WAITING})

RUN_TRANSITIONS: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.PENDING: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.RUNNING: frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.RUNNING}),
    RunStatus.COMPLETED: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}
"""What may follow what. Running → running is a takeover."""

STEP_TRANSITIONS: Mapping[StepStatus, frozenset[StepStatus]] = {
    StepStatus.PENDING: frozenset(set(StepStatus) - {StepStatus.PENDING}),
    StepStatus.RUNNING: frozenset(set(StepStatus) - {StepStatus.PENDING, StepStatus.SKIPPED}),
    StepStatus.WAITING: frozenset(set(StepStatus) - {StepStatus.PENDING, StepStatus.SKIPPED}),
    StepStatus.COMPLETED: frozenset(),
    StepStatus.FAILED: frozenset(),
    StepStatus.SKIPPED: frozenset(),
    StepStatus.CANCELLED: frozenset(),
    StepStatus.LOST: frozenset(),
}

ERROR_TYPES = (
    "ValidationError",
    "ExpressionError",
    "AdapterError",
    "HttpError",
    "Timeout",
    "RateLimited",
    "AuthenticationError",
    "OutputSchemaError",
    "LimitExceeded",
    "SecretMissing",
    "SubflowError",
    "JoinNotSatisfied",
    "RecoveryLimit",
    "Cancelled",
)


def error_listed(error_type: str, types: list[str]) -> bool:
    """Whether a list such as `retry_on` means this error; "*" is all but Cancelled."""
    return error_type in types or ("*" in types and error_type != "Cancelled")


@dataclass(frozen=True, slots=True)
class StepFailure:
    """Why a step or run failed, as rows and expressions see it (semantics §3)."""

    type: str
    message: str
    step: str = ""
    path: str = ""
    attempt: int = 1
    retryable: bool = True
    details: Json = None

    def to_json(self) -> dict[str, Json]:
        return {
            "type": self.type,
            "message": self.message,
            "step": self.step,
            "path": self.path,
            "attempt": self.attempt,
            "retryable": self.retryable,
            "details": self.details,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StepFailure:
        return cls(
            type=str(value.get("type", "AdapterError")),
            message=str(value.get("message", "")),
            step=str(value.get("step") or ""),
            path=str(value.get("path") or ""),
            attempt=int(value.get("attempt") or 1),
            retryable=bool(value.get("retryable", True)),
            details=value.get("details"),
        )


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A workflow in a list."""

    id: str
    name: str
    description: str
    status: str
    version: int
    revision: int
    updated_at: datetime
    published_at: datetime | None = None
    step_count: int = 0
    last_run_id: str | None = None
    last_run_status: str | None = None
    last_run_at: datetime | None = None
    last_run_error: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list. `workflow` is the workflow's name; `error` one sentence.

    `kind` is whole, to, from or only; of a partial run `kind_step` names its step.
    `parent_id` and `parent_path` are those of the step that made it.
    """

    id: str
    workflow_id: str
    workflow: str
    workflow_version: int
    status: str
    mode: str
    triggered_by: str
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    seq: int = 0
    steps_total: int | None = None
    waiting_until: datetime | None = None
    kind: str = "whole"
    kind_step: str = ""
    resumed_from: str | None = None
    may_pause: bool = False
    """It has breakpoints, or an answer is on record."""
    is_paused: bool = False
    is_edited: bool = False
    """A person changed its data where it paused."""
    parent_id: str | None = None
    parent_path: str | None = None

    @property
    def is_partial(self) -> bool:
        return self.kind != "whole"


@dataclass(frozen=True, slots=True)
class StepRunRow:
    """One attempt at one place. `error` is the error object or None."""

    path: str
    step_id: str
    name: str
    type: str
    status: str
    attempt: int
    input: Json = None
    output: Json = None
    error: Json = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    seq: int = 0
    notes: Json = None


@dataclass(frozen=True, slots=True)
class GroupRunRow:
    """One role or turn of a group."""

    path: str
    group_id: str
    role: str
    iteration: int
    status: str
    input: Json = None
    output: Json = None
    error: Json = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with all that its journal holds, and the definition it executes."""

    run: RunRow
    input: Json
    output: Json
    error: Json
    definition: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[StepRunRow, ...] = ()
    groups: tuple[GroupRunRow, ...] = ()
    pauses: tuple[Pause, ...] = ()
    request: RunRequest = WHOLE


@dataclass(frozen=True, slots=True)
class RunChanges:
    """What is new in one run since a sequence number; `seq` is where to ask from next. `pauses` are all there are, whenever they came."""

    seq: int
    run: RunRow
    steps: tuple[StepRunRow, ...] = ()
    groups: tuple[GroupRunRow, ...] = ()
    output: Json = None
    error: Json = None
    pauses: tuple[Pause, ...] = ()

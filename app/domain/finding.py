"""What is found by name over all workflows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepHit:
    """A step of some workflow's draft. `adapter_id` is that of a tool."""

    id: str
    name: str
    type: str
    workflow_id: str
    workflow: str
    adapter_id: str | None = None

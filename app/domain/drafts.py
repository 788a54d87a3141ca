"""A workflow as it is kept: its draft with the marks of its storage, and its published versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.domain.differences import Counts
from app.domain.workflow import Definition


@dataclass(frozen=True, slots=True)
class Draft:
    """What the builder edits. `revision` counts its saves; `version` is the number it will be published as."""

    id: str
    definition: Definition
    revision: int
    version: int
    status: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version in a list. `published_by` is an e-mail address."""

    version: int
    note: str | None
    published_by: str | None
    published_at: datetime
    changes: Counts | None = None
    """How many elements differ from the version before; None where nobody counted."""
    published_by_id: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable snapshot; `document` is the definition as `definition_to_json` wrote it."""

    workflow_id: str
    version: int
    document: dict[str, Any]
    note: str | None
    published_at: datetime


FollowerKind = Literal["schedule", "webhook", "workflow"]


@dataclass(frozen=True, slots=True)
class Follower:
    """What starts this workflow: a schedule, a webhook, or a published workflow that calls it.

    `version` is the one it names, 0 for whatever is the latest. `detail` is its cron line or what it was called last.
    """

    kind: FollowerKind
    id: str
    name: str
    version: int
    is_on: bool = True
    detail: str = ""
    next_run_at: datetime | None = None
    last_run_at: datetime | None = None

    @property
    def follows_latest(self) -> bool:
        return self.version == 0


@dataclass(frozen=True, slots=True)
class VersionStatistics:
    """How the production runs of one version went. `p95_s` is of those that completed, in seconds."""

    runs: int = 0
    ended: int = 0
    completed: int = 0
    p95_s: float | None = None

"""Who else has a workflow open, and what of it is newer than what one sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.workflow import Definition

HEARTBEAT_S = 20
EXPIRES_S = 60
"""A window that was not heard of for so long is gone."""


@dataclass(frozen=True, slots=True)
class Present:
    """Another window that has the workflow open. `is_me`: the same person's."""

    session_id: str
    who: str
    is_me: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Newer:
    """A draft that someone saved after the revision one knows; `saved_by` is empty where nobody knows."""

    definition: Definition
    revision: int
    saved_by: str
    saved_at: datetime | None
    is_mine: bool = False
    """The same person did it, in another window."""

    @property
    def who(self) -> str:
        return "Another window of yours" if self.is_mine else self.saved_by or "Someone else"


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a workflow that is open."""

    others: tuple[Present, ...] = ()
    newer: Newer | None = None

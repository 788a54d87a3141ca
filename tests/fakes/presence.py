"""Presence in memory: a test says who else is there, and saves as someone else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.access import Actor
from app.domain.edits import GraphEdit
from app.domain.presence import Newer, Present, Sight
from app.domain.workflow import Definition

if TYPE_CHECKING:
    from tests.fakes.services import FakeWorkflows


class FakePresence:
    """`others` by workflow; `beats` and `left` are the sessions that were heard of and that went."""

    def __init__(self, workflows: FakeWorkflows) -> None:
        self._workflows = workflows
        self.others: dict[str, tuple[Present, ...]] = {}
        self.beats: list[str] = []
        self.left: list[str] = []
        self.saved_by = ""
        self.saved_at: datetime | None = None

    def save(self, workflow_id: str, edits: Sequence[GraphEdit], *, by: str = "Ada") -> None:
        """Someone else saves."""
        kept = self._workflows.kept[workflow_id]
        graph = kept.definition.graph
        for edit in edits:
            graph = edit.apply(graph)
        kept.definition, kept.revision = Definition.of(graph), kept.revision + 1
        self.saved_by, self.saved_at = by, datetime.now(UTC)

    async def look(self, actor: Actor, workflow_id: str, session_id: str, revision: int) -> Sight:
        kept = self._workflows._found(workflow_id)
        self.beats.append(session_id)
        others = self.others.get(workflow_id, ())
        if kept.revision == revision:
            return Sight(others)
        return Sight(others, Newer(kept.definition, kept.revision, self.saved_by, self.saved_at))

    async def leave(self, actor: Actor, workflow_id: str, session_id: str) -> None:
        self.left.append(session_id)

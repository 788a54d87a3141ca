"""Publishing in memory, over what `FakeWorkflows` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.domain.access import Actor
from app.domain.catalog import Catalog
from app.domain.differences import Differences, differences
from app.domain.drafts import Follower, VersionRow, VersionStatistics
from app.domain.errors import DefinitionInvalid, VersionNotFound
from app.domain.problems import has_errors
from app.domain.publish_checks import in_order, passed_checks, production_warnings
from app.domain.validation import validate
from app.domain.workflow import Definition
from app.services.publishing import Checklist, Move, Side

if TYPE_CHECKING:
    from tests.fakes.services import FakeWorkflows

FIRST = datetime(2026, 4, 20, 9, 12, tzinfo=UTC)


class FakePublishing:
    """`followers` and `secrets` are what a test puts there; `moves` what was moved."""

    def __init__(self, workflows: FakeWorkflows, catalog: Catalog) -> None:
        self._workflows, self._catalog = workflows, catalog
        self.followers: list[Follower] = []
        self.secrets: frozenset[str] = frozenset()
        self.moves: list[Move] = []
        self.under_way = 0
        self.unpublished: dict[str, str] = {}
        self.statistics_of = VersionStatistics(512, 512, 501, 3.4)

    def put(self, workflow_id: str, definition: Definition, note: str = "", *, by: str | None = "ada@example.org") -> int:
        """A version that was published some time ago."""
        kept = self._workflows.kept[workflow_id]
        kept.version, kept.status = kept.version + 1, "published"
        rows = self._workflows.published.setdefault(workflow_id, [])
        counts = differences(rows[-1][1], definition).counts if rows else None
        when = FIRST + timedelta(days=len(rows), hours=3 * len(rows))
        kept.published_at = when
        rows.append((VersionRow(kept.version, note or None, by, when, counts, "ada"), definition))
        return kept.version

    async def checklist(self, actor: Actor, workflow_id: str, definition: Definition) -> Checklist:
        kept = self._workflows._found(workflow_id)
        known = set(self._workflows.published) if self.unpublished else None
        found = [*validate(definition, self._catalog, known_workflows=known), *production_warnings(definition, self.secrets)]
        latest = self._of(workflow_id, kept.version) if workflow_id in self._workflows.published else Definition(definition.name)
        return Checklist(
            tuple(in_order(found)),
            passed_checks(found),
            kept.version,
            kept.version + 1,
            differences(latest, definition).counts,
            tuple(self.followers),
            self.under_way,
            self.unpublished,
        )

    async def publish(self, actor: Actor, workflow_id: str, note: str = "", *, moves: Sequence[Move] = ()) -> int:
        kept = self._workflows._found(workflow_id)
        if has_errors(problems := validate(kept.definition, self._catalog)):
            raise DefinitionInvalid(problems)
        self.moves += moves
        self._workflows.notes.append(note)
        return self.put(workflow_id, kept.definition, note, by=actor.email)

    async def publish_again(self, actor: Actor, workflow_id: str, version: int, note: str = "", *, moves: Sequence[Move] = ()) -> int:
        self.moves += moves
        return self.put(workflow_id, self._of(workflow_id, version), note, by=actor.email)

    async def compare(self, actor: Actor, workflow_id: str, before: Side, after: Side) -> Differences:
        old, new = [side if isinstance(side, Definition) else self._of(workflow_id, side) for side in (before, after)]
        return differences(old, new)

    async def definition(self, actor: Actor, workflow_id: str, version: int) -> Definition:
        return self._of(workflow_id, version)

    async def statistics(self, actor: Actor, workflow_id: str, version: int) -> VersionStatistics:
        return self.statistics_of

    async def set_note(self, actor: Actor, workflow_id: str, version: int, note: str) -> None:
        rows = self._workflows.published[workflow_id]
        rows[:] = [(replace(row, note=note or None) if row.version == version else row, definition) for row, definition in rows]

    def _of(self, workflow_id: str, version: int) -> Definition:
        rows = self._workflows.published.get(workflow_id, [])
        for row, definition in rows:
            if row.version == (version or rows[-1][0].version):
                return definition
        raise VersionNotFound

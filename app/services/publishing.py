"""Publishing and what was published: the checklist, what follows, versions compared, their notes, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from app.domain.access import Actor, Permission, PermissionDenied
from app.domain.catalog import Catalog
from app.domain.definition_file import read_definition
from app.domain.differences import Counts, Differences, differences
from app.domain.drafts import Draft, Follower, VersionStatistics
from app.domain.errors import AppError, DefinitionInvalid, VersionNotFound
from app.domain.json_gate import normalise
from app.domain.problems import Problem, has_errors
from app.domain.publish_checks import in_order, passed_checks, production_warnings
from app.domain.workflow import Definition
from app.services.checking import surroundings
from app.storage.unit_of_work import UnitOfWork, UnitsOfWork

MOST_NOTE_CHARS: Final = 10_000

Side: TypeAlias = int | Definition
"""One side of a comparison: the number of a published version, or a definition as it is at hand."""


class NoteTooLong(AppError):
    """The note of a version has at most 10,000 characters; put the rest into a note on the canvas."""

    code = "version.note_too_long"


@dataclass(frozen=True, slots=True)
class Checklist:
    """What stands against publishing a definition, and what would follow from it."""

    problems: tuple[Problem, ...]
    passed: tuple[str, ...]
    latest: int
    """The latest published version, 0 when there is none."""
    next: int
    counts: Counts
    """How many elements differ from the latest version."""
    followers: tuple[Follower, ...]
    under_way: int
    """Production runs that have not ended: they finish on the version they began with."""
    unpublished: Mapping[str, str] = field(default_factory=dict)
    """Steps that call a workflow without a published version, with the id of that workflow."""

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Move:
    """A schedule or webhook that is to run another version; 0 is the latest."""

    follower: Follower
    version: int


class PublishingUseCases:
    def __init__(self, unit_of_work: UnitsOfWork, catalog: Catalog) -> None:
        self._unit_of_work, self._catalog = unit_of_work, catalog

    async def checklist(self, actor: Actor, workflow_id: str, definition: Definition) -> Checklist:
        """Check a definition as if it were published now."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            around = await surroundings(uow, self._catalog)
            secrets = frozenset(row.name for row in await uow.records.secrets())
            latest = await _latest(uow, workflow_id)
            next_number = await uow.workflows.next_version(workflow_id)
            followers = await uow.publications.followers(workflow_id, definition.name)
            under_way = await uow.publications.runs_under_way(workflow_id)
            wrong = around.problems(definition)
            unpublished = await _unpublished(uow, definition, wrong)
        found = [_called(problem, definition, unpublished) for problem in wrong] + production_warnings(definition, secrets)
        before = latest[1] if latest is not None else Definition(name=definition.name)
        return Checklist(
            problems=tuple(in_order(found)),
            passed=passed_checks(found),
            latest=latest[0] if latest is not None else 0,
            next=next_number,
            counts=differences(before, definition).counts,
            followers=tuple(followers),
            under_way=under_way,
            unpublished=unpublished,
        )

    async def publish(self, actor: Actor, workflow_id: str, note: str = "", *, moves: Sequence[Move] = ()) -> int:
        """Make the draft the next version, and let `moves` name what they shall from then on; the version's number.

        Raises:
            DefinitionInvalid: the draft has errors; nothing was published or moved.
        """
        note = _clean(note)
        async with self._unit_of_work(actor, Permission.WORKFLOW_PUBLISH) as uow:
            draft = await uow.workflows.get(workflow_id, lock=True)
            return await self._publish(uow, draft, note, moves)

    async def publish_again(self, actor: Actor, workflow_id: str, version: int, note: str = "", *, moves: Sequence[Move] = ()) -> int:
        """Make what was published as `version` the latest version, under a new number; the draft stays as it is.

        Raises:
            DefinitionInvalid: it has errors today, such as a call of a workflow that is gone.
        """
        note = _clean(note)
        async with self._unit_of_work(actor, Permission.WORKFLOW_PUBLISH) as uow:
            draft = await uow.workflows.get(workflow_id, lock=True)
            again = read_definition((await uow.workflows.version(workflow_id, version)).document)
            return await self._publish(uow, replace(draft, definition=again), note, moves, again=version)

    async def _publish(self, uow: UnitOfWork, draft: Draft, note: str, moves: Sequence[Move], *, again: int | None = None) -> int:
        problems = (await surroundings(uow, self._catalog)).problems(draft.definition)
        if has_errors(problems):
            raise DefinitionInvalid(problems)
        latest = await _latest(uow, draft.id)
        counts = differences(latest[1], draft.definition).counts if latest is not None else None
        version = await uow.workflows.publish(draft, note=note or None, changes=counts)
        uow.audit("publish", "workflow", draft.id, version=version.version, **({"again": again} if again is not None else {}))
        await _move(uow, draft.id, moves, latest=version.version)
        return version.version

    async def compare(self, actor: Actor, workflow_id: str, before: Side, after: Side) -> Differences:
        """What differs between two versions, or between one and a definition at hand.

        Raises:
            VersionNotFound.
        """
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            old, new = [await _definition(uow, workflow_id, side) for side in (before, after)]
        return differences(old, new)

    async def definition(self, actor: Actor, workflow_id: str, version: int) -> Definition:
        """What was published under a number."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await _definition(uow, workflow_id, version)

    async def statistics(self, actor: Actor, workflow_id: str, version: int) -> VersionStatistics:
        """How the production runs of a version went."""
        async with self._unit_of_work(actor, Permission.RUN_VIEW) as uow:
            return await uow.publications.statistics(workflow_id, version)

    async def set_note(self, actor: Actor, workflow_id: str, version: int, note: str) -> None:
        """Put the note of a version into better words; the old ones go to the audit log. For its author and administrators.

        Raises:
            PermissionDenied, VersionNotFound, NoteTooLong.
        """
        note = _clean(note)
        async with self._unit_of_work(actor, Permission.WORKFLOW_PUBLISH) as uow:
            author, old = await uow.publications.author_and_note(workflow_id, version)
            if not may_set_note(actor, author):
                raise PermissionDenied(role=actor.role, permission=Permission.TENANT_SETTINGS)
            if (old or "") == note:
                return
            await uow.publications.set_note(workflow_id, version, note or None)
            uow.audit("update", "workflow", workflow_id, version=version, old_note=old, note=note or None)


def may_set_note(actor: Actor, author_id: str | None) -> bool:
    """Whether a person may change the note of a version: its author may, and who administers the tenant."""
    if not actor.may(Permission.WORKFLOW_PUBLISH):
        return False
    return actor.may(Permission.TENANT_SETTINGS) or (author_id is not None and author_id == actor.user_id)


async def _unpublished(uow: UnitOfWork, definition: Definition, found: Iterable[Problem]) -> dict[str, str]:
    """Of the calls that lead nowhere, those that lead to a draft."""
    drafts: dict[str, str] = {}
    for problem in found:
        step = definition.graph.steps.get(problem.id or "")
        if problem.code == "missing_subflow" and step is not None and (ids := await uow.workflows.called(str(step.config["workflow_id"]))):
            drafts[step.id] = ids[0]
    return drafts


def _called(problem: Problem, definition: Definition, unpublished: Mapping[str, str]) -> Problem:
    if problem.code != "missing_subflow" or problem.id is None or problem.id not in unpublished:
        return problem
    return replace(problem, message=f"What {definition.graph.steps[problem.id].name} calls has no published version.")


async def _latest(uow: UnitOfWork, workflow_id: str) -> tuple[int, Definition] | None:
    try:
        latest = await uow.workflows.version(workflow_id)
    except VersionNotFound:
        return None
    return latest.version, read_definition(latest.document)


async def _definition(uow: UnitOfWork, workflow_id: str, side: Side) -> Definition:
    if isinstance(side, Definition):
        return side
    return read_definition((await uow.workflows.version(workflow_id, side)).document)


async def _move(uow: UnitOfWork, workflow_id: str, moves: Sequence[Move], *, latest: int) -> None:
    for move in moves:
        ids = [move.follower.id]
        if move.follower.kind == "schedule":
            moved = await uow.publications.move_schedules(ids, workflow_id, move.version)
        else:
            moved = await uow.publications.move_webhooks(ids, workflow_id, move.version)
        if moved:
            uow.audit("update", move.follower.kind, move.follower.id, workflow_version=move.version, moved_with=latest)


def _clean(note: str) -> str:
    """A note as it can be kept.

    Raises:
        NoteTooLong.
    """
    text, _ = normalise(note.strip())
    assert isinstance(text, str)
    if len(text) > MOST_NOTE_CHARS:
        raise NoteTooLong
    return text

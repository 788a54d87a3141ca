"""Finding over all workflows: steps by name, and where something is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.access import Actor, Permission
from app.domain.finding import StepHit
from app.domain.usage import Subject, Use
from app.storage.unit_of_work import UnitsOfWork


class FindingUseCases:
    def __init__(self, unit_of_work: UnitsOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def steps(self, actor: Actor, words: str, *, limit: int = 20, but: str = "") -> Sequence[StepHit]:
        """Steps of drafts whose names hold the words; `but` is a workflow that is looked at elsewhere."""
        if not words.strip():
            return ()
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            return await uow.finding.steps_called(words.strip(), limit=limit, but=but)

    async def uses(self, actor: Actor, subject: Subject) -> Sequence[Use]:
        """Every step of a draft or of a latest version that uses it, and what else does.

        A workflow is called by its id or its name; the name is looked up here.

        Raises:
            WorkflowNotFound.
        """
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            if subject.kind == "workflow":
                subject = replace(subject, name=await uow.finding.workflow_name(subject.id))
            return await uow.finding.uses(subject)

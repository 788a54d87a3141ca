"""Finding over the fake's workflows, by the rules of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.domain.access import Actor
from app.domain.finding import StepHit
from app.domain.usage import Subject, Use, places_in_step

if TYPE_CHECKING:
    from tests.fakes.services import FakeWorkflows


class FakeFinding:
    """`also` are uses beyond those of steps: schedules, webhooks, versions."""

    def __init__(self, workflows: FakeWorkflows) -> None:
        self._workflows = workflows
        self.also: list[Use] = []
        self.asked: list[str] = []

    async def steps(self, actor: Actor, words: str, *, limit: int = 20, but: str = "") -> Sequence[StepHit]:
        self.asked.append(words)
        if self._workflows.failure is not None:
            raise self._workflows.failure
        return [
            StepHit(step.id, step.name, step.type, id, kept.definition.name)
            for id, kept in self._workflows.kept.items()
            if id != but and not kept.deleted
            for step in kept.definition.graph.steps.values()
            if words.casefold() in step.name.casefold()
        ][:limit]

    async def uses(self, actor: Actor, subject: Subject) -> Sequence[Use]:
        if self._workflows.failure is not None:
            raise self._workflows.failure
        name = self._workflows.kept[subject.id].definition.name if subject.kind == "workflow" else ""
        wanted = Subject(subject.kind, subject.id, name)
        found = [
            Use("step", step.id, step.name, id, kept.definition.name, step.type, place, True, kept.version)
            for id, kept in self._workflows.kept.items()
            for step in kept.definition.graph.steps.values()
            for place in places_in_step(wanted, step.type, step.config)
        ]
        return [*found, *self.also]

"""Partial runs of the fake services: they are noted, and stand still like other runs of theirs until a test moves them."""

from __future__ import annotations

from typing import Any

from app.domain.access import Actor
from app.domain.places import place_of, way_to
from app.domain.run_requests import Part
from app.services.run_parts import StepData


class FakeRunParts:
    """`parts` are those that were asked for, `data` what `step_data` answers."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.data = StepData()
        self.refuse_part: Exception | None = None

    async def start_part(self: Any, actor: Actor, workflow_id: str, part: Part) -> str:
        if self.refuse_part is not None:
            raise self.refuse_part
        graph = self._workflows.kept[workflow_id].definition.graph
        way = way_to(graph, place_of(graph, part.place))
        self.parts.append(part)
        node = graph.steps.get(way[-1].node) or graph.groups[way[-1].node]
        run_id: str = self.add(workflow_id, input=part.input, kind=part.kind, kind_step=node.name)
        return run_id

    async def step_data(self, actor: Actor, workflow_id: str, part: Part) -> StepData:
        return self.data

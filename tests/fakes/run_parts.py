"""Partial runs and pauses of the fake services: they are noted, and stand still like all runs of theirs until a test moves them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.domain.access import Actor
from app.domain.breakpoints import Breakpoint, Command, Pause, When
from app.domain.json_value import Given, Json
from app.domain.places import place_of, way_to
from app.domain.run_requests import Part
from app.services.errors import PauseOver
from app.services.run_parts import StepData


class FakeRunParts:
    """`parts` are those that were asked for, `data` what `step_data` answers, `answered` what was said where a run paused."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.data = StepData()
        self.refuse_part: Exception | None = None
        self.breakpoints: tuple[Breakpoint, ...] = ()
        self.answered: list[tuple[str, Command, Given | None]] = []
        self._pauses: dict[tuple[str, str], Pause] = {}

    def pause(self: Any, run_id: str, step_id: str, path: str, data: Json = None, **more: Any) -> None:
        """The run pauses at this path, such as ``/step#before``."""
        when: When = "after" if path.endswith("#after") else "before"
        self._pauses[run_id, path] = Pause(path, step_id, path.rpartition("/")[2].partition("#")[0], when, data, **more)
        self.runs[run_id].row = replace(self.runs[run_id].row, is_paused=True)

    def pauses_of(self, run_id: str) -> tuple[Pause, ...]:
        return tuple(pause for (id, _), pause in self._pauses.items() if id == run_id)

    async def answer(
        self: Any, actor: Actor, run_id: str, path: str, command: Command, changed: Given | None = None, *, breakpoints: Any = None
    ) -> None:
        if self._pauses.pop((run_id, path), None) is None:
            raise PauseOver
        self.runs[run_id].row = replace(self.runs[run_id].row, is_paused=bool(self.pauses_of(run_id)))
        self.answered.append((path, command, changed))
        self.breakpoints = breakpoints

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

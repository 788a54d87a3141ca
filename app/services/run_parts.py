"""Partial runs: what one step needs, from one step on, or one step alone. Always runs of the draft in mode test (semantics §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from app.domain.catalog import Catalog
from app.domain.definition_file import read_definition
from app.domain.errors import DefinitionInvalid
from app.domain.json_gate import BODY_BYTES, normalise
from app.domain.json_value import Given, Json, size_bytes
from app.domain.partial import Taken, needed_for, taken_over
from app.domain.places import in_first_turns, place_of, way_to
from app.domain.problems import Problem
from app.domain.run_requests import Part, RunRequest
from app.domain.runs import RunDetail, RunStatus
from app.domain.topology import TOP, Scope, topology_of
from app.domain.workflow import Definition, Graph, definition_to_json, graph_keys
from app.services.checking import surroundings
from app.services.errors import InputTooLarge, NothingToStartFrom, PartRefused, RunStillGoing
from app.storage.runs import NewRun
from app.storage.unit_of_work import UnitOfWork

LOOKED_AT = 20
"""So many of the newest runs are looked at for one whose data may be taken."""
LAYERS = 5
"""A test of one step stands on the data of another run, which may itself be such a test."""

_OF_ONE_ELEMENT = frozenset({"bad_config", "unknown_field", "bad_expression", "not_upstream", "unknown_adapter", "missing_subflow"})
"""Problems that do not matter while what they are about is not run."""


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier run, and the rows of it that are taken over."""

    run_id: str
    places: Sequence[Taken]


@dataclass(frozen=True, slots=True)
class NewPart:
    """A partial run to be queued, and what its journal begins with."""

    run: NewRun
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class StepData:
    """What there is for testing one step: the run it comes from, the input the step had there, and whether a test has what it needs."""

    run_id: str | None = None
    input: Given | None = None
    is_known: bool = False


async def step_data(uow: UnitOfWork, workflow_id: str, part: Part) -> StepData:
    """Whether the step of this part has data to be tested with, and its last input. Raises as `new_part` does."""
    graph = (await uow.workflows.get(workflow_id)).definition.graph
    place = in_first_turns(graph, place_of(graph, part.place))
    chain = await _sources(uow, workflow_id, part)
    sources = [_taken(graph, part, place, run) for run in chain]
    taken = [found.to for source in sources for found in source.places]
    return StepData(
        chain[0].run.id if chain else None, await _last_input(uow, graph, place, chain), _has_what_it_needs(graph, place, taken)
    )


def _has_what_it_needs(graph: Graph, place: str, taken: Sequence[str]) -> bool:
    keys = graph_keys(graph)
    topology = topology_of(graph)
    scope: Scope = TOP
    for stand in way_to(graph, place):
        sources = [link.source for link in topology.incoming(scope)[stand.node]]
        if sources and not any(_is_known(graph, source, f"{stand.scope}/{keys[source]}", taken) for source in sources):
            return False
        scope = (stand.node, stand.role)
    return True


def _is_known(graph: Graph, node: str, path: str, taken: Sequence[str]) -> bool:
    step = graph.steps.get(node)
    if step is not None and step.config.get("pinned_output") is not None:
        return True
    return any(to == path or to.startswith((f"{path}/", f"{path}[", f"{path}.")) for to in taken)


async def _last_input(uow: UnitOfWork, graph: Graph, place: str, chain: Sequence[RunDetail]) -> Given | None:
    node = way_to(graph, place)[-1].node
    for run in chain:
        rows = [row for row in run.steps if row.step_id == node and "#" not in row.path and row.status != "skipped"]
        rows.sort(key=lambda row: (row.path == place, row.attempt))
        if rows and (row := await uow.runs.step_run(run.run.id, rows[-1].path, rows[-1].attempt)) is not None:
            return Given(row.input)
    return None


async def new_part(uow: UnitOfWork, catalog: Catalog, workflow_id: str, part: Part) -> NewPart:
    """Read the draft and the runs that the part stands on; nothing is written.

    Raises:
        PlaceUnknown, DefinitionInvalid, PartRefused: the draft, or the step in it, does not allow it.
        NothingToStartFrom, RunStillGoing: there is no run to take data from.
        InputTooLarge.
    """
    draft = await uow.workflows.get(workflow_id)
    definition = draft.definition
    place = place_of(definition.graph, part.place)
    _check(definition, (await surroundings(uow, catalog)).problems(definition), part, place)
    name = _name(definition.graph, place)
    given = Given(fitting(part.given.value)) if part.given is not None else None
    chain = [] if part.kind == "to" else await _sources(uow, workflow_id, part)
    sources = [_taken(definition.graph, part, place, run) for run in chain]
    return NewPart(
        NewRun(
            workflow_id=workflow_id,
            workflow_version=draft.version,
            mode="test",
            input=chain[0].input if chain else fitting(part.input),
            definition=definition_to_json(definition),
            resumed_from=chain[0].run.id if chain else None,
            request=RunRequest(part.kind, place, name, given, part.breakpoints),
        ),
        _first_of_each_place(sources),
    )


def _check(definition: Definition, problems: Sequence[Problem], part: Part, place: str) -> None:
    """An error elsewhere does not keep a person from running what they have finished."""
    needed = frozenset[str]() if part.kind == "from" else needed_for(definition.graph, place)
    errors = [
        problem
        for problem in problems
        if problem.severity == "error" and (part.kind == "from" or problem.code not in _OF_ONE_ELEMENT or problem.id in needed)
    ]
    if errors:
        raise DefinitionInvalid(errors)
    step = definition.graph.steps.get(way_to(definition.graph, place)[-1].node)
    if part.given is not None and step is not None and step.type == "join":
        raise PartRefused(f"{step.name} passes on what arrives, so there is no input to give it by hand; run up to it instead.")


async def _sources(uow: UnitOfWork, workflow_id: str, part: Part) -> list[RunDetail]:
    """The run whose data is taken and, for one step, those that it stands on itself; newest first."""
    run_id = part.of
    if run_id is None:
        rows = await uow.runs.list(workflow_id=workflow_id, limit=LOOKED_AT)
        run_id = next((row.id for row in rows if RunStatus(row.status).is_terminal and (part.kind == "only" or row.kind != "only")), None)
    if run_id is None:
        if part.kind == "from":
            raise NothingToStartFrom
        return []
    found: list[RunDetail] = []
    while run_id is not None and len(found) < LAYERS:
        detail = await uow.runs.get(run_id, values=False)
        if detail.run.workflow_id != workflow_id:
            raise NothingToStartFrom("That run is of another workflow, so its data does not fit here.")
        if not RunStatus(detail.run.status).is_terminal and part.kind == "from":
            raise RunStillGoing
        found.append(detail)
        run_id = detail.run.resumed_from if part.kind == "only" else None
    return found


def _taken(graph: Graph, part: Part, place: str, run: RunDetail) -> Source:
    then = read_definition(dict(run.definition)).graph
    kind = cast(Literal["from", "only"], part.kind)
    places = taken_over(kind, place, now=graph, then=then, steps=run.steps, groups=run.groups, error=run.error)
    return Source(run.run.id, places)


def _first_of_each_place(sources: Sequence[Source]) -> list[Source]:
    """What a newer run holds of a place hides what an older one does."""
    seen: dict[str, None] = {}
    found = []
    for source in sources:
        found.append(Source(source.run_id, [place for place in source.places if place.to not in seen]))
        seen |= dict.fromkeys(place.to for place in source.places)
    return found


def _name(graph: Graph, place: str) -> str:
    way = way_to(graph, place)
    node = graph.steps.get(way[-1].node) or graph.groups[way[-1].node]
    turns = [f"[{stand.turn}]" for stand in way if stand.turn is not None]
    return f"{node.name} {''.join(turns)}".strip()


def fitting(value: Json) -> Json:
    """A value that a person gave, as it can be stored. Raises InputTooLarge."""
    given, _ = normalise(value)
    if (size := size_bytes(given)) > BODY_BYTES:
        raise InputTooLarge(f"The input has {size:,} bytes; at most {BODY_BYTES:,} are taken.")
    return given

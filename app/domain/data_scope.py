"""What an expression at one place may name, and what is known of it: from the last run, from pins, from schemas.

`DataScope` is what completion, preview and the list of available data work on; it is made of a graph and of what a run left.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from app.domain.catalog import Catalog
from app.domain.expressions import has_template
from app.domain.json_value import Json
from app.domain.known_data import NOTHING, Known, object_of, schema_of
from app.domain.topology import Topology, ancestry, topology_of
from app.domain.visibility import Visibility
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Step

Origin = Literal["run", "pinned", "schema", ""]
MOST_SOURCES = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left of one step or group."""

    status: str
    output: Json = None
    error: Json = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run left, as far as one place can see it. `outcome` and `input_of` are asked by id; None: it left nothing."""

    input: Json = None
    has_input: bool = False
    outcome: Callable[[str], Outcome | None] = lambda id: None
    input_of: Callable[[str], Known | None] = lambda id: None
    loop: Callable[[str], Mapping[str, Json] | None] = lambda group_id: None
    """What a turn of a group gives its body: item and index, iteration, or error."""


NO_RUN = RunFacts()


@dataclass(frozen=True, slots=True)
class Source:
    """One thing an expression may name, with its path. `id` is that of the step or group it is the output of."""

    path: str
    title: str
    note: str
    known: Known
    origin: Origin = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class DataScope:
    """Everything one place may name; steps come nearest first."""

    sources: tuple[Source, ...] = ()
    steps: Mapping[str, Source] = field(default_factory=dict)
    """By key, all that come before, also those beyond the most that are listed."""
    values: Mapping[str, Json] = field(default_factory=dict)
    """The scope as far as there are values: what a preview is evaluated in."""
    secrets: tuple[str, ...] = ()
    secrets_allowed: bool = False

    @property
    def has_data(self) -> bool:
        return any(source.origin in {"run", "pinned"} for source in self.sources)

    def has_upstream(self, ids: Collection[str]) -> bool:
        """Whether one of these steps or groups comes before the place."""
        if isinstance(self.steps, _Sources):
            return bool(ids) and any(id in ids for id in self.steps.ids().values())
        return any(source.id in ids for source in self.steps.values())

    def root(self, name: str) -> Known | None:
        """What `$`, `input`, `item` … stands for; None when it may not be named here."""
        return next((source.known for source in self.sources if source.path == name), None)


@dataclass(frozen=True, slots=True)
class Bearings:
    """Who comes before whom in a graph: what stays the same while only configs and positions change."""

    nodes: tuple[object, ...]
    groups: tuple[object, ...]
    edges: Mapping[str, Edge]
    topology: Topology
    names: Visibility


def bearings_of(graph: Graph, before: Bearings | None = None) -> Bearings:
    """Those of `before` if they still hold: of 10,000 steps they take a fifth of a second."""
    nodes = tuple(map(attrgetter("id", "name", "block_group_id", "group_role"), graph.steps.values()))
    groups = tuple(map(attrgetter("id", "type", "name", "parent_group_id", "group_role"), graph.groups.values()))
    if before is not None and before.nodes == nodes and before.groups == groups and _same_ends(before.edges, graph.edges):
        return before
    topology = topology_of(graph)
    return Bearings(nodes, groups, graph.edges, topology, Visibility(graph, topology))


def _same_ends(before: Mapping[str, Edge], now: Mapping[str, Edge]) -> bool:
    ends = attrgetter("source_step_id", "target_step_id")
    return before is now or list(map(ends, before.values())) == list(map(ends, now.values()))


def place_of(definition: Definition, catalog: Catalog, id: str, *, facts: RunFacts = NO_RUN, bearings: Bearings | None = None) -> DataScope:
    """The scope of a step's or group's config, or of an edge's condition. Takes time on large graphs: not for the GUI thread."""
    return _Place(definition, catalog, facts, bearings or bearings_of(definition.graph)).of(id)


class _Sources(Mapping[str, Source]):
    """Sources by key, each made when it is first asked for: a step may have 10,000 before it."""

    def __init__(self, ids: Mapping[str, str], make: Callable[[str], Source]) -> None:
        self._ids, self._make = ids, make
        self._made: dict[str, Source] = {}

    def __getitem__(self, key: str) -> Source:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(self._ids[key])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    def ids(self) -> Mapping[str, str]:
        """Ids by key."""
        return self._ids


class _Place:
    def __init__(self, definition: Definition, catalog: Catalog, facts: RunFacts, bearings: Bearings) -> None:
        self._definition, self._graph, self._catalog, self._facts = definition, definition.graph, catalog, facts
        self._topology, self._names = bearings.topology, bearings.names

    def of(self, id: str) -> DataScope:
        edge = self._graph.edges.get(id)
        if edge is None and id not in self._graph.steps and id not in self._graph.groups:
            return DataScope()
        near = edge.source_step_id if edge is not None else id
        ids = self._names.upstream(near)
        if edge is not None:
            ids = [near, *ids]
        steps = _Sources({self._names.key_of(source): source for source in ids}, self._step_source)
        dollar = self._edge_input(edge) if edge is not None else self._dollar(id)
        given = self._input()
        sources = [
            Source("$", "This step’s input" if edge is None else "Output of the source", "$", dollar[0], dollar[1]),
            *self._loops(near),
            *(steps[key] for key in itertools.islice(steps, MOST_SOURCES)),
            Source("input", "Run input", "input", given[0], given[1]),
        ]
        if edge is not None and self._graph.steps[near].type == "condition":
            sources.insert(1, Source("result", "The condition’s answer", "result", Known(schema={"type": "boolean"}), "schema"))
        step = self._graph.steps.get(id)
        kind = self._catalog.steps.get(step.type) if step is not None else None
        return DataScope(
            tuple(sources), steps, self._values(sources, steps), secrets_allowed=kind.secrets_allowed if kind is not None else False
        )

    def _values(self, sources: list[Source], steps: _Sources) -> dict[str, Json]:
        values: dict[str, Json] = {
            source.path: source.known.value for source in sources if source.known.has_value and "." not in source.path
        }
        found: dict[str, Json] = {}
        for key, id in steps.ids().items():
            outcome = self._facts.outcome(id)
            node = self._graph.steps.get(id)
            pin = node.config.get("pinned_output") if node is not None else None
            if pin is not None:
                found[key] = {"output": pin, "status": "completed", "error": None}
            elif outcome is not None:
                output = outcome.output if outcome.status == "completed" else None
                found[key] = {"output": output, "status": outcome.status, "error": outcome.error}
        values["steps"] = found
        return values

    def _step_source(self, id: str) -> Source:
        node = self._graph.steps.get(id) or self._graph.groups[id]
        known, origin = self._output(node)
        note = {"run": "output · last run", "pinned": "output · pinned", "schema": "output · schema"}.get(origin, "output · not run yet")
        if origin == "" and (outcome := self._facts.outcome(id)) is not None:
            note = f"output · {outcome.status}"
        return Source(f"steps.{self._names.key_of(id)}.output", node.name, note, known, origin, id)

    def _output(self, node: Step | BlockGroup, depth: int = 8) -> tuple[Known, Origin]:
        """A pin stands in for the run, the run for the schema."""
        if isinstance(node, Step) and node.config.get("pinned_output") is not None:
            return Known.of(node.config["pinned_output"]), "pinned"
        outcome = self._facts.outcome(node.id)
        if outcome is not None and outcome.status == "completed":
            return Known.of(outcome.output, output_schema(node, self._catalog)), "run"
        if isinstance(node, Step) and node.type in {"condition", "wait"} and depth:  # they give their input on
            known, _ = self._dollar(node.id, depth - 1)
            return Known(schema=schema_of(known)), "schema" if known is not NOTHING else ""
        schema = output_schema(node, self._catalog)
        return (Known(schema=schema), "schema") if schema is not None else (NOTHING, "")

    def _edge_input(self, edge: Edge) -> tuple[Known, Origin]:
        source = self._graph.steps.get(edge.source_step_id)
        return (NOTHING, "") if source is None else self._output(source)

    def _dollar(self, id: str, depth: int = 8) -> tuple[Known, Origin]:
        """What the last run gave it, else what would come in along its edges."""
        if (known := self._facts.input_of(id)) is not None:
            return known, "run"
        node, scope = ancestry(self._graph, id)[0]
        before = [link.source for link in self._topology.incoming(scope).get(node, ())]
        if not before:
            group = self._graph.groups.get(scope[0]) if scope[0] is not None else None
            return self._group_gives(group, scope[1], depth) if group is not None else self._input()
        outputs = {source: self._output(self._graph.steps.get(source) or self._graph.groups[source], depth) for source in before}
        if len(outputs) == 1:
            return next(iter(outputs.values()))
        origins = {origin for _, origin in outputs.values()}
        origin: Origin = "run" if origins <= {"run", "pinned"} else "schema"
        return object_of({self._names.key_of(source): known for source, (known, _) in outputs.items()}), origin

    def _group_gives(self, group: BlockGroup, role: str | None, depth: int) -> tuple[Known, Origin]:
        """What the first nodes of a group's role get as `$`."""
        given = self._facts.loop(group.id)
        if group.type == "foreach":
            if given is not None:
                return Known.of({name: given[name] for name in ("item", "index") if name in given}), "run"
            return Known(schema={"type": "object", "properties": {"item": {}, "index": {"type": "integer"}}}), "schema"
        if group.type == "try_catch" and role == "catch":
            if given is not None and "error" in given:
                return Known.of({"error": given["error"], "input": given.get("input")}), "run"
            return Known(schema={"type": "object", "properties": {"error": ERROR_SCHEMA, "input": {}}}), "schema"
        return self._dollar(group.id, depth - 1) if depth else (NOTHING, "")

    def _input(self) -> tuple[Known, Origin]:
        schema = self._definition.input_schema
        if self._facts.has_input:
            return Known.of(self._facts.input), "run"
        if (example := self._definition.example_input) is not None:
            return Known.of(example), "schema"
        return (Known(schema=schema), "schema") if schema is not None else (NOTHING, "")

    def _loops(self, id: str) -> list[Source]:
        """What the groups around give by name, the nearest of each name."""
        found: dict[str, Source] = {}
        for _, (group_id, role) in ancestry(self._graph, id):
            group = self._graph.groups.get(group_id) if group_id is not None else None
            if group is None:
                continue
            given = self._facts.loop(group.id) or {}
            for name, schema in names_given(group.type, role).items():
                if name not in found:
                    known = Known.of(given[name]) if name in given else Known(schema=schema)
                    found[name] = Source(name, _LOOP_TITLES[name], f"{name} · {group.name}", known, "run" if name in given else "schema")
        return list(found.values())


ERROR_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "examples": ["HttpError"]},
        "message": {"type": "string"},
        "step": {"type": "string"},
        "path": {"type": "string"},
        "attempt": {"type": "integer"},
        "retryable": {"type": "boolean"},
        "details": {},
    },
}
_LOOP_TITLES: Mapping[str, str] = {
    "item": "Item of this turn",
    "index": "Its number",
    "iteration": "Turn, from 0",
    "error": "What was caught",
}


def names_given(group_type: str, role: str | None) -> Mapping[str, Json]:
    """The names that a group gives what stands in it, with what they are."""
    if group_type == "foreach":
        return {"item": {}, "index": {"type": "integer"}}
    if group_type == "while":
        return {"iteration": {"type": "integer"}}
    return {"error": ERROR_SCHEMA} if group_type == "try_catch" and role == "catch" else {}


def output_schema(node: Step | BlockGroup, catalog: Catalog) -> Json:
    """What is known of an output before anything has run; None: nothing."""
    if isinstance(node, BlockGroup):
        return _GROUP_OUTPUTS.get(node.type)
    if node.type in {"tool", "llm"}:
        adapter_id = node.config.get("adapter_id" if node.type == "tool" else "provider")
        adapter = catalog.adapters.get(adapter_id) if isinstance(adapter_id, str) else None
        found = adapter.output_schema if adapter is not None and node.type == "tool" else None
        return found if node.type == "tool" else _llm_output(node.config.get("output_schema"))
    if node.type == "transform" and (output := node.config.get("output")) is not None:
        return _transform_output(output)
    return _STEP_OUTPUTS.get(node.type)


def _llm_output(answer: Json) -> Json:
    usage: Json = {"type": "object", "properties": {name: {"type": "number"} for name in ("input_tokens", "output_tokens", "cost_usd")}}
    return {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "json": answer if isinstance(answer, dict) else {},
            "model": {"type": "string"},
            "finish_reason": {"type": "string"},
            "usage": usage,
        },
    }


def _transform_output(value: Json) -> Json:
    """The shape of what a transform writes; a template may give anything."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {key: _transform_output(item) for key, item in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": _transform_output(value[0]) if value else {}}
    if isinstance(value, str):
        exact = value.startswith("{{") and value.endswith("}}") and value.count("{{") == 1
        return {} if exact else {"type": "string"} if has_template(value) else {"type": "string", "examples": [value]}
    return {"const": value, **({"type": "boolean"} if isinstance(value, bool) else {"type": "number"} if value is not None else {})}


_LIST: Json = {"type": "array", "items": {}}
_NUMBER: Json = {"type": "integer"}
_LOOP: Json = {"type": "object", "properties": {"results": _LIST, "iterations": _NUMBER, "completed": _NUMBER, "errors": _LIST}}
_GROUP_OUTPUTS: Mapping[str, Json] = {
    "foreach": _LOOP,
    "while": {"type": "object", "properties": {"results": _LIST, "iterations": _NUMBER, "completed": {"type": "boolean"}}},
}
_STEP_OUTPUTS: Mapping[str, Json] = {"map": {"type": "object", "properties": {"items": _LIST, "count": _NUMBER, "errors": _LIST}}}


def with_names(scope: DataScope, names: Mapping[str, Known], *, instead_of_dollar: Known | None = None) -> DataScope:
    """The scope with names that only one field has, such as `error` in an `on_error` output."""
    more = tuple(Source(name, _LOOP_TITLES.get(name, name), name, known, "schema") for name, known in names.items())
    sources = tuple(source for source in scope.sources if source.path not in names)
    values = {**scope.values, **{name: known.value for name, known in names.items() if known.has_value}}
    if instead_of_dollar is not None:
        sources = tuple(Source("$", "What is asked about", "$", instead_of_dollar) if s.path == "$" else s for s in sources)
        values.pop("$", None)
        if instead_of_dollar.has_value:
            values["$"] = instead_of_dollar.value
    return DataScope((*sources[:1], *more, *sources[1:]), scope.steps, values, scope.secrets, scope.secrets_allowed)

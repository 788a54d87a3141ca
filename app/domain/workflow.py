"""The definition: what a workflow consists of, as frozen values.

A `Graph` holds its elements in dicts by id, in the order of the document; neither the dicts nor the JSON
inside a config are ever changed in place, so graphs share what they have in common and an undo is a reference.
Positions are absolute canvas coordinates in whole px, for steps and for groups alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from app.domain.json_value import Json
from app.domain.keys import key_of, unique_keys

FORMAT = "orchestrion/1"
NODE_WIDTH = 192
NODE_HEIGHT = 64


@dataclass(frozen=True, slots=True)
class Position:
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    width: int = 400
    height: int = 300


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of work; `config` may hold templates and is checked against its type's model."""

    id: str
    name: str
    type: str
    config: Mapping[str, Json] = field(default_factory=dict)
    position: Position = Position()
    block_group_id: str | None = None
    group_role: str | None = None

    @property
    def key(self) -> str:
        """How expressions and paths name it (semantics §1); empty for a name without a-z0-9, see `graph_keys`."""
        return key_of(self.name)


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flows from source to target when `condition` (an expression; None holds always) is true of the source's output."""

    id: str
    source_step_id: str
    target_step_id: str
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class BlockGroup:
    """A control-flow construct around steps and groups, each of which stands in one of its roles."""

    id: str
    name: str
    type: str
    config: Mapping[str, Json] = field(default_factory=dict)
    parent_group_id: str | None = None
    group_role: str | None = None
    position: Position = Position()
    size: Size = Size()

    @property
    def key(self) -> str:
        return key_of(self.name)


@dataclass(frozen=True, slots=True)
class Note:
    """A sticky note; `text` is markdown and means nothing to a run."""

    id: str
    text: str = ""
    position: Position = Position()
    size: Size = Size(200, 120)
    colour: str = "yellow"


@dataclass(frozen=True, slots=True)
class Details:
    """What a workflow says of itself beside what is drawn."""

    name: str = "Untitled workflow"
    description: str = ""
    input_schema: Json = None
    output_schema: Json = None
    settings: Mapping[str, Json] = field(default_factory=lambda: {"run_timeout_ms": 3_600_000})


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything that edits change: what is drawn, in document order, and the details of the workflow.

    An edit makes the next graph with `replace`, so that what it does not name stays as it is.
    """

    steps: Mapping[str, Step] = field(default_factory=dict)
    edges: Mapping[str, Edge] = field(default_factory=dict)
    groups: Mapping[str, BlockGroup] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    details: Details = Details()

    def element(self, id: str) -> Step | Edge | BlockGroup | Note | None:
        return self.steps.get(id) or self.groups.get(id) or self.edges.get(id) or self.notes.get(id)

    def parent_of(self, id: str) -> tuple[str | None, str | None]:
        """The group and role that a step or group stands in."""
        if (step := self.steps.get(id)) is not None:
            return step.block_group_id, step.group_role
        group = self.groups[id]
        return group.parent_group_id, group.group_role

    def children_of(self, group_id: str | None, role: str | None = None) -> list[str]:
        """Ids of the steps, then groups, right inside a group (None: the top level); with `role`, only of that role."""
        inside = [s.id for s in self.steps.values() if s.block_group_id == group_id and role in (None, s.group_role)]
        return inside + [g.id for g in self.groups.values() if g.parent_group_id == group_id and role in (None, g.group_role)]

    def descendants_of(self, group_id: str) -> list[str]:
        """Ids of all steps and groups inside a group, however deep; outer before inner."""
        by_parent = _by_parent(_Nodes(self.steps, self.groups))
        found: list[str] = []
        seen = {group_id}
        todo = [group_id]
        while todo:
            for child in by_parent.get(todo.pop(), ()):
                if child not in seen:
                    seen.add(child)
                    found.append(child)
                    todo.append(child)
        return found


class _Nodes:
    """The steps and groups of a graph, the same as another's only when they are the same objects: graphs never change in place."""

    __slots__ = ("groups", "steps")

    def __init__(self, steps: Mapping[str, Step], groups: Mapping[str, BlockGroup]) -> None:
        self.steps, self.groups = steps, groups

    def __hash__(self) -> int:
        return hash((id(self.steps), id(self.groups)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Nodes) and other.steps is self.steps and other.groups is self.groups


@lru_cache(maxsize=4)
def _by_parent(nodes: _Nodes) -> Mapping[str | None, list[str]]:
    """Who stands right in which group. Asked of one graph again and again: for each group of a selection, at every move of a drag."""
    found: dict[str | None, list[str]] = {}
    for step in nodes.steps.values():
        found.setdefault(step.block_group_id, []).append(step.id)
    for group in nodes.groups.values():
        found.setdefault(group.parent_group_id, []).append(group.id)
    return found


@dataclass(frozen=True, slots=True)
class Definition:
    """One whole workflow, as it is kept, exported, published and run. `graph.details` always says what its own fields say."""

    name: str
    graph: Graph = Graph()
    description: str = ""
    input_schema: Json = None
    output_schema: Json = None
    settings: Mapping[str, Json] = field(default_factory=lambda: {"run_timeout_ms": 3_600_000})

    def __post_init__(self) -> None:
        own = {name: getattr(self, name) for name in Details.__slots__}
        if any(getattr(self.graph.details, name) is not value for name, value in own.items()):
            object.__setattr__(self, "graph", replace(self.graph, details=Details(**own)))

    @classmethod
    def of(cls, graph: Graph) -> Definition:
        """The workflow that was edited to be `graph`."""
        details = graph.details
        return cls(details.name, graph, details.description, details.input_schema, details.output_schema, details.settings)

    def with_graph(self, graph: Graph) -> Definition:
        """Another drawing under the same details, whatever those of `graph` are; of an edited graph make the definition with `of`."""
        return replace(self, graph=graph)

    @property
    def run_timeout_s(self) -> float:
        value = self.settings.get("run_timeout_ms", 3_600_000)
        return float(value) / 1000 if isinstance(value, int | float) else 3600.0

    @property
    def example_input(self) -> Json:
        """The first of the `examples` that the input schema gives (JSON Schema 2020-12, validation §9.5); None without one."""
        examples = self.input_schema.get("examples") if isinstance(self.input_schema, dict) else None
        return examples[0] if isinstance(examples, list) and examples else None


def graph_keys(graph: Graph) -> dict[str, str]:
    """The key of every step and group by id; names without a key of their own get one with a number."""
    named = [(s.id, s.name, "step") for s in graph.steps.values()] + [(g.id, g.name, "group") for g in graph.groups.values()]
    keys, _ = unique_keys((name, kind) for _, name, kind in named)
    return {id: key for (id, _, _), key in zip(named, keys, strict=True)}


def step_to_json(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "name": step.name,
        "type": step.type,
        "config": dict(step.config),
        "position": {"x": step.position.x, "y": step.position.y},
        "block_group_id": step.block_group_id,
        "group_role": step.group_role,
    }


def edge_to_json(edge: Edge) -> dict[str, Any]:
    return {
        "id": edge.id,
        "source_step_id": edge.source_step_id,
        "target_step_id": edge.target_step_id,
        "condition": edge.condition,
    }


def group_to_json(group: BlockGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "type": group.type,
        "config": dict(group.config),
        "parent_group_id": group.parent_group_id,
        "group_role": group.group_role,
        "position": {"x": group.position.x, "y": group.position.y},
        "size": {"width": group.size.width, "height": group.size.height},
    }


def note_to_json(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "text": note.text,
        "position": {"x": note.position.x, "y": note.position.y},
        "size": {"width": note.size.width, "height": note.size.height},
        "colour": note.colour,
    }


def details_to_json(details: Details) -> dict[str, Any]:
    return {
        "name": details.name,
        "description": details.description,
        "input_schema": details.input_schema,
        "output_schema": details.output_schema,
        "settings": dict(details.settings),
    }


def graph_to_json(graph: Graph) -> dict[str, Any]:
    """What is drawn; the details are `details_to_json`."""
    return {
        "steps": [step_to_json(step) for step in graph.steps.values()],
        "edges": [edge_to_json(edge) for edge in graph.edges.values()],
        "block_groups": [group_to_json(group) for group in graph.groups.values()],
        "notes": [note_to_json(note) for note in graph.notes.values()],
    }


def definition_to_json(definition: Definition) -> dict[str, Any]:
    """The document of semantics §1; parsing it again gives an equal definition."""
    return {
        "format": FORMAT,
        **details_to_json(definition.graph.details),
        **graph_to_json(definition.graph),
    }

"""Every text of a workflow with its place: names, keys, configs, expressions, conditions, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.domain.catalog import Catalog
from app.domain.expressions.templates import escaped
from app.domain.json_value import Json, dumps
from app.domain.renaming import is_expression
from app.domain.workflow import BlockGroup, Graph, Note, Step, graph_keys

TextKind = Literal["name", "key", "text", "expression", "condition", "note"]


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A text of element `id`. `place` is a JSON pointer into the element, as problems have it; `field` names the config's field."""

    id: str
    kind: TextKind
    place: str
    text: str
    field: str = ""


def texts_of(graph: Graph, catalog: Catalog) -> Iterator[TextPlace]:
    """In document order, of each element its name first."""
    keys = graph_keys(graph)
    for part in (graph.steps, graph.groups):
        node: Step | BlockGroup
        for node in part.values():
            yield TextPlace(node.id, "name", "/name", node.name)
            yield TextPlace(node.id, "key", "/name", keys[node.id])
            for name, value in node.config.items():
                kind: TextKind = "expression" if is_expression(node, name, catalog) else "text"
                yield from _leaves(node.id, kind, name, value, f"/config/{escaped(name)}")
    for edge in graph.edges.values():
        if edge.condition:
            yield TextPlace(edge.id, "condition", "/condition", edge.condition)
    for note in graph.notes.values():
        yield TextPlace(note.id, "note", "/text", note.text)


def title_of(graph: Graph, id: str) -> str:
    """What an element is called where it is listed."""
    element = graph.element(id)
    match element:
        case Step() | BlockGroup():
            return element.name
        case Note():
            return next((line.strip("# ") for line in element.text.splitlines() if line.strip("# ")), "Note")
        case None:
            return ""
        case _:
            ends = [graph.steps.get(end) for end in (element.source_step_id, element.target_step_id)]
            return " → ".join(step.name if step is not None else "?" for step in ends)


def _leaves(id: str, kind: TextKind, field: str, value: Json, place: str) -> Iterator[TextPlace]:
    if isinstance(value, str):
        yield TextPlace(id, kind, place, value, field)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(id, kind, field, item, f"{place}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield TextPlace(id, "text", f"{place}/{escaped(key)}", key, field)
            yield from _leaves(id, kind, field, item, f"{place}/{escaped(key)}")
    elif value is not None:
        yield TextPlace(id, "text", place, dumps(value), field)

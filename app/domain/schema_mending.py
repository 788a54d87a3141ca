"""A field that an answer's schema does not promise: whose schema it is, and the schema with the field in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.data_scope import DataScope
from app.domain.json_value import Json
from app.domain.workflow import Graph, Step

_PATH = re.compile(r"steps\.(\w+)\.output\.json((?:\.[A-Za-z_]\w*)+)$")


@dataclass(frozen=True, slots=True)
class MissingField:
    """`name` would have to stand at `within` (names from the outside in) of the answer of `step`."""

    step: Step
    within: tuple[str, ...]
    name: str

    @property
    def config(self) -> dict[str, Json]:
        """The step's config with the field in its output schema, as a text that must be there."""
        schema = self.step.config.get("output_schema")
        return {**self.step.config, "output_schema": _with_field(schema if isinstance(schema, dict) else {}, self.within, self.name)}


def missing_field(text: str, end: int, scope: DataScope, graph: Graph) -> MissingField | None:
    """What the path that ends at `end` asks of a prompt's answer and its schema does not have."""
    match = _PATH.search(text[:end])
    source = scope.steps.get(match[1]) if match is not None else None
    step = graph.steps.get(source.id) if source is not None else None
    if match is None or step is None or step.type != "llm":
        return None
    *within, name = match[2].strip(".").split(".")
    schema = step.config.get("output_schema")
    for part in within:
        inner = schema.get("properties") if isinstance(schema, Mapping) else None
        schema = inner.get(part) if isinstance(inner, Mapping) else None
        if not isinstance(schema, Mapping):
            return None
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    return MissingField(step, tuple(within), name) if isinstance(properties, Mapping) and name not in properties else None


def _with_field(schema: Mapping[str, Json], within: tuple[str, ...], name: str) -> dict[str, Json]:
    found = schema.get("properties")
    properties: dict[str, Json] = dict(found) if isinstance(found, dict) else {}
    if within:
        inner = properties.get(within[0])
        properties[within[0]] = _with_field(inner if isinstance(inner, dict) else {}, within[1:], name)
        return {**schema, "properties": properties}
    given = schema.get("required")
    required: list[Json] = [*(given if isinstance(given, list) else []), name]
    return {"type": "object", **schema, "properties": {**properties, name: {"type": "string"}}, "required": required}

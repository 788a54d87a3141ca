"""Where something is used: which steps name a secret, an adapter or a workflow, and which texts name a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.domain.catalog import Catalog
from app.domain.expressions import ExpressionInvalid, References, compile_expression, has_template, parse_template
from app.domain.expressions.templates import escaped
from app.domain.json_value import Json
from app.domain.workflow import Graph, graph_keys
from app.domain.workflow_texts import TextPlace, texts_of

SubjectKind = Literal["secret", "adapter", "workflow"]
UserKind = Literal["step", "schedule", "webhook", "adapter"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about. `id` is a secret's name, an adapter's or a workflow's id; `name` what a workflow is called besides."""

    kind: SubjectKind
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """One place that uses it.

    For a step `in_draft` and `version` (the latest published one, 0: not there) say where it does so, `place` in which field.
    A schedule or webhook of the workflow, and an adapter whose defaults name a secret, have a name and nothing else.
    """

    kind: UserKind
    id: str
    name: str
    workflow_id: str = ""
    workflow: str = ""
    type: str = ""
    place: str = ""
    in_draft: bool = False
    version: int = 0


def places_in_step(subject: Subject, type: str, config: Mapping[str, Json]) -> Iterator[str]:
    """The fields of a step's config that name the subject, as JSON pointers into the step."""
    match subject.kind:
        case "secret":
            yield from secret_places(subject.id, dict(config), "/config")
        case "adapter":
            for field in _ADAPTER_FIELDS.get(type, ()):
                if config.get(field) == subject.id:
                    yield f"/config/{field}"
        case "workflow":
            if type in {"subflow", "map"} and config.get("workflow_id") in {subject.id, subject.name or subject.id}:
                yield "/config/workflow_id"


_ADAPTER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "tool": ("adapter_id",),
    "map": ("adapter_id",),
    "llm": ("provider",),
    "router": ("provider",),
}


def secret_places(name: str, value: Json, place: str) -> Iterator[str]:
    """Where templates of a config name the secret. A text that cannot be read counts when the name stands in it after `secrets`."""
    if isinstance(value, str):
        if has_template(value) and name in value and _names_secret(value, name):
            yield place
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secret_places(name, item, f"{place}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from secret_places(name, item, f"{place}/{escaped(key)}")


def _names_secret(text: str, name: str) -> bool:
    try:
        return name in parse_template(text).references.secrets
    except ExpressionInvalid:
        return f"secrets.{name}" in text


def mentions_of(graph: Graph, catalog: Catalog, id: str) -> list[TextPlace]:
    """The expressions, templates and conditions that name a step or group by its key, in document order."""
    key = graph_keys(graph).get(id)
    if key is None:
        return []
    return [place for place in texts_of(graph, catalog) if key in _references(place).steps]


def _references(place: TextPlace) -> References:
    text = place.text
    if place.kind not in {"text", "expression", "condition"} or "steps" not in text:
        return _NONE
    if place.place.startswith(("/config/notes", "/config/pinned_output")):
        return _NONE
    try:
        if place.kind == "text":
            return parse_template(text).references if has_template(text) else _NONE
        return compile_expression(text, secrets=True).references
    except ExpressionInvalid:
        return _NONE


_NONE = References()

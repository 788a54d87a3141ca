"""Which fields a step's or group's form has, and under which headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from app.domain.catalog import Catalog, GroupType, StepType
from app.domain.json_value import Json
from app.domain.step_configs import COMMON_FIELDS
from app.ui.inspector.form import FieldSpec, Section, specs_of

_HANDLING = ("retry", "timeout_ms", "on_error")
_TESTING = ("disabled", "pinned_output")
_NOTES = frozenset({"notes"})


def adapter_field(kind: StepType) -> str:
    """The field that names the adapter whose own fields stand in the same config; empty if the type has none."""
    return {"tool": "adapter_id", "map": "adapter_id", "llm": "provider", "router": "provider"}.get(kind.type, "")


def step_sections(kind: StepType, config: Mapping[str, Json], catalog: Catalog) -> list[Section]:
    """First what makes the type what it is, then its adapter's own fields, then what every step has."""
    schema = _schema(kind.config_model)
    specs = specs_of(schema, leave_out=COMMON_FIELDS, bare=kind.expression_fields | kind.path_fields)
    chooser = adapter_field(kind)
    specs = [_with_adapters(spec, catalog, provider=chooser == "provider") if spec.name == chooser else spec for spec in specs]
    if kind.type in {"tool", "map"}:
        specs += _adapter_specs(catalog, config.get(chooser), provider=False, taken={spec.name for spec in specs})
        sections = [Section("", tuple(specs))]
    else:
        sections = [Section("", tuple(specs))]
        if extra := _adapter_specs(catalog, config.get(chooser), provider=True, taken={spec.name for spec in specs}):
            sections.append(Section("Provider", tuple(extra), folded=not _any_set(extra, config)))
    common = specs_of(schema, leave_out=frozenset(schema["properties"]) - COMMON_FIELDS | _NOTES)
    for title, names in (("Retry and failure", _HANDLING), ("Testing", _TESTING)):
        part = tuple(spec for spec in common if spec.path[0] in names)
        sections.append(Section(title, part, folded=not _any_set(part, config)))
    return sections


def group_sections(kind: GroupType, config: Mapping[str, Json]) -> list[Section]:
    schema = _schema(kind.config_model)
    specs = specs_of(schema, leave_out=_NOTES | {"timeout_ms"}, bare=kind.expression_fields | kind.path_fields)
    limits = specs_of(schema, leave_out=frozenset(schema["properties"]) - {"timeout_ms"})
    return [Section("", tuple(specs)), Section("Limits", tuple(limits), folded=not _any_set(limits, config))]


@lru_cache(maxsize=128)
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _with_adapters(spec: FieldSpec, catalog: Catalog, *, provider: bool) -> FieldSpec:
    found = [
        (adapter.id, adapter.title)
        for adapter in catalog.adapters.values()
        if (adapter.provider_model is not None if provider else adapter.tool)
    ]
    return replace(spec, choices=tuple(found))


def _adapter_specs(catalog: Catalog, adapter_id: Json, *, provider: bool, taken: set[str]) -> list[FieldSpec]:
    adapter = catalog.adapters.get(adapter_id) if isinstance(adapter_id, str) else None
    model = None if adapter is None else adapter.provider_model if provider else adapter.config_model
    return [] if model is None else specs_of(_schema(model), leave_out=frozenset(taken) | COMMON_FIELDS)


def _any_set(specs: Sequence[FieldSpec], config: Mapping[str, Json]) -> bool:
    return any(spec.path[0] in config for spec in specs)

"""Which fields a step's or group's form has, under which headings, and what is special about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from app.domain.catalog import Catalog, GroupType, StepType
from app.domain.data_scope import ERROR_SCHEMA
from app.domain.json_value import Json
from app.domain.known_data import Known
from app.domain.runs import ERROR_TYPES
from app.domain.step_configs import COMMON_FIELDS, RetryPolicy
from app.domain.time_words import retry_words
from app.ui.inspector.specs import Config, FieldSpec, Section, any_set, specs_of

_NOTES = frozenset({"notes"})
_DETAILS = ("retry.initial_interval_ms", "retry.backoff", "retry.max_interval_ms", "retry.retry_on")
_ITEM = {"item": Known(), "index": Known(schema={"type": "integer"})}
_STOP = Known(schema={"type": "object", "properties": {"item": {}, "index": {}, "result": {}, "completed": {}}})


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the form of one type is laid out: the order of what comes first, what stands side by side, what is folded away."""

    first: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    advanced: frozenset[str] = frozenset()


_QUESTION = _Layout(
    ("adapter_id", "model", "temperature", "system", "prompt"),
    (),
    frozenset({"base_url", "api_key", "organisation", "project", "messages", "max_tokens", "stop", "response_format"}),
)
_LAYOUTS: Mapping[str, _Layout] = {
    "llm": _Layout(
        ("provider", "model", "temperature", "system", "prompt", "response_format", "output_schema"),
        (("provider", "model"),),
        frozenset({"max_tokens", "stop", "messages", "tools"}),
    ),
    "http": _Layout(
        ("adapter_id", "method", "url", "headers", "query", "body"), (), frozenset({"follow_redirects", "max_response_bytes", "body_type"})
    ),
    "mock": _Layout(("adapter_id", "response"), (), frozenset({"error", "retryable", "fail_first_n", "chunks", "delay_ms"})),
    "subflow": _Layout(("workflow_id", "version"), (("workflow_id", "version"),)),
    "map": _Layout(("input_path", "operation", "expression", "adapter_id", "workflow_id", "version"), (("workflow_id", "version"),)),
    "wait": _Layout(("operation", "duration_ms", "until")),
    "openai": _QUESTION,
    "anthropic": _QUESTION,
    "join": _Layout((), (("mode", "n"),)),
    "parallel": _Layout((), (("complete", "n"),)),
    "try_catch": _Layout((), (("retry_count", "retry_delay_ms"),)),
}

_SHOWN: Mapping[tuple[str, str], Callable[[Config], bool]] = {
    ("join", "n"): lambda config: config.get("mode") == "n_of",
    ("join", "cancel_remaining"): lambda config: config.get("mode") in {"any", "n_of"},
    ("parallel", "n"): lambda config: config.get("complete") == "n",
    ("parallel", "cancel_remaining"): lambda config: config.get("complete") in {"first", "n"},
    ("map", "expression"): lambda config: _operation(config) == "expression",
    ("map", "adapter_id"): lambda config: _operation(config) == "adapter_id",
    ("map", "workflow_id"): lambda config: _operation(config) == "workflow_id",
    ("map", "version"): lambda config: _operation(config) == "workflow_id",
    ("map", "max_concurrency"): lambda config: config.get("parallel") is True,
    ("foreach", "max_workers"): lambda config: config.get("parallel") is True,
    ("wait", "duration_ms"): lambda config: _waits_for(config) == "duration_ms",
    ("wait", "until"): lambda config: _waits_for(config) == "until",
    ("on_error", "output"): lambda config: isinstance(on := config.get("on_error"), dict) and on.get("action") == "continue",
}


def adapter_field(kind: StepType) -> str:
    """The field that names the adapter whose own fields stand in the same config; empty if the type has none."""
    return {"tool": "adapter_id", "map": "adapter_id", "llm": "provider", "router": "provider"}.get(kind.type, "")


def step_sections(kind: StepType, config: Mapping[str, Json], catalog: Catalog) -> list[Section]:
    """First what makes the type what it is, then its adapter's own fields, then what every step has."""
    schema = schema_of_model(kind.config_model)
    chooser = adapter_field(kind)
    bare = kind.expression_fields | kind.path_fields
    own = [_special(kind.type, spec, catalog, config) for spec in specs_of(schema, leave_out=COMMON_FIELDS, bare=bare)]
    own += _exclusive(kind.type)
    provider = chooser == "provider"
    extra = _adapter_specs(catalog, config.get(chooser), provider=provider, taken={spec.name for spec in own})
    names = _ITEM if kind.type == "map" else {}
    extra = [replace(spec, names=names) for spec in extra]
    layout = _LAYOUTS.get(kind.type, _Layout())
    if not provider:
        own, extra = [*own, *extra], []
        inner = _LAYOUTS.get(str(config.get(chooser)), _Layout(("adapter_id",))) if chooser else _Layout()
        layout = _Layout(tuple(dict.fromkeys((*layout.first, *inner.first))), (*layout.rows, *inner.rows), layout.advanced | inner.advanced)
    sections = _laid_out(own, layout, config)
    if extra:
        sections.append(Section("Provider", tuple(extra), folded=not any_set(extra, config)))
    return [*sections, *common_sections(schema, config)]


def common_sections(schema: Mapping[str, Any], config: Mapping[str, Json]) -> list[Section]:
    """What every step has."""
    specs = {spec.name: spec for spec in specs_of(schema, leave_out=frozenset(schema["properties"]) - COMMON_FIELDS | _NOTES)}
    specs["retry.retry_on"] = replace(specs["retry.retry_on"], known=("*", *ERROR_TYPES))
    specs["on_error.output"] = replace(
        specs["on_error.output"], shown=_SHOWN["on_error", "output"], names={"error": Known(schema=ERROR_SCHEMA)}
    )
    specs["retry.max_attempts"] = replace(specs["retry.max_attempts"], schema={**specs["retry.max_attempts"].schema, "title": "Tries"})
    choices = (("fail", "Fail, unless something catches it"), ("continue", "Go on with another output"))
    specs["on_error.action"] = replace(specs["on_error.action"], choices=choices, templates=False)
    for name in ("disabled", "pinned_output"):
        specs[name] = replace(specs[name], templates=False)
    handling = [specs[name] for name in ("retry.max_attempts", "timeout_ms", "on_error.action", "on_error.output")]
    details = [specs[name] for name in _DETAILS]
    testing = [specs[name] for name in ("disabled", "pinned_output")]
    return [
        Section("Retry and failure", tuple(handling), rows=(("retry.max_attempts", "timeout_ms"),), note=_retry_note),
        Section("Retry in detail", tuple(details), folded=not any_set(details, config), rows=((_DETAILS[0], _DETAILS[2]),)),
        Section("Testing", tuple(testing), folded=not any_set(testing, config)),
    ]


def _retry_note(config: Config) -> str:
    """What the policy does, in words; nothing while it cannot be read."""
    given = config.get("retry")
    if not isinstance(given, dict):
        return ""
    try:
        policy = RetryPolicy.model_validate(given)
    except ValidationError:
        return ""
    return "" if policy.max_attempts == 1 else f"{retry_words(policy)}."


def group_sections(kind: GroupType, config: Mapping[str, Json]) -> list[Section]:
    schema = schema_of_model(kind.config_model)
    bare = kind.expression_fields | kind.path_fields
    specs = [_group_special(kind.type, spec) for spec in specs_of(schema, leave_out=_NOTES | {"timeout_ms"}, bare=bare)]
    limits = specs_of(schema, leave_out=frozenset(schema["properties"]) - {"timeout_ms"})
    return [*_laid_out(specs, _LAYOUTS.get(kind.type, _Layout()), config), Section("Limits", tuple(limits))]


@lru_cache(maxsize=128)
def schema_of_model(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _laid_out(specs: list[FieldSpec], layout: _Layout, config: Config) -> list[Section]:
    order = {name: at for at, name in enumerate(layout.first)}
    ordered = sorted(specs, key=lambda spec: order.get(spec.path[0], len(order)))
    main = tuple(spec for spec in ordered if spec.path[0] not in layout.advanced)
    rest = tuple(spec for spec in ordered if spec.path[0] in layout.advanced)
    sections = [Section("", main, rows=layout.rows, weights={"provider": 4, "model": 5})]
    if rest:
        sections.append(Section("Advanced", rest, folded=not any_set(rest, config)))
    return sections


def _special(type: str, spec: FieldSpec, catalog: Catalog, config: Config) -> FieldSpec:
    """What the schema cannot say of a step's field."""
    if (shown := _SHOWN.get((type, spec.name))) is not None:
        spec = replace(spec, shown=shown)
    match spec.name:
        case "provider" | "adapter_id":
            return replace(spec, choices=tuple(_adapters(catalog, provider=spec.name == "provider")), templates=False)
        case "model":
            provider = catalog.adapters.get(str(config.get("provider")))
            return replace(spec, control="model", known=provider.models if provider is not None else ())
        case "output_schema":
            return replace(spec, control="schema", templates=False)
        case "workflow_id":
            return replace(spec, control="workflow", required=type == "subflow")
        case "version":
            return replace(spec, control="version", templates=False)
        case "expression" if type == "map":
            return replace(spec, names=_ITEM)
        case "duration_ms" | "until" if type == "wait":
            return replace(spec, required=True)
        case _:
            return spec


def _group_special(type: str, spec: FieldSpec) -> FieldSpec:
    if (shown := _SHOWN.get((type, spec.name))) is not None:
        spec = replace(spec, shown=shown)
    match spec.name:
        case "cases":
            return replace(spec, control="cases", templates=False)
        case "error_types":
            return replace(spec, known=("*", *ERROR_TYPES))
        case "condition" if type == "while":
            return replace(spec, names={"iteration": Known(schema={"type": "integer"})})
        case "complete_when":
            return replace(spec, dollar=_STOP)
        case _:
            return spec


# Fields of which one counts


def _operation(config: Config) -> str:
    return next((name for name in ("adapter_id", "workflow_id") if config.get(name) is not None), "expression")


def _waits_for(config: Config) -> str:
    return "until" if config.get("until") is not None else "duration_ms"


def _exclusive(type: str) -> list[FieldSpec]:
    """A choice that says which of several fields is used: it puts that one in and takes the others out."""
    if type == "map":
        choices: tuple[tuple[str, str], ...] = (
            ("expression", "Work out an expression"),
            ("adapter_id", "Call an adapter"),
            ("workflow_id", "Run a workflow"),
        )
        starters: Mapping[str, Json] = {"expression": "item", "adapter_id": "mock", "workflow_id": ""}
        return [_one_of("For each item", choices, starters, _operation)]
    if type == "wait":
        choices = (("duration_ms", "For a while"), ("until", "Until a moment"))
        return [_one_of("Wait", choices, {"duration_ms": 60_000, "until": "2030-01-01T09:00:00Z"}, _waits_for)]
    return []


def _one_of(title: str, choices: tuple[tuple[str, str], ...], starters: Mapping[str, Json], now: Callable[[Config], str]) -> FieldSpec:
    def write(config: Config, value: Json) -> dict[str, Json]:
        kept = {name: field for name, field in config.items() if name not in starters or name == value}
        return {**kept, str(value): kept.get(str(value), starters[str(value)])}

    return FieldSpec(("operation",), {"title": title}, choices=choices, templates=False, read=now, write=write)


# Adapters


def _adapters(catalog: Catalog, *, provider: bool) -> list[tuple[str, str]]:
    found = catalog.adapters.values()
    return [(adapter.id, adapter.title) for adapter in found if (adapter.provider_model is not None if provider else adapter.tool)]


def _adapter_specs(catalog: Catalog, adapter_id: Json, *, provider: bool, taken: set[str]) -> list[FieldSpec]:
    adapter = catalog.adapters.get(adapter_id) if isinstance(adapter_id, str) else None
    model = None if adapter is None else adapter.provider_model if provider else adapter.config_model
    if model is None or adapter is None:
        return []
    specs = specs_of(schema_of_model(model), leave_out=frozenset(taken) | COMMON_FIELDS)
    return [replace(spec, control="model", known=adapter.models) if spec.name == "model" else spec for spec in specs]

"""What kinds of steps, groups and adapters there are, and how a config of each is checked.

A kind is one value here: palette, form, validation, canvas ports and runner all come from it. The values themselves
stand one per file in `app/steps`, `app/groups` and `app/adapters`; `Catalog` holds those of one program and tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from app.domain.expressions import has_template
from app.domain.group_configs import GroupConfig
from app.domain.json_value import Json
from app.domain.step_configs import COMMON_FIELDS, StepConfig

Config = Mapping[str, Json]
StepModel = type[StepConfig]
GroupModel = type[GroupConfig]


@dataclass(frozen=True, slots=True)
class Port:
    """An output as the canvas draws it; `condition` is what an edge drawn from it gets."""

    name: str
    label: str = ""
    condition: str | None = None


OUT = (Port("out"),)


@dataclass(frozen=True, slots=True)
class StepType:
    """One kind of step. `category` is a colour of ui.md; `raw_fields` are taken as they are (expressions, paths).

    `free_fields` may hold anything: what templates in them give need not be checked again.
    """

    type: str
    title: str
    category: str
    icon: str
    description: str
    config_model: StepModel
    ports: Callable[[Config], tuple[Port, ...]] = lambda config: OUT
    raw_fields: frozenset[str] = frozenset()
    free_fields: frozenset[str] = frozenset()
    expression_fields: frozenset[str] = frozenset()
    path_fields: frozenset[str] = frozenset()
    default_config: Config = field(default_factory=dict)
    secrets_allowed: bool = False
    summary: Callable[[Config], str] = lambda config: ""


@dataclass(frozen=True, slots=True)
class GroupType:
    """One kind of block group; `roles` depend on the config (a switch has one per case)."""

    type: str
    title: str
    badge: str
    category: str
    icon: str
    description: str
    config_model: GroupModel
    roles: Callable[[Config], tuple[str, ...]]
    lane_label: Callable[[Config, str], str] = lambda config, role: ""
    expression_fields: frozenset[str] = frozenset()
    path_fields: frozenset[str] = frozenset()
    default_config: Config = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdapterType:
    """What does the work of a tool step, or answers an llm step.

    `config_model` checks a tool step's fields beside `adapter_id`; `provider_model` those an llm step may carry for it
    beyond its own (None: it is no provider). `tool` is False for an adapter that only answers llm steps. `defaults` gives,
    for a config, the fields that it leaves out and gets before its templates are resolved. `belongs_to` names for a field
    another one: what a tenant set for the first does not count for a step with its own second (a key and its server).
    """

    id: str
    title: str
    category: str
    icon: str
    description: str
    config_model: type[BaseModel]
    provider_model: type[BaseModel] | None = None
    output_schema: Json = None
    tool: bool = True
    defaults: Callable[[Config], Config] = lambda config: {}
    belongs_to: Mapping[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    """Names of models to suggest; any other may be typed."""


_CHOOSERS = {"tool": "adapter_id", "map": "adapter_id", "llm": "provider", "router": "provider"}
"""The field that names the adapter, by the step's type."""


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One field that does not fit; `place` is a JSON Pointer into the config.

    `code` is `bad_config`, `unknown_field` or `unknown_adapter`.
    """

    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """`defaults` are the fields that a tenant's adapters give to steps that leave them out, by the adapter's id."""

    steps: Mapping[str, StepType]
    groups: Mapping[str, GroupType]
    adapters: Mapping[str, AdapterType]
    defaults: Mapping[str, Config] = field(default_factory=dict)

    def step_faults(self, type: str, config: Config) -> list[ConfigFault]:
        """What is wrong with a step's config as written, its adapter's defaults included; fields that hold templates wait for the run."""
        given = self._tenants_defaults(type, config)
        return [_with_origin(fault, given) for fault in self._step_faults(type, {**given, **config})]

    def _step_faults(self, type: str, config: Config) -> list[ConfigFault]:
        kind = self.steps[type]
        faults = _faults(kind.config_model, config)
        if type == "tool":
            return faults + self._adapter_faults(config, "adapter_id", frozenset({"adapter_id"}), provider=False)
        if type == "map" and config.get("adapter_id") is not None:
            return faults + self._adapter_faults(config, "adapter_id", frozenset(kind.config_model.model_fields), provider=False)
        if type in {"llm", "router"}:
            return faults + self._adapter_faults(config, "provider", frozenset(kind.config_model.model_fields), provider=True)
        return faults

    def adapter_of(self, type: str, config: Config) -> str | None:
        """The id of the adapter that a step of this config calls, as written; None when it calls none."""
        adapter_id = config.get(_CHOOSERS.get(type, ""))
        return adapter_id if isinstance(adapter_id, str) else None

    def with_defaults(self, type: str, config: Config) -> Config:
        """The config with the fields that its adapter supplies where the step leaves them out: the tenant's, then the program's."""
        adapter = self.adapters.get(self.adapter_of(type, config) or "")
        if adapter is None:
            return config
        merged = {**self._tenants_defaults(type, config), **config}
        return {**adapter.defaults(merged), **merged}

    def _tenants_defaults(self, type: str, config: Config) -> Config:
        adapter_id = self.adapter_of(type, config) or ""
        adapter, given = self.adapters.get(adapter_id), self.defaults.get(adapter_id)
        if not given or adapter is None:
            return {}
        return {name: value for name, value in given.items() if name not in config and adapter.belongs_to.get(name) not in config}

    def group_faults(self, type: str, config: Config) -> list[ConfigFault]:
        return _faults(self.groups[type].config_model, config)

    def _adapter_faults(self, config: Config, name: str, own: frozenset[str], *, provider: bool) -> list[ConfigFault]:
        adapter_id = config.get(name)
        if not isinstance(adapter_id, str) or has_template(adapter_id):
            return []
        adapter = self.adapters.get(adapter_id)
        model = None if adapter is None else adapter.provider_model if provider else adapter.config_model if adapter.tool else None
        if model is None:
            have = ", ".join(sorted(k for k, a in self.adapters.items() if (a.provider_model is not None if provider else a.tool)))
            what = "model provider" if provider else "adapter"
            return [ConfigFault("unknown_adapter", f"/{name}", f'There is no {what} "{adapter_id}"; there are: {have}.')]
        fields = {k: v for k, v in config.items() if k not in own and k not in COMMON_FIELDS}
        return _faults(model, fields)


def _with_origin(fault: ConfigFault, given: Config) -> ConfigFault:
    """Told apart when the field is none of the step's own."""
    if fault.place.split("/")[1:2] and fault.place.split("/")[1] in given:
        return replace(fault, message=f"{fault.message} It stands in the adapter's default config.")
    return fault


def _faults(model: type[BaseModel], config: Config) -> list[ConfigFault]:
    try:
        model.model_validate(config)
    except ValidationError as error:
        found = []
        for item in error.errors(include_url=False, include_context=False):
            if _waits_for_run(item, config):
                continue
            place = "".join(
                f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in item["loc"] if not str(part).startswith("function-")
            )
            code = "unknown_field" if item["type"] == "extra_forbidden" else "bad_config"
            found.append(ConfigFault(code, place, _sentence(item)))
        return found
    return []


def _waits_for_run(item: Any, config: Config) -> bool:
    """Whether the field that failed, or one around it, holds a template and so is checked once it is resolved."""
    value: Any = config
    for part in item["loc"]:
        if isinstance(value, str) and has_template(value):
            return True
        if (isinstance(value, Mapping) and part in value) or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
        else:
            continue
    return isinstance(value, str) and has_template(value) and item["type"] != "extra_forbidden"


def _sentence(item: Any) -> str:
    names = [str(part) for part in item["loc"] if not str(part).startswith(("function-", "literal["))]
    where = f"“{'.'.join(names)}”" if names else "The config"
    match item["type"]:
        case "missing":
            return f"{where} is missing."
        case "extra_forbidden":
            return f"{where} is not a known field."
        case "value_error":
            text = str(item["msg"]).removeprefix("Value error, ")
            return f"{where}: {text}." if names else f"{text[:1].upper()}{text[1:]}."
        case _:
            message = str(item["msg"]).removesuffix(".")
            return f"{where} does not fit: {message[:1].lower()}{message[1:]}."

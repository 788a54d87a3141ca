"""What happens to a config when its adapter is exchanged: fields that both know stay, the others wait until it comes back."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.catalog import Catalog
from app.domain.json_value import Json
from app.domain.step_configs import COMMON_FIELDS
from app.domain.workflow import Step
from app.ui.inspector.sections import adapter_field

Config = Mapping[str, Json]


class AdapterMemory:
    """The fields that an exchange took out, by step and adapter, for as long as the window is open."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Config] = {}

    def changed(self, step: Step, config: Config, catalog: Catalog) -> Config:
        """The config as it shall be, after an edit that may have chosen another adapter."""
        kind = catalog.steps.get(step.type)
        name = adapter_field(kind) if kind is not None else ""
        before, now = step.config.get(name), config.get(name)
        if kind is None or not name or before == now or not isinstance(now, str) or not isinstance(before, str):
            return config
        provider = name == "provider"
        own = frozenset(kind.config_model.model_fields) | COMMON_FIELDS | {name}
        old, new = _fields(catalog, before, provider=provider), _fields(catalog, now, provider=provider)
        if new is None:
            return config
        # What only the old one knew goes; what neither knew was there before and is not ours to take.
        gone = {key: value for key, value in config.items() if key not in own and key not in new and key in (old or frozenset())}
        self._kept[step.id, before] = gone
        back = self._kept.get((step.id, now), {})
        return {**{key: value for key, value in config.items() if key not in gone}, **{k: v for k, v in back.items() if k not in config}}


def _fields(catalog: Catalog, adapter_id: str, *, provider: bool) -> frozenset[str] | None:
    adapter = catalog.adapters.get(adapter_id)
    model = None if adapter is None else adapter.provider_model if provider else adapter.config_model
    return None if model is None else frozenset(model.model_fields)

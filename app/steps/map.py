"""Map: one expression, adapter call or workflow per item of a list."""

from __future__ import annotations

from app.domain.catalog import Config, StepType
from app.domain.step_configs import MapConfig


def _summary(config: Config) -> str:
    for name in ("expression", "adapter_id", "workflow_id"):
        if config.get(name):
            return str(config[name])
    return ""


MAP = StepType(
    type="map",
    title="Map",
    category="data",
    icon="layers",
    description="Each item of a list",
    config_model=MapConfig,
    raw_fields=frozenset({"input_path", "expression"}),
    expression_fields=frozenset({"expression"}),
    path_fields=frozenset({"input_path"}),
    default_config={"expression": "item"},
    secrets_allowed=True,
    summary=_summary,
)

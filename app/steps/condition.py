"""Condition: its answer, named `result`, decides which of its edges are taken; what comes in goes on unchanged."""

from __future__ import annotations

from app.domain.catalog import Port, StepType
from app.domain.step_configs import ConditionConfig

CONDITION = StepType(
    type="condition",
    title="Condition",
    category="logic",
    icon="split",
    description="True or false",
    config_model=ConditionConfig,
    ports=lambda config: (Port("true", "true", "result"), Port("false", "false", "!result")),
    raw_fields=frozenset({"expression"}),
    expression_fields=frozenset({"expression"}),
    default_config={"expression": "true"},
    summary=lambda config: str(config.get("expression") or ""),
)

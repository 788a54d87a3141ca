"""Subflow: another workflow as one step."""

from __future__ import annotations

from app.domain.catalog import StepType
from app.domain.step_configs import SubflowConfig

SUBFLOW = StepType(
    type="subflow",
    title="Sub-workflow",
    category="code",
    icon="workflow",
    description="Run another workflow",
    config_model=SubflowConfig,
    summary=lambda config: "starts it" if config.get("wait") is False else "waits for it",
)

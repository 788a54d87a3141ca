"""Wait: durably, for a time or until one; no worker is held meanwhile."""

from __future__ import annotations

from app.domain.catalog import Config, StepType
from app.domain.step_configs import WaitConfig


def _summary(config: Config) -> str:
    if config.get("until"):
        return f"until {config['until']}"
    duration = config.get("duration_ms")
    return f"{duration / 1000:g} s" if isinstance(duration, int | float) else str(duration or "")


WAIT = StepType(
    type="wait",
    title="Wait",
    category="logic",
    icon="hourglass",
    description="For a time, or until one",
    config_model=WaitConfig,
    default_config={"duration_ms": 1000},
    summary=_summary,
)

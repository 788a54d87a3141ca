"""Wait: durably, for a time or until one; no worker is held meanwhile."""

from __future__ import annotations

from app.domain.catalog import Config, StepType
from app.domain.step_configs import WaitConfig


def _summary(config: Config) -> str:
    if config.get("until"):
        return f"until {config['until']}"
    duration = config.get("duration_ms")
    return _in_words(duration / 1000) if isinstance(duration, int | float) else str(duration or "")


def _in_words(seconds: float) -> str:
    """In the largest unit of which it is a whole number, else in seconds."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = seconds / size
        if count >= 1 and count == int(count):
            return f"{int(count)} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} s"


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

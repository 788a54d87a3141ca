"""Join: waits for all branches or the first of them, and merges what they bring."""

from __future__ import annotations

from app.domain.catalog import Config, StepType
from app.domain.step_configs import JoinConfig


def _summary(config: Config) -> str:
    mode = {"any": "any", "n_of": f"{config.get('n')} of"}.get(str(config.get("mode", "all")), "all")
    return f"{mode} · merge as {config.get('merge', 'object')}"


JOIN = StepType(
    type="join",
    title="Join",
    category="logic",
    icon="merge",
    description="Wait for branches",
    config_model=JoinConfig,
    summary=_summary,
)

"""Try / catch: what to do when something inside fails, and what to do in any case."""

from __future__ import annotations

from app.domain.catalog import Config, GroupType
from app.domain.group_configs import TryCatchConfig


def _label(config: Config, role: str) -> str:
    types = config.get("error_types")
    if role == "catch" and isinstance(types, list) and types != ["*"]:
        return ", ".join(str(type) for type in types)
    return ""


TRY_CATCH = GroupType(
    type="try_catch",
    title="Try / catch",
    badge="TRY / CATCH",
    category="human",
    icon="shield-check",
    description="Handle failures",
    config_model=TryCatchConfig,
    roles=lambda config: ("try", "catch", "finally"),
    lane_label=_label,
)

"""If / else: one of two roles runs."""

from __future__ import annotations

from app.domain.catalog import GroupType
from app.domain.group_configs import IfElseConfig

IF_ELSE = GroupType(
    type="if_else",
    title="If / else",
    badge="IF / ELSE",
    category="logic",
    icon="split",
    description="One of two ways",
    config_model=IfElseConfig,
    roles=lambda config: ("then", "else"),
    lane_label=lambda config, role: str(config.get("condition") or "") if role == "then" else "",
    expression_fields=frozenset({"condition"}),
    default_config={"condition": "true"},
)

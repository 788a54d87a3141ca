"""While: its body runs again and again as long as a condition holds."""

from __future__ import annotations

from app.domain.catalog import GroupType
from app.domain.group_configs import WhileConfig

WHILE = GroupType(
    type="while",
    title="While",
    badge="WHILE",
    category="logic",
    icon="refresh-cw",
    description="Loop on a condition",
    config_model=WhileConfig,
    roles=lambda config: ("body",),
    expression_fields=frozenset({"condition"}),
    default_config={"condition": "iteration < 3"},
)

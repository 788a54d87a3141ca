"""For each: its body runs once per item of a list."""

from __future__ import annotations

from app.domain.catalog import GroupType
from app.domain.group_configs import ForeachConfig

FOREACH = GroupType(
    type="foreach",
    title="For each",
    badge="FOR EACH",
    category="logic",
    icon="repeat",
    description="Loop over a list",
    config_model=ForeachConfig,
    roles=lambda config: ("body",),
    expression_fields=frozenset({"complete_when"}),
    path_fields=frozenset({"input_path"}),
    default_config={"input_path": "$"},
)

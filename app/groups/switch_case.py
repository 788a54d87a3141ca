"""Switch: the first case that fits runs, else the default."""

from __future__ import annotations

from app.domain.catalog import Config, GroupType
from app.domain.group_configs import SwitchCaseConfig
from app.domain.json_value import dumps


def _roles(config: Config) -> tuple[str, ...]:
    cases = config.get("cases")
    count = len(cases) if isinstance(cases, list) else 0
    return (*(f"case_{index}" for index in range(count)), "default")


def _label(config: Config, role: str) -> str:
    cases = config.get("cases")
    if not role.startswith("case_") or not isinstance(cases, list):
        return ""
    index = int(role.removeprefix("case_"))
    if index >= len(cases):
        return ""
    return dumps(cases[index]) if config.get("expression") else str(cases[index])


SWITCH_CASE = GroupType(
    type="switch_case",
    title="Switch",
    badge="SWITCH",
    category="logic",
    icon="list-filter",
    description="One of several ways",
    config_model=SwitchCaseConfig,
    roles=_roles,
    lane_label=_label,
    expression_fields=frozenset({"expression"}),
    default_config={"expression": "$", "cases": ["a", "b"]},
)

"""Parallel: the connected parts of its body run side by side."""

from __future__ import annotations

from app.domain.catalog import GroupType
from app.domain.group_configs import ParallelConfig

PARALLEL = GroupType(
    type="parallel",
    title="Parallel",
    badge="PARALLEL",
    category="data",
    icon="columns-3",
    description="Run branches side by side",
    config_model=ParallelConfig,
    roles=lambda config: ("body",),
)

"""How a step or group is shown beside its name: its icon and the category whose colour it has."""

from __future__ import annotations

from app.domain.catalog import Catalog
from app.domain.workflow import BlockGroup, Step

Look = tuple[str, str]


def look_of(node: object, catalog: Catalog, *, otherwise: Look = ("box", "data")) -> Look:
    """A tool step looks like its adapter."""
    if isinstance(node, Step):
        adapter = catalog.adapters.get(str(node.config.get("adapter_id") or ""))
        kind = adapter or catalog.steps.get(node.type)
        return (kind.icon, kind.category) if kind is not None else otherwise
    group = catalog.groups.get(node.type) if isinstance(node, BlockGroup) else None
    return (group.icon, group.category) if group is not None else otherwise

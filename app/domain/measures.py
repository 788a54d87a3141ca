"""How large nodes are drawn: what layout, push and canvas must agree on. All numbers are canvas px."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.catalog import OUT, Catalog, Port
from app.domain.json_value import Json
from app.domain.lanes import Box
from app.domain.workflow import NODE_HEIGHT, NODE_WIDTH, Graph, Step

COLLAPSED_SIZE = (236, 64)
ROW_HEIGHT = 22
GRID = 8


def has_rows(ports: tuple[Port, ...]) -> bool:
    """Whether a node lists its outputs one per row, instead of one port beside its title."""
    return len(ports) != 1 or ports[0].name != "out"


def node_height(ports: tuple[Port, ...]) -> int:
    return NODE_HEIGHT + ROW_HEIGHT * len(ports) if has_rows(ports) else NODE_HEIGHT


def ports_of(step: Step, catalog: Catalog) -> tuple[Port, ...]:
    kind = catalog.steps.get(step.type)
    return OUT if kind is None else kind.ports(step.config)


def roles_of(type: str, config: Mapping[str, Json], catalog: Catalog) -> tuple[str, ...]:
    kind = catalog.groups.get(type)
    return (kind.roles(config) if kind is not None else ()) or ("body",)


def box_of(graph: Graph, catalog: Catalog, id: str, folded: frozenset[str] = frozenset()) -> Box:
    """Where a step, group or note stands; a folded group is as small as it is shown."""
    if (step := graph.steps.get(id)) is not None:
        return step.position.x, step.position.y, NODE_WIDTH, node_height(ports_of(step, catalog))
    element = graph.groups.get(id) or graph.notes[id]
    width, height = COLLAPSED_SIZE if id in folded else (element.size.width, element.size.height)
    return element.position.x, element.position.y, width, height


def snapped(value: float) -> int:
    return round(value / GRID) * GRID
